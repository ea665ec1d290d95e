"""Grafana: shows what the databases hold. Its sources, dashboards and alerts are files of the stack.

Written from Grafana's documentation (configuration by variables, provisioning); no package of a registry that the tests
reach has it, so it was not run there.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from labkit.services import stack_files, web
from labkit.services.config import write_changed
from labkit.services.endpoint import Endpoint
from labkit.services.service import Container, Image, Plan, Program, Service

CAPABILITIES = {
    "provisioning": "data sources and dashboards from files",
    "alerting": "alert rules from files",
}
USER = "admin"
MAIN = "grafana.ini"
_ALL = frozenset(CAPABILITIES)
_INSIDE = "/etc/grafana"
"""Where the files are in the official image; they name this folder themselves."""
_HOMES = ("/usr/share/grafana", "/usr/local/share/grafana", "/opt/homebrew/share/grafana")
"""Where packages put the pages and plugins that Grafana cannot start without."""


def _provisioning() -> dict[str, str]:
    """The stack's provisioning files and dashboards by path below `stack/grafana`."""
    folder = stack_files.STACK / "grafana"
    paths = [*sorted(folder.glob("provisioning/**/*.yaml")), *sorted(folder.glob("dashboards/*.json"))]
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _settings(plan: Plan) -> dict[str, dict[str, str]]:
    """Grafana's settings by section and key, as in grafana.ini."""
    return {
        "server": {"http_addr": "127.0.0.1", "http_port": str(plan.port)},
        "security": {"admin_user": plan.username, "admin_password": plan.password},
        # A server of a lab asks nobody outside.
        "analytics": {"reporting_enabled": "false", "check_for_updates": "false",
                      "check_for_plugin_updates": "false"},
        "plugins": {"preinstall_disabled": "true"},
        "news": {"news_feed_enabled": "false"},
    }


def _grafana(plan: Plan) -> list[str]:
    folder = plan.directory
    files = _provisioning() | dict(plan.config.files)
    write_changed(folder, {name: text.replace(_INSIDE, folder.as_posix()) for name, text in files.items()})
    paths = {"data": f"{folder}/data", "logs": f"{folder}/logs", "plugins": f"{folder}/plugins",
             "provisioning": f"{folder}/provisioning"}
    sections = {"paths": paths} | _settings(plan)
    # A file, not arguments: those can be read by every user of the machine.
    ini = "".join(f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in pairs.items())
                  for section, pairs in sections.items())
    (folder / MAIN).write_text(plan.config.files.get(MAIN, "") + "\n" + ini, encoding="utf-8")
    home = next((path for path in _HOMES if Path(path).is_dir()), _HOMES[0])
    return ["server", f"--homepath={home}", f"--config={folder / MAIN}"]


def _container(plan: Plan) -> Container:
    variables = {f"GF_{section.upper()}_{key.upper()}": value
                 for section, pairs in _settings(plan).items() for key, value in pairs.items()}
    files = _provisioning() | dict(plan.config.files)
    return Container(environment=variables | dict(plan.config.environment),
                     files={f"{_INSIDE}/{name}": text for name, text in files.items()})


def _plan(directory: Path, port: int, _needs: frozenset[str], engine: frozenset[str]) -> Plan:
    return Plan(directory, port, engine, username=USER, password=secrets.token_hex(12))


def _attach(environment: Mapping[str, str]) -> Endpoint | None:
    return web.attached(environment, "grafana", "Grafana", 3000, CAPABILITIES)


def _ready(endpoint: Endpoint) -> str:
    found = web.answer(endpoint, "/api/health") or {}
    return "" if found.get("database") == "ok" else web.refusal(endpoint, "/api/health") or "its database is not ready"


def _version(endpoint: Endpoint) -> str:
    return str((web.answer(endpoint, "/api/health") or {}).get("version", ""))


GRAFANA = Service(
    name="grafana",
    title="Grafana",
    capabilities=CAPABILITIES,
    variable="LABKIT_GRAFANA_URL",
    attach=_attach,
    plan=_plan,
    ready=_ready,
    version=_version,
    images=(Image("grafana", 3000, _ALL, _container, reaches_out=True, timeout=120.0),),
    programs=(Program("grafana", "grafana", _ALL, _grafana, ("--version",), r"version (\d\S*)",
                      install="install grafana: https://grafana.com/docs/grafana/latest/setup-grafana/installation/",
                      timeout=60.0),),
    http=True,
    main_file=MAIN,
)
