"""Starts processes that die with this one.

Linux sends the parent-death signal when the *thread* that forked ends, not the process. So all of them are forked by
one thread that lives as long as the process.
"""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from functools import cache
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_Order = tuple[list[str], dict[str, Any], "Future[subprocess.Popen[bytes]]"]


def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a process as `subprocess.Popen` does. The kernel kills it when this process ends, however it ends.

    On systems other than Linux nothing kills it: close its standard input to tell it.

    Args:
        command: the program and its arguments.
        **options: as `Popen` takes them.

    Raises:
        OSError: the program could not be started.
    """
    started: Future[subprocess.Popen[bytes]] = Future()
    _orders().put((command, options, started))
    return started.result()


@cache
def _orders() -> queue.SimpleQueue[_Order]:
    orders: queue.SimpleQueue[_Order] = queue.SimpleQueue()
    threading.Thread(target=_serve, args=(orders,), name="grader-starter", daemon=True).start()
    return orders


def _serve(orders: queue.SimpleQueue[_Order]) -> None:
    die_with_us = _die_with_us()
    while True:
        command, options, started = orders.get()
        try:
            process: Any = subprocess.Popen(command, preexec_fn=die_with_us, **options)
            started.set_result(process)
        except BaseException as error:
            started.set_exception(error)


def _die_with_us() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    prctl = ctypes.CDLL(None).prctl

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return before_exec
