"""Ways to ask the Flux engine without a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.query import execute
from labkit.embedded.influx.flux.registry import load
from labkit.embedded.influx.flux.values import Time

NOW = 1_700_000_000_000_000_000
"""2023-11-14T22:13:20Z"""


@pytest.fixture
def call() -> Callable[..., Any]:
    """Call one function of the standard library with Python values: `call("strings", "title", v="a b")`."""
    ctx = Context(None, Time(NOW))

    def invoke(package: str, name: str, /, **arguments: Any) -> Any:
        return load()[package][name].invoke(ctx, arguments)

    return invoke


@pytest.fixture
def ask() -> Callable[[str], list[dict[str, Any]]]:
    """Run a query and give its rows, of all its tables in order, without null values."""

    def run(source: str) -> list[dict[str, Any]]:
        rows = []
        for _, stream in execute(source, None, now_ns=NOW):
            for table in stream:
                rows += [{name: value for name, value in record.items() if value is not None}
                         for record in table.records()]
        return rows

    return run
