"""MQTT to InfluxDB with the part `collector`: `python -m tests.bench.bench_collectors`. Rates of one run, one machine.

Publishers in processes of their own keep the broker busy at QoS 1; the collectors run as they are deployed, each a
process; the database is the embedded engine. Counted is what the collectors report as stored between two moments.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

import psutil
import requests

from labkit.services import Endpoint, start
from labkit.waiting import wait_until
from tests.stack.home.running import addresses, running

SECONDS, WARM_UP = 6.0, 2.0
PUBLISHER = """
import json, sys, time
import paho.mqtt.client as mqtt
host, port, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.max_inflight_messages_set(500)
client.connect(host, port)
client.loop_start()
second = 1_700_000_000
try:
    while True:
        second += 1
        for node in range(100):
            name = f"node_{number}_{node:03d}"
            reading = {"node_id": name, "timestamp": second, "sensors": {"temperature": 22.5, "humidity": 45.2},
                       "wifi_rssi": -65, "uptime": second}
            sent = client.publish(f"iot/node/{name}/telemetry", json.dumps(reading), qos=1)
        if second % 20 == 0:  # the queue of the client must not grow without end
            sent.wait_for_publish(10)
except (KeyboardInterrupt, RuntimeError):
    pass
"""


def measure(influx: Endpoint, copies: int, publishers: int = 2, **settings: str) -> None:
    """Print the rate of some copies of the collector."""
    with ExitStack() as stack:
        broker = stack.enter_context(start("mqtt", provider="native")).mqtt
        places = addresses(broker, influx) | {"INFLUX_BUCKET": "iot-esp32", **settings}
        collectors = []
        for copy in range(copies):
            shared = {"TOPIC_FILTER": "$share/collectors/iot/node/+/telemetry"} if copies > 1 else {}
            collectors.append(stack.enter_context(
                running("stack.esp32.collector", CLIENT_ID=f"bench-{copy}", **places, **shared)))
        for each in collectors:
            each.wait_healthy()
        loads = [subprocess.Popen([sys.executable, "-c", PUBLISHER, broker.host, str(broker.port), str(number)])
                 for number in range(publishers)]
        try:
            processes = {"collector": [psutil.Process(each.process.pid) for each in collectors]}
            before = counted(collectors)
            wait_until(lambda: counted(collectors) > before + 1000, 30, what="the collectors are under load")
            pause(WARM_UP)
            stored, began, used = counted(collectors), time.monotonic(), cpu(processes)
            pause(SECONDS)
            stored, seconds, now = counted(collectors) - stored, time.monotonic() - began, cpu(processes)
            # Others use the processor too: time of it per message says what one core could do.
            cost = (now["collector"] - used["collector"]) / stored if stored else float("nan")
            share = f"{cost * 1e6:,.0f} us of processor a message, {1 / cost:,.0f} /s a core"
            what = ", ".join([f"{copies} cop{'y' if copies == 1 else 'ies'}",
                              *(f"{name.lower()} {value}" for name, value in settings.items())])
            print(f"{what:30} {stored / seconds:12,.0f} /s   {share}", flush=True)
        finally:
            for load in loads:
                load.terminate()
                load.wait(10)


def pause(seconds: float) -> None:
    """Let the load run."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > end, seconds + 5, what="the time is over")


def counted(collectors: list[Any]) -> int:
    """What the collectors have stored together."""
    return sum(requests.get(f"{each.url}/health", timeout=10).json()["stored"] for each in collectors)


def cpu(processes: dict[str, list[psutil.Process]]) -> dict[str, float]:
    return {name: sum(sum(each.cpu_times()[:2]) for each in group) for name, group in processes.items()}


def main() -> None:
    print(f"{os.cpu_count()} cores, {SECONDS:g} s each; above 20 a batch over MQTT 5 with a window of two batches")
    with start("influxdb", provider="embedded") as services:
        for batch_size in (20, 100, 500):
            measure(services.influxdb, 1, BATCH_SIZE=str(batch_size))
        measure(services.influxdb, 2, BATCH_SIZE="500")


if __name__ == "__main__":
    main()
