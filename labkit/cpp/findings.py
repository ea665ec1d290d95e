"""A finding: what stopped a program, in plain words; and the lines of a sanitizer's stack that are the student's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

KINDS = (
    "out-of-bounds", "null", "overflow", "use-after-scope", "use-after-free", "no-return", "stack", "leak",
    "uninitialised", "arithmetic", "assertion", "exception", "exit", "endless", "memory", "output", "signal",
)
"""All kinds of findings."""


@dataclass(frozen=True)
class Finding:
    """What stopped a program.

    Args:
        kind: one of `KINDS`.
        text: what happened, a sentence or two.
        file: the student's file in which it happened, "" if it is not known.
        line: its line, 0 if it is not known.
        function: the student's function, "" if it is not known.
        advice: what to do.
        source: that line of the file, "" if it is not known.
    """

    kind: str
    text: str
    file: str = ""
    line: int = 0
    function: str = ""
    advice: str = ""
    source: str = ""

    @property
    def place(self) -> str:
        """Where it happened, in words; "" if it is not known."""
        inside = f"`{self.function}`" if self.function else ""
        where = f"{self.file}, line {self.line}" if self.file else ""
        return ", ".join(part for part in (inside, where) if part)

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


LEFT = Finding("exit", "It ended the whole program, as if its work were done.",
               advice="a function of a board returns; it never ends the program.")
"""What befell a program that ended well, but before anybody wanted that."""


@dataclass(frozen=True)
class Frame:
    """One of the student's functions in a stack."""

    function: str
    file: str
    line: int


_FRAME = re.compile(
    r"^\s*#\d+ 0x[0-9a-f]+ (?:in (?P<function>.+) )?\(?(?P<file>[^\s():]+):(?P<line>\d+)(?::\d+)?\)?$", re.MULTILINE
)


def frames_of(report: str, files: Mapping[str, str] | None) -> list[Frame]:
    """Return the lines of the stack that are the student's own, the innermost first.

    Args:
        report: what a sanitizer wrote.
        files: the student's files, name → text; None takes every file without a folder for theirs.
    """
    found = []
    for match in _FRAME.finditer(report):
        file = match["file"].removeprefix("./")
        own = file in files if files is not None else "/" not in file and file.endswith((".cpp", ".hpp"))
        if own:
            found.append(Frame(short(match["function"] or ""), file, int(match["line"])))
    return found


def short(function: str) -> str:
    """Return a function's name without its parameters, template arguments and `node::`.

    Args:
        function: as a sanitizer writes it, such as `node::RingBuffer<int, 3ul>::push(int const&)`.
    """
    depth, plain = 0, ""
    for letter in function.removesuffix(" const").split(" [", 1)[0]:
        depth += letter in "<("
        if depth == 0:
            plain += letter
        depth -= letter in ">)"
    name = plain.strip().split(" ")[-1].removeprefix("::").removeprefix("node::").removeprefix("::")
    return "" if name.startswith("DOCTEST_") else name  # a test has a name of its own
