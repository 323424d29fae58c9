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
    """Passed and failed test cases: doctest's, unittest's or our own summary; else the suite is one test."""
    passed = failed = 0
    found = False
    for match in re.finditer(r"^\[doctest\] test cases: *\d+ *\| *(\d+) passed *\| *(\d+) failed", text, re.M):
        passed, failed, found = passed + int(match[1]), failed + int(match[2]), True
    for match in re.finditer(r"^Ran (\d+) tests? in .*\n+(?:OK|FAILED)(.*)$", text, re.M):
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", match[2]))
        skipped = sum(int(n) for n in re.findall(r"skipped=(\d+)", match[2]))
        passed, failed, found = passed + int(match[1]) - bad - skipped, failed + bad, True
    for match in list(re.finditer(r"^(\d+) passed, (\d+) failed$", text, re.M))[-1:]:
        passed, failed, found = passed + int(match[1]), failed + int(match[2]), True
    if not found:
        passed = 1 if code == 0 else 0
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
        report(test["name"] + label, text, code, test["duration"])


main(sys.argv[1:])
