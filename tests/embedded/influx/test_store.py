from __future__ import annotations

import random
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.embedded.influx.engine import Engine
from labkit.embedded.influx.flux.storage import BucketNotFound, Point
from labkit.embedded.influx.flux.values import UInt
from labkit.embedded.influx.linevalues import LineError
from labkit.embedded.influx.predicate import PredicateError, parse_predicate
from labkit.embedded.influx.series import SeriesData
from labkit.embedded.influx.storage import QueryStorage
from labkit.embedded.influx.store import BucketData, PartialWriteError, go_duration, rfc3339

NOW = 1_700_000_000_000_000_000
HOUR = 3_600_000_000_000
EVER = (-(2**63), 2**63 - 1)


def write(data: BucketData, text: str, retention_ns: int = 0) -> None:
    data.write_text(text, NOW, "ns", retention_ns)


def rows(data: BucketData, start: int = EVER[0], stop: int = EVER[1], wanted=None) -> list[tuple[object, ...]]:
    return [
        (tags["_measurement"], tags["_field"], t, v)
        for tags, _, times, values in data.read(start, stop, wanted)
        for t, v in zip(times.tolist(), values.tolist(), strict=True)
    ]


def test_points_come_back_sorted_by_series_and_time():
    data = BucketData()
    write(data, "b v=3 30\na,t=2 v=2 20\na,t=1 v=1 10\na,t=1 v=0 5")
    found = data.read(*EVER, None)
    assert [(tags["_measurement"], tags.get("t")) for tags, *_ in found] == [("a", "1"), ("a", "2"), ("b", None)]
    assert found[0][2].tolist() == [5, 10]


def test_of_two_points_with_the_same_series_and_time_the_last_stays():
    data = BucketData()
    write(data, "m v=1 5\nm v=2 5")
    write(data, "m v=3 4")
    assert rows(data) == [("m", "v", 4, 3.0), ("m", "v", 5, 2.0)]
    write(data, "m v=4 5")
    assert rows(data) == [("m", "v", 4, 3.0), ("m", "v", 5, 4.0)]


def test_fields_of_a_point_are_replaced_one_by_one():
    data = BucketData()
    write(data, "m a=1,b=1 5")
    write(data, "m b=2 5")
    assert rows(data) == [("m", "a", 5, 1.0), ("m", "b", 5, 2.0)]


def test_the_range_holds_its_start_and_not_its_stop():
    data = BucketData()
    write(data, "m v=1 1\nm v=2 2\nm v=3 3")
    assert [row[2] for row in rows(data, 1, 3)] == [1, 2]
    assert rows(data, 4, 9) == []


def test_a_series_that_is_not_wanted_is_left_out():
    data = BucketData()
    write(data, "m,r=a v=1 1\nm,r=b v=2 1")
    assert [row[3] for row in rows(data, wanted=lambda tags: tags["r"] == "b")] == [2.0]


def test_columns_have_the_types_of_their_fields():
    data = BucketData()
    write(data, 'm f=1,i=-2i,u=18446744073709551615u,b=true,s="ä" 1')
    found = {tags["_field"]: (type_, values.dtype, values[0]) for tags, type_, _, values in data.read(*EVER, None)}
    assert found == {
        "f": ("double", np.float64, 1.0),
        "i": ("long", np.int64, -2),
        "u": ("unsignedLong", np.uint64, 2**64 - 1),
        "b": ("boolean", np.bool_, True),
        "s": ("string", np.dtype(object), "ä"),
    }


