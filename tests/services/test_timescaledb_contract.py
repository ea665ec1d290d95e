"""One suite for every provider of TimescaleDB, and what plain PostgreSQL says that it lacks.

The stand-in image has Debian's build, which is the part under the Apache licence: compression, continuous aggregates,
retention and gap filling were not run here. The native provider needs Debian 13 for its package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from labkit.errors import KitError
from labkit.services import Endpoint, Services, faults, session, start
from labkit.services.timescaledb import CAPABILITIES

PROVIDERS = [
    pytest.param("embedded/plain-postgresql", id="embedded"),
    pytest.param("docker/timescaledb", id="docker", marks=pytest.mark.docker("timescaledb")),
    pytest.param("attach", id="attach"),
]
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(params=PROVIDERS)
def services(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if request.param == "attach":
        other = start("timescaledb", provider="embedded").timescaledb
        monkeypatch.setenv("LABKIT_TIMESCALEDB_URL", f"postgresql://{other.username}:{other.password}@{other.host}"
                                                     f":{other.port}/{other.database}")
    yield start("timescaledb", provider=request.param)
    kept = [one for one in session._running.get("timescaledb", []) if one.endpoint.provider != "attach"]
    session._running["timescaledb"] = kept


@pytest.fixture
def database(services: Services) -> Endpoint:
    return services.timescaledb


@pytest.fixture
def connection(database: Endpoint) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS reading, other")
        connection.execute("CREATE TABLE reading (time timestamptz NOT NULL, sensor text, value double precision)")
        yield connection
        connection.execute("DROP TABLE reading")


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query.encode()).fetchall()


def a_week(connection: psycopg.Connection) -> None:
    connection.execute("SELECT create_hypertable('reading', by_range('time', INTERVAL '1 day'))")
    connection.execute("INSERT INTO reading SELECT timestamptz '2024-01-01 00:00+00' + i * interval '1 minute', "
                       "'s' || i % 3, i FROM generate_series(0, 7 * 24 * 60 - 1) i")


def test_the_extension_is_there_and_a_migration_may_ask_for_it_again(
    connection: psycopg.Connection, database: Endpoint
) -> None:
    connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    found = rows(connection, "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
    assert found == [(database.version,)]
    assert database.database == "timeseries"


def test_the_engine_says_whether_it_is_the_real_one(database: Endpoint) -> None:
    if database.provider == "docker":
        assert database.engine == "timescaledb"
        assert "hypertables" in database.capabilities
    else:
        assert database.version == "plain"
        assert database.capabilities == {"durable", "time_functions"}


def test_a_table_becomes_a_hypertable_once(connection: psycopg.Connection) -> None:
    made = rows(connection, "SELECT created FROM create_hypertable('reading', by_range('time'))")
    assert made == [(True,)]
    again = rows(connection, "SELECT created FROM create_hypertable('reading', 'time', if_not_exists => true)")
    assert again == [(False,)]
    with pytest.raises(psycopg.Error, match="already a hypertable") as refusal:
        connection.execute("SELECT create_hypertable('reading', 'time')")
    assert refusal.value.sqlstate == "TS110"
    assert ("reading",) in rows(connection, "SELECT hypertable_name FROM timescaledb_information.hypertables")
    assert ("reading", "time") in rows(
        connection, "SELECT hypertable_name, column_name FROM timescaledb_information.dimensions")


@pytest.mark.parametrize(("statement", "message"), [
    ("CREATE TABLE other (time timestamptz, id text UNIQUE)", "cannot create a unique index without the column"),
    ("CREATE TABLE other (moment timestamptz)", 'column "time" does not exist'),
    ("CREATE TABLE other (time text)", "invalid type for dimension"),
    ("CREATE TABLE other AS SELECT now() AS time", 'table "other" is not empty'),
])
def test_a_table_that_cannot_become_a_hypertable_is_refused_in_the_same_words(
    statement: str, message: str, connection: psycopg.Connection
) -> None:
    connection.execute(statement.encode())
    with pytest.raises(psycopg.Error, match=message):
        connection.execute("SELECT create_hypertable('other', 'time')")


def test_a_repeated_record_is_stored_once(connection: psycopg.Connection) -> None:
    connection.execute("CREATE UNIQUE INDEX ON reading (time, sensor)")
    connection.execute("SELECT create_hypertable('reading', 'time')")
    for _ in range(2):
        connection.execute("INSERT INTO reading VALUES (%s, 's1', 21.5) ON CONFLICT DO NOTHING", [BEGIN])
    assert rows(connection, "SELECT count(*) FROM reading") == [(1,)]


def test_buckets_with_the_first_and_the_last_value(connection: psycopg.Connection) -> None:
    a_week(connection)
    found = rows(connection, "SELECT time_bucket('1 day', time) AS day, first(value, time), last(value, time), "
                             "last(sensor, time), count(*) FROM reading GROUP BY day ORDER BY day")
    assert found == [(BEGIN + timedelta(days=day), float(day * 1440), float(day * 1440 + 1439), "s2", 1440)
                     for day in range(7)]


BUCKETS = [
    ("time_bucket('15 minutes', timestamptz '2024-03-31 12:14:59+00')", "2024-03-31 12:00:00+00"),
    ("time_bucket('7 days', timestamptz '2024-03-31 12:00+00')", "2024-03-25 00:00:00+00"),
    ("time_bucket('1 month', timestamptz '2024-03-31 12:00+00')", "2024-03-01 00:00:00+00"),
    ("time_bucket('3 months', timestamp '1999-12-31 12:00')", "1999-10-01 00:00:00"),
    ("time_bucket('1 year', date '2024-03-31')", "2024-01-01"),
    ("time_bucket('1 week', date '1999-12-31')", "1999-12-27"),
    ("time_bucket('1 hour', timestamp '1970-01-01 00:30')", "1970-01-01 00:00:00"),
    ("time_bucket('1 hour', timestamp '2024-01-01 10:10', INTERVAL '15 minutes')", "2024-01-01 09:15:00"),
    ("time_bucket('2 days', timestamp '2024-01-04 10:10', timestamp '2024-01-01')", "2024-01-03 00:00:00"),
    # The night in which Berlin's clock goes forward: the day of 2024-03-31 has 23 hours there.
    ("time_bucket('1 day', timestamptz '2024-03-31 22:30+00', 'Europe/Berlin')", "2024-03-31 22:00:00+00"),
    ("time_bucket('1 day', timestamptz '2024-03-31 21:30+00', 'Europe/Berlin')", "2024-03-30 23:00:00+00"),
    ("time_bucket(10, 25)", "20"),
    ("time_bucket(10, -25)", "-30"),
    ("time_bucket(10::bigint, 25::bigint, 3::bigint)", "23"),
    ("time_bucket('1 day', NULL::timestamptz)", None),
]


@pytest.mark.parametrize(("expression", "expected"), BUCKETS)
def test_a_moment_falls_into_the_same_bucket_everywhere(
    expression: str, expected: str | None, connection: psycopg.Connection
) -> None:
    assert rows(connection, f"SELECT ({expression})::text") == [(expected,)]


@pytest.mark.parametrize("expression", ["time_bucket('1 month 1 day', now())", "time_bucket('0 days', now())",
                                        "time_bucket(0, 5)"])
def test_a_bucket_that_has_no_width_is_refused(expression: str, connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error):
        rows(connection, f"SELECT {expression}")


def test_first_and_last_leave_out_rows_without_a_time_and_keep_empty_values(connection: psycopg.Connection) -> None:
    query = ("SELECT first(v, t)::text, last(v, t)::text "
             "FROM (VALUES (1.5::float8, timestamptz '2024-01-02 00:00+00'), "
             "(NULL, '2024-01-01 00:00+00'), (9, NULL), (2.25, '2024-01-03 00:00+00')) AS reading (v, t)")
    assert rows(connection, query) == [(None, "2.25")]


def test_a_histogram_counts_what_is_outside_too(connection: psycopg.Connection) -> None:
    a_week(connection)
    assert rows(connection, "SELECT histogram(value, 10, 50, 4) FROM reading WHERE value < 100") == [
        ([10, 10, 10, 10, 10, 50],)]


def _durable(services: Services) -> None:
    with psycopg.connect(services.timescaledb.dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (time timestamptz NOT NULL, n integer)")
        connection.execute("SELECT create_hypertable('kept', 'time')")
        connection.execute("INSERT INTO kept SELECT now(), generate_series(1, 1000)")
    faults.kill(services, "timescaledb")
    faults.restart(services, "timescaledb")
    with psycopg.connect(services.timescaledb.dsn, autocommit=True) as connection:
        assert rows(connection, "SELECT count(*) FROM kept") == [(1000,)]
        connection.execute("DROP TABLE kept")


def _in_a_week(query: str, check: Callable[[list[tuple[object, ...]]], bool]) -> Callable[[Services], None]:
    def proof(services: Services) -> None:
        with psycopg.connect(services.timescaledb.dsn, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS reading CASCADE")
            connection.execute("CREATE TABLE reading (time timestamptz NOT NULL, sensor text, value double precision)")
            a_week(connection)
            *first, last = query.split(";")
            for statement in first:
                connection.execute(statement.encode())
            assert check(rows(connection, last))
            connection.execute("DROP TABLE reading CASCADE")

    return proof


PROOFS: dict[str, Callable[[Services], None]] = {
    "durable": _durable,
    "time_functions": _in_a_week("SELECT count(DISTINCT time_bucket('1 day', time)) FROM reading",
                                 lambda found: found == [(7,)]),
    "hypertables": _in_a_week("SELECT drop_chunks('reading', TIMESTAMPTZ '2024-01-03 00:00+00');"
                              "SELECT count(*) FROM show_chunks('reading')", lambda found: found == [(5,)]),
    "compression": _in_a_week("ALTER TABLE reading SET (timescaledb.compress);"
                              "SELECT count(compress_chunk(c)) FROM show_chunks('reading') c",
                              lambda found: found == [(7,)]),
    "continuous_aggregates": _in_a_week(
        "CREATE MATERIALIZED VIEW daily WITH (timescaledb.continuous) AS SELECT time_bucket('1 day', time) AS day, "
        "avg(value) FROM reading GROUP BY day; SELECT count(*) FROM daily", lambda found: found == [(7,)]),
    "retention": _in_a_week("SELECT add_retention_policy('reading', INTERVAL '30 days')",
                            lambda found: len(found) == 1),
    "gapfill": _in_a_week(
        "SELECT time_bucket_gapfill('1 day', time, TIMESTAMPTZ '2024-01-01', TIMESTAMPTZ '2024-01-11') AS day, "
        "locf(avg(value)) FROM reading GROUP BY day", lambda found: len(found) == 10),
}

def test_every_capability_has_a_proof() -> None:
    assert PROOFS.keys() == CAPABILITIES.keys()


@pytest.mark.parametrize("services", PROVIDERS[:-1], indirect=True)
def test_what_a_server_says_that_it_can_it_can_and_the_rest_it_refuses(services: Services) -> None:
    for capability, proof in PROOFS.items():
        if capability in services.timescaledb.capabilities:
            proof(services)
        else:
            with pytest.raises(psycopg.Error):
                proof(services)


def test_plain_postgresql_names_the_function_that_it_lacks_and_who_has_it() -> None:
    endpoint = start("timescaledb", provider="embedded").timescaledb
    calls = {
        "add_retention_policy": "SELECT add_retention_policy('t', INTERVAL '30 days')",
        "compress_chunk": "SELECT compress_chunk('t')",
        "add_compression_policy": "SELECT add_compression_policy('t', '7 days')",
        "show_chunks": "SELECT show_chunks('t')",
        "drop_chunks": "SELECT drop_chunks('t', older_than => now() - INTERVAL '1 day')",
        "time_bucket_gapfill": "SELECT time_bucket_gapfill('1 hour', time) FROM t",
        "locf": "SELECT locf(avg(n)) FROM t",
        "refresh_continuous_aggregate": "CALL refresh_continuous_aggregate('t', NULL, NULL)",
        "add_continuous_aggregate_policy":
            "SELECT add_continuous_aggregate_policy('t', start_offset => INTERVAL '1 day', "
            "end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '1 hour')",
    }
    with psycopg.connect(endpoint.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS t (time timestamptz NOT NULL, n float8)")
        connection.execute("INSERT INTO t VALUES (now(), 1)")
        for name, call in calls.items():
            with pytest.raises(psycopg.errors.FeatureNotSupported) as refusal:
                connection.execute(call.encode())
            assert refusal.value.diag.message_primary == (
                f"{name} is a function of TimescaleDB, and this server is plain PostgreSQL")
            assert "docker and attach" in (refusal.value.diag.message_hint or "")
        for statement in ("ALTER TABLE t SET (timescaledb.compress)",
                          "CREATE MATERIALIZED VIEW v WITH (timescaledb.continuous) AS SELECT 1"):
            with pytest.raises(psycopg.Error, match='unrecognized parameter namespace "timescaledb"'):
                connection.execute(statement.encode())


def test_a_lab_that_needs_compression_is_told_that_plain_postgresql_has_none() -> None:
    with pytest.raises(KitError, match="it lacks compression"):
        start(provider="embedded", timescaledb=["compression"])


@pytest.mark.docker("timescaledb")
def test_a_build_under_the_apache_licence_is_not_taken_for_a_complete_one() -> None:
    with pytest.raises(KitError, match=r"this timescaledb 2\.\d+\.\d+ lacks compression"):
        start(provider="docker", timescaledb=["compression"])


def test_a_database_without_the_extension_is_not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    with start("postgresql", provider="embedded") as services:
        other = services.postgresql
        monkeypatch.setenv("LABKIT_TIMESCALEDB_URL",
                           f"postgresql://{other.username}:{other.password}@{other.host}:{other.port}/lab")
        with pytest.raises(KitError, match="its database 'lab' has no extension timescaledb"):
            start("timescaledb", provider="attach")
