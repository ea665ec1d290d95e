from __future__ import annotations

import contextlib
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.embedded.influx.lineparser import MAX_TIME_NS, MIN_TIME_NS, LinePoint
from labkit.embedded.influx.lineprotocol import PRECISIONS, KeyCache, parse_columns, parse_points
from labkit.embedded.influx.linevalues import LineError
from labkit.embedded.influx.points import SeriesKey

NOW = 1_700_000_000_123_456_789


def one(line: str, precision: str = "ns") -> LinePoint:
    (point,) = parse_points(line, NOW, precision)
    return point


def flat(points: list[LinePoint]) -> list[tuple[object, ...]]:
    return sorted((p.key, name, type_, p.time_ns, repr(value)) for p in points for name, type_, value in p.fields)


def flat_columns(text: str, precision: str = "ns") -> list[tuple[object, ...]] | None:
    columns = parse_columns(text, NOW, precision, KeyCache())
    if columns is None:
        return None
    return sorted((c.key, c.field, c.type, t, repr(v)) for c in columns for t, v in zip(c.times, c.values, strict=True))


@pytest.mark.parametrize(
    ("line", "key", "fields"),
    [
        ("m v=1 5", SeriesKey("m", ()), [("v", "double", 1.0)]),
        ("m,b=2,a=1 v=1i 5", SeriesKey("m", (("a", "1"), ("b", "2"))), [("v", "long", 1)]),
        ("m v=-1i 5", SeriesKey("m", ()), [("v", "long", -1)]),
        ("m v=18446744073709551615u 5", SeriesKey("m", ()), [("v", "unsignedLong", 2**64 - 1)]),
        ("m v=-9223372036854775808i 5", SeriesKey("m", ()), [("v", "long", -(2**63))]),
        ("m a=t,b=T,c=true,d=True,e=TRUE 5", SeriesKey("m", ()), [(n, "boolean", True) for n in "abcde"]),
        ("m a=f,b=F,c=false,d=False,e=FALSE 5", SeriesKey("m", ()), [(n, "boolean", False) for n in "abcde"]),
        (
            "m v=1e3,w=-.5,x=5.,y=1E-2 5",
            SeriesKey("m", ()),
            [("v", "double", 1000.0), ("w", "double", -0.5), ("x", "double", 5.0), ("y", "double", 0.01)],
        ),
        ('m v="a b, c=d" 5', SeriesKey("m", ()), [("v", "string", "a b, c=d")]),
        ('m v="" 5', SeriesKey("m", ()), [("v", "string", "")]),
        (r'm v="say \"hi\" \\ \n" 5', SeriesKey("m", ()), [("v", "string", 'say "hi" \\ \\n')]),
        ('m v="two\nlines" 5', SeriesKey("m", ()), [("v", "string", "two\nlines")]),
        (
            r"my\ m\,x,t\ a\=g=v\,a\ l\=ue f\ i\=e\,ld=1 5",
            SeriesKey("my m,x", (("t a=g", "v,a l=ue"),)),
            [("f i=e,ld", "double", 1.0)],
        ),
        ("m,t=Küche v=1 5", SeriesKey("m", (("t", "Küche"),)), [("v", "double", 1.0)]),
        ('m,t="quoted" v=1 5', SeriesKey("m", (("t", '"quoted"'),)), [("v", "double", 1.0)]),
        ("  \tm v=1 5", SeriesKey("m", ()), [("v", "double", 1.0)]),
        ("m   v=1   5   ", SeriesKey("m", ()), [("v", "double", 1.0)]),
        (r"m\=x v=1 5", SeriesKey(r"m\=x", ()), [("v", "double", 1.0)]),
    ],
)
def test_a_line_is_read(line, key, fields):
    point = one(line)
    assert (point.key, point.fields, point.time_ns) == (key, fields, 5)
    columns = flat_columns(line)
    assert columns is None or columns == flat([point])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cpu", "missing fields"),
        ("cpu ", "invalid field format"),
        ("cpu,a=b", "missing fields"),
        ("cpu,a=b ", "invalid field format"),
        ("cpu  ", "invalid field format"),
        ("cpu v", "invalid field format"),
        (",a=b v=1", "missing measurement"),
        ("cpu, v=1", "missing tag key"),
        ("cpu,=b v=1", "missing tag key"),
        ("cpu,a v=1", "missing tag value"),
        ("cpu,a= v=1", "missing tag value"),
        ("cpu,a=b=c v=1", "invalid tag format"),
        ("cpu,a=1,a=2 v=1", "duplicate tags"),
        ("cpu,b=1,a=2,b=3 v=1", "duplicate tags"),
        ("cpu,time=1 v=1", 'cannot use reserved tag key "time"'),
        ("cpu,_field=1 v=1", 'cannot use reserved tag key "_field"'),
        ("cpu,_measurement=1 v=1", 'cannot use reserved tag key "_measurement"'),
        ("cpu =1", "missing field key"),
        ("cpu a=1,=2", "missing field key"),
        ("cpu v=", "missing field value"),
        ("cpu v=,w=1", "missing field value"),
        ("cpu v= 5", "missing field value"),
        ("cpu v=1,w", "invalid field format"),
        ("cpu v=1,", "invalid field format"),
        ("cpu v=1.1.1", "invalid number"),
        ("cpu v=1x", "invalid number"),
        ("cpu v=-", "invalid number"),
        ("cpu v=1.5i", "invalid number"),
        ("cpu v=-1u", "invalid number"),
        ("cpu v=1ii", "invalid number"),
        ("cpu v=NaN", "invalid number"),
        ("cpu v=nan", "invalid number"),
        ("cpu v=1i0", "invalid number"),
        ("cpu v=.", "invalid number"),
        ("cpu v=1e", "invalid float"),
        ("cpu v=1e999", "invalid float"),
        ("cpu v=1_000", "invalid number"),
        ("cpu v=١", "invalid boolean"),
        ("cpu v=inf", "invalid boolean"),
        (
            "cpu v=9223372036854775808i",
            "unable to parse integer 9223372036854775808: strconv.ParseInt: parsing "
            '"9223372036854775808": value out of range',
        ),
        (
            "cpu v=18446744073709551616u",
            "unable to parse unsigned 18446744073709551616: strconv.ParseUint: parsing "
            '"18446744073709551616": value out of range',
        ),
        ("cpu v=tru", "invalid boolean"),
        ("cpu v=tRUE", "invalid boolean"),
        ("cpu v=hello", "invalid boolean"),
        ("cpu v='a'", "invalid boolean"),
        ('cpu v="a', "unbalanced quotes"),
        ("cpu v=1 abc", "bad timestamp"),
        ("cpu v=1 1.5", "bad timestamp"),
        ("cpu v=1 5i", "bad timestamp"),
        ("cpu v=1 5\r", "bad timestamp"),
        ("cpu v=1 5 6", "point is invalid"),
        ("cpu v=1 -", 'strconv.ParseInt: parsing "-": invalid syntax'),
        ("cpu v=1 9223372036854775808", 'strconv.ParseInt: parsing "9223372036854775808": value out of range'),
        ("cpu v=1 9223372036854775807", f"time outside range {MIN_TIME_NS} - {MAX_TIME_NS}"),
        ("x" * 65536 + " v=1", "max key length exceeded: 65536 > 65535"),
        ("x" * 65532 + " v=1", "max key length exceeded: 65537 > 65535"),
    ],
)
def test_a_malformed_line_is_refused_with_the_words_of_influxdb(line, message):
    assert parse_columns(line, NOW, "ns", KeyCache()) is None, "the fast way must leave this line to the careful one"
    with pytest.raises(LineError) as caught:
        parse_points(line, NOW, "ns")
    assert str(caught.value) == f"unable to parse '{line.lstrip()}': {message}"


