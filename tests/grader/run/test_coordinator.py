"""A run grades what changed and nothing else, can be stopped at any time, and leaves nothing half done."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.layout import CourseError, CourseFiles, LabFiles
from grader.run import intake, recorder, results, settings
from grader.run.files import only_one
from grader.run.pool import LocalPool
from grader.submission import Submission
from labkit.waiting import wait_until
from tests.grader.conftest import REPOSITORY, environment
from tests.grader.run.conftest import gradebook, hand_in, kinds, outcome, run, scores
from tests.grader.run.double import Double
from tests.grader.test_nbgrader import wrong_shout

STUDENTS = ("anna", "ben", "cleo", "dora", "emil")
DRIVER = """
import sys, threading
from pathlib import Path
from grader.layout import CourseFiles
from tests.grader.run.conftest import Silent, run
from tests.grader.run.double import Double
class Telling(Silent):
    def done(self, what, *, worked):
        print(what, flush=True)
        sys.stdin.readline()
class Begun(list):
    def append(self, student):
        print("judging", student, flush=True)
held = threading.Event() if "hold" in sys.argv else None
make = (lambda: Double(hold=held, judged=Begun())) if held else Double
summary = run(CourseFiles(Path(sys.argv[1])), make, slots=1, reporter=Telling())
print("stopped" if summary.stopped else "done", summary.count("dropped"), flush=True)
"""
"""Grades with the test's double and waits for a line after each submission, so that a test can stop it just there."""


@pytest.fixture
def course(lab: LabFiles) -> CourseFiles:
    """The toy course, with five submissions."""
    for student in STUDENTS:
        hand_in(lab, student, change=wrong_shout if student == "ben" else None)
    return CourseFiles(lab.root)


def again(course: CourseFiles) -> tuple[list[str], list[str]]:
    """Run once more; return who was judged and who was unchanged."""
    judged: list[str] = []
    summary = run(course, lambda: Double(judged=judged))
    return sorted(judged), sorted(entry.student for entry in summary.entries if entry.outcome == "unchanged")


def test_a_first_run_registers_the_lab_and_grades_all(course: CourseFiles) -> None:
    (course.root / "gradebook.db").unlink()
    summary = run(course)
    assert summary.count("graded") == 5
    assert scores(course.root) == {"anna": 10, "ben": 4, "cleo": 10, "dora": 10, "emil": 10}
    assert "90-toy was not in the gradebook and was registered there." in summary.text()
    (lab,) = course.labs()
    assert [graded.student for graded in results.read(course, lab)] == list(STUDENTS)
    assert again(course) == ([], list(STUDENTS))


def test_only_what_changed_is_graded_again(course: CourseFiles) -> None:
    run(course)
    (lab,) = course.labs()
    submission = course.root / "submitted" / "ben" / lab.folder / lab.released.name
    submission.write_bytes(lab.solution.read_bytes())
    assert again(course)[0] == ["ben"]
    (submission.parent / "timestamp.txt").write_text("2030-01-01 10:00:00 UTC", encoding="utf-8")
    assert again(course)[0] == ["ben"]
    (course.root / "autograded" / "anna" / lab.folder / lab.released.name).unlink()
    assert again(course)[0] == ["anna"]
    (results.place(course, lab) / "cleo.json").write_text("{", encoding="utf-8")
    assert again(course)[0] == ["cleo"]
    lab.hidden.write_text(lab.hidden.read_text(encoding="utf-8") + "\n# a new case\n", encoding="utf-8")
    assert again(course)[0] == list(STUDENTS)
    (course.root / "gradebook.db").unlink()
    assert again(course)[0] == list(STUDENTS)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.GraderRun.limits = {"cell": 5}\n', encoding="utf-8")
    assert again(course)[0] == list(STUDENTS)
    assert again(course) == ([], list(STUDENTS))
    judged: list[str] = []
    run(course, lambda: Double(judged=judged), force=True, students=["emil"])
    assert judged == ["emil"]


def test_a_fault_is_tried_once_more_in_a_fresh_room(course: CourseFiles) -> None:
    rooms: list[Double] = []

    def make() -> Double:
        rooms.append(Double(faults=["ben", "cleo", "cleo"]))
        return rooms[-1]

    summary = run(course, make, slots=1)
    assert outcome(summary, "ben") == ("graded", 4)
    assert kinds(summary, "ben") == ["kit"]
    assert outcome(summary, "cleo")[0] == "fault"
    assert "the broker did not start" in summary.text()
    assert "cleo" not in scores(course.root)
    assert summary.count("graded") == 4
    assert rooms[0].closed == 3
    assert again(course)[0] == ["cleo"]


