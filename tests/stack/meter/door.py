"""A way to a server that can be shut: an outage, as its clients see it, of a server that all tests share."""

from __future__ import annotations

import contextlib
import socket
import threading

from labkit.waiting import wait_until


class Door:
    """Passes connections on to a server. Shut, it breaks them and refuses new ones, as when the server dies."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self.port = 0
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(64)
        self.port = self._listener.getsockname()[1]  # chosen once, and kept
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._thread.start()

    def shut(self) -> None:
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._thread.join(60)
            self._listener = None
        with self._lock:
            for each in list(self._open):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        wait_until(lambda: not self._open, 60, what="the connections end")

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(self._target, 5)
                with self._lock:
                    self._open |= {here, there}
                both = [
                    threading.Thread(target=self._pass, args=pair, daemon=True)
                    for pair in ((here, there), (there, here))
                ]
                for each in both:
                    each.start()
                threading.Thread(target=self._end, args=(both, here, there), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _end(self, both: list[threading.Thread], *sockets: socket.socket) -> None:
        for each in both:
            each.join()
        with self._lock:
            for one in sockets:
                one.close()
                self._open.discard(one)
