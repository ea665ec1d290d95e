# Right answers to exercise 2.6 that differ from the reference.

# %% id=an-every-with-an-offset
def downsample_task(source, target, *, every="1h"):
    if source == target:
        raise ValueError("the same bucket")
    return "\n".join([
        f'option task = {{name: "means-{target}", every: {every}, offset: 0s}}',
        f'from(bucket: "{source}")',
        f'    |> range(start: -{every}, stop: now())',
        '    |> filter(fn: (r) => r["_measurement"] == "iot_telemetry" and contains(value: r["_field"], set: ["temperature", "humidity"]))',
        f'    |> aggregateWindow(every: {every}, fn: mean, createEmpty: false, timeSrc: "_stop")',
        f'    |> to(bucket: "{target}")',
    ])

# %% id=mean-and-duplicate
def downsample_task(source, target, *, every="1h"):
    if target == source:
        raise ValueError(source)
    return f"""
option task = {{
    name: "hourly",
    every: {every},
}}

wanted = (r) => r._measurement == "iot_telemetry" and r._field =~ /^(temperature|humidity)$/

from(bucket: "{source}")
    |> range(start: -task.every)
    |> filter(fn: wanted)
    |> mean()
    |> duplicate(column: "_stop", as: "_time")
    |> to(bucket: "{target}")
"""
