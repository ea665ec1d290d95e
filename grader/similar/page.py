"""The page of `grader similar`: pairs of answers side by side, with what they have in common highlighted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from grader.layout import LabFiles
from grader.pages import render
from grader.similar.answers import Answer, Class
from grader.similar.compare import Pair, Rules, own
from grader.similar.fingerprints import RUN, Fingerprint

MOST = 200
"""Pairs on a page: nobody reads more, and a file of thousands does not open."""


def draw(lab: LabFiles, read: Class, found: Sequence[Pair], known: Sequence[str], rules: Rules) -> str:
    """Return the page.

    Args:
        lab: the lab.
        read: what the students wrote.
        found: the pairs, in the order in which they are shown.
        known: texts that nobody wrote.
        rules: how the pairs were found.
    """
    by_exercise: dict[str, list[Answer]] = {}
    for answer in read.answers:
        by_exercise.setdefault(answer.exercise, []).append(answer)
    shown = found[:MOST]
    wanted = {one.exercise for pair in shown for one in pair.alike}
    marks = {exercise: own(by_exercise[exercise], known, rules) for exercise in wanted}
    texts = {(answer.exercise, answer.student): answer.text for answer in read.answers}
    students = {answer.student for answer in read.answers}
    sides = {}
    for pair in shown:
        for one in pair.alike:
            both = [(student, marks[one.exercise][student]) for student in (pair.first, pair.second)]
            common = {mark.value for mark in both[0][1]} & {mark.value for mark in both[1][1]}
            sides[pair.first, pair.second, one.exercise] = [
                (student, highlighted(texts[one.exercise, student], [mark for mark in found_ if mark.value in common]))
                for student, found_ in both]
    return render("similar", lab=lab.folder, pairs=shown, total=len(found), shown=len(shown), sides=sides,
                  students=len(students), exercises=len(by_exercise), unread=read.unread, threshold=rules.threshold,
                  least=rules.least, common=rules.common_from(len(students)), run=RUN,
                  made=f"{datetime.now().astimezone():%Y-%m-%d %H:%M}")


def highlighted(text: str, marks: Sequence[Fingerprint]) -> list[tuple[str, bool]]:
    """Cut a text where something in common begins or ends.

    Args:
        text: the text.
        marks: what is in common.

    Returns:
        pieces that make the text again, each with whether it is in common.
    """
    covered = bytearray(len(text))
    for mark in marks:
        covered[mark.start:mark.end] = b"\1" * (mark.end - mark.start)
    pieces, begin = list[tuple[str, bool]](), 0
    for place in range(1, len(text) + 1):
        if place == len(text) or covered[place] != covered[begin]:
            pieces.append((text[begin:place], bool(covered[begin])))
            begin = place
    return pieces
