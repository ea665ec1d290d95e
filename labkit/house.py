"""The student's house: the parts that the student wrote, saved from notebooks as modules.

A part is a file `NAME.py` in the folder `house/` of the course. It holds one piece for each `%%part NAME` cell.
The part `node` is a folder of C++ files, one for each of its `%%cpp FILE` cells: see `labkit.house_sources`.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import itertools
import json as json_text
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

from labkit.course import LABS, kit_root
from labkit.errors import KitError, StudentError
from labkit.house_files import check_name, course, folder, grading, known_parts, write
from labkit.house_sources import (
    SOURCES,
    firmware,
    own_sources,
    reference_folder,
    save_source,
    sources,
    unwritten_sources,
)
from labkit.house_text import Piece, clean, join, put, split

__all__ = [
    "SOURCES", "Room", "check_name", "firmware", "folder", "grading", "known_parts", "load", "main", "own_sources",
    "part", "path_of", "reference_path", "rooms", "save", "save_source", "sources", "unwritten_sources",
]


@dataclass(frozen=True)
class Room:
    """One part of the house, for `labkit house` and the plan.

    Args:
        part: its name.
        lab: number of the lab that builds it.
        title: title of that lab.
        ready: whether that lab is written.
        mine: whether the student has written all of it.
        names: what the student's part defines.
        unwritten: what in it is still to be written.
        saved: when it was saved, ISO 8601 in UTC; "" if it was not.
        problem: why the student's part cannot be used; "" if it can.
    """

    part: str
    lab: str
    title: str
    ready: bool
    mine: bool
    names: tuple[str, ...] = ()
    unwritten: tuple[str, ...] = ()
    saved: str = ""
    problem: str = ""


def path_of(name: str) -> Path:
    """Return the file, or folder, of the student's part of that name, whether it exists or not."""
    check_name(name)
    return folder() / (name if name in SOURCES else f"{name}.py")


def save(name: str, cell: str, *, cell_id: str = "") -> Path | None:
    """Save a cell as a piece of a part. A cell that is run again replaces what it saved before; the order stays.

    Args:
        name: name of the part.
        cell: text of the cell, without its `%%part` line.
        cell_id: id of the notebook cell, if known.

    Returns:
        The file, or None if nothing is saved because the notebook is being graded.

    Raises:
        StudentError: there is no such part, or it is not Python.
        SyntaxError: the cell is not Python.
        OSError: the file cannot be written.
    """
    file = path_of(name)
    if name in SOURCES:
        raise StudentError(f"The part {name!r} is not Python.", f"begin its cells with %%cpp {SOURCES[name][0]}, …")
    if grading():
        return None
    piece = Piece(clean(cell), "".join(cell_id.split()))
    pieces = _pieces(file)
    if piece.text.strip():
        pieces = put(pieces, piece)
    lab = next(lab for lab in LABS if name in lab.parts)
    head = (
        f"# Part {name!r} of your house, saved from the cells `%%part {name}` of lab {lab.number}.\n"
        "# Edit it there: a cell that is run again replaces its piece here."
    )
    write(file, join(pieces, head))
    return file


def _pieces(file: Path) -> list[Piece]:
    try:
        pieces = split(file.read_text("utf-8"))
        for piece in pieces:
            _ = piece.names
    except FileNotFoundError:
        return []
    except (SyntaxError, UnicodeDecodeError):
        # Somebody edited the file by hand. It is put aside, not thrown away.
        aside = (file.with_suffix(f".broken{number or ''}") for number in itertools.count())
        file.replace(next(path for path in aside if not path.exists()))
        return []
    return pieces


def load(file: Path, name: str, *, owner: str) -> ModuleType:
    """Load a part from a path.

    Args:
        file: the file.
        name: name of the part.
        owner: `"mine"` or `"reference"`; the module says it as `__labkit_part__`.

    Raises:
        StudentError: the student's part cannot be loaded.
        KitError: the reference part cannot be loaded.
    """
    module_name = f"labkit_part_{name}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise KitError(f"{file} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    module.__dict__["__labkit_part__"] = owner
    before = sys.modules.get(module_name)
    sys.modules[module_name] = module  # dataclasses look their module up while it is made
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        if before is not None:
            sys.modules[module_name] = before
        else:
            del sys.modules[module_name]
        said = f"{type(error).__name__}: {error}"
        if owner == "mine":
            raise StudentError(
                f"Your part {name!r} ({file}) cannot be loaded: {said}",
                f"run the `%%part {name}` cells of its lab again, from the top.",
            ) from error
        raise KitError(f"The reference part {name!r} ({file}) cannot be loaded: {said}") from error
    return module


