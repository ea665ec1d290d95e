"""Checks of lab 03, firmware: telemetry, commands, backoff, ring buffer. Status and manifest: `lab03_node`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import NoneType
from typing import Any

from labkit.checks import lab03_hints as hints
from labkit.checks import lab03_node as lab03_node  # it registers exercises 3.5 and 3.6
from labkit.checks.criterion import criterion, recorder
from labkit.checks.hints import Hint
from labkit.checks.lab03_cases import (
    ACTIONS,
    BAD_COMMANDS,
    BAD_LEDS,
    GOOD_COMMANDS,
    GOOD_LEDS,
    NOT_NUMBERS,
    READINGS,
    ROOM,
    ROUNDED,
    STATES,
    TWICE,
    WALK,
    Command,
    Led,
    Limits,
    Reading,
    Ring,
    Step,
    any_reading,
    held,
    ring_hint,
    telemetry_hint,
)
from labkit.checks.lab03_firmware import Firmware, accepted, member, message, of_cpp, refused
from labkit.checks.lab03_node import outage
from labkit.checks.outcome import Outcome
from labkit.checks.registry import exercise
from labkit.checks.student import Student
from labkit.checks.world import World

# 3.1


@exercise("03.1", points=3, title="Write a telemetry message",
          functions=("write_telemetry(std::string_view node_id, const Reading& reading, char* out, "
                     "std::size_t capacity) -> std::string_view",))
def telemetry(student: Student, world: World) -> None:
    """One reading, one message."""
    firmware = Firmware(student, "telemetry.cpp")
    with criterion("a reading becomes exactly the message of the contract", points=1):
        for reading in (*READINGS, *(any_reading(world.random) for _ in range(10))):
            message(write(firmware, reading), reading.message, telemetry_hint(reading.message))
        for value, text in ROUNDED:
            expected = Reading().message.replace("22.5", text)
            message(write(firmware, Reading(), temperature=value), expected, hints.ONE_DIGIT)
    with criterion("what is not known gives no message", points=1):
        plain_first(firmware, world)
        for value in (*NOT_NUMBERS, 1_000_001.0, -2e9, 3e38):
            message(write(firmware, Reading(), temperature=value), "", hints.NOT_A_NUMBER)
            message(write(firmware, Reading(), humidity=value), "", hints.NOT_A_NUMBER)
        message(write(firmware, Reading(timestamp=0)), "", hints.UNKNOWN_TIME)
    with criterion("it writes nothing outside the memory that it was given", points=1):
        plain_first(firmware, world)
        fits(firmware, Reading())


def plain_first(firmware: Firmware, world: World) -> None:
    """Who does not write a plain reading has told nothing apart; what is wrong with it, the first criterion says."""
    plain = write(firmware, Reading()).quietly()
    world.expect(plain == {"inside": True, "text": Reading().message}, expected="the message of a plain reading first",
                 found="it is not right yet (see above), so nothing else was asked here", advice="mend that first.")


def write(firmware: Firmware, reading: Reading, *, capacity: int = ROOM, **values: float) -> Outcome:
    """Let the student write a message.

    Args:
        firmware: the student's telemetry.cpp.
        reading: what is measured.
        capacity: bytes of memory.
        values: `temperature` and `humidity` that are no tenths.
    """
    temperature = values.get("temperature", reading.temperature / 10)
    humidity = values.get("humidity", reading.humidity / 10)
    shown = (f'write_telemetry("{reading.node_id}", {{timestamp {reading.timestamp}, temperature {temperature:.9g}, '
             f"humidity {humidity:.9g}, wifi_rssi {reading.rssi}, uptime {reading.uptime}}}, out, {capacity})")
    return firmware.call("write_telemetry", reading.node_id, reading.timestamp, float(temperature), float(humidity),
                         reading.rssi, reading.uptime, capacity, shown=shown)


def fits(firmware: Firmware, reading: Reading) -> None:
    """A message fits into memory of its own length, and into no smaller one."""
    length = len(reading.message)
    other = telemetry_hint(reading.message)
    message(write(firmware, reading), reading.message, other)
    message(write(firmware, reading, capacity=length), reading.message,
            lambda said: hints.EXACT_FIT if said in {"", reading.message[:-1]} else other(said))
    for capacity in (length - 1, length - 2, length // 2, 40, 20, 1, 0):
        message(write(firmware, reading, capacity=capacity), "", hints.HALF_MESSAGE)


# 3.2


@exercise("03.2", points=4, title="Read a command",
          functions=("parse_command(std::string_view message, Command& command) -> Reason",
                     "find_action(std::string_view name, Action& action) -> Reason",
                     "parse_set_led(const JsonValue& params, LedCommand& led) -> Reason"))
def command(student: Student, world: World) -> None:
    """A message from somebody else."""
    firmware = Firmware(student, "command.cpp")
    with criterion("a command is taken apart, a malformed one is refused with a reason", points=2):
        for case in (*GOOD_COMMANDS, *BAD_COMMANDS):
            parsed(firmware, case)
        refused(parse(firmware, TWICE), "command", hints.REFUSE_FORM)
        refused(parse(firmware, f'{{"command": "restart", "x": "{"x" * 1_024}"}}'), "", hints.TOO_LONG)
        # Last, since it would hide every other fault.
        parsed(firmware, GOOD_COMMANDS[1], used=True)
    with criterion("a name is an action, or unknown", points=1):
        first = world.random.randrange(len(ACTIONS))
        for number in (*range(first, len(ACTIONS)), *range(first)):
            found = firmware.call("find_action", ACTIONS[number], (number + 1) % len(ACTIONS), shown=(ACTIONS[number],))
            accepted(found, hints.ACTION_NAMES)
            member(found, "action", f"action, as a number of the enumeration ({ACTIONS[number]}),", number,
                   hints.ACTION_NAMES)
        for name in ("dance", "set_led2", "Set_led", "set_le", "", "restart "):
            unknown(firmware, name)
    with criterion("set_led takes on, off and 0 to 255; a refused one changes nothing", points=1):
        for led in (*GOOD_LEDS, *BAD_LEDS):
            lamp(firmware, led)


def parse(firmware: Firmware, text: str, *, used: bool = False) -> Outcome:
    """Let the student read a command.

    Args:
        firmware: the student's command.cpp.
        text: the message.
        used: whether `command` has held another one before.
    """
    found = firmware.call("parse_command", text, used, shown=(text,))
    if used:
        found.call_text += ", into a command that holds an earlier message"
    return found


def parsed(firmware: Firmware, case: Command, *, used: bool = False) -> None:
    """Demand what must come of a command; see `parse`."""
    found = parse(firmware, case.text, used=used)
    if case.reason:
        refused(found, case.reason, case.hint)
    else:
        accepted(found, case.hint)
        member(found, "params", "the text of command.params", case.params, hints.REFUSE_FORM)
    wrong = hints.READ_BEFORE_REFUSING if case.reason else hints.REFUSE_FORM
    for key, expected in (("id", case.id), ("command", case.name)):
        member(found, key, f"command.{key}", expected,
               lambda said: hints.LEFT_OVERS if said == "left-over" else wrong)


def unknown(firmware: Firmware, name: str) -> None:
    """A name that is no action is refused, and changes nothing."""
    found = firmware.call("find_action", name, 1, shown=(name,))
    refused(found, name, hints.ACTION_NAMES)
    member(found, "action", "action, which was 1 before and stays,", 1, hints.ACTION_NAMES)


def lamp(firmware: Firmware, led: Led) -> None:
    """Demand what must come of a lamp that is off with brightness 40."""
    shown = f"parse_set_led({led.params or 'nothing'}, led) for a lamp that is off, brightness 40"
    found = firmware.call("parse_set_led", led.params, False, 40, shown=shown)
    if led.reason:
        refused(found, led.reason, led.hint)
    else:
        accepted(found, lambda said: hints.STATE_REFUSED if "state" in said.lower() else led.hint)
    changed = hints.ALL_OR_NOTHING if led.reason else led.hint
    member(found, "on", "led.on", led.on, changed)
    member(found, "brightness", "led.brightness", led.brightness, changed)


# 3.3


@exercise("03.3", points=4, title="Come back after a failure",
          functions=("ceiling_ms(std::uint32_t failures) -> std::uint32_t", "may_try(std::uint64_t now) -> bool",
                     "connected(std::uint64_t now) -> void", "failed(std::uint64_t now) -> void",
                     "tick(std::uint64_t now) -> void"))
def backoff(student: Student, world: World) -> None:
    """A state machine with a clock and a chance from outside."""
    firmware = Firmware(student, "backoff.cpp")
    with criterion("each state follows from the one before, as in the drawing", points=1):
        walk(firmware, world, Limits(), WALK)
        on_the_dot(firmware, world, Limits())
    with criterion("the wait doubles with each failure, up to the cap", points=1):
        grows(firmware, Limits())
        grows(firmware, Limits(base=1, cap=2**31))
        grows(firmware, Limits(base=4_000_000_000, cap=2**32 - 1))
        grows(firmware, Limits(base=5_000, cap=1_000))
        longest = max(waits(firmware, world, Limits(cap=8_000), failures=6, count=60))
        world.expect(4_000 < longest <= 8_000, expected="waits of up to 8000 ms after 6 failures, the cap",
                     found=f"a wait of {longest} ms", hint=hints.CAPPED)
        longest = max(waits(firmware, world, Limits(), failures=45, count=20))
        world.expect(longest <= 60_000, expected="waits of at most 60000 ms after 45 failures",
                     found=f"a wait of {longest} ms", hint=hints.CAPPED)
    with criterion("each wait from 0 to the ceiling is as likely as the others", points=1):
        jitters(firmware, world, ceiling=3)
        jitters(firmware, world, ceiling=1)
    with criterion("failures are counted anew only after a session that held", points=1):
        walk(firmware, world, Limits(), held(Limits(), fails=3))
        short = Limits(base=200, cap=5_000, hold=700)
        walk(firmware, world, short, held(short, fails=world.random.randint(1, 6)))


def chances(world: World, count: int) -> list[int]:
    """Draw what the port Random would give."""
    return [world.random.getrandbits(32) for _ in range(count)]


def run(firmware: Firmware, limits: Limits, random: Sequence[int], steps: Sequence[Step]) -> Outcome:
    """Let a backoff do steps; the value is a trace: what each answered, state, failures and due afterwards."""
    calls = [[step.call, step.now] for step in steps]
    made = firmware.call("run", limits.base, limits.cap, limits.hold, list(random), calls,
                         shown=f"{'; '.join(map(str, steps[:4]))}{'; …' if len(steps) > 4 else ''}")
    if made.error is None:
        made.satisfies(lambda value: is_trace(value, len(steps), {bool, NoneType}, {int}, {int}, {int}),
                       f"a trace of {len(steps)} steps", of_cpp(hints.STATES))
    return made


def is_trace(value: Any, count: int, *kinds: set[type[Any]]) -> bool:
    """Whether an answer is a list of so many steps, each with one value of each kind: a program may say anything.

    Args:
        value: the answer.
        count: how many steps it must have.
        kinds: the types that each value of a step may have.
    """
    return type(value) is list and len(value) == count and all(
        type(step) is list and len(step) == len(kinds)
        and all(type(each) in kind for each, kind in zip(step, kinds, strict=True)) for step in value)


def _state(number: int) -> str:
    return STATES[number] if 0 <= number < len(STATES) else str(number)


def walk(firmware: Firmware, world: World, limits: Limits, steps: Sequence[Step]) -> None:
    """Demand state and count after each step."""
    trace = run(firmware, limits, chances(world, 8), steps).succeeds(hint=of_cpp(hints.STATES)).value
    for number, (step, (said, state, failures, _due)) in enumerate(zip(steps, trace, strict=True)):
        where = f"Backoff({limits.base}, {limits.cap}, {limits.hold} ms), step {number + 1}: {step}"
        name = _state(state)
        world.expect(step.said is None or said is step.said, hint=step.hint, found=f"{said} from {where}",
                     expected=f"{str(step.said).lower()}, and then the state {step.state}")
        world.expect(name == (step.state or name), expected=f"state {step.state}", found=f"{name} after {where}",
                     hint=step.hint)
        world.expect(step.failures in {None, failures}, expected=f"{step.failures} failures counted", hint=step.hint,
                     found=f"{failures} after {where}")


def on_the_dot(firmware: Firmware, world: World, limits: Limits) -> None:
    """Not one millisecond before the wait is over, and not one after."""
    random = chances(world, 1)
    first = [Step("may_try", 100, "TRYING"), Step("failed", 200)]
    trace = run(firmware, limits, random, first).succeeds(hint=of_cpp()).value
    due = trace[-1][3]
    world.expect(200 <= due <= 200 + limits.base, expected=f"a wait of 0 to {limits.base} ms after failed(200)",
                 found=f"due() is {due}", hint=hints.CAPPED)
    if due > 200:
        early = [*first, Step("tick", due - 1, "WAITING", 1), Step("may_try", due - 1, "WAITING", 1, said=False)]
        calls = [*early, Step("tick", due, "READY", 1)]
        found = run(firmware, limits, random, calls).succeeds(hint=of_cpp()).value
        for step, (said, state, _failures, _due) in zip(calls[2:], found[2:], strict=True):
            world.expect(_state(state) == step.state and said in {None, step.said}, hint=hints.TIME_HANDED_IN,
                         expected=f"state {step.state} at {step.now} ms, when due() is {due}",
                         found=f"{_state(state)} after {step}")
    now = [*first, Step("may_try", due, "TRYING", said=True)]
    said, state, *_ = run(firmware, limits, random, now).succeeds(hint=of_cpp()).value[-1]
    world.expect(said is True and _state(state) == "TRYING", expected=f"may_try({due}) is true, when due() is {due}",
                 found=f"{said}, state {_state(state)}", hint=hints.TIME_HANDED_IN)


def grows(firmware: Firmware, limits: Limits) -> None:
    """Demand the ceiling after so many failures."""
    with_limits = f"with base {limits.base} ms and cap {limits.cap} ms"
    for counts in ([*range(12), 30, 31, 32, 33, 40, 63, 64, 65], [1_000], [2**32 - 1]):
        several = ", ceiling_ms(1), …" if len(counts) > 1 else ""
        found = firmware.call("ceilings", limits.base, limits.cap, limits.hold, counts,
                              shown=f"ceiling_ms({counts[0]}){several} {with_limits}")
        found.succeeds(hint=_too_many if counts[0] > 1_000 else of_cpp())
        for position, count in enumerate(counts):
            one = found.item(position)
            one.call_text = f"ceiling_ms({count}) {with_limits}"
            one.gives(limits.ceiling(count), hint=of_cpp(hints.CAPPED))


def _too_many(found: Any) -> Hint | None:
    return hints.TOO_MANY_TURNS if getattr(found, "type", "") == "EndlessLoop" else of_cpp()(found)


def waits(firmware: Firmware, world: World, limits: Limits, *, failures: int, count: int) -> list[int]:
    """Return the last wait of each of `count` backoffs that failed so often."""
    found = firmware.call("delays", limits.base, limits.cap, limits.hold, chances(world, 1_000), failures, count,
                          shown=f"the wait after {failures} failures, {count} times")
    said: list[int] = found.satisfies(lambda value: is_trace([[each] for each in value], count, {int}),
                                      "a wait each time", of_cpp(hints.CAPPED)).value
    return said


def jitters(firmware: Firmware, world: World, *, ceiling: int) -> None:
    """Demand that each wait is as likely as the others, within what chance allows."""
    times = 1_000
    found = Counter(waits(firmware, world, Limits(base=ceiling, cap=ceiling), failures=1, count=times))
    fair = times / (ceiling + 1)
    told = ", ".join(f"{wait} ms {found[wait]} times" for wait in sorted(found)[:6])
    # Eight standard deviations and more: chance does not fail anybody.
    good = set(found) == set(range(ceiling + 1)) and all(abs(found[wait] - fair) < 130 for wait in found)
    world.expect(good, expected=f"waits of 0 to {ceiling} ms, each about {fair:.0f} times of {times}", found=told,
                 hint=hints.FULL_JITTER)


# 3.4


@exercise("03.4", points=4, title="Keep readings while the broker is away", services=("mqtt",), limit=15,
          functions=("push(const Item& item) -> bool", "remove(std::uint32_t number) -> bool",
                     "at(std::size_t index) -> Item&", "remove_oldest() -> void"))
def ring_buffer(student: Student, world: World) -> None:
    """A queue that forgets the oldest, alone and in a node."""
    firmware = Firmware(student, "ring_buffer.hpp")
    with criterion("readings come out in the order in which they went in", points=1):
        steps = [("push", number * 11) for number in range(1, 4)] + [("remove", 0), ("remove", 1)]
        ring(firmware, world, 5, [*steps, *(("push", number) for number in range(7, 10))])
        ring(firmware, world, 8, [(step, value) for number in range(30)
                                  for step, value in (("push", number), ("push", -number), ("remove", 2 * number),
                                                      ("remove", 2 * number + 1))])
    with criterion("a full buffer gives up its oldest reading, and only that", points=1):
        ring(firmware, world, 3, [("push", number) for number in range(8)])
        ring(firmware, world, 1, [("push", 5), ("push", 6), ("remove", 1), ("push", 7)])
        ring(firmware, world, 720, [("push_many", 719), ("push", 1), ("push", 2), ("push_many", 2_000)])
    with criterion("a reading is removed by its number, and by no other", points=1):
        ring(firmware, world, 3, [("remove", 0), ("push", 1), ("remove", 1), ("remove", 0), ("remove", 0),
                                  ("remove", 1), ("push", 2), ("push", 3), ("push", 4), ("remove", 3), ("push", 5),
                                  ("remove", 1), ("remove", 2), ("remove", 2**32 - 1)])
    so_far = recorder()
    alone = so_far is not None and all(line.state == "passed" for line in so_far.criteria)
    with criterion("a node loses no reading and doubles none while the broker is away", points=1):
        world.expect(alone, expected="a buffer that does what stands above", advice="mend that first.",
                     found="it does not do it yet, so no node was started with it")
        outage(student, world, down_for=5.0)


def ring(firmware: Firmware, world: World, capacity: int, steps: Sequence[tuple[str, int]]) -> None:
    """Let a buffer do steps, and compare each trace with what a list does."""
    model = Ring(capacity)
    name = f"RingBuffer<int, {capacity}>"
    told = "; ".join(f"{step}({value})" for step, value in steps[:4])
    found = firmware.call("run", capacity, [list(step) for step in steps], shown=f"{name}: {told}; …")
    found.satisfies(lambda value: _is_ring_trace(value, len(steps)), f"a trace of {len(steps)} steps",
                    of_cpp(hints.RING_ORDER))
    for number, ((step, value), trace) in enumerate(zip(steps, found.value["trace"], strict=True)):
        expected = model.do(step, value)
        world.expect(trace == expected, expected=_held(expected), hint=ring_hint(step, expected, trace),
                     found=f"{_held(trace)} after step {number + 1} of {name}: {step}({value})")
    world.expect(found.value["heap"] == 0, expected="no memory of the heap", hint=hints.NO_HEAP,
                 found=f"{found.value['heap']} requests for memory in {len(steps)} steps of {name}")


def _is_ring_trace(value: Any, count: int) -> bool:
    trace = value["trace"]
    return type(value["heap"]) is int and is_trace(trace, count, {bool}, {int}, {int}, {list}, {int, NoneType}) and all(
        type(item) is int for step in trace for item in step[3])


def _held(trace: Sequence[Any]) -> str:
    """A trace in words."""
    said, size, number, items, _oldest = trace
    shown = ", ".join(map(str, items[:8])) + (f", … ({size} items)" if size > 8 else "")
    return f"answer {str(said).lower()}, items [{shown}]" + (f", the oldest is number {number}" if size else "")
