"""Notebooks of the judge's own lab, written by the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbformat import v4, writes

from grader.submission import Limits, Submission

COURSE = Path(__file__).parent / "course"
LAB = "93-judge"
SECRETS = ("7777777", "15555554", "swordfish", "SWORDFISH", "424242")
"""What hidden cases ask and expect."""

DOUBLE = "def double(number):\n    return 2 * number"
SHOUT = '''
class Crier:
    def __init__(self):
        self.cries = 0

    def cry(self, text):
        self.cries += 1
        return shout(text)


def shout(text):
    return text.upper() + "!"
'''
ADD = "def add(a, b):\n    return a + b"

SHORT = Limits(cell=3.0, submission=120.0)
"""A cell that never ends shall not hold up the tests."""


def check_cell(number: int, points: int) -> Any:
    """The cell that checks an exercise, as released."""
    grade_id = f"check-93-{number}"
    data = {"grade": True, "grade_id": grade_id, "locked": True, "points": points, "schema_version": 3,
            "solution": False, "task": False, "cell_type": "code"}
    return v4.new_code_cell(f'check("93.{number}")', metadata={"nbgrader": data}, id=grade_id)


def notebook(double: str = DOUBLE, shout: str = SHOUT, add: str = ADD, *, before: str = "", between: str = "",
             after: str = "") -> str:
    """Write a notebook with three answers and their checks, and other cells where they are given."""
    cells = [
        v4.new_markdown_cell("# A lab", id="title"),
        v4.new_code_cell(before, id="before"),
        v4.new_code_cell(double, id="ex-1"), check_cell(1, 4),
        v4.new_code_cell(between, id="between"),
        v4.new_code_cell(shout, id="ex-2"), check_cell(2, 4),
        v4.new_code_cell(add, id="ex-3"), check_cell(3, 2),
        v4.new_code_cell(after, id="after"),
    ]
    return str(writes(v4.new_notebook(cells=cells)))


def submission(text: str, limits: Limits = SHORT, student: str = "ann") -> Submission:
    """Hand it in."""
    return Submission(student, LAB, text, seed="of the course", limits=limits)


def cell(text: str, name: str) -> Any:
    """Return a cell of an executed notebook by its id."""
    return next(found for found in json.loads(text)["cells"] if found["id"] == name)


def shown(text: str, name: str) -> str:
    """Return everything that a cell shows, as one text."""
    return json.dumps(cell(text, name)["outputs"])
