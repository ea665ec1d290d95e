"""What makes a room and a kernel start quickly, and what a student must not notice of it."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from grader.capsule import bytecode
from grader.capsule.choose import Kind
from grader.capsule.room import Room
from grader.layout import CourseFiles
from tests.grader.judge import notebooks

CELL = """
import sys
print("loaded" if sys.modules.get("debugpy") else "not loaded")
import debugpy
print(debugpy.__name__)
"""


@pytest.mark.bubblewrap
def test_a_kernel_loads_no_debugger_and_a_student_can() -> None:
    with Room(Kind.BUBBLEWRAP, CourseFiles(notebooks.COURSE)) as room:
        graded = room.grade(notebooks.submission(notebooks.notebook(before=CELL)))
    assert not graded.fault
    (output,) = notebooks.cell(graded.notebook, "before")["outputs"]
    assert "".join(output["text"]).split("\n")[:2] == ["not loaded", "debugpy"]


def compiled(module: Path) -> bytes | None:
    """The bytecode of a module, None if there is none."""
    cached = Path(importlib.util.cache_from_source(str(module)))
    return cached.read_bytes() if cached.is_file() else None


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(bytecode, "_done", set())
    module = tmp_path / "inner" / "module.py"
    module.parent.mkdir()
    module.write_text("ANSWER = 41\n", encoding="utf-8")
    return module


def test_what_rooms_import_is_compiled_before(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bytecode.write([tmp_path])
    before = compiled(package)
    assert before
    package.write_text("ANSWER = 'another'\n", encoding="utf-8")
    os.utime(package, (0, package.stat().st_mtime + 10))  # bytecode knows its source's time in whole seconds
    bytecode.write([tmp_path])
    assert compiled(package) == before, "a folder is looked at once"
    monkeypatch.setattr(bytecode, "_done", set())
    bytecode.write([tmp_path])
    assert compiled(package) not in (None, before)


def test_a_file_that_is_no_python_and_a_folder_that_is_not_there_stop_nothing(package: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (", encoding="utf-8")
    bytecode.write([tmp_path / "nowhere", tmp_path])
    assert compiled(package)


def test_nothing_is_written_where_bytecode_is_not_wanted(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    bytecode.write([tmp_path])
    assert compiled(package) is None
