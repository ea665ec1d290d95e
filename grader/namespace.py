"""A lab's names without its notebook: the answer cells of all exercises, with one of them replaced.

Answer cells and cells of parts run, and of the other cells the imports: no service is started, nothing is shown.
"""

from __future__ import annotations

import ast
import functools
import linecache
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from grader import parts
from labkit import parts_text
from labkit.cpp import workshop

MODULE = "lab_under_audit"


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell that takes part in the namespace.

    Args:
        name: the cell's grade id or id.
        source: its text, without `%%part`; a cell in C++ has its `%%cpp`.
        exercise: the exercise that it answers (`"01.3"`), empty for what a notebook gives.
        part: the part of the house that it is a piece of, empty if it is none.
    """

    name: str
    source: str
    exercise: str = ""
    part: str = ""


def cells(notebook: Path) -> list[Cell]:
    """Read the cells of a notebook that make its names.

    Args:
        notebook: an `.ipynb`, with solutions or as released.

    Returns:
        answer cells, cells of parts, and for each other code cell its imports, in order.
    """
    found = []
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        data = cell.metadata.get("nbgrader", {})
        part = parts.split(cell.source)
        text = part[1] if part else cell.source
        if data.get("solution") and not data.get("grade"):
            grade_id = str(data["grade_id"])
            exercise = grade_id.removeprefix("ex-").rstrip("abcdefgh").replace("-", ".")
            found.append(Cell(grade_id, text, exercise, part[0] if part else ""))
        elif part:
            found.append(Cell(str(cell.id), text, part=part[0]))
        elif parts.part_of(parts.cpp_file(cell.source)):
            found.append(Cell(str(cell.id), text))
        elif needed := _imports(cell.source):
            found.append(Cell(str(cell.id), needed))
    return found


def _imports(source: str) -> str:
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        body = ast.parse("\n".join(lines)).body
    except SyntaxError:
        return ""
    found = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in found:
        if isinstance(node, ast.ImportFrom) and node.module == "labkit":
            # The rest of the kit shows things and starts services: a notebook's business, not an answer's.
            node.names = [name for name in node.names if name.name == "Endpoint"]
    return "\n".join(ast.unparse(node) for node in found if node.names)


def replaced(found: list[Cell], exercise: str, source: str) -> list[Cell]:
    """Put an answer in place of an exercise's cells.

    Args:
        found: the lab's cells.
        exercise: the exercise's id.
        source: the answer. Where an exercise has several cells, it takes the place of the first.
    """
    own = [cell for cell in found if cell.exercise == exercise]
    return [Cell(cell.name, parts.with_head(cell.source, source), exercise, cell.part) if cell in own else cell
            for cell in found if cell not in own or cell is own[0]]


@functools.lru_cache(maxsize=512)
def _compiled(source: str, name: str) -> types.CodeType:
    """A cell's code. Many answers to one exercise run among the same other cells."""
    code: types.CodeType = compile(source, name, "exec", dont_inherit=True)
    return code


def build(found: list[Cell]) -> dict[str, Any]:
    """Run cells in a fresh namespace, and with a fresh workshop for those in C++, as a kernel would.

    Args:
        found: the cells, in order.

    Returns:
        the namespace: that of a module of its own, so that classes and dataclasses find it.

    Raises:
        Exception: whatever a cell raises.
    """
    module = types.ModuleType(MODULE)
    sys.modules[MODULE] = module
    parts_text.forget()
    workshop.clear()
    for cell in found:
        if file := parts.cpp_file(cell.source):
            workshop.put(file, cell.source, cell.name)
            continue
        name = f"<{cell.name}>"
        # As IPython does, so that a message can show the line and `inspect` finds the text.
        linecache.cache[name] = (len(cell.source), None, cell.source.splitlines(keepends=True), name)
        exec(_compiled(cell.source, name), module.__dict__)
        if cell.part:
            parts_text.keep(cell.part, cell.source, cell_id=cell.name)
    return module.__dict__


class _Noise(ast.NodeTransformer):
    """Puts a noisy call at the start of every function."""

    def _noisy(self, node: Any) -> Any:
        self.generic_visit(node)
        head = 1 if ast.get_docstring(node, clean=False) is not None else 0
        node.body.insert(head, ast.Expr(ast.Call(ast.Name("_make_noise", ast.Load()), [], [])))
        return node

    visit_FunctionDef = _noisy  # noqa: N815 - the names are those of the base class
    visit_AsyncFunctionDef = _noisy  # noqa: N815


NOISE = '''
import logging as _logging
import sys as _sys
import threading as _threading
import warnings as _warnings

from IPython.display import HTML as _HTML
from IPython.display import display as _display


def _log_now_and_then():
    for _ in range(100):
        _threading.Event().wait(0.02)
        _logging.getLogger("noisy").warning("a thread that logs")
        print("a thread that prints")


_threading.Thread(target=_log_now_and_then, name="noise", daemon=True).start()


def _make_noise(_left=[60]):
    if _left[0] > 0:
        _left[0] -= 1
        print("a print that was left in")
        print("a line on stderr", file=_sys.stderr)
        _warnings.warn("a library's warning", DeprecationWarning, stacklevel=2)
        _warnings.warn("a careless warning", stacklevel=2)
        _logging.getLogger("noisy").warning("a line of a log")
        _display(_HTML("<b>a display</b>"), {"a": "value"})
'''


CPP_NOISE = """\
#include <iostream>
namespace {
[[maybe_unused]] const bool noise = [] {
  std::cout << "a print that was left in" << std::endl;
  std::cerr << "a line on stderr" << std::endl;
  std::cout << "{\\"ok\\": false}" << std::endl;
  return true;
}();
}  // namespace
"""


def noisy(source: str) -> str:
    """Make a right answer noisy: each of its functions prints, warns, logs and displays, the first sixty times.

    A thread goes on logging and printing meanwhile, and the cell ends with a value that Jupyter shows. An answer in C++
    prints when its program starts.

    Args:
        source: the answer.
    """
    if parts.cpp_file(source):
        return parts.CPP.match(source)[0] + CPP_NOISE + parts.CPP.sub("", source, count=1)  # type: ignore[index]
    # `from __future__` must stay first, so it takes no noise before it.
    future = [line for line in source.splitlines() if line.startswith("from __future__")]
    tree = _Noise().visit(ast.parse("\n".join(line for line in source.splitlines() if line not in future)))
    return "\n".join([*future, NOISE, ast.unparse(ast.fix_missing_locations(tree)), '"a value"']) + "\n"
