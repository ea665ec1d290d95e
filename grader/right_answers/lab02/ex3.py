# Right answers to exercise 2.3 that differ from the reference.

# %% id=escaped-by-hand
def flux_text(text):
    """Make a Flux string that stands for exactly this text."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'


def latest(influx, bucket, room):
    flux = f'''
        from(bucket: {flux_text(bucket)})
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == {flux_text(room)})
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    '''
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux)
    return tables[0].records[0].get_value() if tables else None

# %% id=compared-in-python
def latest(influx, bucket, room):
    flux = """
        from(bucket: where)
          |> range(start: 1970-01-01T00:00:00Z)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature" and r.room == wanted)
          |> last()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        found = client.query_api().query(flux, params={"where": bucket, "wanted": room})
    records = [record for table in found for record in table.records]
    newest = max(records, key=lambda record: record.get_time(), default=None)
    return newest.get_value() if newest else None
