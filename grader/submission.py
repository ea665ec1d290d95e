"""What goes into a capsule and what comes out of it: one submission, and one judged submission, as plain data.

Both cross process borders, and with Dask machines, as JSON: `data()` and `read()` of each class are inverse.
Nothing in here was said by the student's process about its own score.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """What one submission may use. Past a limit it is stopped, and what it had earned stays.

    Args:
        cell: wall time of one cell, in seconds: as long as nbgrader gives it.
        submission: wall time of the whole submission, in seconds.
        cpu: processor time of one of its processes, in seconds.
        memory: of all its processes together, in bytes.
        processes: threads and processes at once.
        disk: of its private writable directory, in bytes.
        output: of one cell, in bytes.
        notebook: of the submitted notebook file, in bytes.
    """

    cell: float = 30.0
    submission: float = 600.0
    cpu: int = 300
    memory: int = 1 << 30
    processes: int = 256
    disk: int = 128 << 20
    output: int = 1 << 20
    notebook: int = 16 << 20


@dataclass(frozen=True, slots=True)
class Submission:
    """One submitted lab, ready to be executed: its cells are those of the release again (locked ones overwritten).

    Args:
        student: the student's id in the gradebook.
        lab: the lab's folder, also the name of the assignment.
        notebook: text of the notebook (nbformat 4).
        seed: of the course; with student and exercise it makes the seed of each exercise's random cases.
        files: other files of the submission that the lab asks for, by relative path, base64.
        limits: what it may use.
    """

    student: str
    lab: str
    notebook: str
    seed: str = ""
    files: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return asdict(self)

    @classmethod
    def read(cls, data: dict[str, Any]) -> Submission:
        """Return what `data()` wrote."""
        return cls(**{**data, "limits": Limits(**data["limits"])})


@dataclass(frozen=True, slots=True)
class Incident:
    """Something out of the ordinary that the grader saw: told to the instructor, never a verdict by itself.

    Args:
        kind: one word or two of a fixed list: `"time"`, `"memory"`, `"processes"`, `"disk"`, `"output"`, `"cpu"`,
            `"kernel death"`, `"metadata"`, `"locked cell"`, `"missing cell"`, `"copied cell"`, `"forged answer"`,
            `"unreadable"`, `"kit"`.
        cell: grade id or id of the cell in which it happened, empty if none.
        text: a sentence for the instructor.
    """

    kind: str
    cell: str
    text: str


@dataclass(frozen=True, slots=True)
class Graded:
    """What came of a submission.

    Args:
        student: as in the submission.
        lab: as in the submission.
        notebook: text of the executed notebook. Its check cells hold the card and the score as the judge wrote them;
            of hidden cases the cards have only what to think about.
        results: `Result.data()` of each exercise by id, with everything that the hidden cases found: for instructors.
        seeds: the seed of each exercise's random cases.
        incidents: what was out of the ordinary, in order.
        seconds: wall time in the capsule.
        fault: why the grader itself could not judge; empty if it could. Such a submission has no score, and the next
            run grades it again.
    """

    student: str
    lab: str
    notebook: str
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    seeds: dict[str, int] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    seconds: float = 0.0
    fault: str = ""

    @property
    def score(self) -> float:
        """Points of all exercises."""
        return float(sum(result["score"] for result in self.results.values()))

    def data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return asdict(self)

    @classmethod
    def read(cls, data: dict[str, Any]) -> Graded:
        """Return what `data()` wrote."""
        return cls(**{**data, "incidents": [Incident(**incident) for incident in data["incidents"]]})
