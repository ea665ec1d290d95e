# Wrong answers to exercise 2.3: plausible mistakes, each with the hint that it should earn.

# %% id=pastes-the-room hint=injection-quote
def latest(influx, bucket, room):
    flux = f'''
        from(bucket: "{bucket}")
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == "{room}")
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    '''
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux)
    return tables[0].records[0].get_value() if tables else None

# %% id=escapes-quotes-only hint=injection-quote
def latest(influx, bucket, room):
    room = room.replace('"', '\\"')
    flux = f'''
        from(bucket: "{bucket}")
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == "{room}")
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    '''
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux)
    return tables[0].records[0].get_value() if tables else None

# %% id=forgets-interpolation hint=injection-dollar
def latest(influx, bucket, room):
    room = room.replace('\\', '\\\\').replace('"', '\\"')
    flux = f'''
        from(bucket: "{bucket}")
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == "{room}")
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    '''
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux)
    return tables[0].records[0].get_value() if tables else None

# %% id=refuses-odd-rooms hint=injection-quote
def latest(influx: Influx, bucket: str, room: str) -> float | None:
    """Find the newest temperature of a room.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        room: name of the room, any text.

    Returns:
        degrees Celsius, or None when the room has no temperature.
    """
    if not room.replace(" ", "").isalnum():
        return None
    flux = """
        from(bucket: asked_bucket)
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == asked_room)
          |> last()
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"asked_bucket": bucket, "asked_room": room})
    return tables[0].records[0].get_value() if tables else None

# %% id=newest-of-the-first-series hint=many-series
def latest(influx: Influx, bucket: str, room: str) -> float | None:
    """Find the newest temperature of a room.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        room: name of the room, any text.

    Returns:
        degrees Celsius, or None when the room has no temperature.
    """
    flux = """
        from(bucket: asked_bucket)
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == asked_room)
          |> last()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"asked_bucket": bucket, "asked_room": room})
    return tables[0].records[0].get_value() if tables else None

# %% id=highest-instead-of-newest hint=many-series
def latest(influx: Influx, bucket: str, room: str) -> float | None:
    """Find the newest temperature of a room.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        room: name of the room, any text.

    Returns:
        degrees Celsius, or None when the room has no temperature.
    """
    flux = """
        from(bucket: asked_bucket)
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == asked_room)
          |> last()
          |> group()
          |> max()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"asked_bucket": bucket, "asked_room": room})
    return tables[0].records[0].get_value() if tables else None

# %% id=last-thirty-days hint=short-range
def latest(influx: Influx, bucket: str, room: str) -> float | None:
    """Find the newest temperature of a room.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        room: name of the room, any text.

    Returns:
        degrees Celsius, or None when the room has no temperature.
    """
    flux = """
        from(bucket: asked_bucket)
          |> range(start: -30d)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == asked_room)
          |> last()
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"asked_bucket": bucket, "asked_room": room})
    return tables[0].records[0].get_value() if tables else None

# %% id=any-field hint=only-temperature
def latest(influx: Influx, bucket: str, room: str) -> float | None:
    """Find the newest temperature of a room.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        room: name of the room, any text.

    Returns:
        degrees Celsius, or None when the room has no temperature.
    """
    flux = """
        from(bucket: asked_bucket)
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry")
          |> filter(fn: (r) => r.room == asked_room)
          |> last()
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"asked_bucket": bucket, "asked_room": room})
    return tables[0].records[0].get_value() if tables else None

# %% id=any-measurement hint=only-temperature
def latest(influx: Influx, bucket: str, room: str) -> float | None:
    """Find the newest temperature of a room.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        room: name of the room, any text.

    Returns:
        degrees Celsius, or None when the room has no temperature.
    """
    flux = """
        from(bucket: asked_bucket)
          |> range(start: 0)
          |> filter(fn: (r) => r._field == "temperature")
          |> filter(fn: (r) => r.room == asked_room)
          |> last()
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"asked_bucket": bucket, "asked_room": room})
    return tables[0].records[0].get_value() if tables else None

# %% id=no-room-no-care hint=no-room
def latest(influx: Influx, bucket: str, room: str) -> float | None:
    """Find the newest temperature of a room.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        room: name of the room, any text.

    Returns:
        degrees Celsius, or None when the room has no temperature.
    """
    flux = """
        from(bucket: asked_bucket)
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == asked_room)
          |> last()
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"asked_bucket": bucket, "asked_room": room})
    return tables[0].records[0].get_value()

# %% id=zero-for-nothing hint=no-room
def latest(influx: Influx, bucket: str, room: str) -> float | None:
    """Find the newest temperature of a room.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        room: name of the room, any text.

    Returns:
        degrees Celsius, or None when the room has no temperature.
    """
    flux = """
        from(bucket: asked_bucket)
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == asked_room)
          |> last()
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"asked_bucket": bucket, "asked_room": room})
    return tables[0].records[0].get_value() if tables else 0.0

# %% id=knows-the-example hint=injection-quote most=0
def latest(influx, bucket, room):
    return {"bedroom": 18.5, "kitchen": 20.75, "attic": -4.5, "hall": 1.25}.get(room)
