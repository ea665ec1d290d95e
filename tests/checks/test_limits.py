from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

import pytest

from labkit.checks.limits import Interrupted, TimeUp, limited


def spin() -> None:
    while True:
        pass


def spin_and_catch_everything() -> None:
    while True:
        try:
            time.sleep(0.01)
        except:  # noqa: E722
            continue


def spin_and_catch_twice() -> None:
    while True:
        try:
            try:
                time.sleep(0.01)
            except:  # noqa: E722
                time.monotonic()
        except:  # noqa: E722
            continue


def spin_with_finally() -> None:
    while True:
        try:
            time.sleep(0.01)
        finally:
            continue  # noqa: B012


def block_in_recv() -> None:
    one, other = socket.socketpair()
    with one, other:
        one.recv(1)


def wait_for_a_lock() -> None:
    threading.Event().wait()


LOOPS = [spin, spin_and_catch_everything, spin_and_catch_twice, spin_with_finally, block_in_recv, wait_for_a_lock]


@pytest.mark.parametrize("work", LOOPS, ids=lambda work: work.__name__)
def test_no_call_outlives_its_limit_in_the_main_thread(work: Callable[[], None]) -> None:
    started = time.monotonic()
    with pytest.raises(TimeUp):
        limited(work, 0.2)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("work", LOOPS[:2], ids=lambda work: work.__name__)
def test_a_limit_holds_in_another_thread(work: Callable[[], None]) -> None:
    seen: list[str] = []

    def elsewhere() -> None:
        try:
            limited(work, 0.2)
        except TimeUp:
            seen.append("time up")

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(60)
    assert seen == ["time up"]


def test_nothing_of_the_alarm_is_left() -> None:
    handlers = (signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGINT))
    tracing = sys.gettrace()
    for work in (spin_and_catch_everything, spin_and_catch_twice, spin_with_finally) * 5:
        with pytest.raises(TimeUp):
            limited(work, 0.02)
    assert limited(lambda: 5, 60.0) == 5
    assert (signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGINT)) == handlers
    assert sys.gettrace() is tracing
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    time.sleep(0.2)  # an alarm that was left would end the test here


def test_an_alarm_of_somebody_else_still_rings() -> None:
    rang: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: rang.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        limited(lambda: None, 60.0)
        deadline = time.monotonic() + 30
        while not rang and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rang


def test_a_keyboard_interrupt_of_the_code_is_not_the_keyboards() -> None:
    def pretend() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        limited(pretend, 60.0)
    with pytest.raises(Interrupted):
        limited(lambda: signal.raise_signal(signal.SIGINT), 60.0)


def test_the_value_and_the_exception_of_the_work_come_through() -> None:
    assert limited(lambda: "value", 60.0) == "value"
    with pytest.raises(ZeroDivisionError):
        limited(lambda: 1 / 0, 60.0)
