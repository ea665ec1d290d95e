"""Answers of a student's side that is not the kit's `Host`: in a capsule it may be anything."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.checks import Student, World, criterion
from labkit.checks.registry import Exercise
from labkit.checks.runner import run


class Forger(Student):
    """Answers every request with one text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.seen: list[str] = []

    def send(self, request: str) -> str:  # noqa: ARG002
        return self.text

    def garbled(self, reason: str) -> None:
        self.seen.append(reason)


def answer(**more: Any) -> str:
    return json.dumps({"state": "returned", "printed": "", "seconds": 0.0, "value": 6, **more})


FRAME = {"$": "frame", "columns": [], "columns_name": None, "index_names": [None], "data": [],
         "index": {"dtype": "datetime", "zone": "dateutil//etc/localtime", "v": ["1"]}}
ERROR = {"type": "ValueError", "types": ["builtins.ValueError"], "message": "x", "line": "", "signature": ""}
FORGED = {
    "no JSON": "yes, it is right",
    "nothing": "",
    "a number": "5",
    "a list": "[]",
    "nested": "[" * 100_000,
    "nested value": answer(value=None).replace("null", "[" * 900 + "]" * 900),
    "unknown kind": answer(value={"$": "equal to all"}),
    "large integer": answer(value={"$": "int", "v": "0x" + "f" * 100_000}),
    "long number": answer(value=None).replace("null", "9" * 10_000),
    "an endpoint": answer(value={"$": "endpoint", "v": {}}),
    "a file as zone": answer(value=FRAME),
    "its own verdict": answer(state="passed", score=4),
    "no value": json.dumps({"state": "returned", "printed": "", "seconds": 0}),
    "no error": answer(state="raised"),
    "an error of other types": answer(state="raised", error={**ERROR, "types": [5]}),
    "a message that is none": answer(state="raised", error={**ERROR, "message": []}),
    "no time": answer(seconds=float("nan")),
    "an end before the beginning": answer(seconds=-1),
    "printed numbers": answer(printed=5),
    "a pickle": "cos\nsystem\n(S'true'\ntR.",
}


def double(student: Student, world: World) -> None:
    with criterion("three", points=1):
        student.call("double", 3).gives(6)


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
def test_an_answer_that_no_host_gives_is_a_failure_and_is_told(text: str) -> None:
    student = Forger(text)
    result = run(Exercise("90.9", 1, "Double", (), {}, (), 1.0, double), student, World())
    assert (result.score, result.problem, len(student.seen)) == (0, None, 1)
    assert result.findings[0].found.startswith("its answer cannot be read")


def test_a_true_answer_is_taken() -> None:
    student = Forger(answer())
    assert run(Exercise("90.9", 1, "Double", (), {}, (), 1.0, double), student, World()).score == 1
    assert student.seen == []
