"""Finds the brace that is missing or too many, by the indentation: the compiler notices it only far below."""

from __future__ import annotations

import re

# Comments, texts and characters: braces in them do not count. The longer ones first.
_SKIPPED = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", re.DOTALL)


def suspect(source: str) -> str:
    """Say which block is probably not closed, or which brace has no beginning; "" if the indentation tells nothing.

    Args:
        source: text of a C++ file.
    """
    plain = _SKIPPED.sub(lambda found: "\n" * found[0].count("\n"), source)
    open_at: list[tuple[int, int, int]] = []  # of each open block: line, indentation, parentheses open around it
    inside, begins = 0, 0  # parentheses open in this block, and the indentation of the line where the first one stands
    for number, line in enumerate(plain.split("\n"), 1):
        indent = len(line) - len(line.lstrip())
        begins = begins if inside > 0 else indent
        first = True
        for letter in line.strip():
            inside = max(inside + (letter == "(") - (letter == ")"), 0)
            if letter == "{":
                open_at.append((number, begins, inside))
                inside = 0
            elif letter == "}":
                if not open_at:
                    return f"The `}}` in line {number} closes nothing: it is too many, or its `{{` is missing."
                begun, depth, inside = open_at.pop()
                if first and begun != number and indent < depth:
                    return f"By its indentation, the block that begins in line {begun} is not closed."
                if first and begun != number and indent > depth:
                    return f"By its indentation, the `}}` in line {number} has no `{{` of its own."
            first = first and letter == "}"
    if open_at:
        return f"The block that begins in line {open_at[-1][0]} is not closed."
    return ""
