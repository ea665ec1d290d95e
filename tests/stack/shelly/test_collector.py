"""`ShellyCollector` between a real broker and the embedded InfluxDB."""

from __future__ import annotations

import dataclasses
import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from paho.mqtt.enums import CallbackAPIVersion

from labkit.services import Endpoint, start
from labkit.waiting import wait_until
from stack.parts.shelly import ShellyCollector, ask_components
from tests.stack.shelly.frames import NATIVE, NOON, SCRIPT, SENSOR, event, forwarded, load, notify, recorded
from tests.stack.shelly.helpers import collecting, dead_letters, points, publish, settle
from tests.stack.shelly.test_encryption import KEY, seal

TOPIC = f"{SCRIPT}/events/rpc"
OTHER = "7c:c6:b6:00:00:01"
OTHERS = ("full-status", "switch", "native-button", "script-button")


def test_a_reading_becomes_a_point_of_each_quantity(broker: Endpoint, influx: Endpoint) -> None:
    with collecting(broker, influx, locations={SENSOR.upper(): "living room, east"}) as collector:
        publish(broker, [(TOPIC, recorded("script-ht"))])
        stats = settle(collector, 1)
    assert stats == {"received": 1, "stored": 1, "duplicates": 0, "rejected": 0, "ignored": 0, "dropped": 0, "lag": 0,
                     "error": None}
    moment = "2023-11-14T22:13:20.120000+00:00"
    assert points(influx, "temperature") == [(SENSOR, moment, 17.0)]
    assert points(influx, "humidity") == [(SENSOR, moment, 52.0)]
    for measurement in ("temperature", "humidity"):
        assert points(influx, measurement, "battery_level") == [(SENSOR, moment, 100.0)]
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        (table, *_) = client.query_api().query(f'from(bucket: "{influx.bucket}") |> range(start: 0)')
    tags = {name: value for name, value in table.records[0].values.items() if not name.startswith("_")}
    assert {name: tags[name] for name in ("sensor_id", "location")} == {
        "sensor_id": SENSOR, "location": "living room, east"}
    assert set(tags) == {"sensor_id", "location", "result", "table"}


def test_several_gateways_make_one_point(broker: Endpoint, influx: Endpoint) -> None:
    frames = [(f"g{number}/events/rpc", event(ts=NOON + number / 5, gateway=f"g{number}")) for number in range(4)]
    with collecting(broker, influx) as collector:
        publish(broker, frames)
        stats = settle(collector, 4)
    assert (stats["stored"], stats["duplicates"]) == (1, 3)
    assert len(points(influx, "temperature")) == 1


def test_a_repeated_message_is_harmless(broker: Endpoint, influx: Endpoint) -> None:
    with collecting(broker, influx) as collector:
        publish(broker, [(TOPIC, event())] * 5)
        settle(collector, 5)
    assert len(points(influx, "temperature")) == 1


def test_a_copy_after_a_restart_is_a_copy(broker: Endpoint, influx: Endpoint) -> None:
    with collecting(broker, influx) as collector:
        publish(broker, [(TOPIC, event())])
        settle(collector, 1)
    with collecting(broker, influx) as collector:
        publish(broker, [("g2/events/rpc", event(ts=NOON + 0.7, gateway="g2")), (TOPIC, event(ts=NOON + 60, pid=18))])
        stats = settle(collector, 2)
    assert (stats["stored"], stats["duplicates"]) == (1, 1)
    assert len(points(influx, "temperature")) == 2


def test_malformed_frames_go_to_the_dead_letters_and_stop_nothing(broker: Endpoint, influx: Endpoint) -> None:
    poison = [b"", b"\xff\x00", b"not json", b'{"method":"NotifyEvent","params":{"events":3}}', event(ts=3),
              event(temperature="hot"), b'"a \\"quote\\", a \\\\ and a\nnew line"', b"[" * 50_000]
    with collecting(broker, influx) as collector:
        publish(broker, [(TOPIC, each) for each in poison] + [(TOPIC, event())])
        stats = settle(collector, len(poison) + 1)
    assert (stats["stored"], stats["rejected"]) == (1, len(poison))
    assert len(points(influx, "temperature")) == 1
    letters = dead_letters(influx)
    assert [each["code"] for each in letters] == [
        "not_json", "not_json", "not_json", "no_events", "no_time", "bad_value", "not_json", "not_json"]
    assert [each.get("payload") or bytes.fromhex(each.get("payload_hex") or "") for each in letters] == [
        b"", b"\xff\x00", *(each[:32_000].decode() for each in poison[2:])]
    assert all(each["topic"] == TOPIC and each["reason"] for each in letters)
    assert [each["payload_bytes"] for each in letters] == [len(each) for each in poison]


