"""`option task = {name, every | cron, offset}` of a task's text. Source: `task/options/options.go`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from labkit.embedded.influx.flux import ast
from labkit.embedded.influx.flux.errors import CompileError, Span
from labkit.embedded.influx.flux.parser import parse
from labkit.embedded.influx.flux.values import Duration
from labkit.embedded.influx.tasks.cron import Cron

_SECOND = 1_000_000_000
_FROM_YEAR_1 = 62_135_596_800
"""Seconds from the first day of year 1, on which Go counts multiples, to the epoch."""
_MONTH_NS = 30 * 86_400 * _SECOND


class OptionError(ValueError):
    """The options cannot be used."""


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """The options of a task.

    Args:
        name: of the task.
        every: the duration as it is written; empty with `cron`.
        cron: the expression; empty with `every`.
        offset: the duration as it is written; empty without.
        every_s: seconds.
        offset_s: seconds.
    """

    name: str
    every: str
    cron: str
    offset: str
    every_s: int
    offset_s: int

    def next(self, after_s: int) -> int | None:
        """The first scheduled time behind a time; the run comes `offset_s` later.

        Args:
            after_s: seconds since the epoch.
        """
        if self.cron:
            return Cron(self.cron).next(after_s)
        counted = after_s + _FROM_YEAR_1
        return counted - counted % self.every_s + self.every_s - _FROM_YEAR_1


def _slice(source: str, span: Span) -> str:
    """The source of a node; columns count bytes."""
    lines = source.encode("utf-8", "replace").split(b"\n")[span.line - 1:span.end_line]
    lines[-1] = lines[-1][:span.end_column - 1]
    lines[0] = lines[0][span.column - 1:]
    return b"\n".join(lines).decode("utf-8", "replace")


def _record(source: str) -> ast.RecordLiteral:
    try:
        file = parse(source)
    except CompileError as error:
        raise OptionError(str(error)) from None
    found = [each for each in file.body if isinstance(each, ast.OptionStatement)
             and each.name == "task" and not each.package]
    if not found:
        raise OptionError("no task options defined")
    if len(found) > 1:
        raise OptionError("multiple task options defined")
    record = found[0].value
    if not isinstance(record, ast.RecordLiteral):
        raise OptionError(f'task option expected to be object literal, but found "{type(record).__name__}"')
    return record


def _literal(record: ast.RecordLiteral, name: str, type_: type) -> tuple[Any, ast.Expression] | None:
    found = next((each.value for each in record.properties if each.name == name), None)
    if found is None:
        return None
    value: Any = None
    if isinstance(found, ast.Literal):
        value = found.value
    elif isinstance(found, ast.Unary) and found.operator == "-" and isinstance(found.operand, ast.Literal):
        inner = found.operand.value
        value = Duration(inner.months, inner.nanoseconds, True) if type(inner) is Duration else None
    if type(value) is not type_:
        raise OptionError(f"failed to parse field '{name}' in task options")
    return value, found


def _duration_ns(duration: Duration) -> int:
    total = duration.months * _MONTH_NS + duration.nanoseconds
    return -total if duration.negative else total


def read_options(source: str) -> TaskOptions:
    """Read the options of a task's text.

    Args:
        source: Flux.

    Raises:
        OptionError: it is not Flux, or has no such options, or they cannot be used.
    """
    record = _record(source)
    name = _literal(record, "name", str)
    if name is None:
        raise OptionError("missing required option: name")
    cron, every = (any(each.name == name for each in record.properties) for name in ("cron", "every"))
    if cron and every:
        raise OptionError("cannot use both cron and every in task options")
    if not cron and not every:
        raise OptionError("missing required option: cron or every")
    cron_value, every_value = _literal(record, "cron", str), _literal(record, "every", Duration)
    offset_value = _literal(record, "offset", Duration)
    wrong = [] if name[0] else ["name required"]
    every_s = offset_s = 0
    if cron_value:
        try:
            Cron(cron_value[0])
        except ValueError as error:
            wrong.append(f"cron invalid: {error}")
    if every_value:
        every_s, rest = divmod(_duration_ns(every_value[0]), _SECOND)
        if every_s < 1:
            wrong.append("every option must be at least 1 second")
        elif rest:
            wrong.append("every option must be expressible as whole seconds")
    if offset_value:
        offset_s, rest = divmod(_duration_ns(offset_value[0]), _SECOND)
        if rest:
            wrong.append("offset option must be expressible as whole seconds")
    if wrong:
        raise OptionError(f"invalid options: {', '.join(wrong)}")
    return TaskOptions(
        name[0], _slice(source, every_value[1].span) if every_value else "", cron_value[0] if cron_value else "",
        _slice(source, offset_value[1].span) if offset_value else "", every_s, offset_s,
    )


def change_options(source: str, changes: dict[str, str]) -> str:
    """Write other options into a task's text.

    Args:
        source: Flux with the options.
        changes: names ("name", "every", "cron", "offset") to values as Flux has them, texts without quotes; `every`
            replaces `cron` and the other way round.

    Raises:
        OptionError: the text has no options.
    """
    record = _record(source)
    values = {each.name: _slice(source, each.value.span) for each in record.properties}
    for name, value in changes.items():
        if name in ("every", "cron"):
            values.pop("cron" if name == "every" else "every", None)
        values[name] = json.dumps(value, ensure_ascii=False) if name in ("name", "cron") else value
    written = "{" + ", ".join(f"{name}: {value}" for name, value in values.items()) + "}"
    return _replace(source, record.span, written)


def _replace(source: str, span: Span, text: str) -> str:
    lines = source.encode("utf-8", "replace").split(b"\n")
    before = b"\n".join([*lines[:span.line - 1], lines[span.line - 1][:span.column - 1]])
    after = b"\n".join([lines[span.end_line - 1][span.end_column - 1:], *lines[span.end_line:]])
    return before.decode("utf-8", "replace") + text + after.decode("utf-8", "replace")
