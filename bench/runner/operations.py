"""Asks a program of micro-benchmarks for one of its operations: time by itself, instructions by callgrind where the
processor's own counter is not to be had (in most virtual machines)."""

import functools
import json
import re
import subprocess
from pathlib import Path

PACKAGES = ["valgrind"]
# A multiple of 1,000, as some operations are done for a crowd of that size at once.
COUNTED = 10_000


def names(build: Path, program: str) -> list[str]:
    said = subprocess.run([str(build / "bench" / program), "list"], capture_output=True, text=True, check=True)
    return said.stdout.splitlines()


def ask(program: Path, operation: str, arguments: dict[str, object]) -> dict:
    """The line that the program prints, with `instructions` where there is a way to count them."""
    command = [str(program), operation, str(arguments.get("seconds", 0.5))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        return {"question": "micro", "error": done.stderr.strip() or f"ended with {done.returncode}"}
    answer = json.loads(done.stdout)
    if "instructions" not in answer and (counted := instructions(program, operation)) is not None:
        answer["instructions"] = counted
    return answer


@functools.cache  # it would be the same in the next round
def instructions(program: Path, operation: str) -> float | None:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=micro_counted"]
    try:
        done = subprocess.run(
            [*command, str(program), operation, "count", str(COUNTED)], capture_output=True, text=True, timeout=300
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"Collected : (\d+)", done.stderr)
    return int(found[1]) / COUNTED if found and done.returncode == 0 else None
