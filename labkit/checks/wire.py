"""The codec between a check and the student's code: plain data as JSON text, anything else as a reference.

Both sides of every call go through it, in the notebook as in a capsule. What comes out is made of exact built-in
types, so
an object of the student's with a lying `__eq__`, a `str` subclass or a shared list cannot reach the check.

JSON stands for itself: null, booleans, strings, lists, finite floats, integers up to 2**53, and dictionaries with
string
keys. The rest is an object with the key `$`, which names its kind; a dictionary that has this key itself is written as
pairs.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime as dt
import json
import math
import sys
import zoneinfo
from collections.abc import Callable
from typing import Any

DEEPEST = 64
"""Levels of nesting."""
LARGEST = 6 * 1024 * 1024
"""Characters of one encoded value."""
MOST_KEYS = 20_000
"""Members of a set, and keys of a dictionary that are not all text: their hashes can be chosen so that all of them meet
in one place of the table, and filling it takes the square of their number."""
LONGEST_INT = 8192
"""Bits of an integer: Python refuses to write one of more than 4300 digits, and no exercise asks for one."""
_EXACT_INT = 2**53
_KIND = "$"

Refer = Callable[[object], dict[str, Any]]
Resolve = Callable[[dict[str, Any]], Any]


class WireError(Exception):
    """A value that cannot be sent: too deep, too large, or not plain data where only plain data will do."""


@dataclasses.dataclass(frozen=True)
class Reference:
    """An object that stays with the student.

    Args:
        id: number by which the student's side finds it.
        type: name of its class.
        text: what to show for it.
    """

    id: int
    type: str
    text: str

    def __repr__(self) -> str:
        return self.text


def dumps(value: Any, refer: Refer | None = None) -> str:
    """Return the value as text.

    Args:
        value: plain data; other objects are given to `refer`.
        refer: turns an object that is not plain data into a tagged dictionary. Without it such an object is refused.

    Raises:
        WireError: too deep, too large, or not plain data.
    """
    text = json.dumps(encode(value, refer), separators=(",", ":"), allow_nan=False)
    if len(text) > LARGEST:
        raise WireError(f"too large: {len(text):,} characters, the most is {LARGEST:,}")
    return text


def loads(text: str, resolve: Resolve | None = None) -> Any:
    """Return the value of a text made by `dumps`.

    Args:
        text: the text.
        resolve: turns a tagged dictionary of the kind `ref` into an object; without it a `Reference` is made.

    Raises:
        WireError: the text is not of this codec.
    """
    try:
        return decode(json.loads(text), resolve)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise WireError(f"not of this codec: {error}") from error


def encode(value: Any, refer: Refer | None = None, depth: int = 0) -> Any:
    """Return the value as JSON types; see `dumps`."""
    # type(), not isinstance(): an object may lie about its __class__, and the methods of a subclass must not run.
    kind = type(value)
    if value is None or kind is bool:
        return value
    if depth > DEEPEST:
        raise WireError(f"nested deeper than {DEEPEST} levels, or it contains itself")
    below = depth + 1
    if issubclass(kind, str):
        return str.__str__(value)
    if issubclass(kind, int):
        number = int.__int__(value)
        if number.bit_length() > LONGEST_INT:
            raise WireError(f"too large: an integer of {number.bit_length():,} bits, the most is {LONGEST_INT:,}")
        return number if -_EXACT_INT <= number <= _EXACT_INT else {_KIND: "int", "v": hex(number)}
    if issubclass(kind, float):
        real = float.__float__(value)
        return real if math.isfinite(real) else {_KIND: "float", "v": float.__repr__(real)}
    if issubclass(kind, (bytes, bytearray)):
        raw = bytes.__getitem__(value, slice(None)) if issubclass(kind, bytes) else bytes(bytearray.copy(value))
        tag = "bytes" if issubclass(kind, bytes) else "bytearray"
        return {_KIND: tag, "v": base64.b64encode(raw).decode("ascii")}
    if issubclass(kind, list):
        return [encode(item, refer, below) for item in list.__iter__(value)]
    if issubclass(kind, tuple):
        return {_KIND: "tuple", "v": [encode(item, refer, below) for item in tuple.__iter__(value)]}
    if issubclass(kind, dict):
        return _encode_dict(value, refer, below)
    if issubclass(kind, (set, frozenset)):
        base = set if issubclass(kind, set) else frozenset
        _count(base.__len__(value))
        return {_KIND: base.__name__, "v": [encode(item, refer, below) for item in base.__iter__(value)]}
    if issubclass(kind, dt.datetime):
        return _encode_datetime(value)
    if issubclass(kind, dt.date):
        return {_KIND: "date", "v": dt.date.isoformat(value)}
    if issubclass(kind, dt.timedelta):
        return {_KIND: "timedelta", "v": [value.days, value.seconds, value.microseconds]}
    return _encode_known(value, kind, refer, below)


def _encode_dict(value: dict[Any, Any], refer: Refer | None, depth: int) -> Any:
    pairs = [(key, item) for key, item in dict.items(value)]
    if all(issubclass(type(key), str) for key, _ in pairs):
        plain = {str.__str__(key): encode(item, refer, depth) for key, item in pairs}
        if _KIND not in plain and len(plain) == len(pairs):
            return plain
    _count(len(pairs))
    return {_KIND: "dict", "v": [[encode(key, refer, depth), encode(item, refer, depth)] for key, item in pairs]}


def _count(number: int) -> None:
    if number > MOST_KEYS:
        raise WireError(f"too large: {number:,} members of a set or keys that are not text, the most is {MOST_KEYS:,}")


def _encode_datetime(value: dt.datetime) -> dict[str, Any]:
    if value is getattr(sys.modules.get("pandas"), "NaT", ()):
        return {_KIND: "float", "v": "nan"}
    naive = dt.datetime(value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond)
    offset = value.utcoffset()
    key = getattr(value.tzinfo, "key", None)
    return {
        _KIND: "datetime",
        "v": naive.isoformat(),
        "offset": None if offset is None else offset.total_seconds(),
        "zone": str(key) if key is not None else None,
        "fold": int(value.fold),
    }


def _encode_known(value: Any, kind: type, refer: Refer | None, depth: int) -> Any:
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and issubclass(kind, numpy.generic):
        return encode(value.item(), refer, depth) if not issubclass(kind, numpy.void) else _refer(value, refer)
    if pandas is not None and issubclass(kind, pandas.DataFrame):
        from labkit.checks.wire_frames import encode_frame

        return {_KIND: "frame", **encode_frame(value, lambda item: encode(item, refer, depth))}
    if pandas is not None and value is pandas.NA:
        return {_KIND: "float", "v": "nan"}
    if kind.__module__.startswith("labkit.") and kind.__name__ == "Endpoint":
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {_KIND: "endpoint", "v": encode(fields, refer, depth)}
    return _refer(value, refer)


def _refer(value: object, refer: Refer | None) -> Any:
    if refer is None:
        raise WireError(f"not plain data: an object of type {type(value).__name__}")
    return {_KIND: "ref", **refer(value)}


def reference(ref: Reference) -> dict[str, Any]:
    """Return a reference as the tagged dictionary that the other side resolves."""
    return {_KIND: "ref", "id": ref.id, "type": ref.type, "text": ref.text}


def decode(value: Any, resolve: Resolve | None = None, depth: int = 0) -> Any:
    """Return the value of JSON types; see `loads`."""
    if not isinstance(value, (list, dict)):
        return value
    if depth > 2 * DEEPEST + 2:  # a dictionary as pairs takes two levels of JSON for one of its own
        raise WireError(f"nested deeper than {DEEPEST} levels")
    below = depth + 1
    if isinstance(value, list):
        return [decode(item, resolve, below) for item in value]
    if _KIND not in value:
        return {key: decode(item, resolve, below) for key, item in value.items()}
    tag = value[_KIND]
    if tag == "ref":
        return resolve(value) if resolve else Reference(int(value["id"]), str(value["type"]), str(value["text"]))
    if tag == "frame":
        from labkit.checks.wire_frames import decode_frame

        return decode_frame(value, lambda item: decode(item, resolve, below))
    if tag == "endpoint":
        from labkit.services import Endpoint

        return Endpoint(**decode(value["v"], resolve, below))
    try:
        build = _BUILD[tag]
    except (KeyError, TypeError):
        raise WireError(f"unknown kind {tag!r}") from None
    return build(value, lambda item: decode(item, resolve, below))


def received(value: Any) -> Any:
    """Return a value that comes from the student's side, which may have written anything.

    Args:
        value: JSON types.

    Raises:
        WireError: it is not of this codec.
    """
    try:
        return decode(value)
    except WireError:
        raise
    except Exception as error:  # tables are built by pandas, and that may raise whatever it likes
        raise WireError(f"not of this codec: {type(error).__name__}: {str(error)[:200]}") from error


def _members(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_KEYS:
        raise WireError(f"not a list of at most {MOST_KEYS:,}")
    return value


def _decode_int(value: dict[str, Any], _: Callable[[Any], Any]) -> int:
    number = int(value["v"], 16)
    if number.bit_length() > LONGEST_INT:
        raise WireError(f"too large: an integer of {number.bit_length():,} bits")
    return number


def _decode_datetime(value: dict[str, Any], _: Callable[[Any], Any]) -> dt.datetime:
    naive = dt.datetime.fromisoformat(value["v"]).replace(fold=value["fold"])
    if value["offset"] is None:
        return naive
    fixed = dt.timezone(dt.timedelta(seconds=value["offset"]))
    if value["zone"] is not None:
        try:
            zoned = naive.replace(tzinfo=zoneinfo.ZoneInfo(value["zone"]))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return naive.replace(tzinfo=fixed)
        # A zone that only calls itself so keeps the offset that it really had.
        if zoned.utcoffset() == fixed.utcoffset(None):
            return zoned
    return naive.replace(tzinfo=dt.UTC if value["offset"] == 0 else fixed)


_BUILD: dict[str, Callable[[dict[str, Any], Callable[[Any], Any]], Any]] = {
    "int": _decode_int,
    "float": lambda value, _: float(value["v"]),
    "bytes": lambda value, _: base64.b64decode(value["v"]),
    "bytearray": lambda value, _: bytearray(base64.b64decode(value["v"])),
    "tuple": lambda value, item: tuple(item(part) for part in value["v"]),
    "dict": lambda value, item: {item(key): item(part) for key, part in _members(value["v"])},
    "set": lambda value, item: {item(part) for part in _members(value["v"])},
    "frozenset": lambda value, item: frozenset(item(part) for part in _members(value["v"])),
    "datetime": _decode_datetime,
    "date": lambda value, _: dt.date.fromisoformat(value["v"]),
    "timedelta": lambda value, _: dt.timedelta(*value["v"]),
}
