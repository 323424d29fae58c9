"""Waiting for what will come about, instead of for a time."""

import time

PATIENCE = 30


def eventually(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"never came about: {what}")
        time.sleep(0.02)
