"""The judge with real kernels: without a capsule for harmless notebooks, in a room of Bubblewrap for the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from grader.capsule.launcher import ROOM, launcher
from grader.judge.room import judge
from grader.submission import Graded, Limits
from tests.grader.judge.notebooks import COURSE, SHORT, submission

Judge = Callable[..., Graded]


@pytest.fixture(scope="session")
def judged() -> Judge:
    """Judges a notebook in this process; only for notebooks that do no harm."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, ROOM, "none")
        made = launcher()

    def run(text: str, limits: Limits = SHORT, student: str = "ann") -> Graded:
        graded = judge(submission(text, limits, student), COURSE, made, lambda _exercise: None)
        assert not graded.fault
        return graded

    return run


@pytest.fixture(scope="module")
def confined() -> Iterator[Judge]:
    """Judges a notebook in a room of Bubblewrap, the same for all tests of a module."""
    from grader.capsule.choose import Kind
    from grader.capsule.room import Room
    from grader.layout import CourseFiles

    with Room(Kind.BUBBLEWRAP, CourseFiles(COURSE)) as room:
        def run(text: str, limits: Limits = SHORT, student: str = "ann") -> Graded:
            graded = room.grade(submission(text, limits, student))
            assert not graded.fault
            return graded

        yield run
