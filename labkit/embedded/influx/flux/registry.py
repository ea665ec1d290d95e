"""The built-in functions: one decorator registers a Python function as a function of a Flux package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PACKAGES: dict[str, dict[str, Any]] = {}
"""Import path (`universe` is the prelude) to the package's members: builtins and constants."""


def builtin(package: str, name: str, *, pipe: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of the standard library.

    Flux passes arguments by name, so the Python parameters have the Flux names, with an underscore behind where the
    name is a Python keyword (`as_`, `from_`). The first parameter, `ctx`, is the running query (`now`, `location`,
    storage). The annotations are checked at each call: `str`, `int`, `float`, `bool`, `Time | Duration`,
    `FluxCallable`, `TableStream`, `list`, `Record`, `Any`; a wrong type is a runtime error that names the argument.

    Args:
        package: import path, such as `"strings"` or `"influxdata/influxdb/schema"`; `"universe"` for the prelude.
        name: the Flux name.
        pipe: the parameter that receives what is piped forward, if any.
    """
    raise NotImplementedError  # written with the interpreter


def constant(package: str, name: str, value: Any) -> None:
    """Register a constant of the standard library, such as `math.pi`."""
    PACKAGES.setdefault(package, {})[name] = value
