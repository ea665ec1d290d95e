from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.embedded.influx.flux.csv_in import parse_annotated, parse_raw
from labkit.embedded.influx.flux.csv_out import Dialect, encode, encode_error, float_text, time_texts
from labkit.embedded.influx.flux.query import execute
from labkit.embedded.influx.flux.table import Table, TableStream, column_from, constant_column, table_from
from labkit.embedded.influx.flux.values import Time, UInt


def text(*tables: Table, name: str = "_result", **dialect: Any) -> str:
    options = Dialect(**dialect) if dialect else Dialect(annotations=("datatype", "group", "default"))
    return "".join(encode([(name, TableStream(list(tables)))], options))


def table(host: str, values: list[Any], kind: str = "double") -> Table:
    return table_from([
        column_from("_time", "dateTime:RFC3339", [Time(i * 10**9) for i in range(len(values))]),
        column_from("_value", kind, values), constant_column("host", "string", host, len(values)),
    ], ["host"])


def test_tables_of_one_schema_share_their_annotations():
    assert text(table("a", [1.0]), table("b", [2.5, None])) == (
        "#datatype,string,long,dateTime:RFC3339,double,string\r\n"
        "#group,false,false,false,false,true\r\n"
        "#default,_result,,,,\r\n"
        ",result,table,_time,_value,host\r\n"
        ",,0,1970-01-01T00:00:00Z,1,a\r\n"
        ",,1,1970-01-01T00:00:00Z,2.5,b\r\n"
        ",,1,1970-01-01T00:00:01Z,,b\r\n"
        "\r\n"
    )


def test_another_schema_begins_with_a_blank_line_and_new_annotations():
    found = text(table("a", [1.0]), table("b", [2], "long"))
    assert found == (
        "#datatype,string,long,dateTime:RFC3339,double,string\r\n#group,false,false,false,false,true\r\n"
        "#default,_result,,,,\r\n,result,table,_time,_value,host\r\n,,0,1970-01-01T00:00:00Z,1,a\r\n"
        "\r\n"
        "#datatype,string,long,dateTime:RFC3339,long,string\r\n#group,false,false,false,false,true\r\n"
        "#default,_result,,,,\r\n,result,table,_time,_value,host\r\n,,1,1970-01-01T00:00:00Z,2,b\r\n"
        "\r\n"
    )


def test_each_result_has_its_name_and_counts_its_tables_from_zero():
    streams = [("one", TableStream([table("a", [1.0])])), ("two", TableStream([table("a", [1.0])]))]
    found = "".join(encode(streams))
    assert found.count("#default,one,,,,\r\n") == 1
    assert found.count("#default,two,,,,\r\n") == 1
    assert found.count(",,0,") == 2
    assert found.endswith("\r\n\r\n")


def test_an_empty_table_carries_its_key_in_the_defaults():
    empty = Table(table("a", [1.0]).take(slice(0, 0)).columns, ("host",), {"host": "a"})
    assert text(empty) == (
        "#datatype,string,long,dateTime:RFC3339,double,string\r\n#group,false,false,false,false,true\r\n"
        "#default,_result,0,,,a\r\n,result,table,_time,_value,host\r\n\r\n"
    )


def test_no_tables_give_no_text():
    assert text() == ""


@pytest.mark.parametrize(("value", "expected"), [
    (1.0, "1"), (0.1, "0.1"), (1e21, "1" + "0" * 21), (1e-7, "0.0000001"), (math.inf, "+Inf"), (-math.inf, "-Inf"),
    (math.nan, "NaN"), (-0.0, "-0"), (123456789.125, "123456789.125"),
])
def test_floats_have_no_exponent(value: float, expected: str):
    assert float_text(value) == expected


def test_times_have_as_many_digits_as_needed():
    times = np.array([0, 500_000_000, 1, -1, 10**18 + 120], np.int64)
    assert time_texts(times) == [
        "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.5Z", "1970-01-01T00:00:00.000000001Z",
        "1969-12-31T23:59:59.999999999Z", "2001-09-09T01:46:40.00000012Z"]


