"""Check of exercise 8.4, the decoder: a table of payloads, and values that are encoded here and must come out again."""

from __future__ import annotations

import base64
import random
import struct
from typing import Any

from labkit.checks import lab08_hints as hints
from labkit.checks.criterion import criterion
from labkit.checks.hints import Hint
from labkit.checks.lab08_house import decode_error
from labkit.checks.outcome import CallError, Outcome
from labkit.checks.registry import exercise
from labkit.checks.show import show
from labkit.checks.student import Student
from labkit.checks.world import World

Row = dict[str, Any]
Case = tuple[bytes, str, str, Row, float | str, Hint]
"""Payload, DataFormat, DataEncoding, the other columns, what comes of it, and the hint if something else does."""

FORMATS: list[Case] = [
    (b"00D7", "HEX", "UINT16", {}, 215.0, hints.FORMAT),
    (b"00d7", "HEX", "UINT16/AB", {"Length": 2}, 215.0, hints.FORMAT),
    (b"0x00:d7\n", "HEX", "UINT16/AB", {"Length": 2}, 215.0, hints.FORMAT),
    (b"\x00\xd7", "BINARY", "UINT16", {}, 215.0, hints.FORMAT),
    (b"A2cBEAVnAP8=", "BASE64", "INT16/AB", {"Offset": 6, "Length": 2, "Decimals": 1}, 25.5, hints.FORMAT),
    (b"0215", "ASCII", "DEC", {"Length": 4}, 215.0, hints.FORMAT),
    (b"\x01\x02\x03\x04", "BINARY", "UINT8", {"Offset": 2}, 3.0, hints.FIELD),
    (b"\x01\x02\x03\x04", "BINARY", "UINT16", {"Offset": 1}, 515.0, hints.FIELD),
    (b"t=21;h=40", "ASCII", "DEC", {"Offset": 2, "Length": 2}, 21.0, hints.FIELD),
    (b"t=21", "ASCII", "DEC", {"Offset": 2}, 21.0, hints.FIELD),
    (b"44 01 02", "HEX", "HEXSTR", {"Offset": 1}, "0102", hints.FIELD),
]
NUMBERS: list[Case] = [
    (b"E2400001", "HEX", "UINT32/CDAB", {}, 123456.0, hints.ORDER),
    (b"40E20100", "HEX", "UINT32/DCBA", {}, 123456.0, hints.ORDER),
    (b"0100E240", "HEX", "UINT32/BADC", {}, 82146.0, hints.ORDER),
    (b"0001E240", "HEX", "UINT32/ABCD", {}, 123456.0, hints.ORDER),
    (b"0102", "HEX", "UINT16/LE", {}, 513.0, hints.ORDER),
    (b"010203", "HEX", "UINT24/CBA", {}, 197121.0, hints.ORDER),
    (b"\xea", "BINARY", "INT8", {}, -22.0, hints.SIGN),
    (b"\xea", "BINARY", "UINT8", {}, 234.0, hints.SIGN),
    (b"FB2EFFFF", "HEX", "INT32/CDAB", {"Decimals": 2}, -12.34, hints.SIGN),
    (b"\x80\x05", "BINARY", "SMINT16", {}, -5.0, hints.SIGN),
    (b"\x05\x80", "BINARY", "SMINT16/BA", {}, -5.0, hints.SIGN),
    (b"\x80\x00", "BINARY", "SMINT16", {}, 0.0, hints.SIGN),
    (b"200047F1", "HEX", "FLOAT32/CDAB", {"Decimals": 1}, 123456.0, hints.ORDER),
    (b"41AD999A", "HEX", "FLOAT32", {"Decimals": 1}, 21.7, hints.FLOATS),
    (b"fffff\x12q\xc0", "BINARY", "FLOAT64/LE", {"Decimals": 2}, -273.15, hints.FLOATS),
    (b"\x08", "BINARY", "BIT3", {}, 1.0, hints.BITS), (b"\x08", "BINARY", "BIT7", {}, 0.0, hints.BITS),
    (b"4\xd2", "BINARY", "BITS0-9/BA", {"Length": 2}, 564.0, hints.BITS),
    (b"\x12\x34", "BINARY", "BITS4-11", {}, 35.0, hints.BITS),
    (b"\x12\x34\x56", "BINARY", "BCD", {}, 123456.0, hints.DIGITS),
    (b"\x56\x34\x12", "BINARY", "BCD/LE", {}, 123456.0, hints.DIGITS),
]
SCALED: list[Case] = [
    (b"00D7", "HEX", "UINT16/AB", {"Decimals": 1, "WholeNumber": 3, "Append": " °C"}, 21.5, hints.SCALE),
    (b"FFD7", "HEX", "INT16/AB", {"Decimals": 1}, -4.1, hints.SCALE),
    (b"0003E8", "HEX", "INT24/ABC", {"Decimals": 2}, 10.0, hints.SCALE),
    (b"04D2", "HEX", "UINT16/AB", {"Prepend": "€", "WholeNumber": 2, "Decimals": 2}, 12.34, hints.SCALE),
    (b"0215", "ASCII", "DEC", {"Decimals": 1}, 21.5, hints.DEC),
    (b" -21.55\r\n", "ASCII", "DEC", {"Decimals": 1}, -21.6, hints.DEC),
    (b"+5.", "ASCII", "DEC", {"Decimals": 3}, 5.0, hints.DEC), (b".5", "ASCII", "DEC", {}, 0.0, hints.ROUNDING),
    (b"1.5", "ASCII", "DEC", {}, 2.0, hints.ROUNDING), (b"2.5", "ASCII", "DEC", {}, 2.0, hints.ROUNDING),
    (b"2.675", "ASCII", "DEC", {"Decimals": 2}, 2.67, hints.ROUNDING),
    (b"4D68", "HEX", "FLOAT16/AB", {"Decimals": 2}, 21.62, hints.ROUNDING),
    (b"40200000", "HEX", "FLOAT32", {}, 2.0, hints.ROUNDING),
    (b"BD23D70A", "HEX", "FLOAT32/ABCD", {"Decimals": 1}, 0.0, hints.ROUNDING),
    (b"03E7", "HEX", "UINT16", {"WholeNumber": 2, "Decimals": 1}, 99.9, hints.LIMIT),
    (b"FC19", "HEX", "INT16", {"WholeNumber": 2, "Decimals": 1}, -99.9, hints.LIMIT),
]
WORDS: list[Case] = [
    (b"|\xc6\xb6\x7fH\xed", "BINARY", "HEXSTR", {"Length": 6}, "7cc6b67f48ed", hints.TEXTS),
    (b"ab\0c\0\0", "BINARY", "STRING", {}, "ab\0c", hints.TEXTS),
    (b"v1.2\0\0\0\0", "BINARY", "STRING", {"Length": 8, "Prepend": "firmware ", "Append": "!"}, "firmware v1.2!",
     hints.TEXTS),
    ("Küche".encode(), "BINARY", "STRING", {}, "Küche", hints.TEXTS),
    (b"0A0B", "HEX", "HEXSTR/LE", {"Prepend": "0x"}, "0x0b0a", hints.TEXTS),
    (b"\x02\x01", "BINARY", "HEXSTR/BA", {}, "0102", hints.ORDER),
]
FAULTS: list[tuple[bytes, str, str, Row, str, Hint]] = [
    (b"00D7", "HEX", "UINT16", {"Decimals": 10}, "BAD_DECIMALS", hints.FAULT_CODE),
    (b"00D7", "HEX", "UINT16", {"Offset": -1}, "BAD_OFFSET", hints.FAULT_CODE),
    (b"", "HEX", "UINT16", {}, "EMPTY_PAYLOAD", hints.FAULT_CODE),
    (b"<a/>", "XML", "UINT8", {}, "UNKNOWN_FORMAT", hints.FAULT_CODE),
    (b"0D7", "HEX", "UINT16", {}, "BAD_HEX", hints.FAULT_CODE),
    (b"A2cB*A==", "BASE64", "UINT8", {}, "BAD_BASE64", hints.FAULT_CODE),
    (b"A2c", "BASE64", "UINT8", {}, "BAD_BASE64", hints.FAULT_CODE),
    (b"A2cB====", "BASE64", "UINT8", {}, "BAD_BASE64", hints.FAULT_CODE),
    (b"00D7", "HEX", "INT12/AB", {}, "UNKNOWN_ENCODING", hints.FAULT_CODE),
    (b"0000D7", "HEX", "INT16/AB", {"Length": 3}, "LENGTH_MISMATCH", hints.FAULT_CODE),
    (b"00D7", "HEX", "UINT16/BADC", {}, "BAD_ORDER", hints.FAULT_CODE),
    (b"\x01\x02\x03", "BINARY", "BCD/AB", {}, "BAD_ORDER", hints.FAULT_CODE),
    (b"00D7", "HEX", "UINT16/AB", {"Offset": 1}, "OUT_OF_RANGE", hints.FIELD),
    (b"00D7", "HEX", "HEXSTR", {"Offset": 2}, "OUT_OF_RANGE", hints.FIELD),
    (b"1A", "HEX", "BCD", {"Length": 1}, "BAD_BCD", hints.DIGITS),
    (b"\x08", "BINARY", "BIT8", {"Length": 1}, "BAD_BIT_RANGE", hints.BITS),
    (b"\x08", "BINARY", "BITS5-2", {"Length": 1}, "BAD_BIT_RANGE", hints.BITS),
    (b"N/A", "ASCII", "DEC", {}, "BAD_TEXT", hints.DEC), (b"1e5", "ASCII", "DEC", {}, "BAD_TEXT", hints.DEC),
    (b"nan", "ASCII", "DEC", {}, "BAD_TEXT", hints.DEC), (b"1_0", "ASCII", "DEC", {}, "BAD_TEXT", hints.DEC),
    (b"\xff\xfe", "BINARY", "STRING", {}, "BAD_TEXT", hints.FAULT_CODE),
    ("Küche".encode(), "ASCII", "STRING", {}, "BAD_TEXT", hints.FAULT_CODE),
    (b"7F800000", "HEX", "FLOAT32", {}, "NOT_FINITE", hints.FAULT_CODE),
    (b"7FC00000", "HEX", "FLOAT32", {}, "NOT_FINITE", hints.FAULT_CODE),
    (b"03E8", "HEX", "UINT16", {"WholeNumber": 2, "Decimals": 1}, "WHOLE_NUMBER_OVERFLOW", hints.LIMIT),
    (b"FC18", "HEX", "INT16", {"WholeNumber": 2, "Decimals": 1}, "WHOLE_NUMBER_OVERFLOW", hints.LIMIT),
    (b"99.96", "ASCII", "DEC", {"WholeNumber": 2, "Decimals": 1}, "WHOLE_NUMBER_OVERFLOW", hints.LIMIT_ROUNDED),
    (b"9" * 310, "ASCII", "DEC", {}, "NOT_FINITE", hints.FAULT_CODE),
    (b"\x99" * 160, "BINARY", "BCD", {}, "NOT_FINITE", hints.FAULT_CODE),
]
TWO_FAULTS: list[tuple[bytes, str, str, Row, str]] = [
    (b"", "XML", "UINT16", {"Decimals": -1, "Offset": -1}, "BAD_DECIMALS"),
    (b"", "XML", "INT12", {"Offset": -1}, "BAD_OFFSET"), (b"", "XML", "INT12", {}, "EMPTY_PAYLOAD"),
    (b"", "HEX", "INT12", {}, "EMPTY_PAYLOAD"), (b"xyz", "XML", "INT12", {}, "UNKNOWN_FORMAT"),
    (b"xyz", "HEX", "INT12", {}, "BAD_HEX"), (b"xyz", "BASE64", "UINT16/BADC", {}, "BAD_BASE64"),
    (b"xyz", "HEX", "UINT16", {"Length": 3}, "BAD_HEX"),
    (b"01", "HEX", "INT12/XY", {"Length": 7}, "UNKNOWN_ENCODING"),
    (b"01", "HEX", "UINT16/XY", {"Length": 7}, "LENGTH_MISMATCH"), (b"01", "HEX", "UINT16/XY", {}, "BAD_ORDER"),
    (b"1A", "HEX", "BCD", {"Length": 2}, "OUT_OF_RANGE"), (b"FF", "HEX", "BCD", {"WholeNumber": 1}, "BAD_BCD"),
]
ORDERS = {1: [""], 2: ["", "AB", "BA", "BE", "LE"], 3: ["", "ABC", "CBA", "LE"],
          4: ["", "ABCD", "CDAB", "BADC", "DCBA", "LE"],
          8: ["", "ABCDEFGH", "HGFEDCBA", "GHEFCDAB", "BADCFEHG", "LE"]}


