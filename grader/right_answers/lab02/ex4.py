# Right answers to exercise 2.4 that differ from the reference.

# %% id=windows-in-pandas
def daily_mean(influx, bucket, days):
    if days < 1:
        raise ValueError("at least one day")
    today = pd.Timestamp.now(tz="UTC").normalize()
    flux = f"""
        from(bucket: where)
          |> range(start: {(today - pd.Timedelta(days=days)).isoformat()}, stop: {today.isoformat()})
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> keep(columns: ["_time", "_value", "room"])
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"where": bucket})
    rows = [(record.get_time(), record["room"], record.get_value()) for table in tables for record in table.records]
    index = pd.date_range(today - pd.Timedelta(days=days), today, freq="D", inclusive="left")
    if not rows:
        return pd.DataFrame(index=index)
    readings = pd.DataFrame(rows, columns=["time", "room", "value"])
    readings["day"] = pd.to_datetime(readings["time"], utc=True).dt.floor("D")
    return readings.pivot_table(index="day", columns="room", values="value", aggfunc="mean").reindex(index)

# %% id=empty-windows-by-the-database
def daily_mean(influx, bucket, days):
    if days <= 0:
        raise ValueError(days)
    stop = datetime.combine(datetime.now(UTC).date(), datetime.min.time(), UTC)
    days_wanted = [stop - timedelta(days=back) for back in range(days, 0, -1)]
    flux = """
        from(bucket: where)
          |> range(start: since, stop: until)
          |> filter(fn: (r) => r["_measurement"] == "iot_telemetry")
          |> filter(fn: (r) => r["_field"] == "temperature")
          |> group(columns: ["room"])
          |> window(every: 1d, createEmpty: true)
          |> mean()
    """
    values = {}
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"where": bucket, "since": days_wanted[0], "until": stop}
        for record in client.query_api().query_stream(flux, params=params):
            if record.get_value() is not None:
                values.setdefault(record["room"], {})[record.get_start()] = record.get_value()
    return pd.DataFrame({room: [values[room].get(day) for day in days_wanted] for room in sorted(values)},
                        index=pd.DatetimeIndex(days_wanted), dtype=float)