def test_cells_are_quoted_where_they_must_be():
    found = text(table_from([column_from("s", "string", ["a,b", 'a"b', "a\nb", " a", "a b", ""])]))
    assert found.split("\r\n")[4:10] == [
        ',,0,"a,b"', ',,0,"a""b"', ',,0,"a\nb"', ',,0," a"', ",,0,a b", ",,0,"]


def test_the_dialect_chooses_header_delimiter_and_annotations():
    assert text(table("a", [1.0]), header=False, delimiter=";") == ";_result;0;1970-01-01T00:00:00Z;1;a\r\n\r\n"
    assert text(table("a", [1.0]), annotations=("group",)).startswith("#group,false,false,false,false,true\r\n,result,")


@pytest.mark.parametrize("bad", [
    {"delimiter": ""}, {"delimiter": ",,"}, {"annotations": ("types",)}, {"comment_prefix": "##"},
    {"date_time_format": "Unix"},
])
def test_a_dialect_that_influxdb_does_not_take_is_refused(bad: dict[str, Any]):
    with pytest.raises(ValueError, match="dialect"):
        Dialect(**bad)


def test_the_error_table():
    assert encode_error('bad "thing", really') == (
        "#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n"
        ',"bad ""thing"", really",\r\n')


TYPES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00"), min_size=1),
    "long": st.integers(-(2**63), 2**63 - 1), "unsignedLong": st.integers(0, 2**64 - 1).map(UInt),
    "double": st.floats(allow_nan=False), "boolean": st.booleans(),
    "dateTime:RFC3339": st.integers(-(2**62), 2**62).map(Time),
}


@given(st.data(), st.integers(1, 5))
def test_what_is_written_can_be_read_again(data: st.DataObject, rows: int):
    columns = [
        column_from(f"c{kind}", kind, data.draw(st.lists(st.none() | values, min_size=rows, max_size=rows)))
        for kind, values in TYPES.items()
    ]
    again = parse_annotated(text(Table(columns)))
    assert [list(row.items()) for row in again[0].records()] == [
        list(row.items()) for row in Table(columns).records()]


def test_annotated_csv_gives_tables_by_number_with_their_keys():
    found = parse_annotated(
        "#datatype,string,long,dateTime:RFC3339,long,string\n#group,false,false,false,false,true\n"
        "#default,_result,,,7,\n,result,table,_time,_value,host\n"
        ",,0,2020-01-01T00:00:00Z,1,a\n,,0,2020-01-01T00:00:01Z,,a\n,,1,2020-01-01T00:00:00Z,3,b\n"
    )
    assert [t.key_values for t in found] == [{"host": "a"}, {"host": "b"}]
    assert found[0].column("_value").to_list() == [1, 7]


@pytest.mark.parametrize(("source", "message"), [
    ("a,b\n1,2\n", "missing expected annotation datatype"),
    ("#datatype,long\n#group,false\n#default,\n", "missing expected header row"),
    ("#datatype,long\n#group,false\n#default,\n,x\n,abc\n", 'column "x"'),
    ("#datatype,thing\n#group,false\n#default,\n,x\n,1\n", 'unsupported type "thing"'),
    ("#datatype,long\n#group,false\n#default,\n,x\n,1,2\n", "record has 3 fields"),
])
def test_malformed_annotated_csv_is_refused(source: str, message: str):
    with pytest.raises(ValueError, match=message):
        parse_annotated(source)


def test_raw_csv_is_one_table_of_strings():
    assert [dict(row) for row in parse_raw("a,b\n1,x y\n2,\n")[0].records()] == [
        {"a": "1", "b": "x y"}, {"a": "2", "b": ""}]


def test_csv_from_reads_only_the_first_result():
    source = "#datatype,string,long,long\n#group,false,false,false\n#default,{},,\n,result,table,x\n,,0,{}\n\n"
    both = source.format("one", 1) + source.format("two", 2)
    found = execute(f'import "csv"\ncsv.from(csv: "{both}")', None)
    assert [row["x"] for t in found[0][1] for row in t.records()] == [1]
