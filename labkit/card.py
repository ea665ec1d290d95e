"""Cards: what the kit shows below a cell, as HTML for JupyterLab and as text for everything else."""

from __future__ import annotations

import html
import re
from typing import Any

# For symbols and borders, at least 3:1 on white and on JupyterLab's dark background; words keep the text's own colour.
GOOD, BAD, OPEN, HALF, NEUTRAL = "#2e7d32", "#c62828", "#757575", "#8e6100", "#1565c0"
"""Colours of borders and symbols. None says anything alone: a symbol and a word go with each."""
CODE = "font-family:var(--jp-code-font-family,monospace);font-size:.93em;white-space:pre-wrap;overflow-wrap:anywhere"
"""Style of code inside a card."""
_BORDER = "border-left:6px solid {colour};padding:.4em 1em;margin:.3em 0;max-width:62em;line-height:1.45"


class Card:
    """Something to show that is HTML, text and data at once.

    Args:
        text: for a terminal.
        markup: for a notebook.
        data: for machines, by MIME type.
    """

    def __init__(self, text: str, markup: str, data: dict[str, dict[str, Any]] | None = None) -> None:
        self.text = text
        self.markup = markup
        self.data = data or {}

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # noqa: ARG002 - IPython's signature
        return {"text/plain": self.text, "text/html": self.markup, **self.data}

    def display(self) -> None:
        """Show it: in a notebook as HTML, elsewhere as text."""
        try:
            from IPython.core.interactiveshell import InteractiveShell
            from IPython.display import display
        except ImportError:
            print(self.text)
            return
        if InteractiveShell.initialized():
            display(self)
        else:
            print(self.text)


def note_card(title: str, message: str) -> Card:
    """Return a plain message, such as one for a wrong exercise number.

    Args:
        title: its first line.
        message: the rest.
    """
    return Card(f"{title}\n{message}", box(HALF, f"<b>{rich(title)}</b><br>{rich(message)}"))


def box(colour: str, inside: str, label: str = "Hint") -> str:
    """Return the frame of a card.

    Args:
        colour: of its border.
        inside: HTML.
        label: what a screen reader calls it.
    """
    return (
        f"<div role='region' aria-label='{html.escape(label)}' style='{_BORDER.format(colour=colour)}'>{inside}</div>"
    )


def rich(text: str) -> str:
    """Return text as HTML: `code` between backticks, line ends kept.

    Args:
        text: plain text.
    """
    escaped = html.escape(text)
    return re.sub(r"`([^`\n]+)`", rf"<code style='{CODE}'>\1</code>", escaped).replace("\n", "<br>")
