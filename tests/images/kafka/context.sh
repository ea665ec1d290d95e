#!/bin/sh
# Puts Kafka's jars into the build context: `context.sh FOLDER`.
set -eu
mkdir -p "$1/libs"
cp "$(sh "$(dirname "$0")/get.sh")"/*.jar "$1/libs/"
