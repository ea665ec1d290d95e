#!/bin/sh
# Gets Kafka's jars by Maven, 44 MB, once: `get.sh [FOLDER]`. Prints the folder; it is the value for LABKIT_KAFKA_JARS.
# Needs maven and a Java run-time (sudo apt install maven).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/labkit-test/kafka}
version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$here/pom.xml")

if [ ! -f "$folder/kafka_2.13-$version.jar" ]; then
  command -v mvn >/dev/null || { echo "There is no mvn. Try: sudo apt install maven" >&2; exit 1; }
  half=$folder.part
  rm -rf "$half"
  mkdir -p "$half"
  mvn --quiet --batch-mode --file "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    "-DoutputDirectory=$half" >&2
  rm -rf "$folder"
  mv "$half" "$folder"
fi
echo "$folder"
