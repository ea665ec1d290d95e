"""From `solutions/` to what students get: `labs/` by nbgrader's own machinery, and `stack/parts/`."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader
from traitlets.log import get_logger

from grader import parts, sources
from grader.layout import CourseError, CourseFiles, LabFiles
from grader.log import Said
from labkit import course_index
from labkit.course import LABS

PACKAGE = Path(__file__).resolve().parent
PARTS_DOCSTRING = '"""The parts of the house as the reference runs them, made by `grader release`."""\n'


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not as a fresh build makes it.

    Args:
        path: the file, relative to the course.
        what: `"missing"`, `"changed"` or `"left over"`.
    """

    path: Path
    what: str


def config() -> Config:
    """Read the settings that stock nbgrader reads too."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(PACKAGE)).load_config()


def generate(lab: LabFiles, labs: Path) -> None:
    """Make a lab's release with nbgrader, without a gradebook.

    Args:
        lab: the lab; its notebook in `solutions/` must be in step with its source.
        labs: the folder in which the lab's folder is made.

    Raises:
        CourseError: the notebook is out of step, or nbgrader refuses it; the message has nbgrader's own words.
    """
    if not sources.in_step(lab):
        raise CourseError(f"{lab.solution} is not what its source makes.", "run `grader sources` first.")
    settings = config()
    settings.SaveCells.enabled = False  # what nbgrader's --no-db does, besides the converter's own switch
    course = CourseDirectory(config=settings)
    course.root, course.assignment_id, course.release_directory = str(lab.root), lab.folder, str(labs)
    converter = GenerateAssignment(coursedir=course, config=settings)
    converter.no_database, converter.force = True, True
    said = Said()
    logger = get_logger()
    logger.addHandler(said)
    try:
        converter.start()
    except NbGraderException as error:
        reasons = said.lines or [str(error)]
        raise CourseError("\n".join([f"nbgrader cannot make the release of {lab.folder}:", *reasons])) from None
    finally:
        logger.removeHandler(said)


def build(labs: Sequence[LabFiles], target: Path) -> None:
    """Make labs and parts as they should be, in a folder of their own.

    Args:
        labs: the labs whose release is wanted.
        target: an empty folder; `labs/` and `stack/parts/` are made in it, and the index of the course.

    Raises:
        CourseError: a source cannot be released.
    """
    for lab in labs:
        generate(lab, target / "labs")
    if {lab.folder for lab in labs} <= {lab.folder for lab in LABS}:
        course_index.write(target / "labs")
    exported = target / "stack" / "parts"
    exported.mkdir(parents=True)
    exported.joinpath("__init__.py").write_text(PARTS_DOCSTRING, encoding="utf-8")
    for name, text in parts.export(labs).items():
        file = exported / (name if "/" in name else f"{name}.py")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")


def release(course: CourseFiles, labs: Sequence[LabFiles], *, check: bool = False) -> list[Difference]:
    """Bring `labs/` and `stack/parts/` in step with `solutions/`.

    Args:
        course: the course.
        labs: the labs to release.
        check: only compare; nothing is written.

    Returns:
        what was not in step, and is now unless `check` is set.

    Raises:
        CourseError: a source cannot be released.
    """
    every = len(labs) == len(course.labs())
    with tempfile.TemporaryDirectory(prefix="grader-release-") as folder:
        fresh = Path(folder)
        build(labs, fresh)
        differences = []
        for lab in labs:
            differences += _compare(fresh, course.root, Path("labs") / lab.folder, prune=True)
        differences += _index(fresh, course.root)
        differences += [
            difference for difference in _compare(fresh, course.root, Path("stack") / "parts", prune=every)
            # A part whose lab is still to be written is written by hand, and stays.
            if difference.what != "left over" or parts.is_exported(course.root / difference.path)
        ]
        if not check:
            _apply(differences, fresh, course.root)
    return differences


def _index(fresh: Path, root: Path) -> list[Difference]:
    """The index says what the course table says; a course of other labs has none."""
    index = Path("labs") / "index.ipynb"
    if not (fresh / index).is_file():
        return []
    if not (root / index).is_file():
        return [Difference(index, "missing")]
    return [] if filecmp.cmp(fresh / index, root / index, shallow=False) else [Difference(index, "changed")]


def _compare(fresh: Path, root: Path, part: Path, *, prune: bool) -> list[Difference]:
    new, old = _files(fresh / part), _files(root / part)
    found = [Difference(part / name, "missing") for name in sorted(new - old)]
    found += [Difference(part / name, "changed") for name in sorted(new & old)
              if not filecmp.cmp(fresh / part / name, root / part / name, shallow=False)]
    if prune:
        found += [Difference(part / name, "left over") for name in sorted(old - new)]
    return found


def _files(folder: Path) -> set[Path]:
    """Files below a folder, without what Python and Jupyter leave beside them."""
    aside = ("__pycache__", ".ipynb_checkpoints")
    return {path.relative_to(folder) for path in folder.rglob("*")
            if path.is_file() and not any(name in path.parts for name in aside)}


def _apply(differences: Iterable[Difference], fresh: Path, root: Path) -> None:
    for difference in differences:
        path = root / difference.path
        if difference.what == "left over":
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(fresh / difference.path, path)
