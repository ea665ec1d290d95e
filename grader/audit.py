"""Proves the checks: right answers get full marks, an untouched notebook none, wrong answers lose points and get hints.

A check that lets a wrong answer through is a bug of the course, so every defect here is one to be mended.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from grader import answers, namespace, sources
from grader.audit_pool import Pool
from grader.audit_worker import Job, Report, Task
from grader.exercises import of
from grader.layout import CourseError, LabFiles
from labkit.checks import registry

WRONG_ANSWERS = 5
"""How many wrong answers an exercise has at least."""
RIGHT_ANSWERS = 1
"""How many right answers beside the reference an exercise has at least."""
SEEDS = (0, 1)
"""Seeds with which the reference is run: its result must not depend on them."""
WAITING = 6
"""Child processes for each processor, by default: most of their time passes in waiting for time limits and faults."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the audit says about one answer.

    Args:
        exercise: the exercise's id.
        kind: `"reference"`, `"noisy"`, `"untouched"`, `"right"` or `"wrong"`; `"bank"` for the banks as a whole.
        id: the answer's id.
        report: what came of it, None for a bank.
        defect: what is wrong with the course, empty if nothing is.
    """

    exercise: str
    kind: str
    id: str
    report: Report | None = None
    defect: str = ""

    def data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return asdict(self)


def audit(labs: Sequence[LabFiles], *, exercises: Sequence[str] = (), jobs: int | None = None,
          progress: Callable[[str], None] = lambda _line: None) -> list[Verdict]:
    """Run every answer of labs.

    Args:
        labs: the labs; their notebooks must be in step and released.
        exercises: ids of the exercises to run; all of the labs' when empty.
        jobs: how many child processes at once; six for each processor by default.
        progress: is told a line when an exercise is done.

    Returns:
        a verdict for each answer, exercise by exercise.

    Raises:
        CourseError: a lab has no exercises, or its notebooks are not there.
    """
    plans = {plan.job.exercise: plan for lab in labs for plan in _plans(lab)
             if not exercises or plan.job.exercise in exercises}
    found: dict[str, list[Verdict]] = {}

    def done(exercise: str, reports: list[Report]) -> None:
        plan = plans[exercise]
        found[exercise] = plan.lacks + [
            Verdict(exercise, task.kind, task.id, report, _defect(task, report, hint))
            for task, report, hint in zip(plan.tasks, reports, plan.hints, strict=True)]
        progress(f"{exercise}: {len(reports)} answers, {sum(bool(verdict.defect) for verdict in found[exercise])} "
                 f"defects, {sum(report.seconds for report in reports):.0f} s of answers")

    Pool([(plan.job, plan.tasks) for plan in plans.values()], done).run(jobs or WAITING * (os.cpu_count() or 1))
    return [verdict for exercise in plans for verdict in found[exercise]]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to run for an exercise, the hint that each answer declares, and what the banks themselves lack."""

    job: Job
    tasks: list[Task]
    hints: list[str]
    lacks: list[Verdict]


def _plans(lab: LabFiles) -> Iterator[_Plan]:
    found = of(lab)
    if not found:
        raise CourseError(f"{lab.folder} has no exercises.", f"write them in labkit/checks/lab{lab.number}.py.")
    if not sources.in_step(lab) or not lab.released.is_file():
        raise CourseError(f"The notebooks of {lab.folder} are not in step with its source.",
                          "run `grader sources` and `grader release`.")
    solution = namespace.cells(lab.solution)
    for exercise in found:
        reference = "\n\n".join(cell.source for cell in solution if cell.exercise == exercise.id)
        right = answers.read(lab.answers("right", exercise.id))
        wrong = answers.read(lab.answers("wrong", exercise.id))
        tasks = [Task("reference", f"seed {seed}", seed) for seed in SEEDS]
        tasks.append(Task("untouched", "untouched", 0))
        if reference:
            tasks.append(Task("noisy", "noisy reference", 0, namespace.noisy(reference)))
        tasks += [Task("right", answer.id, 0, answer.source) for answer in right]
        hints = [""] * len(tasks) + [answer.hint for answer in wrong]
        tasks += [Task("wrong", answer.id, 0, answer.source) for answer in wrong]
        job = Job(exercise.id, str(lab.checks), str(lab.hidden), str(lab.solution), str(lab.released))
        lacks = [Verdict(exercise.id, "bank", name, defect=f"has {len(bank)} {name} answers, needs {least}")
                 for name, bank, least in (("wrong", wrong, WRONG_ANSWERS), ("right", right, RIGHT_ANSWERS))
                 if len(bank) < least]
        if not registry.hidden_cases(exercise.id):
            lacks.append(Verdict(exercise.id, "bank", "hidden", defect="has no hidden cases"))
        if not reference:
            lacks.append(Verdict(exercise.id, "bank", "reference", defect="the notebook has no answer to it"))
        yield _Plan(job, tasks, hints, lacks)


