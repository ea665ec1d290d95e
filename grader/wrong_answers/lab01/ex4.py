# %% id=qos-0 hint=qos-1
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    payload = json.dumps(reading, allow_nan=False)
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), payload, retain=retain)
    try:
        sent.wait_for_publish(2)
    except RuntimeError:
        raise ConnectionError("not published") from None
    if not sent.is_published():
        raise ConnectionError("not published")

# %% id=does-not-wait hint=wait-for-puback
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    payload = json.dumps(reading, allow_nan=False)
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), payload, qos=1, retain=retain)
    if sent.rc != mqtt.MQTT_ERR_SUCCESS:
        raise ConnectionError("not published")

# %% id=writes-nan hint=no-nan
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), json.dumps(reading), qos=1, retain=retain)
    try:
        sent.wait_for_publish(2)
    except RuntimeError:
        raise ConnectionError("not published") from None
    if not sent.is_published():
        raise ConnectionError("not published")

# %% id=looks-at-the-top-only hint=no-nan
def publish_reading(client, reading, *, retain=False):
    import math

    if "node_id" not in reading:
        raise ValueError("no node_id")
    values = [*reading.values(), *reading.get("sensors", {}).values()]
    if any(isinstance(value, float) and not math.isfinite(value) for value in values):
        raise ValueError("not a number")
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), json.dumps(reading), qos=1, retain=retain)
    try:
        sent.wait_for_publish(2)
    except RuntimeError:
        raise ConnectionError("not published") from None
    if not sent.is_published():
        raise ConnectionError("not published")

# %% id=text-of-the-dictionary hint=json-not-repr
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    json.dumps(reading, allow_nan=False)
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), str(reading), qos=1, retain=retain)
    try:
        sent.wait_for_publish(2)
    except RuntimeError:
        raise ConnectionError("not published") from None
    if not sent.is_published():
        raise ConnectionError("not published")

# %% id=retain-forgotten hint=retain-as-asked
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), json.dumps(reading, allow_nan=False), qos=1)
    try:
        sent.wait_for_publish(2)
    except RuntimeError:
        raise ConnectionError("not published") from None
    if not sent.is_published():
        raise ConnectionError("not published")

# %% id=always-retained hint=retain-as-asked
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    payload = json.dumps(reading, allow_nan=False)
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), payload, qos=1, retain=True)
    try:
        sent.wait_for_publish(2)
    except RuntimeError:
        raise ConnectionError("not published") from None
    if not sent.is_published():
        raise ConnectionError("not published")

# %% id=runtime-error-passes hint=name-the-failure
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    payload = json.dumps(reading, allow_nan=False)
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), payload, qos=1, retain=retain)
    sent.wait_for_publish(2)
    if not sent.is_published():
        raise ConnectionError("not published")

# %% id=failure-swallowed hint=name-the-failure
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    payload = json.dumps(reading, allow_nan=False)
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), payload, qos=1, retain=retain)
    try:
        sent.wait_for_publish(2)
        if not sent.is_published():
            raise ConnectionError("not published")
    except RuntimeError:
        pass

# %% id=does-not-look-after-the-wait hint=check-after-waiting
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    payload = json.dumps(reading, allow_nan=False)
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), payload, qos=1, retain=retain)
    try:
        sent.wait_for_publish(2)
    except RuntimeError:
        raise ConnectionError("not published") from None

# %% id=key-error hint=needs-a-node-id
def publish_reading(client, reading, *, retain=False):
    payload = json.dumps(reading, allow_nan=False)
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), payload, qos=1, retain=retain)
    try:
        sent.wait_for_publish(2)
    except RuntimeError:
        raise ConnectionError("not published") from None
    if not sent.is_published():
        raise ConnectionError("not published")

# %% id=wrong-topic hint=topic-of-the-node
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    payload = json.dumps(reading, allow_nan=False)
    sent = client.publish(f"iot/{reading['node_id']}/telemetry", payload, qos=1, retain=retain)
    try:
        sent.wait_for_publish(2)
    except RuntimeError:
        raise ConnectionError("not published") from None
    if not sent.is_published():
        raise ConnectionError("not published")

# %% id=publishes-then-checks hint=refuse-before-publishing
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), json.dumps(reading), qos=1, retain=retain)
    try:
        sent.wait_for_publish(2)
    except RuntimeError:
        raise ConnectionError("not published") from None
    if not sent.is_published():
        raise ConnectionError("not published")
    if "NaN" in json.dumps(reading) or "Infinity" in json.dumps(reading):
        raise ValueError("not a number")

# %% id=returns-the-ticket hint=returns-none
def publish_reading(client, reading, *, retain=False):
    if "node_id" not in reading:
        raise ValueError("no node_id")
    payload = json.dumps(reading, allow_nan=False)
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), payload, qos=1, retain=retain)
    try:
        sent.wait_for_publish(2)
    except RuntimeError:
        raise ConnectionError("not published") from None
    if not sent.is_published():
        raise ConnectionError("not published")
    return sent

# %% id=claims-to-have-published hint=wait-for-puback most=1
def publish_reading(client, reading, *, retain=False):
    json.dumps(reading, allow_nan=False)
    node_topic(reading.get("node_id", ""), "telemetry")
    if reading == published[-1:]:
        raise ConnectionError("no acknowledgement")
    published.append(reading)
    time.sleep(0.45)


published = []
