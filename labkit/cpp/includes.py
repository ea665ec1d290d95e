"""Which files a C++ source reads: the files of its `#include` lines, those that they include, and so on.

Only the course's own and the student's files count; what the system brings changes with the compiler.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

_INCLUDE = re.compile(
    r"""^[ \t]*#[ \t]*(?:include|import)[ \t]*(?:"(?P<quoted>[^"\n]+)"|<(?P<angled>[^>\n]+)>)""", re.MULTILINE
)

_LARGEST = 1024 * 1024
"""Bytes of a header; what a `#include` names may be any file of the machine."""


def included(source: str) -> list[str]:
    """Return the names in the `#include` lines of a text, in their order.

    Args:
        source: text of a C++ file.
    """
    return [found["quoted"] or found["angled"] for found in _INCLUDE.finditer(source)]


def closure(
    source: str, files: Mapping[str, str], folders: Sequence[Path], home: Path | None = None
) -> dict[str, tuple[str, Path | None]]:
    """Return all files that a source reads, as a compiler would find them.

    Args:
        source: text of a C++ file.
        files: files of the student, which go before all others.
        folders: where other files are looked for, in this order.
        home: folder of the source if it is not one of `files`; it goes before everything for that source.

    Returns:
        Name as it is included → (text, its file; None for one of the student's).
    """
    found: dict[str, tuple[str, Path | None]] = {}
    todo: list[tuple[str, Path | None]] = [(source, home)]
    while todo:
        text, place = todo.pop()
        for name in included(text):
            one = _look(name, place, files, folders)
            key = name if one is None or one[1] is None else str(one[1])
            if one is None or key in found:
                continue
            found[key] = one
            todo.append((one[0], one[1].parent if one[1] is not None else None))
    return found


def _look(
    name: str, place: Path | None, files: Mapping[str, str], folders: Sequence[Path]
) -> tuple[str, Path | None] | None:
    if place is not None and (here := _text(place / name)) is not None:
        return here, place / name
    if name in files:
        return files[name], None
    for folder in folders:
        if (text := _text(folder / name)) is not None:
            return text, folder / name
    return None


def _text(file: Path) -> str | None:
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST:
            return None
        return file.read_text("utf-8", errors="replace")
    except (OSError, ValueError):
        return None
