"""Checks of lab 01, MQTT basics: connect, topics, filters. Publish and collect are in `lab01_messages`, presence in
`lab01_presence`.

The functions `check_…` take their cases as arguments, so that the hidden cases use them too.
"""

from __future__ import annotations

import ast
import errno
import textwrap
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from labkit.checks import lab01_hints as hints
from labkit.checks import lab01_messages, lab01_presence  # noqa: F401 - their exercises are a part of this lab
from labkit.checks.criterion import criterion
from labkit.checks.fake_broker import FakeBroker
from labkit.checks.gate import Gate
from labkit.checks.hints import Hint
from labkit.checks.lab01_cases import (
    BAD_IDS,
    BAD_KINDS,
    BAD_TOPICS,
    CONNECT,
    DOLLAR,
    EDGES,
    LIMIT,
    MALFORMED,
    NODE_IDS,
    PLAIN,
    SERVICES,
    Match,
    random_matches,
)
from labkit.checks.outcome import CallError, Outcome
from labkit.checks.registry import exercise
from labkit.checks.student import Student
from labkit.checks.wire import Reference
from labkit.checks.world import World
from labkit.services import Endpoint

# 1.1 connect

CONNECTED = "it returns a client that the broker has accepted, and its network thread runs"
REASONS = ("identifier", "unavailable", "user name or password", "authori")
"""Parts of what paho says for the return codes 2 to 5 of CONNACK."""
REFUSED = "a failure is a ConnectionError that says where and why, within 5 seconds"


@exercise("01.1", points=2, title="Connect to a broker", services=SERVICES, functions=(CONNECT,), limit=8.0)
def connect(student: Student, world: World) -> None:
    """Public cases of 1.1."""
    with criterion(CONNECTED, points=1):
        check_connected(student, world)
    with criterion(REFUSED, points=1):
        check_refused(student, world, return_code=5, reason="authori")


def check_connected(student: Student, world: World, delay: float = 0.3) -> None:
    """Connect through a gate that lets CONNACK wait, so that a client which does not wait for it is found out.

    What the client says of itself is only asked for the sake of its hint: what counts has passed the gate.

    Args:
        student: whose `connect` is called.
        world: its broker is used.
        delay: how long CONNACK waits, in seconds.
    """
    with world.gate("mqtt") as gate:
        gate.delay(delay)
        client = student.call("connect", gate.endpoint)
        waited = gate.arrived("CONNACK") > 0
        gate.delay(0)
        client.satisfies(lambda value: isinstance(value, Reference), "a connected client", _not_connected)
        world.expect(
            waited,
            expected="an end after CONNACK has come" if gate.connects else "CONNECT to the broker",
            found="an end before" if gate.connects else "none",
            hint=hints.WAIT_FOR_CONNACK,
        )
        client.call("is_connected").gives(True, hint=hints.WAIT_FOR_CONNACK)
        client.get("callback_api_version").get("value").gives(2, hint=hints.CALLBACK_API_2)
        check_loop(world, gate, client)
        client.call("disconnect")
    _no_sleep(student, world, "connect")
    # A broker that refuses everybody is enough to see the user name.
    with Gate(world.refusing_broker(4).endpoint) as gate:
        student.call("connect", replace(gate.endpoint, username="lena", password="orange")).quietly()
        names = [asked.username for asked in gate.connects]
        world.expect(
            "lena" in names,
            expected="CONNECT with the user name 'lena', which `broker.username` was",
            found="CONNECT without a user name" if names else "no CONNECT",
            hint=hints.LOG_IN,
        )


def check_loop(world: World, gate: Gate, client: Outcome) -> None:
    """Send the client a message: only a network thread that runs takes it and acknowledges it."""
    topic = world.unique("check/")
    client.call("subscribe", topic, 1)
    world.wait_until(lambda: gate.arrived("SUBACK") > 0, 2)
    world.broker.publish(topic, "hello")
    world.wait_until(lambda: gate.acknowledged_by_client > 0, 2)
    world.expect(
        gate.acknowledged_by_client > 0,
        expected="a client that takes what the broker sends it, at any time",
        found="a message that it was sent, and no PUBACK for it",
        hint=hints.RUN_THE_LOOP,
    )


def _not_connected(found: Any) -> Hint | None:
    if found is None:
        return hints.RETURN_THE_CLIENT
    return hints.RUN_THE_LOOP if isinstance(found, CallError) and found.state in {"raised", "timeout"} else None


