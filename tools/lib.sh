# Sourced by the scripts of this folder: where things are, which server is meant, and how to run as a user who may start one.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
PGRX_VERSION=0.18.1
SUPPORTED_MAJORS="18 17 16 15"   # newest first

# Cron, CI and containers may come without HOME; cargo wants it.
[ -n "${HOME:-}" ] || { HOME=$(getent passwd "$(id -u)" | cut -d: -f6); export HOME; }
command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

# Where tools/pg-fetch lays servers down; readable for the user they run as.
if [ "$(id -u)" = 0 ]; then DEST=${DEST:-/var/cache/pg_majors}; else DEST=${DEST:-${XDG_CACHE_HOME:-$HOME/.cache}/pg_majors}; fi
case $DEST in /*) ;; *) DEST=$PWD/$DEST ;; esac

die() { echo "${0##*/}: $*" >&2; exit 1; }
say() { echo "${0##*/}: $*"; }

# Sets PG_CONFIG and MAJOR: the PG_CONFIG given, else the newest major the system's packages offer (or PG_MAJOR).
choose_server() {
  if [ -z "${PG_CONFIG:-}" ]; then
    MAJOR=$(choose_major)
    PG_CONFIG=/usr/lib/postgresql/$MAJOR/bin/pg_config
    [ -x "$PG_CONFIG" ] || die "$PG_CONFIG is not there: run 'make deps', or give PG_CONFIG="
  fi
  [ -x "$PG_CONFIG" ] || PG_CONFIG=$(command -v "$PG_CONFIG") || die "PG_CONFIG: not a program"
  MAJOR=$("$PG_CONFIG" --version | sed -E 's/^PostgreSQL ([0-9]+).*/\1/')
  case " $SUPPORTED_MAJORS " in *" $MAJOR "*) ;; *) die "$("$PG_CONFIG" --version) is not supported (15 to 18 are)" ;; esac
  export PG_CONFIG
}

# Prints the major that PG_MAJOR says, or the newest one that is installed or can be.
choose_major() {
  local m offered
  offered=" $(for m in $SUPPORTED_MAJORS; do echo "postgresql-$m" "postgresql-server-dev-$m"; done |
    xargs apt-cache --quiet=2 --no-all-versions show 2>/dev/null | awk '$1 == "Package:" { print $2 }' | paste -sd ' ') "
  for m in ${PG_MAJOR:-$SUPPORTED_MAJORS}; do
    case " $SUPPORTED_MAJORS " in *" $m "*) ;; *) die "PG_MAJOR=$m is not supported (15 to 18 are)" ;; esac
    if [ -x "/usr/lib/postgresql/$m/bin/pg_config" ]; then echo "$m"; return; fi
    case $offered in *" postgresql-$m "*) case $offered in *" postgresql-server-dev-$m "*) echo "$m"; return ;; esac ;; esac
  done
  die "the system's packages offer no PostgreSQL ${PG_MAJOR:-15 to 18}: give PG_CONFIG=<path of pg_config>"
}

# Sets CARGO_PGRX: the user's own when its version is ours, else the one that tools/deps keeps apart.
PRIVATE_PGRX=${XDG_CACHE_HOME:-$HOME/.cache}/pg_zdm/cargo-pgrx-$PGRX_VERSION
# shellcheck disable=SC2034 # CARGO_PGRX is for the scripts that source this
find_cargo_pgrx() {
  local bin
  for bin in "$(command -v cargo-pgrx || true)" "$PRIVATE_PGRX/bin/cargo-pgrx"; do
    if [ -x "$bin" ] && [ "$("$bin" pgrx --version 2>/dev/null | awk '{ print $2 }')" = "$PGRX_VERSION" ]; then CARGO_PGRX=$bin; return; fi
  done
  return 1
}

# What pgrx's build scripts, our build.rs and cargo-pgrx read: this server, and no file under HOME.
pgrx_environment() {
  export PGRX_HOME=$TARGET/pgrx-home PGRX_PG_CONFIG_PATH=$PG_CONFIG
  mkdir -p "$PGRX_HOME"
}

# PostgreSQL refuses to run as root: then an unprivileged user is taken.
server_user() { if getent passwd postgres >/dev/null; then echo postgres; else echo nobody; fi; }
run_unprivileged() {
  if [ "$(id -u)" != 0 ]; then "$@"; return; fi
  local user; user=$(server_user)
  setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups env HOME=/tmp "$@"
}

# As root, or through sudo where that needs no password.
privileged() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}
can_be_privileged() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }
