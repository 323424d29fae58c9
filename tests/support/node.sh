# Sourced by the runners of suites that are written in JavaScript, for what tests/package-lock.json pins: packages, and
# Node itself, so that the system's own may be an older one. It needs the system's npm, and only where something is
# missing or the lock file has changed.
# shellcheck shell=bash

node_home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# prepare_node SUITE: afterwards `node` is the pinned one. Ends the script with one line where that can't be had.
prepare_node() {
  local suite=$1 machine wanted log
  wanted=$(sha256sum "$node_home/package-lock.json")
  if [[ $(cat "$node_home/node_modules/.as-locked" 2>/dev/null) != "${wanted%% *}" ]]; then
    command -v npm >/dev/null || { echo "tests/$suite: npm is missing (apt-get install nodejs npm)" >&2; exit 2; }
    log=$(mktemp)
    # Nothing that a package brings is run: what is used here needs no step of its own.
    if ! (cd "$node_home" && npm ci --ignore-scripts --loglevel=error) >"$log" 2>&1; then
      tail -n 15 "$log" >&2
      rm -f "$log"
      echo "tests/$suite: npm could not install what tests/package-lock.json names" >&2
      exit 2
    fi
    rm -f "$log"
    echo "${wanted%% *}" >"$node_home/node_modules/.as-locked"
  fi
  case $(uname -m) in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 ;;
    *) machine=none ;;
  esac
  if [[ -x $node_home/node_modules/node-linux-$machine/bin/node ]]; then
    PATH=$node_home/node_modules/node-linux-$machine/bin:$PATH
  elif [[ $(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0) -lt 22 ]]; then
    echo "tests/$suite: needs Node 22 or newer; there is no package of it for $(uname -m), and the system's is $(node -v 2>/dev/null || echo missing)" >&2
    exit 2
  fi
}
