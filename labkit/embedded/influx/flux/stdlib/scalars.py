"""Functions of arrays and values of the prelude, and the small packages: types, dict, json, hex, bitwise, system.

Source: https://docs.influxdata.com/flux/v0/stdlib/.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from labkit.embedded.influx.flux.registry import builtin, constant
from labkit.embedded.influx.flux.stdlib import conversions, text
from labkit.embedded.influx.flux.stdlib.support import fail, wrap_int
from labkit.embedded.influx.flux.values import Duration, FluxDict, Record, Time, UInt, type_name

constant("universe", "inf", Duration(0, 2**63 - 1))
constant("universe", "true", True)
constant("universe", "false", False)


@builtin("universe", "contains")
def _contains(_ctx: Any, value: Any, set: list[Any]) -> bool:
    if value is None:
        return False
    for item in set:
        if item is None:
            continue
        if type(item) is not type(value):
            fail(f"value type {type_name(value)} does not match set type {type_name(item)}")
        if item == value:
            return True
    return False


@builtin("universe", "length", pipe="arr")
def _length(_ctx: Any, arr: list[Any]) -> int:
    return len(arr)


@builtin("universe", "linearBins")
def _linear_bins(_ctx: Any, start: float, width: float, count: int, infinity: bool = True) -> list[float]:
    return [start + width * i for i in range(_bin_count(count))] + [float("inf")] * infinity


@builtin("universe", "logarithmicBins")
def _logarithmic_bins(_ctx: Any, start: float, factor: float, count: int, infinity: bool = True) -> list[float]:
    return [start * factor**i for i in range(_bin_count(count))] + [float("inf")] * infinity


def _bin_count(count: int) -> int:
    if not 0 <= count <= 10_000_000:
        fail("count must be between 0 and 10000000")
    return count


@builtin("universe", "die")
def _die(_ctx: Any, msg: str) -> Any:
    fail(msg)


@builtin("system", "time")
def _system_time(_ctx: Any) -> Time:
    return Time(time.time_ns())


@builtin("runtime", "version")
def _version(_ctx: Any) -> str:
    return "v0.195.0"


@builtin("types", "isType")
def _is_type(_ctx: Any, v: Any, type: str) -> bool:
    basic = ("string", "bytes", "int", "uint", "float", "bool", "time", "duration", "regexp")
    return type in basic and type_name(v) == type


@builtin("types", "isNumeric")
def _is_numeric(_ctx: Any, v: Any) -> bool:
    return type_name(v) in ("int", "uint", "float")


def _key(value: Any) -> Any:
    """A value that may be a key of a dictionary.

    Raises:
        ValueError: it is an array, a record, a dictionary, a function or a stream.
    """
    if type(value) in (list, Record, FluxDict) or type_name(value) in ("function", "stream"):
        fail(f"a dictionary cannot have a key of type {type_name(value)}")
    return value


@builtin("dict", "fromList")
def _from_list(_ctx: Any, pairs: list[Any]) -> FluxDict:
    found = FluxDict()
    for pair in pairs:
        if type(pair) is not Record or set(pair) != {"key", "value"}:
            fail("dict.fromList: each pair must be a record of key and value")
        found[_key(pair["key"])] = pair["value"]
    return found


@builtin("dict", "get")
def _dict_get(_ctx: Any, dict: FluxDict, key: Any, default: Any) -> Any:
    return dict.get(_key(key), default)


@builtin("dict", "insert")
def _dict_insert(_ctx: Any, dict: FluxDict, key: Any, value: Any) -> FluxDict:
    return FluxDict({**dict, _key(key): value})


@builtin("dict", "remove")
def _dict_remove(_ctx: Any, dict: FluxDict, key: Any) -> FluxDict:
    return FluxDict({name: value for name, value in dict.items() if name != key})


@builtin("json", "encode")
def _json_encode(_ctx: Any, v: Any) -> bytes:
    return text.json_text(v).encode()


_HEX = "contrib/bonitoo-io/hex"


@builtin(_HEX, "string")
def _hex_string(_ctx: Any, v: Any) -> str | None:
    if type(v) in (int, UInt):
        return f"{int(v):x}"
    if type(v) is bytes:
        return v.hex()
    return conversions.to_string(v)


def _hex_number(value: Any, pattern: str, kind: str) -> int:
    if type(value) is not str:
        fail(f"hex cannot convert {type_name(value)} to {kind}")
    if not re.fullmatch(pattern, value):
        fail(f"cannot convert string {text.quoted(value)} to {kind} due to invalid syntax")
    return int(value, 16)


@builtin(_HEX, "int")
def _hex_int(_ctx: Any, v: Any) -> int | None:
    if v is None:
        return None
    number = _hex_number(v, r"[+-]?(?:0x)?[0-9a-fA-F]+", "int")
    if not -(2**63) <= number < 2**63:
        fail(f"cannot convert string {text.quoted(v)} to int due to invalid syntax")
    return number


@builtin(_HEX, "uint")
def _hex_uint(_ctx: Any, v: Any) -> UInt | None:
    if v is None:
        return None
    number = _hex_number(v, r"(?:0x)?[0-9a-fA-F]+", "uint")
    if number >= 2**64:
        fail(f"cannot convert string {text.quoted(v)} to uint due to invalid syntax")
    return UInt(number)


@builtin(_HEX, "bytes")
def _hex_bytes(_ctx: Any, v: Any) -> bytes:
    if type(v) is not str:
        fail(f"hex cannot convert {type_name(v)} to bytes")
    if not re.fullmatch(r"(?:[0-9a-fA-F]{2})*", v):
        fail(f"cannot convert string {text.quoted(v)} to bytes due to hex decoding error")
    return bytes.fromhex(v)


def _shift(a: int, b: int) -> int:
    return a << b if b < 64 else 0


BITS: dict[str, Callable[[int, int], int]] = {
    "and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b, "clear": lambda a, b: a & ~b,
    "lshift": _shift, "rshift": lambda a, b: a >> min(b, 64),
}


def _register_bits(package: str, name: str, operation: Callable[[int, int], int]) -> None:
    def unsigned(_ctx: Any, a: UInt, b: UInt) -> UInt:
        return UInt(operation(a, b) % 2**64)

    def signed(_ctx: Any, a: int, b: int) -> int:
        if b < 0 and name.endswith("shift"):
            fail(f"bitwise.s{name}: a negative shift count")
        return wrap_int(operation(a, b))

    builtin(package, f"u{name}")(unsigned)
    builtin(package, f"s{name}")(signed)


def _register_not(package: str) -> None:
    def unsigned(_ctx: Any, a: UInt) -> UInt:
        return UInt(2**64 - 1 - a)

    def signed(_ctx: Any, a: int) -> int:
        return ~a

    builtin(package, "unot")(unsigned)
    builtin(package, "snot")(signed)


for _package in ("bitwise", "experimental/bitwise"):
    _register_not(_package)
    for _name, _operation in BITS.items():
        _register_bits(_package, _name, _operation)
