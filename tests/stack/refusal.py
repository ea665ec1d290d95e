"""What a service says when a setting is wrong: it ends before it begins anything, so it needs no process of its own."""

from __future__ import annotations

import importlib.util
import io
import os
import runpy
from collections.abc import Mapping
from contextlib import redirect_stderr
from unittest import mock

import pytest


def refusal(module: str, environment: Mapping[str, str]) -> str:
    """Run a service as `python -m MODULE` does, in this process: a new one takes a second to import everything.

    Args:
        module: the service.
        environment: its whole environment.

    Returns:
        What it wrote to stderr before it ended with status 2.
    """
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    said = io.StringIO()
    with (mock.patch.dict(os.environ, environment, clear=True), redirect_stderr(said),
          pytest.raises(SystemExit) as ended):
        runpy.run_path(spec.origin, run_name="__main__")
    assert ended.value.code == 2
    return said.getvalue()
