"""`labkit up`: the house, or some of its systems, running on what this machine has."""

from __future__ import annotations

from labkit.up.command import up

__all__ = ["up"]
