"""Package `regexp`: Go's regular expressions (RE2).

Source: https://docs.influxdata.com/flux/v0/stdlib/regexp/ and Go's `regexp` for the `$1` and `${name}` of replacements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.values import Regexp

_META = re.compile(r"[\\.+*?()|\[\]{}^$]")
_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")


def _matches(pattern: Regexp, text: str) -> Iterator[Any]:
    """All matches but the empty ones that touch the match before them, which Go leaves out."""
    end = -1
    for match in pattern.compiled.finditer(text):
        if match.start() == match.end() == end:
            continue
        end = match.end()
        yield match


@builtin("regexp", "compile")
def _compile(_ctx: Any, v: str) -> Regexp:
    return Regexp(v)


@builtin("regexp", "quoteMeta")
def _quote(_ctx: Any, v: str) -> str:
    return _META.sub(r"\\\g<0>", v)


@builtin("regexp", "findString")
def _find(_ctx: Any, r: Regexp, v: str) -> str:
    match = r.compiled.search(v)
    return str(match.group(0)) if match else ""


@builtin("regexp", "findStringIndex")
def _find_index(_ctx: Any, r: Regexp, v: str) -> list[int]:
    match = r.compiled.search(v)
    return [len(v[: match.start()].encode()), len(v[: match.end()].encode())] if match else []


@builtin("regexp", "matchRegexpString")
def _match(_ctx: Any, r: Regexp, v: str) -> bool:
    return r.compiled.search(v) is not None


@builtin("regexp", "replaceAllString")
def _replace(_ctx: Any, r: Regexp, v: str, t: str) -> str:
    parts, position = [], 0
    for match in _matches(r, v):
        parts += [v[position : match.start()], _expand(t, match, r)]
        position = match.end()
    return "".join(parts) + v[position:]


def _expand(template: str, match: Any, pattern: Regexp) -> str:
    def group(reference: re.Match[str]) -> str:
        dollar, braced, bare = reference.groups()
        if dollar:
            return "$"
        name = braced or bare
        if name.isdigit():
            number = int(name)
        else:
            number = pattern.compiled.groupindex.get(name, -1)
        return (match.group(number) or "") if 0 <= number <= pattern.compiled.groups else ""

    return _REFERENCE.sub(group, template)


@builtin("regexp", "splitRegexp")
def _split(_ctx: Any, r: Regexp, v: str, i: int) -> list[str]:
    if i == 0:
        return []
    if r.source and not v:
        return [""]
    parts: list[str] = []
    start = stop = 0
    for match in _matches(r, v):
        if 0 < i == len(parts) + 1:
            break
        stop = match.start()
        if match.end() != 0:
            parts.append(v[start:stop])
        start = match.end()
    if stop != len(v):
        parts.append(v[start:])
    return parts


@builtin("regexp", "getString")
def _source(_ctx: Any, r: Regexp) -> str:
    return r.source
