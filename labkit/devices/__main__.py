"""`python -m labkit.devices FLEET`: runs a fleet as a process; the broker comes from the environment (MQTT_HOST, …).

It prints `{"ready": true, "devices": N}` when every device is connected and hears, and at the end one line to standard
error. With HTTP_PORT set (0: a free port) it serves `/health`, and the line has `"port"` too. It ends on SIGTERM and
Ctrl-C, and after `--for` seconds; exit status 0 then, 1 when the broker cannot be had, 2 when the command was wrong.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

from labkit.devices import faults
from labkit.devices.clock import FASTEST, SimClock
from labkit.devices.fleet import Fleet
from labkit.devices.health import HealthServer
from labkit.devices.registry import MODULES, fleet_kind
from labkit.devices.transport import broker_address
from labkit.errors import KitError, StudentError


def _number(least: float, most: float, whole: bool = False) -> Any:
    def read(text: str) -> float:
        try:
            number = int(text) if whole else float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a {'whole ' if whole else ''}number "
                                             f"from {least:g} to {most:g}")
        return number
    return read


def _parser() -> argparse.ArgumentParser:
    known = ", ".join(f"{name}:{kind.default:g} ({kind.unit})" for name, kind in faults.KINDS.items())
    parser = argparse.ArgumentParser(
        prog="python -m labkit.devices", description="Run simulated devices over MQTT.",
        epilog=f"The broker comes from the environment: MQTT_HOST (127.0.0.1), MQTT_PORT (1883), MQTT_USERNAME, "
               f"MQTT_PASSWORD. Faults, each with the number that it has if none is given: {known}.")
    parser.add_argument("fleet", choices=MODULES)
    parser.add_argument("--count", type=_number(1, 100_000, whole=True), help="devices")
    parser.add_argument("--interval", type=_number(0.001, 86_400), help="simulated seconds between two steps")
    parser.add_argument("--speed", type=_number(0.001, FASTEST), default=1.0, help="simulated seconds in a real one")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same run")
    parser.add_argument("--start", type=_number(0, 4e9), help="first moment, seconds since 1970 (default: now)")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[:NUMBER]",
                        help="what goes wrong, see below; may be given several times")
    parser.add_argument("--for", dest="seconds", type=_number(0.001, 1e9), default=math.inf,
                        help="real seconds that it runs; longer if it cannot keep up, for it leaves no step out")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a fleet until it is told to end.

    Args:
        arguments: the words after `python -m labkit.devices`; those of the process if not given.

    Returns:
        The exit status.
    """
    options = _parser().parse_args(arguments)
    try:
        kind = fleet_kind(options.fleet)
        kinds = faults.parse(options.fault)
        start = time.time() if options.start is None else options.start
        devices = kind.build(options.count or kind.count, options.interval or kind.interval, options.seed, start)
        for device in devices:
            faults.with_faults(device, kinds)
        address, sink = broker_address(os.environ), kind.sink(os.environ)
        fleet = Fleet(devices, address, SimClock(options.speed, start), sink, options.seconds * options.speed)
        for name in ("SIGTERM", "SIGINT"):
            signal.signal(getattr(signal, name), lambda *_: fleet.ask_to_stop())
        fleet.start()
        health = HealthServer(kind.name, fleet, os.environ) if os.environ.get("HTTP_PORT") else None
    except (StudentError, KitError) as error:
        print(f"{options.fleet}: {error}", file=sys.stderr)
        return 2 if isinstance(error, StudentError) else 1
    print(json.dumps({"ready": True, "devices": len(devices)} | ({"port": health.port} if health else {})), flush=True)
    # In slices: on Windows a wait without an end cannot be interrupted by a signal.
    while not fleet.wait(1.0):
        pass
    if health is not None:
        health.stop()
    fleet.stop()
    late = f", {fleet.behind:.1f} simulated s behind at the end" if fleet.behind > options.speed else ""
    print(f"{options.fleet}: {fleet.steps} steps, {fleet.published} messages, {fleet.lost} lost{late}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
