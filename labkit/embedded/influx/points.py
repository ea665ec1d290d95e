"""What is stored: the key of a series, and the values of a field."""

from __future__ import annotations

from typing import NamedTuple

FieldValue = float | int | bool | str


class SeriesKey(NamedTuple):
    """A series without its field.

    Args:
        measurement: its measurement.
        tags: names and values, sorted by name.
    """

    measurement: str
    tags: tuple[tuple[str, str], ...]


INFLUXQL_TYPES = {
    "double": "float", "long": "integer", "unsignedLong": "unsigned", "boolean": "boolean", "string": "string",
}
"""How messages name the types of annotated CSV."""
