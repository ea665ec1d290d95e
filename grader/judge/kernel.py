"""A client of the student's kernel: executes cells and asks its host, and is always back in time.

Everything is bounded by the judge's own clock. What runs too long is interrupted; what does not end then is reported as
hanging, and the caller kills the capsule.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from grader.judge.messages import Channels, Message
from grader.judge.outputs import Output, Outputs
from labkit.checks.kernel_host import REPLY, REQUEST
from labkit.errors import KitError

STARTING = 60.0
"""Seconds in which a kernel must listen and answer: a loaded machine needs a few."""
LAST_WORDS = 3.0
"""Seconds that we wait for the end of a cell's outputs when the kernel says that the cell has ended."""
INTERRUPTS = (0.0, 1.0, 2.0)
"""Seconds after the limit at which the kernel is interrupted. A bare `except:` may swallow the first."""
GIVING_UP = 4.0
"""Seconds after the limit at which it hangs."""
_LOOK = 0.2
"""Seconds between two looks at whether the kernel still runs."""

_PREPARE = """
__import__("labkit.magics", fromlist=["register"]).register()
__import__("labkit.checks.kernel_host", fromlist=["install"]).install()
__import__("sys").modules.get("debugpy", ...) is None and __import__("sys").modules.pop("debugpy")
"""
"""It leaves no name behind. The kit may have been imported before there was a shell that can know `%%part`. The capsule
has kept the debugger out (`grader.capsule.boot`)."""

State = Literal["done", "late", "hangs", "dead"]


