"""Package `strings`. Indexes are bytes of UTF-8 and lengths are characters, as in Flux.

Source: https://docs.influxdata.com/flux/v0/stdlib/strings/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib.support import fail

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" \
         "\u2028\u2029\u202f\u205f\u3000"


def _upper_character(character: str) -> str:
    """One character for one: `ß` has no upper case of one character, so it stays."""
    for changed in (character.upper(), character.title()):
        if len(changed) == 1:
            return changed
    return character


def _title_character(character: str) -> str:
    changed = character.title()
    return changed if len(changed) == 1 else character


def _upper(v: str) -> str:
    return v.upper() if v.isascii() else "".join(map(_upper_character, v))


def _lower(v: str) -> str:
    return v.lower() if v.isascii() else "".join(character.lower()[:1] for character in v)


def _to_title(v: str) -> str:
    return v.upper() if v.isascii() else "".join(map(_title_character, v))


def _separates(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    return not (character.isalpha() or character.isdigit()) and character in _SPACE


def _title(v: str) -> str:
    before = " "
    found = []
    for character in v:
        found.append(_title_character(character) if _separates(before) else character)
        before = character
    return "".join(found)


def _fold(character: str) -> str:
    return _upper_character(character).lower()[:1]


def _byte_index(v: str, position: int) -> int:
    return position if position < 0 or v.isascii() else len(v[:position].encode())


def _first_of(v: str, chars: Iterable[str]) -> int:
    return min((found for found in map(v.find, chars) if found >= 0), default=-1)


def _last_of(v: str, chars: Iterable[str]) -> int:
    return max(map(v.rfind, chars), default=-1)


def _compare(v: str, t: str) -> int:
    return (v > t) - (v < t)


ONE: dict[str, Callable[[str], str]] = {
    "title": _title, "toUpper": _upper, "toLower": _lower, "toTitle": _to_title,
    "trimSpace": lambda v: v.strip(_SPACE),
}
TRIMS: dict[str, Callable[[str, str], str]] = {"trim": str.strip, "trimLeft": str.lstrip, "trimRight": str.rstrip}
CHARACTERS: dict[str, Callable[[str], bool]] = {
    "isDigit": str.isdigit, "isLetter": str.isalpha, "isLower": str.islower, "isUpper": str.isupper,
}


def _register(name: str, function: Callable[[str], str]) -> None:
    def call(_ctx: Any, v: str) -> str:
        return function(v)

    builtin("strings", name)(call)


def _register_trim(name: str, function: Callable[[str, str], str]) -> None:
    def call(_ctx: Any, v: str, cutset: str) -> str:
        return function(v, cutset)

    builtin("strings", name)(call)


def _register_character(name: str, function: Callable[[str], bool]) -> None:
    def call(_ctx: Any, v: str) -> bool:
        if len(v.encode()) != 1:
            fail('"v" is not a valid argument: argument length is not equal to 1')
        return function(v)

    builtin("strings", name)(call)


for _name, _one in ONE.items():
    _register(_name, _one)
for _name, _trim in TRIMS.items():
    _register_trim(_name, _trim)
for _name, _character in CHARACTERS.items():
    _register_character(_name, _character)


@builtin("strings", "trimPrefix")
def _trim_prefix(_ctx: Any, v: str, prefix: str) -> str:
    return v.removeprefix(prefix)


@builtin("strings", "trimSuffix")
def _trim_suffix(_ctx: Any, v: str, suffix: str) -> str:
    return v.removesuffix(suffix)


@builtin("strings", "hasPrefix")
def _has_prefix(_ctx: Any, v: str, prefix: str) -> bool:
    return v.startswith(prefix)


@builtin("strings", "hasSuffix")
def _has_suffix(_ctx: Any, v: str, suffix: str) -> bool:
    return v.endswith(suffix)


@builtin("strings", "containsStr")
def _contains(_ctx: Any, v: str, substr: str) -> bool:
    return substr in v


@builtin("strings", "containsAny")
def _contains_any(_ctx: Any, v: str, chars: str) -> bool:
    return _first_of(v, chars) >= 0


@builtin("strings", "equalFold")
def _equal_fold(_ctx: Any, v: str, t: str) -> bool:
    return len(v) == len(t) and all(_fold(a) == _fold(b) for a, b in zip(v, t, strict=True))


@builtin("strings", "compare")
def _compare_strings(_ctx: Any, v: str, t: str) -> int:
    return _compare(v, t)


@builtin("strings", "countStr")
def _count(_ctx: Any, v: str, substr: str) -> int:
    return v.count(substr)


@builtin("strings", "index")
def _index(_ctx: Any, v: str, substr: str) -> int:
    return _byte_index(v, v.find(substr))


@builtin("strings", "lastIndex")
def _last_index(_ctx: Any, v: str, substr: str) -> int:
    return _byte_index(v, v.rfind(substr))


@builtin("strings", "indexAny")
def _index_any(_ctx: Any, v: str, chars: str) -> int:
    return _byte_index(v, _first_of(v, chars))


@builtin("strings", "lastIndexAny")
def _last_index_any(_ctx: Any, v: str, chars: str) -> int:
    return _byte_index(v, _last_of(v, chars))


@builtin("strings", "repeat")
def _repeat(_ctx: Any, v: str, i: int) -> str:
    if i < 0:
        fail("strings.repeat: argument i must not be negative")
    if len(v) * i > 100_000_000:
        fail("strings.repeat: the result would be longer than 100 million characters")
    return v * i


@builtin("strings", "replace")
def _replace(_ctx: Any, v: str, t: str, u: str, i: int) -> str:
    return v.replace(t, u, max(i, -1))


@builtin("strings", "replaceAll")
def _replace_all(_ctx: Any, v: str, t: str, u: str) -> str:
    return v.replace(t, u)


def split(v: str, t: str, i: int, *, keep: bool = False) -> list[str]:
    """Split at a separator.

    Args:
        v: the text.
        t: the separator; empty splits into characters.
        i: the largest number of parts, the last of which holds the rest; below zero for all parts.
        keep: each part but the last keeps its separator.
    """
    if i == 0:
        return []
    if not t:
        if i < 0 or i >= len(v):
            return list(v)
        return [*v[: i - 1], v[i - 1 :]]
    parts = v.split(t, i - 1 if i > 0 else -1)
    return [part + t for part in parts[:-1]] + parts[-1:] if keep else parts


@builtin("strings", "split")
def _split(_ctx: Any, v: str, t: str) -> list[str]:
    return split(v, t, -1)


@builtin("strings", "splitAfter")
def _split_after(_ctx: Any, v: str, t: str) -> list[str]:
    return split(v, t, -1, keep=True)


@builtin("strings", "splitN")
def _split_n(_ctx: Any, v: str, t: str, i: int) -> list[str]:
    return split(v, t, i)


@builtin("strings", "splitAfterN")
def _split_after_n(_ctx: Any, v: str, t: str, i: int) -> list[str]:
    return split(v, t, i, keep=True)


@builtin("strings", "joinStr")
def _join(_ctx: Any, arr: list[str], v: str) -> str:
    if any(type(item) is not str for item in arr):
        fail('expected elements of argument "arr" to be of type string')
    return v.join(arr)


@builtin("strings", "strlen")
def _strlen(_ctx: Any, v: str) -> int:
    return len(v)


@builtin("strings", "substring")
def _substring(_ctx: Any, v: str, start: int, end: int) -> str:
    return v[max(start, 0) : max(end, 0)]
