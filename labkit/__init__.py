"""labkit: what a lab's notebook imports. Each name is loaded when it is first used, so that a kernel starts at once."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.checks.gate import Gate
    from labkit.checks.notebook import check, hint
    from labkit.cpp.board import board
    from labkit.devices import history, reference_node, simulated_board, simulated_controllers
    from labkit.house import part
    from labkit.processes import spawn
    from labkit.services import Endpoint, start
    from labkit.widgets import board_view, house_plan, live_chart, log_view, service_lights, topic_explorer

__all__ = [
    "Endpoint",
    "Gate",
    "board",
    "board_view",
    "check",
    "hint",
    "history",
    "house_plan",
    "live_chart",
    "log_view",
    "part",
    "reference_node",
    "service_lights",
    "simulated_board",
    "simulated_controllers",
    "spawn",
    "start",
    "topic_explorer",
]

_HOME = {
    "Endpoint": "labkit.services",
    "Gate": "labkit.checks.gate",
    "board": "labkit.cpp.board",
    "board_view": "labkit.widgets",
    "check": "labkit.checks.notebook",
    "hint": "labkit.checks.notebook",
    "history": "labkit.devices",
    "house_plan": "labkit.widgets",
    "live_chart": "labkit.widgets",
    "log_view": "labkit.widgets",
    "part": "labkit.house",
    "reference_node": "labkit.devices",
    "service_lights": "labkit.widgets",
    "simulated_board": "labkit.devices",
    "simulated_controllers": "labkit.devices",
    "spawn": "labkit.processes",
    "start": "labkit.services",
    "topic_explorer": "labkit.widgets",
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"labkit has no {name!r}; it has {', '.join(__all__)}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
    from labkit.magics import register

    register()
