"""A toy course of one lab with two exercises and no services, copied for each test that changes it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import sources
from grader.layout import CourseFiles, LabFiles
from grader.release import release
from labkit.checks import registry

REPOSITORY = Path(__file__).resolve().parents[2]
TOY = Path(__file__).parent / "toy"

Run = Callable[..., subprocess.CompletedProcess[str]]


def copy_toy(root: Path) -> CourseFiles:
    """Copy the toy course as it is edited: only sources, checks, banks, and the settings of nbgrader."""
    shutil.copytree(TOY, root, ignore=shutil.ignore_patterns("ruff.toml", "__pycache__"))
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    shutil.copy(REPOSITORY / "grader" / "nbgrader_config.py", root / "grader")
    return CourseFiles(root)


def released(course: CourseFiles) -> LabFiles:
    """Make and release the notebook of the toy course's lab."""
    (lab,) = course.labs()
    sources.rewrite(lab)
    release(course, [lab])
    return lab


@pytest.fixture
def toy(tmp_path: Path) -> CourseFiles:
    """The toy course as it is edited."""
    return copy_toy(tmp_path / "course")


@pytest.fixture
def lab(toy: CourseFiles) -> LabFiles:
    """The lab of the toy course, with its notebook made and released."""
    return released(toy)


@pytest.fixture(scope="module")
def graded_lab(tmp_path_factory: pytest.TempPathFactory) -> LabFiles:
    """A released lab in a course that the tests of one file share."""
    return released(copy_toy(tmp_path_factory.mktemp("graded") / "course"))


@pytest.fixture
def edit(toy: CourseFiles) -> Callable[[str, str], LabFiles]:
    """Change the source of the toy lab: `edit(old, new)`."""
    (lab,) = toy.labs()

    def change(old: str, new: str) -> LabFiles:
        text = lab.source.read_text(encoding="utf-8")
        assert old in text
        lab.source.write_text(text.replace(old, new, 1), encoding="utf-8")
        return lab

    return change


@pytest.fixture(autouse=True)
def _forget_toy_exercises() -> Iterator[None]:
    """The registry is the process's: no other test may see this toy course, and this one no toy of other tests."""
    registers: list[dict[str, Any]] = [registry._exercises, registry._hidden]
    aside = [_take_toys(known) for known in registers]
    yield
    for known, others in zip(registers, aside, strict=True):
        _take_toys(known)
        known.update(others)


def _take_toys(known: dict[str, Any]) -> dict[str, Any]:
    return {name: known.pop(name) for name in list(known) if name.startswith("90.")}


def environment(root: Path) -> dict[str, str]:
    """What a command needs to find the tools of this environment, the grader, and the toy's checks."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    modules = os.pathsep.join([str(REPOSITORY), str(root / "labkit" / "checks"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PATH": path, "PYTHONPATH": modules.rstrip(os.pathsep), "JUPYTER_PLATFORM_DIRS": "1"}


# `python -m nbgrader`, without a package that takes a second of the processor to load (see grader/__init__.py).
NBGRADER = "import runpy, sys; sys.modules['rfc3987_syntax'] = None; runpy.run_module('nbgrader', run_name='__main__')"


@pytest.fixture(scope="session")
def nbgrader() -> Run:
    """Stock nbgrader, run in a course as an instructor runs it: `nbgrader(lab, "autograde", "90-toy")`."""

    def run(lab: LabFiles, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", NBGRADER, *arguments], cwd=lab.root, env=environment(lab.root),
                              capture_output=True, text=True, timeout=300, check=False)

    return run
