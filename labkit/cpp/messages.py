"""Reads what the compiler and the linker say: file, line, column, message, the line itself.

Formats: GCC's `-fdiagnostics-format=json` (gcc.gnu.org, "Options to Control Diagnostic Messages Formatting"); for other
compilers and for linkers the lines that they print.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from labkit.cpp import cache
from labkit.cpp.braces import suspect
from labkit.cpp.diagnostics import Diagnostic
from labkit.cpp.explain import Plain, explain
from labkit.cpp.explain_warnings import explain_warning


def read(said: str, files: Mapping[str, str]) -> list[Diagnostic]:
    """Take a compiler's messages apart.

    Args:
        said: what it wrote to its standard error.
        files: texts that the student knows, by name; a message about another file is told of the line that led there.

    Returns:
        Errors first, then warnings, each in the compiler's order.
    """
    found = []
    for line in said.splitlines():
        if line.startswith("[") and (told := _json(line)) is not None:
            found += _from_json(told, files)
    if not found:
        found = list(_from_text(said, files))
    unique = list(dict.fromkeys(found))
    if any(one.kind == "error" for one in unique):  # GCC warns of an unclosed text, and errs only lines later
        unique = [replace(one, kind="error") if "missing terminating" in one.message else one for one in unique]
    return sorted((_explained(one, files) for one in unique), key=_weight)


def _weight(one: Diagnostic) -> int:
    """Errors of the language, then warnings that are taken as errors, then warnings; what says why comes first."""
    if one.kind != "error":
        return 3
    return 0 if "missing terminating" in one.message else 2 if one.option else 1


def read_linker(said: str, files: Mapping[str, str]) -> list[Diagnostic]:
    """Take a linker's messages apart: what is not defined, what is defined twice.

    Args:
        said: what it wrote to its standard error.
        files: texts that the student knows, by name.
    """
    found: dict[str, Diagnostic] = {}
    for line in said.splitlines():
        for pattern in _LINKER:
            if (match := pattern.search(line)) is None:
                continue
            parts = match.groupdict()
            name = _known(parts.get("file") or "", files)
            number = int(parts.get("line") or 0) if name else 0
            message = match["message"] if "message" in parts else f"undefined reference to '{match['name']}'"
            plain = message.replace("`", "'")
            one = Diagnostic("error", plain, name, number, source=_line(files, name, number))
            if plain not in found or (number and not found[plain].line):
                found[plain] = one
            break
    return [_explained(one, files) for one in found.values()]


# GNU ld with debugging information, without it, and Apple's.
_FILE = r"(?P<file>[^\s:()]+\.[ch]pp)"
_ABOUT = r"(?P<message>(?:undefined reference to|multiple definition of) [`'][^;]+?')(?:;|$)"
_LINKER = (
    re.compile(rf"{_FILE}:(?P<line>\d+): {_ABOUT}"),
    re.compile(rf"{_FILE}:\(.*?\): {_ABOUT}"),
    re.compile(_ABOUT),
    re.compile(r"""^\s*"(?P<name>[^"]+)", referenced from:"""),
)
_TEXT = re.compile(
    r"^(?P<file>(?:[A-Za-z]:)?[^:\n]+):(?P<line>\d+):(?:(?P<column>\d+):)? "
    r"(?P<kind>fatal error|error|warning|note): (?P<message>.*)$"
)
_NEEDED = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+):(?P<column>\d+):   required from here$")


def _json(line: str) -> list[dict[str, Any]] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, list) else None


