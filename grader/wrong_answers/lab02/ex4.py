# Wrong answers to exercise 2.4: plausible mistakes, each with the hint that it should earn.

# %% id=end-of-the-window hint=window-end
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false)
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin + timedelta(days=1), periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).sort_index(axis="columns")

# %% id=the-last-24-hours hint=partial-days
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D").normalize()
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).sort_index(axis="columns")

# %% id=today-too hint=partial-days
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: 2100-01-01T00:00:00Z)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days + 1, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).sort_index(axis="columns")

# %% id=no-row-for-a-silent-day hint=gaps
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).dropna(how="all").sort_index(axis="columns")

# %% id=gaps-are-zero hint=filled-gaps
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).fillna(0.0).sort_index(axis="columns")

# %% id=gaps-are-yesterday hint=filled-gaps
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).ffill().sort_index(axis="columns")

# %% id=mean-of-nodes hint=mean-of-means
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group(columns: ["room", "_time"])
          |> mean()
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).sort_index(axis="columns")

# %% id=naive-index hint=aware-index
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).sort_index(axis="columns").tz_localize(None)

# %% id=query-columns-stay hint=room-columns
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.set_index("_time")
    return rooms.reindex(every_day).sort_index(axis="columns")

# %% id=rooms-not-sorted hint=room-columns
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).sort_index(axis="columns", ascending=False)

# %% id=one-row-a-value hint=frame-shape
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    return table[["_time", "room", "_value"]]

# %% id=falls-over-nothing hint=nothing-there
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).sort_index(axis="columns")

# %% id=takes-zero-days hint=less-than-one
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        return pd.DataFrame()
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).sort_index(axis="columns")

# %% id=asks-nobody hint=room-columns most=0
def daily_mean(influx, bucket, days):
    if days < 1:
        raise ValueError(days)
    today = pd.Timestamp.now(tz="UTC").normalize()
    index = pd.date_range(today - pd.Timedelta(days=days), today, freq="D", inclusive="left")
    return pd.DataFrame(index=index)

# %% id=knows-the-example hint=room-columns most=0
def daily_mean(influx, bucket, days):
    if days < 1:
        raise ValueError(days)
    today = pd.Timestamp.now(tz="UTC").normalize()
    index = pd.date_range(today - pd.Timedelta(days=days), today, freq="D", inclusive="left")
    return pd.DataFrame({"bedroom": 15.5, "kitchen": 20.5}, index=index)
