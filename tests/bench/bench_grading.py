"""Grading a class: stock `nbgrader autograde` and `grader run`, on the same notebooks and services, in the same run.

`python -m tests.bench.bench_grading`. `BENCH_CLASS=6` makes the class smaller than 30, `BENCH_LABS=01` grades one lab
instead of both. Stock means: nbgrader's command with the course's settings, one submission after the other, the
student's kernel in the instructor's account, public cases only. In both courses nbgrader has released the lab before
the clock starts, as it has when students hand in. A cell has 30 s in both, nbgrader's own default: it is what the one
submission that never ends costs.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from grader.capsule.choose import Kind, choose
from grader.capsule.room import Room
from grader.layout import CourseFiles, LabFiles
from grader.run import results
from grader.submission import Graded
from labkit.errors import LabkitError
from tests.bench.grading_class import HandedIn, handed_in, write
from tests.bench.usage import Usage, processors, run
from tests.grader.judge import notebooks

ROOT = Path(__file__).resolve().parents[2]
SIZE = 30
LABS = "01,02"
CELL = 30
"""Seconds after which a cell is ended, by both."""
PROVIDERS = {"LABKIT_MQTT_PROVIDER": "native", "LABKIT_INFLUXDB_PROVIDER": "embedded"}
CAPSULES = 15
"""How often a submission is judged with a capsule, and how often without one, in turn."""
NEEDS = "needed: 5 times as fast, less than 4 GB, a capsule for at most 0.3 s"


def copied_course(root: Path, name: str) -> CourseFiles:
    """A copy of the course for one of the two, with equal limits."""
    course = root / name
    for folder in ("solutions", "labs", "labkit", "grader", "stack"):
        shutil.copytree(ROOT / folder, course / folder, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    settings = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    (course / "nbgrader_config.py").write_text(
        f"{settings}\nc.Execute.timeout = {CELL}\nc.GraderRun.limits = {{'cell': {CELL}}}\n"
        "c.GraderRun.seed = 'the bench'\n", encoding="utf-8")
    return CourseFiles(course)


def command(course: CourseFiles, *words: str) -> Usage:
    """Run a program of this environment in a course: its script, since `-m` would import the course's own files."""
    environment = {**os.environ, **PROVIDERS, "JUPYTER_PLATFORM_DIRS": "1"}
    programs = Path(sys.executable).parent
    environment["PATH"] = os.pathsep.join([str(programs), environment.get("PATH", "")])
    return run([str(programs / words[0]), *words[1:]], course.root, environment)


def release(course: CourseFiles, lab: LabFiles) -> None:
    """Make the gradebook, with the lab in it."""
    made = command(course, "nbgrader", "generate_assignment", lab.folder)
    if made.status:
        raise SystemExit(made.errors)


def stock(course: CourseFiles, lab: LabFiles) -> tuple[Usage, dict[str, dict[str, float] | None]]:
    """Let nbgrader grade a class; points of each student by cell, None for one without any."""
    used = command(course, "nbgrader", "autograde", lab.folder)
    found: dict[str, dict[str, float] | None] = {}
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        for folder in sorted((course.root / "submitted").iterdir()):
            try:
                notebook = gradebook.find_submission_notebook(lab.folder, lab.folder, folder.name)
                cells = {grade.name: grade.auto_score for grade in notebook.grades if grade.auto_score is not None}
                found[folder.name] = {_exercise(name): float(points) for name, points in cells.items()} or None
            except MissingEntry:
                found[folder.name] = None
    return used, found


def ours(course: CourseFiles, lab: LabFiles) -> tuple[Usage, dict[str, Any], dict[str, Graded]]:
    """Let `grader run` grade a class; its summary, and what came of each student."""
    used = command(course, "grader", "--root", str(course.root), "run", lab.number, "--json")
    if not used.output.startswith("{"):
        raise SystemExit(used.errors)
    return used, json.loads(used.output), {each.student: each for each in results.read(course, lab)}


