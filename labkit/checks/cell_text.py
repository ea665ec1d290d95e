"""What the texts of a student's cells define, read without running them, and without letting their length cost much.

To parse a text takes up to a kilobyte of memory for each of its characters, and the judge reads notebooks of any
content. So a long text is not parsed, nor more than a certain sum of them, and what was found in a text is kept.
"""

from __future__ import annotations

import ast
import symtable
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 50_000
"""Characters of a cell that is read: the longest of the course has 6,000 with its solution."""
ALL = 300_000
"""Characters of all cells that are read, the newest first: a lab with its solutions has up to 41,000."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or class that a cell defines.

    Args:
        reads: global names that it uses; names of its own, such as parameters and local variables, are none.
        where: a node that stands for its place in the cell.
    """

    reads: frozenset[str]
    where: ast.AST

    def source(self, text: str) -> str | None:
        """Return its own text.

        Args:
            text: of the cell that defines it.
        """
        return ast.get_source_segment(_python(text), self.where)


def newest(cells: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Definition] | None]]:
    """Give texts of cells with what they define, the newest first, each text once, until they are too many to read.

    Args:
        cells: texts of cells in the order in which they ran.

    Returns:
        Each text, with its functions and classes by name; with None if the text is too long to be read.
    """
    seen: set[str] = set()
    left = ALL
    for text in reversed(cells):
        if text in seen:
            continue
        seen.add(text)
        if len(text) > LONGEST:
            yield text, None
            continue
        left -= len(text)
        if left < 0:
            return
        yield text, _defined(text)


def _python(text: str) -> str:
    """Make comments of magics, which are no Python, so that all lines stay in their places."""
    return "\n".join(f"#{line}" if line.lstrip().startswith(("%", "!")) else line for line in text.split("\n"))


@lru_cache(maxsize=128)
def _defined(text: str) -> Mapping[str, Definition]:
    """Return a cell's functions and classes, the last of each name; none if the text is not Python."""
    plain = _python(text)
    try:
        with warnings.catch_warnings():
            # Python warns of '\d' in a student's text. The notebook has shown that; here it would tell nobody.
            warnings.simplefilter("ignore")
            body = ast.parse(plain).body
            tables = {(table.get_name(), table.get_lineno()): table
                      for table in symtable.symtable(plain, "cell", "exec").get_children()}
        return {
            node.name: Definition(_outside(node) | _globals(tables[node.name, node.lineno]),
                                  ast.copy_location(ast.Pass(), node))
            for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}


def _outside(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> frozenset[str]:
    """Return names that a definition reads where it stands: those of its decorators, defaults and base classes."""
    parts: list[ast.expr] = [*node.decorator_list]
    if isinstance(node, ast.ClassDef):
        parts += [*node.bases, *(keyword.value for keyword in node.keywords)]
    else:
        parts += [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
    return frozenset(one.id for part in parts for one in ast.walk(part) if isinstance(one, ast.Name))


def _globals(table: symtable.SymbolTable) -> frozenset[str]:
    """Return the global names that a scope and the scopes inside it use, as Python itself resolves them."""
    if isinstance(table, symtable.Function):
        names = frozenset(table.get_globals())
    else:
        names = frozenset(symbol.get_name() for symbol in table.get_symbols() if symbol.is_global())
    return names.union(*(_globals(inner) for inner in table.get_children()))
