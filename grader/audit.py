"""Proves the checks: right answers get full marks, an untouched notebook none, wrong answers lose points and get hints.

A check that lets a wrong answer through is a bug of the course, so every defect here is one to be mended.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

from grader import answers, namespace, sources
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
PATIENCE = 90.0
"""Seconds that one answer may take, services' start included. Its calls have shorter limits of their own."""


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
        jobs: how many exercises at once; the number of processors by default.
        progress: is told a line when an exercise is done.

    Returns:
        a verdict for each answer, exercise by exercise.

    Raises:
        CourseError: a lab has no exercises, or its notebooks are not there.
    """
    plans = [plan for lab in labs for plan in _plans(lab) if not exercises or plan[0].exercise in exercises]

    def work(plan: tuple[Job, dict[int, str], list[Verdict]]) -> list[Verdict]:
        job, expected, verdicts = plan
        began = time.monotonic()
        reports = _run(job)
        verdicts = verdicts + [
            Verdict(job.exercise, task.kind, task.id, report, _defect(task, report, expected.get(report.index, "")))
            for task, report in zip(job.tasks, reports, strict=True)]
        progress(f"{job.exercise}: {len(reports)} answers, {sum(bool(v.defect) for v in verdicts)} defects, "
                 f"{time.monotonic() - began:.1f} s")
        return verdicts

    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        return [verdict for found in pool.map(work, plans) for verdict in found]


def _plans(lab: LabFiles) -> Iterator[tuple[Job, dict[int, str], list[Verdict]]]:
    """For each exercise: what to run, the hints that wrong answers declare, and what the banks themselves lack."""
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
        first_wrong = len(tasks)
        tasks += [Task("wrong", answer.id, 0, answer.source) for answer in wrong]
        job = Job(exercise.id, str(lab.checks), str(lab.hidden), str(lab.solution), str(lab.released), tasks)
        lacks = [Verdict(exercise.id, "bank", name, defect=f"has {len(bank)} {name} answers, needs {least}")
                 for name, bank, least in (("wrong", wrong, WRONG_ANSWERS), ("right", right, RIGHT_ANSWERS))
                 if len(bank) < least]
        if not registry.hidden_cases(exercise.id):
            lacks.append(Verdict(exercise.id, "bank", "hidden", defect="has no hidden cases"))
        if not reference:
            lacks.append(Verdict(exercise.id, "bank", "reference", defect="the notebook has no answer to it"))
        yield job, {first_wrong + place: answer.hint for place, answer in enumerate(wrong)}, lacks


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


def _run(job: Job) -> list[Report]:
    """Run a job in child processes: one, and another one after each answer that takes its process down."""
    reports: list[Report] = []
    while len(reports) < len(job.tasks):
        done = len(reports)
        rest = replace(job, tasks=job.tasks[done:])
        fault = "the process that runs the answers ended without a word"
        running = -1
        for line in _lines(rest):
            if "score" in line:
                reports.append(replace(Report(**line), index=len(reports)))
            elif "runs" in line:
                running = line["runs"]
            else:
                fault = str(line["broken"]).strip()
        if len(reports) == done and running < 0:
            # Nothing could be run at all: that holds for the remaining answers too.
            return reports + [Report(index, 0, 1, problem=fault) for index in range(done, len(job.tasks))]
        if len(reports) < len(job.tasks):
            reports.append(Report(len(reports), 0, 1, problem=fault))
    return reports


def _lines(job: Job) -> Iterator[dict[str, Any]]:
    """The lines of one child process, until it ends or is silent for too long."""
    process = subprocess.Popen([sys.executable, "-m", "grader.audit_worker"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, encoding="utf-8")
    heard: queue.Queue[str | None] = queue.Queue()
    listener = threading.Thread(target=_listen, args=(process, heard), daemon=True)
    listener.start()
    try:
        assert process.stdin is not None
        process.stdin.write(job.dumps() + "\n")
        process.stdin.close()
        while True:
            try:
                line = heard.get(timeout=PATIENCE)
            except queue.Empty:
                yield {"broken": f"nothing came of it within {PATIENCE:g} s"}
                return
            if line is None:
                return
            yield json.loads(line)
    finally:
        process.kill()
        process.wait()
        listener.join()
        if process.stdout is not None:
            process.stdout.close()


def _listen(process: subprocess.Popen[str], heard: queue.Queue[str | None]) -> None:
    if process.stdout is not None:
        for line in process.stdout:
            heard.put(line)
    heard.put(None)


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
