"""`grader audit`: prove the checks: run right, wrong, noisy and untouched answers.

What `--json` prints is described in `grader.audit`; `--capsule` in `grader.audit_capsule`.
"""

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
    from grader.audit_hidden import leaks
    from grader.audit_table import table

    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    files = course(options)
    chosen = files.labs(options.labs)
    verdicts = audit.audit(chosen, jobs=options.jobs, progress=progress) + leaks(files, chosen)
    if options.json:
        print(json.dumps([verdict.data() for verdict in verdicts], indent=1))
    else:
        print(table(verdicts))
    return int(any(verdict.defect for verdict in verdicts))
