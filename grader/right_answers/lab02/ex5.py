# Right answers to exercise 2.5 that differ from the reference.

# %% id=a-queue-and-a-timer
import queue


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
        self.arrived = queue.Queue()
        confirmed = threading.Event()
        self.client.on_subscribe = lambda *_: confirmed.set()
        self.client.on_connect = lambda client, *_: (self.arrived.put(None), client.subscribe(self.topic_filter, 1))
        self.client.on_message = lambda client, userdata, message: self.arrived.put(message)
        self.client.connect(self.broker.host, self.broker.port)
        self.client.loop_start()
        if not confirmed.wait(5):
            self.client.loop_stop()
            raise ConnectionError(f"no answer from {self.broker.host}:{self.broker.port}")
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.stopping = True
        self.thread.join()
        self.client.disconnect()
        self.client.loop_stop()

    def work(self):
        batch = []
        deadline = None
        while True:
            try:
                message = self.arrived.get(timeout=0.02)
                if message is None:  # a new connection: the broker sends again what is not acknowledged
                    batch, deadline = [], None
                    continue
                self.stats["received"] += 1
                batch.append(message)
                deadline = deadline or time.monotonic() + self.max_age
                if len(batch) < self.batch_size:
                    continue
            except queue.Empty:
                if not self.stopping and (not batch or time.monotonic() < deadline):
                    continue
            if batch and self.flush(batch):
                batch, deadline = [], None
            elif batch and self.stopping:
                return
            if self.stopping and self.arrived.empty():
                return

    def flush(self, batch):
        lines = []
        for message in batch:
            try:
                lines.append(line_of(json.loads(message.payload), self.rooms))
            except (ValueError, RecursionError):
                pass
        good = 0
        try:
            try:
                good = write_batch(self.influx, lines)
            except ValueError:
                for line in lines:
                    try:
                        good += write_batch(self.influx, [line])
                    except ValueError:
                        pass
        except OSError as error:
            self.stats["error"] = str(error)
            return False
        self.stats["stored"] += good
        self.stats["rejected"] += len(batch) - good
        for message in batch:
            self.client.ack(message.mid, message.qos)
        return True

# %% id=asks-the-lock-often
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
            while not self.waiting and not self.stopping:
                self.changed.wait(0.5)
            end = time.monotonic() + self.max_age
            while len(self.waiting) < self.batch_size and not self.stopping and (left := end - time.monotonic()) > 0:
                self.changed.wait(left)
            return list(self.waiting[: self.batch_size])

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        good, pieces = 0, [lines]
        while pieces:
            piece = pieces.pop(0)
            try:
                good += write_batch(self.influx, piece, batch_size=100)
            except ValueError:
                if len(piece) > 1:
                    middle = len(piece) // 2
                    pieces[:0] = [piece[:middle], piece[middle:]]
        return good
