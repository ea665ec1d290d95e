# Right answers to exercise 8.2 that differ from the reference.

# %% id=looks-through-all-that-waits
class Connector(Intake):
    """Move messages from MQTT to Kafka, as they are; acknowledge each when Kafka has it.

    Args: those of Intake. `stats` counts, `start()` and `stop()` are given.
    """

    def take(self, taken: Taken) -> None:
        """Hand a new message to Kafka. Called for one after the other, in the order of arrival.

        Args:
            taken: the message: topic, payload, headers; set `delivered` when Kafka has it.
        """
        try:
            key = parse_f2_topic(taken.topic).device_id
        except DecodeError:
            key = None  # the processor says what is wrong with it

        def delivered():
            taken.delivered = True
            self.stats["stored"] += 1

        self.outbox.send(
            self.raw_topic, key, taken.payload, taken.headers,
            delivered=delivered, too_large=lambda: self.put_aside(taken, key),
        )

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        done = 0
        for arrival in self.waiting:
            if not arrival.taken.delivered:
                break
            self.ack(arrival)
            done += 1
        for _ in range(done):
            self.waiting.popleft()

# %% id=a-key-by-hand
class Connector(Intake):
    """Move messages from MQTT to Kafka, as they are; acknowledge each when Kafka has it.

    Args: those of Intake. `stats` counts, `start()` and `stop()` are given.
    """

    def take(self, taken: Taken) -> None:
        """Hand a new message to Kafka. Called for one after the other, in the order of arrival.

        Args:
            taken: the message: topic, payload, headers; set `delivered` when Kafka has it.
        """
        key = self.key_of(taken.topic)

        def delivered():
            taken.delivered = True
            self.stats["stored"] += 1

        self.outbox.send(
            self.raw_topic, key, taken.payload, taken.headers,
            delivered=delivered, too_large=lambda: self.put_aside(taken, key),
        )

    def key_of(self, topic: str) -> bytes | None:
        try:
            return f"f2-{parse_f2_topic(topic).mac}".encode()
        except DecodeError:
            return None

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())