@exercise("08.4", points=5, title="Decode a payload", limit=5,
          functions=("decode(payload: bytes, point: DataPoint) -> float | str",))
def decode(student: Student, world: World) -> None:
    """Every column of the table, and every code."""
    with criterion("the format is undone, and the field is cut out", points=1):
        for case in FORMATS:
            gives(student, *case)
        for _ in range(10):
            gives(student, *wrapped(world.random))
    with criterion("numbers of every type, in every order of their bytes", points=1):
        for case in NUMBERS:
            gives(student, *case)
        for _ in range(25):
            gives(student, *whole_number(world.random, decimals=0))
        for _ in range(10):
            gives(student, *real_number(world.random))
    with criterion("the decimal point, rounding, and the most whole digits", points=1):
        for case in SCALED:
            gives(student, *case)
        for _ in range(10):
            gives(student, *whole_number(world.random, decimals=world.random.randint(1, 6)))
    with criterion("texts, with what stands before and behind them", points=1):
        for case in WORDS:
            gives(student, *case)
        for _ in range(5):
            gives(student, *text(world.random))
    with criterion("what cannot be decoded is named, the first fault first", points=1):
        gives(student, *SCALED[0])  # who refuses everything has told nothing apart
        for payload, form, encoding, row, code, hint in FAULTS:
            fails(student, payload, form, encoding, row, code, hint)
        for payload, form, encoding, row, code in TWO_FAULTS:
            fails(student, payload, form, encoding, row, code, hints.FIRST_FAULT)


