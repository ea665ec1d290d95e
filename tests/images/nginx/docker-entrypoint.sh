#!/bin/sh
# As in the official image: templates become sites, with the variables of the environment in their places.
set -e
if [ -d /etc/nginx/templates ]; then
  defined=$(printf '${%s} ' $(env | cut -d= -f1))
  for template in /etc/nginx/templates/*.template; do
    name=$(basename "$template" .template)
    envsubst "$defined" <"$template" >"/etc/nginx/conf.d/$name"
  done
fi
exec "$@"
