"""The text of a part: pieces, one for each notebook cell, and what happens when a cell is run again.

A piece is the text of a `%%part` cell below a header line. The headers are in the percent format, so that editors show
cells:

    # %% piece cell=ex-01-3
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

_HEADER = re.compile(r"^# %% piece(?: cell=(?P<cell>\S+))?[ \t]*$", re.MULTILINE)
_COMMENTS = re.compile(r"\A(?:[ \t]*(?:#.*)?(?:\n|\Z))+")
_SHELL_LINE = re.compile(r"^\s*[%!].*$", re.MULTILINE)


@functools.lru_cache(maxsize=256)
def _statements(text: str) -> tuple[ast.stmt, ...]:
    """The statements of a text, only to be looked at: each cell that runs asks for those of all cells before it."""
    return tuple(ast.parse(text).body)


@dataclass(frozen=True)
class Piece:
    """One cell's contribution to a part.

    Args:
        text: Python source.
        cell: id of the notebook cell, "" if unknown.
    """

    text: str
    cell: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The names that it defines at its top level; imports do not count."""
        return frozenset(name for statement in _statements(self.text) for name in _defines(statement))

    @property
    def stubs(self) -> frozenset[str]:
        """Those of its functions and classes that still raise NotImplementedError, as a lab's empty cells do."""
        return frozenset(
            name
            for statement in _statements(self.text)
            for name in _defines(statement)
            if any(isinstance(node, ast.Raise) and _is_stub(node) for node in ast.walk(statement))
        )


def _is_stub(node: ast.Raise) -> bool:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _defines(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    targets: Iterable[ast.expr] = ()
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = (statement.target,)
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def clean(cell: str) -> str:
    """Return the part of a cell that belongs into a module: no magics, and no bare calls such as a quick try-out.

    Args:
        cell: text of the cell.

    Raises:
        SyntaxError: it is not Python.
    """
    text = _SHELL_LINE.sub("", cell) if _SHELL_LINE.search(cell) and not _parses(cell) else cell
    body = _statements(text)
    loose = [s for s in body if isinstance(s, ast.Expr) and not (s is body[0] and isinstance(s.value, ast.Constant))]
    return _without(text, loose)


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _without(text: str, statements: Iterable[ast.stmt]) -> str:
    """Return the text without whole statements, their decorators included."""
    gone: set[int] = set()
    for statement in statements:
        first = min([statement.lineno, *(node.lineno for node in getattr(statement, "decorator_list", []))])
        gone.update(range(first, (statement.end_lineno or statement.lineno) + 1))
    kept = [line for number, line in enumerate(text.splitlines(), 1) if number not in gone]
    return "\n".join(kept).strip("\n")


def split(text: str) -> list[Piece]:
    """Return the pieces of a part's text. What somebody wrote by hand before the first header is a piece too."""
    headers = list(_HEADER.finditer(text))
    first = headers[0].start() if headers else len(text)
    by_hand = _COMMENTS.sub("", text[:first]).strip()
    ends = [header.start() for header in headers[1:]] + [len(text)] * bool(headers)
    pieces = [
        Piece(text[header.end() : end].strip("\n"), header["cell"] or "")
        for header, end in zip(headers, ends, strict=True)
    ]
    return [Piece(by_hand), *pieces] if by_hand else pieces


def join(pieces: Iterable[Piece], head: str) -> str:
    """Return the text of a part.

    Args:
        pieces: its pieces in order.
        head: comment lines for the top of the file.
    """
    blocks = [f"# %% piece{f' cell={piece.cell}' if piece.cell else ''}\n{piece.text}\n" for piece in pieces]
    return "\n".join([head.rstrip("\n") + "\n", *blocks])


def put(pieces: list[Piece], new: Piece) -> list[Piece]:
    """Return the pieces with a cell that was run (again).

    It takes the place of the piece of the same cell, or of the first piece that defines one of its names. Statements
    of other
    pieces that define nothing but names of the new one go, so that no old definition comes after a new one.

    Args:
        pieces: the pieces until now.
        new: the piece of the cell.
    """
    names = new.names
    place = next((i for i, piece in enumerate(pieces) if new.cell and piece.cell == new.cell), None)
    if place is None:
        place = next((i for i, piece in enumerate(pieces) if piece.names & names or piece.text == new.text), None)
    kept: list[Piece] = []
    for position, piece in enumerate(pieces):
        if position == place:
            kept.append(new)
            continue
        old = [s for s in _statements(piece.text) if (defined := _defines(s)) and defined <= names]
        rest = Piece(_without(piece.text, old), piece.cell) if old else piece
        if rest.text.strip():
            kept.append(rest)
    return kept if place is not None else [*kept, new]
