"""Parts of the house that are not Python: a folder of source files, each one the text of a `%%cpp FILE` cell.

The one such part is `node`, lab 03's firmware in C++. What it is built with, the rest of the firmware, is `firmware/`.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Mapping
from pathlib import Path

from labkit.course import kit_root
from labkit.errors import KitError, StudentError
from labkit.house_files import check_name, course, folder, grading, write

SOURCES: Mapping[str, tuple[str, ...]] = {
    "node": ("telemetry.cpp", "command.cpp", "backoff.cpp", "ring_buffer.hpp", "status.cpp", "manifest.cpp"),
}
"""The files of each part that is not Python, in the order in which its lab builds them."""

STUB = "#error Write your code here, and delete this line."
"""What stands in a cell where the student's code belongs: with it a file does not compile."""

_STUB_LINE = re.compile(r"^[ \t]*#[ \t]*error\b[ \t]*Write your code", re.MULTILINE)
_MAGIC_LINE = re.compile(r"\A(?:[ \t]*\n)*(?://[ \t]*)?%%cpp\b[^\n]*(?:\n|\Z)")


def is_unwritten(text: str) -> bool:
    """Whether a source file still has the stub in it.

    Args:
        text: its text.
    """
    return _STUB_LINE.search(text) is not None


def unwritten_lines(text: str) -> tuple[int, ...]:
    """Return the lines of a source file, from 1, that are the stub.

    Args:
        text: its text.
    """
    return tuple(number for number, line in enumerate(text.split("\n"), 1) if is_unwritten(line))


def without_stubs(text: str) -> str:
    """Return a source file with an empty line in place of each stub.

    Args:
        text: its text.
    """
    return "\n".join("" if is_unwritten(line) else line for line in text.split("\n"))


def save_source(part: str, file: str, text: str) -> Path | None:
    """Save the text of a `%%cpp FILE` cell as that file of a part, also if it is not written yet or does not compile.

    Args:
        part: name of the part.
        file: name of the file.
        text: text of the cell; its `%%cpp` line, as it stands or as a comment, is left out.

    Returns:
        The file, or None if nothing is saved because the notebook is being graded.

    Raises:
        StudentError: the part has no such file.
        OSError: the file cannot be written.
    """
    check_name(part)
    if file not in SOURCES.get(part, ()):
        raise StudentError(f"The part {part!r} has no file {file!r}.",
                           f"write one of {', '.join(SOURCES.get(part, ())) or 'the cells %%part ' + part}.")
    if grading():
        return None
    path = folder() / part / file
    head = (f"// {file} of the part '{part}' of your house, saved from the cell `%%cpp {file}`.\n"
            "// Edit it there: the cell replaces this file when it is run again.\n\n")
    write(path, head + _MAGIC_LINE.sub("", text).strip("\n") + "\n")
    return path


def own_sources(part: str) -> dict[str, str]:
    """Return the files of a part that the student has saved, whether they are written or not.

    Args:
        part: name of the part.

    Raises:
        OSError: a file cannot be read.
        UnicodeDecodeError: a file is not text.
    """
    files = ((file, folder() / part / file) for file in SOURCES[part])
    return {file: path.read_text("utf-8") for file, path in files if path.is_file()}


def unwritten_sources(part: str) -> tuple[str, ...]:
    """Return which files of a part the student has still to write: those with a stub, and those that are not there.

    Args:
        part: name of the part.

    Raises:
        OSError: a file cannot be read.
        UnicodeDecodeError: a file is not text.
    """
    own = own_sources(part)
    return tuple(file for file in SOURCES[part] if file not in own or is_unwritten(own[file]))


def reference_folder(part: str) -> Path | None:
    """Return the folder of a reference part: in `stack/parts/` of the course, or in the package `house_parts`.

    Args:
        part: name of the part.
    """
    package = importlib.util.find_spec("house_parts")
    installed = [Path(place) for place in (package.submodule_search_locations or ())] if package else []
    for root in (course() / "stack" / "parts", kit_root() / "stack" / "parts", *installed):
        if all((root / part / file).is_file() for file in SOURCES[part]):
            return root / part
    return None


def sources(part: str, *, mine: bool = True) -> tuple[dict[str, str], str]:
    """Return the files of a part: the student's own, or the reference until the student has written all of them.

    While a notebook is graded it is always the reference, so that one lab's mistakes do not cost points in another.

    Args:
        part: name of the part.
        mine: False takes the reference though the student has written the part.

    Returns:
        the text of each file by its name, and whose they are: `"mine"` or `"reference"`.

    Raises:
        StudentError: the student's own cannot be read.
        KitError: neither is there.
    """
    if mine and not grading():
        try:
            if not unwritten_sources(part):
                return own_sources(part), "mine"
        except (OSError, UnicodeDecodeError) as error:
            raise StudentError(f"Your part {part!r} ({folder() / part}) cannot be read: {error}",
                               "run the `%%cpp` cells of its lab again, from the top.") from None
    reference = reference_folder(part)
    if reference is None:
        raise KitError(f"There is no part {part!r} yet, neither yours nor a reference.",
                       fix=f"write {', '.join(SOURCES[part])} in lab 03.")
    return {file: (reference / file).read_text("utf-8") for file in SOURCES[part]}, "reference"


def firmware() -> Path:
    """Return the folder `firmware/`: what a student's part `node` is built with.

    It is the one that LABKIT_FIRMWARE names, or the one beside the kit, or the course's.

    Raises:
        KitError: there is none.
    """
    given = os.environ.get("LABKIT_FIRMWARE")
    places = [Path(given).expanduser()] if given else [root / "firmware" for root in (kit_root(), course())]
    for place in places:
        if (place / "lib" / "policies").is_dir():
            return place.resolve()
    if given:
        raise KitError(f"LABKIT_FIRMWARE names {given}, and there is no firmware.",
                       fix="name the folder that has lib/ and src/ in it, or take the variable away.")
    raise KitError(f"The folder firmware/ is not in {course()}.",
                   fix="unpack the course again; firmware/ belongs beside labs/ and labkit/.")
