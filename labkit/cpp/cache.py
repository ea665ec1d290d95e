"""Keeps what was compiled: entries named by the hash of all that they were made of.

An entry is a folder with the file itself and what is known of it. It appears under its name all at once, so two kernels
can build the same thing, and a power cut leaves none by halves. One that was damaged since is thrown away and built
again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT = 400 * 1024 * 1024
"""Bytes that the cache may hold; beyond it the entries that were not used for the longest time go."""
_TIDY_EVERY = 600.0
"""Seconds between two looks at the size."""
_ORPHAN = 3600.0
"""A folder of work that is older than this many seconds was left by a process that was killed."""
WORK = "work-"
"""How the names of folders begin in which something is being made."""
SOURCES = "source"
"""The folder in there that holds the student's files."""
_FILE, _FACTS = "made", "facts.json"


@dataclass(frozen=True)
class Entry:
    """Something that was made.

    Args:
        path: the file.
        facts: what was said with it.
    """

    path: Path
    facts: dict[str, Any]


def folder() -> Path:
    """Return the folder of this user's cache, made if it was not there: LABKIT_CPP_CACHE, or the system's place for
    caches; where that cannot be written, a folder for temporary files.
    """
    if given := os.environ.get("LABKIT_CPP_CACHE"):
        place = Path(given).expanduser()
    elif sys.platform == "darwin":
        place = Path.home() / "Library" / "Caches" / "labkit" / "cpp"
    else:
        place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "labkit" / "cpp"
    try:
        place.mkdir(parents=True, exist_ok=True)
        if os.access(place, os.W_OK | os.X_OK):
            return place.resolve()
    except OSError:
        pass
    user = os.getuid() if hasattr(os, "getuid") else 0
    spare = Path(tempfile.gettempdir()) / f"labkit-cpp-{user}"
    spare.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and spare.stat().st_uid != user:  # somebody else's programs must not be run
        spare = Path(tempfile.mkdtemp(prefix="labkit-cpp-"))
    return spare.resolve()


def find(key: str) -> Entry | None:
    """Return the entry of that key, from LABKIT_CPP_CACHE_SHARED if it is there, or None.

    Args:
        key: the hash of all that it is made of.
    """
    shared = os.environ.get("LABKIT_CPP_CACHE_SHARED")
    if shared and (entry := _read(Path(shared).expanduser().resolve() / key)):
        return entry
    own = folder() / key
    if not own.is_dir():  # asked first: what another process puts there from now on is not damaged
        return None
    entry = _read(own)
    if entry is None:
        shutil.rmtree(own, ignore_errors=True)
        return None
    with contextlib.suppress(OSError):
        os.utime(own)  # used just now
    return entry


def make(key: str, build: Callable[[Path, Path], dict[str, Any]]) -> Entry:
    """Make an entry.

    Args:
        key: the hash of all that it is made of.
        build: is given a folder to work in, which is removed afterwards, and the path of the file to make; returns the
            facts, plain data. If it raises, there is no entry.

    Returns:
        The entry; if another process was faster, that one's.
    """
    root = folder()
    work = Path(tempfile.mkdtemp(prefix=WORK, dir=root))
    try:
        fresh = work / "entry"
        fresh.mkdir()
        facts = build(work, fresh / _FILE)
        content = (fresh / _FILE).read_bytes()
        told = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "facts": facts}
        (fresh / _FACTS).write_text(json.dumps(told), "utf-8")
        with contextlib.suppress(OSError):  # it is there already
            fresh.rename(root / key)
        entry = _read(root / key)
        if entry is None:  # what is there is damaged
            shutil.rmtree(root / key, ignore_errors=True)
            fresh.rename(root / key)
            entry = Entry(root / key / _FILE, facts)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _tidy(root, keep=key)
    return entry


def _read(place: Path) -> Entry | None:
    try:
        told = json.loads((place / _FACTS).read_bytes())
        content = (place / _FILE).read_bytes()
        whole = len(content) == told["size"] and hashlib.sha256(content).hexdigest() == told["sha256"]
        return Entry(place / _FILE, told["facts"]) if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _tidy(root: Path, *, keep: str) -> None:
    """Remove the entries that were not used for the longest time, and what killed processes left."""
    mark = root / ".tidied"
    now = time.time()
    with contextlib.suppress(OSError):
        if mark.exists() and now - mark.stat().st_mtime < _TIDY_EVERY:
            return
        mark.touch()
        tidy(root, LIMIT, keep=keep)


def tidy(root: Path, limit: int, *, keep: str = "") -> None:
    """Bring the cache below its limit.

    Args:
        root: folder of the cache.
        limit: bytes.
        keep: key of an entry that stays.
    """
    now = time.time()
    found = []
    for place in root.iterdir():
        with contextlib.suppress(OSError):
            used = place.stat().st_mtime
            if place.name.startswith(WORK):
                if now - used > _ORPHAN:
                    shutil.rmtree(place, ignore_errors=True)
            elif place.is_dir() and place.name != keep:
                found.append((used, sum(file.stat().st_size for file in place.iterdir()), place))
    total = sum(size for _, size, _ in found)
    for _, size, place in sorted(found, key=lambda one: one[0]):
        if total <= limit:
            break
        shutil.rmtree(place, ignore_errors=True)
        total -= size
