"""The exercises of a lab, with their hidden cases: from `labkit.checks`, or from a course that is not installed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from grader.layout import LabFiles
from labkit.checks import registry


def of(lab: LabFiles) -> list[registry.Exercise]:
    """List the exercises of a lab, in order; their hidden cases are loaded too.

    Args:
        lab: the lab.
    """
    load(lab.number, lab.checks, lab.hidden)
    return registry.of_lab(lab.number)


def load(lab: str, checks: Path, hidden: Path) -> None:
    """Make the exercises of a lab known, with their hidden cases.

    Args:
        lab: two digits.
        checks: file of the public cases, used when `labkit.checks` has none of that lab.
        hidden: file of the hidden cases; it may be missing.
    """
    if not registry.of_lab(lab) and checks.is_file():
        _load(checks.stem, checks)
    if hidden.is_file():
        _load(f"hidden_of_lab{lab}", hidden)


def _load(name: str, path: Path) -> None:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
