"""Hidden cases of lab 01: the public promises, with cases of each student's own."""

from __future__ import annotations

import random
import string

from labkit.checks import Student, World, criterion, hidden, lab01, lab01_messages, lab01_presence
from labkit.checks import lab01_hints as hints
from labkit.checks.lab01_cases import random_matches, reading
from labkit.checks.lab01_cases import readings as make_readings

CHARACTERS = string.ascii_letters + string.digits + " _-.:$äöüñç*?[]{}()\\'\"€日本"
FORBIDDEN = "+#/\0"


def _ids(chance: random.Random, count: int) -> list[str]:
    return ["".join(chance.choices(CHARACTERS, k=chance.randint(1, 12))) for _ in range(count)]


@hidden("01.1")
def connect(student: Student, world: World) -> None:
    """Another delay, and another reason for the refusal."""
    with criterion(lab01.CONNECTED):
        lab01.check_connected(student, world, delay=world.random.uniform(0.1, 0.6))
    with criterion(lab01.REFUSED):
        code, reason = world.random.choice([(2, "identifier"), (3, "unavailable"), (4, "user name or password")])
        lab01.check_refused(student, world, return_code=code, reason=reason, silence=False)


@hidden("01.2")
def node_topic(student: Student, world: World) -> None:
    """Ids of any characters, and ids and topics with a forbidden one somewhere."""
    chance = world.random
    pairs = [(node_id, chance.choice(("telemetry", "command", "status"))) for node_id in _ids(chance, 40)]
    with criterion(lab01.BUILT):
        lab01.check_built(student, pairs)
    with criterion(lab01.PARSED):
        lab01.check_parsed(student, pairs)
    with criterion(lab01.WRONG_TOPIC):
        broken = [_with(chance, node_id, chance.choice(FORBIDDEN)) for node_id in _ids(chance, 40)]
        lab01.check_wrong_ids(student, [(node_id, hints.FORBIDDEN_CHARACTERS) for node_id in broken])
        topics = [f"iot/node/{node_id}/status" for node_id in broken]
        lab01.check_wrong_topics(student, [(topic, hints.FORBIDDEN_CHARACTERS) for topic in topics])
        for kind in ("status ", "telemetry\n", "stat", "state"):
            lab01.check_wrong_topics(student, [(f"iot/node/node_01/{kind}", hints.KNOWN_KINDS)])


def _with(chance: random.Random, text: str, character: str) -> str:
    place = chance.randint(0, len(text))
    return text[:place] + character + text[place:]


@hidden("01.3")
def topic_matches(student: Student, world: World) -> None:
    """Three hundred generated pairs, and generated malformed filters."""
    cases = list(random_matches(world.random, 300))
    dollar = [case for case in cases if case[1].startswith("$")]
    empty = [case for case in cases if case not in dollar and "" in case[1].split("/")]
    plain = [case for case in cases if case not in dollar and case not in empty]
    with criterion(lab01.WILDCARDS):
        lab01.check_matches(student, plain)
    with criterion(lab01.EDGE_CASES):
        lab01.check_matches(student, empty)
    with criterion(lab01.DOLLARS):
        lab01.check_matches(student, dollar)
    with criterion(lab01.BAD_FILTERS):
        for topic_filter, topic, _, _ in cases[:60]:
            early = f"#/{topic_filter}"
            student.call("topic_matches", early, topic).raises(ValueError, hint=hints.HASH_IS_LAST)
            beside = f"{topic_filter}/{world.random.choice(('a+', '+a', 'a#', '#a', '+#', '##'))}"
            student.call("topic_matches", beside, topic).raises(ValueError, hint=hints.MALFORMED_FILTER)


@hidden("01.4")
def publish_reading(student: Student, world: World) -> None:
    """Other readings; NaN and infinity at other depths."""
    chance, node_id = world.random, world.unique("node_")
    with world.gate("mqtt") as gate:
        client = student.call("connect", gate.endpoint)
        with criterion(lab01_messages.ARRIVES):
            notes = ("".join(_ids(chance, 3)) for _ in range(3))
            readings = [reading(node_id, chance.randint(0, 10**6)) | {"note": note} for note in notes]
            lab01_messages.check_arrives(student, world, gate, client, readings)
        with criterion(lab01_messages.NOT_CARRIED):
            values: list[object] = [float(chance.choice(("nan", "inf", "-inf")))]
            for _ in range(4):
                values.append({"deep": [1, values[-1]]})
            lab01_messages.check_not_carried(student, world, gate, client, node_id, values)
        with criterion(lab01_messages.ACKNOWLEDGED):
            client.succeeds()
            *before, last = make_readings(chance, node_id, chance.randint(2, 4))
            for sent in before:
                lab01_messages.check_waits(student, world, gate, client, sent, delay=chance.uniform(0.1, 0.3))
            # That PUBACK does not come is not played again: it takes seconds, and no seed makes it another case.
            lab01_messages.check_cut_off(student, world, gate, client, last)


@hidden("01.5")
def collect(student: Student, world: World) -> None:
    """Other counts and times, other malformed payloads."""
    chance = world.random
    nodes = [world.unique("node_") for _ in range(3)]
    with world.gate("mqtt") as gate:
        with criterion(lab01_messages.IN_ORDER):
            lab01_messages.check_in_order(student, world, gate, nodes, count=chance.randint(5, 12))
            lab01_messages.check_in_order(student, world, gate, nodes, count=1)
        with criterion(lab01_messages.IN_TIME):
            lab01_messages.check_in_time(student, world, gate, nodes[0], timeout=chance.uniform(0.6, 1.4), gap=0.2)
        with criterion(lab01_messages.SKIPPED):
            count = chance.randint(lab01_messages.MANY, 89)
            noise = [bytes(chance.randrange(128, 256) for _ in range(chance.randint(1, 12))) for _ in range(count)]
            cut = [b'{"node_id": "node_01", "sensors": {"temperature": 2'[: chance.randint(1, 50)] for _ in range(3)]
            numbers = [str(chance.randint(-99, 99)).encode(), b'{"v": [1, Infinity]}', b"[{}]"]
            bad = [*noise, *cut, *numbers]
            chance.shuffle(bad)
            lab01_messages.check_skipped(student, world, gate, nodes[1], bad, hints.SKIP_THE_BAD)


@hidden("01.6")
def presence(student: Student, world: World) -> None:
    """Another node, another number of commands."""
    lab01_presence.check_presence(student, world, commands=world.random.randint(2, 40), points=0)
