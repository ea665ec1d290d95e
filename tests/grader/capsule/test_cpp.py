"""A student's C++ is compiled and run in a capsule, watched by its sanitizers."""

from __future__ import annotations

import json

import pytest

from grader.capsule import cpp_cache
from grader.layout import CourseFiles
from tests.grader.capsule.ground import Cell

pytestmark = pytest.mark.cpp

CRASH = """
int items[3];
int main(int count, char**) {
  items[count + 2] = 1;
}
"""


def test_a_crash_is_told_as_outside_of_a_capsule(student: Cell) -> None:
    told = student.run(f"""
import json
from labkit.cpp import build, run
ran = run.run(build.program("crash", {CRASH!r}, {{}}))
print(json.dumps([ran.finding.kind, ran.finding.line]))
""")
    assert json.loads(told) == ["out-of-bounds", 4]


def test_the_firmware_is_there_without_a_student_s_part_of_it(student: Cell) -> None:
    told = student.run("""
import os
from labkit import house
names = sorted(name for _, _, files in os.walk(house.firmware()) for name in files)
print("node.cpp" in names, "telemetry.hpp" in names, [name for name in names if "test" in name])
try:
    open(house.firmware() / "lib" / "new.hpp", "w")
except OSError as error:
    print(type(error).__name__)
found = [name for folder, _, files in os.walk("/") for name in files if name in {"backoff.cpp", "status.cpp"}
         and "stand_in" not in folder]
print(found)
""")
    assert told.splitlines() == ["True True []", "OSError", "[]"]


def test_what_was_compiled_before_is_seen_and_cannot_be_changed(student: Cell) -> None:
    told = student.run("""
import os
place = os.environ["LABKIT_CPP_CACHE_SHARED"]
try:
    os.mkdir(os.path.join(place, "mine"))
except OSError as error:
    print(type(error).__name__, os.path.isdir(place))
""")
    assert told == "OSError True"


def test_only_labs_with_a_compiler_prepare_anything(course: CourseFiles) -> None:
    assert cpp_cache.needed("03-esp32-firmware")
    assert not cpp_cache.needed("01-mqtt-basics")
    assert not cpp_cache.needed("of another course")
