"""Things to look at in a notebook. Each says in words what it shows, and leaves nothing running."""

from __future__ import annotations

from labkit.widgets.board import BoardView, board_view
from labkit.widgets.chart import LiveChart, live_chart
from labkit.widgets.lights import service_lights
from labkit.widgets.live import stop_all
from labkit.widgets.log import LogView, log_view
from labkit.widgets.plan import house_plan
from labkit.widgets.topics import TopicExplorer, topic_explorer
from labkit.widgets.view import View

__all__ = [
    "BoardView",
    "LiveChart",
    "LogView",
    "TopicExplorer",
    "View",
    "board_view",
    "house_plan",
    "live_chart",
    "log_view",
    "service_lights",
    "stop_all",
    "topic_explorer",
]
