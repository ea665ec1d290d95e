"""`grader feedback`: make the pages that students get back, and release them."""

from __future__ import annotations

import argparse
import sys

from grader.commands import course, labs

NAME = "feedback"
HELP = "make the pages that students get back, and release them"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    labs(command)
    command.add_argument("--students", metavar="A,B", default="", help="only these students, separated by commas")
    command.add_argument("--show-hidden", action="store_true",
                         help="show what hidden cases found: with it, the cases are no longer hidden")
    command.add_argument("--no-release", action="store_true", help="only make the pages in feedback/")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status: 1 if a page could not be made or released."""
    from grader.export.scores import gradebook
    from grader.feedback import exchange, pages
    from grader.layout import CourseError
    from grader.run import results
    from grader.run.settings import Settings

    files = course(options)
    chosen = files.labs(options.labs)
    settings = Settings(files)
    with gradebook(settings):
        pass
    wanted = [name.strip() for name in options.students.split(",") if name.strip()]
    reason = "" if options.no_release else exchange.problem(settings)
    made, kept, failed = 0, list[str](), 0
    there = {lab.folder: pages.graded(settings, lab) for lab in chosen}
    if not any(there.values()):
        raise CourseError(f"There are no graded notebooks in {settings.folder('autograded', '', '')}.",
                          "run `grader run` first.")
    for student in pages.chosen(sorted({name for names in there.values() for name in names}), wanted)[1]:
        print(f"{student}: nothing is graded. Is that the id in the gradebook?", file=sys.stderr)
        failed += 1
    for lab in chosen:
        for student in pages.chosen(there[lab.folder], wanted)[0]:
            record = results.read_one(files, lab, student) if options.show_hidden else None
            if options.show_hidden and record is None:
                print(f"{lab.folder}, {student}: `grader run` has no record of hidden cases.", file=sys.stderr)
            page = pages.make(settings, lab, student, record.results if record else None)
            if page.path is None:
                print(f"{lab.folder}, {student}: no page: {page.problem}", file=sys.stderr)
                failed += 1
                continue
            made += 1
            if not options.no_release and not reason and (why := exchange.release(settings, page)):
                kept.append(f"{lab.folder}, {student}: {why}")
    print(f"{made} pages in {settings.folder('feedback', '', '')}, {_released(made, kept, reason, options.no_release)}")
    for line in kept:
        print(f"  not released: {line}", file=sys.stderr)
    return int(failed > 0)


def _released(made: int, kept: list[str], reason: str, asked_not_to: bool) -> str:
    if asked_not_to:
        return "none released"
    if reason:
        return f"none released: {reason}. Hand them out as files, or set c.Exchange.root."
    return f"{made - len(kept)} released into the exchange"
