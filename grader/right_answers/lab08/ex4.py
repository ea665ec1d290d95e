# Right answers to exercise 8.4 that differ from the reference.

# %% id=step-by-step
def decode(payload: bytes, point: DataPoint) -> float | str:
    """Read one value out of a payload, one step after the other."""
    fault = fault_of(point)
    if fault and fault.code in ("BAD_DECIMALS", "BAD_OFFSET"):
        raise fault
    if not payload:
        raise DecodeError("EMPTY_PAYLOAD")
    data = undone(payload, point.DataFormat)
    if fault:
        raise fault
    kind, _, order = point.DataEncoding.partition("/")
    wanted = point.Length or WIDTHS.get(kind, 0)
    field = data[point.Offset : point.Offset + wanted] if wanted else data[point.Offset :]
    if order not in ("", "BE", "LE") and not wanted and len(field) != len(order):
        raise DecodeError("BAD_ORDER", order)
    if len(field) < max(1, wanted):
        raise DecodeError("OUT_OF_RANGE", f"{len(data)} bytes")
    if order == "LE":
        field = bytes(reversed(field))
    elif order not in ("", "BE"):
        field = bytes(field[order.index(letter)] for letter in sorted(order))
    if kind in ("STRING", "HEXSTR"):
        return point.Prepend + text_of(field, kind, point.DataFormat) + point.Append
    return number_of(field, kind, point)


def fault_of(point: DataPoint) -> DecodeError | None:
    try:
        check_point(point)
    except DecodeError as error:
        return error
    return None


def undone(payload: bytes, form: str) -> bytes:
    if form == "HEX":
        return from_hex(payload)
    if form != "BASE64":
        return payload
    try:
        data = base64.b64decode(payload, validate=True)
    except binascii.Error as error:
        raise DecodeError("BAD_BASE64", str(error)) from None
    if base64.b64encode(data)[-4:].count(b"=") != payload.count(b"=") or len(payload) % 4:
        raise DecodeError("BAD_BASE64", "padding")
    return data


