"""Runs a case: every row once a round, each with a fresh server, the order turned by one from round to round."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

from . import operations, servers
from .questions import Case


class Rounds:
    def __init__(self, build: Path, records: TextIO, rounds: int, overrides: dict[str, object]):
        self.build = build
        self.records = records
        self.rounds = rounds
        self.overrides = overrides
        self.failures = 0
        self.noisy = 0

    def run(self, case: Case, rows: list[str]) -> dict[str, list[dict]]:
        """The answers of each row, a round each; a failed run has an 'error' in place of the figures."""
        answers: dict[str, list[dict]] = {row: [] for row in rows}
        for number in range(self.rounds):
            turn = number % len(rows)
            for row in rows[turn:] + rows[:turn]:
                answer = self.ask(case, row)
                record = {"case": case.name, "row": row, "round": number + 1, **answer}
                self.records.write(json.dumps(record, ensure_ascii=False) + "\n")
                self.records.flush()
                answers[row].append(answer)
                self.say(case, row, number, answer)
        return answers

    def ask(self, case: Case, row: str) -> dict:
        noise = other_work()
        if noise > 0.1:
            self.noisy += 1
        try:
            if case.program:
                answer = operations.ask(self.build / "bench" / case.program, row, {**case.arguments, **self.overrides})
                self.failures += "error" in answer
                return {**answer, "noise": round(noise, 3)}
            kind, _ = servers.ROWS[row]
            with kind(self.build, servers.cores_of(row), bool(case.arguments.get("tls"))) as server:
                answer = self.load(case, server)
        except servers.CannotStart as error:
            answer = {"question": case.question, "error": str(error)}
        if "error" in answer:
            self.failures += 1
        return {**answer, "noise": round(noise, 3)}

    def load(self, case: Case, server: servers.Server) -> dict:
        arguments = {
            "core": servers.load_core(),
            "dialect": server.dialect,
            "port": server.port,
            "publish-port": server.publish_port,
            "pid": server.pid,
            **server.arguments,
            **case.arguments,
            **self.overrides,
        }
        if servers.load_core() in server.cores:
            arguments["spin"] = 0  # it would take the core from a server that has it, too
        command = [str(self.build / "bench/load"), case.question]
        for name, value in arguments.items():
            command += [f"--{name}", str(value)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            return json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            return {"question": case.question, "error": "no end after 300 s"}
        except ValueError:
            return {"question": case.question, "error": f"the generator ended with {done.returncode}"}

    def say(self, case: Case, row: str, number: int, answer: dict) -> None:
        metric = case.metrics[0]
        said = answer.get("error") or f"{metric.label} {answer.get(metric.key, float('nan')) * metric.scale:.4g}"
        print(f"  {number + 1}/{self.rounds} {row}: {said}", file=sys.stderr)


def other_work() -> float:
    """How busy the machine is before a run, 0 to 1 of all its cores."""

    def sample() -> tuple[int, int]:
        ticks = [int(n) for n in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return sum(ticks), ticks[3] + ticks[4]

    total, idle = sample()
    time.sleep(0.3)
    total_after, idle_after = sample()
    return 1 - (idle_after - idle) / max(1, total_after - total)