def test_what_a_query_holds_is_not_changed_by_later_writes():
    data = BucketData()
    write(data, "m v=1 1\nm v=2 2")
    ((_, _, times, values),) = data.read(*EVER, None)
    write(data, "m v=9 1\nm v=3 3")
    data.delete(2, 3)
    _ = data.read(*EVER, None)
    assert (times.tolist(), values.tolist()) == ([1, 2], [1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 5.0


@pytest.mark.parametrize(
    ("first", "second", "new", "old"),
    [
        ("1", '"a"', "string", "float"),
        ("1i", "1", "float", "integer"),
        ("true", "1u", "unsigned", "boolean"),
        ("1u", "t", "boolean", "unsigned"),
        ('"a"', "1i", "integer", "string"),
    ],
)
def test_a_field_keeps_its_type_and_the_good_points_are_kept(first, second, new, old):
    data = BucketData()
    write(data, f"m,t=a v={first} 1")
    with pytest.raises(PartialWriteError) as caught:
        write(data, f"m,t=b v={second},w=1 2\nm,t=b w=2 3\nm,t=c v={second} 4")
    assert str(caught.value) == (
        f'partial write: field type conflict: input field "v" on measurement "m" is type {new}, '
        f"already exists as type {old} dropped=2"
    )
    assert [row[1:3] for row in rows(data)] == [("v", 1), ("w", 3)]


def test_a_conflict_inside_one_batch_drops_the_later_point():
    data = BucketData()
    with pytest.raises(PartialWriteError, match=r"is type string, already exists as type float dropped=1$"):
        write(data, 'm v=1 1\nm v="a" 2')
    assert rows(data) == [("m", "v", 1, 1.0)]


def test_the_same_field_of_another_measurement_may_have_another_type():
    data = BucketData()
    write(data, 'a v=1 1\nb v="x" 1')
    assert len(rows(data)) == 2


def test_one_malformed_line_stores_nothing():
    data = BucketData()
    with pytest.raises(LineError):
        write(data, "m v=1 1\nm v= 2")
    assert rows(data) == []
    assert data.fields == {}


def test_points_outside_the_retention_are_dropped_with_both_ends_named():
    data = BucketData()
    old = NOW - 2 * HOUR
    with pytest.raises(PartialWriteError) as caught:
        write(data, f"m,t=a v=1 {NOW}\nm,t=b v=2 {old}\nm,t=c v=3 {old + 1}", HOUR)
    assert str(caught.value) == (
        "partial write: dropped 2 points outside retention policy of duration 1h0m0s - oldest point m,t=b at "
        "2023-11-14T20:13:20Z dropped because it violates a Retention Policy Lower Bound at 2023-11-14T21:13:20Z, "
        "newest point m,t=c at 2023-11-14T20:13:20.000000001Z "
        "dropped because it violates a Retention Policy Lower Bound at "
        "2023-11-14T21:13:20Z dropped=2"
    )
    assert [row[3] for row in rows(data)] == [1.0]


def test_a_field_named_time_is_stripped_and_a_point_of_nothing_else_is_dropped():
    data = BucketData()
    with pytest.raises(PartialWriteError) as caught:
        write(data, "m time=1,v=2 5")
    assert str(caught.value) == (
        'partial write: invalid field name: input field "time" on measurement "m" is invalid. '
        'Field "time" has been stripped from point. dropped=0'
    )
    assert rows(data) == [("m", "v", 5, 2.0)]
    with pytest.raises(PartialWriteError, match=r'input field "time" on measurement "m" is invalid dropped=1$'):
        write(data, "m time=1 5")


def test_a_key_with_characters_that_cannot_be_printed_is_dropped():
    data = BucketData()
    with pytest.raises(PartialWriteError, match=r'^partial write: key contains invalid unicode: "m,t=a\?" dropped=1$'):
        write(data, "m,t=a\x07 v=1 5\nm,t=b v=1 5")
    assert len(rows(data)) == 1


def test_bytes_that_are_no_text_become_replacement_characters_in_a_string():
    data = BucketData()
    write(data, b'm s="\xff\xfeok" 5'.decode("utf-8", "surrogateescape"))
    assert rows(data) == [("m", "s", 5, "��ok")]


def test_a_string_may_have_a_mebibyte_and_not_more():
    data = BucketData()
    write(data, f'm s="{"x" * 1_048_576}" 1')
    with pytest.raises(
        PartialWriteError, match=r'input field "s" on measurement "m" is too long, 1048577 > 1048576 dropped=1'
    ):
        write(data, f'm s="{"x" * 1_048_577}" 2')
    assert len(rows(data)) == 1


def test_deleting_a_range_keeps_what_is_outside():
    data = BucketData()
    write(data, "\n".join(f"m,r={r} v={i} {i}" for r in "ab" for i in range(10)))
    assert data.delete(3, 7, parse_predicate('r="a"')) == 4
    assert [row[2] for row in rows(data, wanted=lambda tags: tags["r"] == "a")] == [0, 1, 2, 7, 8, 9]
    assert len(rows(data)) == 16


def test_a_measurement_without_points_forgets_its_types():
    data = BucketData()
    write(data, "m v=1 1")
    data.delete(*EVER)
    write(data, 'm v="now a string" 1')
    assert rows(data) == [("m", "v", 1, "now a string")]


@given(st.lists(st.tuples(st.sampled_from("wwwwd"), st.lists(st.integers(0, 30), min_size=1, max_size=12))))
@settings(max_examples=200, deadline=None)
def test_a_series_behaves_as_a_dictionary_of_times(steps):
    series, model, value = SeriesData("long"), {}, 0
    for kind, times in steps:
        if kind == "w":
            values = list(range(value, value + len(times)))
            value += len(times)
            series.extend(times, values)
            model.update(zip(times, values, strict=True))
        else:
            low, high = min(times), max(times) + 1
            gone = [each for each in model if low <= each < high]
            assert series.delete(low, high) == len(gone)
            for each in gone:
                del model[each]
        times_now, values_now = series.snapshot(*EVER)
        assert dict(zip(times_now.tolist(), values_now.tolist(), strict=True)) == model
        assert times_now.tolist() == sorted(model)


def test_many_single_points_cost_the_same_each():
    series, order = SeriesData("double"), list(range(20_000))
    random.Random(1).shuffle(order)
    for each in order:
        series.extend([each], [float(each)])
    times, values = series.snapshot(*EVER)
    assert times.tolist() == list(range(20_000)) == values.astype(int).tolist()


@pytest.mark.parametrize(
    ("text", "tags", "expected"),
    [
        ('_measurement="m"', {"_measurement": "m"}, True),
        ("a=b", {"a": "b"}, True),
        ("a!=b", {"a": "b"}, False),
        ('a="b" AND c="d"', {"a": "b", "c": "d"}, True),
        ('a="b" and c="d"', {"a": "b", "c": "x"}, False),
        ('(a="b") AND (c!="d")', {"a": "b"}, True),
        ("a=1", {"a": "1"}, True),
        ("a=-1.5", {"a": "-1.5"}, True),
        ("a=true", {"a": "true"}, True),
        ('"a b"="c \\"d"', {"a b": 'c "d'}, True),
        ('a=""', {}, True),
        ("a=5m", {"a": "5m"}, True),
    ],
)
def test_a_predicate_says_which_series_are_meant(text, tags, expected):
    wanted = parse_predicate(text)
    assert wanted is not None
    assert wanted(tags) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a="b" OR c="d"', "the logical operator OR is not supported yet at position 6"),
        ("a=~/b/", 'operator: "=~" at position: 1 is not supported yet'),
        ("a>1", 'invalid operator ">" at position: 1'),
        ("a=", 'bad tag value: "", at position 2'),
        ("a='b'", 'bad tag value: "b", at position 2'),
        ("5=a", "bad tag key, at position 0"),
        ('a="b" c="d"', "bad logical expression, at position 6"),
        ('(a="b"', "extra ( seen"),
        ('a="b")', "extra ) seen"),
        ("AND", "bad logical expression, at position 0"),
        ('a="b" AND', "bad logical expression, at position 9"),
        ('_field="v"', "delete by field is not supported"),
        ("(" * 200, "bad logical expression, too many parentheses"),
    ],
)
def test_a_predicate_that_cannot_be_used_is_refused(text, message):
    with pytest.raises(PredicateError) as caught:
        parse_predicate(text)
    assert str(caught.value) == message


