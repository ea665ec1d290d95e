"""The coordinator's end of a room: its line, its patience, its death.

The judges here are a few lines of Python, because they must die, fall silent and break their line at a given moment;
their processes and pipes are real. The real judge is in tests/grader/judge and tests/hostile.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.capsule import room as rooms
from grader.capsule.choose import Kind
from grader.capsule.plain_room import PlainRoom
from grader.capsule.room import Room
from grader.capsule.starter import start
from grader.layout import CourseFiles
from grader.submission import Limits, Submission
from tests.grader.capsule.ground import GUARD

HEAD = """
import json, os, sys, time
def say(**message):
    print(json.dumps(message), flush=True)
def graded(told, text="judged"):
    submission = told["submission"]
    return {"student": submission["student"], "lab": submission["lab"], "notebook": text, "results": {}, "seeds": {},
            "incidents": [{"kind": "time", "cell": "a", "text": str(os.getpid())}], "seconds": 1.5, "fault": ""}
for line in sys.stdin:
    told = json.loads(line)
    student = told["submission"]["student"]
"""
GOOD = "    say(progress='01.1'); say(graded=graded(told))\n"
SUBMISSION = Submission("ada", "01", "{}", limits=Limits(submission=1.0))


class Scripted(PlainRoom):
    """Rooms whose judge is a given text."""

    def __init__(self, course: CourseFiles, code: str) -> None:
        super().__init__(course)
        self._code = code

    def start(self) -> subprocess.Popen[bytes]:
        """Start it."""
        return start([sys.executable, "-c", HEAD + self._code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                     stderr=subprocess.PIPE, start_new_session=True)

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer what a room needs."""
        return {"answered": asked["need"]}


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Callable[[str], Room]:
    def made(code: str) -> Room:
        monkeypatch.setattr(rooms, "maker", lambda _kind, course: Scripted(course, code))
        room = Room(Kind.NONE, CourseFiles(tmp_path))
        request.addfinalizer(room.close)
        return room

    return made


def test_one_warm_room_judges_one_submission_after_the_other(make: Callable[[str], Room]) -> None:
    room, seen = make(GOOD), []
    first, second = room.grade(SUBMISSION, seen.append), room.grade(SUBMISSION)
    assert (first.notebook, first.fault, seen) == ("judged", "", ["01.1"])
    assert first.incidents[0].text == second.incidents[0].text, "another process has judged the second"


def test_a_room_gets_what_it_asks_for(make: Callable[[str], Room]) -> None:
    room = make("    say(need='kernel'); got = json.loads(sys.stdin.readline())\n"
                "    say(graded=graded(told, got['answered']))\n")
    assert room.grade(SUBMISSION).notebook == "kernel"


def test_a_room_that_dies_is_a_fault_with_its_last_words_and_is_made_anew(make: Callable[[str], Room]) -> None:
    room = make("    if student == 'bob': print('out of luck', file=sys.stderr); os._exit(3)\n" + GOOD)
    before = room.grade(SUBMISSION)
    fault = room.grade(Submission("bob", "01", "{}")).fault
    assert "ended with status 3" in fault
    assert "out of luck" in fault
    after = room.grade(SUBMISSION)
    assert after.fault == ""
    assert after.incidents[0].text != before.incidents[0].text


def test_a_silent_room_is_ended(make: Callable[[str], Room]) -> None:
    room = make("    if student == 'bob': time.sleep(600)\n" + GOOD)
    with pytest.MonkeyPatch.context() as patch:  # the next one may take its time to start
        patch.setattr(rooms, "MARGIN", 0.5)
        assert "said nothing" in room.grade(Submission("bob", "01", "{}", limits=Limits(submission=0.5))).fault
    assert room.grade(SUBMISSION).fault == ""


@pytest.mark.parametrize("line", ["'not json'", "json.dumps({'graded': {'student': 1}})", "json.dumps({'graded': 7})"])
def test_a_line_that_makes_no_sense_is_a_fault(make: Callable[[str], Room], line: str) -> None:
    room = make(f"    print({line}, flush=True)\n")
    assert room.grade(SUBMISSION).fault
    assert room.grade(SUBMISSION).fault


def test_a_judge_that_cannot_start_is_a_fault(make: Callable[[str], Room]) -> None:
    assert "SyntaxError" in make("    this is no Python").grade(SUBMISSION).fault


def test_a_room_can_be_closed_while_it_judges(make: Callable[[str], Room]) -> None:
    room, begun, found = make("    say(progress='begun'); time.sleep(600)\n"), threading.Event(), []
    judging = threading.Thread(target=lambda: found.append(room.grade(SUBMISSION, lambda _text: begun.set())))
    judging.start()
    assert begun.wait(GUARD)
    room.close()
    judging.join(GUARD)
    assert found
    assert found[0].fault


def test_an_interruption_ends_the_room_and_is_passed_on(make: Callable[[str], Room]) -> None:
    def interrupt(_text: str) -> None:
        raise KeyboardInterrupt

    room = make(GOOD)
    with pytest.raises(KeyboardInterrupt):
        room.grade(SUBMISSION, interrupt)
    assert room.grade(SUBMISSION).fault == ""


def test_closing_twice_or_an_unused_room_does_nothing(make: Callable[[str], Room]) -> None:
    room = make(GOOD)
    room.close()
    room.grade(SUBMISSION)
    room.close()
    room.close()
