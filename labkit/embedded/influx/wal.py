"""The log in a directory: what was acknowledged is there after `kill -9`.

One file, `data-<generation>.log`: a line that names the format, then records, each with its length and CRC-32. A
change is applied, appended with write(2), and only then acknowledged. There is no fsync for it: bytes that write(2)
took belong to the system and outlive the process, however it dies; only a crash of the machine itself could lose the
last seconds, and that is not promised. At the start the records are replayed up to the first that is torn or damaged;
the file is cut there, so that later records follow a whole one.

A long log is replaced by a snapshot, which is a log too: of puts and of whole columns. It is written beside the old
one, fsynced (it will be the only copy), renamed to the next generation; then the old one is removed. After a crash
between these steps the higher generation counts.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.catalog import Bucket, from_json, kind_of, to_json
from labkit.embedded.influx.engine import Engine
from labkit.embedded.influx.lineparser import LinePoint
from labkit.embedded.influx.linevalues import LineError
from labkit.embedded.influx.points import SeriesKey
from labkit.embedded.influx.predicate import parse_predicate
from labkit.embedded.influx.series import DTYPES
from labkit.embedded.influx.store import BucketData, PartialWriteError
from labkit.errors import KitError

log = logging.getLogger("labkit.influx.wal")

MAGIC = b"labkit-influx-log 1\n"
_HEAD = struct.Struct("<II")
_MOST_BYTES = 1 << 31
_NAME = re.compile(r"data-(\d{6,})\.log")
COMPACT_AT_START_BYTES = 1 << 20
COMPACT_WHILE_RUNNING_BYTES = 256 << 20


def _record(header: dict[str, Any], blob: bytes = b"") -> bytes:
    payload = json.dumps(header, separators=(",", ":")).encode() + b"\n" + blob
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def read_records(data: bytes | memoryview) -> Iterator[tuple[dict[str, Any], bytes, int]]:
    """The whole records of a log, up to the first that is torn or damaged.

    Args:
        data: the file behind its first line.

    Returns:
        Of each record: its header, its bytes, and where it ends.
    """
    view, at = memoryview(data), 0
    while at + _HEAD.size <= len(view):
        length, checksum = _HEAD.unpack_from(view, at)
        end = at + _HEAD.size + length
        if length > _MOST_BYTES or end > len(view):
            return
        payload = bytes(view[at + _HEAD.size:end])
        if zlib.crc32(payload) != checksum:
            return
        line, _, blob = payload.partition(b"\n")
        yield json.loads(line), blob, end
        at = end


class Log:
    """A log that is open for appending. The engine's lock guards it.

    Args:
        directory: where it is.
        generation: the number in its name.
        lock: the file that says that the directory is in use.
    """

    def __init__(self, directory: Path, generation: int, lock: Any) -> None:
        self._directory = directory
        self._generation = generation
        self._lock = lock
        self._open()
        self._snapshot_bytes = 0

    def _path(self) -> Path:
        return self._directory / f"data-{self._generation:06d}.log"

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self._file = os.open(self._path(), flags, 0o600)
        self._size = os.fstat(self._file).st_size
        if not self._size:
            self._write(MAGIC)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._file, left):]
        except OSError:
            # Half a record would hide all that follow it from the next start.
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def append(self, header: dict[str, Any], blob: bytes = b"") -> None:
        """Add a record.

        Args:
            header: plain data; `op` names what it is.
            blob: bytes that go with it.

        Raises:
            OSError: the disk is full, or gone.
        """
        self._write(_record(header, blob))

    def compact_if_long(self, engine: Engine) -> None:
        """Replace the log by a snapshot if it has grown much since the last one."""
        if self._size - self._snapshot_bytes > max(COMPACT_WHILE_RUNNING_BYTES, self._snapshot_bytes):
            self.compact(engine)

    def compact(self, engine: Engine) -> None:
        """Replace the log by a snapshot."""
        old = self._path()
        part = self._directory / "snapshot.part"
        with part.open("wb") as file:
            file.write(MAGIC)
            for record in _snapshot(engine):
                file.write(record)
            file.flush()
            os.fsync(file.fileno())
        os.close(self._file)
        self._generation += 1
        part.replace(self._path())
        self._open()
        self._snapshot_bytes = self._size
        old.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the files."""
        os.close(self._file)
        self._lock.close()


