"""`parse_gateway_frame`: each way in which a gateway speaks, and what is no frame."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.parts.shelly import Components, FrameError, SensorReading, parse_gateway_frame
from tests.stack.shelly.frames import NATIVE, NOON, SCRIPT, SENSOR, event, forwarded, load, notify, recorded
from tests.stack.shelly.test_encryption import KEY, MAC, seal

TOPIC, NATIVE_TOPIC = f"{SCRIPT}/events/rpc", f"{NATIVE}/events/rpc"
BEDROOM = "f8:44:77:22:33:cc"
COMPONENTS = load("native-components")


def test_the_script_s_event_of_a_real_sensor() -> None:
    assert parse_gateway_frame(TOPIC, recorded("script-ht"), {}) == [SensorReading(
        sensor_id=SENSOR, time=1700000000.12, temperature=17.0, humidity=52.0, battery=100, packet_id=149, rssi=-92,
        gateway=SCRIPT,
    )]


def test_what_floating_point_added_is_taken_away() -> None:
    assert b"21.700000000000003" in recorded("script-artefact")
    (reading,) = parse_gateway_frame(TOPIC, recorded("script-artefact"), {})
    assert reading.temperature == 21.7


@pytest.mark.parametrize("raw", range(-400, 851, 7))
def test_every_tenth_of_a_degree_survives_the_script(raw: int) -> None:
    (reading,) = parse_gateway_frame(TOPIC, event(temperature=raw * 0.1), {})
    assert str(reading.temperature) == str(raw / 10)


def test_hundredths_of_another_sensor_are_kept() -> None:
    (reading,) = parse_gateway_frame(TOPIC, event(temperature=2506 * 0.01, humidity=5055 * 0.01), {})
    assert (reading.temperature, reading.humidity) == (25.06, 50.55)


@pytest.mark.parametrize("components", [COMPONENTS, COMPONENTS["components"], Components(COMPONENTS)])
def test_a_native_status_is_joined_with_its_sensor(components: Any) -> None:
    assert parse_gateway_frame(NATIVE_TOPIC, recorded("native-temperature"), components) == [
        SensorReading(sensor_id=BEDROOM, time=1775913527.0, temperature=17.8, gateway=NATIVE)
    ]


def test_the_components_of_one_packet_become_one_reading() -> None:
    status = {each["key"]: each["status"] for each in COMPONENTS["components"]}
    assert parse_gateway_frame(NATIVE_TOPIC, notify("NotifyStatus", gateway=NATIVE, **status), COMPONENTS) == [
        SensorReading(BEDROOM, 1775913527.0, 17.8, 50.0, 97, 17, -70, NATIVE)
    ]


def test_a_full_status_holds_the_last_readings() -> None:
    status = {each["key"]: each["status"] for each in COMPONENTS["components"]} | {"switch:0": {"id": 0}}
    (reading,) = parse_gateway_frame(NATIVE_TOPIC, notify("NotifyFullStatus", gateway=NATIVE, **status), COMPONENTS)
    assert (reading.temperature, reading.humidity) == (17.8, 50.0)


def test_two_moments_are_two_readings() -> None:
    found = parse_gateway_frame(NATIVE_TOPIC, notify(
        "NotifyStatus", gateway=NATIVE, **{
            "bthomesensor:205": {"id": 205, "value": 50, "last_updated_ts": 1775913527},
            "bthomesensor:206": {"id": 206, "value": 17.8, "last_updated_ts": 1775913587},
        }), COMPONENTS)
    assert [(each.time, each.temperature, each.humidity) for each in found] == [
        (1775913527.0, None, 50.0), (1775913587.0, 17.8, None),
    ]


def test_a_status_without_a_moment_has_that_of_its_frame() -> None:
    frame = notify("NotifyStatus", gateway=NATIVE, **{"bthomesensor:206": {"value": 4.5}})
    (reading,) = parse_gateway_frame(NATIVE_TOPIC, frame, COMPONENTS)
    assert (reading.time, reading.temperature) == (NOON, 4.5)


def test_a_battery_alone_is_a_reading() -> None:
    frame = notify("NotifyStatus", gateway=NATIVE, **{"bthomesensor:204": {"id": 204, "value": 96}})
    (reading,) = parse_gateway_frame(NATIVE_TOPIC, frame, COMPONENTS)
    assert (reading.battery, reading.temperature, reading.humidity) == (96, None, None)


def test_a_component_that_is_not_known_is_asked_for() -> None:
    with pytest.raises(FrameError, match="bthomesensor:206") as error:
        parse_gateway_frame(NATIVE_TOPIC, recorded("native-temperature"), [])
    assert error.value.reason == "unknown_component"


def test_components_of_one_gateway_say_nothing_of_another() -> None:
    other = json.loads(json.dumps(COMPONENTS).replace(BEDROOM, SENSOR))
    (reading,) = parse_gateway_frame(NATIVE_TOPIC, recorded("native-temperature"), other)
    assert reading.sensor_id == SENSOR


def test_a_second_thermometer_of_one_sensor_is_left_out() -> None:
    listing = load("native-components")["components"]
    listing[3]["config"]["idx"] = 1
    assert parse_gateway_frame(NATIVE_TOPIC, recorded("native-temperature"), listing) == []
    assert parse_gateway_frame(TOPIC, event(temperature=[4.0, 23.0]), {})[0].temperature is None


def test_a_removed_component_is_no_reading() -> None:
    frame = notify("NotifyStatus", gateway=NATIVE, **{"bthomesensor:206": None, "bthomedevice:202": None})
    assert parse_gateway_frame(NATIVE_TOPIC, frame, COMPONENTS) == []


@pytest.mark.parametrize("name", ["native-button", "full-status", "switch", "script-button"])
def test_a_frame_about_something_else_holds_no_reading(name: str) -> None:
    assert parse_gateway_frame(TOPIC, recorded(name), {}) == []


@pytest.mark.parametrize("topic", [
    f"{SCRIPT}/online", f"{SCRIPT}/status/bthomesensor:206", "events/rpc", "a/events/x", "",
])
def test_another_topic_holds_no_reading(topic: str) -> None:
    assert parse_gateway_frame(topic, b"true", {}) == []


def test_a_renamed_topic_does_not_rename_the_gateway() -> None:
    (reading,) = parse_gateway_frame("house/cellar/events/rpc", event(), {})
    assert reading.gateway == SCRIPT


def test_addresses_are_written_in_lower_case() -> None:
    (reading,) = parse_gateway_frame(TOPIC, event(address=SENSOR.upper()), {})
    assert reading.sensor_id == SENSOR


@pytest.mark.parametrize(("payload", "reason"), [
    (b"", "not_json"), (b"\xff\xfe", "not_json"), (b"{", "not_json"), (b"[" * 100_000, "not_json"),
    (b"[]", "not_an_object"), (b"17", "not_an_object"), (b"null", "not_an_object"),
    (b"{}", "no_method"), (b'{"method": 3}', "no_method"),
    (b'{"method": "NotifyEvent"}', "no_params"), (b'{"method": "NotifyStatus", "params": []}', "no_params"),
    (b'{"method": "NotifyEvent", "params": {}}', "no_events"),
    (b'{"method": "NotifyEvent", "params": {"events": [3]}}', "bad_event"),
    (b'{"method": "NotifyEvent", "params": {"events": [{"event": "shelly-blu"}]}}', "no_data"),
    (notify("NotifyStatus", **{"bthomesensor:206": 17.8}), "bad_status"),
])
def test_a_malformed_frame_is_refused_with_its_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(FrameError) as error:
        parse_gateway_frame(TOPIC, payload, COMPONENTS)
    assert isinstance(error.value, ValueError)
    assert error.value.reason == reason


@pytest.mark.parametrize(("change", "reason"), [
    ({"address": None}, "bad_address"), ({"address": "7c:c6"}, "bad_address"), ({"address": 7}, "bad_address"),
    ({"address": SENSOR + "\n"}, "bad_address"), ({"address": 'x"; drop'}, "bad_address"),
    ({"ts": None}, "no_time"), ({"ts": 12.5}, "no_time"), ({"ts": "now"}, "no_time"), ({"ts": True}, "no_time"),
    ({"ts": 1e300}, "no_time"), ({"ts": float("nan")}, "no_time"),
    ({"temperature": "21.7"}, "bad_value"), ({"temperature": True}, "bad_value"), ({"temperature": {}}, "bad_value"),
    ({"temperature": float("nan")}, "bad_value"), ({"temperature": float("inf")}, "bad_value"),
    ({"temperature": -300}, "bad_value"), ({"humidity": 101}, "bad_value"), ({"humidity": -1}, "bad_value"),
    ({"battery": 255}, "bad_value"), ({"pid": 256}, "bad_value"), ({"pid": -1}, "bad_value"),
    ({"rssi": 10**400}, "bad_value"),
])
def test_a_bad_value_is_refused_with_its_reason(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(FrameError) as error:
        parse_gateway_frame(TOPIC, event(**change), {})
    assert error.value.reason == reason


def test_what_can_be_read_beside_a_malformed_event_is_not_lost() -> None:
    good = json.loads(event())["params"]["events"]
    with pytest.raises(FrameError) as error:
        parse_gateway_frame(TOPIC, notify("NotifyEvent", events=[None, *good]), {})
    assert [each.temperature for each in error.value.readings] == [21.7]


def test_a_forwarded_advertisement_is_decoded_here() -> None:
    data = bytes.fromhex("44001101612e3045d900")
    assert parse_gateway_frame(f"{SCRIPT}/events/ble", forwarded(data, SENSOR), {}) == [
        SensorReading(SENSOR, NOON, 21.7, 48.0, 97, 17, -61, SCRIPT)
    ]


def test_a_forwarded_encrypted_advertisement_is_decrypted_here_once() -> None:
    topic, sensor = f"{SCRIPT}/events/ble", "02:00:00:00:00:42"
    components = Components(keys={sensor: KEY})
    frame = forwarded(seal(777, "001101612e3045d900", mac=sensor), sensor)
    (reading,) = parse_gateway_frame(topic, frame, components)
    assert (reading.temperature, reading.humidity, reading.packet_id) == (21.7, 48.0, 17)
    with pytest.raises(FrameError) as error:
        parse_gateway_frame(topic, frame, components)
    assert error.value.reason == "replay"


def test_what_a_script_says_of_a_sensor_with_a_key_is_a_downgrade() -> None:
    """The script drops what is encrypted: somebody else has sent this in plain."""
    with pytest.raises(FrameError) as error:
        parse_gateway_frame(TOPIC, event(), Components(keys={SENSOR: KEY}))
    assert (error.value.reason, error.value.readings) == ("not_encrypted", [])


@pytest.mark.parametrize(("frame", "reason"), [
    (forwarded(bytes.fromhex("44001101612e3045d9"), SENSOR), "truncated"),
    (forwarded(seal(1), MAC), "encrypted"),
    (forwarded(b"", SENSOR), "too_short"),
    (forwarded(b"\x44", SENSOR, payload="xyz"), "bad_payload"),
    (forwarded(b"\x44", SENSOR, payload=None), "no_data"),
    (forwarded(b"\x44", SENSOR, srcBle=None), "no_data"),
    (forwarded(b"\x44", "nowhere"), "bad_address"),
    (forwarded(bytes.fromhex("440161"), SENSOR, ts=None), "no_time"),
])
def test_a_bad_forwarded_advertisement_is_refused(frame: bytes, reason: str) -> None:
    with pytest.raises(FrameError) as error:
        parse_gateway_frame(f"{SCRIPT}/events/ble", frame, Components())
    assert error.value.reason == reason


NAMES = st.sampled_from(["event", "data", "ts", "address", "value", "id", "pid"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(NAMES, each), max_leaves=10,
)


@given(st.sampled_from(["NotifyEvent", "NotifyStatus", "NotifyFullStatus", "Other"]),
       st.dictionaries(st.sampled_from(["events", "ts", "bthomesensor:206", "bthomedevice:202", "sys"]), JSON))
def test_whatever_arrives_is_read_or_refused(method: str, params: dict[str, Any]) -> None:
    frame = json.dumps({"src": SCRIPT, "method": method, "params": params}).encode()
    try:
        readings = parse_gateway_frame(TOPIC, frame, COMPONENTS)
    except FrameError as error:
        readings = error.readings
    assert all(isinstance(each, SensorReading) for each in readings)
