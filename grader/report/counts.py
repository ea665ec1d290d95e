"""One lab in numbers: from the gradebook's scores and the records of `grader run`."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from grader.export.scores import Scores
from grader.submission import Graded

HELP = 0.5
"""Share of a lab's points below which a student is listed as one who may need help."""
STUCK = 2
"""Exercises without a point from which on as well."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """How a class did in one exercise.

    Args:
        id: `"01.3"`.
        title: its title.
        points: the most that can be scored.
        full: students with all points.
        partly: with some.
        none: with none, though they wrote something.
        unwritten: who wrote nothing.
        mean: of the scores, in points.
        seconds: median time of its check.
        slowest: longest time of its check.
        slowest_student: whose it was.
    """

    id: str
    title: str
    points: float
    full: int
    partly: int
    none: int
    unwritten: int
    mean: float
    seconds: float
    slowest: float
    slowest_student: str


@dataclass(frozen=True, slots=True)
class Check:
    """How often one line of a card is not met.

    Args:
        exercise: its exercise.
        title: what it promises.
        failed: students who wrote an answer and do not meet it.
        written: students who wrote an answer.
        hidden: of those that failed, how many only hidden cases found out.
        slowest: its longest time, in seconds.
    """

    exercise: str
    title: str
    failed: int
    written: int
    hidden: int
    slowest: float


@dataclass(frozen=True, slots=True)
class Misconception:
    """A hint that was earned.

    Args:
        id: of the hint.
        words: its first level, as students read it.
        explanation: its second.
        students: who earned it, in order.
        exercises: where.
    """

    id: str
    words: str
    explanation: str
    students: list[str]
    exercises: list[str]


@dataclass(frozen=True, slots=True)
class Needy:
    """A student who may need help.

    Args:
        student: the student's id.
        score: points in the lab.
        most: points that the lab gives.
        zero: exercises without a point.
        begin: the hint of the first of them, in its own words.
    """

    student: str
    score: float
    most: float
    zero: list[str]
    begin: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Incidents of one kind.

    Args:
        kind: as in `grader.submission.Incident`.
        students: who, in order.
        cases: student, cell and sentence of each.
    """

    kind: str
    students: list[str]
    cases: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class LabCounts:
    """One lab in numbers.

    Args:
        lab: its folder.
        most: points that it gives.
        scores: final scores by student, as in the gradebook.
        judged: how many submissions have a record of `grader run`.
        exercises: in order.
        checks: those that somebody fails, most failed first.
        misconceptions: most frequent first.
        needy: the lowest score first.
        incidents: by kind, most students first.
        unscored: student and reason of each submission that the grader could not judge.
        problems: student, exercise and reason of each exercise that the kit could not check.
        open: students with an answer that waits for manual grading.
    """

    lab: str
    most: float
    scores: dict[str, float]
    judged: int = 0
    exercises: list[Exercise] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    misconceptions: list[Misconception] = field(default_factory=list)
    needy: list[Needy] = field(default_factory=list)
    incidents: list[Seen] = field(default_factory=list)
    unscored: list[tuple[str, str]] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Of the scores; 0 without one."""
        return statistics.median(self.scores.values()) if self.scores else 0.0

    @property
    def full(self) -> int:
        """Students with all points."""
        return sum(score >= self.most for score in self.scores.values())

    def data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return {**asdict(self), "median": self.median, "full": self.full}


def count(lab: str, scores: Scores, records: Sequence[Graded]) -> LabCounts:
    """Count one lab.

    Args:
        lab: its folder.
        scores: of the gradebook.
        records: what `grader run` found out; empty if stock nbgrader graded.
    """
    own = {student: score for (student, of), score in scores.scores.items() if of == lab}
    judged = [record for record in records if not record.fault]
    points = {student: score.points for student, score in sorted(own.items())}
    return LabCounts(
        lab=lab, most=scores.most.get(lab, 0.0), scores=points, judged=len(judged),
        exercises=_exercises(judged), checks=_checks(judged), misconceptions=_misconceptions(judged),
        needy=_needy(points, scores.most.get(lab, 0.0), judged), incidents=_incidents(records),
        unscored=[(record.student, record.fault) for record in records if record.fault],
        problems=[(record.student, id, str(result["problem"])) for record in judged
                  for id, result in record.results.items() if result["problem"]],
        open=sorted(student for student, score in own.items() if score.open))


def _results(records: Iterable[Graded]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return student, exercise and result of everything that was checked."""
    return [(record.student, id, result) for record in records for id, result in record.results.items()
            if result["problem"] is None]


