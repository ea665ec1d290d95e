"""What the checks of lab 08 have in common: a house of controllers in the database, their payloads, their topics."""

from __future__ import annotations

import json
import random
import re
import struct
from collections.abc import Sequence
from typing import Any

from labkit.checks import lab08_hints as hints
from labkit.checks.hints import Hint, HintFor
from labkit.checks.kafka_view import Record
from labkit.checks.outcome import Outcome
from labkit.checks.postgres_view import Schema
from labkit.checks.student import Student

POINT = ("DataFormat", "DataEncoding", "Offset", "Length", "Prepend", "Append", "WholeNumber", "Decimals")
TYPES: dict[str, list[tuple[Any, ...]]] = {  # label, then the columns of POINT
    "Temperature": [("Temperature", "HEX", "INT16/AB", 0, 2, "", " °C", 3, 1)],
    "Humidity": [("Humidity", "BINARY", "UINT8", 0, 1, "", " %", 3, 0)],
    "Energy meter": [("Voltage", "BINARY", "UINT16/AB", 0, 2, "", " V", 3, 1),
                     ("Power", "BINARY", "INT32/CDAB", 2, 4, "", " W", 6, 1)],
    "Log": [("Log", "BINARY", "HEXSTR", 0, 0, "", "", 0, 0)],
    "Type plate": [("Type plate", "BINARY", "HEXSTR", 0, 6, "", "", 0, 0)],
}
Pin = tuple[int, int, str]
DEFAULT: tuple[Pin, ...] = ((1, 3, "Temperature"), (2, 3, "Temperature"), (1, 4, "Humidity"), (3, 10, "Energy meter"),
                            (3, 13, "Type plate"), (3, 14, "Log"))
"""Connector, position, type. Two connectors have equal components."""


class House:
    """Controllers in the database `device_params`, with what hangs on their pins.

    Args:
        schema: the tables.
        pick: where MAC addresses come from.
    """

    def __init__(self, schema: Schema, pick: random.Random) -> None:
        self.schema, self._pick = schema, pick
        self._templates: dict[str, int] = {}
        self._own("Controller", [])
        for name, points in TYPES.items():
            self._own(name, points)

    def _one(self, query: str, values: Sequence[Any]) -> int:
        return int(next(iter(self.schema.rows(query, values)[0].values())))

    def _own(self, name: str, points: Sequence[tuple[Any, ...]]) -> None:
        kind = self._one('INSERT INTO "DeviceType" ("Name") VALUES (%s) RETURNING "DeviceTypeId"', [name])
        template = self._one('INSERT INTO "DeviceTemplate" ("Name", "DeviceTypeId") VALUES (%s, %s) '
                             'RETURNING "DeviceTemplateId"', [name, kind])
        self._templates[name] = template
        columns = ", ".join(f'"{column}"' for column in ("DeviceTemplateId", "Label", *POINT))
        for point in points:
            marks = ", ".join(["%s"] * (len(point) + 1))
            self.schema.execute(f'INSERT INTO "DataPoint" ({columns}) VALUES ({marks})', [template, *point])

    def free_mac(self) -> str:
        """A MAC address that no controller has."""
        return "".join(self._pick.choice("0123456789abcdef") for _ in range(12))

    def controller(self, *, mac: str = "", plan: Sequence[Pin] = DEFAULT, written: str = "", decimals: int | None = None
                   ) -> str:
        """Add a controller.

        Args:
            mac: its MAC address; a random one if not given.
            plan: what hangs on its pins.
            written: `"colons"` writes the address into the database in the other form, in upper case.
            decimals: of its temperatures; they change for all controllers of this house.

        Returns:
            Its MAC address, 12 digits in lower case.
        """
        mac = mac or self.free_mac()
        shown = ":".join(mac[at : at + 2] for at in range(0, 12, 2)).upper() if written == "colons" else mac
        insert = 'INSERT INTO "Device" ("DeviceName", "DeviceTemplateId", "MacAddress") VALUES (%s, %s, %s) ' \
                 'RETURNING "DeviceId"'
        owner = self._one(insert, [f"controller {mac}", self._templates["Controller"], shown])
        connector = 'INSERT INTO "Connector" ("ControllerId", "ConnectorNumber") VALUES (%s, %s) ' \
                    'RETURNING "ConnectorId"'
        connectors = {number: self._one(connector, [owner, number]) for number in {each[0] for each in plan}}
        for number, position, name in plan:
            device = self._one(insert, [f"{name} of {mac}", self._templates[name], None])
            self.schema.execute('INSERT INTO "Pin" ("ConnectorId", "Position", "DeviceId") VALUES (%s, %s, %s)',
                                [connectors[number], position, device])
        if decimals is not None:
            self.change(decimals=decimals)
        return mac

    def change(self, *, decimals: int) -> None:
        """Change how temperatures are decoded."""
        self.schema.execute('UPDATE "DataPoint" SET "Decimals" = %s WHERE "Label" = \'Temperature\'', [decimals])

    def remove(self, mac: str) -> None:
        """Remove a controller with all its connectors."""
        self.schema.execute('DELETE FROM "Device" WHERE lower(replace("MacAddress", \':\', \'\')) = %s', [mac])

    def rows_of(self, mac: str) -> list[dict[str, Any]]:
        """What the database says of a controller, in the order of the data points."""
        return self.schema.rows('SELECT * FROM device_parameters WHERE mac_address = %s ORDER BY "DataPointId"', [mac])

    def points(self, mac: str, component_type: str) -> int:
        """The DataPointId of one of its values."""
        return next(int(row["DataPointId"]) for row in self.rows_of(mac) if row["component_type"] == component_type)


