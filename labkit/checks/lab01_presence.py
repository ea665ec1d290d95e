"""Checks of lab 01: presence."""

from __future__ import annotations

from labkit.checks import lab01_hints as hints
from labkit.checks.criterion import criterion
from labkit.checks.gate import Gate
from labkit.checks.hints import Hint
from labkit.checks.lab01_cases import SERVICES
from labkit.checks.mqtt_tap import Connect
from labkit.checks.outcome import Outcome
from labkit.checks.registry import exercise
from labkit.checks.student import Student
from labkit.checks.wire import Reference
from labkit.checks.world import World

ONLINE = "`online` is retained on the status topic; the client id is the node's id"
OFFLINE = "when the connection breaks, the broker retains `offline`"
NOTHING_LOST = "it comes back by itself, and no command is lost meanwhile"
GOODBYE = "after `disconnect()` the status says `offline` too"


@exercise(
    "01.6",
    points=4,
    title="Presence",
    services=SERVICES,
    capabilities={"mqtt": ["persistent_sessions"]},
    limit=8.0,
    functions=("presence(broker, node_id) -> Client",),
)
def presence(student: Student, world: World) -> None:
    """Public cases of 1.6."""
    check_presence(student, world, commands=5)


def check_presence(student: Student, world: World, *, commands: int, points: float = 1) -> None:
    """Follow one node through a life: online, cut off, back, gone.

    Args:
        student: whose `presence` is called.
        world: its broker is used.
        commands: how many commands are sent while the node is away.
        points: of each criterion; 0 in the hidden cases.
    """
    node_id = world.unique("node_")
    status = f"iot/node/{node_id}/status"
    with world.gate("mqtt") as gate, world.broker.listen(status) as seen:
        node = student.call("presence", gate.endpoint, node_id)
        with criterion(ONLINE, points=points):
            node.satisfies(
                lambda value: isinstance(value, Reference),
                "a connected client",
                lambda found: hints.RETURN_THE_CLIENT if found is None else None,
            )
            seen.wait(1, 3)
            _status_is(world, status, b"online", hints.RETAIN_ONLINE if seen.messages else hints.SAY_ONLINE)
            ids = sorted({asked.client_id for asked in gate.connects})
            world.expect(
                ids == [node_id],
                expected=f"client id {node_id!r}",
                found=f"client id {', '.join(map(repr, ids))}",
                hint=hints.CLIENT_ID_IS_NODE_ID,
            )
            student.call("presence", gate.endpoint, "a/b").raises(ValueError, hint=hints.VALID_NODE_ID)
        asked = gate.connects[0] if gate.connects else None
        gate.close()
        with criterion(OFFLINE, points=points):
            node.succeeds()
            _status_is(world, status, b"offline", _will_hint(asked, status))
            willed = asked is not None and (asked.will_topic, asked.will_payload) == (status, b"offline")
            world.expect(
                willed,
                expected="a last will in CONNECT: nobody else can speak for a node that died",
                found="no will" if asked is None or not asked.will_topic else f"a will on {asked.will_topic!r}",
                hint=_will_hint(asked, status),
            )
        with criterion(NOTHING_LOST, points=points):
            node.succeeds()
            check_nothing_lost(world, gate, node, node_id, commands)
        gate.open()
        with criterion(GOODBYE, points=points):
            node.succeeds()
            world.wait_until(lambda: gate.connections > 0, 5)
            world.wait_until(lambda: node.call("is_connected").quietly() is True, 3)
            left = gate.count("DISCONNECT")
            node.call("disconnect").succeeds()
            world.wait_until(lambda: gate.connections == 0, 2)
            _status_is(world, status, b"offline", hints.SAY_GOODBYE)
            world.expect(
                gate.count("DISCONNECT") > left,
                expected="DISCONNECT, so that the broker knows that the node has left",
                found="a connection that broke" if gate.connections == 0 else "a connection that is still up",
                hint=hints.SAY_GOODBYE,
            )


def _status_is(world: World, status: str, expected: bytes, hint: Hint) -> None:
    kept: dict[str, bytes] = {}

    def look() -> bool:
        kept.clear()
        kept.update(world.broker.retained(status))
        return kept.get(status) == expected

    world.wait_until(look, 3)
    found = kept.get(status)
    world.expect(
        found == expected,
        expected=f"{expected.decode()!r} retained on {status!r}",
        found=f"{found.decode('utf-8', 'replace')!r}" if found is not None else "nothing retained there",
        hint=hint,
    )


def _will_hint(asked: Connect | None, status: str) -> Hint:
    """The hint for a missing `offline`, from what CONNECT said."""
    if asked is None or not asked.will_topic:
        return hints.WILL_BEFORE_CONNECT
    if asked.will_topic != status or asked.will_payload != b"offline":
        return hints.WILL_AS_PROMISED
    return hints.RETAIN_THE_WILL


def check_nothing_lost(world: World, gate: Gate, node: Outcome, node_id: str, count: int) -> None:
    """Send commands while the node is away, let it back in, and look at its queue; the gate is closed at first."""
    command = f"iot/node/{node_id}/command"
    # Numbers that nobody can foretell: who has these payloads has received them.
    levels = world.random.sample(range(10**6), count)
    sent = [f'{{"command": "set_led", "params": {{"brightness": {level}}}}}'.encode() for level in levels]
    for payload in sent:
        world.broker.publish(command, payload)
    if not gate.connects:
        world.fail(expected="a node that has connected", found="no CONNECT", hint=hints.SAY_ONLINE)
    clean = gate.connects[0].clean
    gate.open()
    tries = len(gate.connects)
    back = world.wait_until(lambda: gate.connections > 0 and len(gate.connects) > tries, 6)
    world.expect(back, expected="the node connects again", found="no connection after 6 s", hint=hints.COMES_BACK)
    _status_is(world, f"iot/node/{node_id}/status", b"online", hints.ONLINE_ON_EVERY_CONNECT)

    world.wait_until(lambda: gate.acknowledged_by_client >= count, 3)
    # For a session that was kept: brokers do not store messages for a subscription of QoS 0.
    lost = hints.KEEP_THE_SESSION if clean else hints.SUBSCRIBE_AT_QOS_1
    world.expect(
        gate.acknowledged_by_client >= count,
        expected=f"{count} commands, sent while the node was away",
        found=f"{gate.acknowledged_by_client} came",
        hint=lost,
    )

    queue = node.call("user_data_get")
    queue.satisfies(
        lambda value: isinstance(value, Reference), "a queue as the client's user data", hints.COMMANDS_TO_THE_QUEUE
    )
    queue.call("qsize").satisfies(lambda value: isinstance(value, int), "a queue", hints.COMMANDS_TO_THE_QUEUE)
    world.wait_until(lambda: (queue.call("qsize").quietly() or 0) >= count, 2)
    got = [queue.call("get", False).quietly() for _ in range(queue.call("qsize").value)]
    # QoS 1 may deliver twice: what counts is that each came, in the order in which they were sent.
    each = list(dict.fromkeys(item for item in got if isinstance(item, (bytes, str))))
    world.expect(
        each == sent,
        expected=f"the {count} payloads in the queue, as bytes, in order",
        found=got,
        hint=hints.COMMANDS_TO_THE_QUEUE,
    )
