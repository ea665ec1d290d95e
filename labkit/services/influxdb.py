"""InfluxDB 2: the real server, or the engine of this kit."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from labkit.errors import StudentError
from labkit.services import stack_files
from labkit.services.endpoint import Endpoint
from labkit.services.probes import http_json
from labkit.services.service import Container, Image, Module, Plan, Program, Service, listed
from labkit.services.unavailable import UnavailableError

CAPABILITIES = {
    "flux": "queries in Flux",
    "tasks": "tasks can be stored",
    "task_runs": "the server runs tasks by itself",
    "durable": "what was written is there again after the server was killed and started again",
    "all_of_flux": "every function of Flux, not only those of the course",
}
ORG = "iot-org"
BUCKET = "iot-metrics"
_USERNAME = "lab"

_EMBEDDED = frozenset({"flux", "tasks", "task_runs", "durable"})
_REAL = frozenset(CAPABILITIES)


def _plan(directory: Path, port: int, needs: frozenset[str], engine: frozenset[str]) -> Plan:
    if engine == _EMBEDDED:  # it writes to the disk only when that is needed: a lab's data is gone with the lab
        engine = engine - {"durable"} | (needs & {"durable"})
    # Hexadecimal: what starts with a dash would be taken for an option of a command.
    return Plan(directory, port, engine, token=secrets.token_hex(24), org=ORG, bucket=BUCKET)


def _embedded(plan: Plan) -> list[str]:
    # In a file of the private directory: a command line can be read by every user of the machine.
    token = plan.directory / "token"
    token.write_text(plan.token, encoding="utf-8")
    kept = ["--directory", str(plan.directory / "data")] if "durable" in plan.capabilities else []
    return ["--port", str(plan.port), "--token-file", str(token), "--org", plan.org, "--bucket", plan.bucket, *kept]


def _influxd(plan: Plan) -> list[str]:
    return [
        "--http-bind-address", f"127.0.0.1:{plan.port}",
        "--bolt-path", str(plan.directory / "influxd.bolt"),
        "--sqlite-path", str(plan.directory / "influxd.sqlite"),
        "--engine-path", str(plan.directory / "engine"),
        "--reporting-disabled",
    ]


def _set_up(endpoint: Endpoint) -> None:
    """First user, organisation, bucket and token of an empty server (POST /api/v2/setup).

    Raises:
        UnavailableError: the server refuses.
    """
    body = {"username": _USERNAME, "password": secrets.token_urlsafe(16), "org": endpoint.org,
            "bucket": endpoint.bucket, "token": endpoint.token}
    status, answer = http_json(endpoint.host, endpoint.port, "/api/v2/setup", method="POST", body=body, timeout=10)
    if status != 201:
        raise UnavailableError(f"POST /api/v2/setup answered {status}: {answer}", started=True)


def _container(plan: Plan) -> Container:
    return Container(environment=stack_files.variables("influxdb/influxdb.env") | {
        "DOCKER_INFLUXDB_INIT_PASSWORD": secrets.token_urlsafe(16),
        "DOCKER_INFLUXDB_INIT_ORG": plan.org,
        "DOCKER_INFLUXDB_INIT_BUCKET": plan.bucket,
        "DOCKER_INFLUXDB_INIT_ADMIN_TOKEN": plan.token,
    })


def _attach(environment: Mapping[str, str]) -> Endpoint | None:
    text = environment.get("LABKIT_INFLUXDB_URL", "")
    if not text:
        return None
    try:
        url = urlsplit(text)
        port = url.port or 8086
    except ValueError:
        url, port = urlsplit(""), 0
    if url.scheme != "http" or not url.hostname:
        raise StudentError("LABKIT_INFLUXDB_URL is not the address of a server.", "write it as http://host:8086.")
    token = environment.get("LABKIT_INFLUXDB_TOKEN", "")
    if not token:
        raise StudentError("LABKIT_INFLUXDB_URL is set, LABKIT_INFLUXDB_TOKEN is not.",
                           "set LABKIT_INFLUXDB_TOKEN to a token of that server.")
    return Endpoint(
        service="influxdb", provider="attach", engine=environment.get("LABKIT_INFLUXDB_ENGINE", "influxdb"),
        version="", host=url.hostname, port=port, url=f"http://{url.hostname}:{port}", token=token,
        org=environment.get("LABKIT_INFLUXDB_ORG", ORG), bucket=environment.get("LABKIT_INFLUXDB_BUCKET", BUCKET),
        capabilities=listed(environment, "LABKIT_INFLUXDB_CAPABILITIES", CAPABILITIES, _REAL),
    )


def _ready(endpoint: Endpoint) -> str:
    try:
        status, answer = http_json(endpoint.host, endpoint.port, "/health")
    except OSError as error:
        return error.strerror or str(error)
    if status != 200 or not isinstance(answer, dict):
        return f"/health answered {status}"
    return "" if answer.get("status") == "pass" else f"/health says {answer.get('status')}"


def _refusal(endpoint: Endpoint) -> str:
    """Whether somebody else's server takes our token: one that is being set up knows none yet."""
    status, answer = http_json(endpoint.host, endpoint.port, "/api/v2/orgs", token=endpoint.token)
    if status in (401, 403):
        return "it refuses the token"
    names = [org.get("name") for org in (answer or {}).get("orgs", ())]
    return "" if endpoint.org in names else f"it has no organisation {endpoint.org!r} for this token"


def _version(endpoint: Endpoint) -> str:
    _, answer = http_json(endpoint.host, endpoint.port, "/health")
    return str((answer or {}).get("version", "")).removeprefix("v")


INFLUXDB = Service(
    name="influxdb",
    title="InfluxDB 2",
    capabilities=CAPABILITIES,
    variable="LABKIT_INFLUXDB_URL",
    attach=_attach,
    plan=_plan,
    ready=_ready,
    refusal=_refusal,
    version=_version,
    images=(Image("influxdb", 8086, _REAL, _container),),
    programs=(Program("influxdb", "influxd", _REAL, _influxd, ("version",), r"InfluxDB v?(\S+)", finish=_set_up,
                      install="install influxdb2: https://docs.influxdata.com/influxdb/v2/install/"),),
    modules=(Module("labkit-influx", "labkit.embedded.influx", "labkit", "waitress", _EMBEDDED,
                    _embedded),),
    http=True,
)
