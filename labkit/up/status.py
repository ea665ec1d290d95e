"""How the house is, as one document: what `labkit up --json` prints, and what the live view shows.

| key | value |
|---|---|
| `schema` | 1; a change that breaks readers gets the next number |
| `status` | `pass` when every needed server, process and fleet is `pass`, else `fail` |
| `seconds` | since the start |
| `problems` | a line for each thing that is not well, empty when all is |
| `house` | `{"folder", "parts"}` with `--mine`: the parts that are the student's; else null |
| `systems` | by name: `{"title", "status"}` |
| `servers` | a row each: `name`, `systems`, `needed`, `status` (`starting`, `pass`, `fail`, `absent`, `stopped`), `provider`, `engine`, `version`, `address` (`host:port`), `url`, `page` (address of what a person opens, else empty), `error`, `without` (what is lost or stands in when it is absent), `restarts` |
| `processes` | a row each: `name`, `system`, `kind` (`process` or `fleet`), `status` (as above, and `waiting`: it ended and is started again), `address`, `page`, `received`, `stored`, `rejected`, `duplicates` (numbers since the start; null for a fleet), `sent` (by a fleet; else null), `rate` (received or sent in a second), `lag`, `error` (the last one), `checks` (what is wrong by dependency, empty text where nothing is), `mine`, `devices`, `restarts` |

A server that is absent does not make the house unhealthy when no system needs it. `error` may stay after a recovery; then
`status` is `pass`. No document holds a password or a token.
"""  # noqa: E501 - a row of a table is a line

from __future__ import annotations

import time
from typing import Any

from labkit import house
from labkit.up.supervisor import Part, Supervisor, house_variables
from labkit.up.systems import Stage


def document(up: Supervisor) -> dict[str, Any]:
    """The status of a house at this moment; see the table above.

    Args:
        up: the house.
    """
    servers = _servers(up)
    processes = [_process(part) for part in up.parts]
    problems = [line for row in (*servers, *processes) if (line := _problem(row))]
    systems = {
        system.name: {"title": system.title, "status": _of_system(up, system.name, servers, processes)}
        for system in up.systems
    }
    mine = {"folder": str(house.folder()), "parts": house_variables()["HOUSE_PARTS"].split(",")}
    return {
        "schema": 1,
        "status": "pass" if all(one["status"] == "pass" for one in systems.values()) else "fail",
        "seconds": round(time.monotonic() - up.began, 1),
        "problems": [up.failure, *problems] if up.failure else problems,
        "house": mine if up.wishes.mine else None,
        "systems": systems,
        "servers": servers,
        "processes": processes,
    }


def _servers(up: Supervisor) -> list[dict[str, Any]]:
    rows = []
    for name, sight in up.servers.sights().items():
        endpoint = sight.endpoint
        rows.append({
            "name": name, "systems": up.users(name),
            "needed": any(name in system.servers for system in up.systems), "status": sight.state,
            "provider": endpoint.provider if endpoint else "", "engine": endpoint.engine if endpoint else "",
            "version": endpoint.version if endpoint else "",
            "address": f"{endpoint.host}:{endpoint.port}" if endpoint else "", "url": endpoint.url if endpoint else "",
            "page": _page(f"{endpoint.host}:{endpoint.port}", up.pages[name]) if endpoint else "",
            "error": sight.error, "without": up.stands_in(name) if sight.state == "absent" else "",
            "restarts": sight.restarts,
        })
    return rows


def _process(part: Part) -> dict[str, Any]:
    sight = part.child.sight
    counts: dict[str, int | None] = dict.fromkeys(("received", "stored", "rejected", "duplicates", "sent"))
    for name in ("sent",) if part.devices else ("received", "stored", "rejected", "duplicates"):
        counts[name] = getattr(sight, name)
    address = f"127.0.0.1:{sight.port}" if sight.port else ""
    return {
        "name": part.spec.name, "system": part.system, "kind": "fleet" if part.devices else "process",
        "status": sight.state, "address": address,
        "page": _page(address, part.spec.page) if isinstance(part.spec, Stage) else "", **counts,
        "rate": None if sight.rate is None else round(sight.rate, 2), "lag": sight.lag,
        "error": sight.error or part.note,
        "checks": dict(sight.checks or {}), "mine": sight.mine, "devices": part.devices, "restarts": sight.restarts,
    }


def _page(address: str, path: str) -> str:
    return f"http://{address}{path}" if address and path else ""


def _problem(row: dict[str, Any]) -> str:
    if row["status"] == "pass" or (row["status"] == "absent" and not row["needed"]):
        return ""
    return f"{row['name']}: {row['error'] or row['status']}"


def _of_system(up: Supervisor, name: str, servers: list[dict[str, Any]], processes: list[dict[str, Any]]) -> str:
    rows = [row for row in servers if name in row["systems"]] + [row for row in processes if row["system"] == name]
    # Before its processes are started nothing is wrong yet, but it does not run either.
    started = up.ready.is_set() and not up.failure
    return "pass" if started and not any(_problem(row) for row in rows) else "fail"