@given(st.text(st.sampled_from('ab_ "=!~()\\,/-5ANDOR\n'), max_size=30))
@settings(max_examples=500, deadline=None)
def test_any_predicate_is_read_or_refused(text):
    try:
        wanted = parse_predicate(text)
    except PredicateError:
        return
    assert wanted is None or wanted({"a": "b"}) in (True, False)


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (1_500_000_000, "1970-01-01T00:00:01.5Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
        (-(2**63), "1677-09-21T00:12:43.145224192Z"),
    ],
)
def test_times_are_written_as_go_writes_them(time_ns, text):
    assert rfc3339(time_ns) == text


@pytest.mark.parametrize(("seconds", "text"), [(5, "5s"), (65, "1m5s"), (3600, "1h0m0s"), (604_800, "168h0m0s")])
def test_durations_are_written_as_go_writes_them(seconds, text):
    assert go_duration(seconds * 1_000_000_000) == text


# -- the database around it


@pytest.fixture
def engine() -> Engine:
    made = Engine()
    made.set_up(user="lab", org="o", bucket="b", token="all")
    return made


def view(engine: Engine, token: str = "all") -> QueryStorage:
    auth = engine.catalog.by_token(token)
    assert auth is not None
    return QueryStorage(engine, auth.org, auth)


def test_a_query_finds_a_bucket_by_name_and_by_id(engine):
    bucket = engine.catalog.bucket_named(engine.catalog.org_named("o").id, "b")
    engine.write_text(bucket, "m v=1 5", "ns")
    storage = view(engine)
    for name in ("b", bucket.id):
        (series,) = storage.read(name, *EVER)
        assert series.tags == {"_measurement": "m", "_field": "v"}
    with pytest.raises(BucketNotFound, match='could not find bucket "nope"'):
        storage.read("nope", *EVER)
    assert [each.name for each in storage.buckets()] == ["_monitoring", "_tasks", "b"]


