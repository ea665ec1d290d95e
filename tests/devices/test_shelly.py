"""BLU H&T sensors, the air, and Pro 2 gateways: pure state machines, no broker."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from hypothesis import given
from hypothesis import strategies as st

from labkit.devices.device import Device, Message
from labkit.devices.faults import KINDS, with_faults
from labkit.devices.fleet import simulate
from labkit.devices.registry import fleet_kind
from labkit.devices.shelly import GROUP, address, build, key
from labkit.devices.shelly_ble import HOLD_OLD, PRESS, Packet, advertising_data, encrypted, plain
from labkit.devices.shelly_gateway import Gateway, Way
from labkit.devices.shelly_rpc import PAGE
from labkit.devices.shelly_sensor import Advertisement, Air, BluHT
from labkit.devices.shelly_status import PAIRED_MOST
from labkit.devices.signals import Room

START = 1_700_000_000.0
SENSOR, GATEWAY, KEY = "7c:c6:b6:7f:48:ed", "shellypro2-30c6f7aabbcc", bytes(range(16))


def sensor(air: Air, name: str = SENSOR, secret: bytes | None = None) -> BluHT:
    return BluHT(name, Room(name, 1, START), air, secret)


def frames(messages: Sequence[Message], method: str = "") -> list[Any]:
    found = [json.loads(each.payload) for each in messages if each.topic.endswith("/events/rpc")]
    return [each for each in found if each["method"] == method or not method]


# Bytes


def test_the_bytes_of_a_recorded_frame() -> None:
    assert plain(Packet(164, 100, 56, -21.3)).hex(" ") == "44 00 a4 01 64 2e 38 45 2b ff"


def test_a_button_stands_between_humidity_and_temperature() -> None:
    assert plain(Packet(18, 97, 48, 21.7, PRESS)).hex() == "44001201612e303a0145d900"
    assert plain(Packet(19, 97, 48, 21.7, HOLD_OLD)).hex() == "44001301612e303afe45d900"


def test_an_advertisement_has_flags_and_the_service() -> None:
    data = advertising_data(plain(Packet(17, 97, 48, 21.7)))
    assert data.hex(" ") == "02 01 06 0d 16 d2 fc 44 00 11 01 61 2e 30 45 d9 00"
    with pytest.raises(ValueError, match="31"):
        advertising_data(bytes(25))


def test_an_encrypted_frame_can_be_opened_with_address_key_and_counter() -> None:
    data = encrypted(Packet(17, 97, 48, 21.7), SENSOR, KEY, 1003)
    assert data[0] == 0x45
    assert int.from_bytes(data[-8:-4], "little") == 1003
    nonce = bytes.fromhex("7cc6b67f48edd2fc45eb030000")
    assert AESCCM(KEY, tag_length=4).decrypt(nonce, data[1:-8] + data[-4:], None).hex() == "001101612e3045d900"
    assert len(advertising_data(encrypted(Packet(1, 1, 1, 1.0, PRESS), SENSOR, KEY, 1))) <= 31


@pytest.mark.parametrize("packet", [Packet(256, 1, 1, 1.0), Packet(1, -1, 1, 1.0), Packet(1, 1, 1, 4000.0)])
def test_what_does_not_fit_is_refused(packet: Packet) -> None:
    with pytest.raises((ValueError, OverflowError)):
        plain(packet)


# The sensor


def heard(devices: Sequence[Device], air: Air, seconds: float, ear: str = "ear") -> list[Advertisement]:
    air.listen(ear)
    list(simulate(devices, start=START, seconds=seconds))
    return [each for each, _ in air.heard(ear, START + seconds)]


def test_a_sensor_sends_each_packet_three_times_a_minute() -> None:
    air = Air(loss=0)
    found = heard([sensor(air)], air, 600)
    assert [round(each.time - START, 2) for each in found[:6]] == [0, 0.15, 0.3, 60, 60.15, 60.3]
    assert len(found) == 30
    assert len({each.service_data for each in found}) == 10


def test_packet_numbers_go_round() -> None:
    air = Air(loss=0)
    numbers = [each.service_data[2] for each in heard([sensor(air)], air, 300 * 60)[::3]]
    assert all((after - before) % 256 == 1 for before, after in itertools.pairwise(numbers))
    assert 0 in numbers
    assert 255 in numbers


def test_the_counter_rises_and_begins_anew_with_a_new_battery() -> None:
    air = Air(loss=0)
    device = sensor(air, secret=KEY)
    counters = [int.from_bytes(each.service_data[-8:-4], "little") for each in heard([device], air, 600)[::3]]
    assert counters == list(range(counters[0], counters[0] + 10))
    device.change_battery()
    list(device.step(START + 600))
    ((_, packet),) = list(device.sent)[-1:]
    (first, *_) = [each for each, _ in air.heard("ear", START + 700)]
    assert int.from_bytes(first.service_data[-8:-4], "little") == 0
    assert (packet.packet_id, packet.battery) == (0, 100)


def test_the_counter_goes_round() -> None:
    air = Air(loss=0)
    device = sensor(air, secret=KEY)
    device._counter = 2**32 - 1
    found = heard([device], air, 120)[::3]
    assert [each.service_data[-8:-4].hex() for each in found] == ["ffffffff", "00000000"]


def test_a_battery_lasts_one_to_two_years_and_is_changed() -> None:
    device = sensor(Air())
    device._charge, levels = 100.0, []
    for day in range(0, 800, 5):
        list(device.step(START + day * 86_400))
        levels.append(device.sent[-1][1].battery)
    changes = [index for index, (before, after) in enumerate(itertools.pairwise(levels)) if after > before]
    assert changes
    assert 365 <= changes[0] * 5 + 5 <= 735
    assert min(levels) >= 2


def test_a_press_is_said_once() -> None:
    air = Air(loss=0)
    device = sensor(air)
    device.press()
    buttons = [packet.button for _, packet in (heard([device], air, 180) and device.sent)]
    assert buttons == [PRESS, None, None]


def test_faults_of_sensor_and_radio_strike_the_advertisement() -> None:
    air = Air(loss=0)
    device = with_faults(sensor(air), {"stuck": 1.0, "low_battery": 3.0, "drop_out": 0.5})
    found = heard([device], air, 6000)
    assert len({(packet.temperature, packet.humidity) for _, packet in device.sent}) == 1
    assert {packet.battery for _, packet in device.sent} == {3}
    assert len(device.sent) == 100
    assert 30 <= len(found) / 3 <= 70


@given(st.floats(-200, 200), st.floats(-50, 150))
def test_whatever_is_measured_fits_its_object(temperature: float, humidity: float) -> None:
    device = sensor(Air())
    device.measured = lambda name, _value, _now: temperature if name == "temperature" else humidity  # type: ignore[method-assign]
    list(device.step(START))
    (_, packet) = device.sent[-1]
    assert 0 <= packet.humidity <= 100
    assert -40 <= packet.temperature <= 85
    assert str(packet.temperature) != "-0.0"


# The air


def test_gateways_hear_at_their_own_strength_and_lose_some() -> None:
    air = Air(seed=3, loss=0.1)
    for ear in ("near", "far"):
        air.listen(ear)
    list(simulate([sensor(air)], start=START, seconds=300 * 60))
    strengths = {}
    for ear in ("near", "far"):
        found = air.heard(ear, START + 300 * 60)
        assert 500 < len(found) < 900
        strengths[ear] = sum(rssi for _, rssi in found) / len(found)
        assert all(-100 < rssi < -30 for _, rssi in found)
    assert abs(strengths["near"] - strengths["far"]) > 1


def test_nothing_is_heard_before_it_is_sent() -> None:
    air = Air(loss=0)
    air.listen("ear")
    list(sensor(air).step(START))
    assert len(air.heard("ear", START)) == 1
    assert len(air.heard("ear", START + 0.2)) == 1
    assert len(air.heard("ear", START + 10)) == 1
    assert air.heard("ear", START + 20) == []


# The gateway


def gateway(air: Air, way: Way, **options: Any) -> Gateway:
    return Gateway(GATEWAY, air, way, **options)


def run(way: Way, sensors: int = 2, seconds: float = 600, secret: bytes | None = None, **options: Any) -> list[Message]:
    air = Air(loss=0)
    names = [address(index) for index in range(sensors)]
    if way == "native":
        options = {"paired": [(each, None) for each in names]} | options
    devices = [*(sensor(air, each, secret) for each in names), gateway(air, way, **options)]
    return list(simulate(devices, start=START, seconds=seconds))


def test_a_gateway_says_hello_everything_and_goodbye() -> None:
    device = gateway(Air(), "native", paired=[(SENSOR, "Bedroom")])
    hello, full = device.connected(START)
    (bye,) = device.leaving(START)
    assert device.will is not None
    assert [(each.topic, each.payload, each.qos, each.retain) for each in (hello, bye, device.will)] == [
        (f"{GATEWAY}/online", word, 1, True) for word in (b"true", b"false", b"false")]
    (frame,) = frames([full])
    assert frame["method"] == "NotifyFullStatus"
    assert {"ble", "cloud", "mqtt", "script:1", "switch:0", "switch:1", "sys", "wifi", "ws"} <= set(frame["params"])
    assert frame["params"]["sys"]["mac"] == "30C6F7AABBCC"
    assert "apower" not in frame["params"]["switch:0"]  # a plain Pro 2 has no meter


def test_every_frame_has_its_envelope() -> None:
    for way in ("script", "native"):
        for frame in frames(run(way, prefix="house/hall")):  # type: ignore[arg-type]
            assert (frame["src"], frame["dst"]) == (GATEWAY, "house/hall/events")
            assert START <= frame["params"]["ts"] <= START + 600


def test_the_script_sends_products_of_floats() -> None:
    found = [frame["params"]["events"][0]["data"] for frame in frames(run("script", seconds=86_400), "NotifyEvent")]
    assert any(len(str(each["temperature"])) > 6 for each in found)
    assert all(abs(each["temperature"] - round(each["temperature"], 1)) < 1e-9 for each in found)
    assert list(found[0]) == [
        "encryption", "BTHome_version", "pid", "battery", "humidity", "temperature", "rssi", "address"]


def test_the_script_s_one_variable_loses_a_reading_and_lets_copies_through() -> None:
    air = Air(loss=0)
    device = gateway(air, "script")

    def say(*packets: tuple[str, int]) -> list[tuple[str, int]]:
        for index, (name, number) in enumerate(packets):
            for ears in air._ears.values():
                ears.append((Advertisement(name, plain(Packet(number, 97, 48, 21.7)), START + index), -70))
        found = frames(list(device.step(START + 100)))
        return [(each["params"]["events"][0]["data"]["address"], each["params"]["events"][0]["data"]["pid"])
                for each in found]

    assert say(("a", 1), ("a", 1), ("a", 2)) == [("a", 1), ("a", 2)]
    assert say(("a", 7), ("b", 7)) == [("a", 7)]  # b's reading is lost
    assert say(("a", 9), ("b", 20), ("a", 9), ("b", 20)) == [("a", 9), ("b", 20), ("a", 9), ("b", 20)]


def test_the_script_drops_what_is_encrypted() -> None:
    assert frames(run("script", secret=KEY), "NotifyEvent") == []


def test_a_native_gateway_says_each_packet_once_in_clean_numbers() -> None:
    found = frames(run("native", joined=True), "NotifyStatus")
    assert len(found) == 20
    for frame in found:
        assert set(frame["params"]) == {"ts", *(name for name in frame["params"] if name.startswith("bthome"))}
        values = [value["value"] for name, value in frame["params"].items() if name.startswith("bthomesensor:")]
        assert len(values) == 3
        assert all(len(str(value)) <= 5 for value in values)
        (device,) = [value for name, value in frame["params"].items() if name.startswith("bthomedevice:")]
        assert set(device) == {"id", "rssi", "battery", "packet_id", "last_updated_ts"}
        assert isinstance(device["last_updated_ts"], int)


def test_a_native_gateway_may_say_each_component_for_itself() -> None:
    found = frames(run("native", joined=False), "NotifyStatus")
    assert len(found) == 80
    assert all(len(frame["params"]) == 2 for frame in found)


def test_a_native_gateway_decrypts_with_the_key_and_only_with_it() -> None:
    keys = {address(index): KEY for index in range(2)}
    assert len(frames(run("native", secret=KEY, keys=keys, joined=True), "NotifyStatus")) == 20
    assert frames(run("native", secret=KEY), "NotifyStatus") == []
    assert frames(run("native", secret=KEY, keys=dict.fromkeys(keys, bytes(16))), "NotifyStatus") == []
    assert frames(run("native", keys=keys), "NotifyStatus") == []  # plain although there is a key


def test_a_native_gateway_hears_only_what_it_was_paired_with() -> None:
    assert frames(run("native", paired=[(SENSOR, None)]), "NotifyStatus") == []
    with pytest.raises(ValueError, match=str(PAIRED_MOST)):
        gateway(Air(), "native", paired=[(address(index), None) for index in range(PAIRED_MOST + 1)])


def test_a_press_is_an_event_of_the_device() -> None:
    air = Air(loss=0)
    device, hub = sensor(air), gateway(air, "native", paired=[(SENSOR, None)])
    device.press()
    (frame,) = frames(list(simulate([device, hub], start=START, seconds=30)), "NotifyEvent")
    (event,) = frame["params"]["events"]
    assert event == {"component": "bthomedevice:200", "id": 200, "event": "single_push", "idx": 0, "ts": START}


def test_status_topics_only_when_they_are_switched_on() -> None:
    assert not any("/status/" in each.topic for each in run("native"))
    topics = Counter(each.topic for each in run("native", status_ntf=True) if "/status/" in each.topic)
    assert topics[f"{GATEWAY}/status/bthomesensor:202"] == 10


def test_a_forwarding_script_passes_on_what_it_hears() -> None:
    found = [json.loads(each.payload) for each in run("forward", secret=KEY) if each.topic == f"{GATEWAY}/events/ble"]
    assert len(found) == 60
    assert all(each["payload"].startswith("45") and each["srcBle"]["mac"] in (address(0), address(1)) for each in found)


def test_a_wrong_clock_shows_in_its_frames() -> None:
    air = Air(loss=0)
    hub = with_faults(gateway(air, "script"), {"clock_error": 3600.0})
    (first, *_) = frames(list(simulate([sensor(air), hub], start=START, seconds=30)), "NotifyEvent")
    assert first["params"]["events"][0]["ts"] == START + 3600


# Questions and commands


def ask(device: Gateway, method: Any, params: Any = None, **request: Any) -> Any:
    frame = {"id": 7, "src": "me", "method": method, "params": params} | request
    answers = list(device.receive(f"{device.prefix}/rpc", json.dumps(frame).encode(), START))
    assert answers[0].topic == "me/rpc"
    found = json.loads(answers[0].payload)
    assert (found["id"], found["src"], found["dst"]) == (7, GATEWAY, "me")
    return found.get("result", found.get("error"))


@pytest.fixture
def hub() -> Gateway:
    return gateway(Air(), "native", paired=[(address(index), f"room {index}") for index in range(3)])


def test_components_come_in_pages(hub: Gateway) -> None:
    listing: list[Any] = []
    total = 1
    while len(listing) < total:
        page = ask(hub, "Shelly.GetComponents", {"offset": len(listing), "include": ["status", "config"]})
        assert (page["offset"], len(page["components"]) <= PAGE) == (len(listing), True)
        listing, total = listing + page["components"], page["total"]
    assert total == len({each["key"] for each in listing}) == 12
    assert [each["config"]["obj_id"] for each in listing[1:4]] == [1, 46, 69]
    assert ask(hub, "Shelly.GetComponents", {"offset": 99})["components"] == []
    assert set(ask(hub, "Shelly.GetComponents", {})["components"][1]) == {"key"}


def test_methods_answer_with_result_or_error(hub: Gateway) -> None:
    info = ask(hub, "Shelly.GetDeviceInfo")
    assert (info["id"], info["model"], info["ver"], info["gen"]) == (GATEWAY, "SPSW-202XE12UL", "1.6.2", 2)
    assert ask(hub, "BTHomeDevice.GetConfig", {"id": 201})["addr"] == address(1)
    assert ask(hub, "BTHomeSensor.GetConfig", {"id": 205})["obj_id"] == 69
    assert ask(hub, "BTHomeSensor.GetStatus", {"id": 205}) == {"id": 205}
    assert ask(hub, "Mqtt.GetConfig")["topic_prefix"] == GATEWAY
    assert "sys" in ask(hub, "Shelly.GetStatus")
    assert ask(hub, "Switch.GetStatus", {"id": 1})["output"] is False
    assert "Switch.Set" in ask(hub, "Shelly.ListMethods")["methods"]
    for method, params, code in (
        ("Shelly.Nothing", None, 404), (None, None, 404), (["x"], None, 404), ("Shelly.GetComponents", [1], -103),
        ("Shelly.GetComponents", {"offset": -1}, -103), ("BTHomeDevice.GetConfig", {"id": 299}, -105),
        ("BTHomeDevice.GetConfig", {}, -103), ("BTHomeDevice.GetConfig", {"id": True}, -103),
        ("Switch.Set", {"id": 0}, -103), ("Switch.Set", {"id": 9, "on": True}, -105),
    ):
        assert ask(hub, method, params)["code"] == code, method


@pytest.mark.parametrize("payload", [
    b"", b"\xff", b"[]", b"{}", b'{"src":""}', b'{"src":"a/+"}', b'{"src":"#"}', b'{"src":7}', b"[" * 100_000,
])
def test_a_question_from_nobody_gets_no_answer(hub: Gateway, payload: bytes) -> None:
    assert list(hub.receive(f"{GATEWAY}/rpc", payload, START)) == []


def test_relays_obey_and_say_so(hub: Gateway) -> None:
    def command(component: str, word: str) -> list[Message]:
        return list(hub.receive(f"{GATEWAY}/command{component}", word.encode(), START))

    assert ask(hub, "Switch.Set", {"id": 0, "on": True}) == {"was_on": False}
    assert hub.relays == [True, False]
    (frame,) = frames(command("/switch:1", "toggle"))
    assert frame["params"]["switch:1"]["output"] is True
    command("/switch:0", "off")
    assert hub.relays == [False, True]
    assert frames(command("", "status_update"))[0]["method"] == "NotifyFullStatus"
    for component, word in (
        ("/switch:2", "on"), ("/switch:0", "dim"), ("/cover:0", "on"), ("", "restart"), ("/switch:0", ""),
    ):
        assert command(component, word) == []


# The fleet


def test_the_fleet_is_registered_and_reproducible() -> None:
    kind = fleet_kind("shelly")
    assert (kind.count, kind.interval) == (6, 60.0)
    first = list(simulate(kind.build(6, 60, 5, START), start=START, seconds=600))
    second = list(simulate(kind.build(6, 60, 5, START), start=START, seconds=600))
    other = list(simulate(kind.build(6, 60, 6, START), start=START, seconds=600))
    assert first == second != other


def test_a_large_fleet_has_a_pair_of_gateways_for_each_group() -> None:
    devices = build(100, 60, 1, START)
    gateways = [each for each in devices if isinstance(each, Gateway)]
    assert [each.way for each in gateways] == ["script", "native"] * 4
    assert max(len(each.paired) for each in gateways) == GROUP
    assert len({each.id for each in devices}) == 108


def test_every_third_sensor_encrypts_with_its_own_key() -> None:
    keys = [key(index, 1) for index in range(9)]
    assert [each is not None for each in keys] == [False, False, True] * 3
    assert len({each for each in keys if each}) == 3
    assert key(2, 1) != key(2, 2)


@pytest.mark.parametrize("fault", sorted(KINDS))
def test_every_fault_can_strike_the_whole_fleet(fault: str) -> None:
    devices = build(3, 60, 1, START)
    for device in devices:
        with_faults(device, {fault: 5.0 if fault in ("drift", "low_battery", "clock_error") else 0.3})
    assert list(simulate(devices, start=START, seconds=1200))
