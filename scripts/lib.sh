# Shared by the other scripts: `source` it. Knows which packages are needed for what, and installs what is missing.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die() {
  echo "$(basename "$0"): $*" >&2
  exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }

# Debian 12 has Boost 1.74 under the plain names and 1.81 beside it; later systems have a newer one under the plain names.
boost_packages() {
  local version=""
  # shellcheck disable=SC1091
  [[ -r /etc/os-release ]] && version=$(. /etc/os-release && echo "${ID:-}-${VERSION_ID:-}")
  if [[ $version == debian-12 ]]; then version=1.81; else version=""; fi
  echo "libboost$version-dev libboost-json$version-dev libboost-url$version-dev libboost-container$version-dev"
}

# What `run` needs.
build_packages() {
  echo "g++ meson ninja-build pkg-config cmake python3 $(boost_packages)"
  echo "libssl-dev libcpp-httplib-dev libcli11-dev libspdlog-dev libsqlite3-dev zlib1g-dev libbrotli-dev"
}

# What `test` needs besides. The system's npm installs the Node and npm that the pages' tests run on (tests/node).
test_packages() {
  echo "doctest-dev curl clang-format clang libclang-rt-dev openssl testssl.sh libnss3-tools"
  # What others follow streams with in Python.
  echo "python3-requests python3-urllib3 python3-httpx python3-aiohttp"
  # The proxies that martd is tried behind, and what takes the package, its man page and its completions.
  echo "haproxy caddy dpkg-dev fakeroot groff-base zsh"
  have nginx || [[ -x /usr/sbin/nginx ]] || echo "nginx-light"
  # The sites that it is tried in front of.
  echo "busybox lighttpd mini-httpd python3-waitress"
  have npm || echo "nodejs npm"
  have promtool || echo "prometheus"
  have chromium || have chromium-browser || have google-chrome || echo "chromium"
  have nginx || [[ -x /usr/sbin/nginx ]] || echo "nginx"
}

# What `test sites-all` needs besides: the application servers that are tried behind the program.
site_packages() { python3 "$root/tests/sites/servers.py"; }

# need_packages PACKAGE...: installs the missing ones where that is allowed, else names them and stops.
# One dpkg-query where nothing is missing. Where there is no dpkg, the build itself says what it lacks.
need_packages() {
  have dpkg-query || return 0
  local missing="" package installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
  for package in "$@"; do
    grep -qxF -- "$package" <<<"$installed" || missing+=" $package"
  done
  # Debian 13 provides pkg-config by pkgconf.
  if [[ " $missing " == *" pkg-config "* ]] && have pkg-config; then missing=${missing/ pkg-config/}; fi
  [[ -z $missing ]] && return 0

  local as_root=""
  if [[ $(id -u) != 0 ]]; then
    as_root="sudo -n"
    sudo -n true 2>/dev/null || die "packages are missing, install them first: sudo apt-get install$missing"
  fi
  echo "installing$missing" >&2
  local log
  log=$(mktemp)
  # shellcheck disable=SC2086
  # RUNLEVEL=1: a service that a package brings is not started.
  if ! { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
    $as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends $missing; } \
    </dev/null >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    die "could not install the packages, install them first: apt-get install$missing"
  fi
  rm -f "$log"
}

# configure DIRECTORY MESON-OPTION...: once, and again where it was with other options; a directory that another tool or a
# move made useless is made anew.
configure() {
  local directory=$1 log
  shift
  log=$directory/configure.log
  if [[ -e $directory/build.ninja ]] && meson introspect "$directory" --projectinfo >/dev/null 2>&1; then
    if [[ $(cat "$directory/configured" 2>/dev/null) == "$*" ]]; then return 0; fi
    if meson setup --reconfigure "$directory" "$root" "$@" >"$log" 2>&1; then
      echo "$*" >"$directory/configured"
      return 0
    fi
  fi
  rm -rf "$directory"
  mkdir -p "$directory"
  meson setup "$directory" "$root" "$@" >"$log" 2>&1 || {
    tail -n 25 "$log" >&2
    die "the build could not be configured (all of it: $log)"
  }
  echo "$*" >"$directory/configured"
}

# The build that the tests and clang-tidy share. The prefix is that of the package, which is made of it to be tried.
configure_tests() {
  configure "$root/build-test" -Dprefix=/usr -Dbuildtype=debug -Doptimization=1 -Dtests=true -Dbenchmarks=true
}

# build DIRECTORY [TARGET...]: silent when there is nothing to do; else progress on standard error.
build() {
  local directory=$1
  shift
  if ninja -C "$directory" -n "$@" 2>/dev/null | grep -q 'no work to do'; then return 0; fi
  echo "building in ${directory#"$root"/}" >&2
  if [[ -t 2 ]]; then
    ninja -C "$directory" "$@" >&2
  else
    ninja -C "$directory" --quiet "$@" >&2
  fi || die "the build failed"
}
