"""Drivers: student's C++ that is called, and what it may do instead of answering."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.checks import kit_cpp
from labkit.cpp import driver_faults as faults
from labkit.cpp import workshop
from labkit.cpp.build import CompileError
from labkit.cpp.driver import Driver

pytestmark = pytest.mark.cpp

HEAD = '#include "telemetry.hpp"\n#include <cstdio>\n#include <cstdlib>\n#include <cstring>\n#include <string>\n\n'
SIGNATURE = ("std::string_view node::write_telemetry(std::string_view node_id, const Reading& reading, char* out, "
             "std::size_t capacity) {\n  static_cast<void>(node_id); static_cast<void>(reading);\n"
             "  static_cast<void>(out); static_cast<void>(capacity);\n")
READING = ("node_01", 1_704_844_800, 22.5, 45.25, -65, 3_600)
# One file for all faults, so that it is compiled once: the name of the node says what to do.
FAULTS = HEAD + SIGNATURE + r"""
  if (node_id == "loop") {
    volatile bool on = true;
    while (on) {
    }
  }
  if (node_id == "exit") std::exit(0);
  if (node_id == "abort") std::abort();
  if (node_id == "throw") throw 5;
  if (node_id == "past") std::memset(out, 'x', capacity + 1);
  if (node_id == "print") {
    for (int i = 0; i < 20'000; ++i) std::printf("{\"text\": \"7b7d\", \"inside\": true}\n");
  }
  if (node_id == "latin") {
    out[0] = '\xe9';
    return {out, 1};
  }
  if (node_id == "elsewhere") {
    static char own[] = "own";
    return own;
  }
  if (node_id == "dangling") {
    volatile const char* gone = nullptr;
    {
      std::string text(capacity, 'x');
      gone = text.data();
    }
    std::printf("%c", gone[0]);
  }
  if (node_id == "overflow") {
    volatile int large = 2'147'483'647;
    large = large + 1;
  }
  const int size = std::snprintf(out, capacity, "%.9g %.9g", double(reading.temperature), double(reading.humidity));
  return {out, static_cast<std::size_t>(size)};
}
"""


@pytest.fixture(scope="module")
def driver():
    with_faults = Driver("telemetry", {"telemetry.cpp": FAULTS}, limit=2)
    yield with_faults
    with_faults.close()


def written(driver: Driver, node_id: str = "node_01", temperature: float = 22.5, capacity: int = 40):
    return driver.call("write_telemetry", node_id, 5, temperature, 45.25, -65, 3_600, capacity)


def test_values_arrive_and_come_back(driver):
    assert written(driver) == {"inside": True, "text": "22.5 45.25"}
    assert written(driver, temperature=0.1)["text"] == "0.100000001 45.25"
    assert written(driver, temperature=float("nan"))["text"].endswith("nan 45.25")
    assert written(driver, temperature=float("-inf"))["text"] == "-inf 45.25"
    assert written(driver, "latin")["text"] == b"\xe9"


def test_what_lies_elsewhere_is_said_and_not_read(driver):
    assert written(driver, "elsewhere") == {"inside": False, "text": ""}


def test_printing_is_no_answer_and_blocks_nothing(driver, capsys):
    assert written(driver, "print")["text"] == "22.5 45.25"
    assert "7b7d" in capsys.readouterr().out


@pytest.mark.parametrize(("what", "kind", "said"), [
    ("loop", faults.EndlessLoop, "still running"), ("exit", faults.ProgramEnded, "as if its work were done"),
    ("abort", faults.ProgramEnded, "abort"), ("throw", faults.ProgramEnded, "exception"),
    ("past", faults.OutOfBounds, "past the end"), ("dangling", faults.Dangling, "given back"),
    ("overflow", faults.Overflow, "leaves the range"),
])
def test_a_fault_is_told_in_words_and_the_next_call_works(driver, what, kind, said):
    with pytest.raises(kind, match=said) as caught:
        written(driver, what)
    if what not in {"exit"}:
        assert "telemetry.cpp, line" in str(caught.value)
    assert written(driver)["text"] == "22.5 45.25"


def test_a_file_that_does_not_compile_is_said_once_and_for_all():
    with pytest.raises(CompileError, match=r"telemetry\.cpp"):
        Driver("telemetry", {"telemetry.cpp": HEAD + SIGNATURE + "  return nothing_of_that_name;\n}\n"})


def test_the_kit_tells_what_is_not_there_from_what_is_not_written():
    workshop.clear()
    with pytest.raises(LookupError, match=r"no `status\.cpp` in this notebook yet"):
        kit_cpp.firmware("status.cpp")
    workshop.put("status.cpp", "#error Write your code here, and delete this line.\n")
    with pytest.raises(NotImplementedError):
        kit_cpp.firmware("status.cpp")
    workshop.clear()


@pytest.mark.parametrize("file", workshop.PART_FILES)
def test_stand_ins_are_plain_and_complete(file):
    stand_in = Path(kit_cpp.__file__).parent.parent / "cpp" / "stand_in" / file
    assert stand_in.stat().st_size < 2_000
    assert "Stands in for" in stand_in.read_text()
