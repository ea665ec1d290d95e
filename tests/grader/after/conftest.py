"""A class that was graded: the toy course, four submissions, one of them late, one graded by hand."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from grader import answers, cli, exercises, namespace
from grader.judge import cards
from grader.layout import CourseFiles, LabFiles
from grader.run import results
from grader.submission import Graded, Incident
from labkit.checks import registry, runner
from labkit.checks.result import Result
from labkit.checks.student import LocalStudent
from labkit.checks.world import World
from tests.grader.conftest import _take_toys, copy_toy, released

LATE = '''
from nbgrader.plugins import LateSubmissionPlugin


class OnePoint(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 1.5 if total_seconds_late > 0 else 0
'''
# Each student's own answers; where there is none, the reference is.
CLASS = {
    "anna": {},
    "ben": {"90.1": "adds"},
    "carl": {"90.1": "small-only", "90.2": "no-refusal"},
    "dora": {"90.1": "adds", "90.2": "letters"},
}


def bank(lab: LabFiles, exercise: str) -> dict[str, str]:
    """The texts of an exercise's banks by their ids."""
    found = [answer for kind in ("right", "wrong") for answer in answers.read(lab.answers(kind, exercise))]
    return {answer.id: answer.source for answer in found}


def handed_in(lab: LabFiles, chosen: dict[str, str]) -> str:
    """The text of a submission: the reference with other answers."""
    notebook = nbformat.read(lab.solution, as_version=4)
    for exercise, text in chosen.items():
        cell = next(cell for cell in notebook.cells if cell.id == f"ex-{exercise.replace('.', '-')}")
        cell.source = f"%%part fleet\n{text}"
    return nbformat.writes(notebook)


def submit(lab: LabFiles, student: str, text: str, timestamp: str = "2026-03-01 10:00:00 UTC") -> Path:
    """Put a notebook where nbgrader's collect puts it."""
    folder = lab.root / "submitted" / student / lab.folder
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text(timestamp)
    (folder / "submission_secret.txt").write_text(f"secret of {student}")
    path = folder / f"{lab.folder}.ipynb"
    path.write_text(text, encoding="utf-8")
    return path


def judged_results(lab: LabFiles, chosen: dict[str, str]) -> dict[str, Result]:
    """The results of a submission: the checks run in this process, hidden cases and all."""
    found = {}
    for exercise in exercises.of(lab):
        cells = namespace.cells(lab.solution)
        for other, text in chosen.items():
            cells = namespace.replaced(cells, other, text)
        names = LocalStudent(namespace.build(cells), limit=exercise.limit, signature=exercise.signature)
        hidden = registry.hidden_cases(exercise.id)
        found[exercise.id] = runner.run(exercise, names, World({}, seed=7), hidden=hidden)
    return found


@contextlib.contextmanager
def toy_exercises() -> Iterator[None]:
    """Know no toy course but the one that is loaded inside: a fixture of the session runs before `conftest` forgets."""
    registers: list[dict[str, Any]] = [registry._exercises, registry._hidden]
    aside = [_take_toys(known) for known in registers]
    try:
        yield
    finally:
        for known, others in zip(registers, aside, strict=True):
            _take_toys(known)
            known.update(others)


def judged(lab: LabFiles, student: str, chosen: dict[str, str]) -> Graded:
    """What `grader run` finds out about a submission."""
    found = {exercise: result.data() for exercise, result in judged_results(lab, chosen).items()}
    return Graded(student, lab.folder, "", found, dict.fromkeys(found, 7), seconds=1.0)


def draw_cards(lab: LabFiles, student: str, chosen: dict[str, str]) -> None:
    """Write under the check cells what the judge of `grader run` writes there, which has hidden cases to keep."""
    path = lab.root / "autograded" / student / lab.folder / f"{lab.folder}.ipynb"
    found = judged_results(lab, chosen)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        exercise = cell.id.removeprefix("check-").replace("-", ".")
        if exercise in found:
            cell.outputs = nbformat.from_dict(cards.outputs(found[exercise], 1))
    nbformat.write(notebook, path)


@pytest.fixture(scope="session")
def class_of_four(tmp_path_factory: pytest.TempPathFactory, nbgrader: Callable[..., CompletedProcess[str]]) -> LabFiles:
    """The lab of a course in which everybody is graded. Tests that write use a copy, or folders of their own."""
    lab = released(copy_toy(tmp_path_factory.mktemp("graded") / "course"))
    lab.root.joinpath("late.py").write_text(LATE)
    with lab.root.joinpath("nbgrader_config.py").open("a") as settings:
        settings.write('c.AssignLatePenalties.plugin_class = "late.OnePoint"\n')
        settings.write(f'c.Exchange.root = "{lab.root.parent / "exchange"}"\n')
    assert nbgrader(lab, "generate_assignment", lab.folder).returncode == 0
    with Gradebook(f"sqlite:///{lab.root}/gradebook.db") as book:
        book.update_or_create_assignment(lab.folder, duedate="2026-03-01 12:00:00 UTC")
        book.add_student("anna", first_name="Anna", last_name="=HYPERLINK(\"http://evil\")", email="anna@example.org")
        book.add_student("zoe", first_name="Zoë", last_name="Ünal")
    texts = {exercise: bank(lab, exercise) for exercise in ("90.1", "90.2")}
    chosen = {student: {exercise: texts[exercise][name] for exercise, name in names.items()}
              for student, names in CLASS.items()}
    for student, own in chosen.items():
        submit(lab, student, handed_in(lab, own), f"2026-03-01 1{3 if student == 'ben' else 0}:00:00 UTC")
    graded = nbgrader(lab, "autograde", lab.folder)
    assert graded.returncode == 0, graded.stderr
    with toy_exercises():
        for student, own in chosen.items():
            found = judged(lab, student, own)
            if student == "dora":
                found.incidents.append(Incident("time", "ex-90-2", "The cell ran longer than 60 s and was stopped."))
            results.write(CourseFiles(lab.root), lab, found, "state")
            draw_cards(lab, student, own)
    with Gradebook(f"sqlite:///{lab.root}/gradebook.db") as book:
        book.find_grade("check-90-2", lab.folder, lab.folder, "carl").manual_score = 5.5
        book.find_comment("ex-90-2", lab.folder, lab.folder, "carl").manual_comment = "Nearly: what of **no** text?"
        book.db.commit()
    return lab


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `grader` in a course: exit status, what it printed, what it said on stderr."""

    def call(root: Path, *arguments: str) -> tuple[int, str, str]:
        with contextlib.chdir(root):
            status = cli.main(arguments)
        return status, *capfd.readouterr()

    return call
