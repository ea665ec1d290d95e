"""The archive: keys, immutability, what is refused, what is listed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.parts import devices
from stack.runtime import Influx, ObjectStore
from tests.stack.meter.conftest import NOW, objects, points, reading

FOLDERS = (devices.DEAD_LETTERS, devices.PACKS)
IDS = st.from_regex(devices.DEVICE_ID, fullmatch=True).filter(lambda text: text not in FOLDERS)
TIMES = st.integers(10**9, 10**10 - 1) | st.integers(10**15, 10**16 - 1).map(lambda micro: micro / 10**6)
WORD = "power-001"


def test_a_reading_is_archived_under_its_device_and_time_stamp(store: ObjectStore) -> None:
    assert devices.archive(store, WORD, reading()) == f"power-001/{NOW}.json"
    assert json.loads(objects(store)[f"power-001/{NOW}.json"]) == reading()


def test_the_same_reading_again_does_no_harm(store: ObjectStore) -> None:
    devices.archive(store, WORD, reading())
    before = objects(store)
    devices.archive(store, WORD, dict(reversed(reading().items())))
    assert objects(store) == before


def test_a_second_reading_of_other_content_is_refused_and_changes_nothing(store: ObjectStore) -> None:
    devices.archive(store, WORD, reading())
    before = objects(store)
    with pytest.raises(devices.AlreadyArchivedError, match=r"power-001/1767225600\.json"):
        devices.archive(store, WORD, reading(sensors={"power": 412.6}))
    assert objects(store) == before


def test_a_store_that_refuses_to_overwrite_is_not_asked_first(store: ObjectStore) -> None:
    """The store here takes no notice of `If-None-Match`; one that does answers 412 in this stand-in, as MinIO would."""
    with devices.Archive(store) as archive:
        sent: list[str] = []
        send = archive.send

        def conditional(method: str, key: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
            sent.append(method)
            if method == "PUT" and headers.get("If-None-Match") == "*" and send("GET", key)[0] == 200:
                return 412, b""
            return send(method, key, body, **headers)

        archive.send = conditional
        assert archive.put(WORD, reading())
        assert sent == ["PUT", "PUT", "DELETE", "PUT"]  # three of them are the probe
        assert not archive.put(WORD, reading())
        with pytest.raises(devices.AlreadyArchivedError):
            archive.put(WORD, reading(rssi=-60))
    assert list(objects(store)) == [f"power-001/{NOW}.json"]


@pytest.mark.parametrize(
    ("device_id", "changes", "message"),
    [
        ("../power-001", {}, "not a device id"),
        ("power/001", {}, "not a device id"),
        ("", {}, "not a device id"),
        ("dead-letters", {}, "not a device id"),
        ("x" * 65, {}, "not a device id"),
        ("power-001\n", {}, "not a device id"),
        ("other", {}, "the reading is of 'power-001', not of 'other'"),
        (WORD, {"timestamp": NOW * 1000}, "seconds since 1970"),
        (WORD, {"timestamp": float("nan")}, "seconds since 1970"),
        (WORD, {"timestamp": str(NOW)}, "seconds since 1970"),
        (WORD, {"timestamp": True}, "seconds since 1970"),
        (WORD, {"type": "gas"}, "type must be one of"),
        (WORD, {"sensors": {}}, "sensors must be an object of 1 to 32 numbers"),
        (WORD, {"sensors": [1]}, "sensors must be an object"),
        (WORD, {"sensors": {"power": float("inf")}}, "power must be a finite number"),
        (WORD, {"sensors": {"power": "12"}}, "power must be a finite number"),
        (WORD, {"sensors": {"power": True}}, "power must be a finite number"),
        (WORD, {"sensors": {"a b": 1}}, "not the name of a sensor"),
        (WORD, {"sensors": {"_time": 1}}, "not the name of a sensor"),
        (WORD, {"sensors": {"rssi": 1}}, "rssi stands twice"),
        (WORD, {"battery": None}, "battery must be a finite number"),
        (WORD, {"note": float("inf")}, "JSON"),
        (WORD, {"note": "\ud800"}, "surrogates"),
        (WORD, {"note": {1, 2}}, "JSON cannot carry"),
        (WORD, {"note": "x" * 70_000}, "at most 65536 bytes"),
    ],
)
def test_what_is_no_reading_of_the_device_is_refused(
    store: ObjectStore, device_id: str, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        devices.archive(store, device_id, reading(**changes))
    assert objects(store) == {}


def test_a_store_that_does_not_answer_is_a_connection_error(store: ObjectStore) -> None:
    with pytest.raises(ConnectionError, match=r"http://127\.0\.0\.1:9"):
        devices.archive(replace(store, url="http://127.0.0.1:9"), WORD, reading())
    with pytest.raises(ConnectionError, match="answered 403"):
        devices.archive(replace(store, secret_key="wrong" * 5), WORD, reading())
    with pytest.raises(ConnectionError, match="NoSuchBucket"):
        devices.archive(replace(store, bucket="not-there"), WORD, reading())


@given(IDS, TIMES)
def test_a_key_gives_its_time_stamp_back_to_the_microsecond(device_id: str, timestamp: float) -> None:
    key = devices.object_key(device_id, timestamp)
    assert key.count("/") == 1
    assert key.startswith(f"{device_id}/")
    assert devices.microseconds(devices.key_time(key)) == devices.microseconds(timestamp)


@given(IDS, TIMES, TIMES)
def test_readings_have_one_key_only_when_they_have_one_microsecond(device_id: str, one: float, other: float) -> None:
    same = devices.microseconds(one) == devices.microseconds(other)
    assert (devices.object_key(device_id, one) == devices.object_key(device_id, other)) == same


@given(st.text() | st.binary() | st.none())
def test_an_id_is_safe_or_refused(device_id: object) -> None:
    try:
        safe = devices.check_device_id(device_id)
    except ValueError:
        return
    assert not set(safe) & set('/+#\0"\\ ,=$\n')
    assert safe not in (".", "..", "dead-letters", "packs")


@given(st.text(max_size=60) | st.just(f"power-001/{NOW}.50.json"))
def test_what_object_key_cannot_have_built_is_no_key(key: str) -> None:
    assert not devices.is_key(key) or devices.object_key(key.split("/")[0], devices.key_time(key)) == key


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(JSON, st.text(max_size=20))
def test_any_json_is_a_reading_or_a_value_error(document: object, key: str) -> None:
    for payload in (document, reading(sensors=document), reading(**{key: document})):
        try:
            found = devices.parse_message("iot/power-001/telemetry", json.dumps(payload).encode())
        except ValueError:
            continue
        assert devices.line_of(found).startswith("iot_telemetry,device_id=power-001,type=power ")
        assert json.loads(devices.object_body(found)) == found


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":NaN}', b"9" * 5000, b"null"])
def test_what_is_not_json_is_a_value_error(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        devices.parse_message("iot/power-001/telemetry", payload)


@pytest.mark.parametrize(
    "topic", ["iot/power-001", "iot/node/01/telemetry", "iot/power-001/status", "x/power-001/telemetry"]
)
def test_another_topic_is_no_meters(topic: str) -> None:
    with pytest.raises(ValueError, match="not a topic of a meter"):
        devices.parse_message(topic, json.dumps(reading()).encode())


def test_keys_are_listed_from_a_moment_on_in_the_order_of_time(store: ObjectStore) -> None:
    times = [NOW, NOW + 0.25, NOW + 0.5, NOW + 1, NOW + 10.000001]
    for timestamp in reversed(times):
        devices.archive(store, WORD, reading(timestamp=timestamp))
    devices.archive(store, "other-1", reading("other-1"))
    with devices.Archive(store) as archive:
        archive.write("power-001/notes.txt", b"somebody's")
        assert [devices.key_time(key) for key in archive.keys(WORD)] == times
        assert [devices.key_time(key) for key in archive.keys(WORD, NOW + 0.3)] == times[2:]
        assert list(archive.keys("nobody")) == []
        assert archive.devices() == ["other-1", "power-001"]


def test_a_rebuilt_time_series_equals_the_original(store: ObjectStore, influx: Influx) -> None:
    written = [reading("a-1", NOW + step / 4, sensors={"power": step / 3, "energy": 7.0}) for step in range(20)]
    written += [
        reading("b-2", NOW + step, type="temperature", sensors={"temperature": 20.5}, battery=80) for step in range(5)
    ]
    series = devices.Series(influx)
    assert series.write([devices.line_of(each) for each in written]) == {}
    for each in written:
        devices.archive(store, each["device_id"], each)
    original = points(influx)
    assert devices.rebuild(store, influx, NOW) == 25
    assert points(influx) == original
    series.client.delete_api().delete(
        "1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", 'device_id="a-1"', bucket=influx.bucket, org=influx.org
    )
    assert points(influx) != original
    series.close()
    assert devices.rebuild(store, influx, NOW) == 25
    assert points(influx) == original


def test_a_rebuild_writes_what_it_can_and_names_what_it_cannot(store: ObjectStore, influx: Influx) -> None:
    devices.archive(store, WORD, reading())
    with devices.Archive(store) as archive:
        archive.write(f"power-001/{NOW + 1}.json", b"{}")
    with pytest.raises(
        ValueError, match=rf"1 points written, 1 objects .*power-001/{NOW + 1}\.json: the reading is of None"
    ):
        devices.rebuild(store, influx, NOW)
    assert len(points(influx)) == 2


def test_a_rebuild_takes_only_what_is_not_older_than_asked(store: ObjectStore, influx: Influx) -> None:
    for step in range(3):
        devices.archive(store, WORD, reading(timestamp=NOW + step / 2))
    assert devices.rebuild(store, influx, NOW + 0.5) == 2
    assert {time for _, _, time, _ in points(influx)} == {NOW + 0.5, NOW + 1}
