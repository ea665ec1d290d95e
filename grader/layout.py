"""Where a course keeps its files. Every other file of this room asks here and joins no paths of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import StudentError


class CourseError(StudentError):
    """Something in the course's files that its author can mend. It is shown without a traceback."""


@dataclass(frozen=True, slots=True)
class LabFiles:
    """The files of one lab.

    Args:
        root: the folder of the course.
        folder: the lab's folder in `solutions/` and `labs/`, also the name of its notebook and its assignment.
    """

    root: Path
    folder: str

    @property
    def number(self) -> str:
        """Two digits, the head of the folder's name: `"01"`."""
        return self.folder.split("-", 1)[0]

    @property
    def source(self) -> Path:
        """The text that is edited: jupytext's percent format."""
        return self.root / "solutions" / self.folder / f"{self.folder}.py"

    @property
    def solution(self) -> Path:
        """The notebook with solutions, made from `source`."""
        return self.source.with_suffix(".ipynb")

    @property
    def release(self) -> Path:
        """The folder that students get."""
        return self.root / "labs" / self.folder

    @property
    def released(self) -> Path:
        """The notebook that students get."""
        return self.release / f"{self.folder}.ipynb"

    @property
    def checks(self) -> Path:
        """The public cases of the lab's checks."""
        return self.root / "labkit" / "checks" / f"lab{self.number}.py"

    @property
    def hidden(self) -> Path:
        """The hidden cases of the lab's checks."""
        return self.root / "grader" / "hidden" / f"lab{self.number}.py"

    def answers(self, kind: str, exercise: str) -> Path:
        """The bank of answers of one exercise.

        Args:
            kind: `"wrong"` or `"right"`.
            exercise: the exercise's id, `"01.3"`.
        """
        number = exercise.split(".")[-1]
        return self.root / "grader" / f"{kind}_answers" / f"lab{self.number}" / f"ex{number}.answers"

    @classmethod
    def of_bank(cls, bank: Path) -> tuple[LabFiles, str]:
        """Return the lab that a bank of answers belongs to, and the exercise's id.

        Args:
            bank: its path, as `answers` gives it.

        Raises:
            CourseError: no lab with a source has such a bank.
        """
        root = bank.absolute().parent.parent.parent.parent
        for lab in CourseFiles(root).labs():
            exercise = f"{lab.number}.{bank.stem.removeprefix('ex')}"
            if bank.absolute() in (lab.answers("wrong", exercise), lab.answers("right", exercise)):
                return lab, exercise
        raise CourseError(f"{bank} is the bank of no lab in {root / 'solutions'}.",
                          "name it after its lab and its exercise: grader/wrong_answers/lab01/ex3.answers.")


@dataclass(frozen=True, slots=True)
class CourseFiles:
    """The files of a course.

    Args:
        root: the folder that holds `solutions/`.
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> CourseFiles:
        """Find the course around a folder.

        Args:
            start: where to begin; the current folder by default. Its parents are tried too.

        Raises:
            CourseError: no folder on the way up holds `solutions/`.
        """
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "solutions").is_dir():
                return cls(folder)
        raise CourseError(f"There is no course in {here} or above it.",
                          "run this in the course's folder, the one that holds solutions/, or name it with --root.")

    @property
    def parts(self) -> Path:
        """Where the parts that the notebooks make are exported to."""
        return self.root / "stack" / "parts"

    def labs(self, names: Iterable[str] = ()) -> list[LabFiles]:
        """List the labs, in order.

        Args:
            names: numbers (`"1"`, `"01"`) or folders; all labs when empty.

        Raises:
            CourseError: a name is not that of a lab which has a source.
        """
        found = {path.parent.name: LabFiles(self.root, path.parent.name)
                 for path in sorted((self.root / "solutions").glob("*/*.py")) if path.stem == path.parent.name}
        wanted = []
        for name in names:
            match = [lab for lab in found.values() if name == lab.folder or name.zfill(2) == lab.number]
            if not match:
                raise CourseError(f"There is no lab {name!r} in {self.root / 'solutions'}.",
                                  f"choose one of {', '.join(found) or '(none is written yet)'}.")
            wanted += match
        return wanted or list(found.values())
