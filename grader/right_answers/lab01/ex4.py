# %% id=callback
def publish_reading(client, reading, *, retain=False):
    try:
        topic = node_topic(reading["node_id"], "telemetry")
    except KeyError:
        raise ValueError("this reading has no node_id") from None
    payload = json.dumps(reading, allow_nan=False).encode("utf-8")
    if not client.is_connected():
        raise ConnectionError("not connected")
    acknowledged, numbers = threading.Condition(), set()

    def on_publish(client, userdata, number, reason, properties):
        with acknowledged:
            numbers.add(number)
            acknowledged.notify_all()

    client.on_publish = on_publish
    sent = client.publish(topic, payload, qos=1, retain=retain)
    with acknowledged:
        if not acknowledged.wait_for(lambda: sent.mid in numbers, timeout=3):
            raise ConnectionError("no PUBACK within 3 seconds")

# %% id=full-five-seconds
def publish_reading(client, reading, *, retain=False):
    if not reading.get("node_id"):
        raise ValueError("no node_id")
    text = json.dumps(reading, allow_nan=False, separators=(",", ":"))
    sent = client.publish(node_topic(reading["node_id"], "telemetry"), text, 1, retain)
    try:
        sent.wait_for_publish(timeout=5)
        if sent.is_published():
            return
    except (RuntimeError, ValueError) as error:
        raise ConnectionError(f"not published: {error}") from error
    raise ConnectionError("no acknowledgement")
