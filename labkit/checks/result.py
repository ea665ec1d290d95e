"""What a check found out, as plain data.

`Result.data()` is the content of the MIME type `application/vnd.labkit.result+json`, schema 1:

    {"schema": 1, "exercise": "01.3", "title": str, "points": int, "score": int | float,
     "state": "passed" | "partly" | "failed" | "not written" | "not checked", "seconds": float, "seed": int,
     "criteria": [{"title": str, "points": float, "earned": float,
                   "state": "passed" | "failed" | "not written" | "not checked", "seconds": float, "hidden": bool,
                   "finding": null | {"expected": str, "found": str, "try": str, "call": str, "line": str,
                                      "printed": str, "kind": str, "hint": null | {"id": str, "levels": [str]}}}],
     "first": str, "notes": [str], "problem": null | str, "hidden_seconds": float, "hidden_notes": [str]}

`problem` is set when the kit itself failed; the score then says nothing about the student. `data(open=False)` is the
same without what hidden cases found, which may repeat their inputs: this is what goes into a notebook.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from labkit.checks.hints import Hint
from labkit.checks.show import shorten

LONGEST = 4000
"""Characters of each text of a finding."""
MIME = "application/vnd.labkit.result+json"
State = Literal["passed", "partly", "failed", "not written", "not checked"]


@dataclass(frozen=True)
class Finding:
    """Why a criterion is not met, in the three parts that a student reads, and what belongs to them.

    Args:
        expected: what should have been.
        found: what was.
        advice: what to try; the hint's first level if none is given.
        hint: the hint for the misconception behind it.
        call: the call as the student would write it.
        line: the student's own line where it happened.
        printed: what the call printed, shortened.
        kind: `value`, `raised`, `timeout`, `signature`, `missing`, `stub`, `effect`, `died` or `other`.
    """

    expected: str
    found: str
    advice: str = ""
    hint: Hint | None = None
    call: str = ""
    line: str = ""
    printed: str = ""
    kind: str = "other"

    def __post_init__(self) -> None:
        for name in ("expected", "found", "advice", "call", "line", "printed"):
            object.__setattr__(self, name, shorten(getattr(self, name), LONGEST))

    def closed(self) -> Finding:
        """Return what may be shown of a finding of hidden cases: only what to think about."""
        return Finding(
            expected="the same in further cases, which are not shown",
            found="another result in at least one of them",
            advice=self.advice if self.hint else "think of unusual inputs that the exercise's text allows.",
            hint=self.hint,
            kind=self.kind,
        )

    def data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        hint = {"id": self.hint.id, "levels": list(self.hint.levels)} if self.hint else None
        return {
            "expected": self.expected,
            "found": self.found,
            "try": self.advice,
            "call": self.call,
            "line": self.line,
            "printed": self.printed,
            "kind": self.kind,
            "hint": hint,
        }


@dataclass
class CriterionResult:
    """One line of a card.

    Args:
        title: the promise that was checked.
        points: what it is worth.
        state: how it went.
        finding: why it is not met.
        seconds: how long its public cases took.
        hidden: whether hidden cases have decided on it.
    """

    title: str
    points: float
    state: State = "passed"
    finding: Finding | None = None
    seconds: float = 0.0
    hidden: bool = False

    @property
    def earned(self) -> float:
        """Points earned: all or none."""
        return self.points if self.state == "passed" else 0

    @property
    def shown(self) -> Finding | None:
        """The finding as a student may see it."""
        return self.finding.closed() if self.finding is not None and self.hidden else self.finding

    def data(self, *, open: bool = True) -> dict[str, Any]:
        """Return it as JSON types.

        Args:
            open: with what hidden cases have found.
        """
        finding = self.finding if open else self.shown
        return {
            "title": self.title,
            "points": self.points,
            "earned": self.earned,
            "state": self.state,
            "seconds": round(self.seconds, 3),
            "hidden": self.hidden,
            "finding": finding.data() if finding else None,
        }


@dataclass
class Result:
    """The outcome of one exercise's check.

    Args:
        exercise: its id, `"01.3"`.
        title: its title.
        points: the most that can be scored.
        criteria: the lines of the card.
        seconds: how long the whole check took.
        seed: the seed of its random cases.
        first: what to mend before this, a sentence; "" if nothing.
        notes: remarks that cost nothing.
        problem: why the kit could not check, if it could not.
        written: False if nothing of the student's ran, because all of it is missing or a stub.
        hidden_seconds: how long the hidden cases took.
        hidden_notes: remarks on them.
        hidden_problem: whether the problem came up in the hidden cases.
        called: names of the student's functions that the public cases called.
    """

    exercise: str
    title: str
    points: int
    criteria: list[CriterionResult] = field(default_factory=list)
    seconds: float = 0.0
    seed: int = 0
    first: str = ""
    notes: list[str] = field(default_factory=list)
    problem: str | None = None
    written: bool = True
    hidden_seconds: float = 0.0
    hidden_notes: list[str] = field(default_factory=list)
    hidden_problem: bool = False
    called: frozenset[str] = frozenset()

    @property
    def score(self) -> int | float:
        """The points earned: an int if whole, else rounded to two places."""
        if not self.written or self.problem is not None:
            return 0
        total = round(min(sum(criterion.earned for criterion in self.criteria), self.points), 2)
        return int(total) if total == int(total) else total

    @property
    def passed(self) -> bool:
        """Whether every point was earned."""
        return self.state == "passed"

    @property
    def state(self) -> State:
        """The check in a word."""
        if self.problem is not None:
            return "not checked"
        if not self.written:
            return "not written"
        if self.score >= self.points:
            return "passed"
        return "partly" if self.score else "failed"

    @property
    def findings(self) -> list[Finding]:
        """What is to be mended, in the order of the card."""
        return [criterion.finding for criterion in self.criteria if criterion.finding]

    @property
    def hints(self) -> list[Hint]:
        """The hints that were earned, each once, in the order of the card."""
        return list({finding.hint.id: finding.hint for finding in self.findings if finding.hint}.values())

    @property
    def shown_problem(self) -> str | None:
        """The problem as a student may see it."""
        return "The check could not be brought to its end." if self.problem and self.hidden_problem else self.problem

    def data(self, *, open: bool = True) -> dict[str, Any]:
        """Return it as JSON types; the schema is in the module's text.

        Args:
            open: with what hidden cases have found.
        """
        return {
            "schema": 1,
            "exercise": self.exercise,
            "title": self.title,
            "points": self.points,
            "score": self.score,
            "state": self.state,
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
            "criteria": [criterion.data(open=open) for criterion in self.criteria],
            "first": self.first,
            "notes": list(self.notes),
            "problem": self.problem if open else self.shown_problem,
            **({"hidden_seconds": round(self.hidden_seconds, 3), "hidden_notes": list(self.hidden_notes)}
               if open else {}),
        }
