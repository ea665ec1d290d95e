"""What of the kit a check can start on the student's side: `student.kit("board", …)`.

Some things must run where the student's code is, in a capsule too: a program made of the student's C++, the virtual
board, a part in a process of its own. A check names one of this table, and no other function can be reached this way.

Arguments and results are those of any call: plain data; anything else stays on the student's side, its methods are
called there, and at the end of the check it is asked to `stop()` or `close()`. A function raises `NotImplementedError`
for what the student has not written yet, `LookupError` for a cell that has not run, and `KitError` for what the kit
cannot do, which costs nobody points.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

KIT = {
    "firmware": "labkit.checks.kit_cpp:firmware",
    "board": "labkit.checks.kit_cpp:board",
    "process": "labkit.checks.student_side:process",
    "connect": "labkit.checks.student_side:connect",
    "plain": "labkit.checks.student_side:plain",
    "collector": "labkit.checks.student_side:Collector",
    "standing": "labkit.checks.student_side:standing",
    "setting": "labkit.checks.student_side:Setting",
}
"""Where each function stands: module and name."""


def find(name: str) -> Callable[..., Any]:
    """Import the function of that name.

    Args:
        name: a key of `KIT`.

    Raises:
        KeyError: there is no such function.
    """
    module, _, function = KIT[name].partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found