def _order(id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in id.split(".") if part.isdigit())


def _exercises(records: Sequence[Graded]) -> list[Exercise]:
    by_id: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for student, id, result in _results(records):
        by_id.setdefault(id, []).append((student, result))
    found = []
    for id in sorted(by_id, key=_order):
        results = [result for _, result in by_id[id]]
        states = Counter(result["state"] for result in results)
        student, slowest = max(by_id[id], key=lambda one: float(one[1]["seconds"]))
        found.append(Exercise(
            id, results[0]["title"], results[0]["points"], full=states["passed"], partly=states["partly"],
            none=states["failed"], unwritten=states["not written"],
            mean=statistics.fmean(result["score"] for result in results),
            seconds=statistics.median(result["seconds"] for result in results),
            slowest=slowest["seconds"], slowest_student=student))
    return found


def _checks(records: Sequence[Graded]) -> list[Check]:
    lines: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for _, id, result in _results(records):
        for line in result["criteria"] if result["state"] != "not written" else ():
            lines.setdefault((id, line["title"]), []).append(line)
    found = [Check(id, title, failed=sum(line["state"] != "passed" for line in all_), written=len(all_),
                   hidden=sum(line["state"] != "passed" and line["hidden"] for line in all_),
                   slowest=max(line["seconds"] for line in all_)) for (id, title), all_ in lines.items()]
    return sorted((check for check in found if check.failed),
                  key=lambda check: (-check.failed / check.written, _order(check.exercise), check.title))


def _misconceptions(records: Sequence[Graded]) -> list[Misconception]:
    found: dict[str, Misconception] = {}
    for student, id, result in _results(records):
        for line in result["criteria"]:
            hint = line["finding"] and line["finding"]["hint"]
            if not hint or result["state"] == "not written":
                continue
            one = found.setdefault(hint["id"], Misconception(hint["id"], hint["levels"][0], hint["levels"][1], [], []))
            for list_, what in ((one.students, student), (one.exercises, id)):
                if what not in list_:
                    list_.append(what)
    return sorted(found.values(), key=lambda one: (-len(one.students), one.id))


def _needy(scores: Mapping[str, float], most: float, records: Sequence[Graded]) -> list[Needy]:
    found = []
    by_student = {record.student: record for record in records}
    for student, score in scores.items():
        results = by_student[student].results if student in by_student else {}
        zero = sorted((id for id, result in results.items() if not result["score"] and result["problem"] is None),
                      key=_order)
        if score < HELP * most or len(zero) >= STUCK:
            found.append(Needy(student, score, most, zero, _begin(results, zero)))
    return sorted(found, key=lambda one: (one.score, -len(one.zero), one.student))


def _begin(results: Mapping[str, Mapping[str, Any]], zero: Sequence[str]) -> str:
    """Return the words with which to begin: the first hint in an exercise that brought no point."""
    for id in zero:
        if results[id]["state"] == "not written":
            return f"{id} is not written yet."
        for line in results[id]["criteria"]:
            if line["finding"] and line["finding"]["hint"]:
                return f"{id}: {line['finding']['hint']['levels'][0]}"
    return ""


def _incidents(records: Sequence[Graded]) -> list[Seen]:
    kinds: dict[str, list[tuple[str, str, str]]] = {}
    for record in records:
        for incident in record.incidents:
            kinds.setdefault(incident.kind, []).append((record.student, incident.cell, incident.text))
    found = [Seen(kind, list(dict.fromkeys(student for student, _, _ in cases)), cases)
             for kind, cases in kinds.items()]
    return sorted(found, key=lambda seen: (-len(seen.students), seen.kind))
