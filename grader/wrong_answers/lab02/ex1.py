# Wrong answers to exercise 2.1: plausible mistakes, each with the hint that it should earn.

# %% id=tags-in-dict-order hint=sorted-tags
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in tags.items()
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=empty-tags-kept hint=empty-tag
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if text is None or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=no-integer-suffix hint=integer-suffix
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=bool-as-int hint=bool-is-int
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=names-not-escaped hint=escape-names
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return text


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=one-list-for-all hint=escape-by-place
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ',= ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=text-not-escaped hint=text-field
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=nan-passes hint=cannot-carry
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=line-break-passes hint=line-break
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text:
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=two-decimals hint=float-digits
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.2f}".rstrip("0")
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=time-as-float hint=whole-time
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {float(time_ns):.0f}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=none-becomes-text hint=none-field
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if value is None:
        return '""'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=fields-sorted hint=field-order
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in sorted(fields.items())
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=line-break-at-the-end hint=line-end
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}\n"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")

# %% id=refuses-everything hint=sorted-tags most=0
def to_line(measurement, tags, fields, time_ns):
    raise ValueError("a line cannot carry this")
