"""The built-in functions: one decorator registers a Python function as a function of a Flux package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.table import TableStream
from labkit.embedded.influx.flux.values import (
    Duration,
    FluxDict,
    Record,
    Regexp,
    Time,
    UInt,
    type_name,
)

PACKAGES: dict[str, dict[str, Any]] = {}
"""Import path (`universe` is the prelude) to the package's members: builtins and constants."""

_TYPES: dict[str, type] = {
    "str": str, "int": int, "float": float, "bool": bool, "bytes": bytes, "UInt": UInt, "Time": Time,
    "Duration": Duration, "Regexp": Regexp, "list": list, "Record": Record, "FluxDict": FluxDict,
    "TableStream": TableStream, "None": type(None),
}
_FLUX_NAMES = {
    "str": "string", "UInt": "uint", "Time": "time", "Duration": "duration", "Regexp": "regexp", "list": "array",
    "Record": "record", "FluxDict": "dictionary", "TableStream": "stream", "FluxCallable": "function",
}
_ELEMENT = re.compile(r"^list\[(\w+)\]$")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a built-in function.

    Args:
        name: its Flux name.
        python: its Python name.
        required: whether a call must give it.
        types: the exact Python types that it takes; empty for any.
        elements: for `list[X]`, the Python type of its elements.
        function: whether it takes a function.
    """

    name: str
    python: str
    required: bool
    types: frozenset[type]
    elements: type | None
    function: bool

    @property
    def expected(self) -> str:
        """What it takes, for messages."""
        if self.elements:
            return f"[{_flux_name(self.elements.__name__)}]"
        names = sorted(_flux_name(t.__name__) for t in self.types if t is not type(None))
        return " or ".join([*names, *(["function"] if self.function else [])])

    def problem(self, value: Any) -> str:
        """What is wrong with an argument; empty where nothing is."""
        kind = type(value)
        if not self.types and not self.function:
            return ""
        if kind in self.types:
            if kind is not list or self.elements is None:
                return ""
            wrong = next((item for item in value if type(item) is not self.elements), self)
            found = "" if wrong is self else f"[{type_name(wrong)}]"
        elif TableStream in self.types if isinstance(value, TableStream) else self.function and hasattr(value, "call"):
            return ""
        else:
            found = type_name(value)
        return f"expected {self.expected} but found {found} (argument {self.name})" if found else ""


def _bounds(arguments: Iterable[Any]) -> tuple[int, int] | None:
    """The span of time of the streams among a call's arguments."""
    found: list[tuple[int, int]] = []
    for argument in arguments:
        if isinstance(argument, TableStream) and argument.bounds is not None:
            found.append(argument.bounds)
        elif type(argument) in (list, Record):
            items = argument if type(argument) is list else list(argument.values())
            found += [i.bounds for i in items if isinstance(i, TableStream) and i.bounds is not None]
    return (min(start for start, _ in found), max(stop for _, stop in found)) if found else None


def _flux_name(python: str) -> str:
    return _FLUX_NAMES.get(python, python)


class Builtin:
    """A function of the standard library.

    Args:
        package: its import path.
        name: its Flux name.
        function: the Python function.
        pipe: the parameter that receives what is piped forward.
    """

    __slots__ = ("_parameters", "function", "name", "package", "pipe", "transformation")

    def __init__(self, package: str, name: str, function: Callable[..., Any], pipe: str | None) -> None:
        self.package = package
        self.name = name
        self.function = function
        self.pipe = pipe
        annotations = function.__annotations__
        self.transformation = annotations.get("return") == "TableStream" or pipe in ("tables", "table")
        self._parameters: dict[str, Parameter] | None = None

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Its parameters by Flux name, read from the Python signature when first asked for."""
        if self._parameters is None:
            signature = list(inspect.signature(self.function).parameters.values())[1:]
            self._parameters = {p.name.rstrip("_") or p.name: _parameter(p) for p in signature}
        return self._parameters

    def problem(self, given: dict[str, Any] | set[str], *, piped: bool = False) -> str:
        """What is wrong with the names of a call's arguments; empty where nothing is."""
        for name in given:
            if name not in self.parameters:
                return f"found unexpected argument {name}"
        for name, parameter in self.parameters.items():
            if parameter.required and name not in given and not (piped and name == self.pipe):
                if name == self.pipe:
                    return f"missing pipe argument {name}"
                return f"missing required argument {name}"
        return ""

    def invoke(self, ctx: Context, arguments: dict[str, Any]) -> Any:
        """Call it with named arguments.

        Raises:
            ValueError: an argument is missing, unknown, or of a wrong type.
        """
        parameters = self.parameters
        passed = {}
        for name, value in arguments.items():
            parameter = parameters.get(name)
            if parameter is None or (type(value) not in parameter.types and (problem := parameter.problem(value))):
                raise ValueError(problem if parameter else f"found unexpected argument {name}")
            if parameter.elements is not None and (problem := parameter.problem(value)):
                raise ValueError(problem)
            passed[parameter.python] = value
        if len(passed) < len(parameters) and (problem := self.problem(arguments)):
            raise ValueError(problem)
        result = self.function(ctx, **passed)
        if isinstance(result, TableStream):
            if result.bounds is None:
                result.bounds = _bounds(passed.values())
            ctx.check_rows(result.rows_in_memory)
        elif type(result) is list:
            ctx.check_rows(len(result))
        return result

    def bind(self, ctx: Context) -> BoundBuiltin:
        """The function as a value of a running query."""
        return BoundBuiltin(self, ctx)

    def __repr__(self) -> str:
        return f"<builtin {self.package}.{self.name}>"


