"""Lab 08: what its texts promise, against the part that its cells make and the contract of the wire."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from grader import answers, parts, sources
from grader.layout import LabFiles
from labkit.checks import hints, lab08_hints, of_lab
from labkit.devices.f2 import build
from labkit.devices.fleet import simulate

ROOT = Path(__file__).parents[2]
LAB = LabFiles(ROOT, "08-kafka-decoding")
TEXT = LAB.source.read_text(encoding="utf-8")
CONTRACT = (ROOT / "stack" / "contracts" / "f2.md").read_text(encoding="utf-8")
CODE = re.compile(r"`((?:BAD|EMPTY|UNKNOWN|LENGTH|OUT|NOT|WHOLE)_[A-Z0-9_]+)`")


@pytest.fixture(scope="module")
def part() -> dict[str, Any]:
    """The part `f2`, as it is made from the notebook's cells."""
    return run("f2_of_lab08", parts.export([LAB])["f2"])


def run(name: str, *texts: str) -> dict[str, Any]:
    """Run cells in a module of their own: dataclasses look theirs up."""
    sys.modules[name] = module = types.ModuleType(name)
    for text in texts:
        exec(text, module.__dict__)
    return module.__dict__


def exercise(number: int) -> str:
    """The text of an exercise, from its headline to its cell."""
    return re.split(rf"# ### Exercise 8\.{number}: ", TEXT)[1].split("\n# %%")[0]


def test_the_codes_of_an_address_stand_in_the_order_of_the_contract():
    wanted = CODE.findall(CONTRACT.split("## What a message holds")[0].split("## The topic")[1])
    assert CODE.findall(exercise(1)) == wanted
    assert len(wanted) == 6


def test_the_codes_of_a_payload_stand_in_the_order_of_the_contract():
    wanted = CODE.findall(CONTRACT.split("in this order:")[-1].split("## The dead letter")[0])
    listed = re.split(r"in\s(?:# )?this\s(?:# )?order\.", exercise(4))[1].split("# ```")[0]
    assert CODE.findall(listed) == wanted
    assert len(wanted) == 15


def shown(text: str) -> list[tuple[str, str]]:
    """The examples of an exercise: what is typed, and the first line of what is shown."""
    return re.findall(r"^# >>> (.+?)(?:  +#.*)?\n# (?!>>>)(.+)$", text, re.MULTILINE)


@pytest.mark.parametrize(("typed", "said"), [
    each for text in (exercise(1), TEXT.split("### Exercise 8.4, first half")[1].split("\n# %%")[0], exercise(4))
    for each in shown(text)
])
def test_an_example_of_the_text_is_true(part, typed, said):
    if said.startswith("DecodeError"):
        with pytest.raises(part["DecodeError"]) as caught:
            eval(typed, part)
        assert said == f"DecodeError: {caught.value.code}: …"
    else:
        assert repr(eval(typed, part)) == said


def test_the_solution_is_short_enough_to_be_read():
    """A part of 700 lines at most, given cells of about a screen, solutions that a student could have written."""
    lines = {grade_id: len(text.splitlines()) for _, grade_id, text in parts.cells(LAB)}
    assert sum(lines.values()) < 700
    assert {name: count for name, count in lines.items() if name.startswith("part-") and count > 45} == {}
    regions = {name: sum(len(region.splitlines()) - 1 for region in
                         re.findall(r"### BEGIN SOLUTION(.*?)### END SOLUTION", text, re.DOTALL))
               for _, name, text in parts.cells(LAB)}
    assert {name: count for name, count in regions.items() if count > 90} == {}


def test_no_given_cell_calls_what_the_student_has_not_written():
    """In an untouched copy all given cells run: they use names of the student inside functions only."""
    given = [text for _, grade_id, text in parts.cells(LAB) if grade_id.startswith("part-")]
    assert "DataPoint" in run("given_of_lab08", *given)


def test_a_message_of_a_simulated_controller_is_what_the_text_says():
    """The table behind the first cell: topic, key, and a payload of four digits."""
    [temperature] = [message for message in simulate(build(1, 2.0, 8, 0.0), start=0.0, seconds=1.0)
                     if message.topic == "cmnd/f2-02f200000001/analog/1/temperature-1"]
    assert re.fullmatch(rb"[0-9A-F]{4}", temperature.payload)
    assert "`cmnd/f2-02f200000001/analog/1/temperature-1`" in TEXT


def test_the_points_of_the_exercises_add_up_to_twenty():
    assert [exercise.points for exercise in of_lab("08")] == [2, 3, 2, 5, 4, 4]


def test_each_hint_is_earned_by_a_wrong_answer():
    declared = {value.id for value in vars(lab08_hints).values() if isinstance(value, hints.Hint)}
    earned = {answer.hint for exercise in of_lab("08") for answer in answers.read(LAB.answers("wrong", exercise.id))}
    assert earned == declared


def test_each_section_asks_before_it_shows():
    """Six sections, each with a place for a guess before its exercise."""
    sections = re.split(r"^# ## \d\. ", TEXT, flags=re.MULTILINE)[1:]
    assert len(sections) == 6
    assert [section for section in sections if '"grade_id": "predict-08-' not in section.split("### Exercise")[0]] == []


def test_what_a_wide_line_would_hide_is_folded():
    """Nobody scrolls sideways to read code: 102 characters fit into a cell of JupyterLab on a small screen."""
    wide = [line for cell in sources.read(LAB.source).cells if cell.cell_type == "code"
            for line in cell.source.splitlines() if len(line) > 102]
    assert wide == []


@pytest.mark.parametrize("picture", sorted(path.name for path in (LAB.source.parent / "images").glob("*.svg")))
def test_each_picture_has_a_title_a_description_and_a_place_in_the_text(picture):
    root = ElementTree.parse(LAB.source.parent / "images" / picture).getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title")
    assert root.findtext(f"{space}desc")
    assert re.search(rf"!\[[^]]{{40,}}\]\(images/{picture}\)", TEXT), "no alt text, or not shown"
