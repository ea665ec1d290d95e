"""With real rooms and capsules: one by one, side by side and on a cluster, a class gets the same gradebook."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from distributed import LocalCluster

from grader.layout import CourseError, CourseFiles, LabFiles
from grader.run.dask import DaskPool
from labkit.waiting import wait_until
from tests.grader.conftest import Run, environment
from tests.grader.run.conftest import gradebook, hand_in, record, scores
from tests.grader.test_nbgrader import SUBMISSIONS, cell_of

pytestmark = [pytest.mark.bubblewrap, pytest.mark.slow, pytest.mark.timeout(400)]
SLEEPY = "import time\n\ndef double(number):\n    while True:\n        time.sleep(1)\n"
ENDLESS = "endless-loop"
ALL = (*SUBMISSIONS, "untouched", "never-ends", "not-json")
SOME = ("reference", "partly", "noisy", "check-deleted", "check-edited", "not-json")
"""Who is graded in other ways too: more of them than there are rooms, with points and without, and one unreadable."""
SETTINGS = "\nc.GraderRun.seed = 'the same everywhere'\nc.GraderRun.limits = {'cell': 20}\n"


@dataclass
class Class:
    """A class that was graded.

    Args:
        lab: its lab.
        said: what the command printed as JSON.
        status: its exit status.
        told: what it wrote to stderr.
    """

    lab: LabFiles
    said: dict[str, Any]
    status: int
    told: str


def grade(template: CourseFiles, root: Path, *options: str, students: Collection[str] = ALL) -> Class:
    """Grade students of the class of `test_nbgrader`, who never ends, and who handed in no notebook, by the command."""
    course = CourseFiles(shutil.copytree(template.root, root))
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + SETTINGS, encoding="utf-8")
    (lab,) = course.labs()
    for student in students:
        if student in SUBMISSIONS:
            hand_in(lab, student, change=SUBMISSIONS[student][0])
        elif student == "untouched":
            hand_in(lab, student, lab.released.read_bytes())
        elif student == "never-ends":
            hand_in(lab, student, change=lambda cells: setattr(cell_of(cells, "ex-90-1"), "source", SLEEPY))
        else:
            hand_in(lab, student, "not JSON")
    done = grader(root, *options)
    return Class(lab, json.loads(done.stdout or "{}"), done.returncode, done.stderr)


def grader(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "grader", "--root", str(root), "run", "--json", *options],
                          cwd=root, env=environment(root), capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def serial(template: CourseFiles, tmp_path_factory: pytest.TempPathFactory) -> Class:
    return grade(template, tmp_path_factory.mktemp("serial") / "course", "--jobs", "1")


def test_a_class_gets_the_points_that_are_due(serial: Class) -> None:
    assert serial.status == 0, serial.told
    due = {student: points for student, (_, points) in SUBMISSIONS.items()}
    assert scores(serial.lab.root) == {**due, "untouched": 0, "never-ends": 2, "not-json": 0}
    counts = {name: serial.said[name] for name in ("graded", "unchanged", "unreadable", "faults")}
    assert counts == {"graded": len(due) + 2, "unchanged": 0, "unreadable": 1, "faults": 0}


def test_side_by_side_gives_the_gradebook_of_one_by_one(
    serial: Class, template: CourseFiles, tmp_path: Path,
) -> None:
    parallel = grade(template, tmp_path / "course", "--jobs", "3", students=SOME)
    assert parallel.status == 0, parallel.told
    same(serial, parallel)


def same(one: Class, other: Class) -> None:
    whole, part = gradebook(one.lab.root), gradebook(other.lab.root)
    assert part.pop("cells") == whole.pop("cells")
    assert part == {table: [row for row in rows if row[0] in SOME] for table, rows in whole.items()}
    for student in SUBMISSIONS.keys() & set(SOME):
        mine, theirs = (record(found.lab, student)["graded"] for found in (one, other))
        assert mine["seeds"] == theirs["seeds"]
        assert timeless(mine["results"]) == timeless(theirs["results"])


def timeless(found: Any) -> Any:
    """A result without its seconds."""
    if isinstance(found, dict):
        return {key: timeless(value) for key, value in found.items() if not key.endswith("seconds")}
    return [timeless(value) for value in found] if isinstance(found, list) else found


@pytest.fixture
def cluster() -> Iterator[str]:
    """A Dask cluster of two worker processes on this machine."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
                      host="127.0.0.1") as made:
        yield made.scheduler_address


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_cluster_gives_the_gradebook_of_one_machine(
    serial: Class, template: CourseFiles, tmp_path: Path, cluster: str,
) -> None:
    on_cluster = grade(template, tmp_path / "course", "--dask", cluster, students=SOME)
    assert on_cluster.status == 0, on_cluster.told
    assert on_cluster.said["slots"] == 2
    same(serial, on_cluster)


