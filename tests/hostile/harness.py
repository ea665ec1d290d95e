"""Reads attempts, makes submissions of them, and looks whether anything was gained, seen or harmed.

An attempt is a file in `attempts/`: a head of comments in TOML, then cells in percent format.

    # tries = "what it tries"
    # lab = "91"                     the target; 92 has services, 93 is in C++
    # attacks = ["91.2"]             exercises with wrong answers; by default those whose answer cells it replaces
    # most = 0                       points that it may have in them: what the same wrong answers earn honestly
    # keeps = ["91.1"]               exercises that must keep all points, since they are answered honestly
    # incidents = ["time", ""]       one of these kinds must be told; "" stands for none
    # most_memory = 3500             of the room with all its processes at any moment, in MB
    # card_seconds = 1.5             the card tells fewer seconds
    # neighbour = "91"               the lab of the honest student after it; by default the same
    # docker = true                  it is tried in Docker's capsules, too
    # beats_nbgrader = "full marks"  what stock nbgrader 0.9.6 makes of it, where that was tried
    # %% ex-91-2                     the text of the answer cell with this grade id
    # %% last                        a cell at the end of the notebook; `last 400` makes 400 of them

In cells, `{{NAME}}` stands for a fact of the test: `CANARY` a file outside, `OUTSIDE` its folder with a gradebook,
`COURSE` the course, `HOST` and `PORT` a server of the host, `ID` a word that marks processes and sockets, `DEEP` ten
thousand levels of an expression.
"""

from __future__ import annotations

import base64
import json
import re
import site
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

import labkit
from grader.layout import CourseFiles, LabFiles
from grader.submission import Graded, Limits, Submission

HERE = Path(__file__).parent
HIDDEN_WORD = "quartzzebra"
"""Stands in hidden cases only."""
SECRET = "canary-5d1e8c"
"""Stands in files and in the environment outside of capsules only."""
POINTS = {
    "91": {"91.1": 2, "91.2": 6, "91.3": 2}, "92": {"92.1": 4, "92.2": 4, "92.3": 2}, "93": {"93.1": 2, "93.2": 6},
}
LIMITS = Limits(cell=4.0, submission=60.0, cpu=20, memory=640 << 20, processes=128, disk=48 << 20, output=128 << 10)
"""Short, so that what never ends is ended soon. An honest submission needs a tenth of each."""
LARGEST = 20 << 20
"""Characters of a graded notebook: an instructor's browser must open it."""
_CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Attempt:
    """One hostile submission; the fields are described in the module's text."""

    name: str
    tries: str
    cells: tuple[tuple[str, str], ...]
    lab: str = "91"
    attacks: tuple[str, ...] = ()
    most: float = 0
    keeps: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    docker: bool = False
    neighbour: str = ""
    beats_nbgrader: str = ""
    most_seconds: float = 90.0
    card_seconds: float = 0
    most_memory: float = 3500


def read(path: Path) -> Attempt:
    """Read the file of an attempt."""
    text = path.read_text(encoding="utf-8")
    heads = list(_CELL.finditer(text))
    lines = text[: heads[0].start()].splitlines()
    told = tomllib.loads("\n".join(line.removeprefix("#").strip() for line in lines))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    cells = tuple(
        (head[1].strip(), text[head.end() : end].strip("\n")) for head, end in zip(heads, ends, strict=True)
    )
    answered = tuple(where.removeprefix("ex-").replace("-", ".") for where, _ in cells if where.startswith("ex-"))
    options = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    return Attempt(path.stem, cells=cells, **{"attacks": answered, **options})


def attempts() -> list[Attempt]:
    """All attempts, in order of their names."""
    return [read(path) for path in sorted((HERE / "attempts").glob("*.py"))]


def lab_of(course: CourseFiles, number: str) -> LabFiles:
    """Return the target of that number."""
    return course.labs([number])[0]


def answered(lab: LabFiles) -> Any:
    """Return the released notebook of a lab with all answers in it, as a good student hands it in."""
    notebook = nbformat.read(lab.released, as_version=4)
    solved = {cell["id"]: cell for cell in nbformat.read(lab.solution, as_version=4).cells}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            lines = solved[cell["id"]].source.splitlines()
            cell.source = "\n".join(line for line in lines if "### BEGIN" not in line and "### END" not in line)
    return notebook


