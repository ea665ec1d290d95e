"""Cases of lab 03, first half: messages and commands with what must come of them; how a backoff and a ring behave."""

from __future__ import annotations

import json
import random
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.checks import lab03_hints as hints
from labkit.checks.hints import Hint

ROOM = 224
"""kTelemetrySize of telemetry.hpp: bytes that a telemetry message may need."""
NOT_NUMBERS = (float("nan"), float("inf"), float("-inf"))

# 3.1


@dataclass(frozen=True)
class Reading:
    """A reading whose values are tenths, so that its message is known.

    Args:
        node_id: the long form.
        timestamp: seconds since 1970.
        temperature: tenths of a degree.
        humidity: tenths of a percent.
        rssi: dBm.
        uptime: seconds.
    """

    node_id: str = "node_01"
    timestamp: int = 1_704_844_800
    temperature: int = 225
    humidity: int = 452
    rssi: int = -65
    uptime: int = 3_600

    @property
    def message(self) -> str:
        """The message that it must become."""
        sensors = f'{{"temperature": {tenths(self.temperature)}, "humidity": {tenths(self.humidity)}}}'
        return (f'{{"node_id": "{self.node_id}", "timestamp": {self.timestamp}, "sensors": {sensors}, '
                f'"wifi_rssi": {self.rssi}, "uptime": {self.uptime}}}')


def tenths(number: int) -> str:
    """Write tenths with one digit behind the point: -4 is "-0.4"."""
    return f"{'-' if number < 0 else ''}{abs(number) // 10}.{abs(number) % 10}"


READINGS = (
    Reading(),
    Reading("node_garden-2", 1_767_225_600, temperature=-4, humidity=0, rssi=-90, uptime=0),
    Reading("node_02", temperature=220, humidity=1000, rssi=0, uptime=59),
    Reading("n", 1, temperature=-400, humidity=1, rssi=-128, uptime=1),
    Reading("node_" + "k" * 24, 4_102_444_800, temperature=850, uptime=4_294_967_295),
    Reading("node_03", 253_402_300_799, temperature=-10_000_000, humidity=10_000_000, rssi=-32_768,
            uptime=2_147_483_648),
)
ROUNDED = ((22.46, "22.5"), (22.44, "22.4"), (-0.06, "-0.1"), (99.97, "100.0"), (19.99, "20.0"))
"""Values with more digits than a message has, and what it says."""


def any_reading(pick: random.Random) -> Reading:
    """Draw a reading."""
    name = "".join(pick.choice("abcdefghijkmnpqrstuvwxyz0123456789-_") for _ in range(pick.randint(1, 24)))
    return Reading(f"node_{name}", pick.randint(1, 2**33), pick.randint(-400, 850), pick.randint(0, 1000),
                   pick.randint(-120, 0), pick.randint(0, 2**32 - 1))


def telemetry_hint(expected: str) -> Callable[[Any], Hint | None]:
    """Recognise why a telemetry message is another one."""
    def recognise(found: Any) -> Hint | None:
        if found == "":
            return hints.EMPTY_VIEW
        try:
            said, wanted = json.loads(found), json.loads(expected)
            same = all(said[key] == wanted[key] for key in ("timestamp", "wifi_rssi", "uptime"))
            measured = [(said["sensors"][key], wanted["sensors"][key]) for key in wanted["sensors"]]
        except (ValueError, KeyError, TypeError):
            return hints.EXACT_BYTES
        if not same:
            return hints.NUMBER_TYPES
        near = all(abs(one - other) < 0.11 for one, other in measured)
        digits = any(one != other for one, other in measured) or _numbers(found) != _numbers(expected)
        return hints.ONE_DIGIT if near and digits else hints.EXACT_BYTES

    return recognise


def _numbers(message: str) -> set[str]:
    """The decimal numbers of a message as they stand there."""
    return set(re.findall(r"-?\d+\.\d+", message))


# 3.2


@dataclass(frozen=True)
class Command:
    """A command and what must come of it.

    Args:
        text: the message.
        id: what is read of its id.
        name: what is read of its name.
        params: the params as they stand there, "" for none.
        reason: a word that the reason must contain, or several with `|` between; "" if the command is accepted.
        hint: for a function that gets it wrong.
    """

    text: str
    id: str = ""
    name: str = ""
    params: str = ""
    reason: str = ""
    hint: Hint = hints.REFUSES_TOO_MUCH


