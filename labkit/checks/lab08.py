"""Checks of lab 08, Kafka decoding: topics and parameters. Decoder, connector, processor, sink: the modules below."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from labkit.checks import lab08_connector as lab08_connector  # it registers exercise 8.2
from labkit.checks import lab08_decode as lab08_decode  # 8.4
from labkit.checks import lab08_hints as hints
from labkit.checks import lab08_processor as lab08_processor  # 8.5
from labkit.checks import lab08_sink as lab08_sink  # 8.6
from labkit.checks.criterion import criterion
from labkit.checks.hints import Hint
from labkit.checks.lab08_house import DEFAULT, House, by_pin, decode_error
from labkit.checks.outcome import CallError, Outcome
from labkit.checks.postgres_view import Schema
from labkit.checks.registry import exercise
from labkit.checks.show import shorten, show
from labkit.checks.student import Student
from labkit.checks.world import World

# 8.1

Address = tuple[str, str, int, str, str]
READABLE: list[tuple[str, Address, Hint]] = [
    ("cmnd/f2-a1b2c3d4e5f6/analog/1/temperature-3", ("a1b2c3d4e5f6", "analog", 1, "temperature", "3"), hints.CODE),
    ("cmnd/f2-A1B2C3D4E5F6/analog/1/temperature-3", ("a1b2c3d4e5f6", "analog", 1, "temperature", "3"),
     hints.NORMALISE_MAC),
    ("cmnd/f2-a1b2c3d4e5f6/rs485/2/energy-meter-10", ("a1b2c3d4e5f6", "rs485", 2, "energy-meter", "10"),
     hints.LAST_HYPHEN),
    ("cmnd/f2-000000000000/mode_2/99/x-0", ("000000000000", "mode_2", 99, "x", "0"), hints.CONNECTOR_NUMBER),
    ("cmnd/f2-a1b2c3d4e5f6/_/07/a--012", ("a1b2c3d4e5f6", "_", 7, "a-", "012"), hints.LAST_HYPHEN),
]
UNREADABLE: list[tuple[str, str, Hint]] = [
    ("stat/f2-a1b2c3d4e5f6/analog/1/temperature-3", "BAD_PREFIX", hints.CODE),
    ("cmnd", "BAD_LEVELS", hints.CODE),
    ("cmnd/f2-a1b2c3d4e5f6/analog/1", "BAD_LEVELS", hints.CODE),
    ("cmnd/f2-a1b2c3d4e5f6/analog/1/temperature-3/raw", "BAD_LEVELS", hints.CODE),
    ("cmnd/f2-a1b2c3d4e5f/analog/1/temperature-3", "BAD_MAC", hints.CODE),
    ("cmnd/f2-a1:b2:c3:d4:e5:f6/analog/1/temperature-3", "BAD_MAC", hints.CODE),
    ("cmnd/a1b2c3d4e5f6/analog/1/temperature-3", "BAD_MAC", hints.CODE),
    ("cmnd/f2-a1b2c3d4e5g6/analog/1/temperature-3", "BAD_MAC", hints.CODE),
    ("cmnd/f2-a1b2c3d4e5f6\n/analog/1/temperature-3", "BAD_MAC", hints.WHOLE_TEXT),
    ("cmnd/f2-a1b2c3d4e5f67/analog/1/temperature-3", "BAD_MAC", hints.WHOLE_TEXT),
    ("cmnd/f2-a1b2c3d4e5f6/Analog/1/temperature-3", "BAD_MODE", hints.CODE),
    ("cmnd/f2-a1b2c3d4e5f6//1/temperature-3", "BAD_MODE", hints.CODE),
    ("cmnd/f2-a1b2c3d4e5f6/analog-in/1/temperature-3", "BAD_MODE", hints.WHOLE_TEXT),
    ("cmnd/f2-a1b2c3d4e5f6/analog/0/temperature-3", "BAD_CONNECTOR", hints.CONNECTOR_NUMBER),
    ("cmnd/f2-a1b2c3d4e5f6/analog/100/temperature-3", "BAD_CONNECTOR", hints.CONNECTOR_NUMBER),
    ("cmnd/f2-a1b2c3d4e5f6/analog/+1/temperature-3", "BAD_CONNECTOR", hints.CONNECTOR_NUMBER),
    ("cmnd/f2-a1b2c3d4e5f6/analog/²/temperature-3", "BAD_CONNECTOR", hints.WHOLE_TEXT),
    ("cmnd/f2-a1b2c3d4e5f6/analog/٣/temperature-3", "BAD_CONNECTOR", hints.WHOLE_TEXT),
    ("cmnd/f2-a1b2c3d4e5f6/analog/one/temperature-3", "BAD_CONNECTOR", hints.CONNECTOR_NUMBER),
    ("cmnd/f2-a1b2c3d4e5f6/analog/1/temperature", "BAD_COMPONENT", hints.CODE),
    ("cmnd/f2-a1b2c3d4e5f6/analog/1/temperature-", "BAD_COMPONENT", hints.CODE),
    ("cmnd/f2-a1b2c3d4e5f6/analog/1/-3", "BAD_COMPONENT", hints.CODE),
    ("cmnd/f2-a1b2c3d4e5f6/analog/1/temperature-3b", "BAD_COMPONENT", hints.WHOLE_TEXT),
    ("cmnd/f2-a1b2c3d4e5f6/analog/1/temperature-٣", "BAD_COMPONENT", hints.WHOLE_TEXT),
]
MANY_FAULTS: list[tuple[str, str]] = [
    ("stat/f2-a1b2c3d4e5f6/analog", "BAD_PREFIX"), ("cmnd/f2-xyz/analog/1", "BAD_LEVELS"),
    ("cmnd/f2-xyz/Analog/0/temperature", "BAD_MAC"), ("cmnd/f2-a1b2c3d4e5f6/Analog/0/temperature", "BAD_MODE"),
    ("cmnd/f2-a1b2c3d4e5f6/analog/0/temperature", "BAD_CONNECTOR"), ("", "BAD_PREFIX"),
]


@exercise("08.1", points=2, title="Read the address in a topic", limit=5,
          functions=("parse_f2_topic(topic) -> F2Address",))
def parse_f2_topic(student: Student, world: World) -> None:
    """A topic is an address, or one of six errors."""
    with criterion("a topic becomes an address", points=1):
        for topic, address, hint in READABLE:
            readable(student, topic, address, hint)
        for _ in range(20):
            readable(student, *random_topic(world.random), hints.CODE)
    with criterion("what is no F2 topic is refused, the first fault first", points=1):
        student.call("parse_f2_topic", READABLE[0][0]).succeeds()  # who refuses everything has told nothing apart
        for topic, code, hint in UNREADABLE:
            refused(student, topic, code, hint)
        for topic, code in MANY_FAULTS:
            refused(student, topic, code, hints.CODE_ORDER)


def readable(student: Student, topic: str, address: Address, hint: Hint) -> None:
    """The address of a topic, field by field."""
    found = student.call("parse_f2_topic", topic).succeeds(hint=lambda error: hint if of_the_topic(error) else None)
    names = ("mac", "mode", "connector", "component", "id")
    fields = student.kit("plain", found.quietly(), shown=found.call_text)
    fields.gives(dict(zip(names, address, strict=True)), hint=lambda value: _address_hint(value, address) or hint)


def _address_hint(found: Any, address: Address) -> Hint | None:
    if found["mac"] != address[0]:
        return hints.NORMALISE_MAC
    if found["connector"] != address[2]:
        return hints.CONNECTOR_NUMBER
    if isinstance(found["id"], int):
        return hints.ID_IS_TEXT
    return hints.LAST_HYPHEN if found["component"] != address[3] or found["id"] != address[4] else None


def random_topic(pick: random.Random) -> tuple[str, Address]:
    """Make a topic and its address."""
    mac = "".join(pick.choice("0123456789abcdef") for _ in range(12))
    mode = "".join(pick.choice("abcxyz019_") for _ in range(pick.randint(1, 8)))
    component = "-".join(pick.choice(["energy", "meter", "co2", "x", "7", "Tür", "a b"]) for _ in range(
        pick.randint(1, 3)))
    connector, number = pick.randint(1, 99), str(pick.randint(0, 9999))
    shown = "".join(pick.choice([digit, digit.upper()]) for digit in mac)
    return f"cmnd/f2-{shown}/{mode}/{connector}/{component}-{number}", (mac, mode, connector, component, number)


def refused(student: Student, topic: str, code: str, hint: Hint) -> None:
    """A topic is a DecodeError with a code."""
    outcome = student.call("parse_f2_topic", topic)

    def recognised(found: Any) -> Hint | None:
        # An error of Python's own, or a value: the fault was not seen at all.
        if not isinstance(found, CallError) or found.type == "DecodeError":
            return hint
        return hints.CODE if of_the_topic(found) else None

    shown = ""
    if outcome.error is None:
        fields = student.kit("plain", outcome, shown=outcome.call_text).quietly()
        if isinstance(fields, dict):
            shown = f"F2Address({', '.join(f'{name}={show(value)}' for name, value in fields.items())})"
    decode_error(outcome, code, recognised, shown)


def of_the_topic(error: CallError) -> bool:
    """Whether an error may come of what stands in the topic; else it is a slip or an endless loop in the code."""
    kinds = {"DecodeError", "ValueError", "IndexError", "KeyError", "UnicodeEncodeError"}
    return error.state == "raised" and error.type in kinds


# 8.3


@exercise("08.3", points=2, title="Load the parameters of a controller", services=("postgresql",), limit=10,
          functions=("load_parameters(conn, mac) -> dict",))
def load_parameters(student: Student, world: World) -> None:
    """Rows of the database, remembered until they change."""
    with criterion("a controller's parameters, by pin; none for an unknown one", points=1):
        contents(student, world)
    with criterion("it asks once, and again after a change", points=1):
        remembers(student, world)


def contents(student: Student, world: World) -> None:
    """What the database says of a few controllers."""
    house = House(world.postgres.schema("device_params"), world.random)
    first, second = house.controller(), house.controller(written="colons")
    conn = student.kit("connect", house.schema.dsn, shown="psycopg.connect(dsn, autocommit=True)")
    for mac in (first, second):
        parameters(student, conn, mac).gives(by_pin(house.rows_of(mac)), hint=hints.BY_PIN)
    parameters(student, conn, house.free_mac()).gives({}, hint=hints.UNKNOWN_MAC)
    in_transactions = student.kit("connect", house.schema.dsn, autocommit=False,
                                  shown="psycopg.connect(dsn)")
    student.call("load_parameters", in_transactions, first).raises(ValueError, hint=hints.AUTOCOMMIT)


def parameters(student: Student, conn: Outcome, mac: str) -> Outcome:
    """The parameters of a controller as plain data."""
    found = student.call("load_parameters", conn, mac).succeeds(hint=_parameters_hint)
    return student.kit("plain", found.quietly(), shown=found.call_text)


def _parameters_hint(error: Any) -> Hint | None:
    if error.state == "timeout":
        return hints.STALE
    if error.type == "KeyError":  # `loaded[conn]`, or the MAC where nothing is remembered yet
        return hints.NEW_CONNECTION if "weakref" in error.message.lower() else hints.FIRST_QUESTION
    return hints.UNKNOWN_MAC


def remembers(student: Student, world: World) -> None:
    """Which questions reach the database, and when."""
    schema, other = world.postgres.schema("device_params"), world.postgres.schema("device_params")
    house, away = House(schema, world.random), House(other, world.random)
    mac, later = house.controller(), house.free_mac()
    conn = student.kit("connect", schema.dsn, shown="psycopg.connect(dsn, autocommit=True)")
    before = parameters(student, conn, mac).gives(by_pin(house.rows_of(mac)), hint=hints.BY_PIN).value
    parameters(student, conn, later).gives({}, hint=hints.UNKNOWN_MAC)
    asks_once(student, world, conn, schema, {mac: before, later: {}})
    away.controller(mac=mac, plan=DEFAULT[:1], decimals=3)
    elsewhere = student.kit("connect", other.dsn, shown="psycopg.connect(another, autocommit=True)")
    parameters(student, elsewhere, mac).gives(by_pin(away.rows_of(mac)), hint=hints.ONE_CACHE)
    house.change(decimals=4)
    _becomes(student, world, conn, mac, lambda: by_pin(house.rows_of(mac)))
    house.controller(mac=later)
    _becomes(student, world, conn, later, lambda: by_pin(house.rows_of(later)))
    house.remove(mac)
    _becomes(student, world, conn, mac, dict)
    bounded(student, world, house)


def asks_once(student: Student, world: World, conn: Outcome, schema: Schema, known: dict[str, Any]) -> None:
    """Who was asked for before is answered without a word to the database, the unknown controller too."""
    pid = conn.get("info").get("backend_pid").value
    for mac, expected in known.items():
        asked = _last_question(schema, pid)
        for _ in range(3):
            parameters(student, conn, mac).gives(expected, hint=hints.BY_PIN)
        last = _last_question(schema, pid)
        listens = "listen" in last["query"].lower()
        hint = hints.LISTEN_ONCE if listens else hints.CACHE if expected else hints.UNKNOWN_REMEMBERED
        whom = "a controller" if expected else "an unknown controller"
        world.expect(last == asked, hint=hint, found=f"asked again: {shorten(' '.join(last['query'].split()), 120)}",
                     expected=f"no question to the database for {whom} that was asked for before")


def bounded(student: Student, world: World, house: House, most: int = 3, count: int = 9) -> None:
    """No more controllers are remembered than MOST_CONTROLLERS, which is small for a moment."""
    function = student.get("load_parameters")
    changed = student.kit("setting", function, "MOST_CONTROLLERS", most, shown="MOST_CONTROLLERS").succeeds()
    conn = student.kit("connect", house.schema.dsn, shown="psycopg.connect(dsn, autocommit=True)")
    pid = conn.get("info").get("backend_pid").value
    macs = [house.free_mac() for _ in range(count)]
    remembered = 0
    try:
        for mac in macs:
            parameters(student, conn, mac).gives({}, hint=hints.UNKNOWN_MAC)
        for mac in macs:
            asked = _last_question(house.schema, pid)
            parameters(student, conn, mac).gives({}, hint=hints.UNKNOWN_MAC)
            remembered += _last_question(house.schema, pid) == asked
    finally:
        changed.call("close")
    world.expect(remembered <= most, hint=hints.NO_LIMIT, found=f"{remembered} of {count} controllers remembered",
                 expected=f"at most {most} controllers remembered, where MOST_CONTROLLERS is {most}")


def _becomes(student: Student, world: World, conn: Outcome, mac: str, expected: Callable[[], Any]) -> None:
    """Soon after a change the function gives the new answer. The notification takes a moment to arrive."""
    wanted = expected()
    world.wait_until(lambda: parameters(student, conn, mac).quietly() == wanted, 1.0)
    parameters(student, conn, mac).gives(wanted, hint=hints.STALE)


def _last_question(schema: Schema, pid: int) -> dict[str, Any]:
    """What a connection asked last, and when."""
    return schema.rows("SELECT query_start, query FROM pg_stat_activity WHERE pid = %s", [pid])[0]
