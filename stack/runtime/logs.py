"""Structured logs: one JSON object a line on standard error, from the services and from the libraries they use."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

_QUIET = ("waitress", "waitress.queue", "urllib3", "uvicorn", "uvicorn.access", "uvicorn.error", "asyncio")
"""Libraries that say on every request what the metrics say better."""


def configure(service: str, level: str = "INFO") -> Any:
    """Set up the logs of this process.

    Args:
        service: its name, in every line.
        level: `"DEBUG"`, `"INFO"`, `"WARNING"` or `"ERROR"`.

    Returns:
        the logger: `log.info("batch stored", rows=500)`.
    """

    def ordered(_logger: Any, _method: str, line: Any) -> Any:
        # What a person looks for first stands first.
        return {"time": line.pop("time"), "level": line.pop("level"), "service": service,
                "event": line.pop("event"), **line}

    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            ordered,
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        ],
    ))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    return structlog.get_logger(service)
