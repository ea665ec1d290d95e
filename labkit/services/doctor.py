"""What this machine has: for each service of the course, which provider would run it, and why not a better one."""

from __future__ import annotations

import json as _json
import os
import platform
import socket
import sys
from importlib import metadata
from typing import Any

from labkit.course import LABS
from labkit.cpp import compiler
from labkit.errors import StudentError
from labkit.services import catalogue, choose
from labkit.services.providers import docker, docker_engine
from labkit.services.unavailable import UnavailableError

_TITLES = {"cpp": "C++ compiler"}
"""What the kit does not start; it is only looked for."""
_LEGEND = (
    "A service runs where it is first found: attach, a server that runs already and that LABKIT_NAME_URL names",
    "(LABKIT_MQTT_URL=mqtt://192.0.2.10); docker, a container; native, a program of this machine; embedded, a part of",
    "the course. Each does for the labs. What stands below a service would come before it, and how to get it.",
)
_PORTS = {1883: "MQTT", 8086: "InfluxDB", 8888: "JupyterLab"}
"""Where people expect these servers. The kit takes free ports, so a taken one does no harm."""


def report() -> dict[str, Any]:
    """Look at this machine. Nothing is started, nothing is downloaded; it takes three seconds at most.

    Returns:
        `ready`: whether every service of the labs that are written can run; `system`, `docker` and `ports`; and
        `services`, a row each with `service`, `title`, `labs`, `state` (`ready`, `missing` or `planned`), `provider`,
        `engine`, `version`, `note`, and `candidates`: everything that was looked at, with `reason` and `fix`.
    """
    needed = {name for lab in LABS if lab.ready for name in lab.services}
    rows = [_row(name, [lab.number for lab in LABS if name in lab.services]) for name in _services_of_the_course()]
    return {
        "ready": all(row["state"] == "ready" for row in rows if row["service"] in needed),
        "system": {
            "os": platform.platform(terse=True),
            "python": platform.python_version(),
            "python_path": sys.executable,
            "labkit": _installed("labkit"),
            "jupyterlab": _installed("jupyterlab"),
        },
        "docker": _docker(),
        "ports": [{"port": port, "used_by": name, "free": _port_is_free(port)} for port, name in _PORTS.items()],
        "services": rows,
    }


def main(json: bool = False) -> int:
    """Print the report: the work of `labkit doctor`.

    Args:
        json: print the report as JSON.

    Returns:
        Exit status: 0 when every service of the labs that are written can run, else 1.
    """
    found = report()
    print(_json.dumps(found, indent=2) if json else text(found))
    return 0 if found["ready"] else 1


def text(found: dict[str, Any]) -> str:
    """The report as text.

    Args:
        found: what `report` returned.
    """
    system, engine = found["system"], found["docker"]["version"]
    taken = [f"{row['port']} ({row['used_by']})" for row in found["ports"] if not row["free"]]
    ports = f"taken: {', '.join(taken)}; no harm, the kit takes free ones" if taken else "the usual ones are free"
    docker_fix = f" -> {found['docker']['fix']}" if found["docker"]["fix"] else ""
    lines = [
        *_answer(found),
        "",
        f"Machine    {system['os']}, Python {system['python']}, labkit {system['labkit'] or 'not installed'}",
        f"Jupyter    {'JupyterLab ' + system['jupyterlab'] if system['jupyterlab'] else 'not installed'}",
        f"Docker     {'engine ' + engine if engine else found['docker']['reason'] + docker_fix}",
        f"Ports      {ports}",
        "",
        *_LEGEND,
        "",
    ]
    for row in found["services"]:
        lines += _lines(row, found["docker"]["reason"])
    return "\n".join(lines)


def _answer(found: dict[str, Any]) -> list[str]:
    """Say which of the written labs can run here, and what the others lack."""
    missing = {row["service"] for row in found["services"] if row["state"] != "ready"}
    lacking = {lab.number: sorted(missing & set(lab.services)) for lab in LABS if lab.ready}
    good = [number for number, services in lacking.items() if not services]
    lines = [f"{'Labs' if len(good) > 1 else 'Lab'} {', '.join(good)} can run on this machine."] if good else []
    lines += [f"Lab {number} cannot: {', '.join(services)} cannot run here. Do what stands behind an arrow (->) below."
              for number, services in lacking.items() if services]
    return lines


def _lines(row: dict[str, Any], no_docker: str) -> list[str]:
    """The lines of a service; what is the same for all of them is said once, above."""
    labs = "lab " + ", ".join(row["labs"])
    if row["state"] == "planned":
        return [f"{row['service']:<12} comes with {labs.split(',')[0]}: the kit cannot start {row['title']} yet"]
    runs = f"{row['provider']}: {row['engine']} {row['version']}".rstrip() if row["provider"] else "cannot run here"
    lines = [f"{row['service']:<12} {runs}   [{labs}]"]
    if row["note"]:
        lines.append(f"{'':<12}   {row['note']}")
    for candidate in row["candidates"]:
        if candidate["usable"]:
            break
        unset = candidate["provider"] == "attach" and candidate["reason"].endswith(" is not set")
        if unset or (row["provider"] and candidate["provider"] == "docker" and candidate["reason"] == no_docker):
            continue
        arrow = f" -> {candidate['fix']}" if candidate["fix"] else ""
        lines.append(f"{'':<12}   not {candidate['name']}: {candidate['reason']}{arrow}")
    return lines


def _services_of_the_course() -> list[str]:
    """Each service once: those that can be started first, then in the order of the labs."""
    of_labs = [name for lab in LABS for name in lab.services]
    return list(dict.fromkeys([*catalogue.SERVICES, *of_labs]))


def _row(name: str, labs: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"service": name, "title": _TITLES.get(name, name), "labs": labs, "state": "planned",
                           "provider": "", "engine": "", "version": "", "note": "", "candidates": []}
    if name == "cpp":
        return row | compiler.row()
    if name not in catalogue.SERVICES:
        return row
    service = catalogue.service(name)
    row |= {"title": service.title, "state": "missing"}
    try:
        only = choose.forced(service)
        found = list(choose.candidates(service, frozenset(), only))
    except StudentError as error:
        wrong = {"name": "started", "provider": "", "engine": "", "usable": False, "reason": error.message}
        return row | {"candidates": [wrong | {"fix": error.fix}]}
    row["candidates"] = [_candidate(candidate) for candidate in found]
    usable = [candidate for candidate in found if candidate.reason is None]
    if usable:
        best = usable[0]
        row |= {"state": "ready", "provider": best.provider, "engine": best.engine,
                "note": f"{only.by} asks for it" if only else ""}
        other = f"; if that fails, {usable[1].name if usable[1:] else 'nothing else'} runs it"
        try:
            row["version"] = choose.version(service, best)
            if best.provider == "docker" and (absent := docker.absent_image(best.engine)):
                row["note"] = f"the image {absent} is downloaded at the first start{other}"
        except (UnavailableError, OSError) as error:
            row["note"] = f"{error}{other}"
    return row


def _candidate(candidate: choose.Candidate) -> dict[str, Any]:
    reason = candidate.reason
    return {"name": candidate.name, "provider": candidate.provider, "engine": candidate.engine,
            "usable": reason is None, "reason": reason.reason if reason else "", "fix": reason.fix if reason else ""}


def _docker() -> dict[str, str]:
    reason = docker_engine.problem()
    if reason is not None:
        return {"version": "", "reason": reason.reason, "fix": reason.fix}
    return {"version": docker_engine.version(), "reason": "", "fix": ""}


def _installed(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name != "nt":  # on Windows this option would let two servers have one port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