def _decode(student: Student, payload: bytes, form: str, encoding: str, row: Row) -> Outcome:
    point = student.call("DataPoint", DataFormat=form, DataEncoding=encoding, **row)
    columns = "".join(f", {name}={show(value)}" for name, value in row.items())
    shown = f"decode({show(payload)}, DataPoint({show(form)}, {show(encoding)}{columns}))"
    return student.ask("call", "decode", None, "decode", (payload, point), {}, None, shown)


def gives(
    student: Student, payload: bytes, form: str, encoding: str, row: Row, expected: float | str, hint: Hint,
) -> None:
    """A payload has a value: a float, or a text."""
    step = 10.0 ** -row.get("Decimals", 0)
    outcome = _decode(student, payload, form, encoding, row).gives(
        expected, hint=lambda found: _hint(found, expected, step, hint))
    if isinstance(expected, float) and negative_zero(outcome.value):
        outcome.satisfies(lambda _: False, f"{expected!r}", hint=hints.ZERO)
    if isinstance(expected, float) and type(outcome.value) is bool:
        outcome.satisfies(lambda _: False, f"{expected!r}", hint=hint)


def negative_zero(value: Any) -> bool:
    """Whether it is -0.0, which equals 0.0."""
    return isinstance(value, float) and value == 0 and str(value) == "-0.0"


