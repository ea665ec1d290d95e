"""Prometheus: asks the stages of the pipeline for their numbers, keeps them, and raises alerts."""

from __future__ import annotations

import json
from collections.abc import Mapping

from labkit.services import stack_files, web
from labkit.services.config import write_changed
from labkit.services.endpoint import Endpoint
from labkit.services.service import Container, Image, Plan, Program, Service

CAPABILITIES = {
    "promql": "queries in PromQL",
    "alerts": "recording and alerting rules",
    "reload": "reads its configuration again at POST /-/reload",
}
MAIN = "prometheus.yml"
STACK_FILES = (MAIN, "alerts.yml", "targets/compose.json")
"""What it reads when its caller gives nothing else; `targets/*.json` says whom to ask."""
TARGETS = "targets/compose.json"

_ALL = frozenset(CAPABILITIES)


def targets(addresses: Mapping[str, str]) -> str:
    """A file of targets for the stack's own `prometheus.yml`: give it as `Config(files={TARGETS: targets(…)})`.

    Args:
        addresses: `host:port` by name of the service, or `host:port/path` where its metrics are not at /metrics; the
            name becomes the label `job`.
    """
    groups = []
    for name, address in addresses.items():
        host, slash, path = address.partition("/")
        labels = {"job": name} | ({"__metrics_path__": f"/{path}"} if slash else {})
        groups.append({"targets": [host], "labels": labels})
    return json.dumps(groups, indent=2) + "\n"


def _files(plan: Plan) -> dict[str, str]:
    return {name: stack_files.text(f"prometheus/{name}") for name in STACK_FILES} | dict(plan.config.files)


def _arguments(plan: Plan, folder: str, data: str) -> list[str]:
    return [f"--config.file={folder}/{MAIN}", f"--storage.tsdb.path={data}",
            f"--web.listen-address=127.0.0.1:{plan.port}", "--web.enable-lifecycle"]


def _prometheus(plan: Plan) -> list[str]:
    write_changed(plan.directory, _files(plan))
    return _arguments(plan, str(plan.directory), str(plan.directory / "data"))


def _container(plan: Plan) -> Container:
    folder = "/etc/prometheus"
    return Container(files={f"{folder}/{name}": text for name, text in _files(plan).items()},
                     environment=plan.config.environment, command=tuple(_arguments(plan, folder, "/prometheus")))


def _attach(environment: Mapping[str, str]) -> Endpoint | None:
    return web.attached(environment, "prometheus", "Prometheus", 9090, CAPABILITIES)


def _ready(endpoint: Endpoint) -> str:
    return web.refusal(endpoint, "/-/ready")


def _version(endpoint: Endpoint) -> str:
    answer = web.answer(endpoint, "/api/v1/status/buildinfo")
    return str((answer or {}).get("data", {}).get("version", ""))


PROMETHEUS = Service(
    name="prometheus",
    title="Prometheus",
    capabilities=CAPABILITIES,
    variable="LABKIT_PROMETHEUS_URL",
    attach=_attach,
    plan=web.plain_plan,
    ready=_ready,
    version=_version,
    images=(Image("prometheus", 9090, _ALL, _container, reaches_out=True),),
    programs=(Program("prometheus", "prometheus", _ALL, _prometheus, ("--version",), r"version (\d[^+\s]*)",
                      install="sudo apt install prometheus", running="Server is ready to receive web requests"),),
    http=True,
    main_file=MAIN,
)
