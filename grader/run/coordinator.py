"""One run: finds what is to be graded, keeps the rooms busy, records what they say, and can be stopped and resumed."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from grader.layout import CourseFiles, LabFiles
from grader.run import intake, results
from grader.run.files import only_one
from grader.run.intake import HandedIn
from grader.run.ledger import Ledger
from grader.run.pool import Pool
from grader.run.progress import Reporter
from grader.run.recorder import Recorder, RecordError, clear_staging
from grader.run.registry import register
from grader.run.settings import KEPT, Settings
from grader.run.state import States
from grader.run.summary import Entry, Summary
from grader.submission import Graded, Submission

_ASK = 0.2
"""Seconds between two looks at whether the run is to stop."""
AHEAD = 2
"""Submissions that are made ready before a slot is free."""

Key = tuple[str, str]
"""Lab and student."""


def grade(course: CourseFiles, labs: Sequence[LabFiles], make_pool: Callable[[Settings], Pool], reporter: Reporter, *,
          students: Sequence[str] = (), force: bool = False) -> Summary:
    """Grade what is in the submitted folder and not graded yet.

    Args:
        course: the course.
        labs: the labs to look at.
        make_pool: starts what judges; it is called only if there is something to judge.
        reporter: is told how far the run is.
        students: only these; all when empty.
        force: grade also what did not change.

    Raises:
        CourseError: the course, its settings or its gradebook cannot be used, or another run is at work.
    """
    with only_one(course.root / KEPT / "run.lock"):
        clear_staging(course.root / KEPT)
        settings = Settings(course)
        try:
            ledger = Ledger(settings.folders.db_url, settings.folders.course_id)
            try:
                return _Run(settings, ledger, make_pool, reporter, force).run(labs, students)
            finally:
                ledger.end()
        finally:
            settings.close()


class _Run:
    def __init__(self, settings: Settings, ledger: Ledger, make_pool: Callable[[Settings], Pool], reporter: Reporter,
                 force: bool) -> None:
        self._settings, self._ledger, self._reporter = settings, ledger, reporter
        self._make_pool, self._force = make_pool, force
        self._recorder, self._states = Recorder(settings, ledger), States(settings)
        self._summary = Summary()
        self._entries: dict[Key, Entry] = {}
        self._due: dict[str, tuple[datetime | None, dict[str, datetime | None]]] = {}
        self._running: dict[Key, tuple[HandedIn, str]] = {}
        self._stop = _Stop(reporter)

    def run(self, labs: Sequence[LabFiles], students: Sequence[str]) -> Summary:
        started = time.monotonic()
        todo = self._choose(labs, students)
        if todo:
            with self._stop:
                self._grade(todo)
        self._summary.entries = list(self._entries.values())
        self._summary.seconds = time.monotonic() - started
        return self._summary

    def _choose(self, labs: Sequence[LabFiles], students: Sequence[str]) -> deque[tuple[LabFiles, str]]:
        """Find what is to be graded. An entry is made for everything, in order; what is to be graded is `dropped`."""
        todo: deque[tuple[LabFiles, str]] = deque()
        listed = self._ledger.student_ids()
        unlisted: set[str] = set()
        seen: set[str] = set()
        for lab in labs:
            found = intake.students(self._settings, lab)
            chosen = [student for student in found if not students or student in students]
            seen.update(chosen)
            if not chosen:
                continue
            if register(self._settings, self._ledger, lab):
                self._summary.notes.append(f"{lab.folder} was not in the gradebook and was registered there.")
            self._summary.points[lab.folder] = self._ledger.points(lab.folder)
            graded = self._ledger.graded(lab.folder)
            self._due[lab.folder] = self._ledger.due_dates(lab.folder)
            for student in chosen:
                if student not in listed:
                    unlisted.add(student)
                    if not self._recorder.adds_students:
                        self._entries[lab.folder, student] = Entry(
                            student, lab.folder, "unlisted",
                            why=f"is not in the class list. Try: nbgrader db student add {student}")
                        continue
                if student in graded and not self._force and self._unchanged(lab, student):
                    continue
                self._entries[lab.folder, student] = Entry(student, lab.folder, "dropped")
                todo.append((lab, student))
        self._note(labs, students, seen, listed, unlisted)
        return todo

    def _unchanged(self, lab: LabFiles, student: str) -> bool:
        made_of = results.state(self._settings.course, lab, student)
        notebook = self._settings.folder("autograded", student, lab.folder) / f"{lab.folder}.ipynb"
        if not made_of or not notebook.is_file():
            return False
        if self._state(intake.take(self._settings, lab, student)) != made_of:
            return False
        record = results.read_one(self._settings.course, lab, student)
        self._entries[lab.folder, student] = Entry(student, lab.folder, "unchanged", record)
        return True

    def _state(self, handed_in: HandedIn) -> str:
        usual, of_students = self._due[handed_in.lab.folder]
        return self._states.of(handed_in, of_students.get(handed_in.student, usual))

    def _note(self, labs: Sequence[LabFiles], students: Sequence[str], seen: set[str], listed: set[str],
              unlisted: set[str]) -> None:
        notes = self._summary.notes
        if not seen:
            place = self._settings.folder("submitted", "STUDENT", "LAB")
            names = ", ".join(lab.folder for lab in labs)
            notes.append(f"There is no submission of {names}. They are looked for in {place}/LAB.ipynb: "
                         "`nbgrader collect LAB` brings them there, `nbgrader zip_collect LAB` from an archive.")
        missing = [student for student in students if student not in seen]
        if seen and missing:
            notes.append(f"No submission of {', '.join(missing)}.")
        if listed and unlisted and self._recorder.adds_students:
            notes.append(f"Not in the class list, and added to it: {', '.join(sorted(unlisted))}. "
                         "Names and addresses come with `nbgrader db student import FILE.csv`.")

    def _grade(self, todo: deque[tuple[LabFiles, str]]) -> None:
        pool = self._make_pool(self._settings)
        self._summary.slots = pool.slots
        self._reporter.begin(len(todo))
        try:
            while todo or self._running:
                if self._stop.level:
                    self._summary.stopped = True
                    todo.clear()
                    for submission in pool.withdraw():
                        self._running.pop((submission.lab, submission.student))
                    if self._stop.level > 1:
                        break
                while todo and len(self._running) < pool.slots + AHEAD and not self._stop.level:
                    self._begin(pool, *todo.popleft())
                if self._running and (done := pool.get(_ASK)) is not None:
                    self._finish(*done)
        finally:
            pool.close(now=self._stop.level > 1)
            self._reporter.end()

    def _begin(self, pool: Pool, lab: LabFiles, student: str) -> None:
        handed_in, state, fault = HandedIn(student, lab), "", ""
        try:
            handed_in = intake.take(self._settings, lab, student)
            state = self._state(handed_in)
            handed_in = intake.opened(handed_in)
            if not handed_in.problem:
                try:
                    submission = self._recorder.prepare(handed_in)
                    self._running[lab.folder, student] = handed_in, state
                    pool.put(submission)
                    return
                except RecordError as error:
                    handed_in = intake.refused(handed_in, f"The notebook cannot be graded: {error}.")
            submission = self._recorder.stand_in(handed_in)
        except Exception as error:
            self._running.pop((lab.folder, student), None)
            submission = Submission(student, lab.folder, "")
            fault = f"It could not be made ready: {_why(error)}"
        self._record(handed_in, state, submission, Graded(student, lab.folder, submission.notebook, fault=fault))

    def _finish(self, submission: Submission, graded: Graded) -> None:
        handed_in, state = self._running.pop((submission.lab, submission.student))
        self._record(handed_in, state, submission, graded)

    def _record(self, handed_in: HandedIn, state: str, submission: Submission, graded: Graded) -> None:
        graded = replace(graded, incidents=[*handed_in.incidents, *graded.incidents])
        if not graded.fault:
            try:
                self._recorder.record(handed_in, submission, graded)
            except Exception as error:
                graded = replace(graded, fault=f"It was judged and could not be recorded: {_why(error)}")
        results.write(self._settings.course, handed_in.lab, graded, "" if graded.fault else state)
        outcome = "fault" if graded.fault else "unreadable" if handed_in.problem else "graded"
        self._entries[submission.lab, submission.student] = Entry(
            submission.student, submission.lab, outcome, graded, graded.fault or handed_in.problem)
        self._reporter.done(f"{submission.lab} {submission.student}", worked=outcome == "graded")
        if graded.fault:
            self._reporter.say(f"{submission.lab} {submission.student}: {graded.fault}")


def _why(error: Exception) -> str:
    """What went wrong with one submission. Whatever it is, the others are graded."""
    foreseen = isinstance(error, RecordError | SQLAlchemyError | OSError)
    return str(error) if foreseen else f"{type(error).__name__}: {error}"


class _Stop:
    """Ctrl-C once: what runs is finished. Twice, or SIGTERM: what runs is dropped. What is recorded stays."""

    def __init__(self, reporter: Reporter) -> None:
        self.level = 0
        self._reporter = reporter
        self._before: dict[int, object] = {}

    def __enter__(self) -> _Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        self.level = 2 if number == signal.SIGTERM else min(self.level + 1, 2)
        if self.level == 1:
            self._reporter.say("Finishing what runs. Ctrl-C once more drops it; the next run grades it then.")
