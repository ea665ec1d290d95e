from __future__ import annotations

import datetime as dt
import math
import zoneinfo
from enum import IntEnum, StrEnum
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.checks import wire
from labkit.services import Endpoint

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
    | st.dates()
    | st.timedeltas()
    | st.datetimes()
    | st.datetimes(timezones=st.timezones())
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.just("$"), inner, max_size=4)
    ),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


@given(VALUES)
def test_plain_data_arrives_as_it_was_sent(value: Any) -> None:
    assert same(wire.loads(wire.dumps(value)), value)


@given(st.text())
def test_any_text_is_decoded_or_refused_by_name(text: str) -> None:
    try:
        wire.loads(text)
    except wire.WireError:
        return


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0])
def test_floats_that_json_does_not_know_arrive(value: float) -> None:
    assert repr(wire.loads(wire.dumps(value))) == repr(value)


def test_an_integer_beyond_a_double_keeps_every_digit() -> None:
    assert wire.loads(wire.dumps(2**200 + 1)) == 2**200 + 1


def test_a_number_and_its_float_stay_different() -> None:
    assert [type(item) for item in wire.loads(wire.dumps([1, 1.0, True]))] == [int, float, bool]


class Lying(str):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __str__(self) -> str:
        raise AssertionError("a method of the student's ran")

    __repr__ = __iter__ = __len__ = __str__


class Number(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__

    def __int__(self) -> int:
        return 99

    __index__ = __int__


class Shifty(list[Any]):
    def __iter__(self) -> Any:
        return iter([42])


class Colour(IntEnum):
    RED = 3


class Word(StrEnum):
    ON = "on"


@pytest.mark.parametrize(
    ("value", "plain"),
    [(Lying("truth"), "truth"), (Number(7), 7), (Shifty([1, 2]), [1, 2]), (Colour.RED, 3), (Word.ON, "on")],
    ids=["str", "int", "list", "IntEnum", "StrEnum"],
)
def test_a_subclass_becomes_its_base_and_its_methods_do_not_run(value: Any, plain: Any) -> None:
    arrived = wire.loads(wire.dumps(value))
    assert arrived == plain
    assert type(arrived) is type(plain)


def test_an_object_that_lies_about_its_class_is_not_plain_data() -> None:
    class Pretender:
        @property
        def __class__(self) -> Any:
            return int

    with pytest.raises(wire.WireError, match="Pretender"):
        wire.dumps(Pretender())


def test_a_list_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(wire.WireError, match="contains itself"):
        wire.dumps(endless)


def test_a_value_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST", 100)
    with pytest.raises(wire.WireError, match="too large"):
        wire.dumps("x" * 101)


def test_an_integer_that_python_would_not_write_is_refused() -> None:
    assert wire.loads(wire.dumps(-(2**8192) + 1)) == -(2**8192) + 1
    with pytest.raises(wire.WireError, match="an integer of 33,220 bits"):
        wire.dumps([10**10_000])


def test_an_endpoint_arrives_with_its_secrets_and_capabilities() -> None:
    endpoint = Endpoint(
        "influxdb", "embedded", "labkit-influx", "2.7", "127.0.0.1", 1, token="t", capabilities=frozenset({"a"})
    )
    assert wire.loads(wire.dumps(endpoint)) == endpoint


def test_an_object_is_a_reference_that_is_resolved_on_its_own_side() -> None:
    thing = object()
    text = wire.dumps({"it": thing}, lambda value: {"id": 5, "type": type(value).__name__, "text": "<thing>"})
    assert wire.loads(text) == {"it": wire.Reference(5, "object", "<thing>")}
    assert wire.loads(text, lambda tagged: thing if tagged["id"] == 5 else None) == {"it": thing}


def test_a_table_keeps_columns_types_and_a_time_zone_aware_index() -> None:
    index = pd.date_range("2026-03-28", periods=3, freq="D", tz="Europe/Berlin", name="day")
    frame = pd.DataFrame({"kitchen": [1.5, math.nan, 3.0], "count": [1, 2, 3], "name": ["a", "b", None]}, index=index)
    arrived = wire.loads(wire.dumps(frame))
    frame.index = pd.DatetimeIndex(frame.index).as_unit("ns")
    pd.testing.assert_frame_equal(arrived, frame, check_freq=False, check_dtype=False)
    assert str(arrived.index.tz) == "Europe/Berlin"
    assert arrived["count"].dtype == "int64"


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([("x", 1)], names=["k", "n"])),
        pd.DataFrame({"t": pd.to_datetime(["2026-01-01", None])}),
    ],
)
def test_unusual_tables_arrive(frame: pd.DataFrame) -> None:
    arrived = wire.loads(wire.dumps(frame))
    assert arrived.shape == frame.shape
    assert list(arrived.columns) == list(frame.columns)
    assert arrived.index.tolist() == frame.index.tolist()