def cell_of(notebook: Any, grade_id: str) -> Any:
    """Return the cell with a grade id."""
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def filled(text: str, facts: Mapping[str, object]) -> str:
    """Put the facts of the test in their places."""
    for name, value in {**facts, "DEEP": "-" * 10_000 + "1"}.items():
        text = text.replace("{{" + name + "}}", str(value))
    return text


def submission(lab: LabFiles, attempt: Attempt, facts: Mapping[str, object], limits: Limits = LIMITS) -> Submission:
    """Make the submission of an attempt: honest answers, but for its cells."""
    notebook = answered(lab)
    for where, text in attempt.cells:
        if where.startswith("last"):
            copies = int(where.removeprefix("last") or 1)
            notebook.cells += [nbformat.v4.new_code_cell(filled(text, facts)) for _ in range(copies)]
        else:
            cell_of(notebook, where).source = filled(text, facts)
    return Submission(attempt.name, lab.folder, nbformat.writes(notebook), seed="hostile", limits=limits)


# What is installed may be shown below /tmp, too, read-only, from another file system: that is nobody's leftover.
LEFTOVERS = """
import builtins, os, sys

left = []
for place in ("/tmp", "/dev/shm", os.path.expanduser("~"), os.getcwd()):
    device = os.stat(place).st_dev
    for folder, inner, files in os.walk(place):
        inner[:] = [name for name in inner if os.lstat(os.path.join(folder, name)).st_dev == device]
        left += [os.path.join(folder, name) for name in inner + files
                 if any(word in name for word in ("hostile", "carried", "filler", "seen", "locked", "result.pkl"))]
print("left over:", left, hasattr(builtins, "hostile"))
"""
LEFTOVERS_OF_SERVICES = """
import threading
from influxdb_client import InfluxDBClient
import paho.mqtt.client as mqtt

found, ready = [], threading.Event()
looking = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
looking.on_connect = lambda *arguments: looking.subscribe("#", 1)
looking.on_message = lambda client, userdata, message: (
    found.append(message.topic) if message.topic != "end" else ready.set())
looking.on_subscribe = lambda *arguments: looking.publish("end", "", qos=1)
looking.connect(broker.host, broker.port)
looking.loop_start()
ready.wait(5)
with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
    names = [each.name for each in client.buckets_api().find_buckets().buckets]
left = [name for name in found + names if "carried" in name or "flood" in name]
print("left over:", left, False)
"""


def neighbour(lab: LabFiles, before: str = "") -> Submission:
    """Make the submission of an honest student, who looks around for what others left.

    Args:
        lab: the lab.
        before: a cell that runs before the look.
    """
    notebook = answered(lab)
    if before:
        notebook.cells.append(nbformat.v4.new_code_cell(before))
    notebook.cells.append(nbformat.v4.new_code_cell(LEFTOVERS_OF_SERVICES if lab.number == "92" else LEFTOVERS))
    return Submission("neighbour", lab.folder, nbformat.writes(notebook), seed="hostile")


def scores(graded: Graded) -> dict[str, float]:
    """Return the points by exercise."""
    return {exercise: float(result["score"]) for exercise, result in graded.results.items()}


def wrong_with(attempt: Attempt, graded: Graded) -> list[str]:
    """Say what a graded attempt gained or saw, and what its honest answers lost.

    Args:
        attempt: what was tried.
        graded: what came of it.
    """
    found = scores(graded)
    kinds = [incident.kind for incident in graded.incidents]
    problems = [f"the grader failed: {graded.fault}"] if graded.fault else []
    gained = sum(found.get(exercise, 0) for exercise in attempt.attacks)
    if gained > attempt.most:
        problems.append(f"it has {gained:g} points in {attempt.attacks}, and {attempt.most:g} are due")
    problems += [
        f"the honest answer to {exercise} has {found.get(exercise)} points: {findings(graded, exercise)}"
        for exercise in attempt.keeps
        if found.get(exercise) != POINTS[attempt.lab][exercise]
    ]
    if attempt.incidents and not (set(kinds) or {""}) & set(attempt.incidents):
        problems.append(f"incidents are {kinds}, and one of {attempt.incidents} should be told")
    problems += [f"the notebook has {word}" for word in leaked(graded.notebook)]
    problems += [f"{kind} has more points than it is worth" for kind in too_many(found, attempt.lab)]
    if len(graded.notebook) > LARGEST:
        problems.append(f"the notebook has {len(graded.notebook):,} characters")
    if attempt.card_seconds and (told := card_seconds(graded, attempt.attacks[0])) >= attempt.card_seconds:
        problems.append(f"the card tells {told} s")
    if graded.seconds > attempt.most_seconds:
        problems.append(f"it took {graded.seconds:.0f} s")
    return problems


