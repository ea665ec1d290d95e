# Wrong answers to exercise 8.5: plausible mistakes, each with the hint that it should earn.

# %% id=commits-before-the-delivery hint=committed-too-early
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
        self.commit(records)
        self.wait_for_delivery()
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

# %% id=commits-on-the-way-out hint=committed-too-early
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
        try:
            self.wait_for_delivery()
        finally:
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

# %% id=never-commits hint=never-committed
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
        self.wait_for_delivery()
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

# %% id=poison-stops-it hint=poison
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
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
            value = decode(raw.payload, parameter.point)
            found.append((self.decoded_topic, measurement(raw, address, parameter, value)))
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

# %% id=id-alone-as-pin-position hint=pin-position
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
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
        "pin_position": address.id,  # a pin's number counts on its connector
        "value": value, "unit": parameter.point.unit, "topic": raw.topic,
    }).encode()
    if len(text) > LONGEST_MEASUREMENT:
        raise DecodeError("TOO_LARGE", f"the measurement has {len(text)} bytes")
    return text

# %% id=time-of-decoding hint=time-of-arrival
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
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
        "timestamp": to_iso(time.time_ns() // 1000), "device_id": address.device_id, "connector_mode": address.mode,
        "component_type": parameter.component_type,
        "pin_position": f"{address.connector}:{address.id}",  # a pin's number counts on its connector
        "value": value, "unit": parameter.point.unit, "topic": raw.topic,
    }).encode()
    if len(text) > LONGEST_MEASUREMENT:
        raise DecodeError("TOO_LARGE", f"the measurement has {len(text)} bytes")
    return text

# %% id=no-key hint=key-goes-on
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, None, value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
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

# %% id=one-code-for-all hint=dead-letter
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
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
        text = dead_letter("UNREADABLE", str(error), raw.topic, raw.payload, raw.timestamp, **place)
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

# %% id=first-value-only hint=measurement
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
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
        for parameter in values[:1]:
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

# %% id=other-values-lost hint=other-values
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
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
                return [self.letter(error, raw, parameter.id)]
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

# %% id=leading-zeros hint=leading-zeros
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
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
        pin = address.connector, address.component, address.id
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

# %% id=counts-nothing hint=counts
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
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

# %% id=returns-nothing hint=counts
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
        self.wait_for_delivery()
        self.commit(records)

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

# %% id=of-any-size hint=dead-letter
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
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
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
    return text
