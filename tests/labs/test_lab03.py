"""Lab 03: the reference against expectations that do not come from it, and the promises of its texts."""

from __future__ import annotations

import itertools
import json
import re
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import answers, parts, sources
from grader.layout import LabFiles
from labkit.checks import hints, lab03_hints, of_lab
from labkit.cpp import build, cells, doctests, run
from labkit.cpp.driver import Driver

ROOT = Path(__file__).parents[2]
LAB = LabFiles(ROOT, "03-esp32-firmware")
FIRMWARE = ROOT / "firmware"
FILES = {Path(name).name: text for name, text in parts.export([LAB]).items()}
"""The six files of the node, as they are made from the notebook's cells."""
CELLS = [cell for cell in sources.read(LAB.source).cells if cell.cell_type == "code"]
CPP = {parts.cpp_file(cell.source): cell.source.split("\n", 1)[1]
       for cell in CELLS if cell.source.startswith("%%cpp")}
EXAMPLES = {name: text for name, text in CPP.items() if name not in FILES and not name.startswith("test_")}
TESTS = {name: text for name, text in CPP.items() if name.startswith("test_")}
# What the text around a worked example says that it shows.
SHOWN = {
    "views.cpp": "temp, 4 bytes\nTemp\n",
    "writer.cpp": "{\"room\": \"bath\", \"sensors\": {\"humidity\": 61.3}}\nin 20 bytes: '', ok: 0\n",
    "reader.cpp": "a: 128 taken: 1, number: 128\nb: 128.0 taken: 0, number: -1\nc: \"128\" taken: 0, number: -1\n"
                  "d: 300 taken: 1, number: 300\ne: 1e2 taken: 0, number: -1\n",
    "doubling.cpp": "1 failures: 2000 in 32 bits, 2000 in 64\n22 failures: 4194304000 in 32 bits, 4194304000 in 64\n"
                    "23 failures: 4093640704 in 32 bits, 8388608000 in 64\n"
                    "30 failures: 0 in 32 bits, 1073741824000 in 64\n",
    "escapes.cpp": "{\"reason\": \"unknown command 'say \\\"hi\\\"\\u000a'\"}\n",
    "versions.cpp": "as text, 1.10.0 comes first\nmajor 2, pre-release rc.1\na leading zero is a version: 0\n"
                    "rc.2 against rc.11: -1\n",
}
# The order of Semantic Versioning 2.0.0, section 11, with a few numbers more.
VERSIONS = ["0.9.9", "0.10.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
            "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1-0", "1.0.1", "1.9.0", "1.10.0", "2.0.0", "10.0.0"]

pytestmark = pytest.mark.cpp


