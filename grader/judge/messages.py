"""The judge's end of a kernel's channels, with nothing believed that comes through them.

Whoever runs code in the kernel knows its key, so a signature proves nothing: a message counts if it answers a request
of ours (its parent is the random id of that request) and has the shape that the protocol asks for. What does not is
dropped and counted. Protocol: https://jupyter-client.readthedocs.io/en/stable/messaging.html, version 5.3.
"""

from __future__ import annotations

import contextlib
import json
import socket
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import zmq
from jupyter_client.session import DELIM, Session

from labkit.errors import KitError
from labkit.waiting import wait_until

LARGEST = 16 << 20
"""Bytes of one frame. libzmq closes the connection on a larger one."""
QUEUED = 200
"""Messages that may wait in the queue of one channel."""
_CHANNELS = {"shell": zmq.DEALER, "control": zmq.DEALER, "iopub": zmq.SUB}


@dataclass(frozen=True, slots=True)
class Message:
    """A message that has the right shape. Nothing else is known of it.

    Args:
        kind: its type, such as `"stream"`.
        parent: id of the request that it says to answer.
        content: what it says.
    """

    kind: str
    parent: str
    content: dict[str, Any]


class Channels:
    """Connections to one kernel over Unix sockets.

    They are made before any code of a student runs, and never again by themselves: a path in the shared folder may
    later lead elsewhere.

    Args:
        connection_file: what the kernel was started with; transport `ipc`.
        patience: how long it may take to listen, in seconds.
        alive: whether the kernel's process runs.

    Raises:
        KitError: the kernel does not listen.
    """

    def __init__(self, connection_file: Path, *, patience: float, alive: Callable[[], bool]) -> None:
        about = json.loads(connection_file.read_text(encoding="utf-8"))
        if about["transport"] != "ipc":
            raise KitError(f"The kernel's transport is {about['transport']!r}; a capsule's is ipc.")
        self.garbled = 0
        """Messages that could not be read."""
        self._paths = {name: f"{about['ip']}-{about[f'{name}_port']}" for name in _CHANNELS}
        wait_until(lambda: not alive() or all(_listens(path) for path in self._paths.values()), patience,
                   what="the kernel's sockets")
        if not alive():
            raise KitError("The kernel ended before it listened.")
        self._session = Session(key=about["key"].encode(), signature_scheme=about["signature_scheme"])
        self._context = zmq.Context()
        self._sockets = {name: self._connect(name) for name in _CHANNELS}
        self._poller = zmq.Poller()
        for name in ("shell", "iopub"):
            self._poller.register(self._sockets[name], zmq.POLLIN)

    def _connect(self, name: str) -> zmq.Socket[bytes]:
        made = self._context.socket(_CHANNELS[name])
        made.linger = 0
        made.set(zmq.RECONNECT_IVL, -1)
        made.set(zmq.MAXMSGSIZE, LARGEST)
        made.set(zmq.RCVHWM, QUEUED)
        if name == "iopub":
            made.subscribe(b"")
        else:
            made.identity = self._session.bsession
        made.connect(f"ipc://{self._paths[name]}")
        return made

    def renew_output(self) -> bool:
        """Connect to the channel of outputs anew: a frame beyond `LARGEST` has ended the connection.

        Returns:
            whether there is a socket at its place.
        """
        if not _is_socket(self._paths["iopub"]):
            return False
        self._poller.unregister(self._sockets["iopub"])
        self._sockets["iopub"].close(linger=0)
        self._sockets["iopub"] = self._connect("iopub")
        self._poller.register(self._sockets["iopub"], zmq.POLLIN)
        return True

    def send(self, channel: str, kind: str, content: dict[str, Any]) -> str:
        """Send a request, and never wait for it.

        Args:
            channel: `"shell"` or `"control"`.
            kind: the message's type.
            content: what it says.

        Returns:
            its id. If the kernel takes nothing any more, no answer will come.
        """
        message = self._session.msg(kind, content)
        # If nobody listens, the clock of whoever waits for the answer will tell.
        with contextlib.suppress(zmq.ZMQError):
            self._sockets[channel].send_multipart(self._session.serialize(message), flags=zmq.NOBLOCK)
        return str(message["header"]["msg_id"])

    def wait(self, seconds: float) -> None:
        """Wait until something may have come.

        Args:
            seconds: the longest time.
        """
        self._poller.poll(int(max(seconds, 0) * 1000) + 1)

    def wait_control(self, seconds: float) -> None:
        """Wait until something may have come on the control channel.

        Args:
            seconds: the longest time.
        """
        self._sockets["control"].poll(int(seconds * 1000))

    def receive(self, channel: str) -> Message | None:
        """Return the next message of a channel, None if there is none now. What cannot be read is dropped.

        Args:
            channel: `"shell"`, `"control"` or `"iopub"`.
        """
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            try:
                frames = self._sockets[channel].recv_multipart(flags=zmq.NOBLOCK)
            except zmq.ZMQError:
                return None
            if (message := read(frames)) is not None:
                return message
            self.garbled += 1
        return None

    def drop(self, channel: str) -> None:
        """Throw away what waits in a channel, for half a second at most."""
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            try:
                self._sockets[channel].recv_multipart(flags=zmq.NOBLOCK)
            except zmq.ZMQError:
                return

    def close(self) -> None:
        """Close the connections and forget what waits in them."""
        self._context.destroy(linger=0)


def read(frames: list[bytes]) -> Message | None:
    """Return the message that frames hold, None if they hold none.

    Args:
        frames: identities, a delimiter, signature, header, parent header, metadata, content, buffers.
    """
    try:
        begin = frames.index(DELIM)
        header, parent, _, content = (_json(frame) for frame in frames[begin + 2 : begin + 6])
        kind, about = header["msg_type"], parent.get("msg_id", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(kind, str) or not isinstance(about, str) or not isinstance(content, dict):
        return None
    return Message(kind, about, content)


def _json(frame: bytes) -> Any:
    return json.loads(frame.decode("utf-8"), parse_constant=_no_number)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).lstat().st_mode)
    except OSError:
        return False


def _listens(path: str) -> bool:
    if not _is_socket(path):
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True
