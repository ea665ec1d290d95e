"""`grader lint`: find what nbgrader takes without a word and then costs points. What `--json` prints: `grader.lint`."""

from __future__ import annotations

import argparse
import json

from grader.commands import course, labs

NAME = "lint"
HELP = "find what nbgrader takes without a word and then costs points"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    labs(command)
    command.add_argument("--json", action="store_true", help="print every trap as JSON")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from grader.lint import lint

    found = {lab: lint(lab) for lab in course(options).labs(options.labs)}
    if options.json:
        print(json.dumps([trap.data() for traps in found.values() for trap in traps], indent=1))
    else:
        for lab, traps in found.items():
            print(f"{lab.folder}: {len(traps) or 'no'} traps")
            for trap in traps:
                print(f"  {trap}")
    return int(any(found.values()))
