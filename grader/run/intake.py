"""Takes in what students handed in: finds it, and reads it as something that a stranger made.

Sizes are looked at before anything is parsed, and links and pipes are never followed. Whatever is wrong becomes an
incident of this student and stops nobody else.
"""

from __future__ import annotations

import base64
import fnmatch
import glob
import os
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.utils import parse_utc

from grader.layout import LabFiles
from grader.run.files import read_bounded
from grader.run.notebook import Unreadable, read_notebook
from grader.run.settings import Settings
from grader.submission import Incident

FILES, FILE_BYTES = 100, 16 << 20
"""How many other files of a submission are taken, and how many bytes together."""
TIMESTAMP = "timestamp.txt"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What a student handed in for one lab.

    Args:
        student: the student's id: the name of the folder.
        lab: the lab.
        notebook: the notebook, without outputs; None if it is not parsed yet or cannot be.
        raw: the bytes of the notebook's file as they are.
        files: the other files, by relative path.
        timestamp: when it was handed in, UTC; None if nobody wrote it down.
        incidents: what was out of the ordinary.
        problem: why there is no notebook, as a sentence for student and instructor; empty if there is one.
    """

    student: str
    lab: LabFiles
    notebook: Any = None
    raw: bytes = b""
    files: dict[str, bytes] = field(default_factory=dict)
    timestamp: datetime | None = None
    incidents: list[Incident] = field(default_factory=list)
    problem: str = ""

    def encoded(self) -> dict[str, str]:
        """Return the files as a `Submission` has them."""
        return {name: base64.b64encode(content).decode("ascii") for name, content in self.files.items()}


def students(settings: Settings, lab: LabFiles) -> list[str]:
    """List who handed in a lab, sorted: as nbgrader finds them, without those that its settings leave out.

    Args:
        settings: of the course.
        lab: the lab.
    """
    folders = settings.folders
    step = folders.submitted_directory
    expression = re.compile(folders.format_path(step, "(?P<student>.*)", re.escape(lab.folder), escape=True))
    structure = folders.directory_structure.format(nbgrader_step=glob.escape(step), student_id="*",
                                                   assignment_id=glob.escape(lab.folder))
    pattern = os.path.join(glob.escape(folders.root), structure)  # noqa: PTH118 - as nbgrader joins them
    found = {match["student"] for path in glob.glob(pattern)  # noqa: PTH207 - the pattern is absolute
             if os.path.isdir(path) and (match := expression.fullmatch(path))}  # noqa: PTH112
    return sorted(found - {name.strip() for name in folders.student_id_exclude.split(",")})


def take(settings: Settings, lab: LabFiles, student: str) -> HandedIn:
    """Read the files that a student handed in, and parse nothing yet. It raises nothing for what is in there.

    Args:
        settings: of the course.
        lab: the lab.
        student: the student's id.
    """
    folder = settings.folder("submitted", student, lab.folder)
    incidents: list[Incident] = []
    if folder.is_symlink():
        return refused(HandedIn(student, lab), "The folder of the submission is a link.")
    timestamp = _timestamp(folder, incidents)
    files = _others(folder, settings.folders.ignore, incidents)
    handed_in = HandedIn(student, lab, files=files, timestamp=timestamp, incidents=incidents)
    try:
        path = _notebook_file(folder, lab, incidents)
        try:
            return replace(handed_in, raw=read_bounded(path, settings.limits.notebook))
        except ValueError as error:
            raise Unreadable(f"The file {_shown(path.name)} {error}.") from None
        except OSError as error:
            raise Unreadable(f"The file {_shown(path.name)} cannot be opened: {error.strerror}.") from None
    except Unreadable as error:
        return refused(handed_in, str(error))


def opened(handed_in: HandedIn) -> HandedIn:
    """Parse the notebook of a submission; what cannot be parsed gets a problem.

    Args:
        handed_in: what `take` read.
    """
    if handed_in.problem:
        return handed_in
    try:
        notebook = read_notebook(handed_in.raw, f"{handed_in.lab.folder}.ipynb", handed_in.incidents)
    except Unreadable as error:
        return refused(handed_in, str(error))
    return replace(handed_in, notebook=notebook)


def refused(handed_in: HandedIn, problem: str) -> HandedIn:
    """Return a submission that cannot be graded.

    Args:
        handed_in: the submission.
        problem: why, a sentence for student and instructor.
    """
    return replace(handed_in, notebook=None, problem=problem,
                   incidents=[*handed_in.incidents, Incident("unreadable", "", problem)])


def _notebook_file(folder: Path, lab: LabFiles, incidents: list[Incident]) -> Path:
    wanted = folder / f"{lab.folder}.ipynb"
    try:
        found = sorted(entry.name for entry in os.scandir(folder)
                       if entry.name.endswith(".ipynb") and not entry.name.startswith("."))
    except OSError as error:
        raise Unreadable(f"The folder of the submission cannot be opened: {error.strerror}.") from None
    others = [name for name in found if name != wanted.name]
    if wanted.name in found:
        if others:
            incidents.append(Incident("metadata", "", f"Other notebooks were handed in too and are not graded: "
                                      f"{_listed(others)}."))
        return wanted
    if not others:
        raise Unreadable(f"There is no notebook {wanted.name}.")
    if len(others) > 1:
        raise Unreadable(f"There is no notebook {wanted.name}, but {len(others)} others: {_listed(others)}.")
    incidents.append(Incident("metadata", "", f"The notebook was handed in as {_listed(others)} and not as "
                              f"{wanted.name}. It is graded."))
    return folder / others[0]


def _listed(names: list[str]) -> str:
    return ", ".join(_shown(name) for name in names[:5]) + (" …" if len(names) > 5 else "")


def _shown(name: str) -> str:
    """A stranger's file name, fit to be read: it may hold anything but `/`."""
    return repr(name.encode("utf-8", "replace").decode("utf-8")[:80])