def test_half_a_character_in_a_frame_does_not_end_the_collector(broker: Endpoint, influx: Endpoint) -> None:
    """JSON can name a surrogate, and the dead letter quotes it; UTF-8 cannot write it."""
    poison = notify("NotifyStatus", **{"bthomesensor:\ud800": {"value": 1}})
    with collecting(broker, influx, patience=0.2) as collector:
        publish(broker, [(TOPIC, poison), (TOPIC, poison), (TOPIC, event())])
        stats = settle(collector, 3)
    assert (stats["stored"], stats["rejected"]) == (1, 2)
    assert "bthomesensor:\\ud800" in dead_letters(influx)[1]["reason"]


def test_a_frame_that_is_half_malformed_gives_its_good_half(broker: Endpoint, influx: Endpoint) -> None:
    good = json.loads(event())["params"]["events"]
    with collecting(broker, influx) as collector:
        publish(broker, [(TOPIC, notify("NotifyEvent", events=[None, *good]))])
        assert settle(collector, 1)["rejected"] == 1
    assert len(points(influx, "temperature")) == len(dead_letters(influx)) == 1


def test_other_frames_are_ignored(broker: Endpoint, influx: Endpoint) -> None:
    with collecting(broker, influx) as collector:
        publish(broker, [(TOPIC, recorded(name)) for name in OTHERS])
        assert settle(collector, 4)["ignored"] == 4
    assert points(influx, "temperature") == dead_letters(influx) == []


def test_a_point_that_the_database_refuses_is_a_dead_letter(broker: Endpoint, influx: Endpoint) -> None:
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:  # the same field, another type
        line = f'temperature,location=unknown,sensor_id={SENSOR} value="warm" {int(NOON) * 10**9}'
        client.write_api(write_options=SYNCHRONOUS).write(influx.bucket, influx.org, line)
    with collecting(broker, influx, window=1.0) as collector:
        publish(broker, [(TOPIC, event(ts=NOON + 60, pid=18)), (TOPIC, event(address=OTHER, temperature=None))])
        stats = settle(collector, 2)
    assert (stats["stored"], stats["rejected"]) == (1, 1)
    (letter,) = dead_letters(influx)
    assert letter["code"] == "refused_by_database"
    assert json.loads(letter["payload"])["method"] == "NotifyEvent"


@pytest.mark.parametrize("needs", [(), ("acl",)], ids=["iotcore", "amqtt"])
def test_a_broker_that_knows_no_mqtt_5_will_do(influx: Endpoint, needs: tuple[str, ...]) -> None:
    with start("mqtt", provider="embedded", mqtt=needs) as services, collecting(services.mqtt, influx) as collector:
        for number in range(25):  # one after the other: amqtt 0.12.1 itself loses messages of a burst
            publish(services.mqtt, [(TOPIC, event(ts=NOON + 60 * number, pid=number))])
            assert settle(collector, number + 1)["stored"] == number + 1
    assert len(points(influx, "temperature")) == 25


def test_a_broker_that_refuses_the_login_is_named(influx: Endpoint) -> None:
    with start("mqtt", provider="embedded", mqtt=["acl"]) as services:
        wrong = dataclasses.replace(services.mqtt, username="nobody", password="wrong")
        with pytest.raises(ConnectionError, match=f"no broker at {wrong.host}:{wrong.port}: "):
            ShellyCollector(wrong, influx).start()


