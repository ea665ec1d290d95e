"""The virtual board as a process, a broker that can be killed, and a listener."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from labkit.services.process import Process, private_directory
from labkit.waiting import wait_until
from tests.conftest import MOSQUITTO


class Mosquitto:
    """Mosquitto on a free port, with its memory on disk: it may be killed and started again.

    Its guardian ends it when the tests are killed.

    Args:
        folder: empty; configuration and memory go there.
        more: further lines of its configuration.
    """

    def __init__(self, folder: Path, more: str = "allow_anonymous true") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._configuration = folder / "mosquitto.conf"
        # Every change is written at once: who was subscribed is still known after a kill -9.
        self._configuration.write_text(
            f"listener {self.port} 127.0.0.1\npersistence true\npersistence_location {folder}/\n"
            f"autosave_on_changes true\nautosave_interval 1\nuser root\n{more}\n"
        )
        self._process: Process | None = None

    def start(self) -> None:
        self._process = Process([str(MOSQUITTO), "-c", str(self._configuration)], private_directory())
        wait_until(self._answers, 60, what="Mosquitto")

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            wait_until(lambda: self._process is None or self._process.exit_code() is not None, 60, what="its end")
            self._process.stop()
            self._process = None


class Listener:
    """Hears everything under `iot/`; its session outlives a restart of the broker."""

    def __init__(self, port: int, name: str = "listener", username: str = "", password: str = "") -> None:
        self.messages: list[tuple[str, bytes, bool]] = []
        self._subscribed = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        self.client.reconnect_delay_set(1, 1)
        if username:
            self.client.username_pw_set(username, password)
        self.client.on_connect = lambda client, *_: client.subscribe("iot/#", qos=1)
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = lambda _client, _userdata, message: self.messages.append(
            (message.topic, bytes(message.payload), message.retain)
        )
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._subscribed.wait(60)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def of(self, topic: str) -> list[dict[str, Any]]:
        """The messages that came on a topic, parsed."""
        return [json.loads(payload) for name, payload, _ in list(self.messages) if name == topic]

    def wait(self, topic: str, wanted: Callable[[list[dict[str, Any]]], Any], timeout: float = 60) -> Any:
        """Wait until the messages of a topic are as wanted; returns what `wanted` returned."""
        try:
            return wait_until(lambda: wanted(self.of(topic)), timeout, what=topic)
        except TimeoutError as error:
            raise AssertionError(f"{error}; so far {self.of(topic)[-3:]}") from None

    def command(self, node_id: str, command: str | bytes, *, retain: bool = False) -> dict[str, Any]:
        """Send a command and wait for the next acknowledgement."""
        topic = f"iot/node/{node_id}/status"
        before = len(acknowledgements(self.of(topic)))
        self.client.publish(f"iot/node/{node_id}/command", command, qos=1, retain=retain)
        found: dict[str, Any] = self.wait(topic, lambda seen: acknowledgements(seen)[before:])[0]
        return found


def acknowledgements(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message["ack"] for message in messages if "ack" in message]


class Boards:
    """`firmware/build/node` as a process."""

    def __init__(self, program: Path, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [str(program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self.lines: list[dict[str, Any]] = []
        self.complaints: list[str] = []
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            threading.Thread(target=self._follow, args=(self._process.stdout, self._said)),
            threading.Thread(target=self._follow, args=(self._process.stderr, self.complaints.append)),
        ]
        for reader in self._readers:
            reader.start()

    def _said(self, line: str) -> None:
        self.lines.append(json.loads(line))

    @staticmethod
    def _follow(stream: Any, take: Callable[[str], None]) -> None:
        with stream:
            for line in stream:
                take(line)

    def ready(self) -> dict[str, Any]:
        """Wait until all boards hear commands."""
        return wait_until(lambda: next((line for line in self.lines if "ready" in line), {}), 60, what="ready boards")

    def say(self, line: str) -> None:
        """Write a line to the standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """End it without a word, if it still runs."""
        self._process.kill()
        self._end()

    def stop(self) -> dict[str, Any]:
        """SIGTERM; returns what it counted."""
        self._process.send_signal(signal.SIGTERM)
        code = self._end()
        assert code == 0, self.complaints
        return self.lines[-1]

    def _end(self) -> int:
        code = self._process.wait(60)
        for reader in self._readers:
            reader.join(60)
        assert self._process.stdin is not None
        self._process.stdin.close()
        return code
