"""Brings a PostgreSQL database up to date: numbered SQL files, each applied once."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

_NAME = re.compile(r"\d{3}_[a-z0-9_]+\.sql")
_LOCK = 0x10_7_1A_B5
"""Key of the advisory lock: of several copies of a service that start at once, one migrates and the others wait."""


class MigrationError(Exception):
    """A migration cannot be applied; the message names its file."""


def migrate(dsn: str, folder: Path, database: str | None = None) -> list[str]:
    """Make the database if it is missing, and apply the migrations that it has not had.

    Args:
        dsn: connection string of the server.
        folder: holds the migrations, `NNN_name.sql`, applied in the order of their names, each in a transaction.
        database: name of the database; that of `dsn` if not given.

    Returns:
        the names of the migrations that were applied now.

    Raises:
        MigrationError: a file's name is wrong, its SQL fails, or it was changed after it had been applied.
        psycopg.OperationalError: the server cannot be reached.
    """
    name = database or str(conninfo_to_dict(dsn).get("dbname") or "postgres")
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise MigrationError(f"there are no migrations in {folder}")
    if wrong := [file.name for file in files if not _NAME.fullmatch(file.name)]:
        raise MigrationError(f"{folder / wrong[0]}: a migration is called NNN_name.sql, such as 001_devices.sql")
    _make_database(dsn, name)
    with psycopg.connect(make_conninfo(dsn, dbname=name), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        connection.execute("CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, "
                           "checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())")
        rows = connection.execute("SELECT name, checksum FROM schema_migrations").fetchall()
        applied = {str(row[0]): str(row[1]) for row in rows}
        return [file.name for file in files if _apply(connection, file, applied.get(file.name))]


def _make_database(dsn: str, name: str) -> None:
    with psycopg.connect(make_conninfo(dsn, dbname="postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        try:
            # Said, not left to the server: one that was set up under another locale gives bytes for text.
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
                               .format(sql.Identifier(name)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # another copy of the service was quicker


def _apply(connection: psycopg.Connection[tuple[object, ...]], file: Path, before: object) -> bool:
    text = file.read_bytes()
    checksum = hashlib.sha256(text).hexdigest()
    if before is not None:
        if before != checksum:
            raise MigrationError(f"{file.name} was changed after it had been applied: write a new migration instead")
        return False
    try:
        with connection.transaction():
            connection.execute(text)
            connection.execute("INSERT INTO schema_migrations (name, checksum) VALUES (%s, %s)", [file.name, checksum])
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        raise MigrationError(f"{file.name}: {str(error).strip()}") from error
    return True