def _no_sleep(student: Student, world: World, name: str) -> None:
    source = student.source(name).quietly()
    if not isinstance(source, str):
        return
    try:
        tree = ast.parse(textwrap.dedent(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # it ran, so this is not all of its text
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    slept = any(getattr(call, "attr", getattr(call, "id", "")) == "sleep" for call in calls)
    world.expect(not slept, expected=f"`{name}` waits for CONNACK itself", found="it sleeps", hint=hints.NO_SLEEP)


def check_refused(
    student: Student, world: World, *, return_code: int, reason: str, silence: bool = True
) -> None:
    """Connect to a broker that accepts, to nobody, to a broker that refuses, and to one that is silent.

    Args:
        student: whose `connect` is called.
        world: makes the brokers.
        return_code: the answer of the broker that refuses.
        reason: a part of its text.
        silence: whether a silent broker is among them, and what goes on after a refusal. That takes seconds, and no
            seed makes it another case.
    """
    student.call("connect", world.mqtt).succeeds().call("disconnect")
    outcome = _fails(student, world.closed_port(), _when_nobody_listens)
    # The system's text may be in another language; its number is not.
    known = any(word in _said(outcome).lower() for word in ("refused", f"errno {errno.ECONNREFUSED}", "10061"))
    world.expect(known, expected="the reason: connection refused", found=_said(outcome), hint=hints.GIVE_THE_REASON)

    refusing = world.refusing_broker(return_code)
    outcome = _fails(student, refusing.endpoint, _when_refused)
    # Who names every reason there is has named none; two may meet in good advice.
    named = [text for text in REASONS if text in _said(outcome).lower()]
    world.expect(
        reason in named and len(named) <= 2,
        expected=f"the broker's reason, which contains {reason!r}",
        found=_said(outcome),
        hint=hints.GIVE_THE_REASON,
    )
    _asked(world, refusing, "the broker that refuses")
    if not silence:
        return
    tries, since = refusing.accepted, time.monotonic()
    silent = world.silent_broker()
    outcome = _fails(student, silent.endpoint, _when_silent)
    _asked(world, silent, "the broker that is silent")
    # paho connects again after 1 s: a thread that was left behind has been at the other broker by now.
    world.wait_until(lambda: refusing.accepted > tries or time.monotonic() - since > 1.5, 2)
    world.expect(
        refusing.accepted == tries,
        expected="silence after the ConnectionError",
        found=f"{refusing.accepted - tries} more attempts to connect",
        hint=hints.STOP_THE_LOOP,
    )


def _asked(world: World, broker: FakeBroker, who: str) -> None:
    asked = world.wait_until(lambda: broker.asked, 1)
    world.expect(asked, expected=f"CONNECT to {who}", found="none", hint=hints.LOOK_AT_THE_REASON)


def _fails(student: Student, broker: Endpoint, hint: Callable[[Any], Hint | None]) -> Outcome:
    outcome = student.call("connect", broker)
    return outcome.raises(ConnectionError, mentions=(broker.host, str(broker.port)), hint=hint).within(
        LIMIT, hints.WAIT_WITH_A_LIMIT
    )


def _said(outcome: Outcome) -> str:
    return outcome.error.message if outcome.error is not None else ""


def _when_nobody_listens(found: Any) -> Hint | None:
    if not isinstance(found, CallError):
        return hints.WAIT_FOR_CONNACK
    if found.state == "timeout":
        return hints.WAIT_WITH_A_LIMIT
    return hints.NAME_THE_BROKER if found.is_a(ConnectionError) else hints.RIGHT_EXCEPTION


def _when_refused(found: Any) -> Hint | None:
    return hints.LOOK_AT_THE_REASON if not isinstance(found, CallError) else _when_nobody_listens(found)


_when_silent = _when_nobody_listens


# 1.2 node_topic, parse_node_topic

BUILT = "`node_topic` builds the topic of a node"
PARSED = "`parse_node_topic` gives the id and the kind"
WRONG_TOPIC = "what cannot be right is refused with ValueError"


@exercise(
    "01.2",
    points=3,
    title="Name topics",
    limit=2.0,
    functions=("node_topic(node_id, kind) -> str", "parse_node_topic(topic) -> tuple[str, str]"),
)
def node_topic(student: Student, world: World) -> None:
    """Public cases of 1.2."""
    del world
    kinds = ("telemetry", "command", "status")
    pairs = [("node_01", kind) for kind in kinds] + [(node_id, "status") for node_id in NODE_IDS]
    with criterion(BUILT, points=1):
        check_built(student, pairs)
    with criterion(PARSED, points=1):
        check_parsed(student, pairs)
    with criterion(WRONG_TOPIC, points=1):
        check_not_all_refused(student)
        check_wrong_ids(student, BAD_IDS)
        for kind in BAD_KINDS:
            student.call("node_topic", "node_01", kind).raises(ValueError, hint=_instead(hints.KNOWN_KINDS))
        check_wrong_topics(student, BAD_TOPICS)


def check_built(student: Student, pairs: Iterable[tuple[str, str]]) -> None:
    """Build a topic of each pair."""
    for node_id, kind in pairs:
        student.call("node_topic", node_id, kind).gives(f"iot/node/{node_id}/{kind}", hint=_built)


def _built(found: Any) -> Hint:
    return hints.ANY_TEXT_IS_AN_ID if isinstance(found, CallError) else hints.BUILD_THE_TOPIC


def check_parsed(student: Student, pairs: Iterable[tuple[str, str]]) -> None:
    """Take the topic of each pair apart."""
    for node_id, kind in pairs:
        student.call("parse_node_topic", f"iot/node/{node_id}/{kind}").gives(
            (node_id, kind),
            hint=lambda found: hints.ANY_TEXT_IS_AN_ID if isinstance(found, CallError) else hints.ID_THEN_KIND,
        )


def check_not_all_refused(student: Student) -> None:
    """Who refuses everything has told nothing apart."""
    student.call("node_topic", "node_01", "status").succeeds()
    student.call("parse_node_topic", "iot/node/node_01/status").succeeds()


def check_wrong_ids(student: Student, ids: Iterable[tuple[str, Hint]]) -> None:
    """Demand that ids are refused."""
    for node_id, hint in ids:
        student.call("node_topic", node_id, "status").raises(ValueError, hint=_instead(hint))


def check_wrong_topics(student: Student, topics: Iterable[tuple[str, Hint]]) -> None:
    """Demand that topics are refused."""
    for topic, hint in topics:
        student.call("parse_node_topic", topic).raises(ValueError, hint=_instead(hint))


def _instead(hint: Hint) -> Callable[[Any], Hint]:
    """The hint for what was accepted; another one for what was refused with the wrong exception."""
    return lambda found: hints.VALUE_ERROR if isinstance(found, CallError) else hint


# 1.3 topic_matches

WILDCARDS = "`+` stands for one level, `#` for all further ones"
EDGE_CASES = "`a/#` matches `a`, and empty levels count"
DOLLARS = "a leading wildcard does not match topics that begin with `$`"
BAD_FILTERS = "a malformed filter is refused with ValueError"


@exercise(
    "01.3",
    points=4,
    title="Match a topic against a filter",
    limit=2.0,
    functions=("topic_matches(topic_filter, topic) -> bool",),
)
def topic_matches(student: Student, world: World) -> None:
    """Public cases of 1.3."""
    random_cases = list(random_matches(world.random, 200))
    # One misconception costs one criterion: topics of the broker are asked about in theirs alone.
    dollar = [case for case in random_cases if case[1].startswith("$")]
    empty = [case for case in random_cases if case not in dollar and "" in case[1].split("/")]
    with criterion(WILDCARDS, points=1):
        check_matches(student, PLAIN)
        check_matches(student, [case for case in random_cases if case not in dollar and case not in empty])
    with criterion(EDGE_CASES, points=1):
        check_matches(student, EDGES)
        check_matches(student, empty)
    with criterion(DOLLARS, points=1):
        check_matches(student, DOLLAR)
        check_matches(student, dollar)
    with criterion(BAD_FILTERS, points=1):
        student.call("topic_matches", "iot/status", "iot/status").succeeds()
        for topic_filter, topic, hint in MALFORMED:
            student.call("topic_matches", topic_filter, topic).raises(ValueError, hint=hint)


def check_matches(student: Student, cases: Iterable[Match]) -> None:
    """Ask about each filter and topic."""
    for topic_filter, topic, expected, hint in cases:
        student.call("topic_matches", topic_filter, topic).gives(expected, hint=hint)
