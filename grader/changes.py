"""Changes to a reference, as a diff without line numbers: each hunk is found by its own lines.

    @@
     def sign_and_magnitude(field: bytes) -> int:
         raw = int.from_bytes(field, "big")
    -    return -(raw & 0x7FFF) if raw & 0x8000 else raw
    +    return raw & 0x7FFF

Lines that begin with a space or a minus stand in the reference, one below the other, at exactly one place below the
hunk before. Those with a minus go, those with a plus come. An empty line is an empty line of the reference, so that an
editor may cut spaces at the ends of lines; at the end of a hunk it is for the eye only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

HUNK = "@@"
"""The line with which a hunk begins."""


class Misfit(Exception):  # noqa: N818 - it is a finding about changes
    """Changes that cannot be made.

    Args:
        line: the line of the changes, from 1.
        message: what is wrong with them, without a subject: `"has a hunk that …"`.
        fix: what to do.
    """

    def __init__(self, line: int, message: str, fix: str) -> None:
        super().__init__(message)
        self.line, self.message, self.fix = line, message, fix


@dataclass
class _Hunk:
    """A hunk: its line in the changes, its old lines with the line of each, and its new lines."""

    line: int
    old: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


def apply(changes: str, reference: str) -> str:
    """Make changes to a reference.

    Args:
        changes: one or more hunks.
        reference: the text that they change; empty lines at its ends count for nothing.

    Returns:
        the changed text, without empty lines at its ends, with a newline.

    Raises:
        Misfit: the changes are not in this form, change nothing, or do not fit the reference.
    """
    lines, made, done = reference.strip("\n").split("\n"), list[str](), 0
    for hunk in _hunks(changes):
        place = _place(hunk, lines, done)
        made += lines[done:place] + hunk.new
        done = place + len(hunk.old)
    return "\n".join(made + lines[done:]).strip("\n") + "\n"


def _hunks(changes: str) -> list[_Hunk]:
    rows = changes.split("\n")
    hunks: list[_Hunk] = []
    for number, row in enumerate(rows, 1):
        if row == HUNK:
            hunks.append(_Hunk(number))
        elif row and (not hunks or row[0] not in " -+"):
            raise Misfit(number, f"has the line {row!r}, which is none of a hunk",
                         f"begin a hunk with `{HUNK}`, its lines with a space (stays), `-` (goes), `+` (comes).")
        elif row or (hunks and _goes_on(rows[number:])):
            if row[:1] != "+":
                hunks[-1].old.append(row[1:])
                hunks[-1].numbers.append(number)
            if row[:1] != "-":
                hunks[-1].new.append(row[1:])
    return hunks


def _goes_on(rows: list[str]) -> bool:
    """Whether more of the same hunk follows."""
    return next((row for row in rows if row), HUNK) != HUNK


def _place(hunk: _Hunk, lines: list[str], start: int) -> int:
    """Where the old lines of a hunk stand in the reference, from one of its lines on."""
    if hunk.old == hunk.new:
        raise Misfit(hunk.line, "has a hunk that changes nothing", "take it out, or mark lines with `-` and `+`.")
    if not hunk.old:
        raise Misfit(hunk.line, "has a hunk of new lines alone, and nothing tells where they go",
                     "give it the line above them or below them, after a space.")
    size = len(hunk.old)
    everywhere = [place for place in range(len(lines) - size + 1) if lines[place:place + size] == hunk.old]
    below = [place for place in everywhere if place >= start]
    if len(below) == 1:
        return below[0]
    if below:
        raise Misfit(hunk.line, f"has a hunk that fits at {len(below)} places of the reference, at lines "
                                f"{', '.join(str(place + 1) for place in below)} of it",
                     "give it more lines from around the change, until it fits at one place.")
    if everywhere:
        raise Misfit(hunk.line, "has a hunk that fits above the end of the hunk before it only",
                     "put the hunks in the order of the reference, and make one of two that overlap.")
    best = max(range(start, len(lines)), key=lambda place: _fitting(hunk.old, lines[place:]), default=start)
    fitting = _fitting(hunk.old, lines[best:])
    there = lines[best + fitting:best + fitting + 1]
    if not fitting:
        told = f"is not in the reference{' below the hunk before' if start else ''}"
    else:
        told = f"does not come next in the reference, but {repr(there[0]) if there else 'its end'}"
    raise Misfit(hunk.numbers[fitting], f"has a hunk whose line {hunk.old[fitting]!r} {told}",
                 "write the hunk anew, against the exercise's cell as it stands in the solution notebook now.")


def _fitting(old: list[str], lines: list[str]) -> int:
    """With how many of the old lines the lines begin."""
    return next((count for count, (one, other) in enumerate(zip(old, lines, strict=False)) if one != other),
                min(len(old), len(lines)))
