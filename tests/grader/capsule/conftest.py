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
from tests.conftest import stand_in
from tests.grader.capsule.ground import COMMAND, IN_ROOM, Cell, Ground

CANARY = "the instructor's secret 7c1f"


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> CourseFiles:
    """A course with all that no submission may see."""
    root = tmp_path_factory.mktemp("course")
    for name in ("gradebook.db", "submitted/ada/01/01.ipynb", "solutions/01/01.ipynb", "grader/hidden/lab01.py",
                 "grader/right_answers/lab01/ex1.answers", "labkit/checks/lab01.py", "labs/01/01.ipynb",
                 ".grader/seed"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CANARY, encoding="utf-8")
    return CourseFiles(root)


KINDS = [
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
    pytest.param("docker", marks=pytest.mark.docker("capsule")),
]


@pytest.fixture(scope="session")
def token() -> Iterator[None]:
    """A secret in the environment of the coordinator."""
    os.environ["GRADER_TEST_TOKEN"] = CANARY
    yield
    del os.environ["GRADER_TEST_TOKEN"]


@pytest.fixture(scope="session")
def bubblewrap_ground(course: CourseFiles, token: None) -> Iterator[Ground]:
    """A room of bubblewrap, warm for many tests."""
    made = Ground(BubblewrapRoom(course), bubblewrap_room.run(list(COMMAND), course=course.root))
    yield made
    made.close()


@pytest.fixture(scope="session")
def docker_ground(course: CourseFiles, token: None) -> Iterator[Ground]:
    """A room of Docker."""
    os.environ["GRADER_IMAGE"] = stand_in("capsule")
    maker = DockerRoom(course)
    made = Ground(maker, maker.run(["python", "-c", IN_ROOM]))
    yield made
    made.close()
    del os.environ["GRADER_IMAGE"]


@pytest.fixture(scope="session", params=KINDS)
def ground(request: pytest.FixtureRequest) -> Ground:
    """A room of each kind."""
    made: Ground = request.getfixturevalue(f"{request.param}_ground")
    return made


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
