"""The Shelly path, MQTT to InfluxDB: `python -m tests.bench.bench_shelly`. Numbers of one run on one machine."""

from __future__ import annotations

import cProfile
import dataclasses
import io
import json
import pstats
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from labkit.services import Endpoint, start
from labkit.waiting import wait_until
from stack.parts import shelly
from stack.runtime import ensure_bucket
from tests.stack.home.running import addresses, running

SENSORS, BURST, RATE, SECONDS = 200, 40_000, 5_000, 20
START = 1_700_000_000
GATEWAY = "shellypro2-30c6f7aabbcc"
TOPIC = f"{GATEWAY}/events/rpc"


def frame(number: int) -> bytes:
    """A frame of the script, each a new packet of one of the sensors."""
    sensor, packet = number % SENSORS, number // SENSORS
    moment = START + packet * 60 + sensor / 10
    data = {
        "encryption": False, "BTHome_version": 2, "pid": packet % 256, "battery": 97, "humidity": 40 + packet % 20,
        "temperature": (200 + packet % 50) * 0.1, "rssi": -70, "address": f"7c:c6:b6:00:00:{sensor:02x}",
    }
    event = {"component": "script:1", "id": 1, "event": "shelly-blu", "data": data, "ts": moment}
    params = {"ts": moment, "events": [event]}
    return json.dumps({"src": GATEWAY, "dst": f"{GATEWAY}/events", "method": "NotifyEvent", "params": params}).encode()


def bench_parts() -> None:
    """The codecs alone, on one core."""
    plain, frames = bytes.fromhex("44001101612e3045d900"), [frame(number) for number in range(20_000)]
    sealed = bytes.fromhex("450aeb84467f85ba0100003188788c")
    key, nothing, seen = bytes.fromhex("90bffd73cb6b26ef58a7a8eba9232036"), shelly.Components(), shelly.Deduplicator()
    for what, count, work in (
        ("advertisements decoded", 50_000, lambda _: shelly.decode_bthome(plain)),
        ("advertisements decrypted", 20_000,
         lambda _: shelly.decrypt_bthome(sealed, "b4:35:22:f5:3d:a4", key, guard=shelly.ReplayGuard())),
        ("frames parsed", 20_000, lambda number: shelly.parse_gateway_frame(TOPIC, frames[number], nothing)),
        ("packets through the deduplicator", 50_000, lambda number: seen.accept("a", number % 256, number * 60.0)),
    ):
        begun = time.perf_counter()
        for number in range(count):
            work(number)
        print(f"{what:58} {count / (time.perf_counter() - begun):12,.0f} /s", flush=True)


class Publisher:
    """Publishes frames; the broker has those that `acknowledged` counts."""

    def __init__(self, broker: Endpoint) -> None:
        self.acknowledged = self.sent = 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.max_inflight_messages_set(2_000)
        self._client.on_publish = self._on_publish
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def _on_publish(self, *_: object) -> None:
        self.acknowledged += 1

    def publish(self, count: int) -> None:
        for _ in range(count):
            self._client.publish(TOPIC, frame(self.sent), qos=1)
            self.sent += 1

    def close(self) -> None:
        wait_until(lambda: self.acknowledged >= self.sent, 120, what="the broker's acknowledgements")
        self._client.disconnect()
        self._client.loop_stop()


def bench_path(broker: Endpoint, influx: Endpoint) -> None:
    """The service in a process of its own: a waiting queue, then a steady stream."""
    environment = addresses(broker, influx)
    with running("stack.shelly.collector", **environment) as service:  # makes the session at the broker
        service.wait_healthy()
        service.end()
    publisher = Publisher(broker)
    begun = time.perf_counter()
    publisher.publish(BURST)
    wait_until(lambda: publisher.acknowledged >= BURST, 120, what="the broker's acknowledgements")
    print(f"{'messages into the broker, QoS 1, one publisher':58} {BURST / (time.perf_counter() - begun):12,.0f} /s")
    with running("stack.shelly.collector", **environment) as service:
        begun = time.perf_counter()
        wait_until(lambda: stored(service) >= BURST, 120, what="the queue in the database", most=0.05)
        taken = time.perf_counter() - begun
        print(f"{'messages out of a waiting queue into the database':58} {BURST / taken:12,.0f} /s")
        begun, behind = time.perf_counter(), []  # what the broker has and the database has not
        for tick in range(SECONDS * 20):
            publisher.publish(RATE // 20)
            wait_until(lambda due=begun + (tick + 1) / 20: time.perf_counter() >= due, 5, what="the next tick")
            if tick % 20 == 19:
                behind.append(publisher.acknowledged - stored(service))
        taken = time.perf_counter() - begun
        print(f"{'messages of a steady stream published':58} {SECONDS * RATE / taken:12,.0f} /s")
        print(f"{'of those that the broker has, not yet in the database':58} {min(behind):,} to {max(behind):,}, "
              f"at the end {behind[-1]:,}")
        publisher.close()
        wait_until(lambda: stored(service) >= publisher.sent, 120, what="the stream in the database")


def stored(service: object) -> int:
    return int(service.get("/health").json()["stored"])  # type: ignore[attr-defined]


def bench_profile(broker: Endpoint, influx: Endpoint) -> None:
    """Where the time of the collector's own thread goes."""
    collector = shelly.ShellyCollector(broker, influx, client_id="profiled")
    profile = cProfile.Profile()
    work = collector.work
    collector.work = lambda: profile.runcall(work)  # type: ignore[method-assign]
    collector.start()
    publisher = Publisher(broker)
    publisher.sent = 1_000_000  # frames that are not there yet
    publisher.acknowledged = 1_000_000
    publisher.publish(BURST // 2)
    wait_until(lambda: collector.stats["stored"] >= BURST // 2, 120, what="the stream in the database")
    publisher.close()
    collector.stop()
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("cumulative").print_stats(14)
    print("\n".join(text.getvalue().splitlines()[4:]))


def main() -> None:
    bench_parts()
    with start("mqtt", provider="native") as brokers, start("influxdb", provider="embedded") as databases:
        influx = dataclasses.replace(databases.influxdb, bucket="shelly")
        ensure_bucket(influx)  # type: ignore[arg-type]
        bench_path(brokers.mqtt, influx)
        bench_profile(brokers.mqtt, influx)


if __name__ == "__main__":
    main()
