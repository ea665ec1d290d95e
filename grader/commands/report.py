"""`grader report`: one page on how a class is doing."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from grader.commands import course, labs

NAME = "report"
HELP = "make a page: scores, failed checks, misconceptions, who needs help"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    labs(command)
    command.add_argument("--similar", action="store_true", help="also look for answers that are alike")
    command.add_argument("--to", type=Path, metavar="FILE", help="the page; reports/report.html by default")
    command.add_argument("--json", action="store_true", help="print all numbers as JSON, write no page")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from grader.export import scores
    from grader.pages import write
    from grader.report import page
    from grader.report.counts import count
    from grader.run import results
    from grader.run.settings import Settings
    from grader.similar import answers
    from grader.similar.compare import pairs

    files = course(options)
    chosen = files.labs(options.labs)
    settings = Settings(files)
    found = scores.read(settings, chosen)
    graded = [lab for lab in chosen if lab.folder in found.most]
    counted = [count(lab.folder, found, results.read(files, lab)) for lab in graded]
    # A lab that is only registered has nothing to tell, unless it was asked for by name.
    shown = [one for one in counted if one.scores or one.unscored or options.labs]
    alike = {lab.folder: pairs(answers.collect(settings, lab).answers, answers.known(lab))
             for lab in graded} if options.similar else None
    if options.json:
        data = {one.lab: {**one.data(), **({"similar": [pair.data() for pair in alike[one.lab]]} if alike else {})}
                for one in shown}
        print(json.dumps({"course": settings.folders.course_id, "students": len(found.people), "labs": data}, indent=1))
        return 0
    path = write(options.to or files.root / "reports" / "report.html",
                 page.draw(settings.folders.course_id or files.root.name, len(found.people), shown, alike))
    print(f"{path}: {len(shown)} labs, {sum(len(one.scores) for one in shown)} scores")
    return 0
