"""Hidden cases of lab 03: the promises of the public ones, with values that nobody has seen."""

from __future__ import annotations

import json

from labkit.checks import Student, World, criterion, hidden
from labkit.checks import lab03_hints as hints
from labkit.checks.lab03 import fits, jitters, lamp, parsed, ring, run, unknown, walk, write
from labkit.checks.lab03_cases import (
    STATES,
    Command,
    Led,
    Limits,
    Reading,
    Step,
    any_reading,
    held,
    telemetry_hint,
)
from labkit.checks.lab03_firmware import Firmware, message, of_cpp
from labkit.checks.lab03_node import acknowledges, declined, fills_in, images, ordered, says_offline, says_online
from labkit.checks.lab03_offers import DIGEST, offer

LETTERS = "abcxyz0189 -_./é°🏠"


def _text(world: World, most: int) -> str:
    """Make a text of at most so many bytes, with characters that JSON escapes."""
    text = ""
    for _ in range(world.random.randint(1, most)):
        letter = world.random.choice([*LETTERS, '"', "\\", "\u0001"])
        if len((text + letter).encode()) <= most:
            text += letter
    return text or "x"


@hidden("03.1")
def telemetry(student: Student, world: World) -> None:
    """Random readings, and memory of random sizes."""
    firmware = Firmware(student, "telemetry.cpp")
    with criterion("a reading becomes exactly the message of the contract"):
        for _ in range(30):
            reading = any_reading(world.random)
            message(write(firmware, reading), reading.message, telemetry_hint(reading.message))
    with criterion("what is not known gives no message"):
        for value in (float("nan"), -float("inf"), world.random.uniform(1.1e6, 1e30)):
            found = write(firmware, any_reading(world.random), humidity=value, temperature=-value)
            message(found, "", hints.NOT_A_NUMBER)
        message(write(firmware, Reading("node_9", 0, rssi=-1)), "", hints.UNKNOWN_TIME)
    with criterion("it writes nothing outside the memory that it was given"):
        for _ in range(3):
            fits(firmware, any_reading(world.random))


@hidden("03.2")
def command(student: Student, world: World) -> None:
    """Random ids and numbers, and commands that break off."""
    firmware, pick = Firmware(student, "command.cpp"), world.random
    with criterion("a command is taken apart, a malformed one is refused with a reason"):
        for _ in range(20):
            id, name = _text(world, 32), _text(world, 24)
            params = json.dumps({"state": pick.choice(["on", "off"]), "n": [pick.randint(-9, 9)]})
            items = [f'"id": {json.dumps(id)}', f'"command": {json.dumps(name)}', f'"params": {params}',
                     f'"{pick.choice("xyz")}": {pick.choice(["null", "[[], {}]", "-1.5e3", "true"])}']
            pick.shuffle(items)
            text = "{" + ", ".join(items) + "}"
            parsed(firmware, Command(text, id, name, params))
            cut = text.encode()[: pick.randint(1, len(text) - 1)].decode("utf-8", "ignore")
            parsed(firmware, Command(cut, reason="byte", hint=hints.SAY_WHY))
        for params in ("5", '"{}"', "[]", "true"):
            case = Command(f'{{"params": {params}, "id": "h", "command": "restart"}}', "h", "restart", reason="params",
                           hint=hints.REFUSE_FORM)
            parsed(firmware, case)
    with criterion("a name is an action, or unknown"):
        for name in (_text(world, 20), "update_firmwar", "rollback_firmware2", "RESTART", "set-led", "s"):
            unknown(firmware, name)
    with criterion("set_led takes on, off and 0 to 255; a refused one changes nothing"):
        for _ in range(10):
            state, good = pick.choice(["on", "off"]), pick.randint(0, 255)
            lamp(firmware, Led(f'{{"brightness": {good}, "state": "{state}"}}', state == "on", good))
            bad = pick.choice([pick.randint(256, 10**6), -pick.randint(1, 10**6), f"{good}.0", f"{good}e0"])
            lamp(firmware, Led(f'{{"state": "on", "brightness": {bad}}}', reason="brightness"))


@hidden("03.3")
def backoff(student: Student, world: World) -> None:
    """Other limits, and a long random walk."""
    firmware, pick = Firmware(student, "backoff.cpp"), world.random
    limits = Limits(pick.randint(100, 900), pick.randint(5_000, 90_000), pick.randint(500, 20_000))
    with criterion("each state follows from the one before, as in the drawing"):
        wander(firmware, world, limits)
    with criterion("the wait doubles with each failure, up to the cap"):
        counts = [pick.randint(0, 2**32 - 1) for _ in range(10)] + list(range(20))
        found = firmware.call("ceilings", limits.base, limits.cap, limits.hold, counts, shown=f"ceiling_ms of {limits}")
        found.gives([limits.ceiling(count) for count in counts], hint=of_cpp(hints.CAPPED))
    with criterion("each wait from 0 to the ceiling is as likely as the others"):
        jitters(firmware, world, ceiling=2)
    with criterion("failures are counted anew only after a session that held"):
        walk(firmware, world, limits, held(limits, fails=pick.randint(0, 9)))