def _timestamp(folder: Path, incidents: list[Incident]) -> datetime | None:
    """When it was handed in: nbgrader's own form of it, a line in timestamp.txt."""
    path = folder / TIMESTAMP
    if not path.exists() and not path.is_symlink():
        return None
    try:
        # nbgrader takes " +0100" for a hundred seconds.
        text = re.sub(r" ([+-]\d\d:?\d\d)$", r"\1", read_bounded(path, 1000).decode("utf-8").strip())
        found = parse_utc(text) if text else None
    except (ValueError, OSError, OverflowError) as error:
        incidents.append(Incident("metadata", "", f"{TIMESTAMP} cannot be read ({str(error)[:100]}): "
                                  "the submission counts as in time."))
        return None
    return found if isinstance(found, datetime) else None


def _others(folder: Path, ignore: list[str], incidents: list[Incident]) -> dict[str, bytes]:
    """The other files, as far as they go. A link is left out: it may point to another student's work."""
    found: dict[str, bytes] = {}
    left_out: list[str] = []
    left = FILE_BYTES
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders
                            if not _ignored(name, ignore) and not Path(place, name).is_symlink())
        for name in sorted(names):
            path = Path(place, name)
            inside = path.relative_to(folder).as_posix()
            if name.endswith(".ipynb") or inside == TIMESTAMP or _ignored(name, ignore):
                continue
            try:
                inside.encode("utf-8")
                if len(found) >= FILES:
                    raise ValueError(f"is one of more than {FILES}")
                found[inside] = read_bounded(path, left)
                left -= len(found[inside])
            except (OSError, ValueError):
                left_out.append(inside)
                if len(left_out) > FILES:
                    folders.clear()
                    break
    if left_out:
        incidents.append(Incident("metadata", "", f"Files of the submission that are links, no ordinary files, too "
                                  f"many or too large are left out: {_listed(left_out)}."))
    return found


def _ignored(name: str, ignore: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in ignore)