LED = '{"state": "on", "brightness": 128}'
GOOD_COMMANDS = (
    Command(f'{{"id": "c-17", "command": "set_led", "params": {LED}}}', "c-17", "set_led", LED),
    Command('{"command": "restart"}', "", "restart"),
    Command('{"command": "restart", "id": "c-18", "params": {}}', "c-18", "restart", "{}"),
    Command('{"id": "7", "command": "dance", "sender": ["a", {"b": 1}], "at": 5.5}', "7", "dance"),
    Command('  {"id":"\\u00e9\\"x","command":"set_interval","params":{"seconds":10}}\n', 'é"x', "set_interval",
            '{"seconds":10}'),
    Command(f'{{"id": "{"i" * 32}", "command": "{"n" * 24}"}}', "i" * 32, "n" * 24),
)
BAD_COMMANDS = (
    Command("", reason="byte 0", hint=hints.SAY_WHY),
    Command('{"command": "restart"', reason="byte 21", hint=hints.SAY_WHY),
    Command("set_led on", reason="byte 0", hint=hints.SAY_WHY),
    Command('{"command": "restart", }', reason="byte 23", hint=hints.SAY_WHY),
    Command('["set_led"]', reason="object", hint=hints.REFUSE_FORM),
    Command('"restart"', reason="object", hint=hints.REFUSE_FORM),
    Command('{"id": "c-1"}', "c-1", reason="command", hint=hints.READ_BEFORE_REFUSING),
    Command('{"id": "c-2", "command": 5}', "c-2", reason="command", hint=hints.READ_BEFORE_REFUSING),
    Command('{"id": "c-3", "command": ""}', "c-3", reason="command", hint=hints.REFUSE_FORM),
    Command(f'{{"id": "c-4", "command": "{"n" * 25}"}}', "c-4", reason="command", hint=hints.REFUSE_FORM),
    Command('{"id": 17, "command": "set_led"}', "", "set_led", reason="id", hint=hints.REFUSE_FORM),
    Command('{"id": "", "command": "set_led"}', "", "set_led", reason="id", hint=hints.REFUSE_FORM),
    Command('{"id": null, "command": "set_led"}', "", "set_led", reason="id", hint=hints.REFUSE_FORM),
    Command(f'{{"id": "{"i" * 33}", "command": "set_led"}}', "", "set_led", reason="id", hint=hints.REFUSE_FORM),
    Command('{"id": "c-5", "command": "set_led", "params": [1]}', "c-5", "set_led", reason="params",
            hint=hints.REFUSE_FORM),
    Command('{"id": "c-6", "command": "set_led", "params": "on"}', "c-6", "set_led", reason="params",
            hint=hints.REFUSE_FORM),
)
TWICE = '{"id": "c-7", "command": "restart", "command": "set_led"}'
ACTIONS = ("set_led", "set_interval", "update_firmware", "rollback_firmware", "restart")
"""Names of the actions, in the order of the enumeration."""


@dataclass(frozen=True)
class Led:
    """Params of set_led for a lamp that is off with brightness 40, and what must come of them.

    Args:
        params: the text.
        on: whether it is on afterwards.
        brightness: afterwards.
        reason: a word that the reason must contain; "" if it is accepted.
        hint: for a function that gets it wrong.
    """

    params: str
    on: bool = False
    brightness: int = 40
    reason: str = ""
    hint: Hint = hints.WHOLE_NUMBER


GOOD_LEDS = (
    Led(LED, on=True, brightness=128), Led('{"brightness": 0, "state": "off"}', brightness=0),
    Led('{"state": "on", "brightness": 255}', on=True, brightness=255),
    Led('{"state": "on"}', on=True, hint=hints.KEPT_BRIGHTNESS), Led('{"state": "off"}', hint=hints.KEPT_BRIGHTNESS),
)
BAD_LEDS = tuple(
    Led(f'{{"state": "on", "brightness": {value}}}', reason="brightness")
    for value in ("256", "-1", "300", '"128"', "1.0", "1e2", "true", "null", "[1]", "99999999999999999999")
) + tuple(
    Led(f'{{"state": {value}, "brightness": 128}}', reason="state", hint=hints.ON_OR_OFF)
    for value in ('"On"', '"onn"', '""', '"o"', "true", "1", "null")
) + (
    Led("{}", reason="state", hint=hints.ON_OR_OFF), Led("", reason="state", hint=hints.ON_OR_OFF),
    Led('{"brightness": 128}', reason="state", hint=hints.ON_OR_OFF),
    Led('{"state": "on", "brigthness": 128}', reason="brigthness", hint=hints.UNKNOWN_PARAMS),
    Led('{"state": "on", "state": "off"}', reason="state", hint=hints.UNKNOWN_PARAMS),
)

# 3.3

STATES = ("READY", "TRYING", "ON TRIAL", "HOLDING", "WAITING")
"""Names of the states, in the order of the enumeration."""


