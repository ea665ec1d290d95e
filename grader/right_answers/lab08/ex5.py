# Right answers to exercise 8.5 that differ from the reference.

# %% id=all-letters-last
class Processor(KafkaStage):
    """Decode raw records: measurements go on, what cannot be read goes to the dead letters.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `device_params`.
        raw_topic: the Kafka topic that it reads.
        decoded_topic: the Kafka topic for measurements.
        dead_letter_topic: the Kafka topic for what cannot be read.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
    """

    name = "f2-processor"

    def __init__(
        self, bootstrap: str, dsn: str, *, raw_topic: str = "raw_iot_data",
        decoded_topic: str = "decoded_iot_data", dead_letter_topic: str = "dead_letter_iot_data",
        group: str = "f2-processor", batch: int = 2000, max_wait: float = 0.05,
    ):
        topics = raw_topic, decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.decoded_topic, self.dead_letter_topic = decoded_topic, dead_letter_topic
        self.known: dict[str, Parameters] = {}  # of one batch: asking for each record would be slow

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Decode a batch, send what comes of it, and commit it when Kafka has that.

        Returns:
            how many records were `received`, measurements sent (`stored`), dead letters (`rejected`).
        """
        self.known.clear()
        counts = {"received": len(records), "stored": 0, "rejected": 0}
        made = [(record.key(), *each) for record in records for each in self.outcomes(read_raw(record))]
        for letters in (False, True):
            for key, topic, value in made:
                if (topic == self.dead_letter_topic) is letters:
                    self.outbox.send(topic, key, value)
                    counts["rejected" if letters else "stored"] += 1
        self.wait_for_delivery()
        self.commit(records)
        return counts

    def outcomes(self, raw: Raw) -> list[tuple[str, bytes]]:
        """What comes of a raw record: for each value a Kafka topic, and what goes there."""
        try:
            address = parse_f2_topic(raw.topic)
            values = self.values_of(address)
        except DecodeError as error:
            return [self.letter(error, raw)]
        found = []
        for parameter in values:
            try:
                value = decode(raw.payload, parameter.point)
                found.append((self.decoded_topic, measurement(raw, address, parameter, value)))
            except DecodeError as error:
                found.append(self.letter(error, raw, parameter.id))
        return found

    def values_of(self, address: F2Address) -> list[Parameter]:
        """The values in a message of a pin. DecodeError: UNKNOWN_DEVICE, UNKNOWN_PIN."""
        if address.mac not in self.known:
            self.known[address.mac] = load_parameters(self.connected(), address.mac)
        parameters = self.known[address.mac]
        if not parameters:
            raise DecodeError("UNKNOWN_DEVICE", "the database has no such controller")
        pin = address.connector, address.component, address.id.lstrip("0") or "0"
        if pin not in parameters:
            raise DecodeError("UNKNOWN_PIN", "the database has no such pin")
        return parameters[pin]

    def letter(self, error: DecodeError, raw: Raw, point: int | None = None) -> tuple[str, bytes]:
        """A dead letter, and where it goes."""
        place = {"point": point, "source": raw.source}
        text = dead_letter(error.code, error.reason, raw.topic, raw.payload, raw.timestamp, **place)
        return self.dead_letter_topic, text


def measurement(raw: Raw, address: F2Address, parameter: Parameter, value: float | str) -> bytes:
    """Write a measurement as JSON. DecodeError: TOO_LARGE."""
    text = json.dumps({
        "timestamp": raw.timestamp, "device_id": address.device_id, "connector_mode": address.mode,
        "component_type": parameter.component_type,
        "pin_position": f"{address.connector}:{address.id}",  # a pin's number counts on its connector
        "value": value, "unit": parameter.point.unit, "topic": raw.topic,
    }).encode()
    if len(text) > LONGEST_MEASUREMENT:
        raise DecodeError("TOO_LARGE", f"the measurement has {len(text)} bytes")
    return text

# %% id=counts-deliveries-itself
class Processor(KafkaStage):
    """Decode raw records: measurements go on, what cannot be read goes to the dead letters.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `device_params`.
        raw_topic: the Kafka topic that it reads.
        decoded_topic: the Kafka topic for measurements.
        dead_letter_topic: the Kafka topic for what cannot be read.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
    """

    name = "f2-processor"

    def __init__(
        self, bootstrap: str, dsn: str, *, raw_topic: str = "raw_iot_data",
        decoded_topic: str = "decoded_iot_data", dead_letter_topic: str = "dead_letter_iot_data",
        group: str = "f2-processor", batch: int = 2000, max_wait: float = 0.05,
    ):
        topics = raw_topic, decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.decoded_topic, self.dead_letter_topic = decoded_topic, dead_letter_topic
        self.known: dict[str, Parameters] = {}  # of one batch: asking for each record would be slow

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Decode a batch, send what comes of it, and commit it when Kafka has that.

        Returns:
            how many records were `received`, measurements sent (`stored`), dead letters (`rejected`).
        """
        self.known.clear()
        open_ones: set[int] = set()
        counts = {"received": len(records), "stored": 0, "rejected": 0}
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                open_ones.add(number := len(open_ones) + sum(counts.values()))
                self.outbox.send(topic, record.key(), value, delivered=lambda number=number: open_ones.discard(number))
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
        self.wait_for_delivery()
        if open_ones:
            raise ConnectionError(f"{len(open_ones)} records are not delivered")
        self.commit(records)
        return counts

    def outcomes(self, raw: Raw) -> list[tuple[str, bytes]]:
        """What comes of a raw record: for each value a Kafka topic, and what goes there."""
        try:
            address = parse_f2_topic(raw.topic)
            values = self.values_of(address)
        except DecodeError as error:
            return [self.letter(error, raw)]
        found = []
        for parameter in values:
            try:
                value = decode(raw.payload, parameter.point)
                found.append((self.decoded_topic, measurement(raw, address, parameter, value)))
            except DecodeError as error:
                found.append(self.letter(error, raw, parameter.id))
        return found

    def values_of(self, address: F2Address) -> list[Parameter]:
        """The values in a message of a pin. DecodeError: UNKNOWN_DEVICE, UNKNOWN_PIN."""
        if address.mac not in self.known:
            self.known[address.mac] = load_parameters(self.connected(), address.mac)
        parameters = self.known[address.mac]
        if not parameters:
            raise DecodeError("UNKNOWN_DEVICE", "the database has no such controller")
        pin = address.connector, address.component, address.id.lstrip("0") or "0"
        if pin not in parameters:
            raise DecodeError("UNKNOWN_PIN", "the database has no such pin")
        return parameters[pin]

    def letter(self, error: DecodeError, raw: Raw, point: int | None = None) -> tuple[str, bytes]:
        """A dead letter, and where it goes."""
        place = {"point": point, "source": raw.source}
        text = dead_letter(error.code, error.reason, raw.topic, raw.payload, raw.timestamp, **place)
        return self.dead_letter_topic, text


def measurement(raw: Raw, address: F2Address, parameter: Parameter, value: float | str) -> bytes:
    """Write a measurement as JSON. DecodeError: TOO_LARGE."""
    text = json.dumps({
        "timestamp": raw.timestamp, "device_id": address.device_id, "connector_mode": address.mode,
        "component_type": parameter.component_type,
        "pin_position": f"{address.connector}:{address.id}",  # a pin's number counts on its connector
        "value": value, "unit": parameter.point.unit, "topic": raw.topic,
    }).encode()
    if len(text) > LONGEST_MEASUREMENT:
        raise DecodeError("TOO_LARGE", f"the measurement has {len(text)} bytes")
    return text
