"""What the cells of a notebook define, read in bounded time and memory."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from labkit.checks import cell_text
from labkit.checks.cell_text import ALL, LONGEST, newest


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are parsed in a test, by the parser itself."""
    texts: list[str] = []
    parse = ast.parse

    def noted(text: str) -> Any:
        texts.append(text)
        return parse(text)

    monkeypatch.setattr(ast, "parse", noted)
    cell_text._defined.cache_clear()
    return texts


def long(name: str, length: int) -> str:
    return f"def {name}(): 0  #".ljust(length, "x")


def test_a_cell_of_a_megabyte_is_not_parsed(parsed: list[str]) -> None:
    mass = "if 0:\n    x = (" + "a," * 500_000 + ")"
    read = list(newest(["def f(): return g", mass]))
    assert [defined and list(defined) for _, defined in read] == [None, ["f"]]
    assert parsed == ["def f(): return g"]


def test_cells_are_read_from_the_newest_on_until_they_are_too_long_together(parsed: list[str]) -> None:
    many = [long(f"f{number}", LONGEST) for number in range(20)]
    names = [name for _, defined in newest(many) for name in defined or {}]
    assert names == [f"f{number}" for number in range(19, 19 - ALL // LONGEST, -1)]
    assert sum(map(len, parsed)) <= ALL


def test_a_text_is_parsed_once_however_often_it_ran_and_is_asked_for(parsed: list[str]) -> None:
    cells = ["def f(): 1", "def g(): 2", "def f(): 1", "not python"]
    for _ in range(3):
        assert [text for text, _ in newest(cells)] == ["not python", "def f(): 1", "def g(): 2"]
    assert sorted(parsed) == ["def f(): 1", "def g(): 2", "not python"]


@pytest.mark.parametrize("text", [
    "-" * LONGEST, "a" + ".a" * 20_000, "(" * 5_000, "[" * 90 + "]" * 90 + "!", "x = '\0'", "def f(a, a): pass",
    "\ud800", "%%cpp\nint main() { return 0; }", "1" * 5_000,
])
def test_what_no_parser_takes_defines_nothing(text: str) -> None:
    assert [defined for _, defined in newest([text])] == [{}]


def test_a_definition_has_its_own_text_and_the_global_names_that_it_uses() -> None:
    text = ("%%part mqtt\n@kept(seconds)\nasync def f(a, b=base):  # ä\n    '''ä\u2028\\d'''\n    c = [a for a in b]\n"
            "    return await g(c), 'ä'  # no more\n"
            "class C(Base):\n    x: int = f(0)\n    def g(self): return len(self.x)\n")
    (_, defined), = newest([text])
    assert defined is not None
    assert defined["f"].reads == {"kept", "seconds", "base", "g"}
    assert defined["C"].reads == {"Base", "int", "f", "len"}
    assert defined["f"].source(text) == text[text.index("async"):text.index("  # no more")]


def test_the_last_of_two_functions_of_a_name_counts() -> None:
    text = "def f(): return a\ndef f(): return b"
    (_, defined), = newest([text])
    assert defined is not None
    assert defined["f"].source(text) == "def f(): return b"
    assert defined["f"].reads == {"b"}
