"""The exercises of the course, and the hidden cases that a grader adds to them."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labkit.errors import StudentError

if TYPE_CHECKING:
    from labkit.checks.student import Student
    from labkit.checks.world import World

CheckFunction = Callable[["Student", "World"], None]
_ID = re.compile(r"(\d{1,2})\.(\d{1,2})")
_SIGNATURE = re.compile(r"\s*(\w+)\s*\(")


@dataclass(frozen=True)
class Exercise:
    """One exercise of the course.

    Args:
        id: lab and number, `"01.3"`.
        points: the most that can be scored.
        title: as it stands in the notebook.
        services: names of the services that its check needs.
        capabilities: what a service must be able to do, by service.
        functions: the signatures that the student writes, as text: `"topic_matches(topic_filter, topic) -> bool"`.
        limit: time limit of one call of the student's code, in seconds.
        run: the public cases.
    """

    id: str
    points: int
    title: str
    services: tuple[str, ...]
    capabilities: Mapping[str, tuple[str, ...]]
    functions: tuple[str, ...]
    limit: float
    run: CheckFunction = field(repr=False)

    @property
    def lab(self) -> str:
        """Number of the lab, two digits."""
        return self.id.split(".")[0]

    def signature(self, name: str) -> str:
        """Return the signature that is asked for, or "" if the exercise does not state it."""
        for text in self.functions:
            found = _SIGNATURE.match(text)
            if found and found[1] == name:
                return text.strip()
        return ""


_exercises: dict[str, Exercise] = {}
_hidden: dict[str, list[CheckFunction]] = {}


def exercise(
    id: str,
    *,
    points: int,
    title: str,
    services: Sequence[str] = (),
    capabilities: Mapping[str, Sequence[str]] | None = None,
    functions: Sequence[str] = (),
    limit: float = 5.0,
) -> Callable[[CheckFunction], CheckFunction]:
    """Register the decorated function as the public cases of an exercise.

    Args:
        id: lab and number, `"01.3"`.
        points: the most that can be scored; the points of its criteria add up to it.
        title: as it stands in the notebook.
        services: names of the services that the check needs (`"mqtt"`, `"influxdb"`).
        capabilities: what a service must be able to do: `{"mqtt": ["acl"]}`.
        functions: the signatures that the student writes, for messages: `"topic_matches(topic_filter, topic) -> bool"`.
        limit: time limit of one call of the student's code, in seconds.

    Raises:
        ValueError: the id is malformed or taken, or the points are not positive.
    """
    key = exercise_id(id)
    if key != id:
        raise ValueError(f"exercise id {id!r}: write {key!r}")
    if points <= 0:
        raise ValueError(f"exercise {id}: {points} points")

    def register(run: CheckFunction) -> CheckFunction:
        known = _exercises.get(id)
        if known is not None and known.run.__module__ != run.__module__:
            raise ValueError(f"exercise {id} is already in {known.run.__module__}")
        needs = {service: tuple(names) for service, names in (capabilities or {}).items()}
        _exercises[id] = Exercise(id, points, title, tuple(services), needs, tuple(functions), limit, run)
        return run

    return register


def hidden(id: str) -> Callable[[CheckFunction], CheckFunction]:
    """Register the decorated function as hidden cases of an exercise.

    Its criteria have titles of public criteria: the points of such a criterion are earned only if both are met.

    Args:
        id: lab and number, `"01.3"`.
    """
    key = exercise_id(id)

    def register(run: CheckFunction) -> CheckFunction:
        others = [
            other
            for other in _hidden.get(key, [])
            if (other.__module__, other.__name__) != (run.__module__, run.__name__)
        ]
        _hidden[key] = [*others, run]
        return run

    return register


def hidden_cases(id: str) -> tuple[CheckFunction, ...]:
    """Return the hidden cases that were registered for an exercise."""
    return tuple(_hidden.get(exercise_id(id), ()))


def exercise_id(text: str) -> str:
    """Return the id in its one form: `"1.3"` is `"01.3"`.

    Raises:
        ValueError: it is not a lab and a number.
    """
    found = _ID.fullmatch(str(text).strip())
    if found is None:
        raise ValueError(f'{text!r} is not an exercise: write lab and number, like "01.3"')
    return f"{int(found[1]):02d}.{int(found[2])}"


def find(id: str) -> Exercise:
    """Return the exercise of that id; its lab's module is imported when it is first asked for.

    Raises:
        StudentError: there is no such exercise.
    """
    try:
        key = exercise_id(id)
    except ValueError as error:
        raise StudentError(str(error)) from None
    found = _exercises.get(key)
    if found is None:
        known = [candidate.id for candidate in of_lab(key.split(".")[0])]
        found = _exercises.get(key)
        if found is None:
            near = difflib.get_close_matches(key, known, n=1)
            fix = f"use one of {', '.join(known)}." if known else "look at the number in the exercise's title."
            raise StudentError(f"There is no exercise {key}." + (f" Is it {near[0]}?" if near else ""), fix)
    return found


def of_lab(number: str | int) -> list[Exercise]:
    """Return the exercises of a lab in order; an empty list if the lab has none yet.

    Args:
        number: `"01"` or `1`.
    """
    lab = f"{int(number):02d}"
    module = f"labkit.checks.lab{lab}"
    if importlib.util.find_spec(module) is not None:
        importlib.import_module(module)
    found = [candidate for candidate in _exercises.values() if candidate.lab == lab]
    return sorted(found, key=lambda candidate: int(candidate.id.split(".")[1]))
