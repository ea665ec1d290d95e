"""The check's own eyes on PostgreSQL and TimescaleDB: a schema of its own with the course's tables, rows, queries.

A schema, not a database: it is made in a moment on every engine, and TimescaleDB lets nobody copy a database that it
watches. The student's connection string says which one it is, so tables have their plain names there.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from labkit.errors import KitError
from labkit.services import Endpoint, stack_files

SCHEMAS = {
    "device_params": ("001_schema.sql", "002_device_parameters.sql"),
    "timeseries": ("001_measurements.sql",),
}
"""The course's databases and their migrations. The thousand devices of the course are left out: a check has its own."""


class Schema:
    """Tables of one check.

    Args:
        server: where they are.
        kind: a key of `SCHEMAS`.
    """

    def __init__(self, server: Endpoint, kind: str) -> None:
        import psycopg  # slow to import, and most labs need no SQL
        from psycopg import sql

        self.server = server
        self.name = f"check_{uuid.uuid4().hex[:10]}"
        scripts = [stack_files.text(f"f2/migrations/{kind}/{file}") for file in SCHEMAS[kind]]
        with self._as_kit(f"could not make the tables of {kind}"):
            self._conn = psycopg.connect(self.dsn, autocommit=True, connect_timeout=5)
            try:
                with self._conn.transaction():
                    self._conn.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(self.name)))
                    for script in scripts:
                        self._conn.execute(script.encode())
            except BaseException:
                self._conn.close()
                raise

    @property
    def dsn(self) -> str:
        """How the student connects, as a connection string."""
        return self.dsn_at(self.server)

    def dsn_at(self, place: Endpoint) -> str:
        """The connection string through another address, such as a gate's.

        Args:
            place: the address.
        """
        return f"{place.dsn} options='-c search_path={self.name},public'"

    def execute(self, query: str, values: Sequence[Any] = ()) -> None:
        """Run a statement; it is committed when this returns.

        Args:
            query: in SQL, `%s` for each value.
            values: what stands for them.
        """
        with self._as_kit("could not run its statement"):
            self._conn.execute(query.encode(), values or None)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run a query.

        Args:
            query: in SQL, `%s` for each value.
            values: what stands for them.

        Returns:
            A dict for each row.
        """
        from psycopg.rows import dict_row

        with self._as_kit("could not run its query"), self._conn.cursor(row_factory=dict_row) as cursor:
            return list(cursor.execute(query.encode(), values or None))

    def close(self) -> None:
        """Delete the tables and close the connection. A second call does nothing."""
        if self._conn.closed:
            return
        from psycopg import sql

        with self._as_kit("could not delete its tables"), contextlib.closing(self._conn):
            # A process of the student's that was killed may hold a lock until the server notices: it is told to.
            self._conn.execute("SET lock_timeout = '2s'")
            drop = sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self.name))
            self._conn.execute("SET client_min_messages = warning")
            self._conn.execute(drop)

    @contextlib.contextmanager
    def _as_kit(self, what: str) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            raise KitError(
                f"The check {what} in {self.server!r}.",
                tried=[f"{type(error).__name__}: {error}"[:600]],
                fix="run the check again; if it stays so, restart the kernel.",
            ) from error


class PostgresView:
    """A PostgreSQL, with or without TimescaleDB, as a check sees it.

    Args:
        server: the database.
    """

    def __init__(self, server: Endpoint) -> None:
        self.endpoint = server
        self._schemas: list[Schema] = []

    def schema(self, kind: str) -> Schema:
        """Make tables that are deleted after the check.

        Args:
            kind: `"device_params"` or `"timeseries"`.
        """
        made = Schema(self.endpoint, kind)
        self._schemas.append(made)
        return made

    def close(self) -> None:
        """Delete what this check made, and close the connections.

        Raises:
            KitError: some of it could not be deleted; the rest is.
        """
        failed: KitError | None = None
        while self._schemas:
            try:
                self._schemas.pop().close()
            except KitError as error:
                failed = error
        if failed is not None:
            raise failed