def test_points_of_a_query_are_stored_with_their_types(engine):
    view(engine).write(
        "b", [Point("m", {"t": "a, b", "empty": ""}, {"f": 1.5, "i": 1, "u": UInt(2), "b": True, "s": "x\ny"}, 7)]
    )
    found = {series.tags["_field"]: (series.type, series.values[0]) for series in view(engine).read("b", *EVER)}
    assert found == {
        "f": ("double", 1.5),
        "i": ("long", 1),
        "u": ("unsignedLong", 2),
        "b": ("boolean", True),
        "s": ("string", "x\ny"),
    }


def test_a_point_of_a_query_that_conflicts_is_refused_with_the_reason(engine):
    view(engine).write("b", [Point("m", {}, {"v": 1.0}, 1)])
    with pytest.raises(ValueError, match="field type conflict"):
        view(engine).write("b", [Point("m", {}, {"v": "a"}, 2)])
    with pytest.raises(ValueError, match="NaN is an unsupported value for field v"):
        view(engine).write("b", [Point("m", {}, {"v": float("nan")}, 2)])


def test_points_expire():
    now = [NOW]
    engine = Engine(clock=lambda: now[0])
    auth = engine.set_up(user="lab", org="o", bucket="b", token="all", retention=3600)
    bucket = engine.catalog.bucket_named(auth.org, "b")
    engine.write_text(bucket, f"m v=1 {NOW - HOUR + 1}\nm v=2 {NOW}", "ns")
    now[0] += 10
    engine.expire()
    (series,) = view(engine).read("b", *EVER)
    assert series.values.tolist() == [2.0]


def test_parallel_writers_and_readers_see_whole_batches(engine):
    bucket = engine.catalog.bucket_named(engine.catalog.org_named("o").id, "b")
    failures: list[str] = []
    writers = 3

    def writer(number: int) -> None:
        for batch in range(60):
            engine.write_text(bucket, "\n".join(f"m,w={number} v={batch} {batch * 10 + i}" for i in range(10)), "ns")

    def reader() -> None:
        while any(each.is_alive() for each in threads[:writers]):
            for series in view(engine).read("b", *EVER):
                if len(series.times) % 10 or not (np.diff(series.times) > 0).all():
                    failures.append(f"{len(series.times)} points")

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(writers)]
    threads += [threading.Thread(target=reader) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failures == []
    assert sum(len(series.times) for series in view(engine).read("b", *EVER)) == writers * 600
