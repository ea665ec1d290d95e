"""Packages `array` and `experimental/array`: functions of arrays (`array.from` stands with the sources).

Source: https://docs.influxdata.com/flux/v0/stdlib/array/.
"""

from __future__ import annotations

from typing import Any

from labkit.embedded.influx.flux.interpreter import caller
from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib.conversions import CONVERSIONS
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.values import FluxCallable, type_name


def _register(package: str) -> None:
    def concat(_ctx: Any, arr: list[Any], v: list[Any]) -> list[Any]:
        return [*arr, *v]

    def mapped(_ctx: Any, arr: list[Any], fn: FluxCallable) -> list[Any]:
        function = caller(fn, "x")
        return [function(item) for item in arr]

    def filtered(_ctx: Any, arr: list[Any], fn: FluxCallable) -> list[Any]:
        function = caller(fn, "x")
        return [item for item in arr if _truth(function(item))]

    builtin(package, "concat", pipe="arr")(concat)
    builtin(package, "map", pipe="arr")(mapped)
    builtin(package, "filter", pipe="arr")(filtered)


def _truth(value: Any) -> bool:
    if value is not None and type(value) is not bool:
        fail(f"array.filter: fn must return a bool, not {type_name(value)}")
    return bool(value)


def _register_conversion(name: str, kind: str) -> None:
    convert = CONVERSIONS[kind]

    def call(_ctx: Any, arr: list[Any]) -> list[Any]:
        return [convert(item) for item in arr]

    builtin("experimental/array", name, pipe="arr")(call)


for _package in ("array", "experimental/array"):
    _register(_package)
for _kind in ("bool", "duration", "float", "int", "string", "time"):
    _register_conversion(f"to{_kind.capitalize()}", _kind)
_register_conversion("toUInt", "uint")