def compare(submissions: list[HandedIn], plain: dict[str, dict[str, float] | None],
            judged: dict[str, Graded]) -> list[str]:
    """A line for each student whose points differ, with the reason."""
    lines, equal = [], 0
    for each in submissions:
        graded, before = judged.get(each.student), plain.get(each.student)
        told = f"  {each.student}, {each.kind}: "
        if graded is None or graded.fault:
            lines.append(f"{told}grader run could not judge it: {graded.fault if graded else 'no record'}")
        elif before is None:
            why = ", ".join(sorted({incident.kind for incident in graded.incidents}))
            lines.append(f"{told}stock has no score, grader run {graded.score:g} ({why})")
        else:
            reasons = [_reason(exercise, before.get(exercise, 0.0), result)
                       for exercise, result in sorted(graded.results.items())
                       if before.get(exercise, 0.0) != result["score"]]
            equal += not reasons
            if reasons:
                lines.append(f"{told}stock {sum(before.values()):g}, grader run {graded.score:g}: {'; '.join(reasons)}")
    return [f"  {equal} of {len(submissions)} students have the same points in every exercise", *lines]


def _reason(exercise: str, before: float, result: dict[str, Any]) -> str:
    hidden = [one["title"] for one in result["criteria"] if one["hidden"] and one["state"] != "passed"]
    if result["problem"]:
        why = f"the check broke: {result['problem']}"
    elif hidden and before > result["score"]:
        why = f"hidden cases of {', '.join(hidden)}"
    else:
        why = "NOT EXPLAINED"
    return f"{exercise} {before:g} -> {result['score']:g}, {why}"


def _exercise(cell: str) -> str:
    return cell.removeprefix("check-").replace("-", ".")


def capsule_cost() -> list[str]:
    """What a capsule costs: a notebook without services, judged in a warm room with and without one, in turn."""
    kind = choose()
    course = CourseFiles(notebooks.COURSE)
    submission = notebooks.submission(notebooks.notebook())
    taken: dict[Kind, list[float]] = {kind: [], Kind.NONE: []}
    with Room(kind, course) as inside, Room(Kind.NONE, course) as outside:
        for number in range(CAPSULES + 1):
            for each, room in ((kind, inside), (Kind.NONE, outside)):
                begun = time.monotonic()
                graded = room.grade(submission)
                if graded.fault:
                    raise SystemExit(graded.fault)
                if number:  # the first one makes the room
                    taken[each].append(time.monotonic() - begun)
    there, without = (statistics.median(taken[each]) for each in (kind, Kind.NONE))
    return [f"capsule ({kind.value}): {there - without:+.3f} s a submission (median of {CAPSULES}: "
            f"{there:.3f} s with it, {without:.3f} s without)"]


def told(what: str, used: Usage, size: int) -> str:
    """One line of a measurement."""
    busy = used.processor / used.seconds / processors()
    bound = "processors" if busy > 0.8 else "waiting" if busy < 0.5 else "processors and waiting"
    return (f"  {what:<18} {used.seconds:7.1f} s  {60 * size / used.seconds:6.1f} submissions/min"
            f"  {used.processor / size:5.1f} processor s each  {used.memory / 1e9:5.2f} GB"
            f"  {busy:4.0%} of {processors()} processors: bound by {bound}")


def main() -> None:
    """Measure, and print."""
    size = int(os.environ.get("BENCH_CLASS", SIZE))
    print(f"a class of {size}; {', '.join(f'{name}={value}' for name, value in PROVIDERS.items())}; {NEEDS}")
    try:
        print("\n".join(capsule_cost()), flush=True)
    except LabkitError as error:
        print(f"no capsules here: {error}")
        return
    for lab in CourseFiles(ROOT).labs(os.environ.get("BENCH_LABS", LABS).split(",")):
        submissions = handed_in(lab, size)
        with tempfile.TemporaryDirectory(prefix="bench-grading-") as temporary:
            root = Path(temporary)
            root.chmod(0o755)  # rooms have another account, where the grader is root
            courses = {name: copied_course(root, name) for name in ("stock", "ours")}
            for course in courses.values():
                write(submissions, lab, course.root)
                release(course, LabFiles(course.root, lab.folder))
            print(f"{lab.folder}, {len(submissions)} submissions", flush=True)
            mine, summary, judged = ours(courses["ours"], LabFiles(courses["ours"].root, lab.folder))
            print(told(f"grader run, {summary['slots']} at once", mine, size), flush=True)
            theirs, plain = stock(courses["stock"], LabFiles(courses["stock"].root, lab.folder))
            print(told("nbgrader autograde", theirs, size))
            longest = max(graded.seconds for graded in judged.values())
            print(f"  {theirs.seconds / mine.seconds:.1f} times as fast; the longest submission took {longest:.0f} s")
            print("\n".join(compare(submissions, plain, judged)), flush=True)


if __name__ == "__main__":
    main()
