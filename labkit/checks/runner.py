"""Runs the check of one exercise: public cases, then hidden ones, and adds up the points."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator, Sequence

from labkit.checks.criterion import CriterionFailed, Recorder, recording
from labkit.checks.registry import CheckFunction, Exercise
from labkit.checks.result import CriterionResult, Finding, Result
from labkit.checks.student import Student
from labkit.checks.world import World
from labkit.errors import KitError


def run(exercise: Exercise, student: Student, world: World, *, hidden: Sequence[CheckFunction] = ()) -> Result:
    """Run a check and say how it went; the student and the world are tidied up, whatever happens.

    Args:
        exercise: what is checked.
        student: whose code is checked.
        world: the services, with the seed of the cases.
        hidden: further cases that decide on the same criteria.

    Returns:
        The result. If the kit failed, `problem` says how, and the score says nothing.
    """
    result = run_public(exercise, student, world)
    run_hidden(exercise, student, world, result, hidden)
    return result


def run_public(exercise: Exercise, student: Student, world: World) -> Result:
    """Run the public cases only; see `run`."""
    result = Result(exercise.id, exercise.title, exercise.points, seed=world.seed)
    with _checking(exercise, student, world) as after:
        public = _judge(exercise.run, exercise, student, world, result)
        result.criteria = _with_points(public, exercise, result)
        result.called = frozenset(public.called)
        untouched = bool(result.criteria) and all(line.state == "not written" for line in result.criteria)
        result.written = (public.ran or not public.absent) and not untouched
    result.notes += after.notes
    result.seconds = after.seconds
    return result


def run_hidden(exercise: Exercise, student: Student, world: World, result: Result,
               hidden: Sequence[CheckFunction]) -> None:
    """Let hidden cases decide on the result of the public ones. Their random cases do not depend on those.

    Nothing is run if it could change nothing: if no criterion is met so far.

    Args:
        exercise: what is checked.
        student: whose code is checked.
        world: the services, with the seed of the cases.
        result: of `run_public`; it is changed.
        hidden: the hidden cases.
    """
    if not hidden or not result.written or result.problem is not None:
        return
    if not any(line.state == "passed" for line in result.criteria):
        return
    world.random = random.Random(f"{world.seed}/hidden")
    with _checking(exercise, student, world) as after:
        recorders = [_judge(cases, exercise, student, world, result, hidden=True) for cases in hidden]
        result.criteria = _joined(result.criteria, recorders, result)
    result.hidden_notes += after.notes
    result.hidden_seconds = after.seconds
    result.hidden_problem = result.problem is not None


class _After:
    """What is known when a check has ended: remarks, and its seconds."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.seconds = 0.0


@contextlib.contextmanager
def _checking(exercise: Exercise, student: Student, world: World) -> Iterator[_After]:
    """Give the student the exercise's limits, and tidy up the student's objects and the world at the end."""
    after = _After()
    started = time.perf_counter()
    before = (student.limit, student.signature)
    student.limit, student.signature = exercise.limit, exercise.signature
    try:
        yield after
    finally:
        student.limit, student.signature = before
        after.notes += [f"still running after the check: {name}" for name in student.release()]
        after.notes += world.close()
        after.seconds = time.perf_counter() - started


def _judge(
    cases: CheckFunction,
    exercise: Exercise,
    student: Student,
    world: World,
    result: Result,
    *,
    hidden: bool = False,
) -> Recorder:
    with recording(Recorder(exercise.title, hidden=hidden)) as recorder:
        recorder.lost = student.lost()
        try:
            cases(student, world)
        except CriterionFailed as failed:
            recorder.criteria.append(_outside(failed.finding, exercise.title, hidden))
        except KitError as error:
            result.problem = str(error)
        except Exception as error:
            trace = error.__traceback__
            while (
                trace is not None
                and trace.tb_next is not None
                and "labkit/checks/lab" not in trace.tb_frame.f_code.co_filename
            ):
                trace = trace.tb_next
            where = f" (line {trace.tb_lineno} of {trace.tb_frame.f_code.co_filename})" if trace else ""
            result.problem = f"The check of {exercise.id} is broken: {type(error).__name__}: {error}{where}"
    return recorder


def _outside(finding: Finding, title: str, hidden: bool) -> CriterionResult:
    state = "not written" if finding.kind in {"missing", "stub"} else "failed"
    return CriterionResult(title, 0, state, finding, hidden=hidden)  # type: ignore[arg-type]


def _with_points(recorder: Recorder, exercise: Exercise, result: Result) -> list[CriterionResult]:
    """Return the criteria with the points that they are worth; an exercise without `criterion` is one criterion."""
    criteria = recorder.criteria
    stray = [line for line in criteria if line.points == 0 and line.finding is not None]
    if not any(line.points for line in criteria) and result.problem is None:
        if len(criteria) > 1 or (criteria and criteria[0] not in stray and criteria[0].title != exercise.title):
            result.problem = f"The check of {exercise.id} is broken: its criteria have no points."
            return criteria
        line = criteria[0] if criteria else CriterionResult(exercise.title, exercise.points)
        line.points = exercise.points
        return [line]
    declared = sum(line.points for line in criteria)
    if stray and declared < exercise.points:
        # The check ended before its other criteria: their points go with the failure that ended it.
        stray[-1].points = exercise.points - declared
    elif abs(declared - exercise.points) > 1e-9 and result.problem is None:
        sums = f"its criteria have {declared:g} points, the exercise has {exercise.points}"
        result.problem = f"The check of {exercise.id} is broken: {sums}."
    return criteria


def _joined(public: list[CriterionResult], recorders: Sequence[Recorder], result: Result) -> list[CriterionResult]:
    """Let hidden criteria decide on the public ones of the same title."""
    by_title = {line.title: line for line in public}
    for recorder in recorders:
        for line in recorder.criteria:
            target = by_title.get(line.title)
            if target is None and line.finding is not None and line.title == recorder.title:
                target = next((candidate for candidate in public if candidate.state == "passed"), None)
            if target is None:
                result.problem = (
                    f"The hidden cases of {result.exercise} have a criterion that is not public: {line.title!r}."
                )
                return public
            if line.state != "passed" and target.state == "passed":
                target.state, target.finding, target.hidden = line.state, line.finding, True
    return public
