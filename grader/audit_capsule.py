"""Runs the answers of an audit as submissions, in real rooms and capsules, and shows that both ways agree.

The plain audit calls an answer in the process of the check. `grader run` calls it in a capsule, from another process.
An answer must get the same points from both: a check that only works in one process would show here.

Each answer becomes a notebook of its own: the cells that make the lab's names, and the one check cell of its exercise.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from grader import namespace
from grader.audit import COURSE_SEED, STUDENTS, Plan, Verdict, verdicts
from grader.audit_worker import Report, Task
from grader.capsule.choose import choose
from grader.capsule.room import Room
from grader.layout import CourseFiles, LabFiles
from grader.submission import Graded, Submission
from labkit.checks import registry


def audit(course: CourseFiles, plans: Sequence[tuple[LabFiles, Plan]], *, jobs: int = 2,
          progress: Callable[[str], None] = lambda _line: None) -> list[Verdict]:
    """Run answers in capsules.

    Args:
        course: the course.
        plans: what to run, each with its lab. A reference's seed becomes a student: each has cases of their own.
        jobs: how many rooms at once.
        progress: is told a line when an exercise is done.

    Returns:
        a verdict for each answer, exercise by exercise.

    Raises:
        CourseError: this machine can make no capsules.
    """
    kind = choose()
    work: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
    reports: list[dict[int, Report]] = [{} for _ in plans]
    told = threading.Lock()
    for number, (_, plan) in enumerate(plans):
        for place in range(len(plan.tasks)):
            work.put((number, place))
    problems: list[BaseException] = []

    def serve() -> None:
        try:
            with Room(kind, course) as room:
                while not problems:
                    number, place = work.get_nowait()
                    lab, plan = plans[number]
                    report = _report(plan, room.grade(submission(lab, plan, plan.tasks[place])))
                    with told:
                        reports[number][place] = report
                        if len(reports[number]) == len(plan.tasks):
                            progress(f"{plan.job.exercise}: {len(plan.tasks)} answers in capsules")
        except queue.Empty:
            return
        except BaseException as error:
            problems.append(error)

    rooms = [threading.Thread(target=serve, name=f"audit-room-{number}") for number in range(jobs)]
    for room in rooms:
        room.start()
    for room in rooms:
        room.join()
    if problems:
        raise problems[0]
    return [verdict for (_, plan), found in zip(plans, reports, strict=True)
            for verdict in verdicts(plan, [found[place] for place in range(len(plan.tasks))], seeds=False)]


def sample(plan: Plan) -> Plan:
    """Keep of a plan a reference, the untouched notebook and one wrong answer: what continuous integration runs.

    Args:
        plan: of one exercise.
    """
    kinds = [task.kind for task in plan.tasks]
    kept = [kinds.index(kind) for kind in ("reference", "untouched", "wrong") if kind in kinds]
    return Plan(plan.job, [plan.tasks[place] for place in kept], [plan.answers[place] for place in kept], [],
                whole=False)


def submission(lab: LabFiles, plan: Plan, task: Task) -> Submission:
    """Make the submission that hands in one answer.

    Args:
        lab: the lab.
        plan: its exercise.
        task: the answer.
    """
    exercise = registry.find(plan.job.exercise)
    cells = namespace.cells(lab.released if task.kind == "untouched" else lab.solution)
    if task.source is not None:
        cells = namespace.replaced(cells, exercise.id, task.source)
    check = f"check-{exercise.id.replace('.', '-')}"
    notebook = new_notebook(cells=[
        *(_cell(cell.name, cell.source, solution=bool(cell.exercise)) for cell in cells),
        _cell(check, f'check("{exercise.id}")', points=exercise.points)])
    student = task.id if task.kind == "reference" else STUDENTS[0]
    return Submission(student, lab.folder, nbformat.writes(notebook), seed=COURSE_SEED)


def _cell(name: str, source: str, *, solution: bool = False, points: int | None = None) -> nbformat.NotebookNode:
    told = {"schema_version": 3, "grade_id": name, "locked": points is not None, "grade": points is not None,
            "solution": solution, "task": False}
    if points is not None:
        told["points"] = points
    cell = new_code_cell(source, metadata={"nbgrader": told})
    cell.id = name
    return cell


def _report(plan: Plan, graded: Graded) -> Report:
    points = registry.find(plan.job.exercise).points
    result = graded.results.get(plan.job.exercise)
    if graded.fault or result is None:
        told = "; ".join(incident.text for incident in graded.incidents)
        return Report(0, points, problem=graded.fault or f"it was not judged: {told}", seconds=graded.seconds)
    findings = [line["finding"] for line in result["criteria"] if line["finding"]]
    first = findings[0] if findings else None
    return Report(
        result["score"], points,
        hints=list(dict.fromkeys(finding["hint"]["id"] for finding in findings if finding["hint"])),
        failed=[line["title"] for line in result["criteria"] if line["state"] != "passed"],
        titles=[line["title"] for line in result["criteria"]],
        problem=result["problem"] or "",
        found=f"{first['call']} expected {first['expected']}, found {first['found']}" if first else "",
        seconds=graded.seconds,
    )


def disagreements(plain: Sequence[Verdict], capsule: Sequence[Verdict]) -> list[Verdict]:
    """List what is so in a capsule only: other points, other failures, and defects that a plain process does not show.

    Args:
        plain: of `grader.audit.audit`.
        capsule: of `audit`, the same answers or a part of them.
    """
    known = {(verdict.exercise, verdict.kind, verdict.id): verdict for verdict in plain}
    found = []
    for verdict in capsule:
        before = known.get((verdict.exercise, verdict.kind, verdict.id))
        if before is None or before.report is None or verdict.report is None:
            continue
        name = f"{verdict.kind} {verdict.id}"
        if verdict.defect and not before.defect:
            found.append(Verdict(verdict.exercise, "capsule", name, verdict.report, f"in a capsule: {verdict.defect}"))
        elif not before.report.problem and _judged(before.report) != _judged(verdict.report):
            found.append(Verdict(verdict.exercise, "capsule", name, verdict.report,
                                 f"in a capsule it scores {_told(verdict.report)}; in a plain process "
                                 f"{_told(before.report)}: {verdict.report.found or before.report.found}"))
    return found


def _judged(report: Report) -> tuple[float, set[str]]:
    return report.score, set(report.failed)


def _told(report: Report) -> str:
    return f"{report.score:g} and fails {', '.join(map(repr, report.failed)) or 'nothing'}"
