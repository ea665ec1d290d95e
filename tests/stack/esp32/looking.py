"""What the tests of the services share."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout

import pytest

from stack.esp32.manage import main
from tests.stack.home.running import Running


def online(manager: Running) -> list[str]:
    return [n["node_id"] for n in manager.get("/nodes").json()["nodes"] if n["status"] == "online"]


def manage(places: dict[str, str], *words: str) -> tuple[int, str, str]:
    """Run the command line in this process: a new one takes a second to import pandas."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in places.items():
            patch.setenv(name, value)
        try:
            status = main(words)
        except SystemExit as left:
            status = int(str(left.code))
    return status, out.getvalue(), err.getvalue()
