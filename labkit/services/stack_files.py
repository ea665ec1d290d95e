"""Reads the configuration files of `stack/`: what a lab is tested on is what is deployed.

Data crosses here, never imports. The images are pinned in `stack/.env` alone: compose reads such a file, and
a copy in the kit would be a second truth. `stack/` is always beside the kit: in the project, in what students get, and
in a wheel.
"""

from __future__ import annotations

import os
from pathlib import Path

from labkit.services.unavailable import UnavailableError

STACK = Path(__file__).resolve().parents[2] / "stack"
"""The folder of the system being taught."""


def text(name: str) -> str:
    """The text of a file of `stack/`.

    Args:
        name: path inside `stack/`.

    Raises:
        UnavailableError: the file is not there.
    """
    try:
        return (STACK / name).read_text(encoding="utf-8")
    except OSError:
        raise UnavailableError(f"the file stack/{name} is not beside the package labkit",
                               fix="install the course from its own folder: python -m pip install -e .") from None


def variables(name: str) -> dict[str, str]:
    """The variables of an environment file of `stack/`.

    Args:
        name: path inside `stack/`.

    Raises:
        UnavailableError: the file is not there.
    """
    lines = (line.strip() for line in text(name).splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key: value for key, _, value in pairs}


def image(engine: str) -> str:
    """The pinned image of an engine; the variable LABKIT_IMAGE_<ENGINE> names another one.

    Args:
        engine: name of the engine, such as `"mosquitto"`.

    Raises:
        UnavailableError: no image is pinned for it.
    """
    name = engine.upper().replace("-", "_")
    other = os.environ.get(f"LABKIT_IMAGE_{name}")
    if other:
        return other
    pinned = variables(".env").get(f"{name}_IMAGE")
    if not pinned:
        raise UnavailableError(f"stack/.env pins no image for {engine}")
    return pinned
