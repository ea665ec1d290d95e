"""From what a result came, as one short text: a re-run grades what has another one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import labkit
from grader.layout import LabFiles
from grader.run.intake import HandedIn
from grader.run.settings import Settings

PACKAGES = Path(labkit.__file__).resolve().parent.parent
"""Where labkit, stack and grader are."""
_OF_A_LAB = re.compile(r"lab(\d\d)")


class States:
    """Makes the states of a run's submissions.

    Args:
        settings: of the course.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._labs: dict[str, str] = {}

    def of(self, handed_in: HandedIn, due: datetime | None = None) -> str:
        """Return the state of what was handed in: its files and time, the lab, its checks, the kit and the settings.

        Args:
            handed_in: what was handed in.
            due: when it was due for this student, UTC. It matters only to who is late.
        """
        found = hashlib.sha256(self._lab(handed_in.lab).encode())
        for name, content in [("", handed_in.raw), *sorted(handed_in.files.items())]:
            found.update(f"{name}\0{len(content)}\0".encode())
            found.update(content)
        found.update(f"{handed_in.timestamp}\0{handed_in.problem}".encode())
        if due is not None and handed_in.timestamp is not None and handed_in.timestamp > due:
            found.update(f"late since {due}".encode())
        return found.hexdigest()

    def _lab(self, lab: LabFiles) -> str:
        if lab.folder not in self._labs:
            found = hashlib.sha256()
            for path in [*_release(self._settings.folder("release", ".", lab.folder)), lab.checks, lab.hidden,
                         *_kit(lab.number)]:
                content = path.read_bytes() if path.is_file() else b""
                found.update(f"{path.name}\0{len(content)}\0".encode())
                found.update(content)
            found.update(self._settings.seed.encode())
            found.update(json.dumps(asdict(self._settings.limits), sort_keys=True).encode())
            found.update(_told(self._settings).encode())
            self._labs[lab.folder] = found.hexdigest()
        return self._labs[lab.folder]


def fingerprint(root: Path) -> str:
    """Return a short text for all that judging depends on, apart from the submissions: equal on equal machines.

    Args:
        root: the course's folder.
    """
    found = hashlib.sha256()
    chosen = [path for pattern in ("labkit/checks/*.py", "grader/hidden/*.py") for path in sorted(root.glob(pattern))]
    for path in [*chosen, *_release(root / "labs"), *_kit("")]:
        content = path.read_bytes()
        found.update(f"{path.name}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def _told(settings: Settings) -> str:
    """The settings of nbgrader that grades depend on; what is no text in them is told without its address."""
    return json.dumps({name: section for name, section in settings.config.items() if name != "NbGrader"},
                      sort_keys=True, default=lambda value: re.sub(r" at 0x[0-9a-f]+", "", repr(value)))


def _release(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and ".ipynb_checkpoints" not in path.parts)


def _kit(number: str) -> Iterable[Path]:
    """The programs that judge a lab, with the checks of that lab only; of no lab when `number` is empty."""
    for package in ("labkit", "stack", "grader/judge"):
        for path in sorted((PACKAGES / package).rglob("*.py")):
            other = _OF_A_LAB.match(path.stem)
            if other is None or other[1] == number:
                yield path
    yield PACKAGES / "grader" / "preprocessors.py"
