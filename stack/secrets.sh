#!/bin/sh
# Makes the secrets of the compose files, random ones, in ./secrets. One that is there is left alone.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
for name in influxdb_password influxdb_token postgresql_password timescaledb_password minio_secret_key grafana_password; do
  [ -s "secrets/$name" ] || { od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"secrets/$name"; echo "secrets/$name"; }
done
# Containers read them under user numbers of their own; the folder keeps other users of this machine out.
chmod 700 secrets && chmod 644 secrets/*