@dataclass(frozen=True, slots=True)
class Execution:
    """What came of a cell.

    Args:
        state: `"done"`; `"late"`, if it had to be interrupted; `"hangs"`, if that did not help; `"dead"`, if the kernel
            ended.
        outputs: what it showed, as in a notebook.
        error: type of the exception that ended it, empty if none did.
        cut: whether outputs were left out.
        size: about how many bytes the outputs have in the file.
    """

    state: State
    outputs: list[Output] = field(default_factory=list)
    error: str = ""
    cut: bool = False
    size: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question to the kernel's host.

    Args:
        state: as of an `Execution`.
        text: the answer; empty if none came.
        seconds: how long it took, by our clock.
    """

    state: State
    text: str
    seconds: float


class KernelClient:
    """Talks to one kernel.

    Args:
        connection_file: what the kernel was started with.
        alive: whether its process runs.

    Raises:
        KitError: it does not answer, or does not find the kit. No cell has run by then.
    """

    def __init__(self, connection_file: Path, alive: Callable[[], bool]) -> None:
        self._alive = alive
        self._shown: dict[str, list[Output]] = {}
        self._doubtful = False
        try:
            self._channels = Channels(connection_file, patience=STARTING, alive=alive)
        except TimeoutError as error:
            raise KitError(f"The student's kernel does not start: {error}.") from None
        try:
            self._greet(STARTING)
            self._prepare()
        except BaseException:
            self.close()
            raise

    @property
    def garbled(self) -> int:
        """How many messages could not be read."""
        return self._channels.garbled

    def close(self) -> None:
        """Close the connections."""
        self._channels.close()

    def _greet(self, patience: float) -> None:
        """Ask who it is until its answer and any output come: a subscription takes a moment to be in force."""
        until = time.monotonic() + patience
        answered = heard = False
        while not (answered and heard):
            if time.monotonic() > until or not self._alive():
                raise KitError(f"The student's kernel did not answer within {patience:g} s.")
            self._channels.send("shell", "kernel_info_request", {})
            again = time.monotonic() + 0.5
            while time.monotonic() < again and not (answered and heard):
                self._channels.wait(0.05)
                answered |= self._channels.receive("shell") is not None
                heard |= self._channels.receive("iopub") is not None

    def _prepare(self) -> None:
        ran = self.execute(_PREPARE, seconds=STARTING, budget=100_000, silent=True)
        if ran.state != "done" or ran.error:
            said = "; ".join(str(output.get("evalue", output.get("text", ""))) for output in ran.outputs)
            raise KitError(f"The student's kernel cannot load the kit: {ran.error} {said[:1000]}".strip())

    def execute(self, source: str, *, seconds: float, budget: int, silent: bool = False) -> Execution:
        """Execute a cell.

        Args:
            source: its text.
            seconds: longest wall time.
            budget: bytes that its outputs may have.
            silent: leave no trace in the history.
        """
        if self._doubtful:
            self._doubtful = not self._hears() and not self._channels.renew_output()
        self._channels.drop("iopub")
        outputs = Outputs(budget, self._shown)
        asked = self._channels.send("shell", "execute_request", {
            "code": source, "silent": silent, "store_history": not silent, "user_expressions": {},
            "allow_stdin": False, "stop_on_error": False,
        })
        reply: dict[str, Any] | None = None
        idle = False
        clock = _Clock(seconds)
        while not (reply is not None and idle):
            if reply is not None and (outputs.cut or clock.since("reply") > LAST_WORDS):
                # Too much at once: the kernel has thrown away what we did not take, or a frame was too large.
                self._doubtful = outputs.cut = True
                break
            if clock.gave_up() or not self._step(clock):
                break
            if outputs.cut and reply is None:
                self._channels.drop("iopub")  # a flood: nothing of it will be shown, so nothing of it is read
            else:
                idle |= self._listen(asked, outputs)
            if reply is None and (found := self._reply("execute_reply", asked)) is not None:
                reply = found.content
                clock.mark("reply")
        if reply is not None:
            self._settle(clock)
        if reply is not None and _leaves(reply):
            self._wait_for_end()
        if reply is None:
            self._listen(asked, outputs)
        if reply is None or not self._alive():
            return Execution("dead" if not self._alive() else "hangs", outputs.all(), "", outputs.cut, outputs.spent)
        failed = str(reply.get("ename", ""))[:100] if reply.get("status") == "error" else ""
        return Execution("late" if clock.late else "done", outputs.all(), failed, outputs.cut, outputs.spent)

    def _hears(self) -> bool:
        """Ask for a sign on the channel of outputs, which may have been closed."""
        asked = self._channels.send("shell", "kernel_info_request", {})
        until = time.monotonic() + LAST_WORDS
        while time.monotonic() < until and self._alive():
            self._channels.wait(_LOOK)
            while (message := self._channels.receive("iopub")) is not None:
                if message.parent == asked:
                    return True
            # The answer alone says nothing: outputs take another way.
            self._channels.receive("shell")
        return False

    def _settle(self, clock: _Clock) -> None:
        """Wait until the interrupts that were sent have come: one under way would hit the next call."""
        until = time.monotonic() + LAST_WORDS
        while clock.interrupted and time.monotonic() < until and self._alive():
            message = self._channels.receive("control")
            if message is None:
                self._channels.wait_control(_LOOK)
            elif message.kind == "interrupt_reply":
                clock.interrupted -= 1

    def _wait_for_end(self) -> None:
        """Wait for the end of a kernel that has said that it leaves (`exit()` in a cell)."""
        until = time.monotonic() + LAST_WORDS
        while self._alive() and time.monotonic() < until:
            self._channels.wait(_LOOK)

    def ask(self, content: dict[str, Any], *, seconds: float) -> Answer:
        """Ask the kernel's host.

        Args:
            content: see `labkit.checks.kernel_host`.
            seconds: longest wall time.
        """
        clock = _Clock(seconds)
        asked = self._channels.send("shell", REQUEST, content)
        while not clock.gave_up() and self._step(clock):
            self._channels.drop("iopub")
            if (reply := self._reply(REPLY, asked)) is not None:
                self._settle(clock)
                text = reply.content.get("answer")
                return Answer("late" if clock.late else "done", text if isinstance(text, str) else "", clock.seconds)
        return Answer("hangs" if self._alive() else "dead", "", clock.seconds)

    def _step(self, clock: _Clock) -> bool:
        """Wait a little, interrupt if it is time to; return False when the kernel is gone."""
        if clock.interrupt_now():
            self._channels.send("control", "interrupt_request", {})
        self._channels.wait(min(_LOOK, clock.until_next()))
        # What it said before it ended is still to be read, so one more round follows.
        return self._alive() or clock.last_round()

    def _listen(self, asked: str, outputs: Outputs) -> bool:
        """Take the outputs that wait, for a moment; return whether the cell's last one was among them."""
        until = time.monotonic() + 0.2
        while time.monotonic() < until and (message := self._channels.receive("iopub")) is not None:
            if message.parent == asked:
                if message.kind == "status" and message.content.get("execution_state") == "idle":
                    return True
                outputs.take(message)
        return False

    def _reply(self, kind: str, asked: str) -> Message | None:
        until = time.monotonic() + 0.2
        while time.monotonic() < until and (message := self._channels.receive("shell")) is not None:
            if message.parent == asked and message.kind == kind:
                return message
        return None


def _leaves(reply: dict[str, Any]) -> bool:
    """Whether the kernel ends after this cell (payload `ask_exit`)."""
    payload = reply.get("payload")
    return isinstance(payload, list) and any(
        isinstance(item, dict) and item.get("source") == "ask_exit" and item.get("keepkernel") is False
        for item in payload)


class _Clock:
    """The time that one request may take.

    Args:
        limit: longest wall time, in seconds.
    """

    def __init__(self, limit: float) -> None:
        self._began = time.monotonic()
        self._limit = max(limit, 0.0)
        self._interrupts = list(INTERRUPTS)
        self._marks: dict[str, float] = {}
        self._rounds = 1
        self.late = False
        self.interrupted = 0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def mark(self, name: str) -> None:
        self._marks[name] = time.monotonic()

    def since(self, name: str) -> float:
        return time.monotonic() - self._marks[name]

    def interrupt_now(self) -> bool:
        if not self._interrupts or self.seconds < self._limit + self._interrupts[0]:
            return False
        self._interrupts.pop(0)
        self.late = True
        self.interrupted += 1
        return True

    def until_next(self) -> float:
        after = self._interrupts[0] if self._interrupts else GIVING_UP
        return max(self._limit + after - self.seconds, 0.001)

    def gave_up(self) -> bool:
        return self.seconds > self._limit + GIVING_UP

    def last_round(self) -> bool:
        self._rounds -= 1
        return self._rounds >= 0
