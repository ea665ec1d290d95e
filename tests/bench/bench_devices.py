"""Simulated devices on one core: `python -m tests.bench.bench_devices`. All numbers are of one run on one machine."""

from __future__ import annotations

import os
import resource
import time

from labkit.devices.clock import SimClock
from labkit.devices.fleet import Fleet, simulate
from labkit.devices.registry import MODULES, fleet_kind
from labkit.services import Endpoint, start

DEVICES = 1_000
START = 1_767_225_600.0
SECONDS = 5.0


def one_core() -> None:
    """Keep this process on one core, where the system can; the broker has the others."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def bench_pure(name: str) -> None:
    """What a fleet could say if nobody had to carry it."""
    kind = fleet_kind(name)
    devices = kind.build(DEVICES, kind.interval, 1, START)
    count = 0
    begun = time.process_time()
    for _ in simulate(devices, start=START, seconds=10 * kind.interval):
        count += 1
    spent = time.process_time() - begun
    simulated = 10 * kind.interval / spent
    what = f"{name}: 1,000 devices without a broker"
    print(f"{what:50} {count / spent:10,.0f} messages /s, {simulated:8,.0f} x time", flush=True)


def bench_live(name: str, broker: Endpoint, interval: float, speed: float) -> None:
    """1,000 devices over MQTT: the share of a core that they take, and whether they keep their time."""
    kind = fleet_kind(name)
    devices = kind.build(DEVICES, interval, 1, START)
    fleet = Fleet(devices, broker, SimClock(speed, START), seconds=SECONDS * speed)
    begun = time.perf_counter()
    fleet.start()
    connected = time.perf_counter() - begun
    begun, cpu = time.perf_counter(), time.process_time()
    fleet.wait()
    spent, cpu = time.perf_counter() - begun, time.process_time() - cpu
    fleet.stop()
    what = f"{name}: 1,000 devices, every {interval:g} s, {speed:g} x time"
    print(f"{what:50} {fleet.published / spent:10,.0f} messages /s, {100 * cpu / spent:3.0f} % of a core, connected in "
          f"{connected:.2f} s, {fleet.behind / speed:.2f} s behind, {fleet.lost} lost", flush=True)


def main() -> None:
    with start("mqtt") as services:
        one_core()
        for name in MODULES:
            bench_pure(name)
        for name in MODULES:
            bench_live(name, services.mqtt, 5.0, 1.0)
        bench_live("esp32", services.mqtt, 1.0, 1.0)
        # A reading of each device in a real second, while a quarter of an hour passes in the house.
        bench_live("esp32", services.mqtt, 1000.0, 1000.0)
        bench_live("meter", services.mqtt, 1000.0, 1000.0)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'most memory':50} {most:10,.0f} MB")


if __name__ == "__main__":
    main()
