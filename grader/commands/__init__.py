"""The commands of `grader`, one module each.

A module has `NAME`, `HELP`, `arguments(command)`, which adds its arguments, and `run(options)`, which returns the exit
status. It imports what it needs inside `run`: `grader --help` answers at once.
"""

from __future__ import annotations

import argparse

from grader.layout import CourseFiles


def labs(command: argparse.ArgumentParser) -> None:
    """Let a command take labs by number or folder.

    Args:
        command: its parser.
    """
    command.add_argument("labs", nargs="*", metavar="LAB", help="number or folder; all labs by default")


def course(options: argparse.Namespace) -> CourseFiles:
    """Return the course that a command line is about.

    Args:
        options: the parsed command line.

    Raises:
        CourseError: there is none.
    """
    return CourseFiles.find(options.root)
