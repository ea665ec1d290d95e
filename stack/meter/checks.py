"""What `/health` asks of the servers behind the meter system."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import urllib3

_PATIENCE = 1.5
"""Seconds for one question: less than the time that `/health` gives to a check."""


def postgresql(dsn: str) -> Callable[[], str]:
    """Whether PostgreSQL answers a query.

    Args:
        dsn: its connection string.
    """

    def check() -> str:
        with psycopg.connect(dsn, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
        return ""

    return check


def http(url: str, path: str) -> Callable[[], str]:
    """Whether an HTTP server answers at all: S3 without a signature says 403, which is an answer.

    Args:
        url: `http://host:port`.
        path: what to ask for.
    """

    def check() -> str:
        answer = urllib3.request("GET", url + path, timeout=_PATIENCE, retries=False)
        return f"{path} answered {answer.status}" if answer.status >= 500 else ""

    return check
