"""The tables of the device manager: the part `devices` has their SQL, so that a student's own schema runs here too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from stack.runtime import Database, migrate


def prepare(database: Database, migrations: Mapping[str, str]) -> list[str]:
    """Make the database if it is missing, and bring its tables up to date.

    Args:
        database: where they are.
        migrations: SQL by name, `NNN_name.sql`; each is applied once.

    Returns:
        the names of the migrations that were applied now.

    Raises:
        MigrationError: one of them cannot be applied.
        psycopg.OperationalError: the server cannot be reached.
    """
    with TemporaryDirectory(prefix="meter-migrations-") as folder:
        for name, text in migrations.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        return migrate(database.dsn(), Path(folder), database.database)
