"""One server for the whole session, as a process of its own, and ways to talk to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from influxdb_client import InfluxDBClient

TOKEN, ORG, BUCKET = "test-token", "iot-org", "iot-metrics"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, code and message; the header must say the code too."""
        data = self.json
        assert self.headers["X-Platform-Error-Code"] == data["code"]
        assert self.headers["Content-Type"] == "application/json; charset=utf-8"
        return self.status, data["code"], data["message"]


@dataclass
class Server:
    process: subprocess.Popen[str]
    port: int
    token: str = TOKEN
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, timeout: float = 30, **headers: str
    ) -> Answer:
        """One request. A dict is sent as JSON; headers are written with underscores."""
        if isinstance(body, dict):
            body = json.dumps(body)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        token = self.token if token is None else token
        if token:
            sent.setdefault("Authorization", f"Token {token}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def write(self, lines: str | bytes, bucket: str = BUCKET, precision: str = "ns", **headers: str) -> Answer:
        return self.ask(
            "POST",
            f"/api/v2/write?org={ORG}&bucket={bucket}&precision={precision}",
            lines.encode() if isinstance(lines, str) else lines,
            **headers,
        )

    def query(self, flux: str, **body: Any) -> Answer:
        return self.ask("POST", f"/api/v2/query?org={ORG}", {"query": flux, **body}, Content_Type="application/json")

    def client(self) -> InfluxDBClient:
        return InfluxDBClient(self.url, token=self.token, org=ORG, timeout=30_000)

    def new_bucket(self, seconds: int = 0) -> str:
        """Make a bucket with a new name."""
        org = self.ask("GET", f"/api/v2/orgs?org={ORG}").json["orgs"][0]["id"]
        name = f"bucket-{uuid.uuid4().hex[:8]}"
        rules = [{"type": "expire", "everySeconds": seconds}] if seconds else []
        answer = self.ask("POST", "/api/v2/buckets", {"orgID": org, "name": name, "retentionRules": rules})
        assert answer.status == 201, answer.body
        return name


@contextlib.contextmanager
def serving(*options: str, token: str = TOKEN) -> Iterator[Server]:
    """Run `python -m labkit.embedded.influx`; it is ended at the end, if it still runs."""
    command = [sys.executable, "-m", "labkit.embedded.influx", "--org", ORG, "--bucket", BUCKET, *options]
    if token:
        command += ["--token", token]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        line = process.stdout.readline()
        try:
            yield Server(process, json.loads(line)["port"], token)
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def bucket(server: Server) -> str:
    """The name of a new bucket."""
    return server.new_bucket()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "data"