def test_each_malformed_line_is_named():
    with pytest.raises(LineError) as caught:
        parse_points("a v=1\nb\nc v=2\nd v=x\n", NOW, "ns")
    assert str(caught.value) == "unable to parse 'b': missing fields\nunable to parse 'd v=x': invalid boolean"


def test_an_error_does_not_grow_without_bound():
    with pytest.raises(LineError, match=r"unable to parse 5 more lines$"):
        parse_points("x\n" * 10_005, NOW, "ns")


@pytest.mark.parametrize(
    ("precision", "stamp", "expected"),
    [
        ("ns", "1", 1),
        ("us", "1", 1_000),
        ("ms", "-1", -1_000_000),
        ("s", "1", 1_000_000_000),
        ("s", "0", 0),
    ],
)
def test_a_time_is_in_the_unit_of_the_request(precision, stamp, expected):
    assert one(f"m v=1 {stamp}", precision).time_ns == expected
    assert flat_columns(f"m v=1 {stamp}", precision) == flat([one(f"m v=1 {stamp}", precision)])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_line_without_a_time_gets_now_cut_to_the_unit(precision):
    expected = NOW - NOW % PRECISIONS[precision]
    assert one("m v=1", precision).time_ns == expected
    assert flat_columns("m v=1", precision) == flat([one("m v=1", precision)])


def test_a_time_that_overflows_in_its_unit_is_refused():
    with pytest.raises(LineError, match="time outside range"):
        one("m v=1 9999999999999", "s")
    assert parse_columns("m v=1 9999999999999", NOW, "s", KeyCache()) is None


def test_comments_and_blank_lines_are_skipped():
    text = "# a comment, with=1 5\n\n   \nm v=1 5\n#\n  # indented\nm v=2 6\n"
    assert [point.time_ns for point in parse_points(text, NOW, "ns")] == [5, 6]
    assert flat_columns("# a b\n#c=1 d e\n\nm v=1 5\n") == flat(parse_points("m v=1 5", NOW, "ns"))


def test_an_empty_batch_has_no_points():
    assert parse_points("", NOW, "ns") == []
    assert parse_columns("", NOW, "ns", KeyCache()) == []


