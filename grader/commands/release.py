"""`grader release`: make labs/ and stack/parts/ from solutions/."""

from __future__ import annotations

import argparse
from pathlib import Path

from grader.commands import course, labs

NAME = "release"
HELP = "make labs/ and stack/parts/ from solutions/"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    labs(command)
    command.add_argument("--check", action="store_true", help="only compare; exit status 1 when they differ")
    command.add_argument("--bundle", type=Path, metavar="DIR", help="also make the zip for students in this folder")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from grader.release import release

    files = course(options)
    chosen = files.labs(options.labs)
    differences = release(files, chosen, check=options.check)
    for difference in differences:
        print(f"{difference.path}: {difference.what}")
    print(f"{len(chosen)} labs, {len(differences)} files {'out of step' if options.check else 'written or removed'}")
    if options.check and differences:
        print("Try: grader release")
        return 1
    if options.bundle is not None:
        from grader import bundle

        path = bundle.write(files, options.bundle)
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB for students")
    return 0
