"""`grader sources`: rewrite solutions/*/NAME.ipynb from NAME.py."""

from __future__ import annotations

import argparse

from grader.commands import course, labs

NAME = "sources"
HELP = "rewrite solutions/*/NAME.ipynb from NAME.py"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    labs(command)
    command.add_argument("--check", action="store_true", help="only compare; exit status 1 when one is out of step")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from grader import sources

    stale = 0
    for lab in course(options).labs(options.labs):
        changed = not sources.in_step(lab) if options.check else sources.rewrite(lab)
        stale += changed
        state = ("out of step: run `grader sources`" if options.check else "rewritten") if changed else "in step"
        print(f"{lab.folder}: {state}")
    return int(options.check and stale > 0)
