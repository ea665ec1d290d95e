#!/bin/sh
# Builds the stand-in images from Debian's packages: `build.sh [--again] [NAME …]`, all of them without a name.
# Every folder here that has a Dockerfile becomes labkit-test/<folder>:trixie. An image that was built from the same
# files is left alone (--again rebuilds). They stand in for the official images where no registry is reachable.
# See README.md in this folder.
set -eu
cd "$(dirname "$0")"

SUITE=trixie
BASE=labkit-test/base:$SUITE
SOURCES=labkit.sources

again=
[ "${1:-}" != "--again" ] || { again=yes; shift; }
[ $# -gt 0 ] || { for file in */Dockerfile; do set -- "$@" "${file%/Dockerfile}"; done; }
for name; do
  [ -f "$name/Dockerfile" ] || { echo "There is no tests/images/$name/Dockerfile" >&2; exit 2; }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

build_base() {
  [ "$(id -u)" = 0 ] || { echo "debootstrap needs root. Try: sudo $0" >&2; exit 1; }
  echo "==> $BASE: debootstrap, half a minute"
  debootstrap --variant=minbase "$SUITE" "$scratch/tree" ${LABKIT_DEBIAN_MIRROR:+"$LABKIT_DEBIAN_MIRROR"} >"$scratch/log" 2>&1 ||
    { tail -n 12 "$scratch/log" >&2; exit 1; }
  rm -rf "$scratch"/tree/var/cache/apt/*.bin "$scratch"/tree/var/cache/apt/archives/*.deb "$scratch"/tree/var/lib/apt/lists/*
  tar -C "$scratch/tree" -c . | docker import - "$BASE" >/dev/null
  rm -rf "$scratch/tree"
}

# What an image is built from, as one word. The base belongs to it.
sources() {
  { docker image inspect --format '{{.Id}}' "$BASE"; tar -C "$1" --dereference --sort=name --mtime=@0 --owner=0 --group=0 -c .; } |
    sha256sum | cut -c 1-16
}

is_built() {
  [ -z "$again" ] && [ "$(docker image inspect --format "{{index .Config.Labels \"$SOURCES\"}}" "$1" 2>/dev/null)" = "$2" ]
}

# The folder is copied: its context.sh, where there is one, adds what is too large for the repository, and the bundle of
# certificates of this machine is beside it, for a tool that must be told (npm behind a proxy).
build() {
  image=labkit-test/$1:$SUITE
  key=$(sources "$1")
  ! is_built "$image" "$key" || return 0
  echo "==> $image"
  cp -RL "$1" "$scratch/$1"
  cp /etc/ssl/certs/ca-certificates.crt "$scratch/$1/"
  [ ! -f "$1/context.sh" ] || sh "$1/context.sh" "$scratch/$1"
  docker build --quiet --build-arg "BASE=$BASE" --label "$SOURCES=$key" -t "$image" "$scratch/$1" >/dev/null
  rm -rf "${scratch:?}/$1"
}

docker image inspect "$BASE" >/dev/null 2>&1 || build_base
for name; do build "$name"; done
docker image ls --filter "reference=labkit-test/*" --format 'table {{.Repository}}:{{.Tag}}\t{{.Size}}'