def card_seconds(graded: Graded, exercise: str) -> float:
    """Return the largest number of seconds that the card of an exercise tells."""
    cells = json.loads(graded.notebook)["cells"]
    grade_id = f"check-{exercise.replace('.', '-')}"
    cell = next(cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)
    text = json.dumps(cell["outputs"])
    told = re.findall(r"\((?P<shown>[0-9.]+) s\)|seconds\W+(?P<data>[0-9.]+)", text)
    return max(float(shown or data) for shown, data in told)


def findings(graded: Graded, exercise: str) -> str:
    """Return what was found wrong with an exercise, for messages."""
    result = graded.results.get(exercise, {})
    told = [line["finding"]["found"] for line in result.get("criteria", []) if line["finding"]]
    return f"{told} {result.get('problem') or ''} {[each.text for each in graded.incidents]}"


def too_many(found: Mapping[str, float], lab: str) -> list[str]:
    """Return the exercises with more points than there are."""
    return [exercise for exercise, points in found.items() if points > POINTS[lab].get(exercise, 0)]


def leaked(text: str) -> list[str]:
    """Return what a text has of hidden cases and of secrets: plain, reversed, as hexadecimal digits or base64."""
    text = text.lower()
    return [form for word in (HIDDEN_WORD, SECRET) for form in _forms(word) if form.lower() in text]


def _forms(word: str) -> Iterable[str]:
    raw = word.encode()
    yield from (word, word[::-1], raw.hex())
    # Wherever it stands in a longer text: three ways to cut it into groups of three bytes, without the uncertain ends.
    for shift in range(3):
        cut = raw[(3 - shift) % 3 :]
        yield base64.b64encode(cut[: len(cut) // 3 * 3]).decode()


@dataclass
class Watch:
    """What must be as it was after every attempt.

    Args:
        outside: a folder of the host that everybody may write to, with a canary, a gradebook and another's submission.
        course: the course.
        id: marks processes and sockets of this test.
        connections: what reached the host's server.
        address: of the host's server.
    """

    outside: Path
    course: Path
    id: str
    connections: list[str] = field(default_factory=list)
    address: tuple[str, int] = ("", 0)
    _before: dict[Path, bytes] = field(default_factory=dict)

    def remember(self) -> None:
        """Note all files outside and in the course."""
        self._before = self._now()

    def _now(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for root in (self.outside, self.course) for path in _files(root)}

    def harm(self) -> list[str]:
        """Say what is not as it was."""
        now = self._now()
        harm = [f"{path} was changed" for path, content in self._before.items() if now.get(path) != content]
        harm += [f"{path} is new" for path in now if path not in self._before]
        harm += [f"{path} was written to" for path in _files(Path(labkit.__file__).parent) if _marked(path)]
        harm += [f"{path} is new" for path in _droppings() if path.exists()]
        harm += [f"the host's server was reached: {text}" for text in self.connections]
        return harm


def _files(root: Path) -> list[Path]:
    # A module's compiled form is no harm: any process of the tests may write it.
    return [path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc" and not path.is_symlink()]


def _marked(path: Path) -> bool:
    return path.suffix == ".away" or b"hostile was here" in path.read_bytes()


def _droppings() -> Iterable[Path]:
    """The places where attempts would leave start-up files and marks, if they could."""
    packages = [Path(folder) for folder in site.getsitepackages()]
    for folder in (*packages, Path(sys.prefix), Path(sys.executable).parent, Path("/etc"), Path("/usr"), Path("/dev"),
                   Path("/var/tmp"), Path("/run")):
        yield folder / "hostile-was-here"
    for name in ("hostile.pth", "sitecustomize.py"):
        yield from (folder / name for folder in packages)
    yield Path.home() / ".ipython" / "profile_default" / "startup" / "00-hostile.py"


def text_of(graded: Graded) -> str:
    """Return all outputs of a graded notebook as text."""
    cells = json.loads(graded.notebook)["cells"]
    return json.dumps([cell.get("outputs", []) for cell in cells], ensure_ascii=False)
