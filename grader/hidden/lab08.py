"""Hidden cases of lab 08: the promises of the public ones, with values that nobody has seen."""

from __future__ import annotations

import base64
import math
import random
import re
import string
from decimal import Decimal
from fractions import Fraction
from typing import Any

from labkit.checks import Student, World, criterion, hidden
from labkit.checks import lab08_hints as hints
from labkit.checks.lab08 import contents, random_topic, readable, refused, remembers
from labkit.checks.lab08_connector import Line, acknowledgements, records_of_devices
from labkit.checks.lab08_decode import fails, gives
from labkit.checks.lab08_house import House
from labkit.checks.lab08_processor import Stage, dead_letters, measurements
from labkit.checks.lab08_sink import Store, batch_of, poison, repeats


@hidden("08.1")
def parse_f2_topic(student: Student, world: World) -> None:
    """Random topics, and random faults in them."""
    pick = world.random
    with criterion("a topic becomes an address"):
        for _ in range(40):
            readable(student, *random_topic(pick), hints.CODE)
    with criterion("what is no F2 topic is refused, the first fault first"):
        faults = {
            "BAD_PREFIX": (0, ["stat", "CMND", " cmnd", "", "cmnd\n"]),
            "BAD_MAC": (1, ["f2-", "F2-a1b2c3d4e5f6", "f2-a1b2c3d4e5f6 ", "f2-0x1b2c3d4e5f", "f2-a1b2c3d4e5f٣"]),
            "BAD_MODE": (2, ["A", "a-b", "é", "a b", "", "a\n", "+"]),
            "BAD_CONNECTOR": (3, ["00", "100", "1.0", "-1", " 1", "1_0", "", "१", "0"]),
            "BAD_COMPONENT": (4, ["x", "x-", "-1", "x-1 ", "x-1\n", "x_1", "x-²", "3"]),
        }
        codes = list(faults)
        for _ in range(60):
            levels = random_topic(pick)[0].split("/")
            wrong = sorted(pick.sample(range(len(codes)), pick.randint(1, 2)))
            for each in wrong:
                place, texts = faults[codes[each]]
                levels[place] = pick.choice(texts)
            code = codes[wrong[0]]
            if code != "BAD_PREFIX" and pick.random() < 0.2:
                levels, code = [*levels, "more"] if pick.random() < 0.5 else levels[:-1], "BAD_LEVELS"
            hint = hints.CODE_ORDER if len(wrong) > 1 else hints.WHOLE_TEXT
            refused(student, "/".join(levels), code, hint)


@hidden("08.2")
def connector(student: Student, world: World) -> None:
    """Other payloads, and more of them while Kafka waits."""
    with criterion("a message becomes a record of its controller, byte for byte"):
        odd = tuple(world.random.randbytes(world.random.randint(1, 300)) for _ in range(5))
        records_of_devices(world, Line(student, world), odd)
    with criterion("MQTT is acknowledged only after Kafka has the record"):
        acknowledgements(world, Line(student, world), count=world.random.randint(8, 15))


@hidden("08.3")
def load_parameters(student: Student, world: World) -> None:
    """Other controllers."""
    with criterion("a controller's parameters, by pin; none for an unknown one"):
        contents(student, world)
    with criterion("it asks once, and again after a change"):
        remembers(student, world)


TYPES = ["UINT8", "INT8", "UINT16", "INT16", "SMINT16", "UINT24", "INT24", "UINT32", "INT32", "UINT64", "INT64",
         "FLOAT16", "FLOAT32", "FLOAT64", "BCD", "BIT0", "BIT9", "BITS2-11", "BITS4-7", "STRING", "HEXSTR", "DEC"]
ORDERS = ["", "", "", "/BE", "/LE", "/AB", "/BA", "/ABC", "/CBA", "/ABCD", "/CDAB", "/BADC", "/DCBA", "/GHEFCDAB",
          "/BADCFEHG", "/HGFEDCBA", "/XY"]


