"""`labkit check 01`: runs a student's notebook in a fresh kernel and shows exercises, scores and hints."""

from __future__ import annotations

import json as json_text
import logging
import os
import re
import subprocess
import sys
import textwrap
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit import course
from labkit.checks.registry import Exercise, of_lab
from labkit.checks.result import MIME
from labkit.errors import StudentError

# nbformat imports jsonschema, and that this package if it is there: a second of the processor for grammars that no
# notebook needs (see labkit.checks.kernel_host).
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

CELL_SECONDS = 120
"""Time limit of one cell. The calls of a check have their own, shorter ones."""
_CHECK = re.compile(r"""^\s*check\(\s*["'](\d{1,2}\.\d{1,2})["']""", re.MULTILINE)


@dataclass
class Run:
    """What running a notebook showed.

    Args:
        results: the result of each exercise (schema: `labkit.checks.result`), by id.
        cards: the same as text.
        errors: what went wrong in check cells that gave no result, by exercise.
        stumbles: errors of other cells, in order: they are often the cause.
        seconds: how long it took.
    """

    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    stumbles: list[str] = field(default_factory=list)
    seconds: float = 0.0


def check_lab(number: str, notebook: Path | None = None, json: bool = False) -> int:
    """Run a lab's notebook in a fresh kernel, and print exercises, scores and hints.

    Args:
        number: the lab, `"01"`.
        notebook: the file; the one in `labs/` if not given.
        json: for machines: an object with lab, notebook, score, points, passed, problems, results, errors, stumbles.

    Returns:
        The exit status: 0 if every exercise has all its points and the notebook is whole, else 1.

    Raises:
        StudentError: there is no such lab or file, or the file is not a notebook.
    """
    lab = course.lab(number)
    exercises = of_lab(lab.number)
    if not exercises:
        raise StudentError(f"Lab {lab.number}, {lab.title}, has no exercises yet.", "choose a lab that is written.")
    path = Path(notebook) if notebook is not None else _labs() / lab.folder / f"{lab.folder}.ipynb"
    book = _read(path)
    problems = _problems(book, exercises, path)
    _add_missing(book, exercises)
    if not json:
        print(f"Running lab {lab.number}, {lab.title}, in a fresh kernel: {path}", flush=True)
    run = _execute(book, path.resolve().parent)
    score, points = _score(run, exercises), sum(exercise.points for exercise in exercises)
    passed = not problems and all(run.results.get(e.id, {}).get("state") == "passed" for e in exercises)
    if json:
        print(
            json_text.dumps(
                {
                    "lab": lab.number,
                    "notebook": str(path),
                    "score": score,
                    "points": points,
                    "passed": passed,
                    "problems": problems,
                    "results": [run.results[e.id] for e in exercises if e.id in run.results],
                    "errors": run.errors,
                    "stumbles": run.stumbles,
                },
                indent=2,
                ensure_ascii=False,
            )
        )
    else:
        print(_report(run, exercises, problems, score, points))
    return 0 if passed else 1


def _labs() -> Path:
    return course.course_root() / "labs"


def _read(path: Path) -> Any:
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a copied cell may have the id of the first: nbformat mends that
            return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise StudentError(
            f"There is no notebook {path}.", "give the path of your notebook: labkit check 01 PATH."
        ) from None
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise StudentError(
            f"{path} cannot be read as a notebook: {type(error).__name__}: {str(error)[:200]}",
            "open it in JupyterLab and save it again, or start from a fresh copy of the lab.",
        ) from None


