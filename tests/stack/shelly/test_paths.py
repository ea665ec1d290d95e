"""The whole way on real parts: sensors, gateways, Mosquitto, collector, InfluxDB, API; and what breaks it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from labkit.devices.clock import SimClock
from labkit.devices.device import Device
from labkit.devices.faults import with_faults
from labkit.devices.fleet import Fleet, simulate
from labkit.devices.shelly import address, build
from labkit.devices.shelly_gateway import Gateway, Way
from labkit.devices.shelly_sensor import Air, BluHT
from labkit.devices.signals import Room
from labkit.services import Endpoint
from labkit.waiting import wait_until
from stack.parts.shelly import ShellyCollector
from tests.stack.home.running import addresses, running
from tests.stack.shelly.frames import NOON
from tests.stack.shelly.helpers import collecting, dead_letters, points, publish
from tests.stack.shelly.test_api import Client, serving

SPEED, MINUTES = 600, 15
KEYS = {address(index): bytes([index + 1]) * 16 for index in range(4)}


def house(
    ways: Sequence[tuple[Way, bool]], *, keys: dict[str, bytes] | None = None, loss: float = 0.0, mark: str = ""
) -> list[Device]:
    """Four sensors and a gateway of each way, with ids that no other test has. Of the ids it depends what faults do."""
    air, mark, keys = Air(loss=loss), mark or uuid.uuid4().hex[:10], keys or {}
    names = [(address(index), f"room {index}") for index in range(4)]
    gateways = [
        Gateway(f"shellypro2-{mark}{index:02x}", air, way, paired=names if way == "native" else (), keys=keys,
                joined=joined, interval=1.0)
        for index, (way, joined) in enumerate(ways)
    ]
    sensors = [BluHT(each, Room(name, 1, NOON - 600), air, keys.get(each)) for each, name in names]
    return [*sensors, *gateways]


def run(devices: list[Device], broker: Endpoint, minutes: float = MINUTES) -> Fleet:
    fleet = Fleet(devices, broker, SimClock(SPEED, NOON), seconds=minutes * 60)
    with fleet:
        assert fleet.wait(60)
    assert fleet.lost == 0
    return fleet


@contextlib.contextmanager
def staying(devices: Sequence[Device], broker: Endpoint) -> Iterator[None]:
    """The gateways stay when the sensors have sent all: a collector on a busy machine may ask them only now."""
    gateways = [each for each in devices if isinstance(each, Gateway)]
    with Fleet(gateways, broker, SimClock(1.0, NOON + MINUTES * 60)):
        yield


def truth(devices: Sequence[Device]) -> dict[str, list[tuple[float, float]]]:
    """Temperature and humidity of every packet that was sent, by sensor."""
    return {each.address: [(packet.temperature, float(packet.humidity)) for _, packet in each.sent]
            for each in devices if isinstance(each, BluHT)}


def served(client: Client) -> dict[str, list[tuple[float, float]]]:
    """The same as the API says it."""
    found = {}
    for sensor in client.get("/api/v1/sensors").json():
        rows = client.get(f"/api/v1/data/{sensor['sensor_id']}", limit=10_000).json()["readings"]
        # Two gateways may each bring one half of a packet, at two moments.
        columns = [[row[name] for row in rows if row[name] is not None] for name in ("temperature", "humidity")]
        assert len(columns[0]) == len(columns[1])
        found[sensor["sensor_id"]] = list(zip(*columns, strict=True))
    return found


END = "no frame, but the last message"


def arrived(collector: ShellyCollector, influx: Endpoint) -> dict[str, Any]:
    """Wait until the collector is through with all that was published up to now; return its counts.

    A broker keeps the order, so a poison message that is published now comes last, and leaves a dead letter. The
    collector counts it a moment after the database has it.
    """
    publish(collector.broker, [("end/events/rpc", END.encode())])
    wait_until(lambda: END in [each.get("payload") for each in dead_letters(influx)], 60,
               what=f"the last message: {collector.stats}")
    wait_until(lambda: not collector.stats["lag"], 60, what=f"the last message is counted: {collector.stats}")
    return collector.stats


@pytest.mark.parametrize(("ways", "keys"), [
    ([("script", False), ("script", False)], {}),
    ([("native", True), ("native", True)], {}),
    ([("native", False), ("native", False)], {}),
    ([("script", False), ("native", False)], {}),
    ([("native", True), ("native", False)], KEYS),
    ([("forward", False), ("forward", False)], {}),
    ([("forward", False), ("forward", False)], KEYS),
    ([("forward", False), ("native", True)], {address(1): KEYS[address(1)]}),
], ids=["script", "native", "native, part by part", "script and native", "native, encrypted", "forward",
        "forward, encrypted", "forward and native, one encrypted"])
def test_the_api_says_what_the_sensors_measured_once_each(
    broker: Endpoint, influx: Endpoint, ways: list[tuple[Way, bool]], keys: dict[str, bytes]
) -> None:
    devices = house(ways, keys=keys)
    with collecting(broker, influx, keys=keys) as collector:
        run(devices, broker)
        with staying(devices, broker):
            stats = arrived(collector, influx)
    with serving(influx) as client:
        assert served(client) == truth(devices)
    assert all(len(each) == MINUTES for each in truth(devices).values())
    assert stats["rejected"] == 1  # the end
    assert stats["duplicates"] > 0


def test_with_every_fault_nothing_is_stored_twice_and_nothing_invented(broker: Endpoint, influx: Endpoint) -> None:
    devices = house([("script", False), ("native", True)], loss=0.2, mark="0fa0175000")
    for device in devices:
        with_faults(device, {"drop_out": 0.1, "duplicate": 0.2, "out_of_order": 0.2, "stuck": 0.1})
    with collecting(broker, influx) as collector:
        run(devices, broker)
        with staying(devices, broker):
            arrived(collector, influx)
    for measurement, index in (("temperature", 0), ("humidity", 1)):
        for sensor, sent in truth(devices).items():
            values = [value for each, _, value in points(influx, measurement) if each == sensor]
            left = iter(each[index] for each in sent)
            assert all(value in left for value in values), f"{values} is no part of {sent}"  # each once, in order
            assert len(values) > len(sent) / 2


def test_a_script_drops_sensors_that_encrypt(broker: Endpoint, influx: Endpoint) -> None:
    devices = house([("script", False)], keys={address(2): KEYS[address(2)]})
    with collecting(broker, influx) as collector:
        run(devices, broker, 5)
        arrived(collector, influx)
    assert {sensor for sensor, *_ in points(influx, "temperature")} == {address(0), address(1), address(3)}


def test_a_new_battery_is_no_gap(broker: Endpoint, influx: Endpoint) -> None:
    devices = house([("forward", False), ("forward", False)], keys=KEYS)
    sensors = [each for each in devices if isinstance(each, BluHT)]
    with collecting(broker, influx, keys=KEYS) as collector:
        list(simulate(devices, start=NOON - 600, seconds=300))  # nobody collects yet
        for sensor in sensors:
            sensor.sent.clear()
            sensor.change_battery()
        run(devices, broker, 5)
        arrived(collector, influx)
    with serving(influx) as client:
        assert served(client) == truth(devices)


class Cable:
    """The connection between a collector and the broker, which can be cut: a broker that is restarted would forget, by
    its own settings, what it keeps for the collector, and here only the connection shall be lost."""

    def __init__(self, broker: Endpoint) -> None:
        self._target = (broker.host, broker.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._whole, self._closed = True, False
        self.broker = dataclasses.replace(broker, host="127.0.0.1", port=self._listener.getsockname()[1])
        self._start(self._accept)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closed:
            with contextlib.suppress(OSError):
                near, _ = self._listener.accept()
                if not self._whole or self._closed:
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                self._sockets += [near, far]
                self._start(self._copy, near, far)
                self._start(self._copy, far, near)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        self._whole = False
        sockets, self._sockets = self._sockets, []
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def mend(self) -> None:
        self._whole = True

    def close(self) -> None:
        self._closed = True
        self.cut()
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname()).close()  # wakes accept
        self._listener.close()
        for thread in self._threads:
            thread.join(60)


def test_an_outage_of_the_connection_to_the_broker_loses_nothing(broker: Endpoint, influx: Endpoint) -> None:
    cable = Cable(broker)
    devices = house([("script", False), ("native", True)])
    try:
        with collecting(cable.broker, influx) as collector:
            collector.client.reconnect_delay_set(1, 1)
            fleet = Fleet(devices, broker, SimClock(200, NOON), seconds=MINUTES * 60).start()
            wait_until(lambda: collector.stats["stored"] > 20, 60, what="the first readings")
            cable.cut()
            before = fleet.published
            wait_until(lambda: fleet.published > before + 20, 60, what="messages that the broker keeps")
            received = collector.stats["received"]
            cable.mend()
            assert fleet.wait(60)
            fleet.stop()
            wait_until(lambda: collector.stats["received"] > received, 60, what="the connection")
            arrived(collector, influx)
        with serving(influx) as client:
            assert served(client) == truth(devices)
    finally:
        cable.close()


@contextlib.contextmanager
def durable_influx(folder: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], Endpoint]]:
    """The embedded InfluxDB as a process with a folder: it may be killed, and comes back with what it had."""
    command = [sys.executable, "-m", "labkit.embedded.influx", "--token", "t", "--bucket", "shelly",
               "--directory", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        yield process, Endpoint("influxdb", "embedded", "labkit-influx", "", "127.0.0.1", port, token="t",
                                org="iot-org", bucket="shelly", url=f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.communicate()


def test_a_killed_database_loses_nothing_that_it_had(broker: Endpoint, tmp_path: Path) -> None:
    devices = house([("script", False), ("native", True)])
    with durable_influx(tmp_path) as (process, influx), collecting(broker, influx) as collector:
        fleet = Fleet(devices, broker, SimClock(200, NOON), seconds=MINUTES * 60).start()
        wait_until(lambda: collector.stats["stored"] > 20, 60, what="the first readings")
        process.kill()
        process.wait()
        wait_until(lambda: collector.stats["error"] and collector.stats["lag"] > 5, 60, what="the outage")
        with durable_influx(tmp_path, influx.port):
            assert fleet.wait(60)
            fleet.stop()
            assert arrived(collector, influx)["rejected"] == 1  # the end
            with serving(influx) as client:
                assert served(client) == truth(devices)


def test_the_services_and_the_fleet_as_processes(broker: Endpoint, influx: Endpoint) -> None:
    count, start = 6, 1_700_000_000
    devices = build(count, 60, 7, start)
    list(simulate(devices, start=start, seconds=600))  # the same seed, the same readings
    environment = addresses(broker, influx)
    places = {address(index): f"place {index}" for index in range(count)}
    with (
        running("stack.shelly.collector", **environment, SENSOR_LOCATIONS=json.dumps(places)) as collector,
        running("stack.shelly.api", **environment) as api,
    ):
        collector.wait_healthy()
        api.wait_healthy()
        with running("labkit.devices", "shelly", "--count", str(count), "--seed", "7", "--start", str(start), "--speed",
                     "600", "--for", "1", **environment) as fleet:
            assert fleet.ready["devices"] == count + 2
            assert fleet.process.wait(30) == 0

        def stored(sensor: str) -> list[float]:
            rows = api.get(f"/api/v1/data/{sensor}").json()["readings"]
            return [row["temperature"] for row in rows if row["temperature"] is not None]

        wait_until(lambda: all(len(stored(address(index))) >= 8 for index in range(count)), 60,
                   what="the air loses some of ten readings of each sensor, and the others are stored")
        sensors = api.get("/api/v1/sensors").json()
        assert {each["sensor_id"]: each["location"] for each in sensors} == places
        sent = truth(devices)
        for each in sensors:
            temperatures = stored(each["sensor_id"])
            assert len(temperatures) <= 10
            left = iter(temperature for temperature, _ in sent[each["sensor_id"]])
            assert all(value in left for value in temperatures)
        assert "iot_stage_stored_total" in collector.get("/metrics").text
        assert "shelly_temperature_celsius{" in api.get("/api/v1/metrics").text
        assert collector.end() == api.end() == 0
