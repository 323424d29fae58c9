#!/usr/bin/env python3
"""A long job that tells how far it is. usage: job.py NAME [SERVER] [SECONDS A STEP]"""

import json
import sys
import time
import urllib.parse
import urllib.request

name = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
server = sys.argv[2] if len(sys.argv) > 2 else "http://localhost:54321"
pause = float(sys.argv[3]) if len(sys.argv) > 3 else 0.5


def tell(**state):
    """The newest state is enough (size=1), and is of use for a day."""
    query = urllib.parse.urlencode({"channel": "job/" + name, "size": 1, "life": "1d"})
    try:
        urllib.request.urlopen(f"{server}/pub?{query}", data=json.dumps(state).encode(), timeout=5)
    except OSError as error:
        print(f"not told: {error}", file=sys.stderr)  # a job doesn't fail because nobody hears of it


steps = ["reading", "sorting", "adding up", "writing"]
try:
    for percent in range(0, 100, 5):
        tell(percent=percent, step=steps[percent * len(steps) // 100])
        time.sleep(pause)  # the work
    tell(percent=100, step="ready", done=True)
except KeyboardInterrupt:
    tell(percent=percent, error="It was stopped.", done=True)