def _hint(found: Any, expected: float | str, step: float, hint: Hint) -> Hint:
    """What is wrong, whatever the type: a number has become a text, or is nearly right."""
    if isinstance(found, float) and isinstance(expected, float) and hint in {hints.FLOATS, hints.DEC}:
        return hints.ROUNDING if abs(found - expected) < 1.01 * step else hint
    return hints.TEXTS if isinstance(found, str) and hint not in {hints.TEXTS, hints.FIELD, hints.ORDER} else hint


def fails(student: Student, payload: bytes, form: str, encoding: str, row: Row, code: str, hint: Hint) -> None:
    """A payload, or its row, is refused with a code."""
    outcome = _decode(student, payload, form, encoding, row)

    def recognised(found: Any) -> Hint:
        own = isinstance(found, CallError) and found.type == "DecodeError"
        return hint if own or hint is not hints.FIRST_FAULT else hints.FAULT_CODE

    decode_error(outcome, code, recognised)


# Values that are encoded here


def on_the_wire(field: bytes, order: str) -> bytes:
    """Put the bytes of a big-endian number in the order in which they are sent."""
    if order in {"", "BE"}:
        return field
    return field[::-1] if order == "LE" else bytes(field["ABCDEFGH".index(letter)] for letter in order)


def published(pick: random.Random, field: bytes, form: str) -> tuple[bytes, int]:
    """Put a field among other bytes, in a format; return the payload and the field's offset."""
    before, behind = pick.randbytes(pick.randint(0, 4)), pick.randbytes(pick.randint(0, 3))
    data = before + field + behind
    if form == "HEX":
        digits = data.hex(pick.choice(":- ")) if pick.random() < 0.5 else data.hex()
        return (pick.choice(["", "0x"]) + pick.choice([digits, digits.upper()])).encode(), len(before)
    return base64.b64encode(data) if form == "BASE64" else data, len(before)


