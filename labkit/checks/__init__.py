"""Checks: exercises, what they demand of a student's code, and the card that says how it went."""

from __future__ import annotations

from labkit.checks.criterion import CriterionFailed, Recorder, criterion
from labkit.checks.hints import Hint
from labkit.checks.outcome import CallError, Outcome
from labkit.checks.registry import Exercise, exercise, find, hidden, hidden_cases, of_lab
from labkit.checks.result import MIME, CriterionResult, Finding, Result
from labkit.checks.runner import run
from labkit.checks.student import LocalStudent, Student
from labkit.checks.wire import Reference
from labkit.checks.world import World

__all__ = [
    "MIME",
    "CallError",
    "CriterionFailed",
    "CriterionResult",
    "Exercise",
    "Finding",
    "Hint",
    "LocalStudent",
    "Outcome",
    "Recorder",
    "Reference",
    "Result",
    "Student",
    "World",
    "criterion",
    "exercise",
    "find",
    "hidden",
    "hidden_cases",
    "of_lab",
    "run",
]
