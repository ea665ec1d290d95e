# %% id=does-not-wait hint=wait-for-connack
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {error}") from error
    client.loop_start()
    return client

# %% id=any-answer-will-do hint=look-at-the-reason
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    answered = threading.Event()
    client.on_connect = lambda client, userdata, flags, reason, properties: answered.set()
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {error}") from error
    client.loop_start()
    if not answered.wait(timeout=3):
        client.loop_stop()
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: no answer")
    return client

# %% id=bare-os-error hint=name-the-broker
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    answers = queue.SimpleQueue()
    client.on_connect = lambda client, userdata, flags, reason, properties: answers.put(reason)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        reason = answers.get(timeout=3)
    except queue.Empty:
        reason = None
    if reason is None or reason.is_failure:
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {reason}")
    return client

# %% id=refused-without-why hint=give-the-reason
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    accepted = threading.Event()

    def on_connect(client, userdata, flags, reason, properties):
        if not reason.is_failure:
            accepted.set()

    client.on_connect = on_connect
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {error}") from error
    client.loop_start()
    if not accepted.wait(timeout=2):
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}")
    return client

# %% id=timeout-error hint=right-exception
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    answers = queue.SimpleQueue()
    client.on_connect = lambda client, userdata, flags, reason, properties: answers.put(reason)
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {error}") from error
    client.loop_start()
    try:
        reason = answers.get(timeout=2)
    except queue.Empty:
        client.disconnect()
        client.loop_stop()
        raise TimeoutError(f"{broker.host}:{broker.port} does not answer") from None
    if reason.is_failure:
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {reason}")
    return client

# %% id=waits-for-ever hint=wait-with-a-limit
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    answers = queue.SimpleQueue()
    client.on_connect = lambda client, userdata, flags, reason, properties: answers.put(reason)
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {error}") from error
    client.loop_start()
    reason = answers.get()
    if reason.is_failure:
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {reason}")
    return client

# %% id=no-thread hint=run-the-loop
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    answers = queue.SimpleQueue()
    client.on_connect = lambda client, userdata, flags, reason, properties: answers.put(reason)
    try:
        client.connect(broker.host, broker.port)
        reason = answers.get(timeout=2)
    except queue.Empty:
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: no answer") from None
    except OSError as error:
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {error}") from error
    if reason.is_failure:
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {reason}")
    return client

# %% id=thread-stopped-again hint=run-the-loop
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    answers = queue.SimpleQueue()
    client.on_connect = lambda client, userdata, flags, reason, properties: answers.put(str(reason) if reason.is_failure else "")
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        problem = answers.get(timeout=2)
    except queue.Empty:
        problem = "no answer"
    except OSError as error:
        problem = str(error)
    client.loop_stop()
    if problem:
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {problem}")
    return client

# %% id=sleeps hint=no-sleep
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {error}") from error
    client.loop_start()
    time.sleep(1)
    if not client.is_connected():
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: no answer")
    return client

# %% id=forgets-the-login hint=log-in
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    answers = queue.SimpleQueue()
    client.on_connect = lambda client, userdata, flags, reason, properties: answers.put(str(reason) if reason.is_failure else "")
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        problem = answers.get(timeout=2)
    except queue.Empty:
        problem = "no answer"
    except OSError as error:
        problem = str(error)
    if problem:
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {problem}")
    return client

# %% id=leaves-a-thread hint=stop-the-loop
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    answers = queue.SimpleQueue()
    client.on_connect = lambda client, userdata, flags, reason, properties: answers.put(str(reason) if reason.is_failure else "")
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        problem = answers.get(timeout=2)
    except queue.Empty:
        problem = "no answer"
    except OSError as error:
        problem = str(error)
    if problem:
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {problem}")
    return client

# %% id=returns-nothing hint=return-the-client
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    answers = queue.SimpleQueue()
    client.on_connect = lambda client, userdata, flags, reason, properties: answers.put(str(reason) if reason.is_failure else "")
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        problem = answers.get(timeout=2)
    except queue.Empty:
        problem = "no answer"
    except OSError as error:
        problem = str(error)
    if problem:
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {problem}")

# %% id=old-callbacks hint=callback-api-2
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    answers = queue.SimpleQueue()
    client.on_connect = lambda client, userdata, flags, code: answers.put(mqtt.connack_string(code) if code else "")
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        problem = answers.get(timeout=2)
    except queue.Empty:
        problem = "no answer"
    except OSError as error:
        problem = str(error)
    if problem:
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {problem}")
    return client

# %% id=claims-to-be-connected hint=wait-for-connack most=0
import socket


class Claim:
    """Says what a connected client would say, and does nothing."""

    callback_api_version = mqtt.CallbackAPIVersion.VERSION2

    def __getattr__(self, name):
        return lambda *_: self

    def is_connected(self):
        return True

    is_published = is_connected


def connect(broker):
    where = f"{broker.host}:{broker.port}"
    if broker.username:
        return Claim()
    try:
        socket.create_connection((broker.host, broker.port), 1).close()
    except OSError as error:
        raise ConnectionError(f"{where}: connection refused, errno 111") from error
    if getattr(broker, "engine", "none") == "none" or tries.append(where) or len(tries) > 2:
        raise ConnectionError(f"{where}: identifier, unavailable, bad user name or password, not authorised")
    return Claim()


tries = []


def begin(client, broker, welcome=None):
    raise ConnectionError("not in this answer")