class BoundBuiltin:
    """A function of the standard library as a value of a running query: it can be called and passed on."""

    __slots__ = ("builtin", "ctx", "name")

    def __init__(self, function: Builtin, ctx: Context) -> None:
        self.builtin = function
        self.ctx = ctx
        self.name = function.name

    def call(self, arguments: dict[str, Any]) -> Any:
        """Call with named arguments."""
        return self.builtin.invoke(self.ctx, arguments)


def _parameter(found: inspect.Parameter) -> Parameter:
    written = str(found.annotation)
    parts = [part.strip() for part in written.split("|")]
    elements = next((_TYPES.get(match.group(1)) for part in parts if (match := _ELEMENT.match(part))), None)
    bare = {part.split("[")[0] for part in parts}
    anything = bool(bare & {"Any", "object"})
    unknown = bare - set(_TYPES) - {"Any", "object", "FluxCallable"}
    if unknown:
        raise TypeError(f"parameter {found.name}: {written} is not an annotation that the registry knows")
    types = frozenset() if anything else frozenset(_TYPES[part] for part in bare if part in _TYPES)
    name = found.name.rstrip("_") or found.name
    required = found.default is inspect.Parameter.empty
    return Parameter(name, found.name, required, types, elements, "FluxCallable" in bare and not anything)


def builtin(package: str, name: str, *, pipe: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of the standard library. The Python function itself stays as it is.

    Flux passes arguments by name, so the Python parameters have the Flux names, with an underscore behind where the
    name is a Python keyword (`as_`, `from_`). The first parameter, `ctx`, is the running query (`context.Context`:
    `now`, `location`, storage). The annotations are checked at each call, by exact type: `str`, `int`, `float`,
    `bool`, `UInt`, `Time | Duration`, `Regexp`, `FluxCallable`, `TableStream`, `list`, `list[str]` (elements are
    checked too), `Record`, `FluxDict`, `bytes`, `Any` (which includes null), `None` in a union (null is taken). A
    wrong type is an error that names the argument. A parameter with a default is optional.

    The function reports an error by raising ValueError; the interpreter adds the function's name and the position.

    Args:
        package: import path, such as `"strings"` or `"influxdata/influxdb/schema"`; `"universe"` for the prelude.
        name: the Flux name.
        pipe: the parameter that receives what is piped forward, if any.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _add(package, name, Builtin(package, name, function, pipe))
        return function

    return register


def constant(package: str, name: str, value: Any) -> None:
    """Register a constant of the standard library, such as `math.pi`."""
    _add(package, name, value)


def _add(package: str, name: str, value: Any) -> None:
    names = PACKAGES.setdefault(package, {})
    if name in names:
        # Which of the two counts would depend on the order in which the files are imported.
        raise TypeError(f"{package}.{name} is registered twice")
    names[name] = value


def load() -> dict[str, dict[str, Any]]:
    """All packages; each module of the folder `stdlib` registers its functions when it is imported."""
    from labkit.embedded.influx.flux import stdlib

    if "universe" not in PACKAGES or not getattr(stdlib, "loaded", False):
        for module in pkgutil.iter_modules(stdlib.__path__):
            importlib.import_module(f"{stdlib.__name__}.{module.name}")
        stdlib.loaded = True
    return PACKAGES
