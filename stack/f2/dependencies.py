"""What the F2 stages stand on: questions to Kafka and to the databases, and databases that are up to date."""

from __future__ import annotations

from pathlib import Path

import psycopg
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from stack.runtime import Database, Worker, migrate

MIGRATIONS = Path(__file__).with_name("migrations")
_PATIENCE = 1.5
"""Seconds: less than `Stage` waits, so that the answer is ours."""


class KafkaCheck:
    """Asks Kafka for its brokers; for `Stage.depends`. One client, made when it is first asked, for all questions.

    Args:
        bootstrap: host:port.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._admin: AdminClient | None = None

    def __call__(self) -> str:
        """What is wrong, empty when nothing is."""
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self._bootstrap, "log_level": 0})
        try:
            self._admin.list_topics(timeout=_PATIENCE)
        except KafkaException as error:
            return f"Kafka at {self._bootstrap} does not answer: {error.args[0].str()}"
        return ""


def database_problem(database: Database) -> str:
    """Ask a database for a connection.

    Args:
        database: where it is, and how to log in.

    Returns:
        what is wrong, empty when nothing is.
    """
    try:
        psycopg.connect(database.dsn(), connect_timeout=2).close()
    except psycopg.Error as error:
        return f"{database.database} at {database.host}:{database.port}: {str(error).strip()}"
    return ""


class Migrated:
    """A worker whose database is brought up to date before it starts.

    Args:
        worker: the worker.
        database: its database; made if it is missing.
        folder: name of the folder with the migrations.
    """

    def __init__(self, worker: Worker, database: Database, folder: str) -> None:
        self._worker, self._database, self._folder = worker, database, MIGRATIONS / folder

    def start(self) -> None:
        """Migrate, then start.

        Raises:
            psycopg.OperationalError: the database cannot be reached.
            ConnectionError: something else that the worker needs cannot be reached.
        """
        migrate(self._database.dsn(), self._folder)
        self._worker.start()

    def stop(self) -> None:
        """Stop the worker."""
        self._worker.stop()
