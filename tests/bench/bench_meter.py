"""The meters' collector: messages a second from the broker into both stores, and where the time goes.

`python -m tests.bench.bench_meter`. Broker, stores, collector and publisher share the cores of this machine. S3 is the
store that pip installs, and MinIO where it is on PATH. All numbers are of one run.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator

import psutil

from labkit.errors import KitError
from labkit.services import Endpoint, start
from labkit.waiting import wait_until
from stack.parts import devices
from stack.runtime import Broker, Influx, ObjectStore, ensure_bucket

METERS = 100
RATE, SECONDS = 5_000, 30
START = 1_767_225_600
SMALL = 1_000
"""Messages of a run in which each gets an object of its own at once."""
PUBLISHER = """
import json, sys, time
import paho.mqtt.client as mqtt

host, port, count, rate, meters, start = sys.argv[1], *map(int, sys.argv[2:])
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.max_inflight_messages_set(2000)
client.connect(host, port)
client.loop_start()
sent, begun = [], time.monotonic()
for number in range(count):
    if rate and number % 50 == 0:
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
    device = f"power-{number % meters:04d}"
    reading = {"device_id": device, "type": "power", "timestamp": start + number // meters, "sensors": {
        "power": 412.3 + number % 50, "voltage": 230.1, "current": 1.89, "energy": 1043.2 + number}, "rssi": -61}
    sent.append(client.publish(f"iot/{device}/telemetry", json.dumps(reading), qos=1))
for each in sent:
    each.wait_for_publish(100)
client.disconnect()
client.loop_stop()
"""


def processor_seconds() -> dict[str, float]:
    """What each program of this run has used so far, by its name."""
    used = {"collector": time.process_time()}
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # also one that has ended, but was not waited for
            line, times = " ".join(child.cmdline()), child.cpu_times()
            for name in (each for each in ("mosquitto", "nanio", "minio", "influx") if each in line):
                used[name] = used.get(name, 0.0) + times.user + times.system
    return used


def run(services: dict[str, Endpoint], title: str, count: int, rate: int, pack_above: int) -> None:
    """Publish messages, and wait until both stores have them."""
    at, s3, series = services["mqtt"], services["s3"], services["influxdb"]
    name = f"bench-{uuid.uuid4().hex[:8]}"
    broker = Broker(at.host, at.port, at.username, at.password)
    store = ObjectStore(s3.url, s3.username, s3.password, name)
    influx = Influx(series.url, series.token, series.org, name)
    ensure_bucket(influx)
    collector = devices.Collector(broker, store, influx, client_id=name, batch_size=2000, pack_above=pack_above)
    collector.start()
    before = processor_seconds()
    most = [0]
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            most[0] = max(most[0], collector.stats["lag"])

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    options = [broker.host, str(broker.port), str(count), str(rate), str(METERS), str(START)]
    with subprocess.Popen([sys.executable, "-c", PUBLISHER, *options]) as publisher:
        wait_until(lambda: collector.stats["received"] > 0, 30, what="the first message")
        first = time.monotonic()
        ended = [0.0]

        def published() -> None:
            assert publisher.wait(300) == 0
            ended[0] = time.monotonic()

        publishing = threading.Thread(target=published, daemon=True)
        publishing.start()
        wait_until(lambda: collector.stats["stored"] >= count, 300, what="both stores have them")
        stored = time.monotonic()
        after = processor_seconds()
        publishing.join(60)
        spent, late = stored - first, max(0.0, stored - ended[0])
    done.set()
    watcher.join()
    stats = collector.stats
    print(f"{title:62} {count / spent:9,.0f} /s   most waiting {most[0]:,}, "
          f"the last {late:.1f} s after it was published", flush=True)
    each = {name: (after[name] - before.get(name, 0.0)) / count * 1e6 for name in after}
    print(
        "    processor time a message: "
        + ", ".join(f"{name} {micro:,.0f} µs" for name, micro in each.items() if micro >= 1)
    )
    assert (stats["received"], stats["rejected"], stats["duplicates"], stats["dropped"]) == (count, 0, 0, 0), stats
    left = len(collector.archive.packs())
    if count == SMALL and left:
        begun = time.monotonic()
        wait_until(lambda: not collector.packed, 300, what="the packs are taken apart")
        print(f"    taken apart in {time.monotonic() - begun:.1f} s more")
    elif left:
        print(f"    {left} packs are left to take apart")
    collector.stop()


def micro(work: Callable[[], object], times: int = 2_000) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begun) / times * 1e6


def profile(s3: Endpoint) -> None:
    """What the collector's own steps cost."""
    reading = {
        "device_id": "power-0001",
        "type": "power",
        "timestamp": START,
        "sensors": {"power": 412.3, "voltage": 230.1, "current": 1.89, "energy": 1043.2},
        "rssi": -61,
    }
    payload = json.dumps(reading).encode()
    store = ObjectStore(s3.url, s3.username, s3.password, s3.bucket)
    archive = devices.Archive(store)
    numbers = iter(range(10**6))
    steps: dict[str, Callable[[], object]] = {
        "read and check a message": lambda: devices.parse_message("iot/power-0001/telemetry", payload),
        "its key and its bytes": lambda: (devices.object_key("power-0001", START), devices.object_body(reading)),
        "its line": lambda: devices.line_of(reading),
        "sign a request": lambda: archive.client.presigned_put_object(store.bucket, "power-0001/1.json"),
    }
    for name, step in steps.items():
        print(f"    {name:58} {micro(step):9,.0f} µs")
    one = micro(lambda: archive.put_new(f"one/{next(numbers)}.json", payload), 300)
    print(f"    an object of its own, one after the other, {s3.engine:15} {one:9,.0f} µs")
    archive.close()


@contextlib.contextmanager
def servers(s3: str) -> Iterator[dict[str, Endpoint]]:
    with contextlib.ExitStack() as stack:
        chosen = {"mqtt": "native", "influxdb": "embedded", "s3": s3}
        yield {name: stack.enter_context(start(name, provider=provider))[name] for name, provider in chosen.items()}


def main() -> None:
    """Measure with every store that is here."""
    for s3 in ("embedded", "native"):
        try:
            with servers(s3) as found:
                print(f"{found['s3']!r}, {found['mqtt']!r}", flush=True)
                profile(found["s3"])
                run(found, "an object for each message at once", SMALL, 0, 0)
                run(found, "with packs", SMALL, 0, 50)
                run(found, "with packs, as fast as they come", RATE * 5, 0, 200)
                run(found, f"with packs, {RATE:,} a second offered for {SECONDS} s", RATE * SECONDS, RATE, 200)
        except KitError as error:
            print(f"S3 {s3}: not here ({str(error).splitlines()[0]})")


if __name__ == "__main__":
    main()
