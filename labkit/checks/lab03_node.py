"""Checks of lab 03, second half: status and manifest, and the whole node on a real broker."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from labkit.checks import lab03_hints as hints
from labkit.checks.broker_view import Message
from labkit.checks.criterion import criterion
from labkit.checks.hints import Hint
from labkit.checks.lab03_firmware import BUILDING, Firmware, accepted, member, message, of_cpp, refused
from labkit.checks.lab03_offers import (
    BAD_OFFERS,
    DIGEST,
    EQUAL_VERSIONS,
    GOOD_OFFERS,
    STATUS_ROOM,
    VERSIONS,
    Offer,
    acknowledgement,
    offline,
    online,
)
from labkit.checks.outcome import Outcome
from labkit.checks.registry import exercise
from labkit.checks.student import Student
from labkit.checks.world import World

# 3.4, the whole node

_STALLED = 2
"""Readings that a busy machine may keep a node from measuring."""


def outage(student: Student, world: World, *, down_for: float) -> None:
    """Let a node measure while the broker goes away; count what arrives.

    The node is made of the student's ring buffer and plain stand-ins for the other files. A stand-in's telemetry
    message says the number of the reading, counted from the start.

    Args:
        student: the student.
        world: with a broker.
        down_for: how long the broker is away, in seconds.
    """
    node = world.unique("ring")
    with world.broker.listen(f"iot/node/{node}/telemetry") as heard:
        gate = world.gate("mqtt")
        board = _board(student, gate, node, "ring_buffer.hpp")
        _wait(world, board, lambda: len(heard.messages) >= 2, "readings of the node arrive, one each second")
        # The broker takes one more message over, but its acknowledgement does not reach the node any more.
        gate.delay(30)
        before = len(heard.messages)
        _wait(world, board, lambda: len(heard.messages) > before, "readings of the node arrive, one each second")
        gate.close()
        world.wait_until(lambda: False, down_for)
        away = len(heard.messages)
        gate.delay(0)
        gate.open()
        _wait(world, board, lambda: len(heard.messages) >= away + int(down_for),
              f"{int(down_for)} readings of the outage of {down_for:g} s")
        counts = board.call("finish", limit=10).succeeds(hint=of_cpp()).value
        heard.pass_through()
        _judge(world, heard.messages, counts.get("measured"))


def _wait(world: World, board: Outcome, so: Callable[[], bool], expected: str) -> None:
    """Wait for messages of a node; if they do not come, the reason may be that its program has ended."""
    if not world.wait_until(so, 12):
        board.call("well").succeeds(hint=of_cpp())
        world.fail(expected=expected, found="not within 12 s", hint=hints.NODE_KEEPS)


def _board(student: Student, broker: Any, node: str, file: str, **options: Any) -> Outcome:
    made = student.kit("board", broker, node, only=file, interval=1, limit=BUILDING, shown=f"a node with your {file}",
                       **options)
    return made.succeeds(hint=of_cpp())


def _numbers(messages: list[Message]) -> list[int]:
    """The numbers of the readings, in the order in which they came."""
    found = []
    for one in messages:
        try:
            found.append(int(json.loads(one.payload)["number"]))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _judge(world: World, messages: list[Message], measured: object) -> None:
    """None lost, none doubled, in order. A reading's number is its time stamp, and there is one each second."""
    numbers = _numbers(messages)
    counts = Counter(numbers)
    first, last = min(numbers, default=0), max(numbers, default=-1)
    lost = last - first + 1 - len(counts)
    # A node that got no processor for a second has measured nothing in it. What it counted it says itself, in a process
    # with the student's code: that excuses a second or two, not an outage.
    stalled = lost <= _STALLED and measured == len(counts)
    world.expect(lost == 0 or stalled, expected="every reading, also those of the outage",
                 found=f"{lost} of {last - first + 1} readings are missing", hint=hints.NODE_KEEPS)
    repeats = sum(counts.values()) - len(counts)
    world.expect(repeats <= 1, expected="each reading once; the one that was under way may come twice",
                 found=f"{repeats} repeated readings", hint=hints.NODE_KEEPS)
    once = sorted(set(numbers), key=numbers.index)
    world.expect(once == sorted(once), expected="readings in the order in which they were measured",
                 found=f"the order {once[:20]}", hint=hints.RING_ORDER)
    for number in counts:
        texts = {one.payload for one in messages if _numbers([one]) == [number]}
        world.expect(len(texts) == 1, expected=f"reading {number} the same to the byte each time",
                     found=str(texts)[:300], hint=hints.NODE_KEEPS)


# 3.5


