"""The suites in C++, and promises about the sources that a compiler cannot hold."""

from __future__ import annotations

import re
import subprocess

import pytest

from labkit.house import SOURCES
from tests.firmware.building import BUILD, FIRMWARE, build, make

pytestmark = [pytest.mark.cpp, pytest.mark.timeout(600)]
PART = FIRMWARE.parent / "stack" / "parts" / "node"
CORE = [*sorted((FIRMWARE / "lib").glob("*/*.[ch]pp")), *sorted(PART.glob("*.[ch]pp"))]


@pytest.mark.slow
def test_the_suites_pass_under_the_sanitizers() -> None:
    done = subprocess.run([str(build("test_core"))], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    count = re.search(r"test cases: +(\d+) \| +(\d+) passed", done.stdout)
    assert count is not None
    assert int(count[1]) == int(count[2]) > 100


def test_the_core_asks_for_no_memory_after_it_was_set_up() -> None:
    done = subprocess.run([str(build("test_no_heap"))], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    assert " 0 allocations" in done.stdout


def test_the_core_does_not_even_name_the_heap() -> None:
    build("test_no_heap")
    sources = sorted((FIRMWARE / "lib").rglob("*.cpp"))
    objects = [BUILD / "small" / path.relative_to(FIRMWARE).with_suffix(".o") for path in sources]
    objects += [BUILD / "small" / "part" / f"{path.stem}.o" for path in PART.glob("*.cpp")]
    assert len(objects) > 10
    names = subprocess.run(["nm", "--undefined-only", *map(str, objects)], capture_output=True, text=True, check=True)
    heap = r" U (_Zn[wa]\w+|_Zd[la]\w+|malloc|calloc|realloc|strdup|_ZSt\w*throw\w*)$"
    found = re.findall(heap, names.stdout, re.M)
    # A port's virtual destructor names operator delete, which nothing here calls (test_no_heap counts), and
    # string_view::substr stops a program that asks for bytes behind the end, which the fuzz suites never made it do.
    assert set(found) <= {"_ZdlPvm", "_ZdlPv", "_ZSt24__throw_out_of_range_fmtPKcz"}


def test_only_the_board_layer_knows_the_hardware_and_only_the_host_layer_this_computer() -> None:
    foreign = re.compile(r'#include [<"](Arduino|WiFi|esp|Update|HTTPClient|freertos|mosquitto|sys/|unistd|poll|netdb)')
    assert len(CORE) > 20
    assert [path.name for path in CORE if foreign.search(path.read_text())] == []
    host = sorted((FIRMWARE / "src" / "host").glob("*.[ch]pp"))
    assert [path.name for path in host if "Arduino.h" in path.read_text()] == []
    board = sorted((FIRMWARE / "src" / "board").glob("*.[ch]pp"))
    assert any("Arduino.h" in path.read_text() for path in board)


def test_the_board_layer_still_fits_the_core() -> None:
    make("board")


def test_policies_know_neither_the_node_nor_a_port_but_chance() -> None:
    ports = {path.name for path in (FIRMWARE / "lib" / "ports").glob("*.hpp")} - {"random.hpp"}
    node = {path.name for path in (FIRMWARE / "lib" / "node").glob("*.hpp")}
    assert {path.name for path in PART.iterdir()} == set(SOURCES["node"])
    for path in (path for path in CORE if path.parent.name == "policies" or path.parent == PART):
        included = set(re.findall(r'#include "([^"]+)"', path.read_text()))
        assert not included & (ports | node), path.name


def test_the_firmware_alone_holds_no_answer() -> None:
    given = {path.name for path in (FIRMWARE / "lib").rglob("*.[ch]pp")}
    assert not given & set(SOURCES["node"])


def test_the_platformio_project_pins_what_it_takes_from_others() -> None:
    text = (FIRMWARE / "platformio.ini").read_text()
    assert re.search(r"^platform = espressif32@\d+\.\d+\.\d+$", text, re.M)
    libraries = re.findall(r"^ {4}([\w-]+/[\w-]+)(.*)$", text, re.M)
    assert len(libraries) == 2
    for name, version in libraries:
        assert re.fullmatch(r" @ \d+\.\d+\.\d+", version), name


def test_the_sizes_in_the_readme_are_those_of_make_size() -> None:
    found = re.findall(r"^(\w.+?): ([\d,]+) bytes", make("size"), re.M)
    measured = {name: int(value.replace(",", "")) for name, value in found}
    assert set(measured) == {"code and constants", "one node", "deepest stack"}
    readme = (FIRMWARE / "README.md").read_text()
    for name, value in measured.items():
        stated = re.search(rf"\| {name} \| ([\d,]+) bytes", readme)
        assert stated is not None, name
        # Another compiler version makes other code; what is stated must still be about right.
        assert abs(int(stated[1].replace(",", "")) - value) <= 0.15 * value, f"{name} is {value} bytes now"
