"""The notebooks as students and CI run them: top to bottom, in a fresh kernel, on every provider of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.course import LABS
from tests.conftest import STAND_IN

ROOT = Path(__file__).resolve().parents[2]
READY = [lab for lab in LABS if lab.ready]
MQTT = [
    "embedded",
    pytest.param("native", marks=pytest.mark.mosquitto),
    pytest.param("docker", marks=pytest.mark.docker),
]


def environment(mqtt: str) -> dict[str, str]:
    """InfluxDB has the embedded engine alone on test machines; the broker is what varies."""
    chosen = {"LABKIT_MQTT_PROVIDER": mqtt, "LABKIT_INFLUXDB_PROVIDER": "embedded", "LABKIT_IMAGE_MOSQUITTO": STAND_IN}
    return {**os.environ, **chosen}


def check(number: str, notebook: Path, mqtt: str) -> tuple[int, dict[str, object], str]:
    ended = subprocess.run(
        [sys.executable, "-m", "labkit.cli", "check", number, str(notebook), "--json"],
        capture_output=True, text=True, cwd=ROOT, env=environment(mqtt), timeout=170, check=False,
    )  # fmt: skip
    assert ended.stdout, f"exit status {ended.returncode}: {ended.stderr}"
    return ended.returncode, json.loads(ended.stdout), ended.stdout + ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("mqtt", MQTT)
@pytest.mark.parametrize("lab", READY, ids=lambda lab: lab.number)
def test_the_solution_has_full_marks_on_every_provider(lab, mqtt) -> None:
    notebook = ROOT / "solutions" / lab.folder / f"{lab.folder}.ipynb"
    status, report, said = check(lab.number, notebook, mqtt)
    assert status == 0, said
    assert report["score"] == 20, said


@pytest.mark.slow
@pytest.mark.parametrize("lab", READY, ids=lambda lab: lab.number)
def test_an_untouched_lab_runs_through_and_has_no_points(lab) -> None:
    notebook = ROOT / "labs" / lab.folder / f"{lab.folder}.ipynb"
    status, report, said = check(lab.number, notebook, "embedded")
    assert status == 1, said
    assert report["score"] == 0, said
    assert not report["stumbles"], said


@pytest.mark.slow
@pytest.mark.parametrize("lab", READY, ids=lambda lab: lab.number)
def test_nbval_passes_the_solution(lab) -> None:
    notebook = ROOT / "solutions" / lab.folder / f"{lab.folder}.ipynb"
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-cell-timeout=60", "-q", "-p", "no:cacheprovider",
         "-W", "ignore", "--rootdir", str(notebook.parent), "-c", os.devnull, str(notebook)],
        capture_output=True, text=True, cwd=notebook.parent, env=environment("embedded"), timeout=170, check=False,
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
