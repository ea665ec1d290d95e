"""Loads a part of the house by its name: the student's own where there is one, the reference otherwise."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from stack.runtime.stage import Stage

PACKAGES = ("stack.parts", "house_parts")
"""Where the reference is: in the project; for students, who shall not read it first, in a wheel."""


class PartError(Exception):
    """A part cannot be loaded; the message says which and why."""


def load_part(name: str, stage: Stage | None = None) -> ModuleType:
    """Load a part.

    The variable HOUSE names the folder of the student's parts; HOUSE_PARTS, separated by commas, those of them that
    are whole. A part that is not among them is the reference's, so a house half built runs too.

    Args:
        name: name of the part, such as `"f2"`.
        stage: is told that the part is the student's.

    Raises:
        PartError: there is no such part, or the student's cannot be loaded. It is not replaced in silence: the student
            asked for it.
    """
    house = os.environ.get("HOUSE", "")
    path = Path(house, f"{name}.py")
    whole = os.environ.get("HOUSE_PARTS")
    mine = bool(house) and (path.is_file() if whole is None else name in whole.replace(" ", "").split(","))
    if not mine:
        return _reference(name)
    spec = importlib.util.spec_from_file_location(f"house.{name}", path)
    if spec is None or spec.loader is None:
        raise PartError(f"{path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a student's module does while it is imported
        raise PartError(f"your part {name!r} ({path}) cannot be loaded: {type(error).__name__}: {error}") from error
    if stage is not None:
        stage.mine = True
    return module


def _reference(name: str) -> ModuleType:
    for package in PACKAGES:
        if importlib.util.find_spec(package) and importlib.util.find_spec(f"{package}.{name}"):
            return importlib.import_module(f"{package}.{name}")
    raise PartError(f"there is no part {name!r} in {' or '.join(PACKAGES)}")
