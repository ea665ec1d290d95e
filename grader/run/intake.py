"""Takes in what students handed in: finds it, and reads it as something that a stranger made.

Sizes are looked at before anything is parsed, links and pipes are never followed, and the notebook is built anew from
the few things of it that are known. Whatever is wrong becomes an incident of this student and stops nobody else.
"""

from __future__ import annotations

import base64
import fnmatch
import glob
import json
import os
import re
import warnings
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.utils import parse_utc

from grader.layout import LabFiles
from grader.run.files import read_bounded
from grader.run.settings import Settings
from grader.submission import Incident

CELLS = 2000
"""The most cells that a notebook may have."""
FILES, FILE_BYTES = 100, 16 << 20
"""How many other files of a submission are taken, and how many bytes together."""
TIMESTAMP = "timestamp.txt"
_NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # nbformat 4.5


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


class Unreadable(Exception):  # noqa: N818 - it is a finding about a submission
    """A submission without a notebook that can be read; the message says why."""


def students(settings: Settings, lab: LabFiles) -> list[str]:
    """List who handed in a lab, sorted: as nbgrader finds them, without those that its settings leave out.

    Args:
        settings: of the course.
        lab: the lab.
    """
    folders = settings.folders
    step = folders.submitted_directory
    expression = re.compile(folders.format_path(step, "(?P<student>.*)", re.escape(lab.folder), escape=True))
    pattern = folders.format_path(glob.escape(step), "*", glob.escape(lab.folder))
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


def read_notebook(raw: bytes, name: str, incidents: list[Incident]) -> Any:
    """Build a notebook from the bytes of a file: cells with type, text, id, nbgrader's metadata and tags, no outputs.

    Args:
        raw: the bytes, already bounded.
        name: the file's name, for messages.
        incidents: where what had to be mended is noted.

    Raises:
        Unreadable: it is no notebook.
    """
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable(f"The file {name} is not text (UTF-8), so it is no notebook.") from None
    except RecursionError:
        raise Unreadable(f"The file {name} is nested too deeply for a notebook.") from None
    except ValueError as error:
        raise Unreadable(f"The file {name} is not JSON, so it is no notebook: {str(error)[:100]}.") from None
    if isinstance(found, dict) and found.get("nbformat") in (2, 3):
        found = _upgraded(found, name)
    if not isinstance(found, dict) or found.get("nbformat") != 4 or not isinstance(found.get("cells"), list):
        raise Unreadable(f"The file {name} is JSON, but not a notebook of format 4.")
    if len(found["cells"]) > CELLS:
        raise Unreadable(f"The notebook has {len(found['cells'])} cells, more than {CELLS}.")
    _tell_kernel(found.get("metadata"), incidents)
    made = new_notebook()
    taken: set[str] = set()
    odd = 0
    for entry in found["cells"]:
        cell = _cell(entry, taken)
        odd += cell is None
        if cell is not None:
            made.cells.append(cell)
    if odd:
        incidents.append(Incident("metadata", "", f"{odd} cells cannot be read and are left out."))
    return made


def _upgraded(found: dict[str, Any], name: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            upgraded = nbformat.convert(nbformat.from_dict(found), 4)
    except Exception as error:
        # Converters of old formats take for granted that everything is there.
        raise Unreadable(f"The file {name} is a notebook of an old format that cannot be converted: "
                         f"{type(error).__name__}.") from None
    return json.loads(json.dumps(upgraded))


def _tell_kernel(metadata: Any, incidents: list[Incident]) -> None:
    """The lab's kernel is used, whatever the notebook names; an answer in another language is worth a word."""
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language", "python") if isinstance(kernel, dict) else "python"
    if language != "python":
        incidents.append(Incident("metadata", "", f"The notebook says its language is {str(language)[:40]!r}. It is "
                                  "run with the lab's kernel."))


def _cell(entry: Any, taken: set[str]) -> Any:
    """A new cell from one that was handed in; None if it is none."""
    if not isinstance(entry, dict) or entry.get("cell_type") not in _NEW_CELL:
        return None
    source = entry.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    found = entry.get("metadata")
    metadata: dict[str, Any] = {}
    if isinstance(found, dict):
        own = found.get("nbgrader")
        if isinstance(own, dict):
            metadata["nbgrader"] = {str(key)[:40]: value for key, value in own.items()
                                    if isinstance(value, (str, bool, int, float)) or value is None}
        tags = found.get("tags")
        if isinstance(tags, list):
            metadata["tags"] = [tag for tag in tags if isinstance(tag, str)]
    # Lone surrogates are legal in JSON and can be written nowhere.
    text = source.encode("utf-8", "replace").decode("utf-8")
    cell = _NEW_CELL[entry["cell_type"]](text, metadata=metadata)
    pictures = _pictures(entry.get("attachments")) if entry["cell_type"] == "markdown" else {}
    if pictures:
        cell["attachments"] = pictures
    name = entry.get("id")
    if isinstance(name, str) and _CELL_ID.fullmatch(name) and name not in taken:
        cell.id = name
    taken.add(cell.id)
    return cell


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """The pictures that were dropped into a Markdown cell: file name to type to base64."""
    if not isinstance(attachments, dict):
        return {}
    found = {str(name): {kind: content for kind, content in kinds.items()
                         if kind in {"image/png", "image/jpeg", "image/gif"} and isinstance(content, str)}
             for name, kinds in attachments.items() if isinstance(kinds, dict)}
    return {name: kinds for name, kinds in found.items() if kinds}


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