@dataclass(frozen=True)
class Limits:
    """Limits of a backoff, in milliseconds."""

    base: int = 1_000
    cap: int = 60_000
    hold: int = 10_000

    def ceiling(self, failures: int) -> int:
        """The longest wait after so many failures."""
        return min(self.cap, self.base << min(failures, 64))


@dataclass(frozen=True)
class Step:
    """A call of a backoff's function, and what must be so after it.

    Args:
        call: `may_try`, `connected`, `failed` or `tick`.
        now: the time, in milliseconds.
        state: name of the state afterwards; "" for any.
        failures: the count afterwards; None for any.
        said: what may_try answers.
        hint: for a function that gets it wrong.
    """

    call: str
    now: int
    state: str = ""
    failures: int | None = None
    said: bool | None = None
    hint: Hint = hints.STATES

    def __str__(self) -> str:
        return f"{self.call}({self.now})"


WALK = (
    Step("may_try", 0, "TRYING", 0, True, hint=hints.ONCE), Step("may_try", 1, "TRYING", 0, False, hint=hints.ONCE),
    Step("connected", 500, "ON TRIAL", 0), Step("may_try", 501, "ON TRIAL", 0, False, hint=hints.ONCE),
    Step("tick", 10_499, "ON TRIAL", 0, hint=hints.TIME_HANDED_IN),
    Step("tick", 10_500, "HOLDING", 0, hint=hints.TIME_HANDED_IN), Step("may_try", 12_000, "HOLDING", 0, False),
    Step("connected", 12_001, "HOLDING", 0), Step("failed", 20_000, "WAITING", 1), Step("failed", 20_000, "", 1),
    Step("tick", 21_000, "READY", 1, hint=hints.TIME_HANDED_IN), Step("connected", 21_000, "READY", 1),
    Step("failed", 21_000, "READY", 1), Step("may_try", 21_001, "TRYING", 1, True),
    Step("failed", 21_500, "WAITING", 2),
    Step("may_try", 23_500, "TRYING", 2, True, hint=hints.TIME_HANDED_IN),
)
"""A walk through the drawing of backoff.hpp, with the limits of a board."""


def held(limits: Limits, fails: int) -> list[Step]:
    """Make a script: failures, a session that breaks too early, and one that holds.

    Args:
        limits: of the backoff.
        fails: how many attempts fail first.
    """
    now, steps = 0, []
    for count in range(fails):
        steps += [Step("may_try", now, "TRYING", count, True), Step("failed", now, "", count + 1)]
        now += limits.ceiling(count) + 1
    steps += [Step("may_try", now, "TRYING", fails, True),
              Step("connected", now, "ON TRIAL", fails, hint=hints.COUNTS_ON),
              Step("tick", now + limits.hold - 1, "ON TRIAL", fails, hint=hints.COUNTS_ON),
              Step("failed", now + limits.hold - 1, "", fails + 1, hint=hints.COUNTS_ON)]
    now += limits.hold + limits.ceiling(fails)
    steps += [Step("may_try", now, "TRYING", fails + 1, True), Step("connected", now, "ON TRIAL", fails + 1),
              Step("tick", now + limits.hold, "HOLDING", 0, hint=hints.COUNTED_ANEW),
              Step("failed", now + limits.hold + 5, "", 1, hint=hints.COUNTED_ANEW)]
    return steps


# 3.4


class Ring:
    """What a ring buffer must do, as a list would do it.

    Args:
        capacity: how many items it keeps.
    """

    def __init__(self, capacity: int) -> None:
        self.items: deque[int] = deque(maxlen=capacity)
        self.number = 0

    def do(self, step: str, value: int) -> list[Any]:
        """Carry a step out; return its trace, as the driver writes it."""
        said = True
        if step == "remove":
            said = bool(self.items) and value == self.number
            if said:
                self.items.popleft()
                self.number += 1
        else:
            for item in range(value) if step == "push_many" else (value,):
                said = len(self.items) < (self.items.maxlen or 0)
                self.number += not said
                self.items.append(item)
        return [said, len(self.items), self.number, list(self.items), self.items[0] if self.items else None]


def ring_hint(step: str, expected: Sequence[Any], found: Sequence[Any]) -> Hint:
    """Recognise why a step has another trace.

    Args:
        step: its name.
        expected: the trace that it must have.
        found: the trace that it has.
    """
    if step == "remove" and (expected[0] != found[0] or expected[1] != found[1]):
        return hints.WRONG_NUMBER
    if expected[3] != found[3]:
        newest = expected[3][-1:] != found[3][-1:] or sorted(expected[3]) != sorted(found[3])
        return hints.KEEP_NEWEST if step != "remove" and expected[0] is False and newest else hints.RING_ORDER
    if expected[2] != found[2]:
        return hints.NUMBERING
    return hints.PUSH_ANSWER if expected[0] != found[0] else hints.RING_ORDER
