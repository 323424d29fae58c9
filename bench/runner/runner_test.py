#!/usr/bin/env python3
"""The runner's own parts: which row a goal is for, and whether what is asked can be asked."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

from runner import servers, table  # noqa: E402
from runner.questions import CPU, QUESTIONS, Case, Goal, Metric  # noqa: E402


class Verdicts(unittest.TestCase):
    answers = {
        "martd": [{"cpu_us": 4.0}, {"cpu_us": 5.0}, {"cpu_us": 6.0}],
        "martd-2": [{"cpu_us": 8.0}, {"cpu_us": 5.0}, {"cpu_us": 9.0}],
    }

    def test_a_goal_without_a_row_is_for_martd(self):
        self.assertIn("5, met", table.verdict(Goal("cpu_us", 5), "martd", self.answers))
        self.assertIn("5, MISSED", table.verdict(Goal("cpu_us", 4.9), "martd", self.answers))

    def test_a_goal_of_another_row_is_judged_by_that_row(self):
        # The goals of the store's rows were judged by martd's own figures: its ratio to itself is 1, so they were
        # always met.
        goal = Goal("cpu_us", 1.2, "martd", row="martd-2")
        self.assertIn("1.5, MISSED", table.verdict(goal, "martd", self.answers))
        self.assertIn("8, MISSED", table.verdict(Goal("cpu_us", 7, row="martd-2"), "martd", self.answers))

    def test_a_row_that_did_not_run_is_not_measured(self):
        self.assertIn("not measured", table.verdict(Goal("cpu_us", 1, row="martd-always"), "martd", self.answers))

    def test_a_failed_run_has_no_figure(self):
        answers = {"martd": [{"error": "lost"}, {"cpu_us": 2.0}], "floor": [{"cpu_us": 1.0}, {"cpu_us": 1.0}]}
        self.assertEqual(table.ratio(answers, "cpu_us", "martd", "floor"), 2.0)
        case = Case("fanout", "some", {}, [CPU], [Goal("cpu_us", 3, "floor")], ["martd", "floor"])
        self.assertIn("martd: 1 of 2 runs failed: lost", table.render(case, answers))


class Questions(unittest.TestCase):
    cases = [case for question in QUESTIONS.values() for case in question()]

    def test_rows_exist_and_so_do_those_that_goals_compare(self):
        for case in self.cases:
            self.assertLessEqual(set(case.rows), set(servers.ROWS), case.name)
            for goal in case.goals:
                named = {row for row in (goal.row, goal.against) if row}
                self.assertLessEqual(named, set(case.rows), f"{case.name}: {goal.text()}")

    def test_a_goal_is_for_a_figure_that_the_case_has(self):
        for case in self.cases:
            shown = {metric.key for metric in case.metrics}
            for goal in case.goals:
                self.assertIn(goal.key, shown, case.name)

    def test_names_are_unique_but_for_the_same_case_in_two_questions(self):
        for name, question in QUESTIONS.items():
            names = [case.name for case in question()]
            self.assertEqual(len(names), len(set(names)), name)

    def test_a_figure_of_each_level(self):
        for case in QUESTIONS["scaling"]():
            for level in str(case.arguments.get("levels", "")).split(","):
                if level in ("", "1", "10"):
                    continue
                self.assertTrue(any(m.key.endswith("_" + level) for m in case.metrics), f"{case.name}: {level}")


class Tables(unittest.TestCase):
    def test_growth_is_a_column(self):
        case = Case("channels", "some", {}, [Metric("a_growth", "growth")], [], ["martd-large"])
        self.assertIn("0.05", table.render(case, {"martd-large": [{"a_growth": 0.05}]}))


if __name__ == "__main__":
    unittest.main()
