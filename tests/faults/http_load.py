"""Load on an HTTP interface that knows what was acknowledged, and what was answered meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import requests

from labkit.waiting import wait_until
from tests.faults.load import RATE

_AT_ONCE = 10
"""Numbers in one request."""
_AGAIN = 0.1
"""Seconds after which a request that was not served is sent again."""
_PATIENCE = 15.0

Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Args:
        moment: when the request was sent (time.monotonic).
        path: where to.
        status: of the answer; 0 for none.
        retry_after: the header; empty when there was none.
    """

    moment: float
    path: str
    status: int
    retry_after: str


class HttpLoad:
    """A client that counts up, and sends again what was not acknowledged with 2xx.

    Args:
        url: of the interface.
        write: path and body that store some numbers; the same ones twice store them once.
        others: path and body of what is sent in between, once for each request that writes, whatever is answered.
        first: the first number.
    """

    def __init__(self, url: str, write: Callable[[range], tuple[str, Body]], others: list[tuple[str, Body]],
                 first: int) -> None:
        self._url, self._write, self._others = url, write, others
        self._next = first
        self._acknowledged: dict[int, float] = {}
        self.answers: list[Answer] = []
        self._ending, self._abandoned = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="http-load", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with requests.Session() as session:
            while not self._ending.wait(_AT_ONCE / RATE):
                numbers = range(self._next, self._next + _AT_ONCE)
                while not 200 <= self._post(session, *self._write(numbers)) < 300:
                    if self._abandoned.wait(_AGAIN):
                        return
                self._acknowledged |= dict.fromkeys(numbers, time.monotonic())
                for path, body in self._others:
                    self._post(session, path, body)
                self._next = numbers.stop

    def _post(self, session: requests.Session, path: str, body: Body) -> int:
        moment = time.monotonic()
        try:
            answer = session.post(self._url + path, json=body, timeout=_PATIENCE)
            self.answers.append(Answer(moment, path, answer.status_code, answer.headers.get("Retry-After", "")))
        except requests.RequestException:
            self.answers.append(Answer(moment, path, 0, ""))
        return self.answers[-1].status

    def wait(self, messages: int) -> None:
        """Wait until so many more were acknowledged."""
        enough = self._next + messages
        wait_until(lambda: self._next >= enough, 60, what=f"{messages} messages")

    def stop(self) -> dict[int, float]:
        """End when all is acknowledged; gives the moment of each acknowledgement, by number."""
        self._ending.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), f"the last request was not served within 60 s: {self.answers[-1]}"
        return self._acknowledged

    def abandon(self) -> None:
        """End now, whatever is acknowledged. Safe to call after `stop`."""
        self._ending.set()
        self._abandoned.set()
        self._thread.join()
