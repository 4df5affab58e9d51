# Shared by start.sh and stop.sh; to be sourced. Sets $here and $work.
# shellcheck shell=bash

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/sigmatic-engines}
mkdir -p "$work"
work=$(cd "$work" && pwd)

say() { printf 'engines: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# running NAME: true if the process that NAME.pid tells of is alive and ours.
# Its command line holds the work folder, so that a reused number is no match.
running() {
  local pid
  [ -s "$work/$1.pid" ] || return 1
  pid=$(cat "$work/$1.pid")
  kill -0 "$pid" 2>/dev/null || return 1
  case $(command_line "$pid") in
    *"$work/"*) return 0 ;;
    *) return 1 ;;
  esac
}

command_line() {
  if [ -r "/proc/$1/cmdline" ]; then
    tr '\0' ' ' <"/proc/$1/cmdline"
  else
    ps -p "$1" -o args=
  fi
}

# stop_one NAME: ends the engine politely, then by force.
stop_one() {
  local pid tries
  if running "$1"; then
    pid=$(cat "$work/$1.pid")
    kill -TERM "$pid" 2>/dev/null || true
    for tries in $(seq 100); do
      kill -0 "$pid" 2>/dev/null || break
      if [ "$tries" = 100 ]; then
        say "$1 (process $pid) did not end within 20 s: ended by force"
        kill -KILL "$pid" 2>/dev/null || true
      fi
      sleep 0.2
    done
    say "stopped $1"
  fi
  rm -f "$work/$1.pid"
}
