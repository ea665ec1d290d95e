"""A part in a process of its own: what it answers, and what is said when it does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from labkit import parts_text
from labkit.errors import StudentError
from labkit.processes import NotRunError, PartProcess, spawn
from labkit.waiting import wait_until

PART = '''
import os
import signal
import time
from dataclasses import dataclass


@dataclass
class Moment:
    second: int


class Stage:
    def __init__(self, first, *, second=2):
        self.stats = {"made of": (first, second), "moments": [Moment(3)]}

    def start(self):
        print("it starts")
        if self.stats["made of"][0] == "unwritten":
            raise NotImplementedError
        if self.stats["made of"][0] == "away":
            raise ConnectionError("no Kafka at x:9092")

    def add(self, number):
        return number + 1

    def leave(self):
        print("last words")
        os._exit(3)

    def add_late(self, number, owner):
        os.kill(owner, signal.SIGALRM)
        time.sleep(0.3)
        return number + 1

    def loop(self):
        while True:
            pass

    def stop(self):
        print("it stops")
'''


@pytest.fixture(autouse=True)
def _part() -> Iterator[None]:
    parts_text.forget()
    parts_text.keep("f2", PART)
    yield
    parts_text.forget()


@pytest.fixture
def stage() -> Iterator[PartProcess]:
    made = spawn("f2", "Stage", 1)
    yield made
    made.kill()


def test_it_is_made_and_started_and_answers_in_plain_data(stage: PartProcess) -> None:
    assert stage.stats == {"made of": (1, 2), "moments": ["Moment(second=3)"]}
    assert stage.call("add", 4) == 5
    assert stage.alive
    assert stage.pid != os.getpid()
    assert stage.log == ["it starts"]


def test_it_is_asked_to_stop_before_it_ends(stage: PartProcess) -> None:
    stage.stop()
    stage.stop()
    assert stage.log[-1] == "it stops"
    assert not stage.alive


def test_a_killed_one_stops_nothing_and_answers_no_more(stage: PartProcess) -> None:
    stage.kill()
    stage.kill()
    assert not stage.alive
    with pytest.raises(StudentError, match="was killed"):
        stage.call("add", 1)
    assert "it stops" not in stage.log


def test_one_that_died_says_its_last_lines(stage: PartProcess) -> None:
    with pytest.raises(StudentError, match=r"exit code 3(.|\n)*last words"):
        stage.call("leave")
    with pytest.raises(StudentError, match="exit code 3"):
        stage.call("add", 1)


def test_an_endless_loop_ends_with_its_process(stage: PartProcess) -> None:
    with pytest.raises(StudentError, match="did not answer"):
        stage.call("loop", timeout=0.2)
    assert not stage.alive


def test_an_answer_that_nobody_waits_for_any_more_is_not_that_of_the_next_question(stage: PartProcess) -> None:
    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            stage.call("add_late", 1, os.getpid())
    finally:
        signal.signal(signal.SIGALRM, before)
    assert stage.call("add", 10) == 11


def test_what_start_raises_is_raised_here() -> None:
    with pytest.raises(NotImplementedError):
        spawn("f2", "Stage", "unwritten")
    with pytest.raises(ConnectionError, match="no Kafka at x:9092"):
        spawn("f2", "Stage", "away")


def test_a_cell_that_has_not_run_is_named() -> None:
    with pytest.raises(NotRunError, match="define no Sink"):
        spawn("f2", "Sink")
    with pytest.raises(NotRunError, match="No `%%part shelly` cell has run"):
        spawn("shelly", "Sink")


def test_a_text_that_needs_the_notebook_says_what_it_lacks() -> None:
    parts_text.keep("f2", "started = notebook_name", cell_id="ex-08-9")
    with pytest.raises(StudentError, match=r"do not run by themselves.*NameError.*notebook_name(.|\n)*imports too"):
        spawn("f2", "Stage", 1)


def test_a_cell_that_ran_again_takes_its_place() -> None:
    parts_text.keep("f2", "class Stage:\n    stats = 'new'", cell_id="ex-08-5")
    made = spawn("f2", "Stage")
    assert made.stats == "new"
    made.kill()


def test_only_plain_data_goes_over(stage: PartProcess) -> None:
    with pytest.raises(StudentError, match="plain data"):
        stage.call("add", lambda: 1)


def test_it_ends_with_its_owner_however_that_ends() -> None:
    program = (
        "import signal, sys; from labkit import parts_text; from labkit.processes import spawn\n"
        "parts_text.keep('f2', 'class Stage:\\n    pass')\n"
        "print(spawn('f2', 'Stage').pid, flush=True); signal.pause()")
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    child = int(owner.stdout.readline())
    owner.send_signal(signal.SIGKILL)
    owner.communicate(timeout=30)
    wait_until(lambda: _gone(child), 30, what="the end of the process")


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123 - a zombie is gone, too
        return stat.read().rpartition(")")[2].split()[0] == "Z"
