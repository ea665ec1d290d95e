"""A submitted notebook, executed and judged: its cells in order, its checks from outside, hidden cases after the last.

Hidden cases run when every output of the notebook has been collected, so that no output can hold what they ask.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.judge import cards
from grader.judge.outputs import Outputs
from grader.judge.session import ALL_OUTPUTS, Session
from grader.judge.student import KernelStudent, definition
from labkit.checks import runner
from labkit.checks.earlier import mend_first
from labkit.checks.registry import CheckFunction, Exercise
from labkit.checks.result import Result
from labkit.checks.world import World

_CHECK = re.compile(r"check-(\d{1,2})-(\d{1,2})")
_NOT_PYTHON = frozenset({"SyntaxError", "IndentationError", "TabError"})


def checked(cell: Any) -> str:
    """Return the exercise that a cell checks, empty if it checks none.

    Args:
        cell: a cell whose nbgrader metadata is that of the release.
    """
    data = cell.metadata.get("nbgrader", {})
    found = _CHECK.fullmatch(str(data.get("grade_id", "")))
    if cell.cell_type != "code" or not data.get("grade") or found is None:
        return ""
    return f"{int(found[1]):02d}.{int(found[2])}"


def _decides(cell: Any) -> bool:
    """Whether nbgrader takes points from what this cell shows: then nothing of the student's may write it."""
    data = cell.metadata.get("nbgrader", {})
    return bool(data.get("grade")) and not data.get("solution")


