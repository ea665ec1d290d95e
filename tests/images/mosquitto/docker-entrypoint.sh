#!/bin/sh
# As in the official image: its files belong to the user that mosquitto becomes.
set -e
if [ "$(id -u)" = 0 ] && [ -d /mosquitto ]; then
  chown -R mosquitto:mosquitto /mosquitto || true
fi
exec "$@"
