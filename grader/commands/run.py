"""`grader run`: grade what is in the submitted folder, each submission in a capsule."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands import course, labs
from grader.layout import CourseError
from grader.run import slots

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.layout import CourseFiles
    from grader.run.pool import Pool

NAME = "run"
HELP = "grade what is in the submitted folder, each submission in a capsule"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    labs(command)
    command.add_argument("--students", metavar="A,B", default="",
                         help="only these students, separated by commas; @FILE reads them from a file, one a line")
    command.add_argument("--jobs", type=int, metavar="N",
                         help=f"submissions at once; by default {slots.A_PROCESSOR} a processor, fewer where memory is "
                              "short")
    command.add_argument("--dask", metavar="ADDRESS", help="judge on the workers of a Dask cluster: tcp://HOST:8786")
    command.add_argument("--no-capsule", action="store_true",
                         help="without protection, where neither bubblewrap nor Docker is to be had")
    command.add_argument("--force", action="store_true", help="grade also what did not change")
    command.add_argument("--json", action="store_true", help="print the summary as JSON")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status: 1 for faults of the grader, 130 if it was stopped."""
    from grader.run.coordinator import grade
    from grader.run.progress import reporter

    files = course(options)
    chosen = files.labs(options.labs)
    students = _students(options.students)
    if options.jobs is not None and options.jobs < 1:
        raise CourseError(f"--jobs {options.jobs} would grade nothing.", "give 1 or more, or leave it out.")
    reporting = reporter()
    summary = grade(files, chosen, lambda _: _pool(files, options, reporting.say), reporting, students=students,
                    force=options.force)
    print(json.dumps(summary.data(), indent=1) if options.json else summary.text())
    if summary.stopped:
        return 128 + signal.SIGINT
    return int(summary.count("fault") > 0)


def _students(told: str) -> list[str]:
    if told.startswith("@"):
        try:
            told = Path(told[1:]).read_text(encoding="utf-8").replace("\n", ",")
        except (OSError, UnicodeDecodeError) as error:
            raise CourseError(f"The list of students {told[1:]} cannot be read: {error}.",
                              "give a text file with one id a line.") from None
    return [name.strip() for name in told.split(",") if name.strip()]


def _pool(files: CourseFiles, options: argparse.Namespace, say: Callable[[str], None]) -> Pool:
    from grader.capsule.choose import WITHOUT, choose
    from grader.capsule.room import Room
    from grader.run import slots
    from grader.run.pool import LocalPool

    if options.no_capsule:
        print(WITHOUT, file=sys.stderr)
    if options.dask:
        from grader.run.dask import DaskPool

        return DaskPool(options.dask, files, no_capsule=options.no_capsule)
    kind = choose(no_capsule=options.no_capsule)
    usual, why = slots.usual()
    if options.jobs is None:
        say(f"{usual} at once ({why}), capsules by {kind.value}")
    return LocalPool(lambda: Room(kind, files), options.jobs or usual)