def name_of(cell: Any) -> str:
    """Return the grade id of a cell, or its id."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id", ""))


@dataclass
class Notebook:
    """One submission in the hands of the judge.

    Args:
        cells: of the notebook; outputs are written into them.
        exercises: those of the lab, by id.
        hidden: hidden cases by exercise.
        session: the student's kernel, started.
        world: makes the world of an exercise's check.
        renew: has the services started anew.
        say: told which exercise is judged.
    """

    cells: Sequence[Any]
    exercises: Mapping[str, Exercise]
    hidden: Mapping[str, Sequence[CheckFunction]]
    session: Session
    world: Callable[[Exercise], World]
    renew: Callable[[], None]
    say: Callable[[str], None]
    results: dict[str, Result] = field(default_factory=dict)
    _texts: list[str] = field(default_factory=list)
    _broken: set[str] = field(default_factory=set)
    _deadly: set[int] = field(default_factory=set)
    _hard: set[str] = field(default_factory=set)
    _counts: dict[str, int] = field(default_factory=dict)
    _last: int | None = None

    def judge(self) -> dict[str, Result]:
        """Execute and judge all of it; return the result of each exercise. Nothing that the submission does raises.

        Raises:
            KitError: a kernel or a service cannot be started.
        """
        number = 0
        for index, cell in enumerate(self.cells):
            if cell.cell_type != "code":
                continue
            self.session.where = name_of(cell)
            exercise = self.exercises.get(checked(cell))
            if exercise is None and not cell.source.strip():
                cell.outputs, cell.execution_count = [], None
                continue
            number += 1
            cell.execution_count = number
            if exercise is None and _decides(cell):
                cell.outputs = _told("NoCheck", "The grader knows no check of this cell. Ask your instructor.")
                self.session.note("kit", "It gives points, and the grader knows no check of it.")
            elif exercise is None:
                self._execute(index, cell)
                _count(cell.outputs, number)
            elif exercise.id not in self.results:
                self._counts[exercise.id] = number
                self._public(index, exercise)
        self._missing()
        self._all_hidden()
        for cell in self.cells:
            if (result := self.results.get(checked(cell))) is not None:
                cell.outputs = cards.outputs(result, self._counts[result.exercise])
        return self.results

    def _execute(self, index: int, cell: Any) -> None:
        if not self.session.there() and not self._blame_the_last(index):
            cell.outputs = _told("NotExecuted", f"This cell did not run: {self.session.end}.")
            return
        self._last = index
        ran = self.session.execute(cell.source)
        outputs = Outputs(0, {})
        if ran.cut:
            outputs.note(f"The rest of what this cell shows was left out. A cell may show "
                         f"{self.session.limits.output:,} bytes, a notebook {ALL_OUTPUTS:,}.")
        if ran.state == "late":
            outputs.error("CellTimeoutError", f"This cell ran longer than {self.session.limits.cell:g} s "
                                              "and was interrupted.")
        if ran.state in {"hangs", "dead"}:
            outputs.error("DeadKernelError", f"This cell ended the notebook: {self.session.end}.")
        cell.outputs = [*ran.outputs, *outputs.all()]
        self._texts.append(cell.source)
        if ran.error in _NOT_PYTHON:
            self._broken.add(cell.source)
        if ran.state in {"hangs", "dead"}:
            self._deadly.add(index)
            self._revive(index)

    def _blame_the_last(self, index: int) -> bool:
        """Take the cell before for the one that has ended the kernel: it had died before it began with this one.

        Args:
            index: the cell that has its turn.

        Returns:
            whether there is a kernel again, in which that cell has not run.
        """
        if self._last is None or self._last in self._deadly:
            return False
        self._deadly.add(self._last)
        self.session.move_last_incident(name_of(self.cells[self._last]))
        self._revive(index - 1)
        return self.session.alive

    def _revive(self, index: int) -> None:
        """Have a new kernel with everything that came before, without the cells that ended one.

        Args:
            index: the cell after which the notebook goes on.
        """
        where = self.session.where
        while not self.session.alive and self.session.restart():
            self._replay(index)
        self.session.where = where

    def _replay(self, index: int) -> None:
        """Execute the cells up to one again, and keep what each check cell had before it; end at a death."""
        before = -1
        for place, cell in enumerate(self.cells[: index + 1]):
            if cell.cell_type != "code" or place in self._deadly:
                continue
            self.session.where = name_of(cell)
            if not self.session.there():
                self._deadly.add(before)
                return
            if exercise := self.exercises.get(checked(cell)):
                self._open(exercise, again=False)
            elif not _decides(cell):
                before = place
                self.session.execute(cell.source)
            if not self.session.alive:
                self._deadly.add(before)
                return

    def _open(self, exercise: Exercise, *, again: bool) -> None:
        self.session.ask({"do": "open", "exercise": exercise.id, "again": again}, seconds=self.session.limits.cell)

    def _student(self) -> KernelStudent:
        return KernelStudent(self.session, lambda name: definition(self._texts, name), self._garbled)

    def _garbled(self, _reason: str) -> None:
        # The reason may repeat what the kernel said, and that may be an input of a hidden case.
        self.session.note("forged answer", "The kernel answered a call with what the kit never answers.")

    def _public(self, index: int, exercise: Exercise) -> None:
        self.say(exercise.id)
        self._open(exercise, again=False)
        if not self.session.alive and self._blame_the_last(index):
            self._open(exercise, again=False)
        result = runner.run_public(exercise, self._student(), self.world(exercise))
        if result.problem is not None and exercise.services:
            # Perhaps the submission has filled or broken a service: once more with one that nobody has touched.
            self.renew()
            result = runner.run_public(exercise, self._student(), self.world(exercise))
        if result.problem is not None:
            self.session.note("kit", f"Exercise {exercise.id} could not be checked: {result.problem}")
        result.notes += self._outdated(exercise)
        result.first = mend_first(exercise, result, [(self.exercises[id], found) for id, found in self.results.items()],
                                  self._texts)
        self.results[exercise.id] = result
        if not self.session.alive:
            self._hard.add(exercise.id)
            self._revive(index)

    def _outdated(self, exercise: Exercise) -> list[str]:
        """Say which functions are older than the last cell that defines them, since that one is not Python."""
        notes = []
        for name in (signature.split("(")[0] for signature in exercise.functions):
            head = re.compile(rf"^def {re.escape(name)}\b", re.MULTILINE)
            states = [text in self._broken for text in self._texts if head.search(text)]
            if states and states[-1] and not all(states):
                notes.append(f"the cell with `def {name}` ended with an error when you ran it: "
                             "this is an older version")
        return notes

    def _missing(self) -> None:
        """Judge exercises whose check cell is not there; their points have no cell, so this is for the report only."""
        for exercise in self.exercises.values():
            if exercise.id not in self.results:
                self.session.note("missing cell", f"Exercise {exercise.id} has no check cell.")

    def _all_hidden(self) -> None:
        # What has ended a kernel already comes last: it can then take nothing from the others.
        self.session.more_time()
        if not self.session.alive:
            self._revive(len(self.cells) - 1)
        order = sorted(self.results, key=lambda id: (id in self._hard, *map(int, id.split("."))))
        for id in order:
            exercise, result = self.exercises[id], self.results[id]
            cases = self.hidden.get(id, ())
            if not cases or not any(line.state == "passed" for line in result.criteria) or result.problem:
                continue
            self.say(id)
            self.session.where = f"check-{id.replace('.', '-')}"
            self._open(exercise, again=True)
            runner.run_hidden(exercise, self._student(), self.world(exercise), result, cases)
            if result.problem is not None:
                self.session.note("kit", f"Hidden cases of exercise {id} could not be checked; its result says why.")
            if not self.session.alive and id != order[-1]:
                self._revive(len(self.cells) - 1)


def _count(outputs: list[dict[str, Any]], number: int) -> None:
    for output in outputs:
        if output["output_type"] == "execute_result":
            output["execution_count"] = number


def _told(name: str, text: str) -> list[dict[str, Any]]:
    outputs = Outputs(0, {})
    outputs.error(name, text)
    return outputs.all()