def reference_path(name: str) -> Path | None:
    """Return the file of the reference part: in `stack/parts/` of the course, or in the package `house_parts`.

    Of a part that is not Python it is the folder.
    """
    check_name(name)
    if name in SOURCES:
        return reference_folder(name)
    for root in (course(), kit_root()):
        file = root / "stack" / "parts" / f"{name}.py"
        if file.is_file():
            return file
    if importlib.util.find_spec("house_parts") is not None:
        spec = importlib.util.find_spec(f"house_parts.{name}")
        if spec is not None and spec.origin:
            return Path(spec.origin)
    return None


def part(name: str, *, mine: bool = True) -> ModuleType:
    """Load a part of the house: the student's own, or the reference until the student has written all of it.

    While a notebook is graded it is always the reference, so that one lab's mistakes do not cost points in another.

    Args:
        name: name of the part.
        mine: False loads the reference though the student has written the part.

    Raises:
        StudentError: there is no such part, it is not Python, or the student's own cannot be loaded.
        KitError: neither exists.
    """
    file = path_of(name)
    if name in SOURCES:
        raise StudentError(f"The part {name!r} is not Python.", "ask for its text: labkit.house.sources.")
    if mine and not grading() and file.is_file() and not _unwritten(file):
        return load(file, name, owner="mine")
    reference = reference_path(name)
    if reference is None:
        lab = next(lab for lab in LABS if name in lab.parts)
        raise KitError(
            f"There is no part {name!r} yet, neither yours nor a reference.",
            fix=f"work through lab {lab.number}, {lab.title}.",
        )
    return load(reference, name, owner="reference")


def _unwritten(file: Path) -> frozenset[str]:
    """What in a student's part is still to be written; nothing if it cannot be read, which loading it will say."""
    try:
        return Piece(file.read_text("utf-8")).stubs
    except (SyntaxError, ValueError, OSError):
        return frozenset()


def rooms() -> list[Room]:
    """Return all parts of the house in the order of the labs. Nothing of the student's is run."""
    found = []
    for lab in LABS:
        for name in lab.parts:
            file = path_of(name)
            newest = max(file.glob("*.[ch]pp"), key=_saved, default=None) if name in SOURCES else file
            if newest is None or not newest.is_file():
                found.append(Room(name, lab.number, lab.title, lab.ready, mine=False))
                continue
            problem, names, stubs = "", set[str](), set[str]()
            try:
                names, stubs = _contents(name, file)
            except (SyntaxError, ValueError, OSError) as error:
                problem = f"{type(error).__name__}: {error}"
            saved = dt.datetime.fromtimestamp(_saved(newest), dt.UTC).isoformat(timespec="seconds")
            written = tuple(sorted(names - stubs))
            found.append(Room(name, lab.number, lab.title, lab.ready, not stubs, written, tuple(sorted(stubs)), saved,
                              problem))
    return found


def _saved(file: Path) -> float:
    return file.stat().st_mtime


def _contents(name: str, file: Path) -> tuple[set[str], set[str]]:
    """What a part of the student's has, and what of it is still to be written."""
    if name in SOURCES:
        return set(own_sources(name)), set(unwritten_sources(name))
    piece = Piece(file.read_text("utf-8"))
    return set(piece.names), set(piece.stubs)


def main(*, json: bool = False) -> int:
    """Print which parts of the house are the student's (`labkit house`).

    Args:
        json: for machines: `{"house": PATH, "parts": [Room, …]}`.

    Returns:
        The exit status: 0, or 1 if one of the student's parts cannot be used.
    """
    found = rooms()
    if json:
        print(json_text.dumps({"house": str(folder()), "parts": [asdict(room) for room in found]}, indent=2))
    else:
        print(f"Your house: {folder()}")
        for room in found:
            state = "yours" if room.mine else ("reference" if reference_path(room.part) else "not built yet")
            detail = f" ({', '.join(room.names)})" if room.mine and room.names else ""
            if room.unwritten:
                detail = f", until you have written {', '.join(room.unwritten)}"
            print(f"  {'●' if room.mine else '○'} {room.part:<11} lab {room.lab}  {state}{detail}")
            if room.problem:
                cells = "%%cpp" if room.part in SOURCES else f"%%part {room.part}"
                print(f"      cannot be used: {room.problem}. Try: run the `{cells}` cells of lab {room.lab} again.")
        print(f"{sum(room.mine for room in found)} of {len(found)} parts are yours.")
        print("The course's reference stands in for a part until all of yours is written.")
    return 1 if any(room.problem for room in found) else 0