def by_pin(rows: Sequence[dict[str, Any]]) -> dict[tuple[int, str, str], list[tuple[int, str, dict[str, Any]]]]:
    """Rows of the database in the form that `load_parameters` returns, dataclasses as dictionaries."""
    found: dict[tuple[int, str, str], list[tuple[int, str, dict[str, Any]]]] = {}
    for row in rows:
        pin = row["connector_number"], row["component"], str(row["position"])
        value = row["DataPointId"], row["component_type"], {column: row[column] for column in POINT}
        found.setdefault(pin, []).append(value)
    return found


# What the controllers publish


def temperature(tenths: int) -> bytes:
    """A temperature as its pin sends it, in tenths of a degree."""
    return b"%04X" % (tenths & 0xFFFF)


def meter(volts: int, watts: int) -> bytes:
    """What an energy meter sends: tenths of a volt, tenths of a watt with its words swapped."""
    power = struct.pack(">i", watts)
    return struct.pack(">H", volts) + power[2:] + power[:2]


def raw(mac: str, rest: str, payload: bytes, micros: int) -> tuple[str, bytes, dict[str, str]]:
    """A raw record as the connector writes it: key, payload, headers.

    Args:
        mac: of the controller.
        rest: the topic behind the controller's name.
        payload: what it published.
        micros: when it arrived, microseconds since 1970.
    """
    return f"f2-{mac}", payload, {"topic": f"cmnd/f2-{mac}/{rest}", "time": str(micros), "packet": "1 f2-connector"}


# What stages send


def documents(records: Sequence[Record]) -> list[dict[str, Any]]:
    """The records that are JSON objects, with key and partition beside their own fields."""
    found = []
    for record in records:
        try:
            document = json.loads(record.value)
        except ValueError:
            continue
        if isinstance(document, dict):
            found.append({**document, "(key)": record.key, "(partition)": record.partition})
    return found


def make(student: Student, name: str, *args: Any, **kwargs: Any) -> Outcome:
    """Make an object of the student's; messages show no addresses and no password.

    Args:
        student: whose class it is.
        name: of the class.
        args: addresses.
        kwargs: what else it is told.
    """
    shown = {"Connector": "Connector(broker, bootstrap, …)"}.get(name, f"{name}(bootstrap, dsn, …)")
    return student.ask("call", name, None, name, args, kwargs, None, shown)


def written(made: Outcome, *methods: tuple[str, Any]) -> Outcome:
    """End the criterion as "not written yet" if a method of the object is still the lab's empty one.

    A stage's own thread catches all errors and says them in `stats`, so the method is called here, before the start.

    Args:
        made: the object.
        methods: name and argument of each; what else comes of the call is not looked at.
    """
    made.succeeds()
    for name, argument in methods:
        tried = made.call(name, *argument)
        if tried.error is not None and tried.error.state in {"stub", "missing"}:
            tried.succeeds()
    return made


def decode_error(outcome: Outcome, code: str, hint: HintFor, shown: str = "") -> None:
    """Demand a DecodeError with a code.

    Args:
        outcome: what came of the call.
        code: `"BAD_MAC"` or another one of stack/contracts/f2.md.
        hint: for the misconception behind anything else.
        shown: a value that came, as a student would write it.
    """
    error = outcome.error
    right = error is not None and error.is_a(ValueError) and error.type == "DecodeError"
    if error is None or not right or error.message.partition(":")[0] != code:
        outcome.raises(expected=f"DecodeError with the code {code}", found=shown, hint=hint)


def own_error(said: str) -> Hint | None:
    """The hint to what a stage says, if that is an exception of the student's own lines; None if it is anything else.

    Args:
        said: what `trouble` gave. That something is away is said without the name of an exception; a DecodeError has
            hints of its own.
    """
    own = re.match(r"; stats say: [A-Z]\w*(Error|Exception)\b", said) is not None and "DecodeError" not in said
    return hints.NOTHING_CAME if own else None


def trouble(stage: Outcome) -> str:
    """What a stage says is wrong, for the end of a message; empty if it says nothing."""
    stats = stage.get("stats").quietly()
    said = stats.get("error") if isinstance(stats, dict) else None
    return f"; stats say: {str(said)[:300]}" if said else ""
