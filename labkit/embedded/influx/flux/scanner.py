"""The source text of a query as tokens.

Source: https://docs.influxdata.com/flux/v0/spec/lexical-elements/.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any, NamedTuple

from labkit.embedded.influx.flux.errors import CompileError, Span
from labkit.embedded.influx.flux.values import Duration, Regexp, Time

MOST_CHARACTERS = 4_000_000
DEEPEST_INTERPOLATION = 20

KEYWORDS = frozenset(
    ["and", "or", "not", "import", "package", "return", "option", "builtin", "testcase", "if", "then", "else", "exists"]
)
_SPACE = re.compile(r"(?:\s+|//[^\n]*)+")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?")
_DURATION = re.compile(r"(?:[0-9]+(?:ns|us|µs|μs|ms|mo|y|w|d|h|m|s))+(?!\w)")
_DURATION_PART = re.compile(r"([0-9]+)(ns|us|µs|μs|ms|mo|y|w|d|h|m|s)")
_FRACTION = re.compile(r"\.(\d+)")
_NUMBER = re.compile(r"[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_REGEX = re.compile(r"/((?:[^/\\\n]|\\.)+)/")
_OPERATOR = re.compile(r"\|>|=>|<-|==|=~|!=|!~|<=|>=|[-+*/%^<>=()\[\]{}:,.?@]")
_TEXT = re.compile(r'[^"\\$]+')
_HEX = re.compile(r"\\x([0-9a-fA-F]{2})")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}
_UNITS = {
    "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
    "d": 86400 * 10**9, "w": 7 * 86400 * 10**9,
}
_MONTHS = {"mo": 1, "y": 12}
_CLOSING = frozenset(")]}")
_LARGEST = 2**63


class Token(NamedTuple):
    """One token.

    Args:
        kind: "identifier", "keyword", "operator", "int", "float", "time", "duration", "string", "regex" or "end".
        text: its source; for strings and expressions see `value`.
        start: index of its first character.
        end: index behind its last character.
        value: the value of a literal; for "string" a list of texts and of token lists (one for each `${…}`).
    """

    kind: str
    text: str
    start: int
    end: int
    value: Any = None


class Source:
    """The text of a query, and where its lines begin.

    Args:
        text: the query.

    Raises:
        CompileError: it is too long.
    """

    def __init__(self, text: str) -> None:
        if len(text) > MOST_CHARACTERS:
            raise CompileError(f"the query is longer than {MOST_CHARACTERS} characters")
        self.text = text
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._ascii = text.isascii()

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset)
        start = self._lines[line - 1]
        if self._ascii:
            return line, offset - start + 1
        return line, len(self.text[start:offset].encode("utf-8", "surrogatepass")) + 1

    def span(self, start: int, end: int) -> Span:
        """The lines and columns of a stretch of characters."""
        return Span(*self._place(start), *self._place(end))


def scan(source: Source) -> list[Token]:
    """The tokens of a query; the last one is of kind "end".

    Raises:
        CompileError: there is a character or literal that no token can begin with.
    """
    tokens, _ = _Scanner(source).run(0, 0)
    return tokens


def time_nanoseconds(text: str) -> int:
    """The nanoseconds since the epoch of a date or of an RFC 3339 date and time, whatever their number.

    Raises:
        ValueError: there is no such date.
    """
    from datetime import UTC, datetime

    if len(text) == 10:
        text += "T00:00:00Z"
    rest, fraction = text[19:], ""
    if match := _FRACTION.match(rest):
        fraction = match.group(1)
        rest = rest[match.end() :]
    moment = datetime.fromisoformat(text[:19] + rest.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone")
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86400 + delta.seconds) * 10**9 + int((fraction + "0" * 9)[:9])


def parse_time(text: str) -> Time:
    """The instant of a date or of an RFC 3339 date and time, with up to nine digits of a second.

    Raises:
        ValueError: there is no such date, or 64 bits do not hold it.
    """
    found = time_nanoseconds(text)
    if not -_LARGEST <= found < _LARGEST:
        raise ValueError("a time must lie between 1677-09-21 and 2262-04-11")
    return Time(found)


def parse_duration(text: str) -> Duration:
    """The duration of a literal such as `1h30m` or `1y6mo`; no sign.

    Raises:
        ValueError: it is not one, or it is too long.
    """
    if not _DURATION.fullmatch(text):
        raise ValueError(f"invalid duration {text}")
    months = nanoseconds = 0
    for amount, unit in _DURATION_PART.findall(text):
        if unit in _MONTHS:
            months += int(amount) * _MONTHS[unit]
        else:
            nanoseconds += int(amount) * _UNITS[unit]
    if nanoseconds >= _LARGEST or months >= 2**31:
        raise ValueError(f"duration {text} is out of range")
    return Duration(months, nanoseconds)


class _Scanner:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text

    def fail(self, message: str, start: int, end: int) -> CompileError:
        return CompileError(message, self.source.span(start, end))

    def run(self, position: int, depth: int) -> tuple[list[Token], int]:
        """The tokens from a position on, to the end or, inside a string, to the `}` of the interpolation."""
        tokens: list[Token] = []
        braces = 0
        while True:
            space = _SPACE.match(self.text, position)
            if space:
                position = space.end()
            if position >= len(self.text):
                if depth:
                    raise self.fail("unterminated string interpolation", position, position)
                tokens.append(Token("end", "", position, position))
                return tokens, position
            character = self.text[position]
            if depth and character == "}" and braces == 0:
                tokens.append(Token("end", "}", position, position))
                return tokens, position + 1
            braces += (character == "{") - (character == "}")
            token = self.token(position, character, depth, tokens)
            tokens.append(token)
            position = token.end

    def token(self, position: int, character: str, depth: int, before: list[Token]) -> Token:
        if character == '"':
            return self.string(position, depth)
        if "0" <= character <= "9" or (character == "." and "0" <= self.text[position + 1 : position + 2] <= "9"):
            return self.number(position)
        if match := _IDENTIFIER.match(self.text, position):
            kind = "keyword" if match.group() in KEYWORDS else "identifier"
            return Token(kind, match.group(), position, match.end())
        if character == "/" and self.regex_may_stand(before) and (match := _REGEX.match(self.text, position)):
            return self.regex(position, match)
        if match := _OPERATOR.match(self.text, position):
            return Token("operator", match.group(), position, match.end())
        raise self.fail(f"invalid statement: {character}", position, position + 1)

    @staticmethod
    def regex_may_stand(before: list[Token]) -> bool:
        """Behind an operand a slash divides."""
        if not before:
            return True
        last = before[-1]
        return last.kind == "keyword" or (last.kind == "operator" and last.text not in _CLOSING)

    def regex(self, position: int, match: re.Match[str]) -> Token:
        try:
            value = Regexp(match.group(1).replace("\\/", "/"))
        except ValueError as error:
            raise self.fail(str(error), position, match.end()) from None
        return Token("regex", match.group(), position, match.end(), value)

    def number(self, position: int) -> Token:
        for kind, pattern, read in (("time", _TIME, parse_time), ("duration", _DURATION, parse_duration)):
            if match := pattern.match(self.text, position):
                try:
                    return Token(kind, match.group(), position, match.end(), read(match.group()))
                except (ValueError, OverflowError) as error:
                    raise self.fail(f"invalid {kind} literal: {error}", position, match.end()) from None
        match = _NUMBER.match(self.text, position)
        if match is None:
            raise self.fail(f"invalid statement: {self.text[position]}", position, position + 1)
        text, end = match.group(), match.end()
        following = _IDENTIFIER.match(self.text, end)
        if following:
            raise self.fail(f"invalid expression: {text}{following.group()}", position, following.end())
        if "." in text:
            return Token("float", text, position, end, float(text))
        if len(text) > 19 or int(text) > _LARGEST:
            raise self.fail(f"invalid integer literal {text[:40]}: value out of range", position, end)
        if len(text) > 1 and text[0] == "0":
            raise self.fail(f"invalid integer literal {text}: nonzero value cannot start with 0", position, end)
        return Token("int", text, position, end, int(text))

    def string(self, start: int, depth: int) -> Token:
        parts: list[Any] = []
        buffer = bytearray()
        position = start + 1
        while True:
            if match := _TEXT.match(self.text, position):
                buffer += match.group().encode("utf-8", "surrogatepass")
                position = match.end()
            character = self.text[position : position + 1]
            if character == '"':
                break
            if character == "":
                raise self.fail("unterminated string", start, len(self.text))
            if character == "\\":
                position = self.escape(position, buffer)
            elif self.text.startswith("${", position):
                if depth >= DEEPEST_INTERPOLATION:
                    raise self.fail("string interpolation is nested too deeply", position, position + 2)
                parts.append(self.decode(buffer, start, position))
                buffer = bytearray()
                tokens, position = self.run(position + 2, depth + 1)
                parts.append(tokens)
            else:
                buffer += b"$"
                position += 1
        parts.append(self.decode(buffer, start, position))
        end = position + 1
        return Token("string", self.text[start:end], start, end, parts)

    def escape(self, position: int, buffer: bytearray) -> int:
        """Read one escape into the buffer; gives the position behind it."""
        if match := _HEX.match(self.text, position):
            buffer.append(int(match.group(1), 16))
            return match.end()
        escaped = _ESCAPES.get(self.text[position + 1 : position + 2])
        if escaped is None:
            raise self.fail(f"invalid escape sequence {self.text[position : position + 2]}", position, position + 2)
        buffer += escaped.encode()
        return position + 2

    def decode(self, buffer: bytearray, start: int, end: int) -> str:
        try:
            return buffer.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise self.fail("invalid UTF-8 in a string", start, end) from None
