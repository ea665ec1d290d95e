"""Lab 01: the reference against independent expectations, and the shape of the notebook.

What each check lets through and refuses is proved by the audit, with the banks of right and wrong answers.
"""

from __future__ import annotations

import json
import random
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader import parts, sources
from grader.layout import LabFiles
from labkit.checks import Hint, LocalStudent, World, lab01_hints, lab01_presence, of_lab, run
from labkit.checks.lab01_cases import (
    DOLLAR,
    EDGES,
    MALFORMED,
    NOT_JSON_NUMBERS,
    NOT_OBJECTS,
    NOT_TEXT,
    PLAIN,
    TOO_DEEP,
    random_matches,
)
from labkit.checks.lab01_cases import matches as matches_by_standard
from labkit.services import start

ROOT = Path(__file__).parent.parent.parent
LAB = LabFiles(ROOT, "01-mqtt-basics")
POINTS = {"01.1": 2, "01.2": 3, "01.3": 4, "01.4": 3, "01.5": 4, "01.6": 4}


def load_part() -> types.ModuleType:
    """The part `mqtt` as the notebook's solution cells make it."""
    module = types.ModuleType("mqtt_part")
    exec(compile(parts.export([LAB])["mqtt"], "mqtt.py", "exec"), module.__dict__)
    return module


PART = load_part()

LEVELS = st.lists(st.sampled_from(["", "a", "b", "ab", "node", "$SYS", "a.b", "é"]), min_size=1, max_size=6)
WANTED = st.lists(st.sampled_from(["", "a", "b", "ab", "node", "$SYS", "a.b", "é", "+", "+"]), min_size=1, max_size=6)


@given(WANTED, LEVELS, st.booleans())
@example(["a"], ["a"], True)
@example([], ["$SYS", "a"], True)
def test_topic_matches_agrees_with_pahos_own_matcher(wanted: list[str], levels: list[str], rest: bool) -> None:
    topic_filter, topic = "/".join(wanted + ["#"] * rest), "/".join(levels)
    if topic_filter and topic:
        assert PART.topic_matches(topic_filter, topic) == mqtt.topic_matches_sub(topic_filter, topic)


@given(WANTED, LEVELS, st.booleans())
def test_what_the_check_expects_agrees_with_pahos_own_matcher(wanted: list[str], levels: list[str], rest: bool) -> None:
    wanted = wanted + ["#"] * rest
    topic_filter, topic = "/".join(wanted), "/".join(levels)
    if topic_filter and topic:
        assert matches_by_standard(wanted, levels) == mqtt.topic_matches_sub(topic_filter, topic)


@pytest.mark.parametrize("case", [*PLAIN, *EDGES, *DOLLAR], ids=lambda case: f"{case[0]} ~ {case[1]}")
def test_the_written_cases_of_the_check_agree_with_pahos_own_matcher(case: tuple[str, str, bool, Hint]) -> None:
    topic_filter, topic, expected, _ = case
    assert mqtt.topic_matches_sub(topic_filter, topic) == expected


@pytest.mark.parametrize("case", [case for case in MALFORMED if "\0" not in case[0]], ids=lambda case: repr(case[0]))
def test_a_filter_that_the_check_calls_malformed_is_refused_by_pahos_client(case: tuple[str, str, Hint]) -> None:
    # paho refuses a subscription before it looks for a connection.
    with pytest.raises(ValueError, match=r"."):
        mqtt.Client(mqtt.CallbackAPIVersion.VERSION2).subscribe(case[0])


def test_generated_filters_match_about_as_often_as_not_and_repeat_with_their_seed() -> None:
    cases = list(random_matches(random.Random(7), 2000))
    assert 0.3 < sum(case[2] for case in cases) / len(cases) < 0.7
    assert cases == list(random_matches(random.Random(7), 2000))
    assert all(case[0] and case[1] for case in cases)


@given(st.text(min_size=1).filter(lambda text: not set(text) & set("+#/\0")), st.sampled_from(PART.KINDS))
def test_a_topic_that_was_built_is_taken_apart_to_the_same(node_id: str, kind: str) -> None:
    topic = PART.node_topic(node_id, kind)
    assert PART.parse_node_topic(topic) == (node_id, kind)
    assert mqtt.topic_matches_sub(f"iot/node/+/{kind}", topic)


@given(st.text())
def test_any_text_is_taken_apart_or_refused_with_value_error(topic: str) -> None:
    try:
        node_id, kind = PART.parse_node_topic(topic)
    except ValueError:
        return
    assert f"iot/node/{node_id}/{kind}" == topic


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_a_reading_is_read_back_as_it_was_written(reading: dict[str, Any]) -> None:
    assert PART.parse_reading(json.dumps(reading, ensure_ascii=False).encode()) == reading


@given(st.binary())
def test_any_bytes_are_a_reading_or_refused_with_value_error(payload: bytes) -> None:
    try:
        assert isinstance(PART.parse_reading(payload), dict)
    except ValueError:
        return


MALFORMED_PAYLOADS = [*NOT_TEXT, *NOT_OBJECTS, *NOT_JSON_NUMBERS, *TOO_DEEP]


@pytest.mark.parametrize("payload", MALFORMED_PAYLOADS, ids=lambda payload: repr(payload[:20]))
def test_what_the_check_calls_malformed_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        PART.parse_reading(payload)


