# %% id=condition-and-print
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError(f"count is {count}")
    readings, bad, news = [], [], threading.Condition()

    def on_message(client, userdata, message):
        with news:
            try:
                reading = json.loads(message.payload.decode("utf-8"), parse_constant=int)
                if type(reading) is not dict:
                    raise ValueError("not an object")
                readings.append((message.topic, reading))
            except Exception as error:
                bad.append(error)
            news.notify()

    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = on_message
    try:
        client.subscribe(topic_filter, 1)
        with news:
            news.wait_for(lambda: len(readings) >= count, timeout=end - time.monotonic())
    finally:
        client.disconnect()
        client.loop_stop()
    if bad:
        print(f"{len(bad)} payloads were no readings")
    return readings[:count]

# %% id=walk-the-value-for-nan
def collect(broker, topic_filter, count, timeout):
    import math

    def fine(value):
        if isinstance(value, dict):
            return all(map(fine, value.values()))
        if isinstance(value, list):
            return all(map(fine, value))
        return not isinstance(value, float) or math.isfinite(value)

    if count < 1:
        raise ValueError("at least one")
    client, arrived, found, wrong = connect(broker), queue.Queue(), [], 0
    client.on_message = lambda client, userdata, message: arrived.put((message.topic, message.payload))
    client.subscribe(topic_filter, qos=2)
    end = time.monotonic() + timeout
    while len(found) < count and (left := end - time.monotonic()) > 0:
        try:
            topic, payload = arrived.get(timeout=left)
        except queue.Empty:
            break
        try:
            reading = json.loads(payload)
            good = isinstance(reading, dict) and fine(reading)
        except (ValueError, RecursionError):
            good = False
        if good:
            found.append((topic, reading))
        else:
            wrong += 1
    client.disconnect()
    client.loop_stop()
    if wrong:
        log.warning("%d messages skipped", wrong)
    return found
