"""Cells in C++ on the instructors' side: released, exported, linted, put into an answer's namespace."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from grader import bundle, namespace, parts, sources
from grader.layout import CourseError, CourseFiles, LabFiles
from grader.lint import lint
from grader.release import release
from labkit.cpp import workshop
from labkit.house import SOURCES, reference_path
from labkit.house_sources import STUB
from tests.grader.conftest import REPOSITORY

FILES = SOURCES["node"]
Edit = Callable[[str, str], LabFiles]


def cell(file: str) -> str:
    """A solution cell in C++, as it stands in a source in percent format."""
    told = json.dumps({"grade": False, "grade_id": f"own-{file.replace('.', '-')}", "locked": False,
                       "schema_version": 3, "solution": True})
    return (f"# %% nbgrader={told}\n%%cpp {file}\n#include <cstdint>\n\nint f() {{\n  // ### BEGIN SOLUTION\n"
            f"  return 7;  // {file}\n  // ### END SOLUTION\n}}\n\n")


@pytest.fixture
def lab(toy: CourseFiles) -> LabFiles:
    """The toy lab with a part in C++."""
    (lab,) = toy.labs()
    text = lab.source.read_text(encoding="utf-8")
    lab.source.write_text(text.rstrip("\n") + "\n\n" + "".join(map(cell, FILES)), encoding="utf-8")
    sources.rewrite(lab)
    return lab


def test_a_source_with_cells_in_cpp_comes_back_byte_by_byte(lab: LabFiles) -> None:
    assert sources.in_step(lab)
    found = [one.source for one in sources.read(lab.source).cells if one.source.startswith("%%cpp")]
    assert [text.splitlines()[0] for text in found] == [f"%%cpp {file}" for file in FILES]
    assert found[0].splitlines()[1:5] == ["#include <cstdint>", "", "int f() {", "  // ### BEGIN SOLUTION"]


def test_the_release_has_the_stub_of_each_cells_language(lab: LabFiles, toy: CourseFiles) -> None:
    release(toy, [lab])
    cells = {one.id: one.source for one in nbformat.read(lab.released, as_version=4).cells}
    assert cells["own-telemetry-cpp"] == f"%%cpp telemetry.cpp\n#include <cstdint>\n\nint f() {{\n  {STUB}\n}}"
    assert "raise NotImplementedError" in cells["ex-90-1"]
    assert STUB not in cells["ex-90-1"]
    assert "return 7" not in lab.released.read_text(encoding="utf-8")


def test_a_part_in_cpp_is_exported_file_by_file_and_compared(lab: LabFiles, toy: CourseFiles) -> None:
    release(toy, [lab])
    file = toy.parts / "node" / "telemetry.cpp"
    assert file.read_text(encoding="utf-8") == (
        "// Part 'node' of the house: the cell `%%cpp telemetry.cpp` of solutions/90-toy.\n"
        "// Made by `grader release`. Edit it there, not here.\n\n"
        "#include <cstdint>\n\nint f() {\n  return 7;  // telemetry.cpp\n}\n")
    assert parts.is_exported(file)
    assert release(toy, [lab]) == []
    file.write_text(file.read_text(encoding="utf-8").replace("7", "8"), encoding="utf-8")
    (toy.parts / "node" / "gone.cpp").write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    found = {(difference.path.name, difference.what) for difference in release(toy, [lab])}
    assert found == {("telemetry.cpp", "changed"), ("gone.cpp", "left over")}
    assert release(toy, [lab], check=True) == []


@pytest.mark.parametrize(("old", "new", "said"), [
    ("%%cpp status.cpp", "%%cpp telemetry.cpp", "make telemetry.cpp"),
    ("%%cpp status.cpp", "%%cpp test_status.cpp", "has no status.cpp"),
])
def test_a_part_that_is_not_whole_is_not_released(lab: LabFiles, edit: Edit, old: str, new: str, said: str) -> None:
    with pytest.raises(CourseError, match=said):
        parts.export([edit(old, new)])


@pytest.mark.parametrize(("old", "new", "said"), [
    ("%%cpp status.cpp", "%%cpp stauts.cpp", "stauts.cpp is no file of a part"),
    ("%%cpp status.cpp", "%%cpp telemetry.cpp", "another cell makes telemetry.cpp"),
    ("%%cpp status.cpp\n", "int x;\n%%cpp status.cpp\n", "stand in the cell's first line"),
    ("%%cpp status.cpp\n", "%%cpp status\n", "stand in the cell's first line"),
])
def test_lint_knows_cells_in_cpp(lab: LabFiles, edit: Edit, old: str, new: str, said: str) -> None:
    assert [trap for trap in lint(lab) if trap.rule != "answer-before-check"] == []
    assert [trap.message for trap in lint(edit(old, new)) if trap.rule == "cpp-magic" and said in trap.message]


def test_an_answers_namespace_has_a_workshop_of_its_own(lab: LabFiles) -> None:
    workshop.put("test_left_over.cpp", "int main() {}")
    cells = namespace.cells(lab.solution)
    names = namespace.build(cells)
    assert "double" in names
    assert tuple(workshop.files()) == FILES
    assert "return 7;  // status.cpp" in str(workshop.text("status.cpp"))


@pytest.mark.parametrize("answer", ["int f() { return 8; }\n", "%%cpp status.cpp\nint f() { return 8; }\n"])
def test_an_answer_in_cpp_takes_the_place_of_its_file(answer: str) -> None:
    own = namespace.Cell("ex-90-5", cell("status.cpp").split("\n", 1)[1], "90.5")
    namespace.build(namespace.replaced([own], "90.5", answer))
    assert workshop.files() == {"status.cpp": "// %%cpp status.cpp\nint f() { return 8; }\n"}


@pytest.mark.cpp
def test_a_noisy_answer_in_cpp_compiles(tmp_path: Path) -> None:
    noisy = namespace.noisy("%%cpp status.cpp\nint main() { return 0; }\n")
    (tmp_path / "status.cpp").write_text(workshop.as_source(noisy))
    subprocess.run(["c++", "-Wall", "-Werror", "-o", "status", "status.cpp"], cwd=tmp_path, check=True, timeout=60)
    ran = subprocess.run([str(tmp_path / "status")], capture_output=True, text=True, check=True, timeout=60)
    assert "a print that was left in" in ran.stdout


@pytest.mark.cpp
@pytest.mark.timeout(400)
def test_the_unpacked_bundle_compiles_the_firmware_and_has_no_answer_to_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle.write(CourseFiles(REPOSITORY), tmp_path / "out")) as archive:
        archive.extractall(tmp_path)
    course = tmp_path / "iot-house"
    for name in FILES:
        assert [path for path in course.rglob(name) if "stand_in" not in path.parts] == []
    assert not (course / "firmware" / "test").exists()
    (wheel,) = (course / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    reference = reference_path("node")
    assert reference is not None
    program = ("from labkit import house\nfrom labkit.cpp import board\nfiles, owner = house.sources('node')\n"
               "made = board.program(files)\nprint(owner, house.firmware(), made.path.is_file())\n")
    ran = subprocess.run([sys.executable, "-c", program], cwd=course, capture_output=True, text=True, timeout=300,
                         env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{course}:{tmp_path / 'site'}",
                              "HOME": str(Path.home())}, check=False)
    assert ran.stdout.split() == ["reference", str(course / "firmware"), "True"], ran.stderr
    assert (tmp_path / "site" / "house_parts" / "node" / "status.cpp").read_bytes() == (
        reference / "status.cpp").read_bytes()
