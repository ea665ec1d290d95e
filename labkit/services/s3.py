"""Object storage with the S3 interface: MinIO in a container or from PATH, or nanio, which keeps objects as files."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from labkit.errors import StudentError
from labkit.services.endpoint import Endpoint
from labkit.services.probes import free_port, http_json
from labkit.services.service import Container, Image, Module, Plan, Program, Service, listed
from labkit.services.unavailable import UnavailableError

if TYPE_CHECKING:
    from minio import Minio

CAPABILITIES = {
    "durable": "an object that was acknowledged is there again after the server was killed and started again",
    "credentials": "wrong keys, and none, are refused",
    "presigned_expiry": "a presigned address ends when it says so",
    "versioning": "a bucket keeps the older versions of its objects",
    "object_lock": "an object can be kept from deletion until a time",
}
ACCESS_KEY = "lab"
BUCKET = "iot-data"

_REAL = frozenset(CAPABILITIES)
_NANIO = _REAL - {"versioning", "object_lock"}
_ANSWER = 3.0


def _plan(directory: Path, port: int, _needs: frozenset[str], engine: frozenset[str]) -> Plan:
    return Plan(directory, port, engine, username=ACCESS_KEY, password=secrets.token_hex(16), bucket=BUCKET)


def _keys(plan: Plan) -> dict[str, str]:
    return {"MINIO_ROOT_USER": plan.username, "MINIO_ROOT_PASSWORD": plan.password}


def _container(plan: Plan) -> Container:
    return Container(environment=_keys(plan) | {"MINIO_BROWSER": "off"}, command=("server", "/data"))


def _server(plan: Plan) -> list[str]:
    # Without an address for it the console listens on every interface, also when it is switched off.
    return ["server", str(plan.directory / "data"), "--address", f"127.0.0.1:{plan.port}",
            "--console-address", f"127.0.0.1:{free_port()}"]


def _nanio(plan: Plan) -> list[str]:
    # In a file of the private directory: a command line can be read by every user of the machine.
    keys = plan.directory / "keys.json"
    keys.touch(mode=0o600)
    keys.write_text(json.dumps({plan.username: plan.password}), encoding="utf-8")
    return ["--port", str(plan.port), "--directory", str(plan.directory / "data"), "--keys", str(keys)]


def _attach(environment: Mapping[str, str]) -> Endpoint | None:
    text = environment.get("LABKIT_S3_URL", "")
    if not text:
        return None
    try:
        url = urlsplit(text)
        port = url.port or 9000
    except ValueError:
        url, port = urlsplit(""), 0
    if url.scheme != "http" or not url.hostname:
        raise StudentError("LABKIT_S3_URL is not the address of a server.", "write it as http://host:9000.")
    keys = [environment.get(name, "") for name in ("LABKIT_S3_ACCESS_KEY", "LABKIT_S3_SECRET_KEY")]
    if not all(keys):
        raise StudentError("LABKIT_S3_URL is set, its keys are not.",
                           "set LABKIT_S3_ACCESS_KEY and LABKIT_S3_SECRET_KEY to keys of that server.")
    return Endpoint(
        service="s3", provider="attach", engine=environment.get("LABKIT_S3_ENGINE", "minio"), version="",
        host=url.hostname, port=port, url=f"http://{url.hostname}:{port}", username=keys[0], password=keys[1],
        bucket=environment.get("LABKIT_S3_BUCKET", BUCKET),
        capabilities=listed(environment, "LABKIT_S3_CAPABILITIES", CAPABILITIES, _REAL),
    )


def ready(endpoint: Endpoint) -> str:
    """Whether the server answers an anonymous request, if only by a refusal: empty when it does."""
    try:
        status, _ = http_json(endpoint.host, endpoint.port, "/")
    except OSError as error:
        return error.strerror or str(error)
    return "" if status in (200, 403) else f"it answered {status}"


@contextlib.contextmanager
def _client(endpoint: Endpoint) -> Iterator[Minio]:
    import urllib3
    from minio import Minio
    from minio.error import MinioException

    pool = urllib3.PoolManager(timeout=_ANSWER, retries=False)
    try:
        yield Minio(endpoint.bootstrap, access_key=endpoint.username, secret_key=endpoint.password, secure=False,
                    http_client=pool)
    except (MinioException, urllib3.exceptions.HTTPError) as error:
        raise OSError(getattr(error, "message", None) or str(error)) from None
    finally:
        pool.clear()


def _make_bucket(endpoint: Endpoint) -> None:
    """The endpoint's bucket, which is there already when an older server was started again.

    Raises:
        UnavailableError: the server refuses.
    """
    try:
        with _client(endpoint) as client:
            if not client.bucket_exists(endpoint.bucket):
                client.make_bucket(endpoint.bucket)
    except OSError as error:
        raise UnavailableError(f"the bucket {endpoint.bucket} could not be made: {error}", started=True) from None


def _refusal(endpoint: Endpoint) -> str:
    """Whether somebody else's server takes our keys, and has the bucket."""
    with _client(endpoint) as client:
        return "" if client.bucket_exists(endpoint.bucket) else f"it has no bucket {endpoint.bucket!r}"


S3 = Service(
    name="s3",
    title="S3 storage",
    capabilities=CAPABILITIES,
    variable="LABKIT_S3_URL",
    attach=_attach,
    plan=_plan,
    ready=ready,
    refusal=_refusal,
    images=(Image("minio", 9000, _REAL, _container, finish=_make_bucket),),
    programs=(Program("minio", "minio", _REAL, _server, ("--version",), r"minio version (\S+)", finish=_make_bucket,
                      install="go install github.com/minio/minio@latest", environment=_keys, timeout=30.0),),
    modules=(Module("nanio", "labkit.embedded.s3_nanio", "nanio", "nanio", _NANIO, _nanio, finish=_make_bucket),),
    http=True,
)
