# Wrong answers to exercise 8.3: plausible mistakes, each with the hint that it should earn.

# %% id=no-cache hint=asked-again
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if True:
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = read_parameters(conn, mac)
    return known[mac]

# %% id=never-looks-for-news hint=never-invalidated
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    known = loaded[conn]
    if mac not in known:
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = read_parameters(conn, mac)
    return known[mac]

# %% id=never-listens hint=never-invalidated
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        loaded[conn] = {}
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if mac not in known:
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = read_parameters(conn, mac)
    return known[mac]

# %% id=for-a-minute hint=never-invalidated
asked: dict[tuple[int, str], tuple[float, Parameters]] = {}


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Remember an answer for a minute."""
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    key = id(conn), mac
    if key not in asked or time.monotonic() - asked[key][0] > 60:
        asked[key] = time.monotonic(), read_parameters(conn, mac)
    return asked[key][1]

# %% id=one-cache-for-all hint=cache-of-another-connection
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
everything: dict[str, Parameters] = {}
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    known = everything
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if mac not in known:
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = read_parameters(conn, mac)
    return known[mac]

# %% id=raises-for-the-unknown hint=unknown-controller
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if mac not in known:
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = read_parameters(conn, mac)
    if not known[mac]:
        raise LookupError(mac)
    return known[mac]

# %% id=none-for-the-unknown hint=unknown-controller
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if mac not in known:
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = read_parameters(conn, mac)
    return known[mac] or None

# %% id=any-connection hint=autocommit
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if mac not in known:
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = read_parameters(conn, mac)
    return known[mac]

# %% id=by-connector-alone hint=by-pin
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if mac not in known:
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = {pin[0]: values for pin, values in read_parameters(conn, mac).items()}
    return known[mac]

# %% id=forgets-the-unknown hint=unknown-asked-again
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if not known.get(mac):
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = read_parameters(conn, mac)
    return known[mac]

# %% id=no-limit hint=no-limit
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if mac not in known:
        known[mac] = read_parameters(conn, mac)
    return known[mac]

# %% id=listens-each-time hint=listens-again
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    conn.execute("LISTEN device_parameters")
    if conn not in loaded:
        loaded[conn] = {}
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if mac not in known:
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = read_parameters(conn, mac)
    return known[mac]

# %% id=no-cache-yet hint=new-connection
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if mac not in known:
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = read_parameters(conn, mac)
    return known[mac]

# %% id=never-asks hint=first-question
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    return known[mac]
