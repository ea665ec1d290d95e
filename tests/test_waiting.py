from __future__ import annotations

import threading
import time

import pytest

from labkit.waiting import wait_until


def test_the_first_true_answer_is_the_result() -> None:
    answers = iter([None, 0, "", "there"])
    assert wait_until(lambda: next(answers), 5, what="an answer") == "there"


def test_an_answer_that_stays_false_ends_with_what_was_waited_for() -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"the moon: not within 0\.05 s"):
        wait_until(lambda: False, 0.05, what="the moon")
    assert time.monotonic() - started >= 0.05


def test_an_event_of_another_thread_is_noticed() -> None:
    happened = threading.Event()
    timer = threading.Timer(0.05, happened.set)
    timer.start()
    assert wait_until(happened.is_set, 5, what="the event")
    timer.join()
