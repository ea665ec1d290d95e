"""The student's house: the parts that the student wrote, saved from notebooks as modules.

A part is a file `NAME.py` in the folder `house/` of the course. It holds one piece for each `%%part NAME` cell.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import itertools
import json as json_text
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

from labkit.course import LABS
from labkit.errors import KitError, StudentError
from labkit.house_text import Piece, clean, join, put, split


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


def grading(environment: Mapping[str, str] | None = None) -> bool:
    """Whether nbgrader runs this notebook (it sets NBGRADER_EXECUTION); the house is not touched and not used then."""
    return bool((os.environ if environment is None else environment).get("NBGRADER_EXECUTION"))


def folder() -> Path:
    """Return where the student's parts are: LABKIT_HOUSE, or `house/` beside the nearest `labs/` above the working
    directory.

    The folder need not exist yet.
    """
    if given := os.environ.get("LABKIT_HOUSE"):
        return Path(given).expanduser()
    return _course() / "house"


def _course() -> Path:
    here = Path.cwd().resolve()
    for candidate in (here, *here.parents, Path(__file__).resolve().parent.parent):
        if (candidate / "labs").is_dir():
            return candidate
    return here


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


def path_of(name: str) -> Path:
    """Return the file of the student's part of that name, whether it exists or not."""
    check_name(name)
    return folder() / f"{name}.py"


def save(name: str, cell: str, *, cell_id: str = "") -> Path | None:
    """Save a cell as a piece of a part. A cell that is run again replaces what it saved before; the order stays.

    Args:
        name: name of the part.
        cell: text of the cell, without its `%%part` line.
        cell_id: id of the notebook cell, if known.

    Returns:
        The file, or None if nothing is saved because the notebook is being graded.

    Raises:
        StudentError: there is no such part.
        SyntaxError: the cell is not Python.
        OSError: the file cannot be written.
    """
    file = path_of(name)
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
    _write(file, join(pieces, head))
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


def _write(file: Path, text: str) -> None:
    """Write all or nothing: a reader, or a power cut, never sees half a part."""
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
    """Return the file of the reference part: in `stack/parts/` of the course, or in the package `house_parts`."""
    check_name(name)
    for root in (_course(), Path(__file__).resolve().parent.parent):
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
        StudentError: there is no such part, or the student's own cannot be loaded.
        KitError: neither exists.
    """
    file = path_of(name)
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
            if not file.is_file():
                found.append(Room(name, lab.number, lab.title, lab.ready, mine=False))
                continue
            problem, names = "", frozenset[str]()
            try:
                text = file.read_text("utf-8")
                names = Piece(text).names
            except (SyntaxError, ValueError, OSError) as error:
                problem = f"{type(error).__name__}: {error}"
            saved = dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC).isoformat(timespec="seconds")
            stubs = tuple(sorted(_unwritten(file)))
            written = tuple(sorted(names.difference(stubs)))
            found.append(Room(name, lab.number, lab.title, lab.ready, not stubs, written, stubs, saved, problem))
    return found


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
                print(
                    f"      cannot be used: {room.problem}. "
                    f"Try: run the `%%part {room.part}` cells of lab {room.lab} again."
                )
        print(f"{sum(room.mine for room in found)} of {len(found)} parts are yours.")
        print("The course's reference stands in for a part until all of yours is written.")
    return 1 if any(room.problem for room in found) else 0
