"""Looks at processes that may end between two questions: psutil would raise then, in a test that waits for that."""

from __future__ import annotations

import psutil


def words(process: psutil.Process) -> list[str]:
    """The words of its command line; none when it has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def name(process: psutil.Process) -> str:
    """The name of its program; empty when it has ended."""
    try:
        return process.name()
    except psutil.Error:
        return ""


def runs(process: psutil.Process) -> bool:
    """Whether it still runs: one that has ended and is not collected yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
