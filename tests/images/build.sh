#!/bin/sh
# Builds the stand-in images from Debian's packages; an image that is there already is left alone (--again rebuilds).
# They stand in for the official images where no registry is reachable. See README.md in this folder.
set -eu
cd "$(dirname "$0")"

SUITE=trixie
BASE=labkit-test/base:$SUITE
MOSQUITTO=labkit-test/mosquitto:$SUITE

has() { [ "${again:-}" = "" ] && docker image inspect "$1" >/dev/null 2>&1; }
[ "${1:-}" != "--again" ] || again=yes

build_base() {
  [ "$(id -u)" = 0 ] || { echo "debootstrap needs root. Try: sudo $0" >&2; exit 1; }
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  echo "==> $BASE: debootstrap, half a minute"
  debootstrap --variant=minbase "$SUITE" "$folder/tree" ${LABKIT_DEBIAN_MIRROR:+"$LABKIT_DEBIAN_MIRROR"} >"$folder/log" 2>&1 ||
    { tail -n 12 "$folder/log" >&2; exit 1; }
  rm -rf "$folder"/tree/var/cache/apt/*.bin "$folder"/tree/var/cache/apt/archives/*.deb "$folder"/tree/var/lib/apt/lists/*
  tar -C "$folder/tree" -c . | docker import - "$BASE" >/dev/null
  rm -rf "$folder"
}

has "$BASE" || build_base
has "$MOSQUITTO" || { echo "==> $MOSQUITTO"; docker build --quiet --build-arg "BASE=$BASE" -t "$MOSQUITTO" mosquitto >/dev/null; }
docker image ls --filter "reference=labkit-test/*" --format 'table {{.Repository}}:{{.Tag}}\t{{.Size}}'