@pytest.mark.parametrize(("module", "step"), [(intake, "opened"), (recorder, "merged")])
def test_a_submission_that_finds_a_bug_of_the_grader_stops_no_other(
    course: CourseFiles, monkeypatch: pytest.MonkeyPatch, module: Any, step: str
) -> None:
    right = getattr(module, step)

    def broken(submission: Any, *more: Any) -> Any:
        if submission.student == "ben":
            raise TypeError("nobody thought of this")
        return right(submission, *more)

    monkeypatch.setattr(module, step, broken)
    summary = run(course)
    assert outcome(summary, "ben")[0] == "fault"
    assert "TypeError: nobody thought of this" in summary.text()
    assert "ben" not in scores(course.root)
    assert summary.count("fault") == 1
    assert outcome(summary, "cleo")[0] == "graded"


def test_a_submission_that_the_pool_does_not_take_stops_no_other(
    course: CourseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = LocalPool.put

    def refused(self: LocalPool, submission: Submission) -> None:
        if submission.student == "ben":
            raise RuntimeError("the cluster has gone")
        put(self, submission)

    monkeypatch.setattr(LocalPool, "put", refused)
    summary = run(course)
    assert outcome(summary, "ben")[0] == "fault"
    assert "the cluster has gone" in summary.text()
    assert outcome(summary, "cleo")[0] == "graded"


def test_grades_are_written_all_or_not_at_all(course: CourseFiles, lab: LabFiles) -> None:
    run(course)
    before = gradebook(course.root)
    files = {path: path.read_bytes() for path in (course.root / "autograded").rglob("*") if path.is_file()}
    config = course.root / "nbgrader_config.py"
    (course.root / "plug.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Broken(BasePlugin):\n"
        "    def late_submission_penalty(self, *told):\n"
        "        raise RuntimeError('this rule is broken')\n", encoding="utf-8")
    good = config.read_text(encoding="utf-8")
    config.write_text(good + "\nimport plug\nc.AssignLatePenalties.plugin_class = plug.Broken\n"
                             "c.CourseDirectory.groupshared = False\n", encoding="utf-8")
    set_due(course, lab, "2020-01-01 10:00:00 UTC")
    before = gradebook(course.root)
    for student in STUDENTS:
        folder = course.root / "submitted" / student / lab.folder
        (folder / lab.released.name).write_bytes(lab.released.read_bytes())
        (folder / "timestamp.txt").write_text("2030-01-01 10:00:00 UTC", encoding="utf-8")
    summary = run(course)
    assert summary.count("fault") == 5
    assert "this rule is broken" in summary.text()
    assert gradebook(course.root) == before
    assert {path: path.read_bytes() for path in (course.root / "autograded").rglob("*") if path.is_file()} == files
    config.write_text(good, encoding="utf-8")
    assert run(course).count("graded") == 5
    assert set(scores(course.root).values()) == {0}


def set_due(course: CourseFiles, lab: LabFiles, when: str) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        book.update_or_create_assignment(lab.folder, duedate=when)


def test_a_manual_grade_and_a_comment_survive_another_run(course: CourseFiles, lab: LabFiles) -> None:
    from nbgrader.api import Gradebook

    run(course)
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        book.find_grade("check-90-2", lab.folder, lab.folder, "ben").manual_score = 5
        book.find_comment("ex-90-2", lab.folder, lab.folder, "ben").manual_comment = "nearly"
        book.db.commit()
    run(course, force=True)
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        grade = book.find_grade("check-90-2", lab.folder, lab.folder, "ben")
        assert (grade.auto_score, grade.manual_score, grade.needs_manual_grade) == (0, 5, True)
        assert book.find_comment("ex-90-2", lab.folder, lab.folder, "ben").comment == "nearly"


@pytest.fixture
def drive(course: CourseFiles) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a run in a process of its own, which stops after each submission: signals are for it alone."""
    started: list[subprocess.Popen[str]] = []

    def begin(*options: str) -> subprocess.Popen[str]:
        started.append(subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(course.root), *options], cwd=REPOSITORY, env=environment(course.root),
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_ctrl_c_finishes_what_runs_and_the_next_run_does_the_rest(
    course: CourseFiles, drive: Callable[..., subprocess.Popen[str]],
) -> None:
    process = drive()
    assert line(process) == "90-toy anna"
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate("\n\n\n\n\n\n", timeout=60)
    ended = said.splitlines()[-1].split()
    done = sorted(scores(course.root))
    assert ended == ["stopped", str(5 - len(done))]
    assert 1 <= len(done) < 5
    assert process.returncode == 0
    assert again(course) == (sorted(set(STUDENTS) - set(done)), done)


@pytest.mark.parametrize("signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM,)])
def test_twice_ctrl_c_and_sigterm_drop_what_runs(
    course: CourseFiles, drive: Callable[..., subprocess.Popen[str]], signals: tuple[signal.Signals, ...],
) -> None:
    process = drive("hold")
    assert line(process) == "judging anna"
    for number in signals:
        process.send_signal(number)
        if len(signals) > 1:
            # Two equal signals that wait become one.
            wait_until(lambda: not pending(process.pid), 60, what="the signal is handled")
    said, _ = process.communicate(timeout=60)
    assert said.splitlines()[-1] == "stopped 5"
    assert not (course.root / "autograded").exists()
    assert again(course)[0] == list(STUDENTS)


def pending(pid: int) -> bool:
    """Whether signals wait for a process; proc(5)."""
    status = dict(entry.split(":\t", 1) for entry in Path(f"/proc/{pid}/status").read_text().splitlines())
    return bool(int(status["ShdPnd"], 16) | int(status["SigPnd"], 16))


def test_a_run_that_is_killed_is_resumed_and_ends_with_the_same_gradebook(
    course: CourseFiles, drive: Callable[..., subprocess.Popen[str]], template: CourseFiles, tmp_path: Path,
) -> None:
    driven = drive()
    assert line(driven) == "90-toy anna"
    go_on(driven)
    assert line(driven) == "90-toy ben"
    driven.send_signal(signal.SIGKILL)
    driven.wait(60)
    (course.root / ".grader" / "staging-left").mkdir()
    assert set(scores(course.root)) == {"anna", "ben"}
    assert again(course) == (["cleo", "dora", "emil"], ["anna", "ben"])
    assert list((course.root / ".grader").glob("staging-*")) == []
    other = CourseFiles(shutil.copytree(template.root, tmp_path / "other"))
    shutil.copytree(course.root / "submitted", other.root / "submitted")
    run(other)
    assert gradebook(course.root) == gradebook(other.root)


def test_one_run_at_a_time(course: CourseFiles) -> None:
    with only_one(course.root / settings.KEPT / "run.lock"), pytest.raises(CourseError, match="Another `grader run`"):
        run(course)


def test_without_submissions_it_says_where_they_belong(lab: LabFiles) -> None:
    summary = run(CourseFiles(lab.root))
    assert "There is no submission of 90-toy" in summary.text()
    assert str(lab.root / "submitted" / "STUDENT" / "LAB") in summary.text()
    assert "nbgrader collect" in summary.text()


def test_a_student_who_handed_in_nothing_is_told(course: CourseFiles) -> None:
    summary = run(course, students=["anna", "zoe"])
    assert "No submission of zoe." in summary.text()
    assert [entry.student for entry in summary.entries] == ["anna"]


def test_who_is_not_in_the_class_list_is_added_or_refused_as_nbgrader_s_settings_say(course: CourseFiles) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        book.add_student("anna", first_name="Anna")
    config = course.root / "nbgrader_config.py"
    good = config.read_text(encoding="utf-8")
    config.write_text(good + "\nc.Autograde.create_student = False\n", encoding="utf-8")
    summary = run(course)
    assert [entry.student for entry in summary.entries if entry.outcome == "graded"] == ["anna"]
    assert "nbgrader db student add ben" in summary.text()
    config.write_text(good, encoding="utf-8")
    assert "Not in the class list, and added to it: ben, cleo, dora, emil." in run(course).text()


def test_a_lab_that_is_not_released_is_refused(course: CourseFiles, lab: LabFiles) -> None:
    lab.released.unlink()
    with pytest.raises(CourseError, match="grader release 90-toy"):
        run(course)


def test_a_gradebook_with_another_version_of_the_lab_is_refused(course: CourseFiles, lab: LabFiles) -> None:
    run(course)
    text = lab.released.read_text(encoding="utf-8")
    lab.released.write_text(text.replace("check(\\\"90.2\\\")", "check(\\\"90.2\\\")  # new"), encoding="utf-8")
    with pytest.raises(CourseError, match="check-90-2 differ"):
        run(course)


@pytest.mark.parametrize(("line", "says"), [
    ("c.GraderRun.limits = {'speed': 3}", "'speed': 3"),
    ("c.GraderRun.limits = {'cell': -1}", "'cell': -1"),
    ("c.CourseDirectory.db_url = 'nonsense'", "cannot be opened"),
    ("raise RuntimeError('odd settings')", "odd settings"),
])
def test_bad_settings_are_named(course: CourseFiles, line: str, says: str) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    with pytest.raises(CourseError, match=says):
        run(course)


def test_a_record_that_cannot_be_read_is_named(course: CourseFiles, lab: LabFiles) -> None:
    run(course)
    (results.place(course, lab) / "ben.json").write_text("{", encoding="utf-8")
    with pytest.raises(CourseError, match=r"ben\.json cannot be read"):
        results.read(course, lab)