def wander(firmware: Firmware, world: World, limits: Limits) -> None:
    """Call what comes, and follow the drawing. Before each call stands a `tick`, so that the time is known."""
    now, steps = 0, []
    for _ in range(80):
        now += world.random.choice([0, 1, limits.base, limits.hold - 1, limits.hold, limits.cap])
        call = world.random.choice(["may_try", "may_try", "connected", "failed", "tick"])
        steps += [Step("tick", now), Step(call, now)]
    trace = run(firmware, limits, [world.random.getrandbits(32) for _ in range(50)], steps)
    trace.satisfies(lambda value: len(value) == len(steps), "a trace", of_cpp(hints.STATES))
    state, failures, due = "READY", 0, 0
    for step, (said, number, counted, told_due) in zip(steps, trace.value, strict=True):
        before = state
        if step.call == "tick" and step.now >= due:
            failures = 0 if state == "ON TRIAL" else failures
            state = {"WAITING": "READY", "ON TRIAL": "HOLDING"}.get(state, state)
        elif step.call == "may_try" and state == "READY":
            state = "TRYING"
        elif step.call == "connected" and state == "TRYING":
            state, due = "ON TRIAL", step.now + limits.hold
        elif step.call == "failed" and state in {"TRYING", "ON TRIAL", "HOLDING"}:
            most = limits.ceiling(failures)
            world.expect(step.now <= told_due <= step.now + most, expected=f"a wait of 0 to {most} ms",
                         found=f"{told_due - step.now} ms", hint=hints.CAPPED)
            state, due, failures = "WAITING", told_due, failures + 1
        found = STATES[number] if 0 <= number < len(STATES) else str(number)
        world.expect((found, counted) == (state, failures), expected=f"state {state}, {failures} failures",
                     found=f"{found}, {counted} after {step} in {before}", hint=hints.STATES)
        if step.call == "may_try":
            world.expect(said is (before == "READY"), expected=f"{before == 'READY'} from {step} in {before}",
                         found=said, hint=hints.ONCE)


@hidden("03.4")
def ring_buffer(student: Student, world: World) -> None:
    """Random calls, on buffers of all sizes."""
    firmware, pick = Firmware(student, "ring_buffer.hpp"), world.random

    def calls(capacity: int, count: int, pushes: float) -> list[tuple[str, int]]:
        held = number = 0
        steps = []
        for _ in range(count):
            if pick.random() < pushes:
                steps.append(("push", pick.randint(-9, 9)))
                number += held == capacity
                held = min(capacity, held + 1)
            else:
                wanted = pick.choice([number, number, number + 1, max(0, number - 1)])
                steps.append(("remove", wanted))
                gone = held > 0 and wanted == number
                held, number = held - gone, number + gone
        return steps

    with criterion("readings come out in the order in which they went in"):
        ring(firmware, world, 8, calls(8, 60, 0.45))
    with criterion("a full buffer gives up its oldest reading, and only that"):
        for capacity in (1, 2, 3, 5):
            ring(firmware, world, capacity, calls(capacity, 40, 0.8))
        ring(firmware, world, 720, [("push_many", pick.randint(721, 3_000)), *calls(720, 5, 0.5)])
    with criterion("a reading is removed by its number, and by no other"):
        for capacity in (1, 2, 3, 8):
            ring(firmware, world, capacity, calls(capacity, 60, 0.5))


@hidden("03.5")
def status(student: Student, world: World) -> None:
    """Random texts, with characters that JSON escapes."""
    firmware, pick = Firmware(student, "status.cpp"), world.random
    with criterion("status, last will and acknowledgement are exactly those of the contract"):
        for _ in range(10):
            node = f"node_{pick.randint(0, 10**6)}"
            says_online(firmware, node, pick.randint(0, 2**32 - 1), pick.randint(-120, 0), f"{pick.randint(0, 99)}.2.0")
            says_offline(firmware, node)
            reason = _text(world, 90) if pick.random() < 0.5 else ""
            acknowledges(firmware, node, _text(world, 32), _text(world, 24), reason, hint=hints.ESCAPES)


@hidden("03.6")
def manifest(student: Student, world: World) -> None:
    """Random versions, sizes and digests."""
    firmware, pick = Firmware(student, "manifest.cpp"), world.random
    with criterion("versions are ordered as Semantic Versioning says"):
        for _ in range(15):
            one, other = ((pick.choice([0, 1, 9, 10, 4294967295]), pick.randint(0, 11), pick.randint(0, 2))
                          for _ in range(2))
            if one != other:
                left, right = (".".join(map(str, version)) for version in sorted([one, other]))
                ordered(firmware, left, right)
                ordered(firmware, f"{left}-rc.{pick.randint(1, 9)}", left)
        number = pick.randint(2, 9)
        ordered(firmware, f"1.0.0-b.{number}", f"1.0.0-b.{number}0")
        ordered(firmware, "1.0.0-b", f"1.0.0-b.{number}")
    with criterion("a manifest is filled in, or refused for what is wrong with it"):
        for _ in range(5):
            digest, slot = f"{pick.getrandbits(256):064x}", pick.randint(1_000, 10**7)
            size = pick.randint(1, slot)
            fills_in(firmware, offer(sha256=digest, size=size, slot=slot, version=f"1.{pick.randint(1, 99)}.0"))
            declined(firmware, offer("size", hints.SIZE_LIMIT, size=slot + pick.randint(1, 9), slot=slot))
            declined(firmware, offer("sha256|sha-256|digest", hints.DIGEST_FORM, sha256=digest[: pick.randint(0, 63)]))
            declined(firmware, offer("", hints.DOWNGRADE, version="3.1.4", running=f"3.{pick.randint(2, 9)}.0"))
            declined(firmware, offer("", hints.MIN_VERSION, min_version=f"1.0.{pick.randint(1, 9)}"))
        declined(firmware, offer("note", note=pick.randint(0, 9)))
        declined(firmware, offer("sha256|sha-256|digest", hints.DIGEST_FORM, sha256=" " + DIGEST[1:]))
    with criterion("an image that is not the manifest's is refused"):
        for _ in range(3):
            images(firmware, pick.randint(2, 10**7), pick.randbytes(32))
