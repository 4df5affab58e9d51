#!/usr/bin/env bash
# Builds and starts the engines that the tests compare against, on free ports
# of the loopback address, and writes WORKDIR/env with their addresses:
#
#   set -a; . WORKDIR/env; set +a; go test ./cmd/internal/verify/...
#
# usage: start.sh [WORKDIR]   (default: sigmatic-engines in the user's cache)
#
# Prints WORKDIR when all is ready; what it says meanwhile goes to stderr.
# What is built stays in WORKDIR, so that the next start downloads nothing;
# what is stored in the engines is thrown away at each start. Engines that run
# already are left alone. Needs Go, and a JDK of 17 or newer with Maven.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

log=$work/log
mkdir -p "$log" "$work/bin"
started=()

main() {
  lock
  need go
  need javac
  need java
  need mvn
  trap give_up EXIT
  build_all
  start victorialogs victorialogs_url 60
  start elasticsearch elasticsearch_url 180
  write_env
  trap - EXIT
  say "ready: $work/env"
  echo "$work"
}

# Two starts at once on one folder wait for each other, where flock exists.
lock() {
  exec 9>"$work/lock"
  if command -v flock >/dev/null; then
    flock -w 600 9 || die "another start of $work does not end"
  fi
}

need() {
  command -v "$1" >/dev/null || die "needs $1, which is not there; Debian has maven and default-jdk-headless"
}

# Stops what this call started when it cannot be finished.
give_up() {
  local status=$? engine
  trap - EXIT
  for engine in ${started[@]+"${started[@]}"}; do
    stop_one "$engine"
  done
  exit "$status"
}

# ---- building ----

