#!/bin/sh
# A Docker engine for the tests: `engine.sh start | stop | status`. Needs root, and the package docker.io.
# `start` does nothing when an engine answers already; `stop` ends only the engine that `start` has started.
set -eu

STATE=${LABKIT_ENGINE_STATE:-/run/labkit-docker-engine}
DOCKERD=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v dockerd || true)

answers() { timeout 5 docker version >/dev/null 2>&1; }

# Asks until the engine answers, or the process has ended. The first start on a machine takes a few seconds.
wait_for_answer() {
  tries=0
  while ! answers; do
    tries=$((tries + 1))
    kill -0 "$1" 2>/dev/null && [ "$tries" -lt 300 ] || return 1
    sleep 0.1
  done
}

start() {
  if answers; then
    echo "A Docker engine answers: $(docker version --format '{{.Server.Version}}')"
    return
  fi
  [ -n "$DOCKERD" ] || { echo "There is no dockerd. Try: sudo apt install docker.io" >&2; exit 1; }
  [ "$(id -u)" = 0 ] || { echo "Only root can start an engine. Try: sudo $0 start" >&2; exit 1; }
  mkdir -p "$STATE"
  # In some containers and small virtual machines there is no overlay file system, or no right to change iptables.
  for options in "" "--storage-driver=vfs" "--storage-driver=vfs --iptables=false --bridge=none"; do
    # shellcheck disable=SC2086
    setsid "$DOCKERD" $options >"$STATE/log" 2>&1 </dev/null &
    pid=$!
    echo "$pid" >"$STATE/pid"
    if wait_for_answer "$pid"; then
      # The tests run as the user who called sudo, and must reach this engine.
      [ -z "${SUDO_UID:-}" ] || chown "$SUDO_UID" /var/run/docker.sock
      echo "Started a Docker engine${options:+ with $options}: $(docker version --format '{{.Server.Version}}')"
      return
    fi
    stop
    mkdir -p "$STATE"
  done
  echo "The Docker engine did not start. Its last lines:" >&2
  tail -n 12 "$STATE/log" >&2 || true
  exit 1
}

stop() {
  [ -f "$STATE/pid" ] || return 0
  pid=$(cat "$STATE/pid")
  if kill "$pid" 2>/dev/null; then
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 150 ]; do
      tries=$((tries + 1))
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
  fi
  rm -f "$STATE/pid"
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  status) if answers; then echo "running"; else echo "not running"; exit 1; fi ;;
  *) echo "usage: $0 start | stop | status" >&2; exit 2 ;;
esac
