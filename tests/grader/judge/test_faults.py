"""What is the grader's own fault, and what is not: exercises that are made in this file, and services that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from nbformat import v4, writes

from grader.capsule.launcher import ROOM, Kernel, Launcher, LaunchError, launcher
from grader.judge import services
from grader.judge.room import judge, seed_of
from grader.submission import Graded, Limits, Submission
from labkit.checks import Student, World, criterion
from labkit.checks.registry import exercise, hidden
from labkit.errors import KitError
from tests.grader.judge.notebooks import COURSE

tried: list[int] = []


@exercise("94.1", points=2, title="Meet a service that fails once", services=("mqtt",))
def fails_once(student: Student, world: World) -> None:
    """The broker is another one the second time."""
    tried.append(world.mqtt.port)
    if len(tried) == 1:
        raise KitError("The broker does not answer.")
    student.call("port", world.mqtt).gives(world.mqtt.port)


@exercise("94.2", points=2, title="Meet a check that is broken")
def broken(student: Student, world: World) -> None:
    """Always."""
    student.call("port", world.seed)
    raise ZeroDivisionError("secret 31337")


@exercise("94.3", points=2, title="Meet hidden cases that are broken")
def half_broken(student: Student, world: World) -> None:
    """Its public cases work."""
    with criterion("it is there", points=2):
        student.call("port", 5)


@hidden("94.3")
def broken_too(student: Student, world: World) -> None:
    """Always."""
    student.call("port", world.seed)
    raise ZeroDivisionError("secret 31337")


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Launcher:
    """Kernels without capsules: these notebooks are harmless."""
    monkeypatch.setenv(ROOM, "none")
    tried.clear()
    return launcher()


def run(
    made: Launcher, number: int, *, say: Callable[[str], None] = lambda _text: None, answer: str = ""
) -> Graded:
    data = {"grade": True, "grade_id": f"check-94-{number}", "locked": True, "points": 2, "schema_version": 3,
            "solution": False}
    cells = [v4.new_code_cell("def port(broker):\n    return getattr(broker, 'port', 0)", id="answer"),
             v4.new_code_cell(answer, id="dies"),
             v4.new_code_cell("check()", metadata={"nbgrader": data}, id=f"check-94-{number}")]
    text = str(writes(v4.new_notebook(cells=cells)))
    return judge(Submission("ann", "94-faults", text, limits=Limits(cell=20)), COURSE, made, say)


def test_a_check_whose_service_fails_is_tried_again_with_another_one(own: Launcher) -> None:
    said: list[str] = []
    graded = run(own, 1, say=said.append)
    assert (graded.fault, graded.results["94.1"]["score"], said) == ("", 2, ["94.1"])
    assert len(set(tried)) == 2


@pytest.mark.parametrize("number", [2, 3])
def test_a_broken_check_is_told_to_the_instructor_and_costs_its_own_points_only(own: Launcher, number: int) -> None:
    graded = run(own, number)
    result = graded.results[f"94.{number}"]
    assert (graded.fault, result["score"], result["state"]) == ("", 0, "not checked")
    assert "secret 31337" in result["problem"]
    assert [incident.kind for incident in graded.incidents] .count("kit") == 1
    assert ("secret 31337" in graded.notebook) is (number == 2)


def test_a_service_that_cannot_be_started_is_a_fault(own: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PROVIDERS", ())
    graded = run(own, 1)
    assert "mqtt cannot be started in a room" in graded.fault
    assert graded.results == {}


class Nothing:
    """A launcher on a machine that can make no capsules: what a real one raises then."""

    def start(self, files: Mapping[str, bytes],  # noqa: ARG002
              environment: Mapping[str, str],  # noqa: ARG002
              limits: Limits) -> Kernel:  # noqa: ARG002
        """Fail."""
        raise LaunchError("no capsule can be made here")


def test_a_capsule_that_cannot_be_made_is_a_fault() -> None:
    assert "no capsule can be made here" in run(Nothing(), 3).fault


class Tired:
    """A launcher that makes one capsule, and then none for some time: as after a submission that has filled the room.

    Args:
        failures: how often it fails after the first.
    """

    def __init__(self, failures: int) -> None:
        self.starts, self.failures = 0, failures

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str], limits: Limits) -> Kernel:
        """Start one, or fail."""
        self.starts += 1
        if 1 < self.starts <= 1 + self.failures:
            raise LaunchError("the room is full")
        return launcher().start(files, environment, limits)


@pytest.mark.parametrize(("failures", "score"), [(1, 2), (2, 0)])
def test_a_kernel_that_cannot_be_started_again_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, failures: int, score: int
) -> None:
    monkeypatch.setenv(ROOM, "none")
    tried[:] = [0]  # the check of 94.1 works
    graded = run(Tired(failures), 1, answer="import os\nos._exit(1)")
    assert (graded.fault, graded.results["94.1"]["score"]) == ("", score)
    assert ("kit" in {incident.kind for incident in graded.incidents if incident.cell == "dies"}) is (score == 0)


def test_a_seed_belongs_to_a_course_a_student_and_an_exercise() -> None:
    words = [("a", "b", "01.1"), ("a", "b", "01.2"), ("a", "c", "01.1"), ("ab", "", "01.1")]
    assert len({seed_of(*each) for each in words}) == 4
    assert seed_of("a", "b", "01.1") == seed_of("a", "b", "01.1")
