"""`grader export`: write the scores of a class as CSV, for a spreadsheet, Canvas or Moodle."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from grader.commands import course, labs

NAME = "export"
HELP = "write the scores as CSV, for a spreadsheet, Canvas or Moodle"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    labs(command)
    command.add_argument("--format", choices=("plain", "canvas", "moodle"), default="plain", help="plain by default")
    command.add_argument("--class-list", type=Path, metavar="CSV",
                         help="the students: id, first_name, last_name, email, lms_id, or as an LMS exports them")
    command.add_argument("--title", action="append", default=[], metavar="LAB=TEXT",
                         help="name of a lab's column, as the LMS names its assignment")
    command.add_argument("--to", metavar="FILE", help="the file; reports/grades-FORMAT.csv by default, - prints")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from grader.export import roster, scores, tables
    from grader.layout import CourseError
    from grader.pages import write
    from grader.run.settings import Settings

    files = course(options)
    titles = {}
    for given in options.title:
        name, equals, title = given.partition("=")
        if not equals or not title.strip():
            raise CourseError(f"--title {given!r} is not LAB=TEXT.", 'write it like --title "01=Lab 1 (4711)".')
        titles[files.labs([name])[0].folder] = title
    found = scores.read(Settings(files), files.labs(options.labs))
    if not options.labs:
        # Canvas would make an assignment of the empty column of a lab that nobody has handed in yet.
        graded = {lab for _, lab in found.scores}
        found = replace(found, most={lab: most for lab, most in found.most.items() if lab in graded})
    listed = roster.read(options.class_list, found.people, found.emails) if options.class_list else None
    table = tables.make(options.format, found, listed, titles)
    for line in table.told:
        print(line, file=sys.stderr)
    if options.to == "-":
        sys.stdout.write(table.text)
    else:
        usual = files.root / "reports" / f"grades-{options.format}.csv"
        path = write(Path(options.to) if options.to else usual, table.text)
        print(f"{path}: {len(found.scores)} scores of {len(found.most)} labs")
    return 0
