# %% id=without-begin
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")
    client = Announced(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False)
    client.user_data_set(queue.SimpleQueue())
    client.will_set(status, "offline", qos=1, retain=True)
    client.farewell = status
    answers = queue.SimpleQueue()

    def on_connect(client, commands, flags, reason, properties):
        if not reason.is_failure:
            client.publish(status, "online", qos=1, retain=True)
            client.subscribe(command, qos=1)
        answers.put(str(reason) if reason.is_failure else "")

    client.on_connect = on_connect
    client.on_message = lambda client, commands, message: commands.put(message.payload)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    problem = "no answer"
    try:
        client.connect(broker.host, broker.port, keepalive=20)
        client.loop_start()
        problem = answers.get(timeout=3)
    except queue.Empty:
        pass
    except OSError as error:
        problem = str(error)
    if problem:
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"{broker.host}:{broker.port}: {problem}")
    return client


class Announced(mqtt.Client):
    def disconnect(self, *args, **kwargs):
        self.publish(self.farewell, "offline", qos=1, retain=True)
        return super().disconnect(*args, **kwargs)

# %% id=replaced-method
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.Queue())
    client.will_set(status, b"offline", qos=2, retain=True)

    def on_message(client, commands, message):
        commands.put(bytes(message.payload))

    def hello(client):
        client.subscribe([(command, 1)])
        client.publish(status, b"online", qos=2, retain=True)

    leave = client.disconnect

    def say_goodbye_and_leave(*args):
        client.publish(status, b"offline", qos=1, retain=True)
        return leave(*args)

    client.on_message = on_message
    client.disconnect = say_goodbye_and_leave
    begin(client, broker, hello)
    return client
