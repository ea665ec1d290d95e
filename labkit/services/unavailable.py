"""Why a provider cannot run a service."""

from __future__ import annotations

from collections.abc import Sequence


class UnavailableError(Exception):
    """A provider cannot run this service here; the next one may.

    Args:
        reason: why, one short sentence without a capital.
        log: the last lines of the server's log.
        fix: what would make it possible.
        started: whether it was tried, and failed; else it is just not there.
    """

    def __init__(self, reason: str, *, log: Sequence[str] = (), fix: str = "", started: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.log = tuple(log)
        self.fix = fix
        self.started = started
