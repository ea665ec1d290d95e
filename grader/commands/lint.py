"""`grader lint`: find what nbgrader takes without a word and then costs points."""

from __future__ import annotations

import argparse

from grader.commands import course, labs

NAME = "lint"
HELP = "find what nbgrader takes without a word and then costs points"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    labs(command)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from grader.lint import lint

    found = 0
    for lab in course(options).labs(options.labs):
        traps = lint(lab)
        found += len(traps)
        print(f"{lab.folder}: {len(traps) or 'no'} traps")
        for trap in traps:
            print(f"  {trap}")
    return int(found > 0)
