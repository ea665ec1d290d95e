"""The dead letter: what is kept of a message that cannot be read (stack/contracts/f2.md)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache

LONGEST_PAYLOAD = 65_536
"""Bytes of a payload that a dead letter keeps."""


def dead_letter(
    code: str, reason: str, topic: str, payload: bytes, timestamp: str, *, point: int | None = None, source: str = ""
) -> bytes:
    """Write down a message that cannot be read.

    Args:
        code: one of the codes of stack/contracts/f2.md, such as `BAD_HEX`.
        reason: what is wrong, for a person.
        topic: the MQTT topic.
        payload: what was published.
        timestamp: when it arrived, ISO 8601.
        point: the DataPointId, if the message got so far.
        source: Kafka's place of it, `topic/partition/offset`: the same in every repeat of this dead letter.
    """
    return json.dumps({
        "code": code, "reason": reason, "topic": topic, "DataPointId": point, "timestamp": timestamp, "source": source,
        "payload_hex": payload[:LONGEST_PAYLOAD].hex(), "payload_bytes": len(payload),
    }).encode()


def to_iso(microseconds: int) -> str:
    """Write a moment: `2026-11-21T11:00:00.000042Z`.

    Args:
        microseconds: since 1970, UTC.

    Raises:
        OverflowError, ValueError, OSError: no calendar has such a year.
    """
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{_to_second(seconds)}.{rest:06d}Z"


@lru_cache(maxsize=64)
def _to_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
