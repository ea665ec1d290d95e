"""Writes the tables of README.md from the attempts: `python -m tests.hostile.table`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.hostile.harness import HERE, POINTS, Attempt, attempts
from tests.hostile.notebooks import BROKEN, Broken

README = HERE / "README.md"
START = "<!-- made by python -m tests.hostile.table -->"


def made() -> str:
    """Return the tables as text."""
    all_attempts = attempts()
    plain = [attempt for attempt in all_attempts if attempt.lab == "91"]
    services = [attempt for attempt in all_attempts if attempt.lab == "92"]
    in_cpp = [attempt for attempt in all_attempts if attempt.lab == "93"]
    return "\n".join([
        START, "",
        f"## {len(plain)} answers", "", *_table(map(_row, plain)), "",
        f"## {len(services)} answers with a broker and a database", "", *_table(map(_row, services)), "",
        f"## {len(in_cpp)} answers in C++", "", *_table(map(_row, in_cpp)), "",
        f"## {len(BROKEN)} files", "", *_table(map(_broken_row, BROKEN)), "",
    ])


def _table(rows: Iterable[Sequence[str]]) -> list[str]:
    heads = ("attempt", "tries", "comes to", "told as", "stock nbgrader 0.9.6")
    return [" | ".join(("", *row, "")).strip() for row in (heads, ("---",) * len(heads), *rows)]


def _row(attempt: Attempt) -> tuple[str, ...]:
    there = sum(POINTS[attempt.lab][exercise] for exercise in attempt.attacks)
    docker = ", Docker too" if attempt.docker else ""
    return (f"`{attempt.name}`", attempt.tries, f"{attempt.most:g} of {there:g}{docker}", _kinds(attempt.incidents),
            attempt.beats_nbgrader)


def _broken_row(broken: Broken) -> tuple[str, ...]:
    points = f"{broken.points:g} of 10"
    if "unreadable" in broken.incidents and broken.points:
        points += ", 0 if refused"
    return f"`{broken.name}`", broken.tries, points, _kinds(broken.incidents), broken.beats_nbgrader


def _kinds(kinds: Sequence[str]) -> str:
    return " or ".join(kind or "nothing" for kind in kinds)


def main() -> None:
    """Rewrite the tables."""
    head = README.read_text(encoding="utf-8").partition(START)[0]
    README.write_text(head + made(), encoding="utf-8")


if __name__ == "__main__":
    main()
