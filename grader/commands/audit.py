"""`grader audit`: prove the checks: run right, wrong, noisy and untouched answers.

What `--json` prints is described in `grader.audit`; `--capsule` in `grader.audit_capsule`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from grader.commands import course, labs

NAME = "audit"
HELP = "prove the checks: run right, wrong, noisy and untouched answers"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    labs(command)
    command.add_argument("--json", action="store_true", help="print every verdict as JSON")
    command.add_argument("--jobs", type=int, metavar="N", help="child processes at once; six a processor by default")
    command.add_argument("--capsule", action="store_true",
                         help="then run every answer in a capsule too, as `grader run` does, and compare (long)")


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
    if options.capsule:
        from grader import audit_capsule

        plans = [(lab, plan) for lab in chosen for plan in audit.plans([lab])]
        # A room takes a processor's half: its kernel and its services mostly wait.
        inside = audit_capsule.audit(files, plans, jobs=2 * (os.cpu_count() or 1), progress=progress)
        verdicts += audit_capsule.disagreements(verdicts, inside)
        progress(f"{sum(verdict.report is not None for verdict in inside)} answers in capsules")
    if options.json:
        print(json.dumps([verdict.data() for verdict in verdicts], indent=1))
    else:
        print(table(verdicts))
    return int(any(verdict.defect for verdict in verdicts))
