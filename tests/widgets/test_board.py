"""The board view. Most states come from a stand-in: a real board is in few of them at a moment that a test can name."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from labkit import board_view, simulated_board
from labkit.checks.broker_view import viewing
from labkit.services import Endpoint
from labkit.waiting import wait_until
from labkit.widgets import board_picture

ONLINE = {"uptime": 31, "led_on": True, "brightness": 128, "wifi": True, "connection": "HOLDING", "failures": 0,
          "due_ms": None, "measured": 30, "acknowledged": 30, "buffered": 0, "capacity": 24, "lost": 0, "repeated": 1}
AWAY = ONLINE | {"led_on": False, "wifi": False, "connection": "WAITING", "failures": 3, "due_ms": 3400,
                 "measured": 31, "acknowledged": 24, "buffered": 7}


class StandIn:
    """A board that is in the state that a test puts it into."""

    name = "node_07"

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state
        self.alive = True

    def wifi(self, on: bool) -> None:
        self.state = self.state | {"wifi": on}


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_the_view_says_in_words_what_it_draws() -> None:
    with board_view(StandIn(AWAY)) as view:
        assert repr(view) == (
            "Board node_07: LED off\n"
            "  Wi-Fi off\n"
            "  Connection: WAITING, 3 failures in a row, next try in 3.4 s\n"
            "  Ring buffer: 7 of 24 places hold a reading\n"
            "  up for 31 s, measured 31, acknowledged 24, in the buffer 7, lost 0, sent again 1"
        )
        markup = view._repr_mimebundle_()["text/html"]
        assert markup.count("role='img' aria-label=") == 3


def test_the_view_follows_the_board() -> None:
    board = StandIn(AWAY)
    with board_view(board) as view:
        board.state = ONLINE
        wait_until(lambda: "LED on, brightness 128" in repr(view), 60, what="the new state")
        wait_until(lambda: "▶ HOLDING" in view._build().children[0].value, 60, what="the new picture")


def test_the_button_switches_the_wi_fi_and_says_what_it_will_do_next() -> None:
    board = StandIn(ONLINE)
    with board_view(board) as view:
        button = next(child for child in view._build().children if type(child).__name__ == "ToggleButton")
        assert [type(child).__name__ for child in view._build().children] == ["HTML", "ToggleButton", "Button"]
        assert button.description == "Wi-Fi is on: switch off"
        button.value = False
        assert board.state["wifi"] is False
        assert button.description == "Wi-Fi is off: switch on"
        view.stop()
        wait_until(lambda: view._build().children[-1].disabled, 60, what="Stop to be of no use any more")
        assert not button.disabled


def test_the_view_ends_with_its_board_and_says_so() -> None:
    board = StandIn(ONLINE)
    view = board_view(board)
    board.alive = False
    wait_until(lambda: not view.alive, 60, what="the end")
    assert "The board has stopped." in repr(view)


def test_each_state_of_the_machine_is_marked_by_more_than_a_colour() -> None:
    for name in ("READY", "TRYING", "ON TRIAL", "HOLDING", "WAITING"):
        assert board_picture.machine(ONLINE | {"connection": name}).count("▶") == 1


def test_the_ring_shows_each_reading_in_its_cell_and_the_number_of_the_oldest() -> None:
    picture = board_picture.buffer(AWAY)
    assert re.findall("<title>reading (\\d+)</title>", picture) == [str(number) for number in range(24, 31)]
    assert picture.count("<title>free</title>") == 17
    assert ">24</text>" in picture


def test_a_ring_that_has_lost_readings_still_shows_the_newest() -> None:
    full = AWAY | {"measured": 40, "buffered": 24, "lost": 9}
    numbers = [int(number) for number in re.findall("<title>reading (\\d+)</title>", board_picture.buffer(full))]
    assert sorted(numbers) == list(range(16, 40))


def test_a_large_buffer_is_a_bar() -> None:
    half = AWAY | {"buffered": 360, "capacity": 720}
    assert "width='280.0'" in board_picture.buffer(half)


def test_a_simulated_board_obeys_and_its_lamp_is_drawn(broker: Endpoint) -> None:
    command = json.dumps({"id": "c-1", "command": "set_led", "params": {"state": "on", "brightness": 40}})
    with simulated_board(broker, 7, interval=0.2) as board, board_view(board) as view, viewing(broker) as tools:
        wait_until(lambda: board.state["messages"] > 1, 60, what="a reading")
        tools.publish("iot/node/07/command", command.encode(), qos=1)
        wait_until(lambda: "LED on, brightness 40" in repr(view), 60, what="the lamp")
        assert "Wi-Fi" not in repr(view)
    assert not board.alive


def test_starting_a_simulated_board_again_stops_the_first(broker: Endpoint) -> None:
    first = simulated_board(broker, 8)
    with simulated_board(broker, 8) as second:
        assert (first.alive, second.alive) == (False, True)
