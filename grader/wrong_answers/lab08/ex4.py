# Wrong answers to exercise 8.4: plausible mistakes, each with the hint that it should earn.

# %% id=big-endian-only hint=byte-order
def from_base64(payload: bytes) -> bytes:
    """Undo base64 with padding. DecodeError: BAD_BASE64."""
    if not BASE64.fullmatch(payload):  # Python's own check lets superfluous padding through
        raise DecodeError("BAD_BASE64", "the payload is not base64 with padding, RFC 4648")
    return base64.b64decode(payload)


def arranger(order: str) -> Callable[[bytes], bytes]:
    """Make the function that brings a field into big-endian order.

    It raises DecodeError, BAD_ORDER, for a field with not as many bytes as the order has letters.
    """
    if order in ("", "BE", "LE"):
        return bytes
    pick = itemgetter(*range(len(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=letters-the-other-way hint=byte-order
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
    pick = itemgetter(*("ABCDEFGH".index(letter) for letter in reversed(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=swapped-means-reversed hint=byte-order
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
    pick = itemgetter(*(range(len(order)) if order[0] == "A" else reversed(range(len(order)))))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=sign-lost hint=sign
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = False
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=always-signed hint=sign
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = True
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=sign-and-magnitude-as-complement hint=sign
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

    return arrange


def sign_and_magnitude(field: bytes) -> int:
    """SMINT16: the highest bit is the sign, the others are the amount."""
    raw = int.from_bytes(field, "big")
    return raw - 0x10000 if raw & 0x8000 else raw


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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=ties-rounded-up hint=ties-to-even
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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


from decimal import ROUND_HALF_UP, Decimal


def rounded(number: float, point: DataPoint) -> float:
    """Round to the decimals; -0.0 is 0.0. DecodeError: NOT_FINITE, WHOLE_NUMBER_OVERFLOW."""
    if not math.isfinite(number):
        raise DecodeError("NOT_FINITE", f"the value is {number}")
    value = float(Decimal(number).quantize(Decimal(1).scaleb(-point.Decimals), ROUND_HALF_UP)) + 0.0
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=negative-zero hint=zero-without-sign
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    value = round(number, point.Decimals)
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=every-float-a-double hint=float-width
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
        unpack = struct.Struct(">d").unpack
        return lambda field: rounded(unpack(field)[0], point)
    if name.startswith("BIT"):
        bounds = [int(number) for number in re.findall("[0-9]+", name)]
        return lambda field: scaled(bits(field, bounds[0], bounds[-1]), point)
    if name in ("BCD", "SMINT16"):
        number = bcd if name == "BCD" else sign_and_magnitude
        return lambda field: scaled(number(field), point)
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=never-rounded hint=ties-to-even
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    value = number + 0.0
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=scaled-by-multiplying hint=implied-point
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
        value = raw * 0.1**point.Decimals
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=never-scaled hint=implied-point
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
        value = float(raw)
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=one-digit-too-many hint=whole-digits
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    if point.raw_limit and not -point.raw_limit <= raw <= point.raw_limit:
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=limit-of-positive-values-only hint=whole-digits
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    if point.raw_limit and raw >= point.raw_limit:
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=packed-digits-as-a-number hint=packed-digits
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

    return arrange


def sign_and_magnitude(field: bytes) -> int:
    """SMINT16: the highest bit is the sign, the others are the amount."""
    raw = int.from_bytes(field, "big")
    return -(raw & 0x7FFF) if raw & 0x8000 else raw


def bcd(field: bytes) -> int:
    """BCD: two decimal digits a byte. DecodeError: BAD_BCD."""
    return int.from_bytes(field, "big")


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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=bits-from-the-top hint=bit-numbers
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    return int.from_bytes(field, "big") >> 8 * len(field) - 1 - high & (1 << high - low + 1) - 1


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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=upper-bit-left-out hint=bit-numbers
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    return int.from_bytes(field, "big") >> low & (1 << max(1, high - low)) - 1


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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=field-before-format hint=undo-the-format
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
        data = undo(payload[offset:end])
        field = data
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=offset-ignored hint=cut-the-field
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
        field = data[:length] if length else data
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=what-python-takes hint=decimal-text
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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
    try:
        number = float(text)
    except ValueError:
        raise DecodeError("BAD_TEXT", f"{text!r} is no decimal number") from None
    return rounded(number, point) if "." in text or not number.is_integer() else scaled(int(number), point)

# %% id=no-implied-point-in-texts hint=decimal-text
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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
    return rounded(float(text), point)

# %% id=numbers-with-their-unit hint=text-affixes
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    value = point.decoder(payload)
    return value if isinstance(value, str) or not point.Append else f"{value}{point.Append}"


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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=texts-without-affixes hint=text-affixes
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


def string(field: bytes, point: DataPoint) -> str:
    """STRING: characters, without NULs at the end."""
    charset = "ascii" if point.DataFormat == "ASCII" else "utf-8"
    try:
        return field.rstrip(bytes(1)).decode(charset)
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

# %% id=nuls-everywhere hint=text-affixes
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


def string(field: bytes, point: DataPoint) -> str:
    """STRING: characters, without NULs at the end."""
    charset = "ascii" if point.DataFormat == "ASCII" else "utf-8"
    try:
        return f"{point.Prepend}{field.replace(bytes(1), b'').decode(charset)}{point.Append}"
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

# %% id=row-before-payload hint=first-fault-first
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=empty-before-everything hint=first-fault-first
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
        if not payload:
            raise DecodeError("EMPTY_PAYLOAD", "the payload has no bytes")
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=base64-of-any-kind hint=named-fault
def from_base64(payload: bytes) -> bytes:
    """Undo base64 with padding. DecodeError: BAD_BASE64."""
    return base64.b64decode(payload)


def arranger(order: str) -> Callable[[bytes], bytes]:
    """Make the function that brings a field into big-endian order.

    It raises DecodeError, BAD_ORDER, for a field with not as many bytes as the order has letters.
    """
    if order in ("", "BE"):
        return bytes
    if order == "LE":
        return itemgetter(slice(None, None, -1))
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=infinity-is-a-number hint=named-fault
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=errors-of-python hint=named-fault
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


def string(field: bytes, point: DataPoint) -> str:
    """STRING: characters, without NULs at the end."""
    charset = "ascii" if point.DataFormat == "ASCII" else "utf-8"
    return f"{point.Prepend}{field.rstrip(bytes(1)).decode(charset)}{point.Append}"


# Python's float() would take 1_0, 1e5 and nan too.
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")


def decimal(field: bytes, point: DataPoint) -> float:
    """DEC: a number in ASCII; without a point it has an implied one."""
    text = field.decode("latin-1").strip(" \t\r\n")
    if not NUMBER.fullmatch(text):
        raise DecodeError("BAD_TEXT", f"{text!r} is no decimal number")
    return rounded(float(text), point) if "." in text else scaled(whole(text), point)

# %% id=refuses-everything hint=undo-the-format most=0
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    raise DecodeError("EMPTY_PAYLOAD", "not today")


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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=limit-before-rounding hint=limit-after-rounding
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    if point.limit and not -point.limit < number < point.limit:
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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

# %% id=too-many-digits-for-a-double hint=named-fault
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
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

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
    value = raw / point.divisor
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
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


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
