"""Runs `labkit up` as a person does: as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from labkit.up import systems


def words(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "labkit.cli", "up", *arguments]


def without(*names: str) -> str:
    """The optional servers of these systems, for `--without`: slow to start, and tested in their own room."""
    return ",".join(dict.fromkeys(name for one in systems.house().chosen(names) for name in one.optional))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Where a house puts its private directories. Its path is short: PostgreSQL has a socket there."""
    folder = Path(tempfile.mkdtemp(prefix="up-"))
    folder.chmod(0o711)  # started by root, PostgreSQL runs as a user without rights
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def up(*arguments: str, timeout: float = 170, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; afterwards nothing of it is left in its folder of temporary files."""
    with temporary_folder() as folder:
        ended = subprocess.run(words(*arguments), capture_output=True, text=True, timeout=timeout, check=False,
                               env=os.environ | {"TMPDIR": str(folder)} | environment)
        assert list(folder.iterdir()) == [], "a directory of a server is left"
    return ended


def document(ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert ended.stdout.startswith("{"), ended.stdout + ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def row(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in (*found["servers"], *found["processes"]) if one["name"] == name)


def family(pid: int) -> list[psutil.Process]:
    """Everything that a process has started, children of children too."""
    return psutil.Process(pid).children(recursive=True)
