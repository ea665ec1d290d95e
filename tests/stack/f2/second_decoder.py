"""A second decoder, written from facts alone and in another way than the part: slow, one step after the other.

It shares no code and no table with `stack.parts.f2`; numbers are exact fractions until the last step.
"""

from __future__ import annotations

import base64
import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

HEX_DIGITS = "0123456789abcdefABCDEF"


class BadError(Exception):
    """What is wrong first; its text is the code."""


def need(condition: bool, code: str) -> None:
    if not condition:
        raise BadError(code)


def decode(payload: bytes, row: dict[str, Any]) -> float | str:
    """Decode by the specification, check after check."""
    need(row["Decimals"] in range(10), "BAD_DECIMALS")
    need(row["Offset"] >= 0, "BAD_OFFSET")
    need(len(payload) > 0, "EMPTY_PAYLOAD")
    data = _bytes_of(payload, row["DataFormat"])
    kind, number, order = _split(row["DataEncoding"])
    fixed = number // 8 if kind in ("UINT", "INT", "SMINT", "FLOAT") else 0
    need(row["Length"] == 0 or row["Length"] == fixed or (fixed == 0 and row["Length"] > 0), "LENGTH_MISMATCH")
    size = fixed or row["Length"] or max(0, len(data) - row["Offset"])
    known = fixed or row["Length"]
    field = list(data[row["Offset"] : row["Offset"] + size])
    field = _arranged(field, order, size, bool(known))
    need(size > 0 and row["Offset"] + size <= len(data), "OUT_OF_RANGE")
    if kind in ("STRING", "HEXSTR"):
        return row["Prepend"] + _text(kind, bytes(field), row["DataFormat"]) + row["Append"]
    exact, own_point = _number(kind, number, row["DataEncoding"], field)
    shown = exact if own_point else exact / 10 ** row["Decimals"]
    try:
        value = float(shown)
    except OverflowError:
        raise BadError("NOT_FINITE") from None
    need(not math.isinf(value), "NOT_FINITE")
    if own_point:
        value = round(value, row["Decimals"])
        shown = Fraction(value)
    if row["WholeNumber"]:
        need(len(str(int(abs(shown)))) <= row["WholeNumber"] or abs(shown) < 1, "WHOLE_NUMBER_OVERFLOW")
    return value if value else 0.0


def _bytes_of(payload: bytes, form: str) -> bytes:
    need(form in ("BINARY", "HEX", "BASE64", "ASCII"), "UNKNOWN_FORMAT")
    if form == "HEX":
        text = payload.decode("latin-1").strip(" \t\n\r\x0b\x0c")
        if text.lower().startswith("0x"):
            text = text[2:]
        digits = [character for character in text if character not in " :-"]
        need(all(digit in HEX_DIGITS for digit in digits) and len(digits) % 2 == 0, "BAD_HEX")
        return bytes(int(high + low, 16) for high, low in zip(digits[::2], digits[1::2], strict=True))
    if form == "BASE64":
        alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        body = payload.rstrip(b"=")
        padding = len(payload) - len(body)
        need(len(payload) % 4 == 0 and padding <= 2 and all(byte in alphabet for byte in body), "BAD_BASE64")
        return base64.b64decode(payload)
    return payload


def _split(encoding: str) -> tuple[str, int, str]:
    found = re.match(r"([A-Z]+)([0-9]*)", encoding)
    kind = found[1] if found else ""
    number = found[2] if found else ""
    rest = encoding[found.end() :] if found else encoding
    if kind == "BITS":
        more = re.match(r"-([0-9]+)", rest)
        need(number != "" and more is not None, "UNKNOWN_ENCODING")
        assert more is not None
        rest = rest[more.end() :]
    sizes = {"UINT": (8, 16, 24, 32, 64), "INT": (8, 16, 24, 32, 64), "SMINT": (16,), "FLOAT": (16, 32, 64)}
    if kind in sizes:
        need(number.isdigit() and int(number) in sizes[kind] and not number.startswith("0"), "UNKNOWN_ENCODING")
    elif kind in ("BCD", "STRING", "HEXSTR", "DEC"):
        need(number == "", "UNKNOWN_ENCODING")
    else:
        need(kind in ("BIT", "BITS") and number != "", "UNKNOWN_ENCODING")
    need(rest == "" or rest.startswith("/"), "UNKNOWN_ENCODING")
    return kind, int(number or 0), rest or "/BE"


