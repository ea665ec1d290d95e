"""The texts of this notebook's `%%part` cells, as they ran last: a part can be run again in a process of its own.

The house on disk is not asked for it: while a notebook is graded nothing is saved there, and a cell of another lab may
have written to it.
"""

from __future__ import annotations

from labkit.house_text import Piece, clean, put

_pieces: dict[str, list[Piece]] = {}


def keep(part: str, cell: str, *, cell_id: str = "") -> None:
    """Take note of a cell that ran. One that is run again takes the place of what it was.

    Args:
        part: name of the part.
        cell: text of the cell, without its `%%part` line.
        cell_id: id of the notebook cell, if known.

    Raises:
        SyntaxError: the cell is not Python.
    """
    piece = Piece(clean(cell), "".join(cell_id.split()))
    if piece.text.strip():
        _pieces[part] = put(_pieces.get(part, []), piece)


def text(part: str) -> str:
    """Return the part's text, its cells one after the other; "" if none of them has run.

    Args:
        part: name of the part.
    """
    return "\n\n".join(piece.text for piece in _pieces.get(part, []))


def forget() -> None:
    """Forget all cells, as a new kernel does."""
    _pieces.clear()
