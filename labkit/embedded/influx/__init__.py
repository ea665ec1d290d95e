"""An InfluxDB v2 compatible engine that needs only pip: HTTP API, line protocol, Flux."""
