# Wrong answers to exercise 8.1: plausible mistakes, each with the hint that it should earn.

# %% id=splits-at-the-first-hyphen hint=last-hyphen
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    levels = topic.split("/")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.fullmatch(controller)):
        raise DecodeError("BAD_MAC", f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not MODE.fullmatch(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not CONNECTOR.fullmatch(connector) or int(connector) == 0:
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    component, _, number = last.partition("-")
    if not component or not re.fullmatch("[0-9]+", number):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1].lower(), mode, int(connector), component, number)


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen

# %% id=keeps-the-case hint=normalise-mac
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    levels = topic.split("/")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.fullmatch(controller)):
        raise DecodeError("BAD_MAC", f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not MODE.fullmatch(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not CONNECTOR.fullmatch(connector) or int(connector) == 0:
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    if not (component := COMPONENT.fullmatch(last)):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1], mode, int(connector), component[1], component[2])


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen

# %% id=only-lower-case hint=normalise-mac
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    levels = topic.split("/")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.fullmatch(controller)):
        raise DecodeError("BAD_MAC", f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not MODE.fullmatch(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not CONNECTOR.fullmatch(connector) or int(connector) == 0:
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    if not (component := COMPONENT.fullmatch(last)):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1].lower(), mode, int(connector), component[1], component[2])


MAC = re.compile(r"f2-([0-9a-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen

# %% id=connector-as-text hint=connector-number
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    levels = topic.split("/")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.fullmatch(controller)):
        raise DecodeError("BAD_MAC", f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not MODE.fullmatch(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not CONNECTOR.fullmatch(connector) or int(connector) == 0:
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    if not (component := COMPONENT.fullmatch(last)):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1].lower(), mode, connector, component[1], component[2])


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen

# %% id=connector-zero hint=connector-number
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    levels = topic.split("/")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.fullmatch(controller)):
        raise DecodeError("BAD_MAC", f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not MODE.fullmatch(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not CONNECTOR.fullmatch(connector):
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    if not (component := COMPONENT.fullmatch(last)):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1].lower(), mode, int(connector), component[1], component[2])


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen

# %% id=match-in-place-of-fullmatch hint=whole-text
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    levels = topic.split("/")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.match(controller)):
        raise DecodeError("BAD_MAC", f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not MODE.match(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not CONNECTOR.match(connector) or int(connector) == 0:
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    if not (component := COMPONENT.match(last)):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1].lower(), mode, int(connector), component[1], component[2])


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen

# %% id=digits-of-all-scripts hint=whole-text
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    levels = topic.split("/")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.fullmatch(controller)):
        raise DecodeError("BAD_MAC", f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not MODE.fullmatch(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not CONNECTOR.fullmatch(connector) or int(connector) == 0:
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    if not (component := COMPONENT.fullmatch(last)):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1].lower(), mode, int(connector), component[1], component[2])


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"\d{1,2}")
COMPONENT = re.compile(r"(.+)-(\d+)", re.DOTALL)  # greedy: splits at the last hyphen

# %% id=mode-after-connector hint=code-order
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    levels = topic.split("/")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.fullmatch(controller)):
        raise DecodeError("BAD_MAC", f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not CONNECTOR.fullmatch(connector) or int(connector) == 0:
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    if not MODE.fullmatch(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not (component := COMPONENT.fullmatch(last)):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1].lower(), mode, int(connector), component[1], component[2])


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen

# %% id=levels-before-prefix hint=code-order
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    levels = topic.split("/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.fullmatch(controller)):
        raise DecodeError("BAD_MAC", f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not MODE.fullmatch(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not CONNECTOR.fullmatch(connector) or int(connector) == 0:
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    if not (component := COMPONENT.fullmatch(last)):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1].lower(), mode, int(connector), component[1], component[2])


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen

# %% id=no-code hint=error-code
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    levels = topic.split("/")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.fullmatch(controller)):
        raise ValueError(f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not MODE.fullmatch(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not CONNECTOR.fullmatch(connector) or int(connector) == 0:
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    if not (component := COMPONENT.fullmatch(last)):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1].lower(), mode, int(connector), component[1], component[2])


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen

# %% id=refuses-everything hint=error-code most=0
def parse_f2_topic(topic: str) -> F2Address:
    """Refuse whatever comes."""
    raise DecodeError("BAD_PREFIX", "not today")

# %% id=id-as-a-number hint=id-is-text
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    levels = topic.split("/")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.fullmatch(controller)):
        raise DecodeError("BAD_MAC", f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not MODE.fullmatch(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not CONNECTOR.fullmatch(connector) or int(connector) == 0:
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    if not (component := COMPONENT.fullmatch(last)):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1].lower(), mode, int(connector), component[1], int(component[2]))


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen
