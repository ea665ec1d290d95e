"""One suite for every provider of S3: what a lab and the stack may rely on.

The container of MinIO was not run here; its server was, built by Go, where `minio` is on PATH.
"""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import urllib3
from minio import Minio
from minio.commonconfig import ENABLED, GOVERNANCE
from minio.error import S3Error
from minio.retention import Retention
from minio.versioningconfig import VersioningConfig

from labkit.errors import KitError, StudentError
from labkit.services import Endpoint, Services, faults, start
from labkit.services.s3 import BUCKET, CAPABILITIES, S3
from labkit.waiting import wait_until

PROVIDERS = [
    pytest.param("embedded/nanio", id="embedded"),
    pytest.param("native/minio", id="native", marks=pytest.mark.minio),
    pytest.param("attach", id="attach"),
]


def begin(provider: str, monkeypatch: pytest.MonkeyPatch) -> Services:
    if provider == "attach":
        other = start("s3", provider="embedded").s3
        monkeypatch.setenv("LABKIT_S3_URL", other.url)
        monkeypatch.setenv("LABKIT_S3_ACCESS_KEY", other.username)
        monkeypatch.setenv("LABKIT_S3_SECRET_KEY", other.password)
        monkeypatch.setenv("LABKIT_S3_CAPABILITIES", ",".join(other.capabilities))
    return start("s3", provider=provider)


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def services(provider: str, monkeypatch: pytest.MonkeyPatch) -> Services:
    return begin(provider, monkeypatch)


@pytest.fixture
def storage(services: Services) -> Endpoint:
    return services.s3


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    pool = urllib3.PoolManager(timeout=60, retries=False)
    yield pool
    pool.clear()


def client_of(endpoint: Endpoint, pool: urllib3.PoolManager, secret: str = "") -> Minio:
    return Minio(endpoint.bootstrap, endpoint.username, secret or endpoint.password, secure=False, http_client=pool)


@pytest.fixture
def client(storage: Endpoint, pool: urllib3.PoolManager) -> Minio:
    return client_of(storage, pool)


def put(client: Minio, name: str, data: bytes, bucket: str = BUCKET) -> None:
    client.put_object(bucket, name, io.BytesIO(data), len(data), "application/json")


def get(client: Minio, name: str, bucket: str = BUCKET) -> bytes:
    answer = client.get_object(bucket, name)
    try:
        return bytes(answer.read())
    finally:
        answer.close()
        answer.release_conn()


def test_an_endpoint_says_where_the_storage_is_and_has_a_bucket(
    storage: Endpoint, client: Minio, provider: str
) -> None:
    assert storage.provider == provider.split("/")[0]
    assert storage.url == f"http://127.0.0.1:{storage.port}"
    assert (storage.username, storage.bucket) == ("lab", "iot-data")
    assert storage.password
    assert storage.password not in repr(storage)
    assert client.bucket_exists("iot-data")
    assert storage.capabilities <= CAPABILITIES.keys()


def test_what_is_put_can_be_read_listed_and_removed(client: Minio) -> None:
    device = f"meter-{uuid.uuid4().hex[:8]}"
    for moment in ("2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z"):
        put(client, f"{device}/{moment}.json", json.dumps({"at": moment}).encode())
    names = [found.object_name for found in client.list_objects(BUCKET, prefix=f"{device}/", recursive=True)]
    assert names == [f"{device}/2026-01-01T00:00:00Z.json", f"{device}/2026-01-01T00:00:05Z.json"]
    assert json.loads(get(client, names[0])) == {"at": "2026-01-01T00:00:00Z"}
    assert f"{device}/" in [found.object_name for found in client.list_objects(BUCKET)]
    for name in names:
        client.remove_object(BUCKET, name)
    with pytest.raises(S3Error) as refusal:
        client.stat_object(BUCKET, names[0])
    assert refusal.value.code == "NoSuchKey"


def test_an_object_larger_than_a_part_comes_back_whole(client: Minio) -> None:
    data = bytes(range(256)) * 4 * 6 * 1024  # 6 MiB, more than one part of 5 MiB
    client.put_object(BUCKET, "large", io.BytesIO(data), -1, part_size=5 * 1024 * 1024)
    assert get(client, "large") == data
    client.remove_object(BUCKET, "large")


def test_the_storage_listens_on_loopback_only(storage: Endpoint) -> None:
    listening = [connection for connection in psutil.net_connections("inet")
                 if connection.status == psutil.CONN_LISTEN]
    (pid,) = {connection.pid for connection in listening if connection.laddr.port == storage.port}
    assert {connection.laddr.ip for connection in listening if connection.pid == pid} <= {"127.0.0.1", "::1"}


def test_a_stopped_storage_leaves_nothing(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})
    services = begin(provider, monkeypatch)
    endpoint, server = services.s3, services.running("s3").server
    services.stop()
    if provider == "attach":
        wait_until(lambda: not S3.ready(endpoint), 60, what="somebody else's server, which must go on")
        start("s3", provider="embedded").stop()
    assert S3.ready(endpoint)
    directory = getattr(server, "directory", None)
    assert directory is None or not Path(directory).exists()


def _durable(services: Services, pool: urllib3.PoolManager) -> None:
    client, endpoint = client_of(services.s3, pool), services.s3
    for number in range(50):
        put(client, f"kept/{number}", str(number).encode())
    faults.kill(services, "s3")
    assert S3.ready(endpoint)
    faults.restart(services, "s3")
    assert services.s3 == endpoint
    assert len(list(client.list_objects(BUCKET, prefix="kept/"))) == 50
    assert get(client, "kept/49") == b"49"


def _credentials(services: Services, pool: urllib3.PoolManager) -> None:
    stranger = client_of(services.s3, pool, secret="wrong-secret")
    with pytest.raises(S3Error):
        list(stranger.list_objects(BUCKET))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{services.s3.url}/{BUCKET}?list-type=2", timeout=60)


def _presigned_expiry(services: Services, pool: urllib3.PoolManager) -> None:
    client = client_of(services.s3, pool)
    put(client, "shared", b"21.5")
    address = client.presigned_get_object(BUCKET, "shared", expires=timedelta(minutes=1))
    assert pool.request("GET", address).data == b"21.5"
    then = datetime.now(UTC) - timedelta(seconds=61)
    ended = client.presigned_get_object(BUCKET, "shared", expires=timedelta(minutes=1), request_date=then)
    assert pool.request("GET", ended).status == 403


def _versioning(services: Services, pool: urllib3.PoolManager) -> None:
    client, bucket = client_of(services.s3, pool), f"b{uuid.uuid4().hex}"
    client.make_bucket(bucket)
    client.set_bucket_versioning(bucket, VersioningConfig(ENABLED))
    first, _ = [client.put_object(bucket, "config", io.BytesIO(data), 1) for data in (b"1", b"2")]
    assert len(list(client.list_objects(bucket, include_version=True))) == 2
    answer = client.get_object(bucket, "config", version_id=first.version_id)
    assert answer.read() == b"1"
    answer.close()
    answer.release_conn()


def _object_lock(services: Services, pool: urllib3.PoolManager) -> None:
    client, bucket = client_of(services.s3, pool), f"b{uuid.uuid4().hex}"
    client.make_bucket(bucket, object_lock=True)
    until = datetime.now(UTC) + timedelta(days=1)
    written = client.put_object(bucket, "evidence", io.BytesIO(b"1"), 1, retention=Retention(GOVERNANCE, until))
    with pytest.raises(S3Error, match=r"protected|locked|WORM"):
        client.remove_object(bucket, "evidence", version_id=written.version_id)


PROOFS: dict[str, Callable[[Services, urllib3.PoolManager], None]] = {
    "durable": _durable, "credentials": _credentials, "presigned_expiry": _presigned_expiry,
    "versioning": _versioning, "object_lock": _object_lock,
}


def test_every_capability_has_a_proof() -> None:
    assert PROOFS.keys() == CAPABILITIES.keys()


@pytest.mark.parametrize("provider", PROVIDERS[:-1], indirect=True)
@pytest.mark.parametrize("capability", sorted(CAPABILITIES))
def test_a_server_can_what_it_says_and_nothing_else(
    capability: str, services: Services, pool: urllib3.PoolManager
) -> None:
    if capability in services.s3.capabilities:
        PROOFS[capability](services, pool)
    else:
        with pytest.raises((S3Error, AssertionError, pytest.fail.Exception)):
            PROOFS[capability](services, pool)


def test_a_lab_that_needs_versions_is_told_that_the_embedded_server_has_none() -> None:
    with pytest.raises(KitError, match="it lacks versioning"):
        start(provider="embedded", s3=["versioning"])


def test_a_container_of_minio_is_set_up_with_the_keys_of_its_plan(tmp_path: Path) -> None:
    image = S3.images[0]
    plan = S3.planned(tmp_path, image.port, frozenset(), image.capabilities)
    content = image.configure(plan)
    assert content.environment["MINIO_ROOT_USER"] == "lab"
    assert content.environment["MINIO_ROOT_PASSWORD"] == plan.password
    assert content.command == ("server", "/data")


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("address", ["127.0.0.1:9000", "https://host:9000", "http://", "http://host:port"])
def test_a_wrong_address_is_refused_with_the_form_that_it_should_have(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_S3_URL", address)
    with pytest.raises(StudentError, match=r"LABKIT_S3_URL is not .*\nTry: write it as http://host:9000"):
        start("s3")


@pytest.mark.usefixtures("nothing_runs")
def test_an_attached_storage_needs_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_S3_URL", "http://127.0.0.1:9000")
    with pytest.raises(StudentError, match="LABKIT_S3_ACCESS_KEY and LABKIT_S3_SECRET_KEY"):
        start("s3")


@pytest.mark.parametrize("provider", ["attach"], indirect=True)
def test_an_attached_storage_that_refuses_the_keys_or_has_no_such_bucket_is_not_taken(
    storage: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})
    monkeypatch.setenv("LABKIT_S3_BUCKET", "another")
    with pytest.raises(KitError, match="it has no bucket 'another'"):
        start("s3", provider="attach")
    monkeypatch.setenv("LABKIT_S3_SECRET_KEY", "not-the-key")
    with pytest.raises(KitError, match=r"from LABKIT_S3_URL: \S") as refusal:
        start("s3", provider="attach")
    assert "not-the-key" not in str(refusal.value)


def test_a_killed_server_is_replaced_at_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})
    with start("s3", provider="embedded") as services:
        faults.kill(services, "s3")
        wait_until(lambda: not services.running("s3").alive(), 60, what="the news of it")
        with start("s3", provider="embedded") as other:
            assert not S3.ready(other.s3)
