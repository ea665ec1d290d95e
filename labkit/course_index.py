"""The page that `labkit lab` opens beside a lab: the ten labs, and the way through them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labkit.course import LABS, Lab

INTRODUCTION = """\
# The IoT house

You will build a complete IoT house, one part in each lab: from the first MQTT message to a system that keeps
working while its pieces are switched off on purpose. The parts you write are saved as your own house, and by lab 10
your parts run all of it.

**How to work.** Open a lab below. Read a little, run the cell, look at the result. In an exercise, write the function
that is asked for, then run the check under it. A check says what it expected, what it found and what to try; run it
as often as you like. `hint("01.3")` shows one more hint for exercise 1.3.

**Stuck?** *Kernel → Restart Kernel and Run All Cells* gives you a clean start without losing what you wrote.
After a restart nothing is known any more: `name 'check' is not defined` and ``Cell magic `%%part` not found`` mean that
the lab's first cell has not run. *Run → Run All Above Selected Cell* runs all that comes before.
In a terminal, `labkit doctor` says what your machine runs the services on, and `labkit check 01` runs a whole lab.
"""

LIGHTS = """\
import labkit

labkit.service_lights()
"""


def _row(lab: Lab) -> str:
    title = f"[{lab.title}]({lab.folder}/{lab.folder}.ipynb)" if lab.ready else f"{lab.title} (being written)"
    return f"| {lab.number} | {title} | {lab.minutes} | {lab.summary} |"


def build() -> dict[str, Any]:
    """Build the index as a notebook.

    Returns:
        A notebook document, format 4.5, the same at every call.
    """
    table = "\n".join(
        [
            "## The labs",
            "",
            "| lab | title | minutes | what you will have at the end |",
            "|---|---|---|---|",
            *map(_row, LABS),
        ]
    )
    services = "## What runs on this machine\n\nRun this cell to see where each service of the course would run here."
    cells = [
        ("introduction", "markdown", INTRODUCTION),
        ("labs", "markdown", table),
        ("services", "markdown", services),
        ("lights", "code", LIGHTS),
    ]
    return {
        "cells": [_cell(*cell) for cell in cells],
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(cell_id: str, kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": cell_id, "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": source.strip().splitlines(keepends=True)}


def text() -> str:
    """The index as the text of an `.ipynb` file."""
    return json.dumps(build(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write(labs: Path) -> Path:
    """Write the index into the folder of the labs, if it is not there as it should be.

    Args:
        labs: the course's `labs/` folder.

    Returns:
        The file.
    """
    index = labs / "index.ipynb"
    if not index.exists() or index.read_text(encoding="utf-8") != text():
        index.write_text(text(), encoding="utf-8")
    return index
