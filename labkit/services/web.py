"""What services with a web interface have in common: an address in the environment, and a page that says "ready"."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from labkit.errors import StudentError
from labkit.services.endpoint import Endpoint
from labkit.services.probes import http_json
from labkit.services.service import Plan, listed


def plain_plan(directory: Path, port: int, _needs: frozenset[str], engine: frozenset[str]) -> Plan:
    """The plan of a server without logins, which can do all that its engine can."""
    return Plan(directory, port, engine)


def attached(environment: Mapping[str, str], service: str, title: str, port: int,
             capabilities: Mapping[str, str]) -> Endpoint | None:
    """The endpoint that LABKIT_<SERVICE>_URL names, None when it is not set.

    Args:
        environment: the variables.
        service: name of the service in the catalogue.
        title: what a person reads.
        port: its usual TCP port.
        capabilities: every capability of the service; somebody else's server is taken to have all.

    Raises:
        StudentError: the variable is not the address of a server.
    """
    variable = f"LABKIT_{service.upper()}_URL"
    text = environment.get(variable, "")
    if not text:
        return None
    try:
        url = urlsplit(text)
        number = url.port or port
    except ValueError:
        url, number = urlsplit(""), 0
    if url.scheme != "http" or not url.hostname:
        raise StudentError(f"{variable} is not the address of {title}.", f"write it as http://host:{port}.")
    return Endpoint(
        service=service, provider="attach", engine=environment.get(f"LABKIT_{service.upper()}_ENGINE", service),
        version="", host=url.hostname, port=number, url=f"http://{url.hostname}:{number}",
        capabilities=listed(environment, f"LABKIT_{service.upper()}_CAPABILITIES", capabilities,
                            frozenset(capabilities)),
    )


def refusal(endpoint: Endpoint, path: str) -> str:
    """Ask a page for status 200: empty when it answers so, else what is wrong.

    Args:
        endpoint: the server.
        path: path of the page.
    """
    try:
        status, _ = http_json(endpoint.host, endpoint.port, path)
    except OSError as error:
        return error.strerror or str(error)
    return "" if status == 200 else f"{path} answered {status}"


def answer(endpoint: Endpoint, path: str) -> Any:
    """The JSON of a page, None when it is none or the server does not answer.

    Args:
        endpoint: the server.
        path: path of the page.
    """
    try:
        return http_json(endpoint.host, endpoint.port, path)[1]
    except OSError:
        return None
