"""One suite for every provider of InfluxDB: what a lab may rely on.

The real server is not to be had where these tests were written. For the native provider a script stands in: it takes
the arguments of `influxd` and runs the kit's own engine, empty, so that the set-up over HTTP is really done. Where
`influxd` is on PATH, the real one is tested instead. The container of the real server was not run here.
"""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from labkit.errors import KitError, StudentError
from labkit.services import Endpoint, Services, session, start
from labkit.services.influxdb import BUCKET, CAPABILITIES, ORG
from labkit.services.probes import http_json
from labkit.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_engine")
PROVIDERS = ["embedded/labkit-influx", "native/influxdb", "attach"]
STAND_IN = f"""#!/bin/sh
[ "$1" = version ] && {{ echo 'InfluxDB v2.7.12 (git: stand-in)'; exit 0; }}
while [ $# -gt 1 ]; do
  case "$1" in
    --http-bind-address) address=$2 ;;
    --engine-path) folder=$2 ;;
  esac
  shift
done
exec {sys.executable} -P -m labkit.embedded.influx --port "${{address##*:}}" --directory "$folder"
"""


@pytest.fixture
def influxd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("influxd"):
        return
    script = tmp_path / "influxd"
    script.write_text(STAND_IN)
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


def begin(provider: str, monkeypatch: pytest.MonkeyPatch, needs: list[str] | None = None) -> Services:
    if provider == "attach":
        other = start("influxdb", provider="embedded").influxdb
        monkeypatch.setenv("LABKIT_INFLUXDB_URL", other.url)
        monkeypatch.setenv("LABKIT_INFLUXDB_TOKEN", other.token)
        monkeypatch.setenv("LABKIT_INFLUXDB_CAPABILITIES", ",".join(other.capabilities))
    return start("influxdb", provider=provider, influxdb=needs or [])


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def attached_only_while_its_address_is_known() -> Iterator[None]:
    yield
    kept = [one for one in session._running.get("influxdb", []) if one.endpoint.provider != "attach"]
    session._running["influxdb"] = kept


@pytest.fixture
def database(provider: str, monkeypatch: pytest.MonkeyPatch, influxd: None) -> Endpoint:
    return begin(provider, monkeypatch).influxdb


@pytest.fixture
def client(database: Endpoint) -> Iterator[InfluxDBClient]:
    with InfluxDBClient(database.url, database.token, org=database.org) as client:
        yield client


def test_an_endpoint_says_where_the_database_is_and_how_to_log_in(database: Endpoint, provider: str) -> None:
    assert database.service == "influxdb"
    assert database.provider == provider.split("/")[0]
    assert database.url == f"http://127.0.0.1:{database.port}"
    assert (database.org, database.bucket) == (ORG, BUCKET)
    assert database.version.startswith("2.7")
    assert database.token
    assert database.token not in repr(database)
    assert database.capabilities <= CAPABILITIES.keys()


def test_what_is_written_can_be_read(database: Endpoint, client: InfluxDBClient) -> None:
    room = f"room-{uuid.uuid4().hex}"
    writer = client.write_api(write_options=SYNCHRONOUS)
    writer.write(bucket=database.bucket, record=f"climate,room={room} temperature=21.5")
    tables = client.query_api().query(
        f'from(bucket: "{database.bucket}") |> range(start: -1m) |> filter(fn: (r) => r.room == "{room}")')
    assert [record.get_value() for table in tables for record in table.records] == [21.5]


def test_the_token_may_make_and_delete_a_bucket(client: InfluxDBClient) -> None:
    name = f"bucket-{uuid.uuid4().hex}"
    bucket = client.buckets_api().create_bucket(bucket_name=name)
    assert client.buckets_api().find_bucket_by_name(name).id == bucket.id
    client.buckets_api().delete_bucket(bucket)
    assert client.buckets_api().find_bucket_by_name(name) is None


def test_another_token_is_refused(database: Endpoint) -> None:
    with InfluxDBClient(database.url, "wrong", org=database.org) as stranger:
        with pytest.raises(ApiException) as refusal:
            stranger.query_api().query("buckets()")
        assert refusal.value.status == 401


def test_the_database_listens_on_loopback_only(database: Endpoint) -> None:
    addresses = {
        connection.laddr.ip for connection in psutil.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == database.port
    }
    assert addresses == {"127.0.0.1"}


def test_each_start_has_a_token_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = set()
    for _ in range(2):
        monkeypatch.setattr("labkit.services.session._running", {})
        with start("influxdb", provider="embedded") as services:
            tokens.add(services.influxdb.token)
    assert len(tokens) == 2


def test_a_stopped_database_leaves_nothing(provider: str, monkeypatch: pytest.MonkeyPatch, influxd: None) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})
    before = {process.pid for process in psutil.Process().children()}
    services = begin(provider, monkeypatch)
    endpoint = services.influxdb
    services.stop()
    if provider == "attach":
        status, _ = http_json(endpoint.host, endpoint.port, "/health", timeout=60)
        assert status == 200, "somebody else's server must go on"
        start("influxdb", provider="embedded").stop()
    with pytest.raises(OSError, match="refused"):
        http_json(endpoint.host, endpoint.port, "/health")
    # Not theirs too: a database that another room has on this worker has processes that come and go.
    assert {process.pid for process in psutil.Process().children()} <= before


