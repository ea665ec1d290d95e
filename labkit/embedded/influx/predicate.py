"""The predicate of a delete request: `tag = "value" AND …`.

Source: `predicate/parser.go` and the scanner of influxdata/influxql, whose positions count characters from 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

Wanted = Callable[[Mapping[str, str]], bool]

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\n]+)
      | (?P<open>\() | (?P<close>\))
      | (?P<operator>!=|=~|!~|<=|>=|<>|=|<|>)
      | "(?P<quoted>(?:[^"\\\n]|\\.)*)"
      | '(?P<text>(?:[^'\\\n]|\\.)*)'
      | (?P<number>[0-9]+(?:\.[0-9]*)?(?:ns|us|µ|u|ms|s|m|h|d|w)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<minus>-)
      | (?P<other>.)""", re.VERBOSE | re.DOTALL)
_LOGIC = {"and": "AND", "or": "OR"}
_DEEPEST = 50


class PredicateError(ValueError):
    """A predicate that cannot be used.

    Args:
        message: what is wrong, as InfluxDB says it.
        code: a key of `api.http.STATUS`.
    """

    def __init__(self, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.code = code


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "blank":
            continue
        value = match[kind]
        if kind in ("quoted", "text"):
            value = re.sub(r"\\(.)", lambda each: {"n": "\n"}.get(each[1], each[1]), value)
            kind = "name" if kind == "quoted" else "text"
        elif kind == "name" and value.lower() in _LOGIC:
            kind = _LOGIC[value.lower()]
        found.append(_Token(kind, value, match.start()))
    found.append(_Token("end", "", len(text)))
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0

    def next(self) -> _Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def all_of(self, depth: int) -> list[tuple[str, str, str]]:
        """Rules joined by AND, up to the end or the closing parenthesis."""
        if depth > _DEEPEST:
            raise PredicateError("bad logical expression, too many parentheses")
        rules = self.one(depth)
        while True:
            token = self.next()
            if token.kind == "AND":
                rules += self.one(depth)
            elif token.kind == "OR":
                raise PredicateError(f"the logical operator OR is not supported yet at position {token.position}")
            elif token.kind == "close":
                if depth == 0:
                    raise PredicateError("extra ) seen")
                return rules
            elif token.kind == "end":
                if depth:
                    raise PredicateError("extra ( seen")
                return rules
            else:
                raise PredicateError(f"bad logical expression, at position {token.position}")

    def one(self, depth: int) -> list[tuple[str, str, str]]:
        """A rule, or rules in parentheses."""
        token = self.next()
        if token.kind == "open":
            return self.all_of(depth + 1)
        if token.kind != "name":
            what = "bad tag key" if token.kind in ("number", "text") else "bad logical expression"
            raise PredicateError(f"{what}, at position {token.position}")
        operator = self.next()
        if operator.text in ("=~", "!~"):
            raise PredicateError(f'operator: "{operator.text}" at position: {operator.position} is not supported yet')
        if operator.text not in ("=", "!="):
            raise PredicateError(f'invalid operator "{operator.text}" at position: {operator.position}')
        value, sign = self.next(), ""
        while value.kind == "minus":
            value, sign = self.next(), "-"
        if value.kind not in ("name", "number"):
            raise PredicateError(f'bad tag value: "{value.text}", at position {value.position}')
        if token.text == "_field" and operator.text == "=":
            raise PredicateError("delete by field is not supported", "not implemented")
        return [(token.text, operator.text, sign + value.text)]


def parse_predicate(text: str) -> Wanted | None:
    """Read a predicate.

    Args:
        text: the predicate; empty means all points.

    Returns:
        A function that says of a series' tags whether it is meant, or None for all.

    Raises:
        PredicateError: it is malformed, or has what InfluxDB does not support either.
    """
    if not text:
        return None
    rules = _Parser(text).all_of(0)

    def wanted(tags: Mapping[str, str]) -> bool:
        return all((tags.get(name, "") == value) == (operator == "=") for name, operator, value in rules)

    return wanted
