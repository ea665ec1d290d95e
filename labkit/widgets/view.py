"""Something to look at: HTML in a notebook, plain text everywhere else."""

from __future__ import annotations

import html
from typing import Any


class View:
    """A picture that is HTML and text at once; the text says all that the picture says.

    Args:
        text: for terminals, screen readers and notebooks without HTML.
        markup: HTML.
    """

    def __init__(self, text: str, markup: str) -> None:
        self.text = text
        self.markup = markup

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002 - IPython's signature
        return {"text/plain": self.text, "text/html": self.markup}


def box(inside: str, label: str) -> str:
    """Return HTML as a named region.

    Args:
        inside: HTML.
        label: what it is, for screen readers.
    """
    name = html.escape(label, quote=True)
    return f"<div role='region' aria-label='{name}' style='max-width:62em;line-height:1.45'>{inside}</div>"


def problem(title: str, message: str) -> View:
    """Return what to show in place of a picture that cannot be shown.

    Args:
        title: which one.
        message: why, and what to do.
    """
    text = f"{title}: not available.\n{message}"
    body = f"<b>! {html.escape(title)}: not available.</b><br>{html.escape(message)}".replace("\n", "<br>")
    return View(text, box(f"<div style='border-left:6px solid #8e6100;padding:.4em 1em'>{body}</div>", title))