@pytest.fixture(scope="module", autouse=True)
def one_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The folder that tests/cpp uses too: each thing is built once in a run."""
    place = tmp_path_factory.getbasetemp()
    place = place.parent if place.name.startswith("popen-") else place  # a worker of xdist
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_CPP_CACHE", str(place / "cpp-cache"))
        yield


def driver(name: str, *files: str) -> Driver:
    return Driver(name, {file: FILES[file] for file in files})


@pytest.fixture(scope="module")
def telemetry() -> Iterator[Driver]:
    with closing(driver("telemetry", "telemetry.cpp")) as calls:
        yield calls


@pytest.fixture(scope="module")
def backoff() -> Iterator[Driver]:
    with closing(driver("backoff", "backoff.cpp")) as calls:
        yield calls


@pytest.fixture(scope="module")
def ring_buffer() -> Iterator[Driver]:
    with closing(driver("ring_buffer", "ring_buffer.hpp")) as calls:
        yield calls


@pytest.fixture(scope="module")
def manifest() -> Iterator[Driver]:
    with closing(driver("manifest", "manifest.cpp")) as calls:
        yield calls


@settings(deadline=None)
@given(timestamp=st.integers(1, 2**40), temperature=st.floats(-60, 125, width=32),
       humidity=st.floats(0, 100, width=32), rssi=st.integers(-128, 0), uptime=st.integers(0, 2**32 - 1))
def test_a_message_is_what_json_would_write(telemetry, timestamp, temperature, humidity, rssi, uptime):
    text = telemetry.call("write_telemetry", "node_01", timestamp, temperature, humidity, rssi, uptime, 224)["text"]
    read = json.loads(text)
    sensors = read["sensors"]
    assert text == json.dumps(read)
    assert list(read) == ["node_id", "timestamp", "sensors", "wifi_rssi", "uptime"]
    assert (read["timestamp"], read["wifi_rssi"], read["uptime"]) == (timestamp, rssi, uptime)
    assert sensors["temperature"] == pytest.approx(temperature, abs=0.0501)
    assert sensors["humidity"] == pytest.approx(humidity, abs=0.0501)
    assert re.search(r'"temperature": -?\d+\.\d, "humidity": \d+\.\d}', text)


def test_the_message_of_the_contract_is_the_one_in_the_text(telemetry):
    contract = (ROOT / "stack" / "contracts" / "telemetry.json").read_text().strip()
    reading = json.loads(contract)
    made = telemetry.call("write_telemetry", reading["node_id"], reading["timestamp"],
                          reading["sensors"]["temperature"], reading["sensors"]["humidity"], reading["wifi_rssi"],
                          reading["uptime"], 224)["text"]
    assert made == contract
    assert f"# {contract}\n" in LAB.source.read_text()


@settings(deadline=None, max_examples=50)
@given(steps=st.lists(st.tuples(st.sampled_from(["push", "push", "remove"]), st.integers(0, 30)), max_size=60))
def test_the_ring_buffer_is_a_deque_that_counts(ring_buffer, steps):
    held: deque[int] = deque(maxlen=5)
    first = 0
    trace = ring_buffer.call("run", 5, [[step, number] for step, number in steps])["trace"]
    for (step, number), (said, size, oldest_number, items, _) in zip(steps, trace, strict=True):
        if step == "push":
            full = len(held) == 5
            held.append(number)
            first += full
            assert said is not full
        else:
            goes = bool(held) and number == first
            if goes:
                held.popleft()
                first += 1
            assert said is goes
        assert (size, oldest_number, items) == (len(held), first, list(held))


@settings(deadline=None, max_examples=50)
@given(base=st.integers(1, 5_000), cap=st.integers(1, 2**32 - 1),
       failures=st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 40), min_size=1, max_size=20))
def test_the_longest_wait_doubles_up_to_the_cap(backoff, base, cap, failures):
    limits = backoff.call("ceilings", base, cap, 10_000, failures)
    assert limits == [min(cap, base * 2 ** min(number, 64)) for number in failures]


@settings(deadline=None, max_examples=50)
@given(dice=st.integers(0, 2**32 - 1), failures=st.integers(1, 6))
def test_each_wait_is_a_fair_part_of_the_longest(backoff, dice, failures):
    waits = backoff.call("delays", 1_000, 8_000, 10_000, [dice], failures, 1)
    longest = min(8_000, 1_000 * 2 ** (failures - 1))
    assert waits == [dice * (longest + 1) // 2**32]


def test_versions_are_ordered_as_the_standard_says(manifest):
    for (place, left), (other, right) in itertools.product(enumerate(VERSIONS), repeat=2):
        found = manifest.call("compare", left, right)
        assert (found > 0) - (found < 0) == (place > other) - (place < other), f"{left} against {right}"


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_each_worked_example_shows_what_the_text_says(name):
    assert len(EXAMPLES[name].splitlines()) <= 25
    program = build.program(name.removesuffix(".cpp"), EXAMPLES[name], cells.needed(EXAMPLES[name]))
    ran = run.run(program)
    if name == "one_too_far.cpp":
        assert ran.finding is not None
        assert (ran.finding.kind, EXAMPLES[name].splitlines()[ran.finding.line - 1].strip()) == (
            "out-of-bounds", "cells[i] = i;")
        return
    assert ran.finding is None, ran.finding
    assert ran.stdout == SHOWN[name]


@pytest.mark.parametrize("name", sorted(TESTS))
def test_the_reference_passes_the_tests_that_students_are_given(name):
    ran = doctests.run_tests(name, TESTS[name], FILES)
    assert ran.passed, ran.cases


def test_there_is_a_test_for_each_file():
    assert set(TESTS) == {f"test_{Path(file).stem}.cpp" for file in FILES}


def test_each_reason_in_the_text_is_one_that_the_firmware_gives():
    text = "\n".join(cell.source for cell in sources.read(LAB.source).cells if cell.cell_type == "markdown")
    begins = "name|the running|version|min_version|this step|size|sha256|url"
    told = re.findall(rf"\| `((?:{begins}) [^`]+)` \|$", text, re.MULTILINE)
    code = FILES["manifest.cpp"]
    assert len(told) == 9
    for reason in told:
        assert re.sub(r"(esp32-node|1\.0\.0|1\.1\.0|1966080)$", "", reason) in code, reason


def test_the_page_for_the_real_board_agrees_with_the_project():
    page = next(cell.source for cell in sources.read(LAB.source).cells if cell.source.startswith("## On a real board"))
    project, pins = (FIRMWARE / "platformio.ini").read_text(), (FIRMWARE / "src" / "board" / "pins.hpp").read_text()
    assert "**Not run here.**" in page
    assert "`custom_part = ../stack/parts/node`" in page
    assert "\ncustom_part = ../stack/parts/node\n" in project
    assert all(f"[env:{name}]" in project for name in re.findall(r"pio run -e (\w+)", page))
    assert set(re.findall(r"NODE_[A-Z_]+(?==)", page)) == set(re.findall(r"sysenv\.(NODE_[A-Z_]+)", project))
    assert {"2", "4"} <= set(re.findall(r"= (\d+);", pins))
    assert "monitor_speed = 115200" in project


def test_the_points_of_the_exercises_add_up_to_twenty():
    assert [exercise.points for exercise in of_lab("03")] == [3, 4, 4, 4, 2, 3]


def test_what_is_to_be_read_and_written_fits_into_ninety_minutes():
    """Worked through: 15 minutes to read so many words, an hour for so many lines, the rest is trying things out."""
    code = "\n".join(cell.source for cell in CELLS)
    written = re.findall(r"### BEGIN SOLUTION(.*?)// ### END SOLUTION", code, re.DOTALL)
    lines = [line for region in written for line in region.splitlines()
             if line.strip() and not line.strip().startswith("//")]
    assert len(lines) <= 95
    text = "\n".join(cell.source for cell in sources.read(LAB.source).cells
                     if cell.cell_type == "markdown" and "MARK SCHEME" not in cell.source)
    read = re.sub(r"<details>.*?</details>|!\[[^]]*]\(\S+\)|```.*?```|## Glossary.*", "", text, flags=re.DOTALL)
    assert len(re.findall(r"\S*\w\S*", read)) <= 3_000


def test_each_hint_is_earned_by_a_wrong_answer():
    declared = {value.id for value in vars(lab03_hints).values() if isinstance(value, hints.Hint)}
    earned = {answer.hint for exercise in of_lab("03") for answer in answers.read(LAB.answers("wrong", exercise.id))}
    assert earned == declared


def test_a_released_cell_keeps_the_frame_and_says_what_to_do():
    released = nbformat.read(LAB.released, 4)
    for cell in released.cells:
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
            assert cell.source.count("#error Write your code here, and delete this line.\n") == \
                next(mine for mine in CELLS if mine.id == cell.id).source.count("### BEGIN SOLUTION")
            assert "### " not in cell.source


@pytest.mark.parametrize("picture", sorted(path.name for path in (LAB.source.parent / "images").glob("*.svg")))
def test_each_picture_has_a_title_a_description_and_a_place_in_the_text(picture):
    root = ElementTree.parse(LAB.source.parent / "images" / picture).getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title")
    assert root.findtext(f"{space}desc")
    assert re.search(rf"!\[[^]]{{40,}}\]\(images/{picture}\)", LAB.source.read_text()), "no alt text, or not shown"