def text_of(field: bytes, kind: str, form: str) -> str:
    if kind == "HEXSTR":
        return field.hex()
    while field[-1:] == b"\0":
        field = field[:-1]
    try:
        return str(field, "ascii" if form == "ASCII" else "utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError("BAD_TEXT", str(error)) from None


def number_of(field: bytes, kind: str, point: DataPoint) -> float:
    unsigned = int.from_bytes(field, "big")
    if kind.startswith("FLOAT"):
        return real(struct.unpack({2: ">e", 4: ">f", 8: ">d"}[len(field)], field)[0], point)
    if kind == "DEC":
        text = field.strip(b" \t\r\n").decode("latin-1")
        if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text):
            raise DecodeError("BAD_TEXT", text)
        return real(float(text), point) if "." in text else fixed(whole(text), point)
    if kind == "BCD":
        if any(half > 9 for byte in field for half in divmod(byte, 16)):
            raise DecodeError("BAD_BCD", field.hex())
        return fixed(whole(field.hex()), point)
    if kind.startswith("BIT"):
        low, high = (re.findall("[0-9]+", kind) * 2)[:2] if kind[3] != "S" else re.findall("[0-9]+", kind)
        low, high = int(low), int(high)
        if high < low or high >= 8 * len(field):
            raise DecodeError("BAD_BIT_RANGE", kind)
        return fixed((unsigned >> low) % 2 ** (high - low + 1), point)
    if kind == "SMINT16":
        return fixed(unsigned if unsigned < 0x8000 else 0x8000 - unsigned, point)
    top = 1 << 8 * len(field)
    return fixed(unsigned - top if kind[0] == "I" and unsigned >= top // 2 else unsigned, point)


def fixed(raw: int, point: DataPoint) -> float:
    try:
        value = raw / 10**point.Decimals
    except OverflowError:
        raise DecodeError("NOT_FINITE") from None
    if point.WholeNumber > 0 and abs(raw) // 10**point.Decimals >= 10**point.WholeNumber:
        raise DecodeError("WHOLE_NUMBER_OVERFLOW", str(value))
    return value


def real(number: float, point: DataPoint) -> float:
    if math.isnan(number) or math.isinf(number):
        raise DecodeError("NOT_FINITE", str(number))
    value = round(number, point.Decimals) or 0.0
    if point.WholeNumber > 0 and abs(value) >= 10**point.WholeNumber:
        raise DecodeError("WHOLE_NUMBER_OVERFLOW", str(value))
    return value

# %% id=numbers-by-struct
def from_base64(payload: bytes) -> bytes:
    """Undo base64 with padding. DecodeError: BAD_BASE64."""
    if not BASE64.fullmatch(payload):  # Python's own check lets superfluous padding through
        raise DecodeError("BAD_BASE64", "the payload is not base64 with padding, RFC 4648")
    return base64.b64decode(payload)


def arranger(order: str) -> Callable[[bytes], bytes]:
    """Make the function that brings a field into big-endian order.

    It raises DecodeError, BAD_ORDER, for a field with not as many bytes as the order has letters.
    """
    if order in ("", "BE"):
        return bytes
    if order == "LE":
        return itemgetter(slice(None, None, -1))
    places = [order.index(letter) for letter in sorted(order)]

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(field[place] for place in places)

    return arrange


def sign_and_magnitude(field: bytes) -> int:
    """SMINT16: the highest bit is the sign, the others are the amount."""
    raw = int.from_bytes(field, "big")
    return -(raw & 0x7FFF) if raw & 0x8000 else raw


def bcd(field: bytes) -> int:
    """BCD: two decimal digits a byte. DecodeError: BAD_BCD."""
    digits = field.hex()
    if not digits.isdecimal():
        raise DecodeError("BAD_BCD", f"{digits} has a digit above 9")
    return whole(digits)


def bits(field: bytes, low: int, high: int) -> int:
    """Read bits `low` to `high` of an unsigned number; bit 0 is the lowest.

    DecodeError: BAD_BIT_RANGE.
    """
    if not low <= high < 8 * len(field):
        raise DecodeError("BAD_BIT_RANGE", f"{len(field)} bytes have no bit {max(low, high)}")
    return int.from_bytes(field, "big") >> low & (1 << high - low + 1) - 1


def scaled(raw: int, point: DataPoint) -> float:
    """Set the implied decimal point. DecodeError: NOT_FINITE, WHOLE_NUMBER_OVERFLOW."""
    try:
        value = raw / point.divisor
    except OverflowError:
        raise DecodeError("NOT_FINITE", "the number is too large for a double") from None
    if point.raw_limit and not -point.raw_limit < raw < point.raw_limit:
        raise DecodeError("WHOLE_NUMBER_OVERFLOW", f"{value}: over {point.WholeNumber} whole digits")
    return value


def rounded(number: float, point: DataPoint) -> float:
    """Round to the decimals; -0.0 is 0.0. DecodeError: NOT_FINITE, WHOLE_NUMBER_OVERFLOW."""
    if not math.isfinite(number):
        raise DecodeError("NOT_FINITE", f"the value is {number}")
    value = round(number, point.Decimals) + 0.0  # -0.0 + 0.0 is 0.0
    if point.limit and not -point.limit < value < point.limit:
        raise DecodeError("WHOLE_NUMBER_OVERFLOW", f"{value}: over {point.WholeNumber} whole digits")
    return value


def decode(payload: bytes, point: DataPoint) -> float | str:
    """Read one value out of a payload.

    Returns:
        The number; for STRING and HEXSTR the text with Prepend and Append.

    Raises:
        DecodeError: with the first code that applies, in the order of the table.
    """
    return point.decoder(payload)


def make_decoder(point: DataPoint) -> Callable[[bytes], float | str]:
    """Read a row once, and make the function that decodes its payloads."""
    formats = {"BINARY": bytes, "HEX": from_hex, "BASE64": from_base64, "ASCII": bytes}
    undo = formats.get(point.DataFormat)
    try:
        check_point(point)
    except DecodeError as fault:
        return refuser(fault, undo)
    name, _, order = point.DataEncoding.partition("/")
    offset, length = point.Offset, point.Length or WIDTHS.get(name, 0)
    end = offset + length if length else None
    arrange, read = arranger(order), reader(name, point)

    def decoder(payload):
        if not payload:
            raise DecodeError("EMPTY_PAYLOAD", "the payload has no bytes")
        data = undo(payload)
        field = data[offset:end]
        if len(field) < length:
            raise DecodeError("OUT_OF_RANGE", f"needs bytes {offset} to {end - 1} of {len(data)}")
        field = arrange(field)
        if not field:
            raise DecodeError("OUT_OF_RANGE", f"needs bytes from {offset} on, of {len(data)}")
        return read(field)

    return decoder


def refuser(fault: DecodeError, undo: Callable | None) -> Callable[[bytes], float | str]:
    """The decoder of a row that is wrong. What stands before the row's fault is told first."""

    def decoder(payload):
        if fault.code not in ("BAD_DECIMALS", "BAD_OFFSET"):
            if not payload:
                raise DecodeError("EMPTY_PAYLOAD", "the payload has no bytes")
            if undo:
                undo(payload)
        raise DecodeError(fault.code, fault.reason)

    return decoder


def reader(name: str, point: DataPoint) -> Callable[[bytes], float | str]:
    """The function that reads a field in big-endian order."""
    if name == "HEXSTR":
        return lambda field: f"{point.Prepend}{field.hex()}{point.Append}"
    if name in ("STRING", "DEC"):
        read = string if name == "STRING" else decimal
        return lambda field: read(field, point)
    if name.startswith("FLOAT"):
        unpack = struct.Struct({"FLOAT16": ">e", "FLOAT32": ">f", "FLOAT64": ">d"}[name]).unpack
        return lambda field: rounded(unpack(field)[0], point)
    if name.startswith("BIT"):
        bounds = [int(number) for number in re.findall("[0-9]+", name)]
        return lambda field: scaled(bits(field, bounds[0], bounds[-1]), point)
    if name in ("BCD", "SMINT16"):
        number = bcd if name == "BCD" else sign_and_magnitude
        return lambda field: scaled(number(field), point)
    width, signed = WIDTHS[name], name.startswith("INT")
    if width == 3:
        return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)
    letter = {1: "b", 2: "h", 4: "i", 8: "q"}[width]
    whole_number = struct.Struct(">" + (letter if signed else letter.upper()))
    return lambda field: scaled(whole_number.unpack(field)[0], point)


def string(field: bytes, point: DataPoint) -> str:
    """STRING: characters, without NULs at the end."""
    charset = "ascii" if point.DataFormat == "ASCII" else "utf-8"
    try:
        return f"{point.Prepend}{field.rstrip(bytes(1)).decode(charset)}{point.Append}"
    except UnicodeDecodeError as error:
        raise DecodeError("BAD_TEXT", f"byte {error.start} is not {charset.upper()}") from None


# Python's float() would take 1_0, 1e5 and nan too.
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")


def decimal(field: bytes, point: DataPoint) -> float:
    """DEC: a number in ASCII; without a point it has an implied one."""
    text = field.decode("latin-1").strip(" \t\r\n")
    if not NUMBER.fullmatch(text):
        raise DecodeError("BAD_TEXT", f"{text!r} is no decimal number")
    return rounded(float(text), point) if "." in text else scaled(whole(text), point)