@exercise("03.5", points=2, title="Say how the node is", services=("mqtt",), limit=15,
          functions=("write_online(std::string_view node_id, const Status& status, char* out, std::size_t capacity) "
                     "-> std::string_view",
                     "write_offline(std::string_view node_id, char* out, std::size_t capacity) -> std::string_view",
                     "write_acknowledgement(std::string_view node_id, const Acknowledgement& ack, char* out, "
                     "std::size_t capacity) -> std::string_view"))
def status(student: Student, world: World) -> None:
    """Three messages, and a node that dies."""
    firmware = Firmware(student, "status.cpp")
    with criterion("status, last will and acknowledgement are exactly those of the contract", points=1):
        for node_id, uptime, rssi, version in (("node_01", 3600, -65, "1.0.0"), ("node_garden", 0, 0, "2.0.0-rc.1"),
                                               ("node_02", 2**32 - 1, -128, "1.10.0")):
            says_online(firmware, node_id, uptime, rssi, version)
        says_offline(firmware, "node_01")
        for id, name, reason in (("c-17", "set_led", ""), ("c-18", "set_led", "brightness must be 0 to 255"),
                                 ("", "restart", ""), ("c-19", "", "command is missing"),
                                 ("", "", "malformed JSON at byte 0")):
            acknowledges(firmware, "node_01", id, name, reason)
        for id, reason in (('a"b', ""), ("a\\b", ""), ("c-1", "unknown command '\"x\\\"'"), ("é\u0007", "")):
            acknowledges(firmware, "node_01", id, "set_led", reason, hint=hints.ESCAPES)
        too_small(firmware)
    with criterion("a running node is online, and offline when it dies", points=1):
        dies(student, world)


def says_online(firmware: Firmware, node_id: str, uptime: int, rssi: int, version: str) -> None:
    """The status of a node that is there."""
    given = f'{{uptime {uptime}, wifi_rssi {rssi}, firmware "{version}"}}'
    shown = f'write_online("{node_id}", {given}, out, {STATUS_ROOM})'
    found = firmware.call("write_online", node_id, uptime, rssi, version, STATUS_ROOM, shown=shown)
    message(found, online(node_id, uptime, rssi, version), hints.STATUS_BYTES)


def says_offline(firmware: Firmware, node_id: str) -> None:
    """The last will."""
    message(firmware.call("write_offline", node_id, STATUS_ROOM, shown=(node_id,)), offline(node_id), hints.WILL)


def acknowledges(firmware: Firmware, node_id: str, id: str, name: str, reason: str,
                 hint: Hint = hints.STATUS_BYTES) -> None:
    """The answer to a command."""
    expected = acknowledgement(node_id, id, name, reason)
    given = f"{{id {id!r}, command {name!r}, reason {reason!r}}}"
    shown = f'write_acknowledgement("{node_id}", {given}, out, {STATUS_ROOM})'
    found = firmware.call("write_acknowledgement", node_id, id, name, reason, STATUS_ROOM, shown=shown)

    def why(said: Any) -> Hint:
        try:
            ack, wanted = json.loads(said)["ack"], json.loads(expected)["ack"]
        except (ValueError, KeyError, TypeError):
            return hints.ESCAPES if hint is hints.ESCAPES else hints.STATUS_BYTES
        if set(ack) != set(wanted):
            return hints.LEFT_OUT
        return hints.OK_OR_REASON if ack.get("ok") is not wanted["ok"] else hint

    message(found, expected, why)