def random_case(pick: random.Random) -> tuple[bytes, dict[str, Any]]:
    """A payload and a row; most fit each other, some do not."""
    kind = pick.choice(TYPES)
    width = int(re.sub(r"\D", "", kind) or 0) // 8 if "INT" in kind or "FLOAT" in kind else 0
    fitting = [order for order in ORDERS if not width or len(order) in {0, 3, width + 1}]
    order = pick.choice(fitting if pick.random() < 0.8 else ORDERS)
    row: dict[str, Any] = {"DataFormat": pick.choice(["BINARY", "HEX", "BASE64", "ASCII"] * 8 + ["XML"]),
           "DataEncoding": pick.choice([kind + order] * 20 + ["INT12", "BITS3", "int16"]),
           "Offset": pick.choice([0, 0, 0, 1, 2, 5] * 4 + [-1]), "Length": pick.choice([0, 0, width, width, 1, 2, 4]),
           "Prepend": pick.choice(["", "a "]), "Append": pick.choice(["", " b"]),
           "WholeNumber": pick.choice([0, 0, 0, 2, 3]), "Decimals": pick.choice([0, 1, 2, 3] * 8 + [10])}
    data = pick.randbytes(pick.randint(0, 12))
    if kind == "DEC":
        data = pick.choice([b"21.5", b"-0215 ", b"+7.", b"1e5", b"0.125", b"12.345", b" 99.95"])
    elif kind == "BCD":
        data = bytes.fromhex("".join(pick.choice("0123456789") for _ in range(12)))
    elif kind == "STRING":
        data = "°C ok".encode()[pick.randint(0, 2) :] + bytes(pick.randint(0, 2))
    forms = {"HEX": data.hex(pick.choice(" :-")).encode(), "BASE64": base64.b64encode(data)}
    payload = forms.get(row["DataFormat"], data)
    return payload[: pick.choice([None] * 12 + [-1])], row


@hidden("08.4")
def decode(student: Student, world: World) -> None:
    """Random rows and payloads, against a decoder of their own."""
    titles = {"format": "the format is undone, and the field is cut out",
              "number": "numbers of every type, in every order of their bytes",
              "scaled": "the decimal point, rounding, and the most whole digits",
              "text": "texts, with what stands before and behind them",
              "fault": "what cannot be decoded is named, the first fault first"}
    found: dict[str, list[tuple[bytes, dict[str, Any], float | str]]] = {name: [] for name in titles}
    for _ in range(600):
        payload, row = random_case(world.random)
        try:
            value = decoded(payload, row)
        except BadError as error:
            found["fault"].append((payload, row, str(error)))
            continue
        plain = row["DataFormat"] in {"BINARY", "ASCII"} and not row["Offset"]
        number = "format" if not plain else "scaled" if row["Decimals"] else "number"
        kind = "text" if isinstance(value, str) else number
        found[kind].append((payload, row, value))
    for kind, title in titles.items():
        with criterion(title):
            for payload, row, value in found[kind][:40]:
                rest = {name: each for name, each in row.items() if not name.startswith("Data")}
                own = payload, row["DataFormat"], row["DataEncoding"], rest
                if kind == "fault":
                    fails(student, *own, str(value), hints.FIRST_FAULT)
                else:
                    gives(student, *own, value, _hint(row["DataEncoding"], kind))


def _hint(encoding: str, kind: str) -> Any:
    if kind == "text":
        return hints.TEXTS
    by_type = {"FLOAT": hints.FLOATS, "BCD": hints.DIGITS, "BIT": hints.BITS, "DEC": hints.DEC, "SMINT": hints.SIGN}
    special = next((hint for name, hint in by_type.items() if encoding.startswith(name)), None)
    return special or (hints.SCALE if kind == "scaled" else hints.ORDER if "/" in encoding else hints.SIGN)


@hidden("08.5")
def processor(student: Student, world: World) -> None:
    """Another house."""
    house = House(world.postgres.schema("device_params"), world.random)
    mac = house.controller(written="colons")
    stage = Stage(student, world, house)
    running = stage.start()
    with criterion("each value of a message becomes a measurement"):
        measurements(world, stage, mac, running.succeeds())
    with criterion("what cannot be read becomes a dead letter, and stops nothing"):
        dead_letters(world, stage, mac, running.succeeds())


@hidden("08.6")
def sink(student: Student, world: World) -> None:
    """Other measurements, with poison before the repeats."""
    store = Store(student, world)
    running = store.start()
    with criterion("what cannot be stored becomes a dead letter, and stops no other row"):
        store.send(*batch_of(store, 20))
        poison(world, store, running)
    with criterion("a repeated record is one row, equal components are two"):
        repeats(world, store, running)


# A second decoder: slow, one step after the other, with exact fractions until the last one.

HEX_DIGITS = string.hexdigits


class BadError(Exception):
    """What is wrong first; its text is the code."""


def need(condition: bool, code: str) -> None:
    """What must be so at this step."""
    if not condition:
        raise BadError(code)


def decoded(payload: bytes, row: dict[str, Any]) -> float | str:
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
        return f"{row['Prepend']}{_text(kind, bytes(field), row['DataFormat'])}{row['Append']}"
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
        more = re.match(r"-(\d+)", rest, re.ASCII)
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
