"""`grader audit`: prove the checks: run right, wrong, noisy and untouched answers."""

from __future__ import annotations

import argparse
import json
import sys

from grader.commands import course, labs

NAME = "audit"
HELP = "prove the checks: run right, wrong, noisy and untouched answers"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    labs(command)
    command.add_argument("--json", action="store_true", help="print every verdict as JSON")
    command.add_argument("--jobs", type=int, metavar="N", help="child processes at once; six a processor by default")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from grader import audit

    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    verdicts = audit.audit(course(options).labs(options.labs), jobs=options.jobs, progress=progress)
    if options.json:
        print(json.dumps([verdict.data() for verdict in verdicts], indent=1))
    else:
        print(audit.table(verdicts))
    return int(any(verdict.defect for verdict in verdicts))