def too_small(firmware: Firmware) -> None:
    """What does not fit is no message."""
    for length in (len(offline("node_01")) - 1, 10, 0):
        message(firmware.call("write_offline", "node_01", length, shown=("node_01", length)), "", hints.HALF_MESSAGE)
    whole = acknowledgement("node_01", "c-17", "set_led", "")
    for length in (len(whole) - 1, len(whole) // 2):
        found = firmware.call("write_acknowledgement", "node_01", "c-17", "set_led", "", length,
                              shown=("node_01", "c-17", "set_led", length))
        message(found, "", hints.HALF_MESSAGE)
    fits = online("node_01", 5, -60, "1.0.0")
    for length, expected in ((len(fits), fits), (len(fits) - 1, "")):
        found = firmware.call("write_online", "node_01", 5, -60, "1.0.0", length,
                              shown=("node_01", 5, -60, "1.0.0", length))
        message(found, expected, hints.EXACT_FIT if expected else hints.HALF_MESSAGE)


def dies(student: Student, world: World) -> None:
    """A node's status on the broker while it runs, and after it was killed."""
    node = world.unique("life")
    topic = f"iot/node/{node}/status"
    board = _board(student, world.mqtt, node, "status.cpp")

    def retained() -> dict[str, Any]:
        try:
            found = json.loads(world.broker.retained(topic).get(topic, b"{}"))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    if not world.wait_until(lambda: retained().get("status") == "online", 10):
        board.call("well").succeeds(hint=of_cpp())
    found = retained()
    world.expect(found.get("status") == "online" and found.get("node_id") == f"node_{node}", hint=hints.STATUS_BYTES,
                 expected=f"a retained status of node_{node} that says online",
                 found=found or "no status that can be read")
    world.expect(isinstance(found.get("uptime"), int) and isinstance(found.get("wifi_rssi"), int)
                 and isinstance(found.get("firmware"), str), hint=hints.STATUS_BYTES,
                 expected="uptime, wifi_rssi and firmware in the status", found=found)
    board.call("kill", limit=10).succeeds(hint=of_cpp())
    world.wait_until(lambda: retained().get("status") == "offline", 10)
    last = world.broker.retained(topic).get(topic, b"")
    world.expect(last == offline(f"node_{node}").encode(), expected=f"the retained status {offline(f'node_{node}')}",
                 found=last.decode("utf-8", "replace") or "no retained status", hint=hints.WILL)


# 3.6


@exercise("03.6", points=3, title="Judge an update",
          functions=("compare(const Version& left, const Version& right) -> int",
                     "check_manifest(const JsonValue& params, const RunningFirmware& running, Manifest& manifest) "
                     "-> Reason",
                     "check_image(const Manifest& manifest, std::uint32_t received, const Digest& digest) -> Reason"))
def manifest(student: Student, world: World) -> None:
    """Trust nothing that the network brought."""
    firmware = Firmware(student, "manifest.cpp")
    with criterion("versions are ordered as Semantic Versioning says", points=1):
        for place, left in enumerate(VERSIONS):
            for right in VERSIONS[place + 1:]:
                ordered(firmware, left, right)
        for left, right in EQUAL_VERSIONS:
            firmware.call("compare", left, right).gives(0, hint=of_cpp(hints.PRE_RELEASE))
    with criterion("a manifest is filled in, or refused for what is wrong with it", points=1):
        for case in GOOD_OFFERS:
            fills_in(firmware, case)
        for case in BAD_OFFERS:
            declined(firmware, case)
    with criterion("an image that is not the manifest's is refused", points=1):
        digest = bytes(world.random.randrange(256) for _ in range(32))
        images(firmware, world.random.randint(1, 10**6), digest)
        images(firmware, 1, bytes.fromhex(DIGEST))


def ordered(firmware: Firmware, left: str, right: str) -> None:
    """One version comes before another, in both directions."""
    hint = hints.PRE_RELEASE if "-" in left + right and left.split("-")[0] == right.split("-")[0] else \
        hints.VERSION_NUMBERS
    for one, other, expected in ((left, right, -1), (right, left, 1)):
        found = firmware.call("compare", one, other, shown=f"compare({one}, {other})")
        found.gives(expected, hint=of_cpp(hint))


def _judged(firmware: Firmware, case: Offer) -> Outcome:
    shown = f"check_manifest({case.params}, running {case.running}, slot of {case.slot} bytes)"
    return firmware.call("check_manifest", case.params, "esp32-node", case.running, case.slot, shown=shown)


def fills_in(firmware: Firmware, case: Offer) -> None:
    """A good manifest is filled in."""
    found = _judged(firmware, case)
    accepted(found, case.hint)
    for key, name in (("version", "version_text"), ("size", "size"), ("url", "url")):
        member(found, key, f"manifest.{name}", case.manifest[key], hints.MANIFEST_FILLED)
    digest = bytes.fromhex(case.manifest["sha256"])
    found.item("sha256").satisfies(lambda said: (said.encode() if isinstance(said, str) else said) == digest,
                                   f"the 32 bytes of {case.manifest['sha256']}", of_cpp(hints.MANIFEST_FILLED))


def declined(firmware: Firmware, case: Offer) -> None:
    """A bad manifest is refused, with a reason that says what is wrong."""
    refused(_judged(firmware, case), case.reason, case.hint)


def images(firmware: Firmware, size: int, digest: bytes) -> None:
    """The image of a manifest, and others."""
    def judged(received: int, found: bytes) -> Outcome:
        shown = f"check_image(manifest of {size} bytes, received {received}, digest {found.hex()[:8]}…)"
        return firmware.call("check_image", size, digest, received, found, shown=shown)

    judged(size, digest).gives("", hint=of_cpp(hints.IMAGE_DIGEST))
    for received in {size - 1, size + 1, 2 * size + 7, 0, 2**32 - 1} - {size}:
        judged(received, digest).satisfies(bool, "a reason", of_cpp(hints.IMAGE_SIZE))
    for place in (0, 1, 15, 30, 31):
        other = bytearray(digest)
        other[place] ^= 1 << (place % 8)
        judged(size, bytes(other)).satisfies(bool, "a reason", of_cpp(hints.IMAGE_DIGEST))
