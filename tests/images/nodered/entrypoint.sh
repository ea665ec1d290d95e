#!/bin/sh
# As in the official image: the user's folder is /data, the port and the flow file come from the environment.
exec node node_modules/node-red/red.js --userDir /data --port "$PORT" "$FLOWS" "$@"
