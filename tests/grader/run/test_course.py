"""The course's own labs, graded as an instructor types it: services and all, in capsules.

The reference and the untouched lab are asked of every lab. Noisy answers are asked of two, one with MQTT alone and one
with a database, and with LABKIT_TEST_ALL=1 of all; in a plain process the audit asks them of every exercise.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader import namespace, parts
from grader.layout import CourseFiles, LabFiles
from tests.conftest import EVERY_LAB
from tests.grader.conftest import REPOSITORY, environment
from tests.grader.run.conftest import hand_in

LABS = CourseFiles(REPOSITORY).labs()
DUE = {"reference": 20, "noisy": 20, "untouched": 0}


def answered_in_python(cell: Any) -> bool:
    return bool(cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
                and not parts.cpp_file(cell.source))


def noisy(cells: list[Any]) -> None:
    """Let every function of the reference print, warn and log."""
    for number, cell in enumerate(filter(answered_in_python, cells)):
        _, text = parts.split(cell.source) or ("", cell.source)
        loud = namespace.noisy(text)
        # A cell of a part takes the place of another that defines one of its names.
        for name in ("_make_noise", "_log_now_and_then"):
            loud = loud.replace(name, f"{name}_{number}")
        cell.source = parts.with_head(cell.source, loud)


def students(lab: LabFiles) -> list[str]:
    """All but the noisy one where nothing is answered in Python: nothing can be made noisy there."""
    python = any(map(answered_in_python, nbformat.read(lab.solution, as_version=4).cells))
    noise = python and (EVERY_LAB or lab.number in ("01", "02"))
    return [student for student in DUE if student != "noisy" or noise]


@pytest.mark.bubblewrap
@pytest.mark.mosquitto
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_reference_and_noisy_answers_get_all_points_and_an_untouched_lab_none(tmp_path: Path) -> None:
    for name in ("solutions", "labs", "grader/hidden"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for name in ("nbgrader_config.py", "grader/nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    course = CourseFiles(tmp_path)
    for lab in course.labs():
        hand_in(lab, "reference", lab.solution.read_bytes())
        if "noisy" in students(lab):
            hand_in(lab, "noisy", change=noisy)
        hand_in(lab, "untouched", lab.released.read_bytes())
    done = subprocess.run([sys.executable, "-m", "grader", "--root", str(tmp_path), "run", "--json"], cwd=tmp_path,
                          env=environment(tmp_path), capture_output=True, text=True, timeout=550, check=False)
    assert done.returncode == 0, done.stderr
    found = {(entry["lab"], entry["student"]): (entry["score"], entry["incidents"])
             for entry in json.loads(done.stdout)["submissions"]}
    assert found == {(lab.folder, student): (DUE[student], []) for lab in LABS for student in students(lab)}
