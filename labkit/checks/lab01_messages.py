"""Checks of lab 01: publish a reading, collect readings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from labkit.checks import lab01_hints as hints
from labkit.checks.criterion import criterion
from labkit.checks.gate import Gate
from labkit.checks.hints import Hint
from labkit.checks.lab01_cases import (
    CONNECT,
    LIMIT,
    NOT_JSON_NUMBERS,
    NOT_OBJECTS,
    NOT_TEXT,
    SERVICES,
    TOO_DEEP,
    publishing,
    reading,
    readings,
)
from labkit.checks.outcome import CallError, Outcome
from labkit.checks.registry import exercise
from labkit.checks.student import Student
from labkit.checks.world import World

# 1.4 publish_reading

ARRIVES = "the reading arrives as JSON, at QoS 1, on the topic of its node; it is retained if asked"
ACKNOWLEDGED = "it returns once the broker has acknowledged, and raises ConnectionError if that does not come"
NOT_CARRIED = "NaN, infinity and a missing id are refused with ValueError, and nothing is published"


@exercise(
    "01.4",
    points=3,
    title="Publish a reading",
    services=SERVICES,
    limit=6.0,
    functions=("publish_reading(client, reading, *, retain=False) -> None", CONNECT),
)
def publish_reading(student: Student, world: World) -> None:
    """Public cases of 1.4."""
    node_id = world.unique("node_")
    with world.gate("mqtt") as gate:
        client = student.call("connect", gate.endpoint)
        with criterion(ARRIVES, points=1):
            check_arrives(student, world, gate, client, [reading(node_id, 1), reading(node_id, 2) | {"room": "Küche"}])
        with criterion(NOT_CARRIED, points=1):
            check_not_carried(student, world, gate, client, node_id, [float("nan"), float("inf"), [1.5, float("-inf")]])
        with criterion(ACKNOWLEDGED, points=1):
            check_acknowledged(student, world, gate, client, node_id)


def check_arrives(
    student: Student, world: World, gate: Gate, client: Outcome, wanted: Sequence[dict[str, Any]]
) -> None:
    """Publish readings; the last one is retained.

    Args:
        student: whose `publish_reading` is called.
        world: listens.
        gate: through which the client is connected.
        client: the student's client.
        wanted: readings, all of one node.
    """
    client.succeeds()
    topic = f"iot/node/{wanted[0]['node_id']}/telemetry"
    with world.broker.listen(topic) as listener:
        for number, sent in enumerate(wanted, start=1):
            last = number == len(wanted)
            options = {"retain": True} if last else {}
            student.call("publish_reading", client, sent, **options).gives(None, hint=_not_none)
            messages = listener.wait(number, 2)
            if len(messages) < number:
                others = sorted({packet.topic for packet in gate.published if packet.topic != topic})
                world.fail(
                    expected=f"a message to {topic!r}",
                    found=f"messages to {others}" if others else "no message",
                    hint=hints.TOPIC_OF_THE_NODE if others else None,
                )
            text = messages[-1].payload
            world.expect(
                messages[-1].json() == sent,
                expected=f"the payload is the reading as JSON: {sent}",
                found=text,
                hint=hints.JSON_NOT_REPR,
            )
            packet = next((packet for packet in reversed(gate.published) if packet.topic == topic), None)
            if packet is None:
                world.fail(expected="a message of the client that was handed over", found="another client's message")
            world.expect(packet.qos == 1, expected="QoS 1", found=f"QoS {packet.qos}", hint=hints.QOS_1)
            kept = world.broker.retained(topic).get(topic)
            world.expect(
                (kept is not None) == last,
                expected=f"retained: {last}",
                found=f"retained: {kept is not None}",
                hint=hints.RETAIN_AS_ASKED,
            )


def _not_none(found: Any) -> Hint | None:
    return None if isinstance(found, CallError) else hints.RETURNS_NONE


def check_not_carried(
    student: Student,
    world: World,
    gate: Gate,
    client: Outcome,
    node_id: str,
    values: Sequence[Any],
) -> None:
    """Publish readings that JSON cannot carry, and one without an id."""
    client.succeeds()
    # Who refuses everything has told nothing apart.
    first = gate.sent
    student.call("publish_reading", client, reading(node_id, 1)).succeeds()
    # Who does not wait for PUBACK loses another criterion for it: its message may pass now.
    world.wait_until(lambda: gate.sent > first, 3)
    before = gate.sent
    for value in values:
        wrong = reading(node_id, 1) | {"sensors": {"temperature": value}}
        student.call("publish_reading", client, wrong).raises(ValueError, hint=hints.NO_NAN)
    nameless = {key: value for key, value in reading(node_id, 1).items() if key != "node_id"}
    student.call("publish_reading", client, nameless).raises(ValueError, hint=hints.NEEDS_A_NODE_ID)
    # What was sent before this message has passed the gate when it has.
    marker = world.unique("check/")
    client.call("publish", marker, "end", 1)
    ended = world.wait_until(lambda: any(packet.topic == marker for packet in gate.published), 3)
    sent = [packet for packet in gate.published[before:] if packet.topic != marker]
    world.expect(
        ended and not sent,
        expected="no message, and then the next one that the client is given",
        found=f"{len(sent)} messages" if sent else "a client that sends nothing any more",
        hint=hints.REFUSE_BEFORE_PUBLISHING,
    )


def check_acknowledged(student: Student, world: World, gate: Gate, client: Outcome, node_id: str) -> None:
    """Publish while PUBACK is late, while it does not come, and without a connection.

    How often it is late before it does not come, nobody can know who does not wait for it.
    """
    client.succeeds()
    *before, last = readings(world.random, node_id, world.random.randint(2, 5))
    for sent in before:
        check_waits(student, world, gate, client, sent, delay=world.random.uniform(0.2, 0.4))
    check_unacknowledged(student, gate, client, last)
    check_cut_off(student, world, gate, client, last)


def check_cut_off(student: Student, world: World, gate: Gate, client: Outcome, sent: dict[str, Any]) -> None:
    """Publish without a connection; the gate is closed afterwards."""
    gate.close()
    world.wait_until(lambda: client.call("is_connected").quietly() is False, 3)
    student.call("publish_reading", client, sent).raises(ConnectionError, hint=hints.NAME_THE_FAILURE).within(
        LIMIT, hints.NAME_THE_FAILURE
    )


def check_waits(
    student: Student, world: World, gate: Gate, client: Outcome, sent: dict[str, Any], delay: float
) -> None:
    """Publish while PUBACK is late, and look whether it had come when the call returned."""
    topic = f"iot/node/{sent['node_id']}/telemetry"
    with world.broker.listen(topic) as listener:
        world.wait_until(lambda: gate.sent == gate.acknowledged == gate.arrived("PUBACK"), 3)
        before = gate.arrived("PUBACK")
        gate.delay(delay)
        outcome = student.call("publish_reading", client, sent)
        waited = gate.arrived("PUBACK") > before
        gate.delay(0)
        outcome.succeeds()
        world.expect(
            waited,
            expected=f"it returns after PUBACK, which came after {delay:g} s",
            found=f"it returned after {outcome.seconds:.3f} s",
            hint=hints.WAIT_FOR_PUBACK,
        )
        came = [message for message in listener.wait(1, 2) if message.json() == sent]
        world.expect(came, expected="the reading at the broker", found="another message, or none")


def check_unacknowledged(student: Student, gate: Gate, client: Outcome, sent: dict[str, Any]) -> None:
    """Publish while no byte comes through; the gate is held afterwards."""
    gate.hold()
    student.call("publish_reading", client, sent).raises(ConnectionError, hint=_unacknowledged).within(
        LIMIT, hints.CHECK_AFTER_WAITING
    )


def _unacknowledged(found: Any) -> Hint:
    return (
        hints.NAME_THE_FAILURE
        if isinstance(found, CallError) and found.state == "raised"
        else hints.CHECK_AFTER_WAITING
    )


# 1.5 collect

IN_ORDER = "it returns the readings in order, and stops at `count`"
IN_TIME = "it stops when the time is over, with what there is"
SKIPPED = "malformed payloads are skipped, and it says how many"
MANY = 60
"""From here on a number in the output cannot be a part of a date or a time of day."""
TIDY = "it leaves nothing behind, and refuses what cannot be"


@exercise(
    "01.5",
    points=4,
    title="Collect readings",
    services=SERVICES,
    limit=6.0,
    functions=("collect(broker, topic_filter, count, timeout) -> list[tuple[str, dict]]",),
)
def collect(student: Student, world: World) -> None:
    """Public cases of 1.5."""
    nodes = [world.unique("node_") for _ in range(2)]
    with world.gate("mqtt") as gate:
        with criterion(IN_ORDER, points=1):
            check_in_order(student, world, gate, nodes, count=4)
        with criterion(IN_TIME, points=1):
            check_in_time(student, world, gate, nodes[0], timeout=1.0, gap=0.3)
        with criterion(SKIPPED, points=1):
            for bad, hint in (
                (NOT_TEXT, hints.SKIP_THE_BAD),
                (NOT_OBJECTS, hints.ONLY_OBJECTS),
                (NOT_JSON_NUMBERS, hints.NAN_IS_NOT_JSON),
                (TOO_DEEP, hints.DEEP_BRACKETS),
            ):
                check_skipped(student, world, gate, nodes[0], bad, hint)
        with criterion(TIDY, points=1):
            check_tidy(student, world, gate)


def check_in_order(student: Student, world: World, gate: Gate, nodes: Sequence[str], count: int) -> None:
    """Publish two readings more than are wanted, from several nodes in turn."""
    base = world.unique("check-")
    each = [readings(world.random, node, count + 2) for node in nodes]
    sent = [
        (f"{base}/{nodes[number % len(nodes)]}", each[number % len(nodes)][number]) for number in range(count + 2)
    ]
    with publishing(world, gate, sent, gap=0.02):
        outcome = student.call("collect", gate.endpoint, f"{base}/+", count, 4.0)
    outcome.gives(sent[:count], hint=lambda found: _collected(found, sent[:count]))
    outcome.within(3, hints.STOP_AT_COUNT)


def _collected(found: Any, expected: list[Any]) -> Hint | None:
    if not isinstance(found, list):
        return hints.STOP_AT_COUNT if isinstance(found, CallError) and found.state == "timeout" else None
    if len(found) > len(expected):
        return hints.STOP_AT_COUNT
    if any(not isinstance(item, tuple) or len(item) != 2 or not isinstance(item[0], str) for item in found):
        return hints.TOPIC_AND_READING
    if any(not isinstance(item[1], dict) for item in found):
        return hints.PARSE_THE_PAYLOAD
    return hints.SUBSCRIBE_LAST if len(found) < len(expected) else None


def check_in_time(student: Student, world: World, gate: Gate, node_id: str, *, timeout: float, gap: float) -> None:
    """Publish slowly, for longer than the time; and nothing at all."""
    topic = f"{world.unique('check-')}/{node_id}"
    sent = [(topic, message) for message in readings(world.random, node_id, 40)]
    with publishing(world, gate, sent, gap=gap):
        outcome = student.call("collect", gate.endpoint, topic, 100, timeout, limit=timeout + 3)
    outcome.satisfies(
        lambda found: found == sent[: len(found)] and 0 < len(found) <= timeout / gap + 1,
        f"the readings of {timeout:g} s, one each {gap:g} s",
        _late,
    )
    outcome.within(timeout + 1, hints.ONE_DEADLINE)
    world.expect(
        outcome.seconds > timeout - 0.1,
        expected=f"it uses the {timeout:g} s",
        found=f"{outcome.seconds:.2f} s",
        hint=hints.USE_THE_WHOLE_TIME,
    )
    quiet = student.call("collect", gate.endpoint, world.unique("check-"), 1, 0.3)
    quiet.gives([], hint=_late).within(1.5, hints.ONE_DEADLINE)


def _late(found: Any) -> Hint | None:
    if isinstance(found, CallError):
        return hints.ONE_DEADLINE if found.state == "timeout" else hints.TIMEOUT_IS_A_RESULT
    return hints.USE_THE_WHOLE_TIME


def check_skipped(student: Student, world: World, gate: Gate, node_id: str, bad: Sequence[bytes], hint: Hint) -> None:
    """Publish malformed payloads between three good ones."""
    topic = f"{world.unique('check-')}/{node_id}"
    good = [(topic, message) for message in readings(world.random, node_id, 3)]
    sent: list[tuple[str, bytes | dict[str, Any]]] = [good[0], *((topic, payload) for payload in bad), *good[1:]]
    with publishing(world, gate, sent, qos=0 if len(bad) >= MANY else 1):
        outcome = student.call("collect", gate.endpoint, topic, 3, 3.0)
    printed = outcome.printed
    died = "Exception in thread" in printed

    def recognise(found: Any) -> Hint | None:
        if died:
            return hints.CALLBACK_MUST_NOT_RAISE
        if isinstance(found, list) and len(found) < 3 and found == [pair for pair in good if pair in found]:
            return hints.COUNT_THE_GOOD
        return hint

    outcome.gives(good, hint=recognise).within(2.5, hints.COUNT_THE_GOOD)
    said = {int(number) for number in re.findall(r"\b\d{1,4}\b", printed)}
    # Who counts aloud up to the number says it; who goes on counting beyond it guesses.
    guessed = len(said & set(range(len(bad) + 1, len(bad) + 31))) > (3 if len(bad) >= MANY else 20)
    world.expect(
        len(bad) in said and not guessed,
        hint=hints.SAY_HOW_MANY,
        expected=f"a line that says that {len(bad)} messages were skipped",
        found=printed.strip() or "nothing was said",
    )


def check_tidy(student: Student, world: World, gate: Gate) -> None:
    """Look at the connection after a call, and at what cannot be."""
    before = gate.count("SUBSCRIBE")
    student.call("collect", gate.endpoint, world.unique("check-"), 1, 0.2).succeeds()
    gone = world.wait_until(lambda: gate.connections == 0, 1.0)
    subscribed = gate.count("SUBSCRIBE") > before
    world.expect(subscribed, expected="SUBSCRIBE to the broker", found="none", hint=hints.CLOSE_WHAT_YOU_OPEN)
    world.expect(
        gone,
        expected="no connection after the call",
        found=f"{gate.connections} still open",
        hint=hints.CLOSE_WHAT_YOU_OPEN,
    )
    student.call("collect", gate.endpoint, "check/x", 0, 0.5).raises(ValueError, hint=hints.AT_LEAST_ONE)
    student.call("collect", world.closed_port(), "check/x", 1, 0.5).raises(ConnectionError, hint=hints.NO_BROKER)
