"""A child process of `grader audit`: runs the answers to exercises, one after the other.

It reads lines of JSON on stdin until that ends. A line with an exercise (`Job`) lets it start the services that this
needs and do not run yet, and say `{"ready": true}`; each other line is an answer (`Task`) to that exercise, and is
answered with a line (`Report`). Whatever answers print goes nowhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, ClassVar

from grader import exercises, namespace
from labkit.checks import limits, registry, runner
from labkit.checks.student import LocalStudent
from labkit.checks.world import World
from labkit.errors import LabkitError
from labkit.services import start

DEFINING = 60.0
"""Seconds that the cells of an answer may take to define their names."""


@dataclass(frozen=True, slots=True)
class Task:
    """One answer to run.

    Args:
        kind: `"reference"`, `"noisy"`, `"untouched"`, `"right"` or `"wrong"`.
        id: the answer's id in its bank, or the kind.
        seed: of the random cases.
        source: the answer's text; None runs the notebook as it is.
    """

    kind: str
    id: str
    seed: int
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """An exercise that a child process serves.

    Args:
        exercise: its id.
        checks: file of the public cases, used when `labkit.checks` has none of that lab.
        hidden: file of the hidden cases; it may be missing.
        solution: the notebook with solutions.
        released: the notebook that students get.
    """

    exercise: str
    checks: str
    hidden: str
    solution: str
    released: str


@dataclass(frozen=True, slots=True)
class Report:
    """What came of one answer.

    Args:
        score: points earned with public and hidden cases.
        points: the most that can be earned.
        hints: ids of the hints that it earned.
        failed: titles of the criteria that it does not meet.
        titles: titles of all criteria.
        problem: why it could not be checked, empty if it could.
        found: what the first finding says, for the report.
        seconds: how long it took.
        cases: a digest of the random numbers that made its cases; "" if none were drawn.
    """

    score: float
    points: float
    hints: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    problem: str = ""
    found: str = ""
    seconds: float = 0.0
    cases: str = ""


class _Noted(random.Random):
    """A source of random cases that notes what was drawn from it."""

    def __init__(self, like: random.Random, note: Callable[[str], None]) -> None:
        super().__init__()
        self.note: Callable[[str], None] = note
        self.setstate(like.getstate())

    def random(self) -> float:
        number = super().random()
        self.note(f"{number!r};")
        return number

    def getrandbits(self, k: int, /) -> int:
        number = super().getrandbits(k)
        self.note(f"{number};")
        return number


class _NotedWorld(World):
    """A world that notes all random cases, of whatever source: the hidden ones have one of their own."""

    @property
    def random(self) -> random.Random:
        """The source of the cases."""
        return self._noted

    @random.setter
    def random(self, source: random.Random) -> None:
        self._noted = _Noted(source, self._note)

    def _note(self, text: str) -> None:
        if not hasattr(self, "_digest"):
            self._digest = hashlib.sha256()
        self._digest.update(text.encode())

    @property
    def cases(self) -> str:
        """A digest of what was drawn."""
        return self._digest.hexdigest()[:16] if hasattr(self, "_digest") else ""


class _Exercise:
    """An exercise that is ready to be answered.

    Args:
        job: which one.
        services: keeps the services that are started for it until this process ends.
    """

    _labs: ClassVar[set[str]] = set()
    """Labs whose checks and hidden cases are known."""

    def __init__(self, job: Job, services: contextlib.ExitStack) -> None:
        lab = job.exercise.split(".")[0]
        if lab not in self._labs:
            exercises.load(lab, Path(job.checks), Path(job.hidden))
            self._labs.add(lab)
        self._exercise = registry.find(job.exercise)
        self._solution, self._released = (namespace.cells(Path(name)) for name in (job.solution, job.released))
        self._endpoints = {}
        if self._exercise.services:
            needs: dict[str, Any] = {name: list(wanted) for name, wanted in self._exercise.capabilities.items()}
            there = services.enter_context(start(*self._exercise.services, **needs))
            self._endpoints = {name: there[name] for name in self._exercise.services}

    def judge(self, task: Task) -> Report:
        """Run one answer.

        Args:
            task: the answer.
        """
        cells = self._released if task.kind == "untouched" else self._solution
        if task.source is not None:
            cells = namespace.replaced(cells, self._exercise.id, task.source)
        return _judge(self._exercise, cells, _NotedWorld(self._endpoints, seed=task.seed))


def run(asked: Iterable[str], say: IO[str]) -> None:
    """Prepare exercises and run answers to them, one for each line.

    Args:
        asked: where exercises and answers come from; an exercise is the first.
        say: where the reports go.
    """
    with contextlib.ExitStack() as services:
        exercise: _Exercise | None = None
        for line in asked:
            words = json.loads(line)
            if "exercise" in words:
                exercise = _Exercise(Job(**words), services)
                answer: dict[str, Any] = {"ready": True}
            else:
                assert exercise is not None, "an exercise comes first"
                answer = asdict(exercise.judge(Task(**words)))
            print(json.dumps(answer), file=say, flush=True)


def _judge(exercise: registry.Exercise, cells: list[namespace.Cell], world: _NotedWorld) -> Report:
    started = time.perf_counter()
    try:
        names = limits.limited(lambda: namespace.build(cells), DEFINING)
    except limits.TimeUp:
        return Report(0, exercise.points, problem=f"its cell runs longer than {DEFINING:g} s")
    except BaseException as error:
        # A cell that raises defines less than it should; a student sees the traceback below the cell itself.
        told = traceback.format_exception_only(error)[-1].strip()
        return Report(0, exercise.points, problem=f"its cell raises {told}")
    student = LocalStudent(names, limit=exercise.limit, signature=exercise.signature)
    result = runner.run(exercise, student, world, hidden=registry.hidden_cases(exercise.id))
    findings = result.findings
    return Report(
        result.score, exercise.points,
        hints=[hint.id for hint in result.hints],
        failed=[line.title for line in result.criteria if line.state != "passed"],
        titles=[line.title for line in result.criteria],
        problem=result.problem or "",
        found=f"{findings[0].call} expected {findings[0].expected}, found {findings[0].found}" if findings else "",
        seconds=round(time.perf_counter() - started, 3),
        cases=world.cases,
    )


def main() -> None:
    """Serve what stdin asks for."""
    say = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    try:
        run(sys.stdin, say)
    except LabkitError as error:
        print(json.dumps({"broken": str(error)}), file=say, flush=True)
    except Exception as error:
        told = "".join(traceback.format_exception(error)[-2:])
        print(json.dumps({"broken": told}), file=say, flush=True)
    # A wrong answer may have left a thread that never ends, and this process must.
    say.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