def open_log(directory: Path, engine: Engine) -> Log:
    """Replay what a directory has into an empty engine and go on logging there.

    Args:
        directory: made if need be.
        engine: the database.

    Raises:
        KitError: another process uses the directory, or its files are of another format.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = _lock(directory)
    except OSError as error:
        raise KitError(f"cannot keep data in {directory}", tried=[str(error)], fix="choose another one.") from None
    (directory / "snapshot.part").unlink(missing_ok=True)
    generations = sorted(int(found[1]) for each in directory.iterdir() if (found := _NAME.fullmatch(each.name)))
    generation = generations[-1] if generations else 1
    path = directory / f"data-{generation:06d}.log"
    try:
        if path.exists():
            _replay(path, engine)
    except KitError:
        lock.close()
        raise
    for old in generations[:-1]:
        (directory / f"data-{old:06d}.log").unlink(missing_ok=True)
    opened = Log(directory, generation, lock)
    if path.stat().st_size > COMPACT_AT_START_BYTES:
        opened.compact(engine)
    return opened


def _lock(directory: Path) -> Any:
    file = (directory / "lock").open("a+")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise KitError(f"another process uses {directory}", fix="stop it, or choose another directory.") from None
    return file


def _replay(path: Path, engine: Engine) -> None:
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        if MAGIC.startswith(data):  # the process died while it wrote the first line
            path.unlink()
            return
        raise KitError(f"{path} is not a log of this engine", fix="choose another directory.")
    end = len(MAGIC)
    for header, blob, end_of_record in read_records(memoryview(data)[len(MAGIC):]):
        end = len(MAGIC) + end_of_record
        _apply(engine, header, blob)
    if end < len(data):
        torn = path.with_name(path.name + ".torn")
        torn.write_bytes(data[end:])
        log.warning("the last %d bytes of %s are not whole records; they were moved to %s", len(data) - end, path, torn)
        with path.open("r+b") as file:
            file.truncate(end)


def _apply(engine: Engine, header: dict[str, Any], blob: bytes) -> None:
    """Do again what a record says."""
    op = header["op"]
    if op == "put":
        item = from_json(header["kind"], header["item"])
        engine.catalog.put(item)
        if isinstance(item, Bucket):
            engine.points.setdefault(item.id, BucketData())
        return
    if op == "drop":
        engine.catalog.drop(header["kind"], header["id"])
        if header["kind"] == "bucket":
            engine.points.pop(header["id"], None)
        return
    data = engine.points.get(header["bucket"])
    if data is None:
        return
    with contextlib.suppress(PartialWriteError, LineError):
        if op == "write":
            data.write_text(blob.decode("utf-8", "surrogateescape"), header["now"], header["precision"],
                            header["retention"])
        elif op == "points":
            data.write_points([_point(each) for each in header["points"]], header["now"], header["retention"])
        elif op == "delete":
            data.delete(header["start"], header["stop"], parse_predicate(header["predicate"]))
        elif op == "fields":
            data.fields = {(measurement, name): type_ for measurement, name, type_ in header["fields"]}
        elif op == "series":
            key = SeriesKey(header["measurement"], tuple((a, b) for a, b in header["tags"]))
            times, values = _columns(header["type"], header["count"], blob)
            data.data(key, header["field"], header["type"]).load(times, values)


def _point(data: list[Any]) -> LinePoint:
    measurement, tags, fields, time_ns = data
    key = SeriesKey(measurement, tuple((a, b) for a, b in tags))
    return LinePoint(key, measurement, [(name, type_, value) for name, type_, value in fields], time_ns)


def _columns(type: str, count: int, blob: bytes) -> tuple[NDArray[np.int64], NDArray[Any]]:
    times = np.frombuffer(blob, np.int64, count)
    rest = blob[8 * count:]
    if type == "string":
        values = np.empty(count, object)
        values[:] = json.loads(rest)
        return times, values
    return times, np.frombuffer(rest, DTYPES[type], count)


def _snapshot(engine: Engine) -> Iterator[bytes]:
    for item in engine.catalog.items():
        yield _record({"op": "put", "kind": kind_of(item), "item": to_json(item)})
    for bucket, data in engine.points.items():
        fields = [[*name, type_] for name, type_ in data.fields.items()]
        yield _record({"op": "fields", "bucket": bucket, "fields": fields})
        for key, name, series in data.each():
            times, values = series.snapshot(-(2**63), 2**63 - 1)
            body = json.dumps(values.tolist()).encode() if series.type == "string" else values.tobytes()
            yield _record({"op": "series", "bucket": bucket, "measurement": key.measurement, "tags": key.tags,
                           "field": name, "type": series.type, "count": len(times)}, times.tobytes() + body)
