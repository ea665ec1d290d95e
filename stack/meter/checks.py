"""What `/health` asks of the servers behind the meter system."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import urllib3

from stack.runtime import ObjectStore

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


def s3(store: ObjectStore) -> Callable[[], str]:
    """Whether an S3 store answers at all: without a signature it says 403, which is an answer.

    Args:
        store: where it is.
    """

    def check() -> str:
        answer = urllib3.request("GET", store.url, timeout=_PATIENCE, retries=False)
        return f"{store.url} answered {answer.status}" if answer.status >= 500 else ""

    return check
