# Wrong answers to exercise 2.6: plausible mistakes, each with the hint that it should earn.

# %% id=every-in-quotes hint=task-option
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""option task = {{name: "{source} to {target}", every: "{every}"}}

from(bucket: "{source}")
  |> range(start: -task.every)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field == "temperature" or r._field == "humidity")
  |> aggregateWindow(every: task.every, fn: mean, createEmpty: false)
  |> to(bucket: "{target}")
"""

# %% id=no-option hint=task-option
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""from(bucket: "{source}")
  |> range(start: -1h)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field == "temperature" or r._field == "humidity")
  |> aggregateWindow(every: 1h, fn: mean, createEmpty: false)
  |> to(bucket: "{target}")
"""

# %% id=always-one-hour hint=task-option
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""option task = {{name: "{source} to {target}", every: 1h}}

from(bucket: "{source}")
  |> range(start: -task.every)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field == "temperature" or r._field == "humidity")
  |> aggregateWindow(every: task.every, fn: mean, createEmpty: false)
  |> to(bucket: "{target}")
"""

# %% id=shows-and-does-not-write hint=no-to
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""option task = {{name: "{source} to {target}", every: {every}}}

from(bucket: "{source}")
  |> range(start: -task.every)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field == "temperature" or r._field == "humidity")
  |> aggregateWindow(every: task.every, fn: mean, createEmpty: false)
"""

# %% id=whole-history hint=since-the-last-run
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""option task = {{name: "{source} to {target}", every: {every}}}

from(bucket: "{source}")
  |> range(start: -30d)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field == "temperature" or r._field == "humidity")
  |> aggregateWindow(every: task.every, fn: mean, createEmpty: false)
  |> to(bucket: "{target}")
"""

# %% id=all-fields hint=numbers-only
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""option task = {{name: "{source} to {target}", every: {every}}}

from(bucket: "{source}")
  |> range(start: -task.every)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> aggregateWindow(every: task.every, fn: mean, createEmpty: false)
  |> to(bucket: "{target}")
"""

# %% id=numbers-by-exclusion hint=numbers-only
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""option task = {{name: "{source} to {target}", every: {every}}}

from(bucket: "{source}")
  |> range(start: -task.every)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field != "firmware")
  |> aggregateWindow(every: task.every, fn: mean, createEmpty: false)
  |> to(bucket: "{target}")
"""

# %% id=one-mean-for-the-house hint=keep-series
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""option task = {{name: "{source} to {target}", every: {every}}}

from(bucket: "{source}")
  |> range(start: -task.every)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field == "temperature" or r._field == "humidity")
  |> group(columns: ["_measurement", "_field"])
  |> aggregateWindow(every: task.every, fn: mean, createEmpty: false)
  |> to(bucket: "{target}")
"""

# %% id=start-of-the-window hint=window-mean
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""option task = {{name: "{source} to {target}", every: {every}}}

from(bucket: "{source}")
  |> range(start: -task.every)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field == "temperature" or r._field == "humidity")
  |> aggregateWindow(every: task.every, fn: mean, createEmpty: false, timeSrc: "_start")
  |> to(bucket: "{target}")
"""

# %% id=last-instead-of-mean hint=window-mean
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""option task = {{name: "{source} to {target}", every: {every}}}

from(bucket: "{source}")
  |> range(start: -task.every)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field == "temperature" or r._field == "humidity")
  |> aggregateWindow(every: task.every, fn: last, createEmpty: false)
  |> to(bucket: "{target}")
"""

# %% id=same-bucket-allowed hint=same-bucket
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    return f"""option task = {{name: "{source} to {target}", every: {every}}}

from(bucket: "{source}")
  |> range(start: -task.every)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field == "temperature" or r._field == "humidity")
  |> aggregateWindow(every: task.every, fn: mean, createEmpty: false)
  |> to(bucket: "{target}")
"""

# %% id=a-task-that-does-nothing hint=no-to most=1
def downsample_task(source, target, *, every="1h"):
    if source == target:
        raise ValueError(source)
    return f'option task = {{name: "hourly", every: {every}}}\nfrom(bucket: "{source}") |> range(start: -{every})\n'
