"""The notebooks as students and CI run them: top to bottom, in a fresh kernel, on every provider of this machine.

Every lab runs with embedded services. As programs two run, the one in C++ and the one with most services, from containers
one, and with LABKIT_TEST_ALL=1 all: what a provider does for a lab, the contract tests of its service ask, and
the audit (tests/grader/test_course_audit.py) runs each lab's reference with a native Mosquitto.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from labkit.course import LABS, Lab
from tests.conftest import EVERY_LAB, stand_in

ROOT = Path(__file__).resolve().parents[2]
READY = [lab for lab in LABS if lab.ready]
GUARD = 400
"""Seconds that a whole lab may take: against hanging only. Beside other tests one takes minutes."""
pytestmark = pytest.mark.timeout(GUARD + 30)
# What test machines have of each service; the word is the image of a container, or the mark of a program.
CONTAINERS = {"mqtt": "mosquitto", "kafka": "kafka", "postgresql": "postgresql", "timescaledb": "timescaledb"}
PROGRAMS = {"mqtt": "mosquitto", "kafka": "kafka_java", "postgresql": "postgres"}
SERVICES = ("mqtt", "influxdb", "kafka", "postgresql", "timescaledb")
ALWAYS = {("03", "native"), ("08", "native"), ("02", "docker")}
"""Labs that run on other than embedded services in every run of the tests."""


def runs(lab: Lab) -> list[Any]:
    """The lab with all its services embedded, with all from containers, with all as programs: as far as there are."""
    images = [CONTAINERS[name] for name in lab.services if name in CONTAINERS]
    marks = [getattr(pytest.mark, PROGRAMS[name]) for name in lab.services if name in PROGRAMS]
    always = [pytest.mark.cpp] if "cpp" in lab.services else []
    found = [pytest.param(lab, "embedded", id=f"{lab.number}-embedded", marks=always)]
    if marks and (EVERY_LAB or (lab.number, "native") in ALWAYS):
        found.append(pytest.param(lab, "native", id=f"{lab.number}-native", marks=[*always, *marks]))
    if images and (EVERY_LAB or (lab.number, "docker") in ALWAYS):
        docker = pytest.mark.docker(*images)
        found.append(pytest.param(lab, "docker", id=f"{lab.number}-docker", marks=[*always, docker]))
    return found


def environment(provider: str) -> dict[str, str]:
    """Choose a provider for each service that has it, as a person would; the others have their embedded engine."""
    there: Mapping[str, str] = {"native": PROGRAMS, "docker": CONTAINERS}.get(provider, {})
    chosen = {f"LABKIT_{name.upper()}_PROVIDER": provider if name in there else "embedded" for name in SERVICES}
    images = {f"LABKIT_IMAGE_{name.upper()}": stand_in(name) for name in CONTAINERS.values()}
    jars = {"LABKIT_KAFKA_JARS": str(Path.home() / ".cache" / "labkit-test" / "kafka")}
    return {**os.environ, **chosen, **images, **jars}


def check(lab: Lab, notebook: Path, provider: str) -> tuple[int, dict[str, object], str]:
    ended = subprocess.run(
        [sys.executable, "-m", "labkit.cli", "check", lab.number, str(notebook), "--json"],
        capture_output=True, text=True, cwd=ROOT, env=environment(provider), timeout=GUARD, check=False,
    )  # fmt: skip
    assert ended.stdout, f"exit status {ended.returncode}: {ended.stderr}"
    return ended.returncode, json.loads(ended.stdout), ended.stdout + ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("lab", "provider"), [run for lab in READY for run in runs(lab)])
def test_the_solution_has_full_marks_on_every_provider(lab: Lab, provider: str) -> None:
    notebook = ROOT / "solutions" / lab.folder / f"{lab.folder}.ipynb"
    status, report, said = check(lab, notebook, provider)
    assert status == 0, said
    assert report["score"] == 20, said
    assert not report["stumbles"], said


@pytest.mark.slow
@pytest.mark.parametrize("lab", READY, ids=lambda lab: lab.number)
def test_an_untouched_lab_runs_through_and_has_no_points(lab: Lab) -> None:
    notebook = ROOT / "labs" / lab.folder / f"{lab.folder}.ipynb"
    status, report, said = check(lab, notebook, "embedded")
    assert status == 1, said
    assert report["score"] == 0, said
    assert not report["stumbles"], said


@pytest.mark.slow
def test_nbval_passes_the_first_lab_as_students_get_it() -> None:
    """It says what `stumbles` says above: no cell raises. One lab shows that it can be used."""
    lab = READY[0]
    notebook = ROOT / "labs" / lab.folder / f"{lab.folder}.ipynb"
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-cell-timeout=60", "-q", "-p", "no:cacheprovider",
         "-W", "ignore", "--rootdir", str(notebook.parent), "-c", os.devnull, str(notebook)],
        capture_output=True, text=True, cwd=notebook.parent, env=environment("embedded"), timeout=GUARD, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
    assert " passed" in ended.stdout


def test_an_index_cell_runs_and_shows_every_service() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval-lax", "-q", "-p", "no:cacheprovider", "-W", "ignore",
         "-c", os.devnull, str(ROOT / "labs" / "index.ipynb")],
        capture_output=True, text=True, cwd=ROOT / "labs", env=environment("embedded"), timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-4000:]
