"""Runs in a room in place of the judge: makes capsules and runs code in them, as it is told on its line.

A room has no folder of tests, so its text is given to Python with `-c`.
"""

from __future__ import annotations

import base64
import contextlib
import os
import queue
import re
import socket
import threading
import time
from pathlib import Path
from typing import Any

from jupyter_client.blocking import BlockingKernelClient

from grader.capsule.channel import Channel
from grader.capsule.launcher import Kernel, launcher
from grader.capsule.plain import PlainLauncher
from grader.submission import Limits
from labkit.waiting import wait_until

READY = 60.0
SHARED = {"bubblewrap": Path("/run/capsules"), "docker": Path("/run/kernel")}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Student:
    """A kernel and a client of it."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.client = BlockingKernelClient(connection_file=str(kernel.connection_file))
        self.client.load_connection_file()
        self.client.start_channels(hb=False, stdin=False)
        deadline = time.monotonic() + READY
        while time.monotonic() < deadline:
            self.client.kernel_info()
            self.client.get_shell_msg(timeout=READY)
            # The subscription may be later than the answer: what is published before it is lost.
            with contextlib.suppress(queue.Empty):
                self.client.get_iopub_msg(timeout=0.5)
                break

    def run(self, code: str, timeout: float) -> dict[str, Any]:
        """Run a cell; what it printed and raised, and whether it ended."""
        asked = self.client.execute(code, allow_stdin=False)
        said, deadline = "", time.monotonic() + timeout
        while time.monotonic() < deadline and self.kernel.running():
            try:
                message = self.client.get_iopub_msg(timeout=0.2)
            except Exception:
                continue
            if message["parent_header"].get("msg_id") != asked:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                said += content["text"]
            elif message["msg_type"] == "error":
                said += "\n".join(content["traceback"])
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return {"text": _COLOUR.sub("", said), "ended": True}
        return {"text": _COLOUR.sub("", said), "ended": False}


def answer(students: dict[str, Student], makes: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Do one thing."""
    match asked["do"]:
        case "start":
            files = {name: base64.b64decode(text) for name, text in asked["files"].items()}
            kernel = makes.start(files, asked["environment"], Limits(**asked["limits"]))
            students[asked["name"]] = Student(kernel)
            return {}
        case "run":
            return students[asked["name"]].run(asked["code"], asked["timeout"])
        case "died":
            kernel = students[asked["name"]].kernel
            wait_until(lambda: not kernel.running(), asked["timeout"], what="the kernel ends")
            return {}
        case "stop":
            student = students.pop(asked["name"])
            student.client.stop_channels()
            started = time.monotonic()
            student.kernel.stop()
            student.kernel.stop()
            found = [[incident.kind, incident.text] for incident in student.kernel.incidents()]
            return {"incidents": found, "seconds": time.monotonic() - started, "running": student.kernel.running()}
        case "look":
            return {
                "processes": [_command(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()],
                "sockets": sorted(path.name for path in SHARED[os.environ["GRADER_ROOM"]].iterdir()),
                "environment": dict(os.environ),
                "user": [os.getuid(), Path("/proc/self/status").read_text(encoding="ascii")],
                "files": {path: Path(path).exists() for path in asked["files"]},
            }
        case "cost":
            return cost(asked["times"])
        case "serve":
            return {"port": _serve()}
    raise ValueError(asked)


def cost(times: int) -> dict[str, Any]:
    """Run a hello notebook in a capsule and in a plain kernel, by turns; seconds of each."""
    ways: dict[str, Any] = {"capsule": launcher(None), "plain": PlainLauncher()}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(times):
        for name, way in ways.items():
            started = time.perf_counter()
            student = Student(way.start({}, {}, Limits()))
            assert student.run("print('hello')", READY) == {"text": "hello\n", "ended": True}
            student.client.stop_channels()
            student.kernel.stop()
            found[name].append(time.perf_counter() - started)
    return found


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ")
    except OSError:
        return ""


def _serve() -> int:
    server = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        while True:
            peer, _ = server.accept()
            peer.sendall(b"a service of the room")
            peer.close()

    threading.Thread(target=greet, daemon=True).start()
    port: int = server.getsockname()[1]
    return port


def main() -> None:
    """Answer line by line."""
    channel, students = Channel.take(), {}
    makes = launcher(channel)
    while True:
        asked = channel.hear()
        try:
            channel.say({"answer": answer(students, makes, asked)})
        except Exception as error:
            channel.say({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
