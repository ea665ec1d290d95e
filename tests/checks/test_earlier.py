"""What stands first on the card of an exercise that fails because an earlier one is wrong."""

from __future__ import annotations

import pytest

from labkit.checks import Exercise, Result
from labkit.checks.card import result_card
from labkit.checks.earlier import mend_first
from labkit.checks.result import CriterionResult, State
from tests.checks import toy


def made(id: str, *functions: str) -> Exercise:
    return Exercise(id, 3, id, (), {}, functions, 1.0, toy.twice)


def ended(id: str, state: State = "failed", *called: str) -> Result:
    lines = [CriterionResult("a", 1), CriterionResult("b", 2, state)]
    return Result(id, id, 3, lines, written=state != "not written", called=frozenset(called))


CONNECT, TOPIC, COLLECT = (made("90.1", "connect(broker) -> Client"), made("90.2", "topic(node) -> str"),
                           made("90.3", "collect(broker) -> list", "Collector(broker)"))
WRONG = [(CONNECT, ended("90.1")), (TOPIC, ended("90.2"))]
SAID = ("this uses `connect` of exercise 90.1, which had 1 of 3 points when it was checked. "
        "Mend that first, and run both checks again.")


@pytest.mark.parametrize("cells", [
    ["def collect(broker):\n    return connect(broker)"],
    ["%%part mqtt\ndef collect(broker):\n    return opened(broker)", "def opened(broker):\n    return connect(broker)"],
    ["class Collector:\n    def start(self):\n        self.client = connect(self.broker)"],
    ["class Collector:\n    def connect(self):\n        return connect(self.broker)"],
    ["def collect(broker):\n    topic = 'a/b'\n    def begin():\n        return connect(topic)\n    return begin()"],
    ["def collect(broker):\n    return [lambda: connect(topic) for topic in broker]"],
    ["def collect(broker):\n    global connect\n    client = connect(broker)\n    connect = client"],
    ["def collect(broker, begin=connect):\n    return begin(broker)"],
    ["def collect(broker):\n    print('\\d')\n    return connect(broker)"],
])
def test_an_earlier_function_that_is_used_and_was_wrong_is_named(cells: list[str]) -> None:
    assert mend_first(COLLECT, ended("90.3"), WRONG, cells) == SAID
    assert mend_first(COLLECT, ended("90.3"), list(reversed(WRONG)), cells) == SAID


def test_a_helper_in_the_cell_of_an_earlier_answer_belongs_to_it() -> None:
    cells = ["def connect(broker): return begin(broker)\ndef begin(broker): ...", "def collect(broker): begin(broker)"]
    assert mend_first(COLLECT, ended("90.3"), WRONG, cells) == SAID.replace("`connect`", "`begin`")
    cells.append("def begin(broker): return 'another one'")
    assert mend_first(COLLECT, ended("90.3"), WRONG, cells) == ""


def test_an_exercise_that_names_an_earlier_function_among_its_own_is_told_too() -> None:
    both = made("90.4", "publish(client) -> None", "connect(broker) -> Client")
    assert mend_first(both, ended("90.4", "failed", "connect"), WRONG, []) == SAID


def test_so_is_one_that_the_check_called_itself() -> None:
    assert mend_first(COLLECT, ended("90.3", "failed", "connect"), WRONG, []) == SAID


@pytest.mark.parametrize("cells", [
    ["def collect(broker):\n    client.connect(broker)  # connect(broker)\n    return 'connect(broker)'"],
    ["def collect(broker): return connect(broker)", "def collect(broker): return []"],
    ["def other(broker): return connect(broker)", "def collect(broker): return []"],
    ["def collect(broker:\n    return connect(broker)"],
    ["def collect(broker, topic='a/b'):\n    return [topic]"],
    ["def topic(node): ...\ndef decode(x): ...", "def collect(broker):\n    for decode in (): pass\n    return []"],
    ["def collect(broker):\n    topic = connect = broker\n    return lambda: connect[topic]"],
    ["def collect(broker):\n    return {topic: connect for topic, connect in broker}"],
    ["def collect(broker):\n    import mqtt as connect\n    try: connect()\n    except OSError as topic: return topic"],
    ["def collect(broker) -> topic:\n    return broker"],
])
def test_what_is_not_used_is_not_blamed(cells: list[str]) -> None:
    assert mend_first(COLLECT, ended("90.3"), WRONG, cells) == ""


def test_a_local_variable_called_like_an_earlier_function_is_another_thing() -> None:
    latest, overview = made("92.3", "latest(bucket) -> dict"), made("92.4", "overview(rows) -> list")
    cells = ["def latest(bucket): ...", "def overview(rows):\n    latest = {row['room']: row for row in rows}\n"
             "    return [newer(latest, room) for room in latest]\ndef newer(latest, room): return latest[room]"]
    assert mend_first(overview, ended("92.4"), [(latest, ended("92.3"))], cells) == ""
    cells.append("def newer(rows, room): return latest(room)")
    assert mend_first(overview, ended("92.4"), [(latest, ended("92.3"))], cells).startswith("this uses `latest` of")


def test_nothing_is_said_where_nothing_earlier_is_known_to_be_wrong() -> None:
    cells = ["def collect(broker): return connect(broker)", "def connect(broker): return collect(broker)"]
    good, unknown = (CONNECT, ended("90.1", "passed")), (CONNECT, ended("90.1", "not checked"))
    unknown[1].problem = "no broker"
    assert mend_first(COLLECT, ended("90.3"), [good], cells) == ""
    assert mend_first(COLLECT, ended("90.3"), [unknown], cells) == ""
    assert mend_first(COLLECT, ended("90.3", "passed"), WRONG, cells) == ""
    assert mend_first(COLLECT, ended("90.3", "not written"), WRONG, cells) == ""
    assert mend_first(CONNECT, ended("90.1"), [(COLLECT, ended("90.3"))], cells) == "", "a later one is no reason"
    assert mend_first(COLLECT, ended("90.3"), [(made("91.1", "connect()"), ended("91.1"))], cells) == "", "another lab"


def test_it_stands_right_below_the_headline_of_the_card() -> None:
    result = ended("90.3")
    result.first = SAID
    card = result_card(result)
    assert card.text.splitlines()[1] == f"  first: {SAID}"
    assert card.markup.index("<b>First:</b> this uses <code") < card.markup.index("<ul")
    assert result.data(open=False)["first"] == SAID
