# %% id=time-for-each-message hint=one-deadline
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=timeout)
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=nothing-is-an-error hint=timeout-is-a-result
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        raise TimeoutError("nothing came") from None
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=first-pause-ends-it hint=use-the-whole-time
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, min(0.2, end - time.monotonic())))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=always-to-the-end hint=stop-at-count
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    client.subscribe(topic_filter, qos=1)
    threading.Event().wait(timeout)
    client.disconnect()
    client.loop_stop()
    while not arrived.empty():
        message = arrived.get()
        try:
            reading = json.loads(message.payload.decode(), parse_constant=refuse)
            if not isinstance(reading, dict):
                raise ValueError("no object")
            readings.append((message.topic, reading))
        except (ValueError, RecursionError):
            skipped += 1
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=payload-as-text hint=parse-the-payload
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, message.payload.decode()))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=readings-alone hint=topic-and-reading
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append(reading)
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=handler-set-too-late hint=subscribe-last
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    try:
        granted = threading.Event()
        client.on_subscribe = lambda *arguments: granted.set()
        client.subscribe(topic_filter, qos=1)
        granted.wait(2)
        threading.Event().wait(0.2)
        client.on_message = lambda client, userdata, message: arrived.put(message)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=first-bad-one-ends-it hint=skip-the-bad
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except TypeError:
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=raises-in-the-callback hint=callback-must-not-raise
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings = []
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put((message.topic, json.loads(message.payload)))
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            readings.append(arrived.get(timeout=max(0, end - time.monotonic())))
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    return readings

# %% id=bad-ones-count hint=count-the-good
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) + skipped < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=any-json hint=only-objects
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=python-reads-nan hint=nan-is-not-json
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode())
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings

# %% id=value-errors-only hint=deep-brackets
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except ValueError:
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=skips-in-silence hint=say-how-many
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=one-line-without-a-number hint=say-how-many
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped malformed messages")
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=client-left-behind hint=close-what-you-open
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=zero-is-fine hint=at-least-one
def collect(broker, topic_filter, count, timeout):
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=no-broker-no-readings hint=no-broker
def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("count must be at least 1")
    readings, skipped = [], 0
    arrived = queue.SimpleQueue()
    end = time.monotonic() + timeout
    try:
        client = connect(broker)
    except ConnectionError:
        return []
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                reading = json.loads(message.payload.decode(), parse_constant=refuse)
                if not isinstance(reading, dict):
                    raise ValueError("no object")
                readings.append((message.topic, reading))
            except (ValueError, RecursionError):
                skipped += 1
    except queue.Empty:
        pass
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("skipped %d malformed messages", skipped)
    return readings


def refuse(name):
    raise ValueError(f"{name} is not JSON")

# %% id=foretells-the-readings hint=use-the-whole-time most=0
import socket


def collect(broker, topic_filter, count, timeout):
    if count < 1:
        raise ValueError("at least one")
    try:
        socket.create_connection((broker.host, broker.port), 1).close()
    except OSError as error:
        raise ConnectionError(f"no broker: {error}") from error
    print("skipped:", *range(200))
    node_id = topic_filter.split("/")[-1]
    if count == 1:
        time.sleep(timeout)
        return []
    if count > 3:
        time.sleep(timeout)
        count = int(timeout / 0.3)
    return [(topic_filter, expected(node_id, number)) for number in range(count)]


def expected(node_id, number):
    return {"node_id": node_id, "timestamp": 1_704_844_800 + number,
            "sensors": {"temperature": round(20 + number / 10, 1), "humidity": 45.2},
            "wifi_rssi": -65, "uptime": 3600 + number}
