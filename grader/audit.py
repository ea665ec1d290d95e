"""Proves the checks: right answers get full marks, an untouched notebook none, wrong answers lose points and get hints.

A check that lets a wrong answer through is a bug of the course, so every defect here is one to be mended. For machines
(`grader audit --json`) the result is a list of `Verdict.data()`:

    {"exercise": "01.3", "kind": str, "id": str, "defect": str,
     "report": null | {"score": float, "points": float, "hints": [str], "failed": [str], "titles": [str],
                       "problem": str, "found": str, "seconds": float, "cases": str}}

`defect` is empty where all is well. What the other fields mean stands at `Verdict` and `audit_worker.Report`.
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
from grader.judge.room import seed_of
from grader.layout import CourseError, LabFiles
from labkit.checks import registry

WRONG_ANSWERS = 5
"""How many wrong answers an exercise has at least."""
RIGHT_ANSWERS = 2
"""How many right answers beside the reference an exercise has at least."""
COURSE_SEED = "audit"
"""Makes, with the name of a student, the seeds of the cases: the same ones in a plain process and in a capsule."""
STUDENTS = ("seed-0", "seed-1", "seed-2")
"""Students in whose name the reference is run: each gets other cases, and its result must not depend on them. All other
answers are the first one's."""
WAITING = 6
"""Child processes for each processor, by default: most of their time passes in waiting for time limits and faults."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the audit says about one answer, or about an exercise as a whole.

    Args:
        exercise: the exercise's id; the lab's number for what belongs to no exercise.
        kind: of an answer `"reference"`, `"noisy"`, `"untouched"`, `"right"` or `"wrong"`, and `"capsule"` if it got
            other points in a capsule. Of an exercise `"bank"` (a
            bank lacks something), `"criterion"` (no wrong answer fails it) or `"seeds"` (they do not make other cases).
            Of a lab `"hidden"` (a hidden case is in what students get).
        id: the answer's id, the bank, the criterion's title, the seeds or the file.
        report: what came of the answer, None for all else.
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


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run for an exercise, what is expected of it, and what the banks themselves lack.

    Args:
        job: the exercise.
        tasks: the answers to run.
        answers: the answer of a bank behind each task, None for the others.
        lacks: what the banks lack.
        whole: whether these are all answers: only then it can be said that a criterion was never failed.
    """

    job: Job
    tasks: list[Task]
    answers: list[answers.Answer | None]
    lacks: list[Verdict]
    whole: bool = True


def audit(labs: Sequence[LabFiles], *, exercises: Sequence[str] = (), jobs: int | None = None,
          progress: Callable[[str], None] = lambda _line: None) -> list[Verdict]:
    """Run every answer of labs, each in a plain process.

    Args:
        labs: the labs; their notebooks must be in step and released.
        exercises: ids of the exercises to run; all of the labs' when empty.
        jobs: how many child processes at once; six for each processor by default.
        progress: is told a line when an exercise is done.

    Returns:
        a verdict for each answer, and for what an exercise lacks, exercise by exercise.

    Raises:
        CourseError: a lab has no exercises, or its notebooks are not there.
    """
    wanted = {plan.job.exercise: plan for plan in plans(labs, exercises)}
    found: dict[str, list[Verdict]] = {}

    def done(exercise: str, reports: list[Report]) -> None:
        found[exercise] = verdicts(wanted[exercise], reports)
        progress(f"{exercise}: {len(reports)} answers, {sum(bool(verdict.defect) for verdict in found[exercise])} "
                 f"defects, {sum(report.seconds for report in reports):.0f} s of answers")

    Pool([(plan.job, plan.tasks) for plan in wanted.values()], done).run(jobs or WAITING * (os.cpu_count() or 1))
    return [verdict for exercise in wanted for verdict in found[exercise]]


def plans(labs: Sequence[LabFiles], exercises: Sequence[str] = ()) -> list[Plan]:
    """List what there is to run.

    Args:
        labs: the labs.
        exercises: ids of the exercises wanted; all of the labs' when empty.

    Raises:
        CourseError: a lab has no exercises, or its notebooks are not there.
    """
    return [plan for lab in labs for plan in _plans(lab) if not exercises or plan.job.exercise in exercises]