def _grade_id(cell: Any) -> str:
    return str(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", ""))


def _checked(cell: Any) -> str | None:
    """Return the exercise that a cell checks, or None."""
    from labkit.checks.registry import exercise_id

    if cell.get("cell_type") != "code":
        return None
    found = _CHECK.search(cell["source"])
    return exercise_id(found[1]) if found else None


def _problems(book: Any, exercises: list[Exercise], path: Path) -> list[str]:
    """Say which check cells are gone or doubled: nbgrader cannot grade such a notebook as it is."""
    said = []
    checks = Counter(_checked(cell) for cell in book.cells)
    ids = Counter(_grade_id(cell) for cell in book.cells if _grade_id(cell))
    for exercise in exercises:
        name = f"Exercise {exercise.id}, {exercise.title}"
        check_id = f"check-{exercise.id.replace('.', '-')}"
        if not checks[exercise.id]:
            said.append(
                f'{name}: its check cell is gone. Try: copy the cell check("{exercise.id}") '
                f"from a fresh copy of the lab into {path.name}."
            )
        elif checks[exercise.id] > 1 or ids[check_id] > 1:
            said.append(
                f"{name}: its check cell is there {max(checks[exercise.id], ids[check_id])} times. "
                "Try: delete all but the first."
            )
        answer = f"ex-{exercise.id.replace('.', '-')}"
        if ids[answer] > 1:
            said.append(
                f"{name}: its answer cell is there {ids[answer]} times. "
                "Try: keep the one with your answer, delete the others."
            )
    known = {f"{kind}-{e.id.replace('.', '-')}" for e in exercises for kind in ("check", "ex")}
    said += [
        f"The cell {name!r} is there {count} times. Try: delete all but one."
        for name, count in ids.items()
        if count > 1 and name not in known
    ]
    return said


def _add_missing(book: Any, exercises: list[Exercise]) -> None:
    """Check what can be checked: a missing check cell is put behind the last cell of its exercise, in memory only."""
    import nbformat

    present = {_checked(cell) for cell in book.cells}
    for exercise in exercises:
        if exercise.id not in present:
            prefix = f"ex-{exercise.id.replace('.', '-')}"
            places = [i for i, cell in enumerate(book.cells) if _grade_id(cell).startswith(prefix)]
            cell = nbformat.v4.new_code_cell(f'from labkit import check\n\ncheck("{exercise.id}")')
            book.cells.insert(places[-1] + 1 if places else len(book.cells), cell)


def _execute(book: Any, folder: Path) -> Run:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    run = Run()
    started_cells = [0]  # of a cell that kills its kernel, this is all that is known for certain
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    # What happened is told in our report; the client would say it a second time, on stderr.
    quiet = logging.Logger("labkit.notebook_run", logging.CRITICAL)
    client = NotebookClient(
        book,
        log=quiet,
        timeout=CELL_SECONDS,
        interrupt_on_timeout=True,
        allow_errors=True,
        on_cell_start=lambda cell, cell_index: started_cells.append(cell_index + 1),  # noqa: ARG005 - called by name
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    started = time.perf_counter()
    # As nbgrader's validation does it: the student's house is neither written nor used.
    environment = {**os.environ, "NBGRADER_EXECUTION": "validate", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    try:
        client.execute(env=environment, stderr=subprocess.DEVNULL)
    except DeadKernelError:
        run.stumbles.append(
            f"the kernel died in cell {started_cells[-1]}. Does the code leave Python (os._exit) or use up the memory?"
        )
    except CellTimeoutError as error:
        run.stumbles.append(str(error).splitlines()[0])
    run.seconds = time.perf_counter() - started
    for number, cell in enumerate(book.cells, 1):
        if cell.cell_type == "code":
            _collect(run, cell, number)
    return run


def _collect(run: Run, cell: Any, number: int) -> None:
    exercise = _checked(cell)
    for output in cell.outputs:
        data = output.get("data", {})
        if MIME in data and exercise is not None and exercise not in run.results:
            run.results[exercise] = data[MIME]
            run.cards[exercise] = str(data.get("text/plain", ""))
        if output.output_type == "error":
            said = f"{output.ename}: {output.evalue}".strip().splitlines()[0]
            if exercise is not None:
                run.errors.setdefault(exercise, said)
            elif "raises-exception" not in cell.metadata.get("tags", []):
                first = next((line for line in cell.source.splitlines() if line.strip()), "")
                run.stumbles.append(f"cell {number} (`{first[:60]}`) raised {said}")


def _score(run: Run, exercises: list[Exercise]) -> int | float:
    total = round(sum(run.results.get(exercise.id, {}).get("score", 0) for exercise in exercises), 2)
    return int(total) if total == int(total) else total


def _report(run: Run, exercises: list[Exercise], problems: list[str], score: float, points: int) -> str:
    lines = []
    for exercise in exercises:
        if exercise.id in run.cards:
            lines.append(run.cards[exercise.id])
        else:
            said = run.errors.get(exercise.id, "its check cell did not run")
            lines.append(f"! {exercise.id} {exercise.title}: no result, 0 of {exercise.points} points\n  {said}")
    if problems:
        lines += ["", "This notebook is not whole:", *(f"  - {text}" for text in problems)]
    if run.stumbles:
        lines += [
            "",
            "Other cells that failed (a check may fail because of them):",
            *(textwrap.indent(text, "  - ", lambda _: True) for text in run.stumbles),
        ]
    return "\n".join([*lines, "", f"{score:g} of {points} points in {run.seconds:.0f} s."])
