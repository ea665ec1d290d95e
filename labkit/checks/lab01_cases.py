"""What the checks of lab 01 are made of: topics, filters, payloads, and a publisher that waits for its subscriber."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from labkit.checks import lab01_hints as hints
from labkit.checks.gate import Gate
from labkit.checks.hints import Hint
from labkit.checks.world import World

SERVICES = ("mqtt",)
LIMIT = 5.5
"""The exercises promise an end within 5 seconds; a wait of just that must pass on a busy machine."""
CONNECT = "connect(broker) -> Client"

NODE_IDS = ("node_01", "7", "kitchen window", "Küche", "a.b-c", "$meter", "iot")
"""Ids that are fine, some of them at second sight only."""
BAD_IDS = (
    ("", hints.EMPTY_ID),
    ("+", hints.FORBIDDEN_CHARACTERS),
    ("#", hints.FORBIDDEN_CHARACTERS),
    ("node+1", hints.FORBIDDEN_CHARACTERS),
    ("node#", hints.FORBIDDEN_CHARACTERS),
    ("kitchen/window", hints.FORBIDDEN_CHARACTERS),
    ("node\0", hints.FORBIDDEN_CHARACTERS),
)
BAD_KINDS = ("", "Telemetry", "commands", "#")
BAD_TOPICS = (
    ("", hints.EXACT_SHAPE),
    ("iot/node/node_01", hints.EXACT_SHAPE),
    ("iot/node/node_01/status/", hints.EXACT_SHAPE),
    ("iot/node/node_01/status/old", hints.EXACT_SHAPE),
    ("/iot/node/node_01/status", hints.EXACT_SHAPE),
    ("iot/broker/status", hints.EXACT_SHAPE),
    ("home/node/node_01/status", hints.EXACT_SHAPE),
    ("iot/broker/node_01/status", hints.EXACT_SHAPE),
    ("iot/node//status", hints.EMPTY_ID),
    ("iot/node/+/status", hints.FORBIDDEN_CHARACTERS),
    ("iot/node/node\0/status", hints.FORBIDDEN_CHARACTERS),
    ("iot/node/node_01/STATUS", hints.KNOWN_KINDS),
    ("iot/node/node_01/#", hints.KNOWN_KINDS),
    ("iot/node/node_01/status\n", hints.KNOWN_KINDS),
)

Match = tuple[str, str, bool, Hint]
"""Filter, topic, whether it matches, the hint for the other answer."""

PLAIN: tuple[Match, ...] = (
    ("iot/node/node_01/status", "iot/node/node_01/status", True, hints.SAME_NUMBER_OF_LEVELS),
    ("iot/node/node_01/status", "iot/node/node_01/Status", False, hints.LITERAL_CHARACTERS),
    ("iot/node", "iot/node/node_01", False, hints.SAME_NUMBER_OF_LEVELS),
    ("iot/node/node_01", "iot/node", False, hints.SAME_NUMBER_OF_LEVELS),
    ("iot/node/+/status", "iot/node/node_01/status", True, hints.PLUS_IS_ONE_LEVEL),
    ("iot/node/+/status", "iot/node/node_01/telemetry", False, hints.PLUS_IS_ONE_LEVEL),
    ("iot/+/status", "iot/node/node_01/status", False, hints.PLUS_IS_ONE_LEVEL),
    ("+/+/+/+", "iot/node/node_01/status", True, hints.PLUS_IS_ONE_LEVEL),
    ("iot/node/+", "iot/node", False, hints.PLUS_IS_ONE_LEVEL),
    ("iot/#", "iot/node/node_01/status", True, hints.HASH_IS_THE_REST),
    ("#", "iot/node/node_01/status", True, hints.HASH_IS_THE_REST),
    ("iot/+/#", "iot/node/node_01/status", True, hints.HASH_IS_THE_REST),
    ("iot/node/#", "iot/nodes/node_01", False, hints.HASH_IS_THE_REST),
    ("iot/x/#", "iot/node/node_01", False, hints.HASH_IS_THE_REST),
    ("house.1/t[ab]", "house.1/t[ab]", True, hints.LITERAL_CHARACTERS),
    ("house.1/a*", "house.1/abc", False, hints.LITERAL_CHARACTERS),
    ("house.1/+", "house-1/a", False, hints.LITERAL_CHARACTERS),
)
EDGES: tuple[Match, ...] = (
    ("iot/#", "iot", True, hints.HASH_INCLUDES_PARENT),
    ("iot/+/#", "iot/node", True, hints.HASH_INCLUDES_PARENT),
    ("iot/+/#", "iot", False, hints.PLUS_IS_ONE_LEVEL),
    ("iot/node/#", "iot", False, hints.HASH_INCLUDES_PARENT),
    ("/+", "/iot", True, hints.EMPTY_LEVELS),
    ("+/+", "/iot", True, hints.EMPTY_LEVELS),
    ("+", "/iot", False, hints.EMPTY_LEVELS),
    ("iot/+", "iot/", True, hints.EMPTY_LEVELS),
    ("iot/+", "iot", False, hints.PLUS_IS_ONE_LEVEL),
    ("iot/+/status", "iot//status", True, hints.EMPTY_LEVELS),
    ("iot/status", "iot//status", False, hints.EMPTY_LEVELS),
    ("iot", "iot/", False, hints.EMPTY_LEVELS),
    ("iot", "/iot", False, hints.EMPTY_LEVELS),
    ("iot/#", "iot/", True, hints.HASH_INCLUDES_PARENT),
    ("/#", "/", True, hints.EMPTY_LEVELS),
)
DOLLAR: tuple[Match, ...] = (
    ("#", "$SYS/broker/uptime", False, hints.DOLLAR_TOPICS),
    ("+/broker/uptime", "$SYS/broker/uptime", False, hints.DOLLAR_TOPICS),
    ("+/#", "$SYS/broker/uptime", False, hints.DOLLAR_TOPICS),
    ("+", "$house", False, hints.DOLLAR_TOPICS),
    ("$SYS/#", "$SYS/broker/uptime", True, hints.DOLLAR_TOPICS),
    ("$SYS/#", "$SYS", True, hints.DOLLAR_TOPICS),
    ("$SYS/+/uptime", "$SYS/broker/uptime", True, hints.DOLLAR_TOPICS),
    ("$SYS/broker/uptime", "$SYS/broker/uptime", True, hints.DOLLAR_TOPICS),
    ("iot/+/price", "iot/$meter/price", True, hints.DOLLAR_TOPICS),
    ("#", "iot/$meter", True, hints.DOLLAR_TOPICS),
)
MALFORMED: tuple[tuple[str, str, Hint], ...] = (
    ("", "iot", hints.MALFORMED_FILTER),
    ("iot/\0", "iot", hints.MALFORMED_FILTER),
    ("iot/#/status", "iot/node/status", hints.HASH_IS_LAST),
    ("#/", "iot/", hints.HASH_IS_LAST),
    ("#/#", "iot/node", hints.HASH_IS_LAST),
    ("iot/#/status", "other", hints.HASH_IS_LAST),
    ("kit+", "kitchen", hints.WILDCARD_IS_A_LEVEL),
    ("iot/+node/status", "iot/node/status", hints.WILDCARD_IS_A_LEVEL),
    ("iot#", "iot", hints.WILDCARD_IS_A_LEVEL),
    ("iot/node#", "iot/node_01", hints.WILDCARD_IS_A_LEVEL),
    ("++", "iot", hints.WILDCARD_IS_A_LEVEL),
    ("iot/##", "iot/node", hints.WILDCARD_IS_A_LEVEL),
)


def matches(topic_filter: Sequence[str], topic: Sequence[str]) -> bool:
    """Whether a well-formed filter matches, by MQTT 3.1.1 section 4.7; both are given as lists of levels."""
    if topic[0].startswith("$") and topic_filter[0] in ("+", "#"):
        return False
    return _rest_matches(tuple(topic_filter), tuple(topic))


def _rest_matches(topic_filter: tuple[str, ...], topic: tuple[str, ...]) -> bool:
    if not topic_filter or not topic:
        return (not topic_filter and not topic) or topic_filter == ("#",)
    head, *rest = topic_filter
    return head == "#" or (head in ("+", topic[0]) and _rest_matches(tuple(rest), topic[1:]))


def random_matches(chance: random.Random, count: int) -> Iterator[Match]:
    """Yield filters with topics that nearly or really match.

    Args:
        chance: the source of the cases.
        count: how many.
    """
    words = ("", "a", "b", "ab", "node", "$SYS", "A", "a.b")
    for _ in range(count):
        topic = [chance.choice(words) for _ in range(chance.randint(1, 5))]
        if topic == [""]:
            topic = ["a"]  # an empty topic is none
        wanted = [chance.choice(("+", word, word, chance.choice(words))) for word in topic]
        if chance.random() < 0.5:
            wanted = [*wanted[: chance.randint(0, len(wanted))], "#"]
        elif chance.random() < 0.3:
            wanted = [*wanted, chance.choice(words)] if chance.random() < 0.5 or len(wanted) < 2 else wanted[:-1]
        if wanted == [""]:
            wanted = ["+"]
        expected = matches(wanted, topic)
        yield "/".join(wanted), "/".join(topic), expected, _hint_for(wanted, topic)


def _hint_for(topic_filter: list[str], topic: list[str]) -> Hint:
    if topic[0].startswith("$"):
        return hints.DOLLAR_TOPICS
    if topic_filter[-1] == "#":
        return hints.HASH_INCLUDES_PARENT if len(topic_filter) == len(topic) + 1 else hints.HASH_IS_THE_REST
    if "" in topic:
        return hints.EMPTY_LEVELS
    return hints.PLUS_IS_ONE_LEVEL if "+" in topic_filter else hints.SAME_NUMBER_OF_LEVELS


# 1.5: payloads that are no readings

NOT_TEXT: tuple[bytes, ...] = (
    b"",
    b"22.5 degrees",
    b'{"node_id": "node_01", "sensors"',
    b"\xff\x00\x80",
    b"{'node_id': 'x'}",
)
NOT_OBJECTS: tuple[bytes, ...] = (b"22.5", b"[1, 2]", b'"text"', b"null", b"true")
NOT_JSON_NUMBERS: tuple[bytes, ...] = (b'{"temperature": NaN}', b'{"sensors": {"temperature": -Infinity}}')
TOO_DEEP: tuple[bytes, ...] = (b"[" * 100_000, b'{"a":' * 100_000)


def reading(node_id: str, number: int) -> dict[str, Any]:
    """Return a reading as in the data format of the ESP32 nodes (seed 001)."""
    return {
        "node_id": node_id,
        "timestamp": 1_704_844_800 + number,
        "sensors": {"temperature": round(20 + number / 10, 1), "humidity": 45.2},
        "wifi_rssi": -65,
        "uptime": 3600 + number,
    }


def readings(chance: random.Random, node_id: str, count: int) -> list[dict[str, Any]]:
    """Return readings that nobody can foretell, so that who has them has received them.

    Args:
        chance: the source of their numbers.
        node_id: of all of them.
        count: how many.
    """
    base = reading(node_id, 0)
    return [
        base | {"timestamp": base["timestamp"] + number, "uptime": chance.randrange(10**9)} for number in range(count)
    ]


@contextlib.contextmanager
def publishing(
    world: World,
    gate: Gate,
    messages: Sequence[tuple[str, bytes | dict[str, Any]]],
    *,
    gap: float = 0.0,
    qos: int = 1,
) -> Iterator[None]:
    """Publish messages from a thread as soon as a client behind the gate has subscribed; end it after the block.

    Args:
        world: where to publish.
        gate: through which the student's client subscribes.
        messages: topic and payload of each.
        gap: seconds before each message.
        qos: of the messages; with 0 many pass in no time.
    """
    before = gate.count("SUBACK", from_client=False)
    broker, over = world.broker, threading.Event()
    problems: list[Exception] = []

    def run() -> None:
        try:
            world.wait_until(lambda: over.is_set() or gate.count("SUBACK", from_client=False) > before, 20)
            for topic, payload in messages:
                if over.wait(gap):
                    return
                broker.publish(topic, payload, qos)
        except Exception as error:  # it belongs to the check's own thread
            problems.append(error)

    thread = threading.Thread(target=run, name="labkit-publisher", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(20)
    if problems:
        raise problems[0]