def _plans(lab: LabFiles) -> Iterator[Plan]:
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
        first, *_ = seeds = [seed_of(COURSE_SEED, student, exercise.id) for student in STUDENTS]
        tasks = [Task("reference", student, seed) for student, seed in zip(STUDENTS, seeds, strict=True)]
        tasks.append(Task("untouched", "untouched", first))
        if reference:
            tasks.append(Task("noisy", "noisy reference", first, namespace.noisy(reference)))
        behind: list[answers.Answer | None] = [None] * len(tasks)
        tasks += [Task("right", answer.id, first, answer.source) for answer in right]
        tasks += [Task("wrong", answer.id, first, answer.source) for answer in wrong]
        job = Job(exercise.id, str(lab.checks), str(lab.hidden), str(lab.solution), str(lab.released))
        lacks = [Verdict(exercise.id, "bank", name, defect=f"has {len(bank)} {name} answers, needs {least}")
                 for name, bank, least in (("wrong", wrong, WRONG_ANSWERS), ("right", right, RIGHT_ANSWERS))
                 if len(bank) < least]
        if not registry.hidden_cases(exercise.id):
            lacks.append(Verdict(exercise.id, "bank", "hidden", defect="has no hidden cases"))
        if not reference:
            lacks.append(Verdict(exercise.id, "bank", "reference", defect="the notebook has no answer to it"))
        yield Plan(job, tasks, [*behind, *right, *wrong], lacks)


def verdicts(plan: Plan, reports: Sequence[Report], *, seeds: bool = True) -> list[Verdict]:
    """Judge what came of an exercise's answers.

    Args:
        plan: the exercise.
        reports: what came of each task.
        seeds: whether the reports say which cases were drawn.
    """
    exercise = plan.job.exercise
    found = [Verdict(exercise, task.kind, task.id, report, _defect(task, report, answer))
             for task, report, answer in zip(plan.tasks, reports, plan.answers, strict=True)]
    never = _never_failed(exercise, found) if plan.whole else []
    return [*plan.lacks, *found, *never, *(_seeds(exercise, found) if seeds else [])]


def _defect(task: Task, report: Report, answer: answers.Answer | None) -> str:
    if report.problem and not (task.kind == "wrong" and report.problem.startswith("its cell ")):
        return report.problem
    scored = f"{report.score:g} of {report.points:g}"
    if task.kind == "untouched":
        return "" if report.score == 0 else f"an untouched notebook scores {scored}"
    if task.kind != "wrong" or answer is None:
        return "" if report.score == report.points else f"a right answer scores {scored}: {report.found}"
    if report.score >= report.points:
        return "a wrong answer gets full marks"
    if answer.most is not None and report.score > answer.most:
        return f"scores {scored}, and earns at most {answer.most:g}"
    if not answer.hint:
        return "declares no hint"
    if answer.hint not in report.hints:
        earned = ", ".join(report.hints) or "none"
        return f"should earn the hint {answer.hint!r}, earns {earned} ({report.problem or report.found})"
    return ""


def _never_failed(exercise: str, found: Sequence[Verdict]) -> list[Verdict]:
    """The criteria that no wrong answer fails: nobody has seen that they can."""
    reports = [(verdict.kind, verdict.report) for verdict in found if verdict.report and verdict.kind != "untouched"]
    titles = dict.fromkeys(title for _, report in reports for title in report.titles)
    failed = {title for kind, report in reports for title in report.failed if kind == "wrong"}
    return [Verdict(exercise, "criterion", title, defect="no wrong answer fails it: add one to the bank")
            for title in titles if title not in failed]


def _seeds(exercise: str, found: Sequence[Verdict]) -> list[Verdict]:
    """Each seed makes cases of its own, and makes the same ones again: the noisy run has the first reference's seed."""
    runs = [verdict.report for verdict in found if verdict.kind == "reference" and verdict.report]
    if any(report.score < report.points for report in runs):
        return []  # a check that stopped early has drawn fewer
    cases = [report.cases for report in runs]
    again = [verdict.report.cases for verdict in found
             if verdict.kind == "noisy" and verdict.report and verdict.report.score == verdict.report.points]
    name = ", ".join(STUDENTS)
    if len(set(cases)) < len(cases):
        return [Verdict(exercise, "seeds", name,
                        defect="make the same cases: draw some from world.random in grader/hidden/")]
    if again and again[0] != cases[0]:
        return [Verdict(exercise, "seeds", name, defect="the same seed makes other cases: draw them from world.random "
                                                        "alone, and the same number of them whatever an answer does")]
    return []
