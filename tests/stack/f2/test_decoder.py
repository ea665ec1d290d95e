"""The decoder against the vectors, against a second decoder, and in the order of its checks."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.parts.f2 import DataPoint, DecodeError, check_point, decode, display
from tests.stack.f2 import second_decoder

VECTORS = json.loads(Path("tests/fixtures/f2/vectors.json").read_text(encoding="utf-8"))["vectors"]
ORDERS = ["", "/BE", "/LE", "/AB", "/BA", "/ABC", "/CBA", "/ABCD", "/CDAB", "/BADC", "/DCBA",
          "/ABCDEFGH", "/HGFEDCBA", "/GHEFCDAB", "/BADCFEHG"]
TYPES = ["UINT8", "INT8", "UINT16", "INT16", "SMINT16", "UINT24", "INT24", "UINT32", "INT32", "UINT64", "INT64",
         "FLOAT16", "FLOAT32", "FLOAT64", "BCD", "BIT0", "BIT11", "BITS0-9", "BITS4-7", "BITS7-4", "STRING", "HEXSTR",
         "DEC"]


def point(encoding: str, form: str = "BINARY", **others: Any) -> DataPoint:
    return DataPoint(form, encoding, **others)


def code(payload: bytes, row: DataPoint) -> str:
    with pytest.raises(DecodeError) as caught:
        decode(payload, row)
    return caught.value.code


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_a_vector_is_decoded_as_written_by_hand(vector):
    row, payload = DataPoint(**vector["point"]), bytes.fromhex(vector["payload_hex"])
    if "error" in vector["expect"]:
        assert code(payload, row) == vector["expect"]["error"]
    else:
        value = decode(payload, row)
        assert {"value": value, "text": display(value, row)} == vector["expect"]
        assert isinstance(value, type(vector["expect"]["value"]))


# From the first check to the last: each payload and row has all faults from its own one on.
IN_ORDER = [
    ("BAD_DECIMALS", b"", point("X", "XML", Offset=-1, Length=9, Decimals=10)),
    ("BAD_DECIMALS", b"", point("X", "XML", Offset=-1, Length=9, Decimals=-1)),
    ("BAD_OFFSET", b"", point("X", "XML", Offset=-1, Length=9)),
    ("EMPTY_PAYLOAD", b"", point("X", "XML", Offset=9, Length=9)),
    ("UNKNOWN_FORMAT", b"x", point("X", "XML", Offset=9, Length=9)),
    ("UNKNOWN_FORMAT", b"x", point("UINT8", "hex")),
    ("BAD_HEX", b"x", point("X", "HEX", Offset=9, Length=9)),
    ("BAD_BASE64", b"x", point("X", "BASE64", Offset=9, Length=9)),
    ("UNKNOWN_ENCODING", b"x", point("X/XX", Offset=9, Length=9)),
    ("LENGTH_MISMATCH", b"x", point("UINT16/XX", Offset=9, Length=9)),
    ("LENGTH_MISMATCH", b"x", point("BCD/XX", Offset=9, Length=-1)),
    ("BAD_ORDER", b"x", point("UINT16/ABCD", Offset=9)),
    ("OUT_OF_RANGE", b"x", point("UINT16/BA", Offset=1)),
    ("OUT_OF_RANGE", b"x", point("STRING", Offset=1)),
    ("BAD_BCD", b"\x1a", point("BCD")),
    ("BAD_BIT_RANGE", b"\xff", point("BIT8", WholeNumber=1)),
    ("BAD_TEXT", b"nan", point("DEC", "ASCII")),
    ("NOT_FINITE", b"\x7c\x00", point("FLOAT16", WholeNumber=1)),
    ("NOT_FINITE", b"9" * 400, point("DEC", "ASCII", WholeNumber=1)),
    ("NOT_FINITE", b"9" * 400 + b".0", point("DEC", "ASCII", WholeNumber=1)),
    ("NOT_FINITE", b"\x99" * 3000, point("BCD", WholeNumber=1)),
    ("WHOLE_NUMBER_OVERFLOW", b"10", point("DEC", "ASCII", WholeNumber=1)),
]


@pytest.mark.parametrize(("expected", "payload", "row"), IN_ORDER, ids=lambda value: str(value)[:60])
def test_the_first_error_that_applies_is_raised(expected, payload, row):
    assert code(payload, row) == expected


@pytest.mark.parametrize("row", [
    point("UINT8", Decimals=10), point("UINT8", Offset=-1), point("UINT8", "XML"), point("INT12"), point("BIT"),
    point("BITS3"),
    point("UINT16", Length=3), point("UINT16/ABC"), point("UINT16/"), point("UINT8/AB"), point("BCD/ABC", Length=2),
    point("UINT16/AB "), point("uint16"), point(" UINT16"), point("UINT16/be"), point("BIT٣"),
])
def test_a_row_that_is_wrong_is_found_before_any_payload_is_seen(row):
    with pytest.raises(DecodeError):
        check_point(row)


@pytest.mark.parametrize(("payload", "row", "expected"), [
    (b"\x80\x05", point("SMINT16"), -5.0),
    (b"\x80\x00", point("SMINT16"), 0.0),
    (b"\x01\x23\x45", point("UINT24/CBA"), float(0x452301)),
    (b"\x02\x01\x04\x03\x06\x05\x08\x07", point("UINT64/BADCFEHG"), float(0x0102030405060708)),
    (b"\x07\x08\x05\x06\x03\x04\x01\x02", point("UINT64/GHEFCDAB"), float(0x0102030405060708)),
    (b"\xff" * 8, point("UINT64", WholeNumber=18), "WHOLE_NUMBER_OVERFLOW"),
    ((10**18 - 1).to_bytes(8, "big"), point("UINT64", WholeNumber=18), 1e18),
    (b"\x34\x12", point("BCD/LE", Decimals=2), 12.34),
    (b"AAAA=", point("UINT8", "BASE64"), "BAD_BASE64"),
    (b"AAAA====", point("UINT8", "BASE64"), "BAD_BASE64"),
    (b"AAA", point("UINT8", "BASE64"), "BAD_BASE64"),
    (b"AAAA\n", point("UINT8", "BASE64"), "BAD_BASE64"),
    (b"__8=", point("UINT8", "BASE64"), "BAD_BASE64"),
    (b" 0X0a-0B:0c\r\n", point("UINT24", "HEX"), float(0x0A0B0C)),
    (b"0a\t0b", point("UINT8", "HEX"), "BAD_HEX"),
    (b"0a0b\xc3\xa9", point("UINT8", "HEX"), "BAD_HEX"),
    (b"  ", point("UINT8", "HEX"), "OUT_OF_RANGE"),
    (b"-0.04", point("DEC", "ASCII", Decimals=1), 0.0),
    (b"0.125", point("DEC", "ASCII", Decimals=2), 0.12),
    (b"+21.5 C", point("DEC", "ASCII", Length=5, Decimals=1), 21.5),
    (b"99.96", point("DEC", "ASCII", WholeNumber=2, Decimals=1), "WHOLE_NUMBER_OVERFLOW"),
    (b"1e3", point("DEC", "ASCII"), "BAD_TEXT"),
    (b"1_0", point("DEC", "ASCII"), "BAD_TEXT"),
    (b"\xd9\xa1", point("DEC", "ASCII"), "BAD_TEXT"),
    (b".", point("DEC", "ASCII"), "BAD_TEXT"),
    (b"F2\x00\x00", point("STRING", Prepend="<", Append=">"), "<F2>"),
    ("21 °C".encode(), point("STRING"), "21 °C"),
    ("21 °C".encode(), point("STRING", "ASCII"), "BAD_TEXT"),
    (b"\xff", point("STRING"), "BAD_TEXT"),
    (b"\x01\x02", point("HEXSTR/LE", Prepend="0x"), "0x0201"),
    (b"\x01\x02\x03", point("BITS0-9/BA"), "BAD_ORDER"),
])
def test_a_corner_of_the_specification(payload, row, expected):
    if isinstance(expected, str) and expected.isupper() and "_" in expected:
        assert code(payload, row) == expected
    else:
        value = decode(payload, row)
        assert value == expected
        assert str(value) == str(expected), "the sign of zero counts"


def test_zero_has_no_sign():
    minus_zero = b"\x80\x00\x00\x00"
    for encoding, payload in [("FLOAT32", minus_zero), ("DEC", b"-0"), ("DEC", b"-0.0"), ("SMINT16", minus_zero)]:
        assert math.copysign(1, decode(payload, point(encoding))) == 1


@pytest.mark.parametrize("row", [
    DataPoint("BINARY", "UINT8", Append=" °C"), DataPoint("BINARY", "UINT8", Append="\t% "),
    DataPoint("BINARY", "UINT8"),
])
def test_the_unit_is_what_stands_behind_the_value(row):
    assert row.unit == row.Append.strip()


def formatted(data: bytes, form: str) -> bytes:
    if form == "HEX":
        return data.hex(":").encode()
    return base64.b64encode(data) if form == "BASE64" else data


rows = st.fixed_dictionaries({
    "DataFormat": st.sampled_from(["BINARY", "HEX", "BASE64", "ASCII"]),
    "DataEncoding": st.builds(str.__add__, st.sampled_from(TYPES), st.sampled_from(ORDERS)),
    "Offset": st.integers(0, 4), "Length": st.sampled_from([0, 0, 0, 1, 2, 3, 4, 8]), "Prepend": st.just("<"),
    "Append": st.just(">"), "WholeNumber": st.integers(0, 18), "Decimals": st.integers(0, 9),
})
fields = st.one_of(
    st.binary(min_size=1, max_size=12),
    st.from_regex(rb"[-+ ]?[0-9]{0,8}\.?[0-9]{0,6}", fullmatch=True).filter(bool),
    st.integers(0, 10**12).map(lambda number: bytes.fromhex(f"{number:014d}")),
)


def both(payload: bytes, row: dict[str, Any]) -> tuple[object, object]:
    answers: list[object] = []
    for decoder, wrong in ((lambda: decode(payload, DataPoint(**row)), DecodeError),
                           (lambda: second_decoder.decode(payload, row), second_decoder.BadError)):
        try:
            answers.append(decoder())
        except wrong as error:
            answers.append(getattr(error, "code", str(error)))
    return answers[0], answers[1]


@given(fields, rows)
def test_two_decoders_agree_on_fields_that_are_there(data, row):
    first, second = both(formatted(data, row["DataFormat"]), row)
    assert first == second


@given(st.binary(max_size=12), rows | st.fixed_dictionaries({
    "DataFormat": st.sampled_from(["HEX", "BASE64", "XML"]), "DataEncoding": st.text("UINT16/ABCDEHLS-0", max_size=9),
    "Offset": st.integers(-1, 3), "Length": st.integers(-1, 9), "Prepend": st.just(""), "Append": st.just(""),
    "WholeNumber": st.integers(0, 3), "Decimals": st.integers(-1, 10)}))
def test_two_decoders_agree_on_anything(payload, row):
    first, second = both(payload, row)
    assert first == second


@given(st.one_of(st.text("0123456789abcdefABCDEFxX :-\n", max_size=10), st.text("AB+/=-_", max_size=9)), rows)
def test_two_decoders_agree_on_text_that_is_nearly_right(text, row):
    first, second = both(text.encode(), row)
    assert first == second
