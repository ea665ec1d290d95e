#!/bin/sh
# The tool of the distribution, as far as a health check needs it: `--bootstrap-server HOST:PORT`.
exec java -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.level=WARN -cp '/opt/kafka/libs/*' \
  org.apache.kafka.tools.BrokerApiVersionsCommand "$@"
