#!/usr/bin/env bash
# Stops the engines that start.sh started, and keeps what it built.
# usage: stop.sh [WORKDIR]
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

rm -f "$work/env"
for engine in victorialogs elasticsearch; do
  stop_one "$engine"
done