def test_the_order_of_tags_makes_no_other_series():
    assert one("m,a=1,b=2 v=1").key == one("m,b=2,a=1 v=1").key


NAME = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\\"),
    min_size=1,
    max_size=8,
).filter(lambda text: text.strip(" \t\0") == text and text[0] != "#")
TAG = NAME.filter(lambda text: text not in ("time", "_field", "_measurement"))
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
VALUE = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(lambda v: ("double", v)),
    st.integers(-(2**63), 2**63 - 1).map(lambda v: ("long", v)),
    st.integers(0, 2**64 - 1).map(lambda v: ("unsignedLong", v)),
    st.booleans().map(lambda v: ("boolean", v)),
    TEXT.map(lambda v: ("string", v)),
)
POINT = st.tuples(
    NAME,
    st.dictionaries(TAG, NAME, max_size=3),
    st.dictionaries(NAME, VALUE, min_size=1, max_size=3),
    st.integers(MIN_TIME_NS, MAX_TIME_NS),
)


def escape(text: str, marks: str) -> str:
    for mark in marks:
        text = text.replace(mark, "\\" + mark)
    return text


def write_value(type_: str, value: object) -> str:
    if type_ == "string":
        return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value!r}{ {'long': 'i', 'unsignedLong': 'u'}.get(type_, '') }"


def write_line(point) -> str:
    measurement, tags, fields, time_ns = point
    key = "".join([escape(measurement, ", "), *(f",{escape(k, ', =')}={escape(v, ', =')}" for k, v in tags.items())])
    written = ",".join(f"{escape(name, ', =')}={write_value(*value)}" for name, value in fields.items())
    return f"{key} {written} {time_ns}"


@given(st.lists(POINT, max_size=5))
@settings(max_examples=300, deadline=None)
def test_what_was_written_is_read(points):
    read = parse_points("\n".join(map(write_line, points)), NOW, "ns")
    assert len(read) == len(points)
    for point, (measurement, tags, fields, time_ns) in zip(read, points, strict=True):
        key = SeriesKey(measurement, tuple(sorted(tags.items(), key=lambda each: escape(each[0], ", =").encode())))
        assert point.key == key
        assert point.fields == [(name, type_, value) for name, (type_, value) in fields.items()]
        assert point.time_ns == time_ns


PIECE = st.sampled_from(
    [
        "m",
        ",",
        "=",
        " ",
        "a",
        "1",
        "i",
        "u",
        '"',
        "\\",
        "\n",
        "t",
        "true",
        ".",
        "-",
        "e",
        "#",
        "\t",
        "\0",
        "é",
        "v=1",
        "m v=1 5\n",
        "m,t=a\\ b,u\\=x=y\\, v=1 5\n",
        'm s="x\\"y\\\\",v=2i 5\n',
        ",t=a",
        ' s="x y"',
        "9" * 25,
        "�",
        "\udc80",
    ]
)


@given(st.lists(PIECE, max_size=40).map("".join), st.sampled_from(sorted(PRECISIONS)))
@settings(max_examples=1500, deadline=None)
def test_any_text_is_read_or_refused_and_both_ways_agree(text, precision):
    columns = flat_columns(text, precision)
    try:
        points = parse_points(text, NOW, precision)
    except LineError:
        assert columns is None
    else:
        assert columns is None or columns == flat(points)


@pytest.mark.parametrize(
    "text",
    [
        "m," * 200_000,
        "m v=" + '"' * 200_000,
        "\\" * 400_000,
        "m " + "a=1," * 100_000 + "a=1",
        "m v=" + "1" * 400_000,
        "m v=" + "1" * 400_000 + "i",
        "m v=1 " + "1" * 400_000,
        " " * 400_000,
        "\n" * 400_000,
        "=" * 400_000,
        'm v="' + "a=b,c d" * 60_000,
        "m," + ",".join(f"t{i}=1" for i in range(5_000)) + " v=1",
        'm a="' * 80_000,
        "m v=" + "e" * 400_000,
    ],
    ids=lambda text: f"{text[:12]!r}…",
)
def test_a_hostile_batch_takes_time_in_proportion_to_its_length(text):
    begun = time.perf_counter()
    parse_columns(text, NOW, "ns", KeyCache())
    with contextlib.suppress(LineError):
        parse_points(text, NOW, "ns")
    # A second and a half for 400 kB is a hundred times what they take; anything quadratic takes minutes.
    assert time.perf_counter() - begun < 20


def test_the_fast_way_reads_what_clients_write():
    random.seed(4)
    plain = "\n".join(
        f"home,room=r{i % 7} temp={random.uniform(-5, 30):.3f},hum={i}i,on=true {NOW + i}" for i in range(200)
    )
    quoted = "\n".join(f'log,room=r{i % 7} text="a, b = {i}",level={i}u {NOW + i}' for i in range(200))
    for text in (plain, quoted):
        columns = flat_columns(text)
        assert columns is not None
        assert columns == flat(parse_points(text, NOW, "ns"))