class FakeGateway:
    """Answers `Shelly.GetComponents` as it is told, so that also wrong answers can be given; a real device, simulated,
    is in test_paths.py."""

    def __init__(self, broker: Endpoint, prefix: str, answer: Any) -> None:
        self.asked, self._answer = 0, answer
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = self._on_message
        ready = threading.Event()
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        self.client.subscribe(f"{prefix}/rpc", qos=1)
        assert ready.wait(60)

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        self.asked += 1
        request = json.loads(message.payload)
        answer = self._answer(request)
        if answer is not None:
            self.client.publish(f"{request['src']}/rpc", answer, qos=1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def pages(size: int) -> Any:
    listing = load("native-components")["components"]

    def answer(request: dict[str, Any]) -> bytes:
        offset = request["params"]["offset"]
        result = {"components": listing[offset : offset + size], "offset": offset, "total": len(listing)}
        return json.dumps({"id": request["id"], "src": NATIVE, "dst": request["src"], "result": result}).encode()

    return answer


@pytest.fixture
def prefix() -> str:
    return f"shellypro2-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def gateway(broker: Endpoint, prefix: str, request: pytest.FixtureRequest) -> Iterator[FakeGateway]:
    fake = FakeGateway(broker, prefix, request.param)
    yield fake
    fake.close()


@pytest.mark.parametrize("gateway", [pages(1), pages(3), pages(100)], indirect=True)
def test_components_are_asked_for_page_by_page(broker: Endpoint, prefix: str, gateway: FakeGateway) -> None:
    assert ask_components(broker, prefix) == load("native-components")["components"]


@pytest.mark.parametrize("gateway", [pages(2)], indirect=True)
def test_an_answer_that_comes_twice_is_one_page(broker: Endpoint, prefix: str, gateway: FakeGateway) -> None:
    publish_once = gateway.client.publish

    def publish_twice(*each: Any, **others: Any) -> None:
        publish_once(*each, **others)
        publish_once(*each, **others)

    gateway.client.publish = publish_twice  # type: ignore[method-assign,assignment]
    assert ask_components(broker, prefix) == load("native-components")["components"]


def without_end(request: dict[str, Any]) -> bytes:
    page = [{"key": f"script:{number}"} for number in range(400)]
    return json.dumps({"id": request["id"], "result": {"components": page, "total": 10**9}}).encode()


@pytest.mark.parametrize(("gateway", "problem"), [
    (without_end, "lists more than 1000 components"),
    (lambda _: b'{"id":1,"error":{"code":404,"message":"No handler for X"}}', "No handler for X"),
    (lambda _: b'{"id":1,"result":{}}', "something else"),
    (lambda _: b'{"id":1,"result":{"components":[{"key":"bthomesensor:200"}],"total":1}}', "something else"),
    (lambda _: b"[]", "something else"),
    (lambda _: b"nonsense", "Expecting value"),
], indirect=["gateway"])
def test_a_bad_answer_is_an_error(broker: Endpoint, prefix: str, gateway: FakeGateway, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        ask_components(broker, prefix)


def test_no_answer_is_a_time_out(broker: Endpoint, prefix: str) -> None:
    with pytest.raises(TimeoutError, match=prefix):
        ask_components(broker, prefix, timeout=0.2)


@pytest.mark.parametrize("gateway", [pages(3)], indirect=True)
def test_a_gateway_is_asked_once_and_again_when_its_components_change(
    broker: Endpoint, influx: Endpoint, prefix: str, gateway: FakeGateway
) -> None:
    def status(moment: int) -> tuple[str, bytes]:
        value = {"id": 206, "value": 17.8, "last_updated_ts": moment}
        return f"{prefix}/events/rpc", notify("NotifyStatus", gateway=NATIVE, **{"bthomesensor:206": value})

    battery = notify("NotifyStatus", gateway=NATIVE, **{"bthomesensor:204": {"id": 204, "value": 88}})
    changed = notify("NotifyEvent", events=[{"component": "bthome", "event": "component_added", "ts": NOON}])
    with collecting(broker, influx) as collector:
        publish(broker, [(f"{prefix}/events/rpc", battery), status(1775913527), status(1775913587)])
        settle(collector, 3)
        assert gateway.asked == 2  # two pages, once
        publish(broker, [(f"{prefix}/events/rpc", changed), status(1775913647)])
        stats = settle(collector, 5)
    assert gateway.asked == 4
    assert (stats["stored"], stats["ignored"]) == (3, 2)
    assert [value for *_, value in points(influx, "temperature", "battery_level")] == [88.0] * 3


def test_a_silent_gateway_costs_its_frames_and_nobody_else_s(broker: Endpoint, influx: Endpoint, prefix: str) -> None:
    lost = (f"{prefix}/events/rpc", recorded("native-temperature"))
    with collecting(broker, influx, patience=0.2) as collector:
        publish(broker, [lost, (TOPIC, event()), lost, lost])
        stats = settle(collector, 4)
    assert (stats["stored"], stats["rejected"]) == (1, 3)
    assert [each["code"] for each in dead_letters(influx)] == ["unknown_component"] * 3


def test_nothing_is_acknowledged_before_the_database_has_it(broker: Endpoint, influx: Endpoint) -> None:
    with Front(influx.url) as front:
        endpoint = dataclasses.replace(influx, url=front.url)
        name = f"test-{uuid.uuid4().hex[:8]}"
        collector = ShellyCollector(broker, endpoint, client_id=name)
        collector.start()
        front.away = True
        publish(broker, [(TOPIC, event(ts=NOON + 60 * number, pid=number)) for number in range(100)])
        wait_until(lambda: collector.stats["error"], 60, what="the outage to be noticed")
        assert "503" in collector.stats["error"]
        assert collector.stats["stored"] == 0
        collector.stop()  # the database is still away: nothing may be lost
        assert points(influx, "temperature") == []
        front.away = False
        with collecting(broker, endpoint, client_id=name) as collector:
            settle(collector, 100)
    assert len(points(influx, "temperature")) == 100


def test_an_encrypted_frame_that_was_read_and_not_stored_is_no_replay_after_a_restart(
    broker: Endpoint, influx: Endpoint
) -> None:
    sensor = "02:00:00:00:00:43"
    frame = forwarded(seal(4_000, "001101612e3045d900", mac=sensor), sensor)
    options: dict[str, Any] = {"client_id": f"test-{uuid.uuid4().hex[:8]}", "keys": {sensor: KEY}}
    with Front(influx.url) as front:
        with collecting(broker, dataclasses.replace(influx, url=front.url), **options) as collector:
            front.away = True
            publish(broker, [(f"{SCRIPT}/events/ble", frame)])
            wait_until(lambda: collector.stats["error"], 60, what="the outage to be noticed")
        with collecting(broker, influx, **options) as collector:
            settle(collector, 1)
    assert [value for *_, value in points(influx, "temperature")] == [21.7]


def test_an_outage_of_the_database_delays_and_loses_nothing(broker: Endpoint, influx: Endpoint) -> None:
    with Front(influx.url) as front, collecting(broker, dataclasses.replace(influx, url=front.url)) as collector:
        front.away = True
        publish(broker, [(TOPIC, event(ts=NOON + 60 * number, pid=number)) for number in range(50)])
        wait_until(lambda: collector.stats["error"], 60, what="the outage to be noticed")
        front.away = False
        assert settle(collector, 50)["error"] is None
    assert len(points(influx, "temperature")) == 50


class Front:
    """A front of the database that can go away: it answers 503, or hands on. A real server cannot be told to fail at
    this very moment; the outage of a real one is in test_paths.py."""

    def __init__(self, url: str) -> None:
        import requests

        front, self.away = self, False

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer, kind = 503, b'{"message": "away"}', "application/json"
                if not front.away:
                    found = requests.post(url + self.path, data=body, headers=dict(self.headers), timeout=60)
                    status, answer, kind = found.status_code, found.content, found.headers.get("Content-Type", "")
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Front:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_at_qos_0_only_so_many_wait_for_the_database_and_the_others_are_counted(
    broker: Endpoint, influx: Endpoint
) -> None:
    with Front(influx.url) as front:
        place = dataclasses.replace(influx, url=front.url)
        with collecting(broker, place, most_waiting=10) as collector:
            front.away = True
            publish(broker, [(TOPIC, event(ts=NOON + 60 * number)) for number in range(30)], qos=0)
            wait_until(lambda: collector.stats["received"] == 30, 60, what="all have come")
            assert (collector.stats["lag"], collector.stats["dropped"]) == (10, 20)
            publish(broker, [(TOPIC, event(ts=NOON + 6000))])  # at QoS 1 nothing is let go
            wait_until(lambda: collector.stats["lag"] == 11, 60, what="a message of QoS 1 waits")
            front.away = False
            stats = settle(collector, 31)
    assert (stats["stored"], stats["dropped"]) == (11, 20)


def test_without_a_broker_or_a_database_it_says_so_and_can_start_later(broker: Endpoint, influx: Endpoint) -> None:
    nowhere = dataclasses.replace(broker, host="127.0.0.1", port=1)
    with pytest.raises(ConnectionError, match="no broker at"):
        ShellyCollector(nowhere, influx).start()
    with pytest.raises(ConnectionError, match="no database at"):
        ShellyCollector(broker, dataclasses.replace(influx, url="http://127.0.0.1:1")).start()
    later = ShellyCollector(nowhere, influx, client_id=f"test-{uuid.uuid4().hex[:8]}")
    with pytest.raises(ConnectionError):
        later.start()
    later.stop()  # nothing runs: nothing happens
    later.broker = broker
    later.start()
    later.stop()


@pytest.mark.parametrize(("options", "problem"), [
    ({"locations": {"nowhere": "kitchen"}}, "the address"),
    ({"locations": {SENSOR: "two\nlines"}}, "cannot be a tag"),
    ({"locations": {SENSOR: ""}}, "cannot be a tag"),
    ({"keys": {SENSOR: "short"}}, f"the key of {SENSOR}"),
])
def test_bad_settings_are_refused(broker: Endpoint, influx: Endpoint, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        ShellyCollector(broker, influx, **options)


def test_no_thread_stays(broker: Endpoint, influx: Endpoint) -> None:
    before = threading.active_count()
    with collecting(broker, influx) as collector:
        publish(broker, [(TOPIC, event())])
        settle(collector, 1)
    wait_until(lambda: threading.active_count() <= before, 60, what="the end of the threads")
