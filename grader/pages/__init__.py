"""Pages for instructors: one file each, which asks no server for anything, light and dark, for screen and paper.

What students wrote stands in these pages, so everything is escaped, and the page's own policy lets no script run.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.layout import CourseError


def render(template: str, **values: Any) -> str:
    """Return a page.

    Args:
        template: its file in this folder, without `.html.j2`.
        values: what it shows; text is escaped.
    """
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True,
                              lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters["number"] = number
    environment.filters["percent"] = percent
    environment.filters["rich"] = rich
    return environment.get_template(f"{template}.html.j2").render(**values)


def rich(text: str) -> Markup:
    """Return a hint's text with its code as code.

    Args:
        text: text with code between backticks; everything else is only text.
    """
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def number(value: float) -> str:
    """Return a number as a person writes it: no digits that say nothing.

    Args:
        value: the number.
    """
    return f"{value:.1f}".removesuffix(".0") if abs(value) < 100 else f"{value:.0f}"


def percent(value: float) -> str:
    """Return a share as a percentage.

    Args:
        value: 0 to 1. What is not quite all or nothing is not rounded to it.
    """
    shown = round(100 * value)
    if (shown == 0 and value > 0) or (shown == 100 and value < 1):
        return "<1 %" if shown == 0 else ">99 %"
    return f"{shown} %"


def write(path: Path, text: str) -> Path:
    """Write a page or a table.

    Args:
        path: the file; its folder is made.
        text: its text.

    Returns:
        the file.

    Raises:
        CourseError: it cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # JSON can carry half a character, which no file can: it becomes a question mark.
        path.write_bytes(text.encode("utf-8", "replace"))
    except OSError as error:
        raise CourseError(f"{path} cannot be written: {error.strerror or error}.",
                          "choose another place with --to, or close the program that has it open.") from None
    return path
