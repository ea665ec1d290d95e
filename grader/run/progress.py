"""Says how far a run is: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import IO, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

EVERY = 5.0
"""Seconds between two plain lines."""


class Reporter(Protocol):
    """Is told what happens in a run."""

    def begin(self, total: int) -> None:
        """The run begins; so many submissions are to be looked at."""

    def done(self, what: str, *, worked: bool) -> None:
        """One submission is dealt with; `worked` if it was judged now."""

    def say(self, line: str) -> None:
        """Something that a person should read."""

    def end(self) -> None:
        """The run is over."""


def reporter(stream: IO[str] | None = None) -> Reporter:
    """Return the reporter that fits a stream.

    Args:
        stream: where to; stderr by default.
    """
    stream = stream or sys.stderr
    return Bar(stream) if stream.isatty() else Lines(stream)


class _Rate:
    """Submissions a minute and the time left, from those that were judged: unchanged ones take no time."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.total = self.finished = self.judged = 0

    def text(self) -> str:
        seconds = time.monotonic() - self._started
        if not self.judged:
            return ""
        left = (self.total - self.finished) * seconds / self.judged
        return f"{60 * self.judged / seconds:.1f}/min, {_clock(left)} left"


def _clock(left: float) -> str:
    whole = round(left)
    hours, minutes, seconds = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class Lines:
    """Plain lines, a few a minute.

    Args:
        stream: where to.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream, self._rate, self._said = stream, _Rate(), time.monotonic()

    def begin(self, total: int) -> None:
        """See `Reporter`."""
        self._rate.total = total

    def done(self, what: str, *, worked: bool) -> None:
        """See `Reporter`."""
        self._rate.finished += 1
        self._rate.judged += worked
        last = self._rate.finished == self._rate.total
        if worked and (last or time.monotonic() - self._said >= EVERY):
            self._said = time.monotonic()
            self.say(f"{self._rate.finished}/{self._rate.total}  {what}  {self._rate.text()}")

    def say(self, line: str) -> None:
        """See `Reporter`."""
        print(line, file=self._stream, flush=True)

    def end(self) -> None:
        """See `Reporter`."""


class Bar:
    """A bar with rate and time left.

    Args:
        stream: the terminal.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._rate = _Rate()
        self._bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn(),
                             TimeElapsedColumn(), TextColumn("{task.fields[rate]}"), console=Console(file=stream),
                             transient=True)
        self._task = self._bar.add_task("grading", total=None, rate="")

    def begin(self, total: int) -> None:
        """See `Reporter`."""
        self._rate.total = total
        self._bar.update(self._task, total=total)
        self._bar.start()

    def done(self, what: str, *, worked: bool) -> None:
        """See `Reporter`."""
        self._rate.finished += 1
        self._rate.judged += worked
        self._bar.update(self._task, advance=1, description=what, rate=self._rate.text())

    def say(self, line: str) -> None:
        """See `Reporter`."""
        self._bar.console.print(line, markup=False, highlight=False)

    def end(self) -> None:
        """See `Reporter`."""
        self._bar.stop()
