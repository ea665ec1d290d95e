"""`%%cpp` in a real kernel, as a student's notebook runs it, and what its cards show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from labkit.card import Card
from labkit.cpp import build, cells, workshop

ROOT = Path(__file__).parents[2]
RING = """\
#pragma once
#include <array>
#include <cstddef>
namespace node {
template <typename Item, std::size_t Capacity>
class RingBuffer {
 public:
  void push(const Item& item) { items_[size_++] = item; }
  std::size_t size() const { return size_; }
 private:
  std::array<Item, Capacity> items_{};
  std::size_t size_ = 0;
};
}  // namespace node
"""
TESTS = """\
%%cpp test_ring_buffer.cpp
#include "ring_buffer.hpp"
#include <cstdio>
#include <doctest/doctest.h>
TEST_CASE("it counts") {
  node::RingBuffer<int, 3> buffer;
  buffer.push(7);
  INFO("after one");
  CHECK(buffer.size() == 2);
}
TEST_CASE("it keeps the newest") {
  node::RingBuffer<int, 3> buffer;
  for (int item = 0; item < 4; ++item) buffer.push(item);
}
TEST_CASE("it is <empty>") {
  std::puts("looked");
  CHECK(node::RingBuffer<int, 3>{}.size() == 0);
}
"""


def played(*texts: str, setup: str = "") -> list[Any]:
    first = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{setup}\nimport labkit"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in (first, *texts)])
    NotebookClient(book, timeout=120).execute()  # a cell that raises ends it: none may
    assert not [out for cell in book.cells for out in cell.outputs if out.get("name") == "stderr"]
    return list(book.cells[1:])


def shown(cell: Any) -> str:
    return "\n".join(out.get("text") or out["data"]["text/plain"] for out in cell.outputs)


@pytest.mark.cpp
def test_a_notebook_of_cpp_cells_runs_to_its_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LABKIT_HOUSE", str(tmp_path))
    part, broken, tests, looping, hello, after = played(
        f"\n%%cpp ring_buffer.hpp\n{RING}",
        "%%cpp status.cpp\nint f() {\n  int n = 1\n  return n;\n}",
        TESTS,
        "%%cpp looping.cpp\nint main() {\n  volatile int n = 0;\n  while (n == 0) {\n  }\n}",
        '%%cpp hello.cpp\n#include <cstdio>\nint main() { std::printf("hello °C\\n"); }',
        "1 + 1",
    )
    assert shown(part).startswith("✓ ring_buffer.hpp compiles")
    assert (tmp_path / "node" / "ring_buffer.hpp").read_text().endswith(RING)
    assert shown(broken).startswith("✗ status.cpp does not compile: line 3.\n      int n = 1")  # as JupyterLab counts
    said = shown(tests)
    assert said.startswith("looked\n")
    assert "1 of 3 tests passed" in said
    assert "✗ failed: it counts\n      line 9: CHECK(buffer.size() == 2)\n               was: 1 == 2" in said
    assert "where: after one" in said
    assert "✗ stopped: it keeps the newest\n      `RingBuffer::push`, ring_buffer.hpp, line 10: It uses" in said
    assert "✓ passed: it is <empty>" in said
    assert "it is &lt;empty&gt;" in tests.outputs[-1]["data"]["text/html"]
    assert "looping.cpp was stopped in `main`, looping.cpp, line" in shown(looping)
    assert shown(hello).startswith("hello °C\n")
    assert shown(after) == "2"


@pytest.mark.cpp
def test_nothing_is_saved_while_grading(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LABKIT_HOUSE", str(tmp_path))
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    [card] = cells.run_cell("ring_buffer.hpp", f"%%cpp ring_buffer.hpp\n{RING}")
    assert str(card).startswith("✓")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("file", "cell", "said"), [
    ("telemtry.cpp", "int f();", "Did you mean `telemetry.cpp`?"),
    ("ring_buffer.h", "int f();", "Did you mean `ring_buffer.hpp`?"),
    ("", "int f();", "needs the name of a file"),
    ("../status.cpp", "int f();", "no name for a file"),
    ("demo.cpp", "int f();", "has no `main`"),
    ("text.hpp", "struct Mine {};", "is a file of the course's firmware, which your files are built with.\nNothing was "
                                    "kept. Try: take another name, such as `my_text.hpp`."),
    ("telemetry.hpp", "struct Mine {};", "Try: `telemetry.cpp`, if that was meant, or another name"),
    ("node.cpp", "int main() {}", "a file of the course's firmware"),
])
def test_a_name_that_cannot_be_meant_is_said(file: str, cell: str, said: str) -> None:
    [card] = cells.run_cell(file, f"%%cpp {file}\n{cell}")
    assert said in repr(card)
    assert not workshop.files()


@pytest.mark.cpp
def test_no_name_of_a_cell_is_that_of_a_source_that_the_kit_adds() -> None:
    own = [path.name for path in build.SUPPORT.iterdir()]
    assert own
    assert not [name for name in own if cells.NAME.fullmatch(name)]
    test = '#include <doctest/doctest.h>\nTEST_CASE("it is run") { CHECK(1 == 1); }'
    [card] = cells.run_cell("test_main.cpp", f"%%cpp test_main.cpp\n{test}")
    assert "✓ passed: it is run" in repr(card)
    [card] = cells.run_cell("main.cpp", "%%cpp main.cpp\nint main() {}")  # firmware/src has one, too
    assert repr(card).startswith("✓ main.cpp compiles")


@pytest.mark.cpp
def test_an_unwritten_part_is_no_error_and_what_needs_it_says_so() -> None:
    stub = "%%cpp status.cpp\nint f() {\n#error Write your code here, and delete this line.\n}"
    [card] = cells.run_cell("status.cpp", stub)
    assert repr(card) == "○ status.cpp is not written yet. Line 3 still has its `#error`: write your code there, and " \
                         "delete that line. What stands there compiles."
    assert workshop.unwritten("status.cpp")
    program = '%%cpp demo.cpp\n#include "status.hpp"\nint main() {}'
    [card] = cells.run_cell("demo.cpp", program)
    assert repr(card).startswith("○ status.cpp is not written yet")
    workshop.clear()
    [card] = cells.run_cell("demo.cpp", program)
    assert "the cell `%%cpp status.cpp` has not run yet" in repr(card)


@pytest.mark.cpp
def test_a_part_with_several_places_says_which_are_left_and_what_is_wrong_so_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stub = "#error Write your code here, and delete this line."
    text = f"%%cpp status.cpp\nint f() {{\n  {stub}\n}}\nint g() {{\n  return 1\n}}\nint h() {{\n{stub}\n}}"
    [card] = cells.run_cell("status.cpp", text)
    assert repr(card).startswith("✗ status.cpp does not compile: line 6.")
    [card] = cells.run_cell("status.cpp", text.replace("1\n", "1;\n"))
    assert repr(card) == "○ status.cpp is not written yet. Lines 3 and 9 still have their `#error`: write your code " \
                         "there, and delete those lines. What stands there compiles."
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    [card] = cells.run_cell("status.cpp", text)
    assert repr(card).endswith("delete those lines.")


@pytest.mark.cpp
def test_a_name_that_another_part_defines_is_found() -> None:
    """`compare` is declared in version.hpp, and the student writes it in manifest.cpp."""
    cells.run_cell("manifest.cpp", '%%cpp manifest.cpp\n#include "version.hpp"\n'
                                   "int node::compare(const Version&, const Version&) { return 5; }\n")
    said = cells.run_cell("demo.cpp", '%%cpp demo.cpp\n#include <cstdio>\n#include "version.hpp"\nint main() {\n'
                                      '  node::Version a{};\n  std::printf("%d", node::compare(a, a));\n}')
    assert said[0] == "5", said


def test_without_a_compiler_the_cell_is_kept_and_the_way_to_get_one_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    [card] = cells.run_cell("status.cpp", "%%cpp status.cpp\nint f();")
    assert "no C++ compiler" in repr(card)
    assert "sudo apt install g++" in repr(card)
    assert workshop.text("status.cpp") == "// %%cpp status.cpp\nint f();\n"


@pytest.mark.cpp
def test_a_card_says_all_in_text_and_escapes_what_the_student_wrote() -> None:
    [card] = cells.run_cell("status.cpp", "%%cpp status.cpp\nint f() {\n  return <b>1</b>;\n}")
    assert isinstance(card, Card)
    assert "<b>1</b>" not in card.markup.replace("<b><span", "")
    assert "return &lt;b&gt;1" in card.markup
    assert "aria-label='status.cpp: does not compile'" in card.markup
    assert repr(card).startswith("✗ ")


@pytest.mark.cpp
def test_a_file_without_tests_says_how_one_begins() -> None:
    [card] = cells.run_cell("test_none.cpp", "%%cpp test_none.cpp\n#include <doctest/doctest.h>\n")
    assert "has no test" in repr(card)
    assert "TEST_CASE" in repr(card)


def test_the_workshop_keeps_the_lines_of_the_cell_and_can_be_put_back() -> None:
    workshop.put("status.cpp", "\n%%cpp status.cpp\nint f();", "c1")
    assert workshop.text("status.cpp") == "\n// %%cpp status.cpp\nint f();\n"
    before = workshop.files()
    workshop.put("status.cpp", "%%cpp status.cpp\nint g();")
    workshop.restore(before)
    assert workshop.files() == before
    assert workshop.unwritten("backoff.cpp")
    assert not workshop.unwritten("status.cpp")
