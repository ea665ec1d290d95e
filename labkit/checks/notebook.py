"""`check("01.3")` and `hint("01.3")`: what a student types.

If the kit itself fails (a service cannot be started, a check is broken), the card says so, and `check` raises:
nbgrader then
shows an error in that cell, for which an instructor looks, instead of a zero that nobody would question. Nothing that a
student's code does makes `check` raise.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import types
import zlib
from collections.abc import MutableMapping
from typing import Any

from labkit.checks.capture import captured, quiet_descriptors
from labkit.checks.card import hint_card, note_card, result_card
from labkit.checks.earlier import mend_first
from labkit.checks.hints import Hint
from labkit.checks.registry import Exercise, exercise_id, find, hidden_cases
from labkit.checks.result import Result
from labkit.checks.runner import run
from labkit.checks.student import LocalStudent
from labkit.checks.world import World
from labkit.errors import KitError, StudentError

_last: dict[str, Result] = {}
_shown: dict[str, dict[str, int]] = {}


class CheckFailed(KitError):  # noqa: N818 - the name that an instructor reads in a failed cell
    """The kit could not check. The answer was not judged."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows this instead of a traceback through the kit, which would tell a student nothing.
        return [f"This answer could not be checked; that is not the student's fault.\n{self.message}"]


class CheckInterrupted(KeyboardInterrupt):
    """The person at the keyboard stopped a check: there is no score, and "run all" ends here."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows this instead of a traceback through the kit.
        return ["Interrupted: nothing was judged. Run this cell again."]


def check(id: str, *, namespace: MutableMapping[str, Any] | None = None, seed: int | None = None) -> int | float:
    """Check an exercise, show the result card, and return the score as the cell's value.

    Args:
        id: the exercise, `"01.3"`.
        namespace: where the student's functions are; the notebook's global names if not given.
        seed: of the random cases; from the environment (`LABKIT_SEED`) or the exercise's own if not given.

    Returns:
        The points earned: an int if whole, else a float with two places.

    Raises:
        CheckFailed: the kit itself failed; the answer was not judged.
        CheckInterrupted: the cell was interrupted.
        StudentError: there is no such exercise.
    """
    try:
        exercise = find(id)
    except StudentError as error:
        note_card("Nothing to check", str(error)).display()
        raise
    names = namespace if namespace is not None else _names(sys._getframe(1).f_globals)
    try:
        result = _run(exercise, names, _seed(exercise) if seed is None else seed)
    except KeyboardInterrupt:
        raise CheckInterrupted from None
    result.notes += _outdated(exercise, names)
    result.first = mend_first(exercise, result, [(find(id), found) for id, found in _last.items()], _cells(names))
    _last[exercise.id] = result
    _shown.pop(exercise.id, None)
    result_card(result).display()
    if result.problem is not None:
        raise CheckFailed(result.problem)
    return result.score


def _run(exercise: Exercise, names: MutableMapping[str, Any], seed: int) -> Result:
    """Run the check with everything that it or a child process may print kept off the notebook."""
    with quiet_descriptors(), captured():
        try:
            endpoints = _endpoints(exercise)
        except KitError as error:
            return Result(exercise.id, exercise.title, exercise.points, seed=seed, problem=str(error))
        world = World(endpoints, seed=seed)
        return run(exercise, LocalStudent(names), world, hidden=hidden_cases(exercise.id))


def _outdated(exercise: Exercise, names: MutableMapping[str, Any]) -> list[str]:
    """Say which functions are older than the cell that defines them, since that cell ended with an error.

    A student who mends a function, overlooks the SyntaxError and runs the check reads about a version that is gone.
    """
    cells = _cells(names)
    notes = []
    for name in (signature.split("(")[0] for signature in exercise.functions):
        head = re.compile(rf"^def {re.escape(name)}\b", re.MULTILINE)
        last = next((text for text in reversed(cells) if head.search(text)), None)
        function = names.get(name)
        if last is None or not isinstance(function, types.FunctionType):
            continue
        try:
            source = inspect.getsource(function)
        except (OSError, TypeError):
            continue  # not from a cell: nothing to compare with
        if source.strip() not in last:
            notes.append(f"the cell with `def {name}` ended with an error when you ran it: this is an older version")
    return notes


def _cells(names: MutableMapping[str, Any]) -> list[str]:
    """The texts of the cells that have run, as IPython keeps them."""
    return [text for text in names.get("In", []) if isinstance(text, str)]


def _endpoints(exercise: Exercise) -> dict[str, Any]:
    if not exercise.services:
        return {}
    from labkit.services import start

    needs: dict[str, Any] = {service: list(names) for service, names in exercise.capabilities.items() if names}
    services = start(*exercise.services, **needs)
    return {service: services[service] for service in exercise.services}


def _names(fallback: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return the notebook's global names, or those of the caller outside IPython."""
    interactive = sys.modules.get("IPython")
    shell = interactive.get_ipython() if interactive is not None else None
    if shell is None:
        return fallback
    names: MutableMapping[str, Any] = shell.user_ns
    return names


def _seed(exercise: Exercise) -> int:
    given = os.environ.get("LABKIT_SEED", "")
    try:
        return int(given)
    except ValueError:
        # A fixed seed, so that a check that failed fails again in the same way.
        return zlib.crc32(f"{given}:{exercise.id}".encode())


def hint(id: str) -> None:
    """Show the next level of the hint that the last check of an exercise earned.

    The card shows the first level; each call shows one more, and then goes to the next hint of the card.

    Args:
        id: the exercise, `"01.3"`.
    """
    try:
        key = exercise_id(id)
    except ValueError as error:
        note_card("No hint", str(error)).display()
        return
    result = _last.get(key)
    if result is None:
        note_card(f"No hint for {key} yet", f'Run check("{key}") first: hints answer what it finds.').display()
        return
    if not result.hints:
        note_card(f"No hint for {key}", _no_hint(result)).display()
        return
    chosen, level = _next_level(result.hints, _shown.setdefault(key, {}))
    hint_card(key, chosen, level).display()


def _no_hint(result: Result) -> str:
    """Say why a check has earned no hint."""
    if result.passed:
        return "It has all its points."
    if result.state == "not written":
        return (f'There is nothing to give a hint on yet. Write it, run its cell, and then check("{result.exercise}"): '
                "hints answer what it finds.")
    if result.state == "not checked":
        return "It could not be checked, and the card says why: mend that, and run the check again."
    return "Compare what was expected with what was found on the card, and do what stands behind “Try”."


def _next_level(hints: list[Hint], shown: dict[str, int]) -> tuple[Hint, int]:
    """Return the hint and level to show now, and note it; when all were shown, the last again."""
    for candidate in hints:
        level = shown.get(candidate.id, 1) + 1
        if level <= len(candidate.levels):
            shown[candidate.id] = level
            return candidate, level
    return hints[-1], len(hints[-1].levels)


def last_results() -> dict[str, Result]:
    """Return the results of this session's checks, by exercise."""
    return dict(_last)
