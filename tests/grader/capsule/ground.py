"""A room whose judge is `in_room.py`, and capsules in it, for tests of what code in a capsule can do."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from grader.capsule.makers import Maker

IN_ROOM = Path(__file__).with_name("in_room.py").read_text(encoding="utf-8")
COMMAND = (sys.executable, "-c", IN_ROOM)
"""Program of the room."""
GUARD = 60.0
"""How long a cell may take, in seconds: against hanging only."""


@dataclass
class Stopped:
    """What a capsule's launcher says when it has been stopped."""

    incidents: list[list[str]]
    seconds: float
    running: bool

    @property
    def kinds(self) -> list[str]:
        """The kinds of its incidents."""
        return [kind for kind, _ in self.incidents]


class Ground:
    """A room.

    Args:
        maker: makes it.
        process: the room.
    """

    def __init__(self, maker: Maker, process: subprocess.Popen[bytes]) -> None:
        self._maker = maker
        self.course_root = maker.course_root
        self.process = process
        self._numbers = 0

    def ask(self, **asked: Any) -> dict[str, Any]:
        """Have `in_room.py` do one thing."""
        self._say(asked)
        while True:
            line = _open(self.process.stdout).readline()
            if not line:
                errors = _open(self.process.stderr).read().decode(errors="replace")
                raise AssertionError(f"the room ended with status {self.process.wait()}: {errors[-3000:]}")
            said = json.loads(line)
            if "need" in said:
                self._say(self._maker.answer(said))
            elif "error" in said:
                raise AssertionError(said["error"])
            else:
                answer: dict[str, Any] = said["answer"]
                return answer

    def _say(self, message: dict[str, Any]) -> None:
        pipe = _open(self.process.stdin)
        pipe.write(json.dumps(message).encode() + b"\n")
        pipe.flush()

    def capsule(
        self, *, files: Mapping[str, bytes] | None = None, environment: Mapping[str, str] | None = None, **limits: Any
    ) -> Cell:
        """Start a capsule."""
        self._numbers += 1
        name = str(self._numbers)
        coded = {path: base64.b64encode(content).decode() for path, content in (files or {}).items()}
        self.ask(do="start", name=name, files=coded, environment=dict(environment or {}), limits=limits)
        return Cell(self, name)

    def look(self, *files: str) -> dict[str, Any]:
        """Look at the room."""
        return self.ask(do="look", files=list(files))

    def close(self) -> None:
        """End the room."""
        self._maker.end(self.process)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            _open(pipe).close()


class Cell:
    """A capsule.

    Args:
        ground: its room.
        name: its name there.
    """

    def __init__(self, ground: Ground, name: str) -> None:
        self._ground = ground
        self._name = name

    def run(self, code: str) -> str:
        """Run a cell to its end, and return what it printed and raised."""
        found = self._ground.ask(do="run", name=self._name, code=code, timeout=GUARD)
        assert found["ended"], f"the cell did not end: {found['text']}"
        return str(found["text"]).strip()

    def dies_of(self, code: str) -> None:
        """Run a cell that its kernel does not survive."""
        self._ground.ask(do="run", name=self._name, code=code, timeout=GUARD)
        self._ground.ask(do="died", name=self._name, timeout=GUARD)

    def begin(self, code: str, seconds: float = 1.0) -> None:
        """Run a cell that does not end, for a while."""
        found = self._ground.ask(do="run", name=self._name, code=code, timeout=seconds)
        assert not found["ended"], found["text"]

    def stop(self) -> Stopped:
        """Stop it."""
        return Stopped(**self._ground.ask(do="stop", name=self._name))


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
