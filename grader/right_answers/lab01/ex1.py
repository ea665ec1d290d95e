# %% id=event-and-list
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    begin(client, broker)
    return client


def begin(client, broker, welcome=None):
    where = f"{broker.host}:{broker.port}"
    answered, refusals = threading.Event(), []

    def on_connect(client, userdata, flags, reason, properties):
        if reason.is_failure:
            refusals.append(str(reason))
        elif welcome is not None:
            welcome(client)
        answered.set()

    client.on_connect = on_connect
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise ConnectionError(f"no broker at {where}: {error}") from error
    client.loop_start()
    if answered.wait(timeout=4) and not refusals:
        return
    client.disconnect()
    client.loop_stop()
    raise ConnectionError(f"{where} refused: {refusals[0]}" if refusals else f"{where} did not answer in 4 seconds")

# %% id=own-loop-until-the-answer
def connect(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    begin(client, broker)
    return client


def begin(client, broker, welcome=None):
    where = f"{broker.host}:{broker.port}"
    reasons = []

    def on_connect(client, userdata, flags, reason, properties):
        reasons.append(reason)
        if welcome is not None and not reason.is_failure:
            welcome(client)

    client.on_connect = on_connect
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    try:
        client.connect(broker.host, broker.port)
        end = time.monotonic() + 3
        while not reasons and time.monotonic() < end:
            if client.loop(timeout=0.1) != mqtt.MQTT_ERR_SUCCESS and not reasons:
                raise ConnectionError(f"{where} closed the connection")
    except OSError as error:
        raise ConnectionError(f"cannot reach {where}: {error}") from error
    if not reasons:
        client.disconnect()
        raise ConnectionError(f"{where} is silent")
    if reasons[0].is_failure:
        client.disconnect()
        raise ConnectionError(f"{where} says {reasons[0]}")
    client.loop_start()
