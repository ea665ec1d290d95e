"""Package `sampledata`: two small tables of ten-second values, of each type.

Source: https://docs.influxdata.com/flux/v0/stdlib/sampledata/ (the values are those of its documentation).
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.embedded.influx.flux.registry import builtin, constant
from labkit.embedded.influx.flux.table import TIME, Table, TableStream, column_from, constant_column
from labkit.embedded.influx.flux.values import Time, UInt

START = 1_609_459_200_000_000_000
TAGS = ("t1", "t2")
NULLS = ((1, 3, 4), (0, 4))
"""The rows of each table that are null with `includeNull: true`."""

FLOATS = ((-2.18, 10.92, 7.35, 17.53, 15.23, 4.43), (19.85, 4.97, -3.75, 19.77, 13.86, 1.86))
STRINGS = (
    ("smpl_g9qczs", "smpl_0mgv9n", "smpl_phw664", "smpl_guvzy4", "smpl_5v3cce", "smpl_s9fmgy"),
    ("smpl_b5eida", "smpl_eu4oxp", "smpl_5g7tz4", "smpl_sox1ut", "smpl_wfm757", "smpl_dtn2bv"),
)
BOOLS = ((True, True, False, True, False, False), (False, True, False, True, True, False))
KINDS: dict[str, tuple[str, Any, Callable[[Any], Any]]] = {
    "float": ("double", FLOATS, float), "int": ("long", FLOATS, int),
    "uint": ("unsignedLong", FLOATS, lambda value: UInt(int(value) % 2**64)),
    "string": ("string", STRINGS, str), "bool": ("boolean", BOOLS, bool), "numericBool": ("long", BOOLS, int),
}

constant("sampledata", "start", Time(START))
constant("sampledata", "stop", Time(START + 60_000_000_000))


def _table(number: int, kind: str, values: list[Any]) -> Table:
    rows = len(values)
    times = [Time(START + row * 10_000_000_000) for row in range(rows)]
    tag = TAGS[number]
    columns = [column_from("_time", TIME, times), constant_column("tag", "string", tag, rows),
               column_from("_value", kind, values)]
    return Table(columns, ("tag",), {"tag": tag})


def _register(name: str) -> None:
    kind, data, convert = KINDS[name]

    def call(_ctx: Any, includeNull: bool = False) -> TableStream:
        tables = []
        for number, row in enumerate(data):
            absent = NULLS[number] if includeNull else ()
            values = [None if place in absent else convert(value) for place, value in enumerate(row)]
            tables.append(_table(number, kind, values))
        return TableStream(tables)

    builtin("sampledata", name)(call)


for _name in KINDS:
    _register(_name)
