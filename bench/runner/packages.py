"""The Debian packages that a row of the benchmark needs."""

import os
import shutil
import subprocess
import sys


def missing(packages: list[str]) -> list[str]:
    known = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages], capture_output=True, text=True
    ).stdout
    installed = {line.split()[0] for line in known.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]


def ensure(packages: list[str]) -> None:
    """Installs what is missing where that is allowed, else ends with one line that names it."""
    wanted = missing(packages)
    if not wanted:
        return
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if as_root and (not shutil.which("sudo") or subprocess.run([*as_root, "true"], capture_output=True).returncode):
        sys.exit("scripts/bench: please install: " + " ".join(wanted))
    print("installing " + " ".join(wanted), file=sys.stderr)
    # A service that a package brings is not started (RUNLEVEL=1): the benchmark starts its own, on free ports.
    install = ["env", "RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q"]
    done = subprocess.run([*as_root, *install, "--no-install-recommends", *wanted], capture_output=True, text=True)
    if done.returncode != 0:
        # An image's package lists may be older than the archive.
        subprocess.run([*as_root, "apt-get", "update", "-q"], capture_output=True)
        done = subprocess.run([*as_root, *install, "--no-install-recommends", *wanted], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("scripts/bench: could not install " + " ".join(wanted) + ": " + done.stderr.strip()[-200:])


def version(package: str) -> str:
    found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return found.stdout.strip()
