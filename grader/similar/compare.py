"""Pairs of answers that are alike: the share of their own fingerprints that they have in common.

RapidFuzz measures all pairs of an exercise at once: on sorted fingerprints its Indel similarity is Dice's
coefficient, `2 · common / (first + second)`, which no reordering changes. Of each answer only what is its own counts:
fingerprints of the release and the reference are taken off, and those that a good part of the class has.

Why not a ready plagiarism detector: copydetect 0.5.0, PyPI's best known one, depends on matplotlib, takes repeated
boilerplate off wrongly (`assume_unique` on hashes that are not), and uses Python's `hash`, so each run finds something
else. JPlag and Dolos need Java and Node.js. RapidFuzz and Pygments come with nbgrader and nbconvert.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import Indel

from grader.similar.answers import Answer
from grader.similar.fingerprints import Fingerprint, fingerprints, values

THRESHOLD = 0.6
"""Independent right answers of the course's banks reach 0.34; copies with other names, comments and order have 0.75."""
LEAST = 20
"""Own fingerprints that an answer must have: below, there is one obvious way to write it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """When a pair is shown.

    Args:
        threshold: the share from which on an exercise counts as alike, 0 to 1.
        least: own fingerprints that both answers must have.
        common: in how many answers a fingerprint is common knowledge; by default more than 8 and a fifth of all.
    """

    threshold: float = THRESHOLD
    least: int = LEAST
    common: int | None = None

    def common_from(self, students: int) -> int:
        """Return in how many answers a fingerprint must be to count no longer.

        Args:
            students: how many there are.
        """
        return self.common if self.common is not None else max(9, students // 5 + 1)


@dataclass(frozen=True, slots=True)
class Alike:
    """One exercise of a pair.

    Args:
        exercise: its id.
        share: of their own fingerprints that both have, 0 to 1.
        common: how many fingerprints that is.
    """

    exercise: str
    share: float
    common: int

    def data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return {"exercise": self.exercise, "share": round(self.share, 3), "common": self.common}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two students with answers that are alike.

    Args:
        first: a student's id.
        second: another's.
        alike: the exercises at or above the threshold, most alike first.
        others: the share of each other exercise that could be compared.
    """

    first: str
    second: str
    alike: list[Alike]
    others: dict[str, float] = field(default_factory=dict)

    @property
    def weight(self) -> float:
        """What the list of pairs is ordered by: common fingerprints of all alike exercises."""
        return float(sum(found.common for found in self.alike))

    def data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return {"first": self.first, "second": self.second, "alike": [found.data() for found in self.alike],
                "others": {exercise: round(share, 3) for exercise, share in self.others.items()}}


def own(answers: Sequence[Answer], known: Iterable[str], rules: Rules) -> dict[str, list[Fingerprint]]:
    """Return by student what is their own in the answers to one exercise.

    Args:
        answers: all answers to the exercise.
        known: texts that nobody wrote.
        rules: say what is common knowledge.
    """
    texts = list(known)
    given = {language: values(texts, language) for language in {answer.language for answer in answers}}
    found = {answer.student: [mark for mark in fingerprints(answer.text, answer.language)
                              if mark.value not in given[answer.language]] for answer in answers}
    in_answers = Counter(value for marks in found.values() for value in {mark.value for mark in marks})
    limit = rules.common_from(len(answers))
    return {student: [mark for mark in marks if in_answers[mark.value] < limit] for student, marks in found.items()}


def pairs(answers: Iterable[Answer], known: Sequence[str], rules: Rules | None = None) -> list[Pair]:
    """Find the pairs of a class that a person should look at.

    Args:
        answers: what the students wrote.
        known: texts that nobody wrote.
        rules: when a pair is shown.

    Returns:
        the pairs, those with most in common first.
    """
    rules = rules or Rules()
    by_exercise: dict[str, list[Answer]] = {}
    for answer in answers:
        by_exercise.setdefault(answer.exercise, []).append(answer)
    shares: dict[tuple[str, str], list[Alike]] = {}
    compared: dict[str, dict[tuple[str, str], float]] = {}
    for exercise, written in by_exercise.items():
        marks = {student: sorted(mark.value for mark in found)
                 for student, found in own(written, known, rules).items() if len(found) >= rules.least}
        students = sorted(marks)
        lists = [marks[student] for student in students]
        table = process.cdist(lists, lists, scorer=Indel.normalized_similarity, workers=-1)
        for row, first in enumerate(students):
            for column in range(row + 1, len(students)):
                second, share = students[column], float(table[row, column])
                compared.setdefault(exercise, {})[first, second] = share
                if share >= rules.threshold:
                    both = (Counter(marks[first]) & Counter(marks[second])).total()
                    shares.setdefault((first, second), []).append(Alike(exercise, share, both))
    found = [Pair(first, second, sorted(alike, key=lambda one: (-one.share, one.exercise)),
                  {exercise: known_shares[first, second] for exercise, known_shares in sorted(compared.items())
                   if (first, second) in known_shares and exercise not in {one.exercise for one in alike}})
             for (first, second), alike in shares.items()]
    return sorted(found, key=lambda pair: (-pair.weight, pair.first, pair.second))
