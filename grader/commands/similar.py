"""`grader similar`: list answers of students that are so alike that a person should look at them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from grader.commands import course, labs

NAME = "similar"
HELP = "list answers that are unusually alike, side by side"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    labs(command)
    command.add_argument("--threshold", type=_share, metavar="SHARE",
                         help="what both answers have in common of what is their own, 0 to 1; 0.6 by default")
    command.add_argument("--to", type=Path, metavar="DIR", help="folder of the pages; reports/ by default")
    command.add_argument("--json", action="store_true", help="print the pairs as JSON, write no page")


def _share(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from grader.layout import CourseError
    from grader.pages import write
    from grader.run.settings import Settings
    from grader.similar import answers, page
    from grader.similar.compare import THRESHOLD, Rules, pairs

    files = course(options)
    chosen = files.labs(options.labs)
    settings = Settings(files)
    rules = Rules(threshold=options.threshold or THRESHOLD)
    told: dict[str, Any] = {}
    compared = 0
    for lab in chosen:
        read = answers.collect(settings, lab)
        if not read.answers and not read.unread:
            continue
        compared += 1
        known = answers.known(lab)
        found = pairs(read.answers, known, rules)
        students = len({answer.student for answer in read.answers})
        told[lab.folder] = {"students": students, "threshold": rules.threshold,
                            "pairs": [pair.data() for pair in found], "unread": [list(one) for one in read.unread]}
        if options.json:
            continue
        path = write((options.to or files.root / "reports") / f"{lab.folder}-similar.html",
                     page.draw(lab, read, found, known, rules))
        counted = "1 pair" if len(found) == 1 else f"{len(found) or 'no'} pairs"
        print(f"{lab.folder}: {students} students, {counted} to look at, {path}")
        for student, why in read.unread:
            print(f"  not compared: {student}: {why}")
    if not compared:
        raise CourseError(f"There are no submissions in {settings.folder('submitted', '', '')}.",
                          "collect them first; nbgrader's folder is submitted/STUDENT/LAB/LAB.ipynb.")
    if options.json:
        print(json.dumps(told, indent=1))
    return 0
