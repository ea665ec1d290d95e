"""Every attempt gains, sees and harms nothing; the student after it is graded as if nothing had happened.

Most of an attempt's time is waiting for limits, so several run at once, each with a room of its own. What an attempt
harms outside may then be told of another one that ran at the same time.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from grader.capsule.choose import Kind
from grader.capsule.room import Room
from grader.layout import CourseFiles
from labkit.waiting import wait_until
from tests.conftest import NEEDS
from tests.hostile import harness, table
from tests.hostile.conftest import daemons
from tests.hostile.harness import POINTS, Attempt, Watch
from tests.hostile.scales import Scales

ATTEMPTS = harness.attempts()
AT_ONCE = 3
Face = Callable[[Room, Attempt], list[str]]


@pytest.fixture(scope="module")
def face(course: CourseFiles, watch: Watch, facts: Mapping[str, object]) -> Face:
    """Let a room grade an attempt and the honest student after it; say what is not as it must be."""

    def facing(room: Room, attempt: Attempt) -> list[str]:
        lab = harness.lab_of(course, attempt.lab)
        with Scales(lambda: room._process.pid if room._process else None) as scales:
            graded = room.grade(harness.submission(lab, attempt, facts))
        problems = harness.wrong_with(attempt, graded)
        if scales.most > attempt.most_memory:
            problems.append(f"the room with all its processes held {scales.most:.0f} MB")
        number = attempt.neighbour or attempt.lab
        after = room.grade(harness.neighbour(harness.lab_of(course, number)))
        if harness.scores(after) != POINTS[number] or after.fault or after.incidents:
            told = [harness.findings(after, exercise) for exercise in POINTS[number]]
            problems.append(f"the next student has {harness.scores(after)}: {after.fault} {told}")
        elif "left over: [] False" not in harness.text_of(after):
            problems.append(f"the next student found something: {harness.text_of(after)[-600:]}")
        wait_until(lambda: not daemons(watch.id), 30, what="the end of the attempt's processes")
        return problems + watch.harm()

    return facing


@pytest.fixture(scope="module")
def faced(
    request: pytest.FixtureRequest, course: CourseFiles, rooms: Callable[[Kind], Room], face: Face
) -> Iterator[Mapping[str, Future[list[str]]]]:
    """What comes of each attempt that was chosen to run, by its name."""
    items = [item for item in request.session.items if getattr(item, "originalname", "") == ATTEMPT]
    chosen = [item.callspec.params["attempt"] for item in items
              if not any(NEEDS[mark.name][0]() for mark in item.iter_markers() if mark.name in NEEDS)]
    of_thread, made = threading.local(), list[Room]()

    def in_own_room(attempt: Attempt) -> list[str]:
        if not hasattr(of_thread, "room"):
            of_thread.room = Room(Kind.BUBBLEWRAP, course)
            made.append(of_thread.room)
        return face(of_thread.room, attempt)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        coming = {attempt.name: pool.submit(in_own_room, attempt) for attempt in chosen}
        yield coming
        for each in coming.values():
            each.cancel()
        for room in made:
            room.close()


@pytest.mark.bubblewrap
@pytest.mark.parametrize("attempt", [
    pytest.param(attempt, id=attempt.name, marks=[pytest.mark.cpp] if attempt.lab == "93" else [])
    for attempt in ATTEMPTS
])
def test_an_attempt_comes_to_nothing(attempt: Attempt, faced: Mapping[str, Future[list[str]]]) -> None:
    if problems := faced[attempt.name].result():
        pytest.fail("\n".join(problems), pytrace=False)


ATTEMPT = test_an_attempt_comes_to_nothing.__name__


@pytest.mark.docker("capsule")
@pytest.mark.parametrize("name", [attempt.name for attempt in ATTEMPTS if attempt.docker])
def test_an_attempt_comes_to_nothing_in_docker(
    name: str, rooms: Callable[[Kind], Room], face: Face, faced: Mapping[str, Future[list[str]]]
) -> None:
    wait(faced.values())
    problems = face(rooms(Kind.DOCKER), next(attempt for attempt in ATTEMPTS if attempt.name == name))
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.mark.bubblewrap
@pytest.mark.cpp
def test_the_target_gives_full_points_to_honest_answers(course: CourseFiles, rooms: Callable[[Kind], Room]) -> None:
    for number, points in POINTS.items():
        graded = rooms(Kind.BUBBLEWRAP).grade(harness.neighbour(harness.lab_of(course, number)))
        assert (graded.fault, harness.scores(graded)) == ("", points)


def test_there_are_at_least_forty_attempts_and_each_says_what_it_tries() -> None:
    assert len(ATTEMPTS) >= 40
    assert all(attempt.tries and attempt.attacks for attempt in ATTEMPTS)


@pytest.mark.parametrize("text", ["QuartzZebra", "arbezztrauq", b"a quartzzebra".hex(), "Y2FuYXJ5LTVkMWU4Yw"])
def test_a_leak_is_seen_in_whatever_form(text: str) -> None:
    assert harness.leaked(f"… {text} …")


def test_the_readme_lists_every_attempt() -> None:
    assert table.README.read_text(encoding="utf-8").endswith(table.made()), "run: python -m tests.hostile.table"


@pytest.mark.bubblewrap
def test_a_leftover_would_be_seen(course: CourseFiles, rooms: Callable[[Kind], Room]) -> None:
    leave = 'import os\nos.makedirs("some")\nopen("some/hostile", "x").close()'
    graded = rooms(Kind.BUBBLEWRAP).grade(harness.neighbour(harness.lab_of(course, "91"), leave))
    assert "left over: [] False" not in harness.text_of(graded)
    assert "some/hostile" in harness.text_of(graded)


def test_a_connection_to_the_host_would_be_seen(watch: Watch, faced: Mapping[str, Future[list[str]]]) -> None:
    wait(faced.values())  # none of them shall be taken for it
    with socket.create_connection(("127.0.0.1", watch.address[1]), 30) as link:
        link.sendall(b"hostile was here")
        wait_until(lambda: watch.connections, 30, what="the server's note")
    assert watch.harm()
    watch.connections.clear()


def test_a_changed_file_would_be_seen(watch: Watch, faced: Mapping[str, Future[list[str]]]) -> None:
    wait(faced.values())
    canary = watch.outside / "canary.txt"
    canary.write_text("changed", encoding="utf-8")
    try:
        assert watch.harm() == [f"{canary} was changed"]
    finally:
        canary.write_text(harness.SECRET, encoding="utf-8")
    assert not watch.harm()
