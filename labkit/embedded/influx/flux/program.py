"""Runs a query statement by statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.embedded.influx.flux import ast
from labkit.embedded.influx.flux.compiler import Compiler
from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.errors import RuntimeError_
from labkit.embedded.influx.flux.interpreter import Frame, Scope
from labkit.embedded.influx.flux.values import Record, Time, type_name


class Program:
    """A query that runs statement by statement.

    Args:
        file: the checked query.
        ctx: the running query.
    """

    def __init__(self, file: ast.File, ctx: Context) -> None:
        self.file = file
        self.ctx = ctx
        self.scope = Scope(set(), None)
        self.frame = Frame({}, None)
        self.overrides: dict[tuple[str, str], Any] = {}
        self.imports = {item.name: item.path for item in file.imports}
        self.compiler = Compiler(ctx, self.imports, self.overrides)

    def run(self, result: Callable[[Any], None]) -> None:
        """Run all statements; each value of an expression by itself is given to `result`."""
        for statement in self.file.body:
            if isinstance(statement, ast.Assignment):
                value = self.compiler.named(statement.name, statement.value, self.scope)(self.frame)
                self.scope.names.add(statement.name)
                self.frame.variables[statement.name] = value
            elif isinstance(statement, ast.OptionStatement):
                self.define(statement)
            elif isinstance(statement, ast.ExpressionStatement):
                result(self.compiler.expression(statement.expression, self.scope)(self.frame))

    def define(self, statement: ast.OptionStatement) -> None:
        """Set an option: `now` and `location` belong to the engine, others are variables."""
        value = self.compiler.named(statement.name, statement.value, self.scope)(self.frame)
        if statement.package:
            self.overrides[self.imports[statement.package], statement.name] = value
            return
        if statement.name == "now":
            found = value.call({}) if hasattr(value, "call") else value
            if type(found) is not Time:
                raise RuntimeError_(f"option now must give a time, found {type_name(found)}", statement.span)
            self.ctx.now = found
            return
        if statement.name == "location":
            if type(value) is not Record:
                raise RuntimeError_(f"option location must be a record, found {type_name(value)}", statement.span)
            self.ctx.location = self.compiler.guard(lambda: self.ctx.locate(value), statement.span)
            return
        self.scope.names.add(statement.name)
        self.frame.variables[statement.name] = value