def _defect(task: Task, report: Report, hint: str) -> str:
    if report.problem and not (task.kind == "wrong" and report.problem.startswith("its cell ")):
        return report.problem
    scored = f"{report.score:g} of {report.points:g}"
    if task.kind == "untouched":
        return "" if report.score == 0 else f"an untouched notebook scores {scored}"
    if task.kind != "wrong":
        return "" if report.score == report.points else f"a right answer scores {scored}: {report.found}"
    if report.score >= report.points:
        return "a wrong answer gets full marks"
    if not hint:
        return "declares no hint"
    if hint not in report.hints:
        earned = ", ".join(report.hints) or "none"
        return f"should earn the hint {hint!r}, earns {earned} ({report.problem or report.found})"
    return ""


def table(verdicts: Sequence[Verdict]) -> str:
    """Draw the result for a terminal: a line for each exercise, then the defects.

    Args:
        verdicts: of one audit.
    """
    lines = [f"{'exercise':9}{'reference':>10}{'untouched':>10}{'noisy':>7}{'right':>9}{'wrong':>9}{'seconds':>9}"]
    for exercise in dict.fromkeys(verdict.exercise for verdict in verdicts):
        own = [verdict for verdict in verdicts if verdict.exercise == exercise and verdict.report]
        cells = []
        for kind in ("reference", "untouched", "noisy", "right", "wrong"):
            of_kind = [verdict for verdict in own if verdict.kind == kind]
            cells.append(f"{sum(not verdict.defect for verdict in of_kind)}/{len(of_kind)}")
        seconds = sum(verdict.report.seconds for verdict in own if verdict.report)
        lines.append(f"{exercise:9}{cells[0]:>10}{cells[1]:>10}{cells[2]:>7}{cells[3]:>9}{cells[4]:>9}{seconds:>9.1f}")
    defects = [verdict for verdict in verdicts if verdict.defect]
    # What cannot run at all, no answer can: said once.
    same: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in defects:
        same.setdefault((verdict.exercise, verdict.defect), []).append(verdict)
    for (exercise, defect), found in same.items():
        lines.append(f"{exercise} {', '.join(f'{verdict.kind} {verdict.id}' for verdict in found)}: {defect}")
    unmoved = never_failed(verdicts)
    lines += [f"{exercise}: no wrong answer fails {title!r}" for exercise, title in unmoved]
    lines.append(f"{sum(verdict.report is not None for verdict in verdicts)} answers, {len(defects)} defects")
    return "\n".join(lines)


def never_failed(verdicts: Sequence[Verdict]) -> list[tuple[str, str]]:
    """List the criteria that no wrong answer fails: nobody has seen that they can.

    Args:
        verdicts: of one audit.

    Returns:
        exercise and title of each.
    """
    titles: dict[tuple[str, str], bool] = {}
    for verdict in verdicts:
        if verdict.report is None or verdict.kind == "untouched":
            continue
        for title in verdict.report.titles:
            key = (verdict.exercise, title)
            titles[key] = titles.get(key, False) or (verdict.kind == "wrong" and title in verdict.report.failed)
    return [key for key, moved in titles.items() if not moved]