def _flux(database: Endpoint, client: InfluxDBClient) -> None:
    tables = client.query_api().query('import "array" array.from(rows: [{_value: 1}, {_value: 2}]) |> sum()')
    assert [record.get_value() for table in tables for record in table.records] == [3]


def _tasks(database: Endpoint, client: InfluxDBClient) -> None:
    organization = client.organizations_api().find_organizations(org=database.org)[0]
    flux = f'from(bucket: "{database.bucket}") |> range(start: -1h) |> mean() |> to(bucket: "{database.bucket}")'
    task = client.tasks_api().create_task_every(f"task-{uuid.uuid4().hex}", flux, "1h", organization)
    assert client.tasks_api().find_task_by_id(task.id).name == task.name
    client.tasks_api().delete_task(task.id)


def _task_runs(database: Endpoint, client: InfluxDBClient) -> None:
    organization = client.organizations_api().find_organizations(org=database.org)[0]
    name = f"beat-{uuid.uuid4().hex}"
    flux = (f'import "array" array.from(rows: [{{_time: now(), _measurement: "{name}", _field: "n", _value: 1}}]) '
            f'|> to(bucket: "{database.bucket}")')
    task = client.tasks_api().create_task_every(name, flux, "1s", organization)
    query = (f'from(bucket: "{database.bucket}") |> range(start: -1m) '
             f'|> filter(fn: (r) => r._measurement == "{name}") |> count()')
    wait_until(lambda: client.query_api().query(query), 60, what="the first run of a task that runs every second")
    client.tasks_api().delete_task(task.id)


def _all_of_flux(database: Endpoint, client: InfluxDBClient) -> None:
    """Only a real server says that it can: then a package that the embedded engine does not have must work."""
    client.query_api().query('import "experimental/geo" import "array" array.from(rows: '
                             '[{_value: geo.s2CellIDToken(point: {lat: 37.7, lon: -122.4}, level: 10)}])')


def _durable(database: Endpoint, client: InfluxDBClient) -> None:
    """It is killed and started again in tests/services/test_faults.py; here: it serves as before."""
    _flux(database, client)


PROOFS: dict[str, Callable[[Endpoint, InfluxDBClient], None]] = {
    "flux": _flux, "tasks": _tasks, "task_runs": _task_runs, "durable": _durable, "all_of_flux": _all_of_flux,
}


def test_every_capability_has_a_proof() -> None:
    assert PROOFS.keys() == CAPABILITIES.keys()


@pytest.mark.parametrize("capability", ["flux", "tasks", "task_runs"])
def test_a_capability_of_all_providers_is_kept(capability: str, database: Endpoint, client: InfluxDBClient) -> None:
    assert capability in database.capabilities
    PROOFS[capability](database, client)


def test_the_embedded_engine_refuses_what_only_the_real_server_has() -> None:
    with pytest.raises(KitError, match="it lacks all_of_flux"):
        start(provider="embedded", influxdb=["all_of_flux"])


if shutil.which("influxd"):  # no registry of CI's has it; the report's header says when it is not run

    def test_the_real_server_has_all_of_flux() -> None:
        with start(provider="native", influxdb=["all_of_flux"]) as services:
            endpoint = services.influxdb
            with InfluxDBClient(endpoint.url, endpoint.token, org=endpoint.org) as client:
                _all_of_flux(endpoint, client)


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No database that another test has started can be used again."""
    monkeypatch.setattr("labkit.services.session._running", {})


@pytest.mark.usefixtures("nothing_runs")
def test_an_attached_database_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_INFLUXDB_URL", "http://127.0.0.1:8086")
    with pytest.raises(StudentError, match="LABKIT_INFLUXDB_TOKEN is not"):
        start("influxdb")


def test_an_attached_database_that_refuses_the_token_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with start("influxdb", provider="embedded") as services:
        monkeypatch.setenv("LABKIT_INFLUXDB_URL", services.influxdb.url)
        monkeypatch.setenv("LABKIT_INFLUXDB_TOKEN", "not-the-token")
        with pytest.raises(KitError, match="it refuses the token") as refusal:
            start("influxdb", provider="attach")
        assert "not-the-token" not in str(refusal.value)


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("address", ["127.0.0.1:8086", "https://host:8086", "http://", "http://host:port"])
def test_a_wrong_address_is_refused_with_the_form_that_it_should_have(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_INFLUXDB_URL", address)
    monkeypatch.setenv("LABKIT_INFLUXDB_TOKEN", "t")
    with pytest.raises(StudentError, match="LABKIT_INFLUXDB_URL is not the address of a server"):
        start("influxdb")


@pytest.mark.usefixtures("nothing_runs")
def test_a_server_whose_setup_is_refused_is_reported_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in that is set up already, as by an older data folder."""
    script = tmp_path / "influxd"
    script.write_text(STAND_IN.replace('--directory "$folder"', "--token taken"))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(KitError, match=r"POST /api/v2/setup answered 422"):
        start("influxdb", provider="native")
