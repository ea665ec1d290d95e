"""Keeps what nbgrader logs as errors: its exceptions say only that there is a log."""

from __future__ import annotations

import logging


class Said(logging.Handler):
    """A handler whose `lines` are the errors, of a traceback only its last line."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; see the base class."""
        message = record.getMessage().rstrip()
        self.lines.append(message.splitlines()[-1] if message.startswith("Traceback") else message)
