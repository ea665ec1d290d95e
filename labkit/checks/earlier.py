"""What a student should mend first: an earlier exercise whose function this one uses, and which is not right yet.

`collect` of exercise 1.5 connects with the `connect` of exercise 1.1. If that one is wrong, the card of 1.5 can only
say what `collect` did not do; the way to its points begins at 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set

from labkit.checks.cell_text import newest
from labkit.checks.registry import Exercise
from labkit.checks.result import Result

_NAME = re.compile(r"\s*(\w+)")
_WRONG = frozenset({"partly", "failed", "not written"})


def mend_first(
    exercise: Exercise, result: Result, before: Iterable[tuple[Exercise, Result]], cells: Sequence[str]
) -> str:
    """Return a sentence for the card of an exercise that lost points; empty if no earlier one can be the reason.

    It can be if its last check found it wrong, and if one of its functions, or a helper in one cell with them, was
    called by this check, or is used by what the student wrote for this exercise, directly or through other functions.

    Args:
        exercise: what was checked.
        result: what came of it.
        before: the exercises that were checked before, each with what came of it last.
        cells: the texts of the cells that ran, in their order.
    """
    if result.state not in {"partly", "failed"}:
        return ""
    wrong = [(other, found) for other, found in before
             if other.lab == exercise.lab and _number(other) < _number(exercise) and found.state in _WRONG]
    if not wrong:
        return ""
    notebook = _definitions(cells)
    reads = {name: names for at in notebook for name, names in at.items()}
    used = _reached({*names_of(exercise), *result.called}, reads)
    for other, found in sorted(wrong, key=lambda pair: _number(pair[0])):
        asked = names_of(other)
        # What stands in one cell with it, such as a helper of `connect`, was written for the same exercise.
        beside = [name for at in notebook if not at.keys().isdisjoint(asked) for name in at]
        if taken := [name for name in (*asked, *beside) if name in used]:
            return (f"this uses `{taken[0]}` of exercise {other.id}, which had {found.score} of {found.points} points "
                    "when it was checked. Mend that first, and run both checks again.")
    return ""


def names_of(exercise: Exercise) -> list[str]:
    """Return the names of the functions and classes that a student writes for an exercise."""
    return [found[1] for text in exercise.functions if (found := _NAME.match(text))]


def _number(exercise: Exercise) -> int:
    return int(exercise.id.split(".")[1])


def _definitions(cells: Sequence[str]) -> list[dict[str, frozenset[str]]]:
    """Return, for each cell, its functions and classes with the names that they read; the last one of a name counts."""
    notebook: list[dict[str, frozenset[str]]] = []
    newer: set[str] = set()
    for _, defined in newest(cells):
        found = {name: one.reads for name, one in (defined or {}).items() if name not in newer}
        newer |= found.keys()
        notebook.append(found)
    return notebook


def _reached(names: Set[str], definitions: Mapping[str, frozenset[str]]) -> set[str]:
    """Return these names, and all that their definitions read, and so on."""
    reached: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += definitions.get(name, ())
    return reached