def test_a_cluster_that_is_not_there_is_told(lab: LabFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.run.dask.CONNECTING", 0.5)
    with pytest.raises(CourseError, match="There is no Dask scheduler at"):
        DaskPool("tcp://127.0.0.1:9", CourseFiles(lab.root))


def test_another_run_finds_nothing_to_do_and_nbgrader_goes_on_from_here(serial: Class, nbgrader: Run) -> None:
    done = grader(serial.lab.root)
    found = json.loads(done.stdout)
    assert (done.returncode, found["graded"], found["unreadable"]) == (0, 0, 0)
    assert found["unchanged"] == len(SUBMISSIONS) + 3
    feedback = nbgrader(serial.lab, "generate_feedback", serial.lab.folder)
    assert feedback.returncode == 0, feedback.stderr
    for page in (serial.lab.root / "feedback").rglob("*.html"):
        text = page.read_text(encoding="utf-8").lower()
        assert "the hidden case" not in text
        assert "big-numbers" not in text
    shown = (serial.lab.root / "feedback" / "not-json" / serial.lab.folder / f"{serial.lab.folder}.html").read_text()
    assert "This submission could not be graded." in shown


def test_the_executed_notebook_shows_cards_and_no_hidden_case(serial: Class) -> None:
    lab = serial.lab
    path = lab.root / "autograded" / "partly" / lab.folder / lab.released.name
    text = path.read_text(encoding="utf-8")
    assert "the hidden case" not in text.lower()
    cell = cell_of(nbformat.reads(text, as_version=4).cells, "check-90-2")
    assert "what of an empty text?" in str(cell.outputs)


def test_a_command_line_that_cannot_be_meant_is_refused(lab: LabFiles, tmp_path: Path) -> None:
    for options, says in ((["--jobs", "0"], "--jobs 0"), (["--students", f"@{tmp_path}/none"], "cannot be read"),
                          (["77"], "There is no lab '77'")):
        done = grader(lab.root, *options)
        assert done.returncode == 1
        assert says in done.stderr
        assert "Traceback" not in done.stderr


def test_a_run_that_is_ended_leaves_no_process(lab: LabFiles) -> None:
    loop = f"open('/proc/self/comm', 'w').write({ENDLESS!r})\nwhile True:\n    pass"
    hand_in(lab, "never-ends", change=lambda cells: setattr(cell_of(cells, "ex-90-1"), "source", loop))
    command = [sys.executable, "-m", "grader", "--root", str(lab.root), "run", "--jobs", "1"]
    with subprocess.Popen(command, cwd=lab.root, env=environment(lab.root), stdout=subprocess.DEVNULL) as process:
        try:
            started = psutil.Process(process.pid)
            wait_until(lambda: loops(started), 120, what="the student's loop runs")
            children = started.children(recursive=True)
            process.terminate()
            assert process.wait(60) == 130
        finally:
            process.kill()
    _, left = psutil.wait_procs(children, timeout=60)
    assert left == []
    assert not (lab.root / "autograded").exists()


def loops(process: psutil.Process) -> bool:
    """Whether the student's endless loop, which has given its process a name, runs below another process."""
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if child.name() == ENDLESS:
                return True
    return False