def _arranged(field: list[int], order: str, size: int, size_known: bool) -> list[int]:
    order = order[1:]
    if order == "BE":
        return field
    if order == "LE":
        return field[::-1]
    letters = "ABCDEFGH"[: len(order)]
    # AB BA; ABC CBA; and for 4 and 8 bytes words of two: as they are, turned inside, in turned order, or both.
    allowed = {letters, letters[::-1]} if len(order) in (2, 3, 4, 8) else set()
    if len(order) in (4, 8):
        words = [letters[first : first + 2] for first in range(0, len(letters), 2)]
        allowed |= {"".join(words[::-1]), "".join(word[::-1] for word in words)}
    need(order in allowed, "BAD_ORDER")
    need(len(order) == size, "BAD_ORDER")
    if len(field) < size and size_known:
        return field  # out of range: said by the next check
    return [field[order.index(letter)] for letter in letters]


def _number(kind: str, size: int, encoding: str, field: list[int]) -> tuple[Fraction, bool]:
    """The exact number, and whether it has a point of its own."""
    raw = sum(byte << 8 * place for place, byte in enumerate(reversed(field)))
    if kind == "UINT":
        return Fraction(raw), False
    if kind == "INT":
        return Fraction(raw - (1 << size) if raw >> size - 1 else raw), False
    if kind == "SMINT":
        return Fraction(raw if raw < 0x8000 else 0x8000 - raw), False
    if kind in ("BIT", "BITS"):
        bounds = [int(text) for text in re.findall(r"[0-9]+", encoding.split("/")[0])]
        need(bounds[0] <= bounds[-1] < 8 * len(field), "BAD_BIT_RANGE")
        picked = f"{raw:0{8 * len(field)}b}"[::-1][bounds[0] : bounds[-1] + 1]
        return Fraction(int(picked[::-1], 2)), False
    if kind == "BCD":
        need(all(byte >> 4 < 10 and byte & 15 < 10 for byte in field), "BAD_BCD")
        total = Fraction(0)
        for byte in field:
            total = total * 100 + (byte >> 4) * 10 + (byte & 15)
        return total, False
    if kind == "DEC":
        text = "".join(map(chr, field)).strip(" \t\r\n")
        need(re.fullmatch(r"[-+]?([0-9]+|[0-9]+\.[0-9]*|\.[0-9]+)", text) is not None, "BAD_TEXT")
        return Fraction(Decimal(text)), "." in text
    exponent_bits = {16: 5, 32: 8, 64: 11}[size]
    fraction_bits = size - 1 - exponent_bits
    exponent = raw >> fraction_bits & (1 << exponent_bits) - 1
    fraction = raw & (1 << fraction_bits) - 1
    need(exponent != (1 << exponent_bits) - 1, "NOT_FINITE")
    bias = (1 << exponent_bits - 1) - 1
    mantissa = Fraction(fraction, 1 << fraction_bits) + (1 if exponent else 0)
    amount = mantissa * Fraction(2) ** ((exponent or 1) - bias)
    return (-amount if raw >> size - 1 else amount), True


def _text(kind: str, field: bytes, form: str) -> str:
    if kind == "HEXSTR":
        return "".join(f"{byte:02x}" for byte in field)
    while field.endswith(b"\x00"):
        field = field[:-1]
    try:
        return field.decode("ascii" if form == "ASCII" else "utf-8")
    except UnicodeDecodeError:
        raise BadError("BAD_TEXT") from None
