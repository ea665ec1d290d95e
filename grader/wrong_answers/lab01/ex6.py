# %% id=no-online hint=say-online
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=online-not-retained hint=retain-online
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=no-will hint=will-before-connect
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=will-after-connect hint=will-before-connect
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    client.will_set(status, "offline", qos=1, retain=True)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=will-not-retained hint=retain-the-will
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=will-on-another-topic hint=will-as-promised
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status + "/will", "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=online-once hint=online-on-every-connect
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    client.publish(status, "online", qos=1, retain=True)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=stays-away hint=comes-back
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue(),
                    reconnect_on_failure=False)
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=clean-session hint=keep-the-session
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=True, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=new-name-each-time hint=client-id-is-node-id
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=f"{node_id}-{time.time_ns()}", clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=subscribes-at-qos-0 hint=subscribe-at-qos-1
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=commands-as-text hint=commands-to-the-queue
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload.decode()))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=no-handler hint=commands-to-the-queue
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=leaves-without-a-word hint=say-goodbye
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        return super().disconnect(*arguments, **options)

# %% id=speaks-after-it-has-left hint=say-goodbye
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        result = super().disconnect(*arguments, **options)
        self.publish(self.status, "offline", qos=1, retain=True)
        return result

# %% id=any-id hint=valid-node-id
def presence(broker, node_id):
    status, command = f"iot/node/{node_id}/status", f"iot/node/{node_id}/command"

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=returns-nothing hint=return-the-client
def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Polite(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)


class Polite(mqtt.Client):
    def disconnect(self, *arguments, **options):
        self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)

# %% id=claims-to-be-there hint=say-online most=0
class Claim:
    """Says what a client would say, and does nothing."""

    def __getattr__(self, name):
        return lambda *_: None

    def is_connected(self):
        return True

    def user_data_get(self):
        return self.commands


def presence(broker, node_id):
    node_topic(node_id, "status")
    client = Claim()
    client.commands = queue.SimpleQueue()
    for brightness in range(5):
        client.commands.put(b'{"command": "set_led", "params": {"brightness": %d}}' % brightness)
    return client

# %% id=drops-the-line-without-goodbye hint=say-goodbye
class Abrupt(mqtt.Client):
    def disconnect(self, *args, **kwargs):
        self.loop_stop()
        self.socket().close()


def presence(broker, node_id):
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")
    client = Abrupt(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False,
                    userdata=queue.SimpleQueue())
    client.will_set(status, "offline", qos=1, retain=True)

    def welcome(client):
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client.on_message = lambda client, commands, message: commands.put(message.payload)
    begin(client, broker, welcome)
    return client
