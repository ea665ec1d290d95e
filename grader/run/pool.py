"""Rooms at work, many at once: a thread a slot, each with a room of its own that stays warm."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from grader.submission import Graded, Incident, Submission


class RoomLike(Protocol):
    """What a slot needs of a room (`grader.capsule.room.Room`)."""

    def grade(self, submission: Submission, progress: Callable[[str], None] = ...) -> Graded:
        """Judge a submission; whatever it does, nothing is raised."""

    def close(self) -> None:
        """End the room; a `grade` in another thread returns with a fault."""


class Pool(Protocol):
    """Judges submissions side by side."""

    slots: int

    def put(self, submission: Submission) -> None:
        """Hand in one more."""

    def get(self, timeout: float) -> tuple[Submission, Graded] | None:
        """Return one that is judged, in any order; None if there is none within the time, in seconds."""

    def withdraw(self) -> list[Submission]:
        """Take back what was not begun, as far as that can be told."""

    def close(self, *, now: bool = False) -> None:
        """End it. What was not begun is dropped; `now` drops what runs, too."""


def judged(room: RoomLike, submission: Submission, again: Callable[[], bool] = lambda: True) -> Graded:
    """Judge one submission. A fault of the grader is answered by one more try, in a fresh room.

    Args:
        room: where; a closed room starts anew.
        submission: what.
        again: whether a second try is wanted now.
    """
    first = room.grade(submission)
    if not first.fault or not again():
        return first
    room.close()
    second = room.grade(submission)
    told = "; ".join(first.fault.splitlines()[:2])
    if second.fault:
        return replace(second, fault=f"{second.fault}\n(The first try: {told})")
    incident = Incident("kit", "", f"The first try failed for a reason of the grader's, the second did not: {told}")
    return replace(second, incidents=[*second.incidents, incident])


class LocalPool:
    """Rooms on this machine.

    Args:
        make_room: makes a room; it is called once a slot, in the thread that uses it.
        slots: how many rooms.
    """

    def __init__(self, make_room: Callable[[], RoomLike], slots: int) -> None:
        self.slots = slots
        self._make = make_room
        self._waiting: queue.SimpleQueue[Submission | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Submission, Graded]] = queue.SimpleQueue()
        self._stopping = False
        self._rooms: list[RoomLike] = []
        # A room ends when the thread that started it ends, so each slot's thread lives as long as the pool.
        self._threads = [threading.Thread(target=self._serve, name=f"labkit-slot-{number}", daemon=True)
                         for number in range(slots)]
        for thread in self._threads:
            thread.start()

    def put(self, submission: Submission) -> None:
        """Hand in one more."""
        self._waiting.put(submission)

    def get(self, timeout: float) -> tuple[Submission, Graded] | None:
        """Return one that is judged; see `Pool`."""
        try:
            return self._done.get(timeout=timeout)
        except queue.Empty:
            return None

    def withdraw(self) -> list[Submission]:
        """Take back what was not begun; see `Pool`."""
        found = []
        with contextlib.suppress(queue.Empty):
            while (submission := self._waiting.get_nowait()) is not None:
                found.append(submission)
        return found

    def close(self, *, now: bool = False) -> None:
        """End it; see `Pool`."""
        self._stopping = True
        if now:
            closers = [threading.Thread(target=room.close) for room in list(self._rooms)]
            for closer in closers:
                closer.start()
            for closer in closers:
                closer.join()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        room = self._make()
        self._rooms.append(room)
        try:
            while (submission := self._waiting.get()) is not None and not self._stopping:
                try:
                    graded = judged(room, submission, lambda: not self._stopping)
                except Exception as error:
                    # A room raises for nothing that a submission does: this is a bug, and the others must go on.
                    graded = Graded(submission.student, submission.lab, submission.notebook,
                                    fault=f"{type(error).__name__}: {error}")
                    room.close()
                self._done.put((submission, graded))
        finally:
            room.close()