# The notebook


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    return list(sources.read(LAB.source).cells)


def test_the_check_cells_have_the_points_of_the_syllabus(cells: list[Any]) -> None:
    found = {}
    for cell in cells:
        data = cell.metadata.get("nbgrader", {})
        if data.get("grade") and cell.cell_type == "code":
            number = data["grade_id"].removeprefix("check-01-")
            assert cell.source == f'check("01.{number}")'
            assert data["locked"]
            found[f"01.{number}"] = data["points"]
    assert found == POINTS
    assert {exercise.id: exercise.points for exercise in of_lab("01")} == POINTS


def test_every_exercise_has_objective_prediction_solution_and_check_in_this_order(cells: list[Any]) -> None:
    text = "\n".join(f"<{cell.metadata.get('nbgrader', {}).get('grade_id', '')}>\n{cell.source}" for cell in cells)
    for number in range(1, 7):
        order = [f"<predict-01-{number}>", f"### Exercise 1.{number}", f"<ex-01-{number}>", f"<check-01-{number}>"]
        places = [text.index(mark) for mark in order]
        assert places == sorted(places)
        section = text[: places[0]].rindex("\n## ")
        assert re.search(r"\*Objective [A-E]\*", text[section : places[0]])


def test_concepts_are_short(cells: list[Any]) -> None:
    for cell in cells:
        if cell.cell_type == "markdown" and "*Objective" in cell.source:
            prose = re.sub(r"!\[.*?\]\(.*?\)|^#.*$|\*Objective.*$", "", cell.source, flags=re.MULTILINE)
            assert len(prose.split()) <= 200, cell.source[:60]


def test_every_term_of_the_glossary_stands_in_the_text_before_it(cells: list[Any]) -> None:
    text = "\n".join(cell.source for cell in cells)
    before, glossary = text.split("## Glossary")
    terms = re.findall(r"^\| (?!term|---)([^|]+) \|", glossary.split("## Where to read on")[0], re.MULTILINE)
    assert len(terms) > 10
    for term in (each.strip(" `") for line in terms for each in line.split(",")):
        assert term.lower() in before.lower(), term


def test_pictures_exist_and_say_in_words_what_they_show(cells: list[Any]) -> None:
    found = [match for cell in cells for match in re.findall(r"!\[(.+?)\]\((images/.+?)\)", cell.source)]
    assert len(found) == 7
    for words, path in found:
        assert len(words) > 60
        drawing = (LAB.source.parent / path).read_text()
        assert 'role="img"' in drawing
        assert "<desc" in drawing
    assert {path for _, path in found} == {f"images/{file.name}" for file in (LAB.source.parent / "images").iterdir()}


def test_every_hint_has_a_wrong_answer_that_earns_it() -> None:
    banks = "".join(LAB.answers("wrong", exercise).read_text() for exercise in POINTS)
    earned = set(re.findall(r"hint=([\w-]+)", banks))
    assert {hint.id for hint in vars(lab01_hints).values() if isinstance(hint, Hint)} == earned


# Every engine

MOSQUITTO = pytest.param("native/mosquitto", marks=pytest.mark.mosquitto)

@pytest.fixture(params=[MOSQUITTO, "embedded/iotcore", "embedded/amqtt"])
def broker(request: pytest.FixtureRequest) -> Iterator[Any]:
    with start("mqtt", provider=request.param) as services:
        yield services.mqtt


@pytest.mark.slow
@pytest.mark.parametrize("broker", ["embedded/amqtt"], indirect=True)  # the others: tests/labs/test_notebooks.py
def test_the_reference_has_all_points_on_the_engine_that_no_notebook_chooses(broker: Any) -> None:
    names, points = load_part().__dict__, 0
    for exercise in of_lab("01"):
        if set(exercise.capabilities.get("mqtt", ())) <= broker.capabilities:
            result = run(exercise, LocalStudent(names), World({"mqtt": broker}, seed=11))
            assert result.problem is None
            assert not result.findings, exercise.id
            points += result.score
    # It keeps no sessions, says so, and is not taken for exercise 1.6.
    assert points == 16


def test_offline_counts_only_if_a_last_will_says_it(broker: Any) -> None:
    """A submission can know the real broker, and let somebody else speak there for the node that was cut off."""

    def presence(gate: Any, node_id: str) -> Any:
        status = PART.node_topic(node_id, "status")
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False)

        def speak(text: str) -> None:
            herald = PART.connect(broker)
            herald.publish(status, text, qos=1, retain=True).wait_for_publish(60)
            herald.disconnect()

        PART.begin(client, gate, lambda _client: speak("online"))
        client.on_disconnect = lambda *_: speak("offline")
        return client

    exercise = next(each for each in of_lab("01") if each.id == "01.6")
    with World({"mqtt": broker}) as world:
        result = run(exercise, LocalStudent({"presence": presence}), world)
    found = {line.title: line for line in result.criteria}[lab01_presence.OFFLINE]
    assert found.state == "failed"
    assert found.finding is not None
    assert found.finding.hint is lab01_hints.WILL_BEFORE_CONNECT
    assert found.finding.expected.startswith("a last will in CONNECT")
