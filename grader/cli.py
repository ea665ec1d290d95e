"""The command line of the instructors' side; each command is a module of `grader.commands`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from labkit.errors import LabkitError

COMMANDS = ("sources", "release", "lint", "audit", "run", "feedback", "export", "report", "similar")
"""The modules of `grader.commands`, in the order of `grader --help`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the command line without the program's name; that of the process by default.

    Returns:
        the exit status: 0 when all is well, 1 when something is found or cannot be done.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except LabkitError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="grader", description="The instructors' side: release the labs, prove "
                                     "their checks, grade a class. grader/README.md leads from class list to returned "
                                     "feedback.",
                                     epilog="`grader COMMAND --help` lists the options of a command.")
    parser.add_argument("--root", type=Path, help="the course's folder; by default the one around the current folder")
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in (import_module(f"grader.commands.{name}") for name in COMMANDS):
        told = f"{module.HELP[0].upper()}{module.HELP[1:]}."
        command = subparsers.add_parser(module.NAME, help=module.HELP, description=told)
        module.arguments(command)
        command.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
