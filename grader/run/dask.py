"""Rooms on the workers of a Dask cluster: the same judging, for a class that outgrows one machine.

Only submissions and results travel. Each worker has the course at the same path, and keeps a room for each of its
threads; the rooms end with the run, and with the worker.
"""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import Any

from distributed import Client, Future, WorkerPlugin, get_worker

from grader.layout import CourseError, CourseFiles
from grader.run.pool import RoomLike, judged
from grader.run.state import fingerprint
from grader.submission import Graded, Submission

CONNECTING = 20.0
"""Seconds in which the scheduler must answer."""


class _Rooms(WorkerPlugin):
    """The rooms of one worker for one course.

    Args:
        root: the course's folder.
        no_capsule: as the command's option.
    """

    def __init__(self, root: str, no_capsule: bool) -> None:
        self.name = _name(root)
        self._root, self._no_capsule = root, no_capsule

    def setup(self, worker: Any) -> None:  # noqa: ARG002
        self._rooms: dict[int, RoomLike] = {}
        self._lock = threading.Lock()

    def teardown(self, worker: Any) -> None:  # noqa: ARG002
        with self._lock:
            rooms, self._rooms = list(self._rooms.values()), {}
        for room in rooms:
            room.close()

    def room(self) -> RoomLike:
        """The room of the thread that asks: it ends when the thread that started it ends."""
        from grader.capsule.choose import choose
        from grader.capsule.room import Room

        with self._lock:
            here = threading.get_ident()
            if here not in self._rooms:
                self._rooms[here] = Room(choose(no_capsule=self._no_capsule), CourseFiles(Path(self._root)))
            return self._rooms[here]


def _name(root: str) -> str:
    return f"grader-rooms:{root}"


def _judge(root: str, data: dict[str, Any]) -> dict[str, Any]:
    """On a worker: judge one submission."""
    rooms: _Rooms = get_worker().plugins[_name(root)]
    return judged(rooms.room(), Submission.read(data)).data()


def _look(root: str, no_capsule: bool) -> tuple[str, str]:
    """On a worker: which files it judges with, and what stands in the way."""
    from grader.capsule.choose import choose

    if not Path(root).is_dir():
        return "", f"it has no folder {root}"
    try:
        choose(no_capsule=no_capsule)
    except CourseError as error:
        return "", str(error)
    return fingerprint(Path(root)), ""


class DaskPool:
    """The workers of a cluster.

    Args:
        address: of the scheduler, `tcp://HOST:PORT`.
        course: the course; it must be at the same path on every worker, with the same files.
        no_capsule: as the command's option.

    Raises:
        CourseError: there is no such cluster, it has no worker, or a worker is not fit to judge.
    """

    def __init__(self, address: str, course: CourseFiles, *, no_capsule: bool = False) -> None:
        self._root = str(course.root)
        self._done: queue.SimpleQueue[tuple[Submission, Graded]] = queue.SimpleQueue()
        self._futures: set[Future] = set()
        self._closing = False
        try:
            self._client = Client(address, timeout=CONNECTING, set_as_default=False, name="grader-run")
        except (OSError, ValueError) as error:
            raise CourseError(f"There is no Dask scheduler at {address}: {error}",
                              "start one with `dask scheduler`, and workers with `dask worker ADDRESS`.") from None
        try:
            self._ask(no_capsule)
            self._client.register_plugin(_Rooms(self._root, no_capsule))
        except BaseException:
            self._client.close()
            raise
        self.slots = sum(self._client.nthreads().values())

    def _ask(self, no_capsule: bool) -> None:
        said: dict[str, Any] = self._client.run(_look, self._root, no_capsule, on_error="return")
        if not said:
            raise CourseError("The Dask cluster has no worker.", "start some with `dask worker ADDRESS`.")
        ours = fingerprint(Path(self._root))
        for worker, found in said.items():
            files, problem = ("", str(found)) if isinstance(found, Exception) else found
            if not problem and files != ours:
                problem = f"its checks, its labs in {self._root} or its kit are not those of this machine"
            if problem:
                raise CourseError(f"The Dask worker {worker} cannot judge: {problem}",
                                  f"bring the course to {self._root} and the same kit to every worker, for instance "
                                  "by a shared folder; then start the workers again.")

    def put(self, submission: Submission) -> None:
        """Hand in one more."""
        # Not pure: the same submission is judged again if it is handed in again.
        future = self._client.submit(_judge, self._root, submission.data(), pure=False)
        self._futures.add(future)

        def done(ended: Future) -> None:
            self._futures.discard(ended)
            if not self._closing:
                self._done.put((submission, _outcome(ended, submission)))

        future.add_done_callback(done)

    def get(self, timeout: float) -> tuple[Submission, Graded] | None:
        """Return one that is judged; see `grader.run.pool.Pool`."""
        try:
            return self._done.get(timeout=timeout)
        except queue.Empty:
            return None

    def withdraw(self) -> list[Submission]:
        """Take back nothing: what a worker has begun cannot be told from what waits there, and little waits."""
        return []

    def close(self, *, now: bool = False) -> None:
        """End it; the cluster stays. See `grader.run.pool.Pool`."""
        self._closing = True
        if now:
            self._client.cancel(list(self._futures), force=True)
        self._client.unregister_worker_plugin(_name(self._root))
        self._client.close()


def _outcome(ended: Future, submission: Submission) -> Graded:
    if ended.status == "finished":
        return Graded.read(ended.result())
    error = ended.exception() if ended.status == "error" else None
    told = f"{type(error).__name__}: {error}" if error else f"the work was {ended.status}"
    return Graded(submission.student, submission.lab, submission.notebook, fault=f"On the Dask cluster: {told}")
