"""MQTT to InfluxDB with the part `collector`: `python -m tests.bench.bench_collectors`. Rates of one run, one machine.

Publishers in processes of their own keep the broker busy at QoS 1; the collectors run as they are deployed, each a
process; the database is the embedded engine. Counted is what the collectors report as stored between two moments.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests

from labkit.services import Endpoint, start
from labkit.services.probes import mqtt_refusal
from labkit.waiting import wait_until
from tests.stack.home.running import addresses, running

SECONDS, WARM_UP = 6.0, 2.0
CONFIGURATION = (Path(__file__).parents[2] / "stack" / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")

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


@contextmanager
def mosquitto(window: int) -> Iterator[Endpoint]:
    """The house's broker with another in-flight window."""
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        text = re.sub(r"^listener .*", f"listener {port} 127.0.0.1", CONFIGURATION, flags=re.MULTILINE)
        text = re.sub(r"^(persistence|max_inflight_messages|autosave|log_).*$", "", text, flags=re.MULTILINE)
        path = Path(folder) / "mosquitto.conf"
        path.write_text(f"{text}\nmax_inflight_messages {window}\nlog_dest none\n")
        path.chmod(0o644)
        Path(folder).chmod(0o755)
        process = subprocess.Popen([program, "-c", str(path)])
        try:
            wait_until(lambda: not answers(port), 5, what="the broker answers")
            yield Endpoint("mqtt", "native", "mosquitto", "", "127.0.0.1", port)
        finally:
            process.terminate()
            process.wait(10)


def answers(port: int) -> str:
    try:
        return mqtt_refusal("127.0.0.1", port)
    except OSError as error:
        return str(error)


def measure(influx: Endpoint, window: int, copies: int, publishers: int = 2, **settings: str) -> None:
    """Print the rate of some copies of the collector."""
    with ExitStack() as stack:
        broker = stack.enter_context(mosquitto(window))
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
            processes = {"collector": [psutil.Process(each.process.pid) for each in collectors],
                         "publisher": [psutil.Process(each.pid) for each in loads]}
            before = counted(collectors)
            wait_until(lambda: counted(collectors) > before + 1000, 30, what="the collectors are under load")
            pause(WARM_UP)
            stored, began, used = counted(collectors), time.monotonic(), cpu(processes)
            pause(SECONDS)
            stored, seconds, now = counted(collectors) - stored, time.monotonic() - began, cpu(processes)
            share = ", ".join(f"{name} {(now[name] - used[name]) / seconds:.0%}" for name in now)
            what = ", ".join([f"{copies} cop{'y' if copies == 1 else 'ies'}", f"window {window}",
                              *(f"{name.lower()} {value}" for name, value in settings.items())])
            print(f"{what:58} {stored / seconds:12,.0f} /s   processor: {share}", flush=True)
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
    print(f"{os.cpu_count()} cores; {json.dumps({'seconds': SECONDS})}")
    with start("influxdb", provider="embedded") as services:
        measure(services.influxdb, 20, 1, BATCH_SIZE="20")
        measure(services.influxdb, 20, 4, BATCH_SIZE="20")
        measure(services.influxdb, 1000, 1, BATCH_SIZE="500")
        measure(services.influxdb, 1000, 2, BATCH_SIZE="500")


if __name__ == "__main__":
    main()
