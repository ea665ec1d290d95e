from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from labkit.services import start
from stack.runtime import MigrationError, migrate


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with start("postgresql", provider="embedded") as services:
        yield services.postgresql.dsn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "001_devices.sql").write_text("CREATE TABLE devices (id int);\nINSERT INTO devices VALUES (1);")
    (tmp_path / "002_names.sql").write_text("ALTER TABLE devices ADD COLUMN name text DEFAULT 'x';")
    return tmp_path


@pytest.fixture
def database() -> str:
    return f"d{uuid4().hex}"


def rows(server: str, database: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server, dbname=database) as connection:
        return connection.execute(query).fetchall()


def test_the_database_is_made_and_each_migration_is_applied_once_in_order(
    server: str, folder: Path, database: str,
) -> None:
    assert migrate(server, folder, database) == ["001_devices.sql", "002_names.sql"]
    assert migrate(server, folder, database) == []
    (folder / "003_more.sql").write_text("INSERT INTO devices VALUES (2);")
    assert migrate(server, folder, database) == ["003_more.sql"]
    assert rows(server, database, "SELECT id, name FROM devices ORDER BY id") == [(1, "x"), (2, "x")]


def test_copies_of_a_service_that_start_at_once_migrate_once(server: str, folder: Path, database: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        applied = list(pool.map(lambda _: migrate(server, folder, database), range(8)))
    assert sorted(name for names in applied for name in names) == ["001_devices.sql", "002_names.sql"]
    assert rows(server, database, "SELECT count(*) FROM devices") == [(1,)]


def test_a_migration_that_fails_is_named_and_leaves_nothing_behind(server: str, folder: Path, database: str) -> None:
    (folder / "003_wrong.sql").write_text("INSERT INTO devices VALUES (9); SELECT * FROM nothing_like_this;")
    with pytest.raises(MigrationError, match=r"003_wrong\.sql: .*nothing_like_this"):
        migrate(server, folder, database)
    assert rows(server, database, "SELECT count(*) FROM devices") == [(1,)]
    (folder / "003_wrong.sql").write_text("INSERT INTO devices VALUES (9);")
    assert migrate(server, folder, database) == ["003_wrong.sql"]


def test_a_migration_that_was_changed_afterwards_is_refused(server: str, folder: Path, database: str) -> None:
    migrate(server, folder, database)
    (folder / "001_devices.sql").write_text("CREATE TABLE devices (id bigint);")
    with pytest.raises(MigrationError, match=r"001_devices\.sql was changed after it had been applied"):
        migrate(server, folder, database)


def test_a_folder_without_migrations_and_a_wrong_name_are_refused(server: str, tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="there are no migrations in"):
        migrate(server, tmp_path, "never")
    (tmp_path / "first.sql").write_text("SELECT 1")
    with pytest.raises(MigrationError, match=r"is called NNN_name\.sql"):
        migrate(server, tmp_path, "never")


def test_a_server_that_is_away_is_no_fault_of_a_migration(folder: Path) -> None:
    with pytest.raises(psycopg.OperationalError):
        migrate("host=127.0.0.1 port=1 user=lab password=x connect_timeout=2", folder, "never")
