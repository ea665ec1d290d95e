-- Measurements of F2 controllers. The columns are those of the seed's diagram.
-- The key is the measurement's identity: the moment at which the message first arrived, and where it came from.
-- pin_position is '<CONNECTOR>:<ID>': with the ID alone, the equal components of two connectors would be one row.
CREATE TABLE iot_measurements (
    timestamp      timestamptz      NOT NULL,
    device_id      varchar(64)      NOT NULL,
    connector_mode varchar(64)      NOT NULL,
    component_type varchar(128)     NOT NULL,
    pin_position   varchar(32)      NOT NULL,
    value          double precision NOT NULL,
    unit           varchar(32)      NOT NULL,
    topic          varchar(512)     NOT NULL,
    PRIMARY KEY (timestamp, device_id, connector_mode, component_type, pin_position)
);

-- What a controller sends as text: a serial number, a version. The same key, and no place among the numbers.
CREATE TABLE iot_texts (
    timestamp      timestamptz  NOT NULL,
    device_id      varchar(64)  NOT NULL,
    connector_mode varchar(64)  NOT NULL,
    component_type varchar(128) NOT NULL,
    pin_position   varchar(32)  NOT NULL,
    value          text         NOT NULL,
    unit           varchar(32)  NOT NULL,
    topic          varchar(512) NOT NULL,
    PRIMARY KEY (timestamp, device_id, connector_mode, component_type, pin_position)
);

-- A hypertable where TimescaleDB is there; a table with the same rows on plain PostgreSQL.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') THEN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
    END IF;
    IF EXISTS (SELECT FROM pg_proc WHERE proname = 'create_hypertable') THEN
        PERFORM create_hypertable('iot_measurements', 'timestamp', chunk_time_interval => INTERVAL '1 day');
        PERFORM create_hypertable('iot_texts', 'timestamp', chunk_time_interval => INTERVAL '7 days');
    END IF;
END
$$;

-- "The last hour of one pin" is what dashboards ask.
CREATE INDEX iot_measurements_by_pin ON iot_measurements (device_id, component_type, pin_position, timestamp DESC);
