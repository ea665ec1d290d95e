"""Runs a service: settings, logs, a worker, its HTTP server, and a clean end."""

from __future__ import annotations

import json
import random
import signal
import sys
import threading
from collections.abc import Callable
from typing import Protocol

from stack.runtime import logs
from stack.runtime.parts import PartError
from stack.runtime.settings import S, SettingsError, load
from stack.runtime.stage import Stage
from stack.runtime.web import Server

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds between two attempts to start


class Worker(Protocol):
    """What a service does. An attribute `app` holds its WSGI or ASGI application, if it has one."""

    def start(self) -> None:
        """Begin, and return. It may raise ConnectionError while something is not there yet: it is called again."""

    def stop(self) -> None:
        """Finish what is begun, and return when all threads have ended."""


def run(
    service: str, settings_class: type[S], build: Callable[[S, Stage], Worker], *,
    waits_for: tuple[type[Exception], ...] = (),
) -> None:
    """Run a service until it is asked to end (SIGTERM or Ctrl-C). Never returns: it exits.

    The exit status is 0 after a clean end, 1 when the service cannot go on, 2 when a setting is wrong.

    Args:
        service: its name, such as `"f2-sink"`.
        settings_class: its settings.
        build: makes the worker; it does not connect to anything, the worker's `start` does.
        waits_for: what else, besides OSError, says that a dependency is not there yet.
    """
    try:
        settings = load(settings_class)
    except SettingsError as error:
        print(f"{service}: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    log = logs.configure(service, settings.log_level)
    stage = Stage(service)
    asked_to_end = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: asked_to_end.set())
    try:
        worker = build(settings, stage)
        server = Server(stage, getattr(worker, "app", None), settings.http_host, settings.http_port)
    except (PartError, OSError) as error:
        log.error("cannot start", error=str(error))
        raise SystemExit(1) from None
    print(json.dumps({"port": server.port}), flush=True)
    try:
        if _start(worker, stage, asked_to_end, (OSError, *waits_for)):
            log.info("started", port=server.port, mine=stage.mine)
            asked_to_end.wait()
            worker.stop()
    except Exception:
        log.exception("cannot go on")
        raise SystemExit(1) from None
    finally:
        server.stop()
    log.info("ended")
    raise SystemExit(0)


def _start(worker: Worker, stage: Stage, asked_to_end: threading.Event, waits_for: tuple[type[Exception], ...]) -> bool:
    """Start the worker, again and again while something that it needs is not there. False when asked to end."""
    pause = FIRST_PAUSE
    while not asked_to_end.is_set():
        try:
            worker.start()
        except waits_for as error:
            stage.state(f"waiting: {error}")
            stage.log.warning("waiting", error=str(error))
            # Jitter: services that a broken database has stopped must not all come back in the same instant.
            asked_to_end.wait(pause * random.uniform(0.5, 1.0))
            pause = min(LONGEST_PAUSE, pause * 2)
        else:
            stage.state("")
            return True
    return False
