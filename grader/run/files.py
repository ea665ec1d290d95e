"""Files that are written all or not at all, and read only as far as they may reach."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader.layout import CourseError


def write_atomically(path: Path, text: str) -> None:
    """Replace a file: a reader, or a run that is killed, finds the old text or the new one.

    Args:
        path: the file; its folder is made if need be.
        text: its new text, written as UTF-8.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise


def read_bounded(path: Path, most: int) -> bytes:
    """Read an ordinary file that a stranger made, without waiting and without following a link.

    Args:
        path: the file.
        most: how many bytes it may have.

    Raises:
        ValueError: it is a link, a pipe, a device or too large; the message ends a sentence that begins with its name.
        OSError: it cannot be opened.
    """
    if path.is_symlink():
        raise ValueError("is a link")
    # O_NONBLOCK: opening a named pipe would wait for a writer for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("is not an ordinary file")
        if found.st_size > most:
            raise ValueError(f"has {found.st_size / 1e6:.1f} MB, more than {most / 1e6:.1f} MB")
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"has more than {most / 1e6:.1f} MB")
    return content


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold a lock of the course: two runs at once would grade everything twice.

    Args:
        path: the lock's file. The system frees the lock of a process that was killed.

    Raises:
        CourseError: another run holds it, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a")
    except OSError as error:
        raise CourseError(f"{path} cannot be written: {error.strerror}.",
                          "run this as the owner of the course's folder.") from None
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(f"Another `grader run` is at work in {path.parent.parent}.",
                              "wait for it, or stop it with Ctrl-C where it runs.") from None
        yield
