# Sourced by the runners of suites that are written in JavaScript, for what the lock files pin: Node and npm themselves
# (tests/node), so that the system's own may be older ones, and by these the packages (tests). The system's npm is needed
# for the first step only: by an old Node it would leave out what such a Node can't run. Nothing is asked of the registry
# where all is there as the lock files say.
# shellcheck shell=bash

node_home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# install_as_locked SUITE DIRECTORY NPM...: what its lock file names, if that isn't there.
install_as_locked() {
  local suite=$1 directory=$2 wanted log
  shift 2
  wanted=$(sha256sum "$directory/package-lock.json")
  if [[ $(cat "$directory/node_modules/.as-locked" 2>/dev/null) == "${wanted%% *}" ]]; then return 0; fi
  log=$(mktemp)
  # Nothing that a package brings is run: what is used here needs no step of its own.
  if ! (cd "$directory" && "$@" ci --ignore-scripts --loglevel=error) >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    echo "tests/$suite: npm could not install what ${directory#"$node_home/../"}/package-lock.json names" >&2
    exit 2
  fi
  rm -f "$log"
  echo "${wanted%% *}" >"$directory/node_modules/.as-locked"
}

# prepare_node SUITE: afterwards `node` is the pinned one. Ends the script with one line where that can't be had.
prepare_node() {
  local suite=$1 machine
  command -v npm >/dev/null || { echo "tests/$suite: npm is missing (apt-get install nodejs npm)" >&2; exit 2; }
  install_as_locked "$suite" "$node_home/node" npm
  case $(uname -m) in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 ;;
    *) machine=none ;;
  esac
  if [[ -x $node_home/node/node_modules/node-linux-$machine/bin/node ]]; then
    PATH=$node_home/node/node_modules/node-linux-$machine/bin:$PATH
  elif [[ $(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0) -lt 22 ]]; then
    echo "tests/$suite: needs Node 22 or newer; there is no package of it for $(uname -m), and the system's is $(node -v 2>/dev/null || echo missing)" >&2
    exit 2
  fi
  install_as_locked "$suite" "$node_home" node "$node_home/node/node_modules/npm/bin/npm-cli.js"
}
