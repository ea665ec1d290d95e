"""The command line of the instructors' side: `grader sources | release | lint | audit`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from grader.layout import CourseFiles
from labkit.errors import LabkitError


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
    parser = argparse.ArgumentParser(prog="grader", description="Release the labs and prove their checks.")
    parser.add_argument("--root", type=Path, help="the course's folder; by default the one around the current folder")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    command = commands.add_parser("sources", help="rewrite solutions/*/NAME.ipynb from NAME.py")
    _labs(command)
    command.add_argument("--check", action="store_true", help="only compare; exit status 1 when one is out of step")
    command.set_defaults(run=_sources)

    command = commands.add_parser("release", help="make labs/ and stack/parts/ from solutions/")
    _labs(command)
    command.add_argument("--check", action="store_true", help="only compare; exit status 1 when they differ")
    command.add_argument("--bundle", type=Path, metavar="DIR", help="also make the zip for students in this folder")
    command.set_defaults(run=_release)

    command = commands.add_parser("lint", help="find what nbgrader takes without a word and then costs points")
    _labs(command)
    command.set_defaults(run=_lint)

    command = commands.add_parser("audit", help="prove the checks: run right, wrong, noisy and untouched answers")
    _labs(command)
    command.add_argument("--json", action="store_true", help="print every verdict as JSON")
    command.add_argument("--jobs", type=int, metavar="N", help="child processes at once; six a processor by default")
    command.set_defaults(run=_audit)

    return parser


def _labs(command: argparse.ArgumentParser) -> None:
    command.add_argument("labs", nargs="*", metavar="LAB", help="number or folder; all labs by default")


def _course(options: argparse.Namespace) -> CourseFiles:
    return CourseFiles.find(options.root)


def _sources(options: argparse.Namespace) -> int:
    from grader import sources

    stale = 0
    for lab in _course(options).labs(options.labs):
        changed = not sources.in_step(lab) if options.check else sources.rewrite(lab)
        stale += changed
        state = ("out of step: run `grader sources`" if options.check else "rewritten") if changed else "in step"
        print(f"{lab.folder}: {state}")
    return int(options.check and stale > 0)


def _release(options: argparse.Namespace) -> int:
    from grader.release import release

    course = _course(options)
    labs = course.labs(options.labs)
    differences = release(course, labs, check=options.check)
    for difference in differences:
        print(f"{difference.path}: {difference.what}")
    print(f"{len(labs)} labs, {len(differences)} files {'out of step' if options.check else 'written or removed'}")
    if options.check and differences:
        print("Try: grader release")
        return 1
    if options.bundle is not None:
        from grader import bundle

        path = bundle.write(course, options.bundle)
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB for students")
    return 0


def _lint(options: argparse.Namespace) -> int:
    from grader.lint import lint

    found = 0
    for lab in _course(options).labs(options.labs):
        traps = lint(lab)
        found += len(traps)
        print(f"{lab.folder}: {len(traps) or 'no'} traps")
        for trap in traps:
            print(f"  {trap}")
    return int(found > 0)


def _audit(options: argparse.Namespace) -> int:
    from grader import audit

    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    verdicts = audit.audit(_course(options).labs(options.labs), jobs=options.jobs, progress=progress)
    if options.json:
        print(json.dumps([verdict.data() for verdict in verdicts], indent=1))
    else:
        print(audit.table(verdicts))
    return int(any(verdict.defect for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
