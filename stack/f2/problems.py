"""What a stage says of an exception: of an error in the part also where, for whoever wrote it."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import psycopg
from confluent_kafka import KafkaException

_HERE = str(Path(__file__).parent)
AWAY = (OSError, psycopg.Error, KafkaException)
"""What is raised when something is away: the message says what."""


def described(error: BaseException) -> str:
    """Say what is wrong, in one line.

    Args:
        error: it was caught by the frame of a stage.

    Returns:
        the message; of an error of the program also its type, and the function and line of the part.
    """
    text = str(error).strip()
    if isinstance(error, AWAY):
        return text or type(error).__name__
    return f"{type(error).__name__}: {text}{_place(error)}" if text else type(error).__name__ + _place(error)


def _place(error: BaseException) -> str:
    """The innermost line that is neither the frame's nor a library's."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        library = "site-packages" in frame.filename or frame.filename.startswith((sys.base_prefix, "<frozen"))
        if not library and not frame.filename.startswith(_HERE):
            return f" (in {frame.name}, line {frame.lineno})"
    return ""
