"""The page of `grader report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from grader.pages import render
from grader.report import figures
from grader.report.counts import HELP, STUCK, LabCounts
from grader.similar.compare import Pair
from labkit.course import LABS

KEY = (("full", "all points"), ("partly", "some"), ("zero", "none"), ("unwritten", "not written"))
"""The parts of an exercise's bar: style and word."""
MOST = {"most_hints": 12, "most_checks": 10, "most_cases": 6}
"""Rows of a table: the page is for reading; `--json` has everything."""


def draw(course: str, people: int, labs: Sequence[LabCounts], alike: Mapping[str, Sequence[Pair]] | None) -> str:
    """Return the page.

    Args:
        course: its id.
        people: students in the gradebook.
        labs: the labs' numbers.
        alike: pairs of answers by lab; None if nobody asked.
    """
    needy = [(lab, one) for lab in labs for one in lab.needy]
    return render(
        "report", course=course, people=people, labs=labs, titles={lab.lab: title(lab.lab) for lab in labs}, key=KEY,
        made=f"{datetime.now().astimezone():%Y-%m-%d %H:%M}", look=_look(labs), help=HELP, stuck=STUCK, needy=needy,
        needy_students=len({one.student for _, one in needy}),
        below={lab.lab: sum(score < HELP * lab.most for score in lab.scores.values()) for lab in labs},
        hardest={lab.lab: min(lab.exercises, key=lambda one: one.mean / one.points, default=None) for lab in labs},
        slow={lab.lab: sorted(lab.exercises, key=lambda one: -one.slowest) for lab in labs}, alike=alike,
        histograms={lab.lab: figures.histogram(list(lab.scores.values()), lab.most, title(lab.lab))
                    for lab in labs if lab.scores},
        bars={(lab.lab, one.id): figures.shares([("full", one.full), ("partly", one.partly), ("zero", one.none),
                                                 ("unwritten", one.unwritten)])
              for lab in labs for one in lab.exercises}, **MOST)


def title(lab: str) -> str:
    """Return what a person calls a lab.

    Args:
        lab: its folder.
    """
    number, _, rest = lab.partition("-")
    return f"Lab {number}: " + next((known.title for known in LABS if known.folder == lab), rest.replace("-", " "))


def _look(labs: Sequence[LabCounts]) -> list[str]:
    lines = [f"{title(lab.lab)}, {student}: no score. {why}" for lab in labs for student, why in lab.unscored]
    return lines + [f"{title(lab.lab)}, {student}, exercise {id}: could not be checked. {why}"
                    for lab in labs for student, id, why in lab.problems]
