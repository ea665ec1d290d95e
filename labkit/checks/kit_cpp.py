"""What a check starts of the student's C++, on the student's side: see `labkit.checks.kit`."""

from __future__ import annotations

from typing import Any

from labkit.cpp import workshop
from labkit.cpp.board import Board
from labkit.cpp.build import CompileError, Failed, compile_only
from labkit.cpp.driver import Driver
from labkit.cpp.driver_faults import fault
from labkit.services import Endpoint

_PATIENCE = 1.0
"""Seconds that a node gets to say goodbye at the end of a check."""


def firmware(file: str) -> Driver:
    """Make a driver for one of the student's files.

    Args:
        file: its name, such as `"telemetry.cpp"`.

    Raises:
        NotImplementedError: it is not written yet.
        LookupError: no cell of that name has run.
        CompileError: it does not compile.
        KitError: there is no compiler.
    """
    files = {file: _written(file)}
    try:
        return Driver(file.partition(".")[0], files)
    except CompileError:
        # Without the driver, of which the student knows nothing, the message is about their file alone.
        alone = compile_only(file, files)
        if isinstance(alone, Failed):
            raise alone.error from None
        raise


def board(broker: Endpoint, node_id: str, *, only: str, **options: Any) -> Node:
    """Start a virtual board whose firmware has one file of the student's, and plain stand-ins for the others.

    Args:
        broker: the broker.
        node_id: the node's id, a level of its topics.
        only: name of the student's file.
        options: further ones of `labkit.cpp.board.Board`.

    Raises:
        NotImplementedError: the file is not written yet.
        LookupError: no cell of that name has run.
        CompileError: the firmware does not compile with it.
        KitError: there is no compiler, or no libmosquitto.
    """
    return Node(broker, node_id, files={only: _written(only)}, only=(only,), **options)


class Node(Board):
    """A virtual board that can say what befell it, and that goes quickly when a check is over."""

    def well(self) -> bool:
        """Return True while all is well.

        Raises:
            Fault: its program has ended by itself.
        """
        if (found := self.finding) is not None:
            raise fault(found)
        return True

    def finish(self) -> dict[str, Any]:
        """Tell it to end in order, and return what it counted; see `Board.stop`."""
        return super().stop()

    def stop(self) -> dict[str, Any]:
        """Tell it to end; without a broker it does not get the time that a farewell takes."""
        self._process.stop(_PATIENCE)
        self.kill()
        return {}


def _written(file: str) -> str:
    text = workshop.text(file)
    if text is None:
        raise LookupError(f"there is no `{file}` in this notebook yet")
    if workshop.unwritten(file):
        raise NotImplementedError
    return text
