"""Time limits for a call of the student's code, in the process in which it runs.

In the main thread an alarm signal raises `TimeUp`, again and again until the call gives up: it derives from
BaseException,
and once the time is over the lines of the call's own frames raise it too, so that a bare `except:` in a loop is left
as well.
Elsewhere (another thread, Windows) the call runs in a thread of its own, into which `TimeUp` is thrown; a thread that
is
blocked in the operating system is left behind.
"""

from __future__ import annotations

import contextvars
import ctypes
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")
_AGAIN = 0.25
"""Seconds between two alarms when the first was swallowed. Longer than a library waits in C between two looks at
signals (psycopg: 0.1 s), since it begins its wait anew with each alarm."""
_GRACE = 1.0
"""Seconds that a thread gets to end after its time is over."""
_jitter = random.Random()
"""Of the moments of alarms. Not the seeded generator of a check: they must differ, and nothing else depends on them."""


class TimeUp(BaseException):
    """Thrown into a call whose time is over."""


class Interrupted(BaseException):
    """The person at the keyboard interrupted the cell; the student's code did not do it."""


def limited(work: Callable[[], T], seconds: float) -> T:
    """Run the work, but not longer than the limit.

    Args:
        work: what to run.
        seconds: the limit.

    Raises:
        TimeUp: the time was over.
        Interrupted: a SIGINT came while the work ran.
        BaseException: whatever the work raised.
    """
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        return _by_alarm(work, seconds)
    return _by_thread(work, seconds)


class _Alarm:
    """Raises TimeUp in the frames between the work and whatever it runs now."""

    def __init__(self, boundary: FrameType | None) -> None:
        self.armed = True
        self.rang = False
        self.boundary = boundary

    def ring(self, _number: int, frame: FrameType | None) -> None:
        if not self.armed:
            return
        if self.rang:
            # The first one was swallowed. From now on every line of the frames raises, handlers included.
            while frame is not None and frame is not self.boundary:
                frame.f_trace = self.trace
                frame = frame.f_back
            sys.settrace(self.trace)
        self.rang = True
        raise TimeUp

    def trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        inside: FrameType | None = frame
        while inside is not None and inside is not self.boundary:
            inside = inside.f_back
        if not self.armed or inside is None or frame.f_code.co_filename == __file__:
            return None
        if event == "line":
            # Python ends tracing when a trace function raises: the next alarm comes soon, at no fixed distance.
            signal.setitimer(signal.ITIMER_REAL, _jitter.uniform(1e-6, 4e-5), _AGAIN)
            raise TimeUp
        return self.trace


def _by_alarm(work: Callable[[], T], seconds: float) -> T:
    alarm = _Alarm(sys._getframe())
    tracing = sys.gettrace()
    keyboard: list[bool] = []

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        # Tells a SIGINT from a KeyboardInterrupt that the work raises itself.
        keyboard.append(True)
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if callable(before):
        signal.signal(signal.SIGINT, interrupt)
    handler = signal.signal(signal.SIGALRM, alarm.ring)
    started = time.monotonic()
    outer, repeat = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        try:
            return work()
        finally:
            # First of all: an alarm that rings from here on must not break off the tidying up.
            alarm.armed = False
    except KeyboardInterrupt:
        if keyboard:
            raise Interrupted from None
        raise
    finally:
        alarm.armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if callable(before):
            signal.signal(signal.SIGINT, before)
        if sys.gettrace() is not tracing:
            sys.settrace(tracing)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(outer - (time.monotonic() - started), 0.001), repeat)


def _by_thread(work: Callable[[], T], seconds: float) -> T:
    box: list[tuple[bool, Any]] = []
    context = contextvars.copy_context()

    def run() -> None:
        try:
            box.append((True, context.run(work)))
        except BaseException as error:  # it is raised again in the caller's thread
            box.append((False, error))

    thread = threading.Thread(target=run, name="labkit-call", daemon=True)
    thread.start()
    thread.join(seconds)
    until = time.monotonic() + _GRACE
    late = thread.is_alive()
    while thread.is_alive() and time.monotonic() < until:
        if thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(TimeUp))
        thread.join(_AGAIN)
    if late or not box:
        raise TimeUp
    good, value = box[0]
    if not good:
        raise value
    result: T = value
    return result
