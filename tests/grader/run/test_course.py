"""The course's own labs, graded as an instructor types it: services and all, in capsules."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.layout import CourseFiles
from tests.grader.conftest import REPOSITORY, environment
from tests.grader.run.conftest import hand_in

LABS = [lab.folder for lab in CourseFiles(REPOSITORY).labs()]


@pytest.mark.bubblewrap
@pytest.mark.mosquitto
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_reference_gets_all_points_and_an_untouched_lab_none(tmp_path: Path) -> None:
    for name in ("solutions", "labs", "grader/hidden"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for name in ("nbgrader_config.py", "grader/nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    course = CourseFiles(tmp_path)
    for lab in course.labs():
        hand_in(lab, "reference", lab.solution.read_bytes())
        hand_in(lab, "untouched", lab.released.read_bytes())
    done = subprocess.run([sys.executable, "-m", "grader", "--root", str(tmp_path), "run", "--json"], cwd=tmp_path,
                          env=environment(tmp_path), capture_output=True, text=True, timeout=550, check=False)
    assert done.returncode == 0, done.stderr
    found = {(entry["lab"], entry["student"]): (entry["score"], entry["incidents"])
             for entry in json.loads(done.stdout)["submissions"]}
    assert found == {(lab, student): (points, []) for lab in LABS
                     for student, points in (("reference", 20), ("untouched", 0))}
