"""One room of each kind for all tests of a worker, and one capsule in it for the tests that leave it as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.capsule import bubblewrap_room
from grader.capsule.bubblewrap_room import BubblewrapRoom
from grader.capsule.docker import DockerRoom
from grader.layout import CourseFiles
from tests.grader.capsule.ground import COMMAND, IN_ROOM, Cell, Ground

CANARY = "the instructor's secret 7c1f"


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> CourseFiles:
    """A course with all that no submission may see."""
    root = tmp_path_factory.mktemp("course")
    for name in ("gradebook.db", "submitted/ada/01/01.ipynb", "solutions/01/01.ipynb", "grader/hidden/lab01.py",
                 "grader/right_answers/lab01/ex1.py", "labkit/checks/lab01.py", "labs/01/01.ipynb", ".grader/seed"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CANARY, encoding="utf-8")
    return CourseFiles(root)


KINDS = [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), pytest.param("docker", marks=pytest.mark.docker("capsule"))]


@pytest.fixture(scope="session", params=KINDS)
def ground(request: pytest.FixtureRequest, course: CourseFiles) -> Iterator[Ground]:
    """A room, warm for many tests."""
    os.environ["GRADER_TEST_TOKEN"] = CANARY
    if request.param == "bubblewrap":
        made = Ground(BubblewrapRoom(course), bubblewrap_room.run(list(COMMAND), course=course.root))
    else:
        maker = DockerRoom(course)
        made = Ground(maker, maker.run(["python", "-c", IN_ROOM]))
    yield made
    made.close()
    del os.environ["GRADER_TEST_TOKEN"]


@pytest.fixture(scope="session")
def student(ground: Ground) -> Iterator[Cell]:
    """A capsule for probes that change nothing in it."""
    cell = ground.capsule(files={"data/readings.csv": b"t,v\n1,2\n"}, environment={"HOUSE": "mine"})
    yield cell
    cell.stop()


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file outside, with the secret."""
    path = tmp_path / "secret.txt"
    path.write_text(CANARY, encoding="utf-8")
    path.chmod(0o644)
    return path
