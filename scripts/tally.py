#!/usr/bin/env python3
"""Counts what a suite said, for scripts/test: one line a suite, `name, passed, failed, seconds, note`, between tabs.

    tally.py meson DIRECTORY LABEL               every test in DIRECTORY's meson log
    tally.py program NAME LOG EXIT_CODE SECONDS  a program by what it wrote to LOG

What failed shows its output on standard error.
"""
import json
import pathlib
import re
import sys

SKIPPED = 77  # the exit code that says so, as meson and automake have it


def counted(text, code):
    """Passed and failed test cases, by our own summary, else unittest's, else doctest's; else the suite is one test."""
    own = re.findall(r"^(\d+) passed, (\d+) failed$", text, re.M)
    unittests = re.findall(r"^Ran (\d+) tests? in .*\n+(?:OK|FAILED)(.*)$", text, re.M)
    doctests = re.findall(r"^\[doctest\] test cases: *\d+ *\| *(\d+) passed *\| *(\d+) failed", text, re.M)
    if own:
        passed, failed = map(int, own[-1])
    elif unittests:
        ran, rest = unittests[-1]
        failed = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", rest))
        passed = int(ran) - failed - sum(int(n) for n in re.findall(r"skipped=(\d+)", rest))
    elif doctests:
        passed = sum(int(good) for good, _ in doctests)
        failed = sum(int(bad) for _, bad in doctests)
    else:
        passed, failed = (1 if code == 0 else 0), 0
    if code not in (0, SKIPPED) and failed == 0:
        failed = 1  # it crashed, was too slow, or a sanitizer spoke after the tests
    return passed, failed


def report(name, text, code, seconds):
    note = ""
    if code == SKIPPED:
        passed = failed = 0
        note = "skipped: " + (text.strip().splitlines() or ["no reason given"])[-1]
    else:
        passed, failed = counted(text, code)
    if failed:
        print(f"---- {name} ----", *text.splitlines()[-80:], f"---- {name}: exit code {code} ----", sep="\n", file=sys.stderr)
    print(name, passed, failed, f"{float(seconds):.0f}", note, sep="\t")


def main(arguments):
    if arguments[0] == "program":
        name, log, code, seconds = arguments[1:]
        report(name, pathlib.Path(log).read_text(errors="replace"), int(code), seconds)
        return
    directory, label = arguments[1:]
    log = pathlib.Path(directory, "meson-logs/testlog.json")
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    if not lines:
        report("meson test" + label, pathlib.Path(directory, "test.log").read_text(errors="replace"), 1, 0)
    for line in lines:
        test = json.loads(line)
        text = (test.get("stdout") or "") + (test.get("stderr") or "")
        code = test["returncode"] if test["result"] != "TIMEOUT" else 124
        if test["result"] == "TIMEOUT":
            text += f"\nstopped after {test['duration']:.0f} s"
        # `martd:e2e / e2e stress`: the project and its suites stand before.
        report(test["name"].split(" / ")[-1] + label, text, code, test["duration"])


main(sys.argv[1:])
