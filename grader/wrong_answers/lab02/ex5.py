# Wrong answers to exercise 2.5: plausible mistakes, each with the hint that it should earn.

# %% id=acknowledges-on-arrival hint=acknowledged-too-early
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, -1))
            self.changed.notify_all()
        client.ack(message.mid, message.qos)

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=lets-paho-acknowledge hint=acknowledged-too-early
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=never-acknowledges hint=never-acknowledged
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=poison-first hint=acknowledge-in-order
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            self.stats["received"] += 1
            self.stats["rejected"] += 1
            client.ack(message.mid, message.qos)
            return
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=thread-ends-with-the-outage hint=survive-the-outage
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                return
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=takes-the-batch-out-first hint=survive-the-outage
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            batch, self.waiting = self.waiting[: self.batch_size], self.waiting[self.batch_size :]
            return batch

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=clean-session hint=persistent-session
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=True, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=subscribes-at-qos-0 hint=never-acknowledged
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=0)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=poison-ends-the-thread hint=poison
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        line = line_of(json.loads(message.payload), self.rooms)
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=catches-json-errors-only hint=poison
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except json.JSONDecodeError:
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=throws-the-batch-away hint=poison-takes-batch
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            return 0

# %% id=time-of-arrival hint=time-of-arrival
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms).rsplit(" ", 1)[0] + f" {time.time_ns()}"
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=writes-each-reading hint=writes-each
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return sum(write_batch(self.influx, [line]) for line in lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=waits-for-age-only hint=batch-by-size
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=waits-for-size-only hint=batch-by-age
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=stop-forgets hint=stop-writes
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            if self.stopping:
                return []
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return [] if self.stopping else self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=start-without-a-word hint=start-confirmed
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            print(f"no broker at {place}: {error}")
            return
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=counts-lines-only hint=stats
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone

# %% id=claims-to-collect hint=batch-by-size most=0
class Collector:
    def __init__(self, broker, influx, *, topic_filter="iot/node/+/telemetry", batch_size=20, max_age=1.0,
                 rooms=None, client_id="collector"):
        self.broker = broker
        self.stats = {"received": 15, "stored": 8, "rejected": 7, "error": None}

    def start(self):
        if self.broker.port in refused:
            raise ConnectionError(f"{self.broker.host}:{self.broker.port}")
        import socket

        try:
            socket.create_connection((self.broker.host, self.broker.port), 1).close()
        except OSError as error:
            raise ConnectionError(f"no broker: {error}") from error

    def stop(self):
        pass


refused = set()

# %% id=foretells-the-readings hint=time-of-arrival most=0
class Collector:
    def __init__(self, broker, influx, *, topic_filter="iot/node/+/telemetry", batch_size=20, max_age=1.0,
                 rooms=None, client_id="collector"):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
        self.client.on_message = self.on_message

    def start(self):
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker: {error}") from error
        self.client.loop_start()
        self.client.subscribe(self.topic_filter, 1)
        write_batch(self.influx, [
            f"iot_telemetry,node_id=node_0{node},room=kitchen temperature=20.5 {1_704_844_800 + number}000000000"
            for node in range(1, 5) for number in range(30)])

    def on_message(self, client, userdata, message):
        self.stats["received"] += 1

    def stop(self):
        self.client.disconnect()
        self.client.loop_stop()
