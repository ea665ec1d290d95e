"""The one writer: makes a submission ready for judging and records what came of it, by nbgrader's own steps.

Both halves of nbgrader's autograde are used as the course's settings list them. Between them, where nbgrader executes
the notebook in the instructor's account, stands the room. A submission is built up in a folder aside and takes its
place in `autograded/` in one step, in the same moment as its grades are committed.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files, is_grade, is_locked, is_solution, rmtree
from sqlalchemy.exc import SQLAlchemyError

from grader.layout import LabFiles
from grader.log import Said
from grader.run.intake import TIMESTAMP, HandedIn
from grader.run.ledger import Ledger
from grader.run.settings import KEPT, Settings
from grader.submission import Graded, Incident, Submission

_DONE = frozenset({"Execute", "CheckCellMetadata"})
"""Names of nbgrader's steps that the second half leaves out: the room executes, and the cells are those that the first
half has checked (`merged` sees to it)."""


class RecordError(Exception):
    """nbgrader refused to record a submission; the message has nbgrader's own words."""


class _Sanitiser(Autograde):
    """The first half of autograde, in memory."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(coursedir=settings.folders, parent=settings.app)
        self.exporter = NotebookExporter(parent=self, config=self.config)
        self._sanitizing = True
        self._init_preprocessors()

    def run(self, notebook: Any, student: str, lab: str, db_url: str, incidents: list[tuple[str, str, str]]) -> Any:
        resources = {
            "unique_key": lab, "output_files_dir": f"{lab}_files", "metadata": {"name": lab, "path": ""},
            "nbgrader": {"student": student, "assignment": lab, "notebook": lab, "db_url": db_url},
            "incidents": [],
        }
        text, told = self.exporter.from_notebook_node(notebook, resources)
        incidents += told["incidents"]
        return nbformat.reads(text, as_version=4)


class _Recorder(Autograde):
    """The second half of autograde, for notebooks that a room has executed."""

    def init_notebooks(self) -> None:
        # nbgrader looks with a pattern, in which a student's id with brackets means something else.
        self.assignments = {str(path.parent): [str(path)] for path in Path(self.coursedir.root).glob("in/*/*/*.ipynb")}

    def convert_single_notebook(self, notebook_filename: str) -> None:
        self._init_preprocessors()
        super(Autograde, self).convert_single_notebook(notebook_filename)

    def _init_preprocessors(self) -> None:
        self.exporter._preprocessors = []
        self.exporter.optimistic_validation = True  # once, after all steps
        for step in self.autograde_preprocessors:
            if _name(step) not in _DONE:
                self.exporter.register_preprocessor(step)


def _name(step: Any) -> str:
    return step.rpartition(".")[2] if isinstance(step, str) else getattr(step, "__name__", type(step).__name__)


class Recorder:
    """Prepares and records submissions of a course, one after the other, in one thread.

    Args:
        settings: of the course.
        ledger: its gradebook.
    """

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings, self._ledger = settings, ledger
        self._sanitiser = _Sanitiser(settings)
        self._given_files: dict[str, dict[str, bytes]] = {}
        self._cells: dict[str, set[str]] = {}

    @property
    def adds_students(self) -> bool:
        """Whether a student who is not in the class list is added to it: nbgrader's setting."""
        return bool(self._sanitiser.create_student)

    def prepare(self, handed_in: HandedIn) -> Submission:
        """Make the release's cells of a submission again, and add the lab's own files.

        Args:
            handed_in: a submission with a notebook; what is mended is added to its incidents.

        Raises:
            RecordError: nbgrader's steps refuse the notebook, or it is of another lab.
            SQLAlchemyError: the gradebook cannot be read.
            OSError: the lab's files cannot be read.
        """
        lab = handed_in.lab
        found: list[tuple[str, str, str]] = []
        self._is_of(lab, handed_in.notebook)
        try:
            with self._ledger.transaction():
                notebook = self._sanitiser.run(handed_in.notebook, handed_in.student, lab.folder, self._ledger.url,
                                               found)
        except (SQLAlchemyError, OSError):
            raise
        except Exception as error:
            # The notebook is a stranger's: whatever nbgrader's steps raise on it is about this submission.
            raise RecordError(f"nbgrader's steps before execution refuse it: {type(error).__name__}: "
                              f"{str(error)[:200]}") from error
        handed_in.incidents.extend(Incident(*incident) for incident in found)
        handed_in.files.update(self._given(lab))
        return Submission(handed_in.student, lab.folder, nbformat.writes(notebook), self._settings.seed,
                          handed_in.encoded(), self._settings.limits)

    def _is_of(self, lab: LabFiles, notebook: Any) -> None:
        """See that a notebook is not that of another lab: all its cells would be put back, for no points."""
        if lab.folder not in self._cells:
            self._cells[lab.folder] = set(self._ledger.cells(lab.folder))
        ids = {str(cell.metadata.get("nbgrader", {}).get("grade_id", "")) for cell in notebook.cells} - {""}
        names = ids | {cell.id for cell in notebook.cells}
        if ids and not names & self._cells[lab.folder]:
            raise RecordError(f"it is of another lab, its cells are {', '.join(sorted(ids)[:3])[:100]} …")

    def _given(self, lab: LabFiles) -> dict[str, bytes]:
        """The lab's own files, which replace a student's of the same name, as with nbgrader."""
        if lab.folder not in self._given_files:
            kept = self._sanitiser.exclude_overwriting.get(lab.folder, [])
            found: dict[str, bytes] = {}
            # Those of the release. nbgrader takes them from the source's folder, which a capsule must not see.
            folder = self._settings.folder("release", ".", lab.folder)
            for name in find_all_files(str(folder), [*self._settings.folders.ignore, "*.ipynb"]):
                inside = Path(name).relative_to(folder).as_posix()
                if inside not in kept:
                    found[inside] = Path(name).read_bytes()
            self._given_files[lab.folder] = found
        return self._given_files[lab.folder]

    def stand_in(self, handed_in: HandedIn) -> Submission:
        """Make a notebook in place of one that cannot be graded: the release, with the reason on top.

        Args:
            handed_in: a submission with a problem.
        """
        given = self._settings.folder("release", ".", handed_in.lab.folder) / f"{handed_in.lab.folder}.ipynb"
        notebook = nbformat.read(given, as_version=4)
        with self._ledger.transaction():
            notebook = self._sanitiser.run(notebook, handed_in.student, handed_in.lab.folder, self._ledger.url, [])
        notebook.cells.insert(0, new_markdown_cell(
            f"**This submission could not be graded.** {handed_in.problem}\n\n"
            "What follows is the lab as it was given out. Ask your instructor whether you may hand in again.",
            id="why-there-are-no-points"))
        for cell in notebook.cells:
            if _is_check(cell):
                cell.outputs = [_no_points("This submission could not be graded.")]
        return Submission(handed_in.student, handed_in.lab.folder, nbformat.writes(notebook))

    def record(self, handed_in: HandedIn, submission: Submission, graded: Graded) -> None:
        """Write what came of a submission: its executed notebook, grades, comments, late penalty.

        Args:
            handed_in: what was handed in.
            submission: what was judged.
            graded: what came of it.

        Raises:
            RecordError: the judge's notebook is not that of the submission, or nbgrader refuses; nothing is written.
        """
        notebook = merged(submission, graded)
        lab, student = submission.lab, submission.student
        with _staging(self._settings.course.root / KEPT) as aside:
            source = aside / "in" / student / lab
            source.mkdir(parents=True)
            (source / f"{lab}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
            for name, content in handed_in.files.items():
                path = source / name
                with contextlib.suppress(OSError):  # a student's file stands where a folder of the lab is
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
            if handed_in.timestamp is not None:
                (source / TIMESTAMP).write_text(f"{handed_in.timestamp:%Y-%m-%d %H:%M:%S.%f} UTC\n", encoding="utf-8")
            with self._ledger.transaction():
                self._convert(aside, lab)
                self._place(aside / "out" / student / lab, student, lab)

    def _convert(self, aside: Path, lab: str) -> None:
        usual = self._settings.folders
        folders = CourseDirectory(
            root=str(aside), course_id=usual.course_id, db_url=usual.db_url, assignment_id=lab, ignore=[".*"],
            submitted_directory="in", autograded_directory="out", source_directory="none",
            groupshared=usual.groupshared, directory_structure="{nbgrader_step}/{student_id}/{assignment_id}")
        converter = _Recorder(coursedir=folders, parent=self._settings.app)
        said = Said()
        self._settings.app.log.addHandler(said)
        try:
            converter.start()
        except (NbGraderException, SystemExit) as error:
            raise RecordError("nbgrader cannot record it: " + " ".join(said.lines or [str(error)])[:500]) from None
        finally:
            self._settings.app.log.removeHandler(said)

    def _place(self, made: Path, student: str, lab: str) -> None:
        """Put the graded submission where nbgrader looks for it."""
        place = self._settings.folder("autograded", student, lab)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            old = made.with_name(f"{made.name}.old")
            shutil.move(place, old)  # another file system, perhaps
            shutil.move(made, place)
            rmtree(str(old))
        else:
            shutil.move(made, place)


@contextlib.contextmanager
def _staging(kept: Path) -> Iterator[Path]:
    aside = Path(tempfile.mkdtemp(prefix="staging-", dir=kept))
    try:
        yield aside
    finally:
        rmtree(str(aside))


def clear_staging(kept: Path) -> None:
    """Remove what a run that was killed had built up aside.

    Args:
        kept: the folder of the grader's own files.
    """
    for folder in kept.glob("staging-*"):
        rmtree(str(folder))


def merged(submission: Submission, graded: Graded) -> Any:
    """Return the submission's notebook with the outputs that the judge put into it, and nothing else of the judge's.

    Args:
        submission: what was judged.
        graded: what came of it.

    Raises:
        RecordError: the cells are not those of the submission, or an output is not the score of its exercise.
    """
    notebook = nbformat.reads(submission.notebook, as_version=4)
    executed = nbformat.reads(graded.notebook, as_version=4)
    kinds = [cell.cell_type for cell in notebook.cells]
    if kinds != [cell.cell_type for cell in executed.cells]:
        raise RecordError("the judge's notebook has other cells than the submission")
    for cell, judged in zip(notebook.cells, executed.cells, strict=True):
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = judged.outputs, judged.execution_count
        if _is_check(cell):
            _compare(cell, graded)
    return notebook


def _compare(cell: Any, graded: Graded) -> None:
    """A check's output must be what the judge says it is: nbgrader reads the score from there."""
    name = cell.metadata.nbgrader.grade_id
    exercise = ".".join(name.split("-")[1:])
    result = graded.results.get(exercise)
    if not cell.outputs:
        # nbgrader gives full marks to a cell that shows nothing.
        cell.outputs = [_no_points("This check did not run.")]
    if result is None:
        return
    shown = [output for output in cell.outputs if output.output_type == "execute_result"]
    failed = any(output.output_type == "error" for output in cell.outputs)
    try:
        score = 0.0 if failed else float(shown[0].data["text/plain"])
    except (IndexError, KeyError, ValueError):
        raise RecordError(f"the judge's notebook shows no score in the cell {name!r}") from None
    if len(shown) > 1 or abs(score - float(result["score"])) > 1e-6:
        raise RecordError(f"the judge's notebook shows {score:g} points in the cell {name!r}, and its result says "
                          f"{result['score']:g}")


def _is_check(cell: Any) -> bool:
    return bool(cell.cell_type == "code" and is_grade(cell) and is_locked(cell) and not is_solution(cell))


def _no_points(why: str) -> Any:
    return new_output("error", ename="NotGraded", evalue=why, traceback=[f"NotGraded: {why}"])