def wrapped(pick: random.Random) -> Case:
    """A number in a random format at a random place."""
    form, number = pick.choice(["HEX", "BINARY", "BASE64"]), pick.randint(0, 0xFFFF)
    payload, offset = published(pick, number.to_bytes(2, "big"), form)
    row = {"Offset": offset, "Length": pick.choice([0, 2])}
    return payload, form, "UINT16", row, float(number), hints.FIELD


def whole_number(pick: random.Random, *, decimals: int) -> Case:
    """A whole number of a random type and order, with an implied decimal point."""
    width = pick.choice([1, 2, 3, 4, 8])
    signed, order = pick.random() < 0.5, pick.choice(ORDERS[width])
    bits = min(8 * width, 53)  # beyond that a double loses digits
    number = pick.randint(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else pick.randint(0, 2**bits - 1)
    form = pick.choice(["HEX", "BINARY", "BASE64"])
    payload, offset = published(pick, on_the_wire(number.to_bytes(width, "big", signed=signed), order), form)
    encoding = f"{'INT' if signed else 'UINT'}{8 * width}" + (f"/{order}" if order else "")
    hint = hints.SCALE if decimals else hints.SIGN if order in {"", "BE", "AB", "ABC", "ABCD"} else hints.ORDER
    return payload, form, encoding, {"Offset": offset, "Decimals": decimals}, number / 10**decimals, hint


def real_number(pick: random.Random) -> Case:
    """A float of a random width and order."""
    width, letter = pick.choice([(2, "e"), (4, "f"), (8, "d")])
    order, decimals = pick.choice(ORDERS[width]), pick.randint(0, 3)
    field = struct.pack(f">{letter}", pick.uniform(-500, 500))
    value = round(struct.unpack(f">{letter}", field)[0], decimals)
    payload, offset = published(pick, on_the_wire(field, order), "BINARY")
    encoding = f"FLOAT{8 * width}" + (f"/{order}" if order else "")
    return payload, "BINARY", encoding, {"Offset": offset, "Decimals": decimals}, value or 0.0, hints.FLOATS


def text(pick: random.Random) -> Case:
    """A text among other bytes."""
    word = "".join(pick.choice("abc XYZ 019 äß°") for _ in range(pick.randint(1, 8))) + "x"
    field = word.encode() + bytes(pick.randint(0, 3))
    payload, offset = published(pick, field, "BINARY")
    before, behind = pick.choice(["", "no. ", "€"]), pick.choice(["", " m³", "!"])
    row = {"Offset": offset, "Length": len(field), "Prepend": before, "Append": behind}
    return payload, "BINARY", "STRING", row, f"{before}{word}{behind}", hints.TEXTS

