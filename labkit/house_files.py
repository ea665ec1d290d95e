"""Where the student's house is, and how a file of it is written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from labkit.course import LABS, nearest_course
from labkit.errors import StudentError


def grading(environment: Mapping[str, str] | None = None) -> bool:
    """Whether nbgrader runs this notebook (it sets NBGRADER_EXECUTION); the house is not touched and not used then."""
    return bool((os.environ if environment is None else environment).get("NBGRADER_EXECUTION"))


def folder() -> Path:
    """Return where the student's parts are: LABKIT_HOUSE, or `house/` in the folder of the course.

    The folder need not exist yet.
    """
    if given := os.environ.get("LABKIT_HOUSE"):
        return Path(given).expanduser()
    return course() / "house"


def course() -> Path:
    """Return the folder of the course, or the working directory if there is no course: a house can be anywhere."""
    return nearest_course() or Path.cwd().resolve()


def known_parts() -> tuple[str, ...]:
    """Return the names of all parts of the house, in the order of the labs."""
    return tuple(part for lab in LABS for part in lab.parts)


def check_name(name: str) -> None:
    """Refuse what is not a part of the house.

    Raises:
        StudentError: there is no such part.
    """
    if name not in known_parts():
        said = f"The house has no part {name!r}." if name else "`%%part` needs the name of a part."
        raise StudentError(said, f"write one of {', '.join(known_parts())}.")


def write(file: Path, text: str) -> None:
    """Write all or nothing: a reader, or a power cut, never sees half a part.

    Args:
        file: where to; its folder is made if it is not there.
        text: what.

    Raises:
        OSError: it cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.stem}-", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
