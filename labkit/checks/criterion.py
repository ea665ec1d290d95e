"""Criteria: the promises that an exercise is made of, each worth points, each judged on its own."""

from __future__ import annotations

import contextlib
import contextvars
import time
from collections.abc import Iterator
from typing import Any

from labkit.checks.result import CriterionResult, Finding
from labkit.checks.show import show
from labkit.errors import KitError


class CriterionFailed(Exception):  # noqa: N818 - it is not an error of the program but the judgement of a check
    """A criterion is not met. It ends the `with criterion(...)` block, not the check.

    Args:
        finding: why.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"expected {finding.expected}; found {finding.found}")
        self.finding = finding


# What goes wrong in a check when a student's value has another shape than the check thought.
_ODD_SHAPE = (TypeError, KeyError, IndexError, AttributeError, ValueError)


class Recorder:
    """Keeps what the criteria of one running check say.

    Args:
        title: title of the exercise, for what happens outside any criterion.
        hidden: whether these are the hidden cases.
    """

    def __init__(self, title: str, *, hidden: bool = False) -> None:
        self.title = title
        self.hidden = hidden
        self.criteria: list[CriterionResult] = []
        self.ran = False
        """Whether any of the student's functions was there and really ran."""
        self.absent = False
        """Whether any function was missing or a stub."""
        self.called: set[str] = set()
        """Names of the student's functions that were called."""
        self.lost: Finding | None = None
        """Set when the process of the student's code has ended: from then on nothing happens, so nothing is met."""
        self._values: list[tuple[str, Any]] = []

    def saw(self, call: str, value: Any) -> None:
        """Note that the check has read a value of the student's; see `judge`."""
        self._values.append((call, value))

    @contextlib.contextmanager
    def judge(self, title: str, points: float) -> Iterator[CriterionResult]:
        """Run the block as one criterion.

        Raises:
            KitError: the check itself is broken or a service failed; never because of the student.
        """
        line = CriterionResult(title, points, hidden=self.hidden)
        self.criteria.append(line)
        self._values = []
        started = time.perf_counter()
        try:
            yield line
            if self.lost is not None:
                raise CriterionFailed(self.lost)
        except CriterionFailed as failed:
            line.finding = failed.finding
            line.state = "not written" if failed.finding.kind in {"missing", "stub"} else "failed"
        except KitError:
            line.state = "not checked"
            raise
        except Exception as error:
            line.state = "not checked"
            # The check read a value of the student's and then stumbled: the value has another shape than was asked for.
            if not self._values or not isinstance(error, _ODD_SHAPE):
                raise
            call, value = self._values[-1]
            line.state = "failed"
            line.finding = Finding(
                expected="a result of the shape that the exercise describes",
                found=f"{show(value)} ({type(error).__name__}: {error})",
                advice="compare the result with the example in the exercise.",
                call=call,
                kind="value",
            )
        finally:
            line.seconds = time.perf_counter() - started


_current: contextvars.ContextVar[Recorder | None] = contextvars.ContextVar("labkit_recorder", default=None)


def recorder() -> Recorder | None:
    """Return the recorder of the check that is running here, if any."""
    return _current.get()


@contextlib.contextmanager
def recording(to: Recorder) -> Iterator[Recorder]:
    """Let the criteria of the block report to a recorder."""
    token = _current.set(to)
    try:
        yield to
    finally:
        _current.reset(token)


@contextlib.contextmanager
def criterion(title: str, points: float = 0) -> Iterator[None]:
    """Judge the block as one criterion of the exercise: its first failure ends it, and the next criterion still runs.

    Args:
        title: the promise, as the student reads it: "`#` and `+` match as the standard says".
        points: what it is worth. In hidden cases it is left out: they decide on the points of the public criterion of
            that title.

    Raises:
        KitError: a service failed, or the check itself is broken.
        LookupError: it is used outside a check.
    """
    running = _current.get()
    if running is None:
        raise LookupError("criterion() works inside a check only")
    with running.judge(title, points):
        yield