# VictoriaLogs takes a minute of one core, the rest seconds: side by side.
build_all() {
  build victorialogs build_victorialogs "$here/go.mod" "$here/go.sum" &
  local victorialogs=$!
  build elasticsearch build_java "$here"/elasticsearch/*
  build spl build_java "$here"/spl/*
  wait "$victorialogs" || exit 1
  write_gate
}

# build NAME FUNCTION INPUTS...: calls FUNCTION NAME OUTPUT unless WORKDIR/bin/NAME
# was made in the same way. A build that is cut short leaves nothing behind.
build() {
  local name=$1 function=$2 stamp output=$work/bin/$1
  shift 2
  stamp=$({ declare -f "$function" && go env GOVERSION && javac -version && cat "$@"; } 2>&1 | cksum)
  if [ "$(cat "$output/stamp" 2>/dev/null)" = "$stamp" ]; then
    return
  fi
  say "building $name"
  stop_one "$name" # one that runs would lose its files
  rm -rf "$output" "$output.new"
  mkdir -p "$output.new"
  if ! "$function" "$name" "$output.new" >"$log/build-$name.log" 2>&1 </dev/null; then
    tail -n 20 "$log/build-$name.log" >&2
    die "cannot build $name: see $log/build-$name.log"
  fi
  echo "$stamp" >"$output.new/stamp"
  mv "$output.new" "$output"
}

build_victorialogs() {
  cd "$here" && CGO_ENABLED=0 GOWORK=off GOFLAGS=-mod=readonly go build -trimpath -o "$2/victoria-logs" \
    github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-logs
}

# Maven only gathers the jars; the few classes of ours are compiled against them.
build_java() {
  mvn -B -ntp -f "$here/$1/pom.xml" dependency:copy-dependencies -DoutputDirectory="$2/lib" -DincludeScope=runtime &&
    javac -encoding UTF-8 -nowarn -proc:none -cp "$2/lib/*" -d "$2/classes" "$here/$1"/*.java
}

# The gate is a program that runs once for many queries: one file to name.
write_gate() {
  local dir=$work/bin/spl
  {
    echo '#!/usr/bin/env bash'
    printf 'exec %q -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss16m -cp %q Gate\n' \
      "$(command -v java)" "$dir/classes:$dir/lib/*"
  } >"$dir/gate.new"
  chmod +x "$dir/gate.new"
  mv "$dir/gate.new" "$dir/gate"
}

# ---- starting ----

# start NAME URL_FUNCTION SECONDS: runs launch_NAME and waits until the engine
# answers at the address that URL_FUNCTION finds.
start() {
  local name=$1 url_function=$2 seconds=$3 url pid
  if running "$name" && url=$("$url_function") && answers "$url" "$(health_"$name")"; then
    say "$name runs already: $url"
    return
  fi
  stop_one "$name"
  rm -rf "$work/data/$name"
  mkdir -p "$work/data/$name"
  "launch_$name" >"$log/$name.log" 2>&1 </dev/null 9>&- &
  pid=$!
  disown
  echo "$pid" >"$work/$name.pid"
  started+=("$name")
  SECONDS=0
  until url=$("$url_function") && answers "$url" "$(health_"$name")"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 20 "$log/$name.log" >&2
      die "$name ended while starting: see $log/$name.log"
    fi
    if [ "$SECONDS" -ge "$seconds" ]; then
      tail -n 20 "$log/$name.log" >&2
      die "$name was not ready within $seconds s: see $log/$name.log"
    fi
    sleep 0.2
  done
  say "$name is ready: $url"
}

# An engine outlives the terminal that started it.
detached() {
  if command -v setsid >/dev/null; then
    exec setsid "$@"
  else
    exec nohup "$@"
  fi
}

# Events may be of any year, and those outside of the retention are dropped
# without a word. The server takes port 0 and logs the port that it got.
launch_victorialogs() {
  detached "$work/bin/victorialogs/victoria-logs" \
    -httpListenAddr=127.0.0.1:0 -storageDataPath="$work/data/victorialogs" \
    -retentionPeriod=100y -futureRetention=100y -loggerFormat=default
}

victorialogs_url() {
  local url
  url=$(sed -n 's|.*started server at \(http://127\.0\.0\.1:[1-9][0-9]*\)/.*|\1|p' "$log/victorialogs.log" 2>/dev/null | tail -n 1)
  [ -n "$url" ] && echo "$url"
}

health_victorialogs() { echo /health; }

# The first tier of the compiler alone halves the start, and runs are short.
launch_elasticsearch() {
  local dir=$work/bin/elasticsearch
  detached java -Xms256m -Xmx4g -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.disable.jmx=true \
    -Djava.io.tmpdir="$work/data/elasticsearch" -cp "$dir/classes:$dir/lib/*" \
    org.elasticsearch.node.EmbeddedNode "$work/data/elasticsearch"
}

elasticsearch_url() {
  local address
  address=$(head -n 1 "$work/data/elasticsearch/logs/http.ports" 2>/dev/null)
  [ -n "$address" ] && echo "http://$address"
}

health_elasticsearch() { echo '/_cluster/health?wait_for_status=yellow&timeout=1s'; }

# answers URL PATH: true if a GET is answered with 200. By the shell's own
# means, as curl need not be there.
answers() (
  host=${1#http://}
  exec 3<>"/dev/tcp/${host%:*}/${host##*:}" || exit 1
  printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$2" "$host" >&3
  read -r -t 5 _ status _ <&3 && [ "$status" = 200 ]
) 2>/dev/null

write_env() {
  local elasticsearch
  elasticsearch=$(elasticsearch_url)
  {
    printf 'SIGMATIC_ENGINE_ESQL=%s\n' "$elasticsearch"
    printf 'SIGMATIC_ENGINE_KQL=%s\n' "$elasticsearch"
    printf 'SIGMATIC_ENGINE_LOGSQL=%s\n' "$(victorialogs_url)"
    printf 'SIGMATIC_ENGINE_SPL=%q\n' "$work/bin/spl/gate"
  } >"$work/env.new"
  mv "$work/env.new" "$work/env"
}

main
