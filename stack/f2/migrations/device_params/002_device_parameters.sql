-- What the processor reads: the seed's key table, as a view of the tables that hold the facts.

-- The form of a name in a topic: 'Energy meter' is energy-meter.
CREATE FUNCTION topic_name(name text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN lower(regexp_replace(trim(name), '\s+', '-', 'g'));

-- The message of a pin names the type of the device on it, as COMPONENT. A data point of another name than that
-- is one of several values in the payload, and its measurements are told apart by it: energy-meter.voltage.
CREATE VIEW device_parameters AS
SELECT lower(replace(controller."MacAddress", ':', '')) AS mac_address,
       connector."ConnectorNumber"                      AS connector_number,
       pin."Position"                                   AS position,
       topic_name(type."Name")                          AS component,
       CASE WHEN topic_name(point."Label") = topic_name(type."Name") THEN topic_name(type."Name")
            ELSE topic_name(type."Name") || '.' || topic_name(point."Label") END AS component_type,
       point."DataPointId", point."Label", point."DataFormat", point."DataEncoding", point."Offset", point."Length",
       point."Prepend", point."Append", point."WholeNumber", point."Decimals"
FROM "Device" AS controller
JOIN "Connector" AS connector ON connector."ControllerId" = controller."DeviceId"
JOIN "Pin" AS pin ON pin."ConnectorId" = connector."ConnectorId"
JOIN "Device" AS component ON component."DeviceId" = pin."DeviceId"
JOIN "DeviceTemplate" AS template ON template."DeviceTemplateId" = component."DeviceTemplateId"
JOIN "DeviceType" AS type ON type."DeviceTypeId" = template."DeviceTypeId"
JOIN "DataPoint" AS point ON point."DeviceTemplateId" = template."DeviceTemplateId";

-- Processors keep what they have read; this tells them, at commit, to read it again.
CREATE FUNCTION tell_processors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY device_parameters;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['DeviceType', 'DeviceTemplate', 'Device', 'Connector', 'Pin', 'DataPoint'] LOOP
        EXECUTE format('CREATE TRIGGER tell_processors AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION tell_processors()', name);
    END LOOP;
END
$$;
