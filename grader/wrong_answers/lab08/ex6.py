# Wrong answers to exercise 8.6: plausible mistakes, each with the hint that it should earn.

# %% id=no-on-conflict hint=on-conflict
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, rows, refused) for table, rows in tables.items() if rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        self.commit(records)
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        counts = {"received": len(records), "stored": stored, "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table}"
                cursor.execute(insert)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            halves = rows[:middle], rows[middle:]
            return sum(self.write(table, half, refused) for half in halves)

# %% id=one-transaction-each hint=one-transaction-each
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, [row], refused) for table, rows in tables.items() for row in rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        self.commit(records)
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        counts = {"received": len(records), "stored": stored, "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING"
                cursor.execute(insert)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            halves = rows[:middle], rows[middle:]
            return sum(self.write(table, half, refused) for half in halves)

# %% id=commits-first hint=database-away
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        self.commit(records)
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, rows, refused) for table, rows in tables.items() if rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        counts = {"received": len(records), "stored": stored, "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING"
                cursor.execute(insert)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            halves = rows[:middle], rows[middle:]
            return sum(self.write(table, half, refused) for half in halves)

# %% id=outage-is-a-dead-letter hint=database-away
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, rows, refused) for table, rows in tables.items() if rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        self.commit(records)
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        counts = {"received": len(records), "stored": stored, "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING"
                cursor.execute(insert)
                return cursor.rowcount
        except psycopg.Error as error:
            if isinstance(error, psycopg.OperationalError):
                self.disconnect()
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            halves = rows[:middle], rows[middle:]
            return sum(self.write(table, half, refused) for half in halves)

# %% id=never-commits hint=never-committed
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, rows, refused) for table, rows in tables.items() if rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        counts = {"received": len(records), "stored": stored, "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING"
                cursor.execute(insert)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            halves = rows[:middle], rows[middle:]
            return sum(self.write(table, half, refused) for half in halves)

# %% id=poison-stops-it hint=poison-row
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            row, moment = parse_measurement(record.value() or b"")
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, rows, refused) for table, rows in tables.items() if rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        self.commit(records)
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        counts = {"received": len(records), "stored": stored, "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING"
                cursor.execute(insert)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            halves = rows[:middle], rows[middle:]
            return sum(self.write(table, half, refused) for half in halves)

# %% id=refuses-the-whole-batch hint=poison-row
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, rows, refused) for table, rows in tables.items() if rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        self.commit(records)
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        counts = {"received": len(records), "stored": stored, "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING"
                cursor.execute(insert)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            refused += [(DecodeError("REFUSED", str(error).strip()), record) for _, record in rows]
            return 0

# %% id=id-alone-as-pin-position hint=rows-as-they-came
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            row = row._replace(pin_position=row.pin_position.rpartition(":")[2])
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, rows, refused) for table, rows in tables.items() if rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        self.commit(records)
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        counts = {"received": len(records), "stored": stored, "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING"
                cursor.execute(insert)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            halves = rows[:middle], rows[middle:]
            return sum(self.write(table, half, refused) for half in halves)

# %% id=one-row-a-moment hint=equal-components
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe
        self.seen = set()

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            if (row.timestamp, row.device_id) in self.seen:
                continue
            self.seen.add((row.timestamp, row.device_id))
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, rows, refused) for table, rows in tables.items() if rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        self.commit(records)
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        counts = {"received": len(records), "stored": stored, "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING"
                cursor.execute(insert)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            halves = rows[:middle], rows[middle:]
            return sum(self.write(table, half, refused) for half in halves)

# %% id=counts-repeats-as-rows hint=counts
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, rows, refused) for table, rows in tables.items() if rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        self.commit(records)
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        counts = {"received": len(records), "stored": len(records), "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING"
                cursor.execute(insert)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            halves = rows[:middle], rows[middle:]
            return sum(self.write(table, half, refused) for half in halves)

# %% id=observes-nothing hint=way-of-each-row
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, rows, refused) for table, rows in tables.items() if rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        self.commit(records)
        now = time.time()
        counts = {"received": len(records), "stored": stored, "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING"
                cursor.execute(insert)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            halves = rows[:middle], rows[middle:]
            return sum(self.write(table, half, refused) for half in halves)
