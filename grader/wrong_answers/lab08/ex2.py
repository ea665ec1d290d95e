# Wrong answers to exercise 8.2: plausible mistakes, each with the hint that it should earn.

# %% id=acknowledges-everything hint=acknowledged-too-early
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
        while self.waiting:
            self.ack(self.waiting.popleft())

# %% id=delivered-when-sent hint=acknowledged-too-early
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
            too_large=lambda: self.put_aside(taken, key),
        )
        delivered()

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())

# %% id=no-key hint=key-is-the-device
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
            self.raw_topic, None, taken.payload, taken.headers,
            delivered=delivered, too_large=lambda: self.put_aside(taken, key),
        )

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())

# %% id=mac-as-it-came hint=key-is-the-device
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
            parse_f2_topic(taken.topic)
            key = taken.topic.split("/")[1]
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
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())

# %% id=drops-the-unreadable hint=unreadable-goes-on
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
            taken.delivered = True
            return

        def delivered():
            taken.delivered = True
            self.stats["stored"] += 1

        self.outbox.send(
            self.raw_topic, key, taken.payload, taken.headers,
            delivered=delivered, too_large=lambda: self.put_aside(taken, key),
        )

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())

# %% id=raises-on-the-unreadable hint=unreadable-goes-on
class Connector(Intake):
    """Move messages from MQTT to Kafka, as they are; acknowledge each when Kafka has it.

    Args: those of Intake. `stats` counts, `start()` and `stop()` are given.
    """

    def take(self, taken: Taken) -> None:
        """Hand a new message to Kafka. Called for one after the other, in the order of arrival.

        Args:
            taken: the message: topic, payload, headers; set `delivered` when Kafka has it.
        """
        key = parse_f2_topic(taken.topic).device_id

        def delivered():
            taken.delivered = True
            self.stats["stored"] += 1

        self.outbox.send(
            self.raw_topic, key, taken.payload, taken.headers,
            delivered=delivered, too_large=lambda: self.put_aside(taken, key),
        )

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())

# %% id=never-acknowledges hint=never-acknowledged
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
        while self.waiting and self.waiting[0].taken.delivered:
            self.waiting.popleft()

# %% id=without-headers hint=as-it-came
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
            self.raw_topic, key, taken.payload, None,
            delivered=delivered, too_large=lambda: self.put_aside(taken, key),
        )

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())

# %% id=gives-up-on-an-error hint=kafka-away
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

        def report(error, _record):
            if error is None:
                taken.delivered = True
                self.stats["stored"] += 1

        self.outbox.producer.produce(
            self.raw_topic, taken.payload, key, headers=taken.headers, on_delivery=report,
        )

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())

# %% id=another-topic hint=nothing-came
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
            self.dead_letter_topic, key, taken.payload, taken.headers,
            delivered=delivered, too_large=lambda: self.put_aside(taken, key),
        )

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())

# %% id=another-name-each-time hint=session-lost
class Connector(Intake):
    """Move messages from MQTT to Kafka, as they are; acknowledge each when Kafka has it.

    Args: those of Intake. `stats` counts, `start()` and `stop()` are given.
    """

    def start(self) -> None:
        """Connect under a name that nobody else has."""
        self.client_id = f"f2-{time.time_ns()}"
        super().start()

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
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())

# %% id=acknowledges-again hint=acknowledged-again
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
        for arrival in self.waiting:
            if arrival.taken.delivered:
                self.ack(arrival)

# %% id=waits-for-the-delivery hint=stands-still
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
        while self.waiting:
            if self.waiting[0].taken.delivered:
                self.ack(self.waiting.popleft())
            time.sleep(0.01)

# %% id=changes-the-line-on-the-way hint=nothing-came
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
        for arrival in self.waiting:
            if arrival.taken.delivered:
                self.ack(arrival)
                self.waiting.remove(arrival)

# %% id=too-large-for-ever hint=too-large
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
            delivered=delivered,
        )

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())

# %% id=counts-nothing hint=count-delivered
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

        self.outbox.send(
            self.raw_topic, key, taken.payload, taken.headers,
            delivered=delivered, too_large=lambda: self.put_aside(taken, key),
        )

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())