def _from_json(told: Iterable[dict[str, Any]], files: Mapping[str, str]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for one in told:
        kind, message = str(one.get("kind", "")), _straight(str(one.get("message", "")))
        if kind == "note":  # about the one before; where a template was asked for stands in such notes
            if found:
                found[-1] = _with_note(found[-1], message, one, files)
            continue
        diagnostic = Diagnostic("warning" if kind == "warning" else "error", message, option=str(one.get("option", "")))
        diagnostic = _placed(diagnostic, one, files)
        for child in one.get("children", ()):
            diagnostic = _with_note(diagnostic, _straight(str(child.get("message", ""))), child, files)
        fixes = [fix.get("string", "") for fix in one.get("fixits", ()) if fix.get("start") == fix.get("next")]
        found.append(replace(diagnostic, insert=fixes[0] if fixes else ""))
    return found


def _placed(diagnostic: Diagnostic, one: dict[str, Any], files: Mapping[str, str]) -> Diagnostic:
    for location in one.get("locations", ()):
        caret = location.get("caret", {})
        start = location.get("start", caret)
        if start.get("line") != caret.get("line"):
            start = caret
        finish = location.get("finish", caret)
        end = finish.get("byte-column", 0) if finish.get("line") == start.get("line") else 0
        file, line = str(caret.get("file", "")), int(start.get("line", 0))
        name = _known(file, files)
        column = int(start.get("byte-column", start.get("column", 0)))
        shown = name or PurePath(file).name
        return replace(diagnostic, file=shown, line=line, column=column, end=max(int(end), column),
                       source=_line(files, name, line))
    return diagnostic


def _with_note(
    diagnostic: Diagnostic, message: str, one: dict[str, Any], files: Mapping[str, str]
) -> Diagnostic:
    noted = replace(diagnostic, notes=(*diagnostic.notes, message))
    if diagnostic.file in files:
        return noted
    there = _placed(noted, one, files)  # the first note that is about the student's own text says where it began
    return there if there.file in files else noted


def _from_text(said: str, files: Mapping[str, str]) -> Iterable[Diagnostic]:
    last: Diagnostic | None = None
    asked: re.Match[str] | None = None  # where GCC says that the template of the next error was asked for
    for line in said.splitlines():
        match = _TEXT.match(line)
        if match is None:
            needed = _NEEDED.match(line)
            asked = needed if needed is not None and _known(needed["file"], files) else asked
            continue
        if asked is not None and match["kind"].endswith("error") and not _known(match["file"], files):
            told = {**match.groupdict(), **asked.groupdict()}
            asked = None
        else:
            told = match.groupdict()
        name, number, column = _known(told["file"], files), int(told["line"]), int(told["column"] or 0)
        message = _straight(told["message"])
        if told["kind"] == "note":
            if last is not None:
                last = replace(last, notes=(*last.notes, message))
                if last.file not in files and name:
                    last = replace(last, file=name, line=number, column=column, end=column,
                                   source=_line(files, name, number))
            continue
        if last is not None:
            yield last
        shown = name or PurePath(told["file"]).name
        kind = "warning" if told["kind"] == "warning" else "error"
        source, option = _line(files, name, number), re.search(r"\[(?:-Werror,)?(-W[^\]]+)\]$", told["message"])
        word = re.match(rb"\w*", source.encode()[max(column - 1, 0) :])
        end = max(column, column + len(word[0]) - 1) if word else column
        last = Diagnostic(kind, message, shown, number, column, end, source, option=option[1] if option else "")
    if last is not None:
        yield last


def _explained(one: Diagnostic, files: Mapping[str, str]) -> Diagnostic:
    if one.kind != "error":
        return replace(one, plain=explain_warning(one.message))
    meant = one.source.encode()[one.column - 1 : one.end].decode(errors="replace") if one.column else ""
    plain = explain(one.message, one.notes, one.source, one.insert, meant)
    text = files.get(one.file, "")
    if plain is not None and plain.kind in ("brace", "class") and (told := suspect(text)):
        return replace(one, plain=Plain("brace", f"{plain.what} {told}", plain.fix))
    if plain is None or plain.kind != "semicolon":
        return replace(one, plain=plain)
    placed = _line_before(one, files)
    return replace(placed, plain=plain if placed is one else replace(plain, what="A `;` is missing at this place."))


def _line_before(one: Diagnostic, files: Mapping[str, str]) -> Diagnostic:
    """What is missing at the beginning of a line is missing at the end of the one before: point there."""
    if one.source.encode()[: max(one.column - 1, 0)].strip():
        return one
    for number in range(one.line - 1, 0, -1):
        source = _line(files, one.file, number)
        code = source.split("//")[0].rstrip()
        if code:
            column = len(code.encode()) + 1
            return replace(one, line=number, column=column, end=column, source=source)
    return one


def _straight(message: str) -> str:
    """The message with plain quotation marks, without the name of its option."""
    plain = message.replace("\u2018", "'").replace("\u2019", "'").strip()
    return re.sub(r" \[-W[^\]]*\]$", "", plain)


def _known(file: str, files: Mapping[str, str]) -> str:
    """The name by which the student knows a file, "" if it is none of theirs."""
    if not file:
        return ""
    path = PurePath(file)
    # A compiler works in a folder that holds the student's files: they have no folder, or that one of the cache.
    own = path.parent.name == "" or (path.parent.name == cache.SOURCES and path.parent.parent.name[:5] == cache.WORK)
    return path.name if own and path.name in files else ""


def _line(files: Mapping[str, str], name: str, number: int) -> str:
    lines = files.get(name, "").split("\n")
    return lines[number - 1].rstrip() if 0 < number <= len(lines) else ""
