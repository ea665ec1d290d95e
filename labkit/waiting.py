"""The one waiting loop of the package: everything that must be asked until it is so, is asked here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(ready: Callable[[], T], timeout: float, *, what: str, first: float = 0.002, most: float = 0.1) -> T:
    """Ask until the answer is true.

    The pause between two questions grows, so a quick answer is noticed at once and a slow one costs no processor.

    Args:
        ready: the question. Its first true answer is the result.
        timeout: how long to go on asking, in seconds.
        what: what is being waited for, for the message.
        first: the first pause, in seconds.
        most: the longest pause, in seconds.

    Raises:
        TimeoutError: the answer was still not true after `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    pause = first
    while not (answer := ready()):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"{what}: not within {timeout:g} s")
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, most)
    return answer
