# Right answers to exercise 8.1 that differ from the reference.

# %% id=without-regular-expressions
HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
DIGITS = frozenset("0123456789")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`."""
    prefix, *levels = topic.split("/")
    if prefix != "cmnd":
        raise DecodeError("BAD_PREFIX")
    if len(levels) != 4:
        raise DecodeError("BAD_LEVELS")
    controller, mode, connector, last = levels
    mac = controller[3:]
    if not controller.startswith("f2-") or len(mac) != 12 or not HEXADECIMAL.issuperset(mac):
        raise DecodeError("BAD_MAC")
    if not mode or not LETTERS.issuperset(mode):
        raise DecodeError("BAD_MODE")
    if not 1 <= len(connector) <= 2 or not DIGITS.issuperset(connector) or int(connector) < 1:
        raise DecodeError("BAD_CONNECTOR")
    component, hyphen, number = last.rpartition("-")
    if not component or not hyphen or not number or not DIGITS.issuperset(number):
        raise DecodeError("BAD_COMPONENT")
    return F2Address(mac=mac.lower(), mode=mode, connector=int(connector), component=component, id=number)

# %% id=a-table-of-patterns
PATTERNS = [
    ("BAD_MAC", re.compile("f2-([0-9a-fA-F]{12})")),
    ("BAD_MODE", re.compile("([a-z0-9_]+)")),
    ("BAD_CONNECTOR", re.compile("(0?[1-9]|[1-9][0-9])")),
    ("BAD_COMPONENT", re.compile("(.+-[0-9]+)", re.DOTALL)),
]


def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`."""
    first, *rest = topic.split("/")
    if first != "cmnd":
        raise DecodeError("BAD_PREFIX", f"it begins with {first!r}")
    if len(rest) != len(PATTERNS):
        raise DecodeError("BAD_LEVELS", f"{len(rest) + 1} levels")
    found = []
    for text, (code, pattern) in zip(rest, PATTERNS, strict=True):
        match = pattern.fullmatch(text)
        if match is None:
            raise DecodeError(code, repr(text))
        found.append(match[1])
    component, _, number = found[3].rpartition("-")
    return F2Address(found[0].lower(), found[1], int(found[2]), component, number)
