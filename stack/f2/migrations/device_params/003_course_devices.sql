-- The devices of the course: 1,000 controllers, f2-02f200000001 and on, each with the same eight components.
-- labkit's simulated controllers send what these rows describe; stack/contracts/f2.md shows a sample of each.

INSERT INTO "DataPointIcon" ("DataPointIconId", "IconName") VALUES
    (1, 'thermometer'), (2, 'droplet'), (3, 'bolt'), (4, 'wind'), (5, 'door'), (6, 'meter'), (7, 'gauge'), (8, 'tag');

INSERT INTO "DeviceType" ("DeviceTypeId", "Name") VALUES
    (1, 'Controller'), (2, 'Temperature'), (3, 'Humidity'), (4, 'Energy meter'), (5, 'CO2'), (6, 'Door'),
    (7, 'Water meter'), (8, 'Pressure'), (9, 'Label');

INSERT INTO "DeviceTemplate" ("DeviceTemplateId", "Name", "Model", "Description", "DeviceTypeId") VALUES
    (1, 'F2 Smart Controller', 'F2', 'Three connectors: analog, digital, RS485', 1),
    (2, 'Temperature probe', 'T-16', 'Tenths of a degree', 2),
    (3, 'Humidity probe', 'H-8', 'Whole percent', 3),
    (4, 'Energy meter', 'EM-1', 'Modbus, four registers, words swapped', 4),
    (5, 'CO2 sensor', 'C-400', 'Digits in ASCII', 5),
    (6, 'Door contact', 'D-1', 'One bit', 6),
    (7, 'Water meter', 'W-6', 'M-Bus: packed digits, low byte first', 7),
    (8, 'Air pressure probe', 'P-1', 'Cayenne LPP in base64', 8),
    (9, 'Type plate', 'L-1', 'Its serial number', 9);

INSERT INTO "DataPoint" ("DataPointId", "DeviceTemplateId", "Label", "DataPointIconId", "DataFormat", "DataEncoding",
                         "Offset", "Length", "Append", "WholeNumber", "Decimals", "RealTimeChart", "HistoricalChart")
VALUES
    (1, 2, 'Temperature', 1, 'HEX',    'INT16/AB',     0, 2, ' °C',  3, 1, 'line',  'line'),
    (2, 3, 'Humidity',    2, 'BINARY', 'UINT8',        0, 1, ' %',   3, 0, 'line',  'line'),
    (3, 4, 'Voltage',     3, 'BINARY', 'FLOAT32/CDAB', 0, 4, ' V',   3, 1, 'gauge', 'line'),
    (4, 4, 'Current',     3, 'BINARY', 'FLOAT32/CDAB', 4, 4, ' A',   3, 2, 'gauge', 'line'),
    (5, 4, 'Power',       3, 'BINARY', 'INT32/CDAB',   8, 4, ' W',   6, 1, 'gauge', 'line'),
    (6, 4, 'Energy',      3, 'BINARY', 'UINT32/CDAB', 12, 4, ' kWh', 7, 2, 'gauge', 'bar'),
    (7, 5, 'CO2',         4, 'ASCII',  'DEC',          0, 0, ' ppm', 4, 0, 'line',  'line'),
    (8, 6, 'Door',        5, 'BINARY', 'BIT0',         0, 1, '',     1, 0, 'state', 'state'),
    (9, 7, 'Water meter', 6, 'BINARY', 'BCD/LE',       0, 4, ' m³',  5, 3, 'gauge', 'bar'),
    (10, 8, 'Pressure',   7, 'BASE64', 'UINT16/AB',    2, 2, ' hPa', 4, 1, 'line',  'line'),
    (11, 9, 'Label',      8, 'BINARY', 'HEXSTR',       0, 6, '',     0, 0, NULL,    NULL);

INSERT INTO "Device" ("DeviceId", "DeviceName", "DeviceTemplateId", "SerialNumber", "MacAddress", "PcbVersion")
SELECT number, 'F2 controller ' || number, 1, 'F2-' || lpad(number::text, 6, '0'),
       '02f2' || lpad(to_hex(number), 8, '0'), '2.1'
FROM generate_series(1, 1000) AS number;

-- Connector 1 is analog, 2 digital, 3 RS485.
INSERT INTO "Connector" ("ControllerId", "ConnectorNumber", "ConnectorTypeId")
SELECT number, connector, connector FROM generate_series(1, 1000) AS number, generate_series(1, 3) AS connector;

-- The devices of the course have the numbers 1 to 1000; their components follow, eight to a controller.
CREATE TEMPORARY TABLE plan (part integer, connector integer, position integer, template integer) ON COMMIT DROP;
INSERT INTO plan VALUES
    (0, 1, 1, 2), (1, 1, 2, 3), (2, 2, 1, 6), (3, 2, 2, 5), (4, 3, 10, 4), (5, 3, 11, 7), (6, 3, 12, 8), (7, 3, 13, 9);

INSERT INTO "Device" ("DeviceId", "DeviceName", "DeviceTemplateId")
SELECT 1000 + (number - 1) * 8 + part + 1, template."Name" || ' of controller ' || number, template."DeviceTemplateId"
FROM generate_series(1, 1000) AS number, plan JOIN "DeviceTemplate" AS template ON "DeviceTemplateId" = template;

INSERT INTO "Pin" ("ConnectorId", "Position", "DeviceId")
SELECT "ConnectorId", plan.position, 1000 + ("ControllerId" - 1) * 8 + part + 1
FROM plan JOIN "Connector" ON "ConnectorNumber" = connector;

-- Rows that are added later get numbers behind those that were given here.
SELECT setval(pg_get_serial_sequence('"' || name || '"', key), 100000)
FROM (VALUES ('DataPointIcon', 'DataPointIconId'), ('DeviceType', 'DeviceTypeId'), ('DeviceTemplate', 'DeviceTemplateId'),
             ('DataPoint', 'DataPointId'), ('Device', 'DeviceId')) AS tables (name, key);
