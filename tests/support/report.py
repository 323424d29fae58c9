"""How the suites in Python are run: every test by its name, and `N passed, N failed` as the last line."""

import os
import sys
import unittest


class Report(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def run(program):
    """Runs the tests of the main module against `program`, and ends with 1 where one failed."""
    if not os.access(program, os.X_OK):
        sys.exit(f"{os.path.dirname(sys.argv[0])}: no program at {program}; MARTD_PROGRAM says where it is")
    runner = unittest.TextTestRunner(verbosity=2, resultclass=Report, stream=sys.stdout)
    result = unittest.main(exit=False, testRunner=runner).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.passed} passed, {failed} failed")
    sys.exit(failed > 0)
