"""What a run says at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from grader.submission import Graded


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one submission.

    Args:
        student: the student's id.
        lab: the lab's folder.
        outcome: `"graded"`, `"unchanged"`, `"unreadable"` (no points), `"fault"` (not graded) or `"dropped"` (the run
            was stopped first), or `"unlisted"` (the student is not in the class list).
        graded: what came of it; None for what was not graded.
        why: a sentence for what has no score.
    """

    student: str
    lab: str
    outcome: str
    graded: Graded | None = None
    why: str = ""


@dataclass(slots=True)
class Summary:
    """A run, told.

    Args:
        entries: what became of each submission, in order.
        notes: what an instructor should know besides.
        points: the most points of each lab.
        seconds: wall time.
        slots: how many were judged at once.
        stopped: the run was stopped before its end.
    """

    entries: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    points: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    slots: int = 0
    stopped: bool = False

    def count(self, outcome: str) -> int:
        """Return how many submissions had an outcome."""
        return sum(entry.outcome == outcome for entry in self.entries)

    @property
    def incidents(self) -> Counter[str]:
        """How many incidents there were, by kind."""
        return Counter(incident.kind for entry in self.entries if entry.graded for incident in entry.graded.incidents)

    def data(self) -> dict[str, Any]:
        """Return it as JSON types, without notebooks."""
        return {
            "graded": self.count("graded"), "unchanged": self.count("unchanged"),
            "unreadable": self.count("unreadable"), "faults": self.count("fault"), "dropped": self.count("dropped"),
            "stopped": self.stopped, "seconds": round(self.seconds, 3), "slots": self.slots,
            "incidents": dict(sorted(self.incidents.items())), "notes": self.notes,
            "submissions": [self._entry(entry) for entry in self.entries],
        }

    def _entry(self, entry: Entry) -> dict[str, Any]:
        found: dict[str, Any] = {"student": entry.student, "lab": entry.lab, "outcome": entry.outcome, "why": entry.why}
        if entry.graded is not None and entry.outcome != "fault":
            found |= {"score": entry.graded.score, "points": self.points.get(entry.lab),
                      "seconds": entry.graded.seconds,
                      "incidents": [{"kind": incident.kind, "cell": incident.cell, "text": incident.text}
                                    for incident in entry.graded.incidents]}
        return found

    def text(self) -> str:
        """Return it for people."""
        minutes = f"{self.seconds:.0f} s" if self.seconds < 120 else f"{self.seconds / 60:.1f} min"
        lines = [f"{self.count('graded')} graded, {self.count('unchanged')} unchanged"
                 + (f", {self.count('unreadable')} that cannot be read" if self.count("unreadable") else "")
                 + (f", {self.count('fault')} not graded by a fault of the grader" if self.count("fault") else "")
                 + (f", {self.count('dropped')} left for the next run" if self.count("dropped") else "")
                 + f" · {minutes}" + (f" · {self.slots} at once" if self.count("graded") else "")]
        for title, outcome in (("No points, because they cannot be read:", "unreadable"),
                               ("Not graded, because nbgrader's settings add no student:", "unlisted"),
                               ("Without a score; the next run grades them again:", "fault")):
            chosen = [entry for entry in self.entries if entry.outcome == outcome]
            lines += [title] if chosen else []
            lines += [f"  {entry.lab}  {entry.student}: {entry.why}" for entry in chosen]
        broken = [(entry, incident) for entry in self.entries if entry.graded and entry.outcome == "graded"
                  for incident in entry.graded.incidents if incident.kind == "kit" and incident.cell]
        lines += ["A check failed for a reason of its own; an instructor must look:"] if broken else []
        lines += [f"  {entry.lab}  {entry.student}, {incident.cell}: {incident.text.splitlines()[0]}"
                  for entry, incident in broken]
        if self.incidents:
            told = ", ".join(f"{kind} {count}" for kind, count in sorted(self.incidents.items()))
            lines.append(f"Out of the ordinary: {told}. `grader report` says where.")
        if self.stopped:
            lines.append("The run was stopped. `grader run` goes on where it stopped.")
        return "\n".join(lines + self.notes)
