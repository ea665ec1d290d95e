"""The careful way to read the values of line protocol: numbers, truth values, strings. See `lineparser`."""

from __future__ import annotations

import re

from labkit.embedded.influx.points import FieldValue

_UNESCAPE_STRING = re.compile(r'\\([\\"])')
_TRUE = frozenset({"t", "T", "true", "True", "TRUE"})
_FALSE = frozenset({"f", "F", "false", "False", "FALSE"})


class LineError(ValueError):
    """A line that is not line protocol; its text is InfluxDB's."""


_NUMBER_CHARACTERS = frozenset("0123456789.")


def scan_number(line: str, start: int) -> int:
    """Check a number; the rules and their order are those of `scanNumber`.

    Args:
        line: the line.
        start: where the number begins.

    Returns:
        Where it ends.

    Raises:
        LineError: it is not a number.
    """
    position, end = start, len(line)
    whole = unsigned = decimal = scientific = False
    if line[position] == "-":
        position += 1
        if position == end:
            raise LineError("invalid number")
    while position < end:
        mark = line[position]
        if mark in ", ":
            break
        if mark in "iu" and position > start and not (whole or unsigned):
            whole, unsigned = mark == "i", mark == "u"
        elif mark in "eE" and position > start:
            scientific = True
        elif mark in "+-" and line[position - 1] in "eE":
            pass
        elif mark not in _NUMBER_CHARACTERS or (mark == "." and decimal):
            raise LineError("invalid number")
        elif mark == ".":
            decimal = True
        position += 1
    if (whole or unsigned) and (decimal or scientific):
        raise LineError("invalid number")
    text = line[start:position]
    if position - start - whole - decimal - (text[0] == "-") == 0:
        raise LineError("invalid number")
    if whole:
        if text[-1] != "i":
            raise LineError("invalid number")
        _check_range(text[:-1], -(2**63), 2**63 - 1, "integer", "ParseInt")
    elif unsigned:
        if text[-1] != "u" or text[0] == "-":
            raise LineError("invalid number")
        _check_range(text[:-1], 0, 2**64 - 1, "unsigned", "ParseUint")
    else:
        _check_float(text)
    return position


def to_int(digits: str) -> int:
    """The number of some digits; of a number that is far out of range, some other one that is.

    Args:
        digits: ASCII digits, perhaps with a sign.
    """
    # Python refuses to convert more than 4300 digits; any more than 20 are out of range anyhow.
    stripped = digits.lstrip("-").lstrip("0")[:25] or "0"
    return -int(stripped) if digits[0] == "-" else int(stripped)


def _check_range(digits: str, low: int, high: int, name: str, function: str) -> None:
    if not digits.lstrip("-").isdigit():
        raise LineError("invalid number")
    if not low <= to_int(digits) <= high:
        raise LineError(f'unable to parse {name} {digits}: strconv.{function}: parsing "{digits}": value out of range')


def _check_float(text: str) -> None:
    try:
        finite = abs(float(text)) != float("inf")
    except ValueError:
        raise LineError("invalid float" if "e" in text or "E" in text else "invalid number") from None
    if not finite:
        raise LineError("invalid float")


def scan_boolean(line: str, start: int) -> int:
    """Check a truth value.

    Args:
        line: the line.
        start: where it begins.

    Returns:
        Where it ends.

    Raises:
        LineError: it is not one.
    """
    if start < len(line) and line[start] not in "tfTF":
        raise LineError("invalid boolean")
    comma, blank = line.find(",", start + 1), line.find(" ", start + 1)
    end = min(at if at >= 0 else len(line) for at in (comma, blank))
    if line[start:end] not in _TRUE and line[start:end] not in _FALSE:
        raise LineError("invalid boolean")
    return end


def read_value(text: str) -> tuple[str, FieldValue]:
    """The type and the Python value of a value that was checked.

    Args:
        text: as it stands in the line, not empty.

    Raises:
        ValueError: it stood behind an escaped quote, so the scanner did not see it, and it is not a value.
    """
    if text[0] == '"':
        return "string", _UNESCAPE_STRING.sub(r"\1", text[1:-1])
    if text[0] in "0123456789-.":
        if text[-1] == "i":
            return "long", int(text[:-1])
        if text[-1] == "u":
            return "unsignedLong", int(text[:-1])
        return "double", float(text)
    if text in _TRUE:
        return "boolean", True
    if text in _FALSE:
        return "boolean", False
    raise LineError("invalid boolean")  # a value behind an escaped quote, which the scanner could not see
