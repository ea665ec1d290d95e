"""Single functions of small packages; sample and keyValues."""

from __future__ import annotations

import pytest

from labkit.embedded.influx.flux import registry
from labkit.embedded.influx.flux.errors import RuntimeError_
from labkit.embedded.influx.flux.values import Record, Time

ROWS = ('import "array"\nimport "contrib/tomhollingworth/events"\nimport "contrib/anaisdg/statsmodels"\n'
        'import "influxdata/influxdb/monitor"\n'
        "array.from(rows: [" + ", ".join(f"{{_time: time(v: {i * 10**10}), _value: {v}}}"
                                         for i, v in enumerate((2.0, 4.0, 6.0, 4.0))) + "])")


def test_sample_takes_every_nth_row(ask):
    assert [row["_value"] for row in ask(ROWS + " |> sample(n: 2, pos: 1)")] == [4.0, 4.0]
    assert len(ask(ROWS + " |> sample(n: 2)")) == 2
    with pytest.raises(RuntimeError_, match="pos must be less than n"):
        ask(ROWS + " |> sample(n: 2, pos: 2)")


def test_key_values_are_distinct_pairs(ask):
    rows = ask(ROWS + ' |> keyValues(keyColumns: ["_value"])')
    assert [(row["_key"], row["_value"]) for row in rows] == [("_value", 2.0), ("_value", 4.0), ("_value", 6.0)]
    with pytest.raises(RuntimeError_, match="keyColumns must all be the same type"):
        ask(ROWS + ' |> keyValues(keyColumns: ["_value", "_time"])')


def test_events_last_until_the_next(ask):
    rows = ask(ROWS + " |> events.duration(unit: 1s, stop: time(v: 35000000000))")
    assert [row["duration"] for row in rows] == [10, 10, 10, 5]


def test_a_line_is_laid_through_the_rows(ask):
    rows = ask(ROWS + " |> limit(n: 3) |> statsmodels.linearRegression()")
    assert [row["y_hat"] for row in rows] == pytest.approx([2.0, 4.0, 6.0])
    assert rows[0]["slope"] == pytest.approx(2.0)


def test_deadman_says_which_series_fell_silent(ask):
    assert [row["dead"] for row in ask(ROWS + " |> monitor.deadman(t: time(v: 31000000000))")] == [True]
    assert [row["dead"] for row in ask(ROWS + " |> monitor.deadman(t: time(v: 30000000000))")] == [False]


def test_json_becomes_flux_values(call):
    parse = b'{"a": 1, "b": [true], "c": null, "d": {"e": "x"}}'
    assert call("experimental/json", "parse", data=parse) == Record(a=1.0, b=[True], c=None, d=Record(e="x"))
    with pytest.raises(ValueError, match="json: "):
        call("experimental/json", "parse", data=b"{")
    with pytest.raises(ValueError, match="array values must all be the same type"):
        call("experimental/json", "parse", data=b'[1, "a"]')


def test_a_record_gives_a_default(call):
    assert call("experimental/record", "get", r=Record(a=1), key="a", default=0) == 1
    assert call("experimental/record", "get", r=Record(a=1), key="b", default=0) == 0


def test_hashes(call):
    package = "contrib/qxip/hash"
    assert call(package, "md5", v="Hello, world!") == "6cd3556deb0da54bca060b4c39479839"
    assert call(package, "sha256", v="") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert call(package, "b64", v="Hello") == "SGVsbG8="


def test_without_a_last_success_the_other_time_counts(call):
    assert call("influxdata/influxdb/tasks", "lastSuccess", orTime=Time(5)) == 5


def test_a_function_cannot_be_registered_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "PACKAGES", {})
    registry.constant("math", "answer", 42)
    with pytest.raises(TypeError, match=r"math\.answer is registered twice"):
        registry.builtin("math", "answer")(lambda _ctx: 42)