def test_numbers_of_numpy_and_pandas_become_plain() -> None:
    frame = pd.DataFrame({"a": [1.5]})
    arrived = wire.loads(
        wire.dumps([frame["a"].mean(), frame["a"].count(), pd.NaT, pd.Timestamp("2026-01-01", tz="UTC")])
    )
    assert arrived[:2] == [1.5, 1]
    assert math.isnan(arrived[2])
    assert arrived[3] == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert type(arrived[3]) is dt.datetime


def test_a_datetime_keeps_its_zone_and_fold() -> None:
    moment = dt.datetime(2026, 10, 25, 2, 30, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"), fold=1)
    arrived = wire.loads(wire.dumps(moment))
    assert arrived.utcoffset() == dt.timedelta(hours=1)
    assert str(arrived.tzinfo) == "Europe/Berlin"


def test_a_zone_that_lies_about_its_name_keeps_its_real_offset() -> None:
    class Odd(dt.tzinfo):
        key = "Europe/Berlin"

        def utcoffset(self, _: dt.datetime | None) -> dt.timedelta:
            return dt.timedelta(hours=9)

    arrived = wire.loads(wire.dumps(dt.datetime(2026, 1, 1, tzinfo=Odd())))
    assert arrived.utcoffset() == dt.timedelta(hours=9)


def test_a_set_whose_hashes_may_all_meet_is_refused_when_it_is_large() -> None:
    for value in (set(range(20_001)), dict.fromkeys(range(20_001))):
        with pytest.raises(wire.WireError, match="20,001 members"):
            wire.dumps(value)
    assert len(wire.loads(wire.dumps({str(n): n for n in range(20_001)}))) == 20_001


DAY = {"dtype": "datetime", "zone": None, "v": ["0"]}
FRAME = {"$": "frame", "columns": [], "columns_name": None, "index": DAY, "index_names": [None], "data": []}


@pytest.mark.parametrize("value", [
    {"$": "equal to all"}, {"$": []}, {"$": "int"}, {"$": "int", "v": "0x" + "f" * 5000}, {"$": "float", "v": "x"},
    {"$": "set", "v": [[1]]}, {"$": "set", "v": list(range(20_001))}, {"$": "dict", "v": [[{}, 1]]},
    {"$": "dict", "v": 5}, {"$": "timedelta", "v": [10**20, 0, 0]}, {"$": "endpoint", "v": {"rooms": 5}},
    {"$": "datetime", "v": "2026-01-01", "offset": 10**9, "zone": None, "fold": 0}, {"$": "ref", "id": "x"},
    {**FRAME, "index": {**DAY, "zone": "dateutil//etc/localtime"}}, {**FRAME, "index": {**DAY, "zone": "../x"}},
    {**FRAME, "data": [DAY] * 1001}, {**FRAME, "data": [{"dtype": "int64", "v": ["x"]}]}, {**FRAME, "columns": None},
], ids=lambda value: str(value)[:40])
def test_what_the_codec_did_not_write_is_refused(value: Any) -> None:
    with pytest.raises(wire.WireError):
        wire.received(value)


def test_what_is_nested_too_deeply_is_refused_on_both_sides() -> None:
    value: Any = 1
    for _ in range(64):
        value = {1: value}
    assert wire.loads(wire.dumps(value)) == value
    with pytest.raises(wire.WireError, match="nested deeper"):
        wire.dumps([value])
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    with pytest.raises(wire.WireError, match="nested deeper"):
        wire.received(deep)
