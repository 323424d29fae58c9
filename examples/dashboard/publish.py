#!/usr/bin/env python3
"""Publishes this machine's load and memory once a second. usage: publish.py [SERVER] [COUNT]"""

import os
import sys
import time
import urllib.request

server = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:54321"
count = int(sys.argv[2]) if len(sys.argv) > 2 else None


def publish(channel, value):
    # Sixty values of at most an hour: as many as the page draws.
    urllib.request.urlopen(f"{server}/pub?channel={channel}&size=60&life=1h", data=str(value).encode())


def memory_used():
    figures = dict(line.split(":") for line in open("/proc/meminfo", encoding="ascii"))
    total, available = (int(figures[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return round(100 * (1 - available / total), 1)


while count is None or count > 0:
    publish("dashboard/load", round(os.getloadavg()[0], 2))
    publish("dashboard/memory", memory_used())
    if count is not None:
        count -= 1
    if count != 0:
        time.sleep(1)
