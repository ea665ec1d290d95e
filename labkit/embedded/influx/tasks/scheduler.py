"""Runs the active tasks when they are due, and the points out of their retention.

One thread waits for the next due time, or until a task changes. Each task has its own thread while it has runs to do,
so a slow task does not hold up another, and the runs of one task follow each other. Missed runs are not made up for, as
in InfluxDB.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque

from labkit.embedded.influx.api.http import ApiError
from labkit.embedded.influx.catalog import Authorization, Task
from labkit.embedded.influx.engine import Engine
from labkit.embedded.influx.tasks.runs import History, Run

log = logging.getLogger("labkit.influx.tasks")

_SECOND = 1_000_000_000
_EXPIRE_EVERY_S = 60.0


class Scheduler:
    """Runs tasks.

    Args:
        engine: the database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._changed = threading.Condition()
        self._stopped = False
        self._due: dict[str, tuple[int, int]] = {}
        self._histories: dict[str, History] = {}
        self._queues: dict[str, deque[Run]] = {}
        self._thread = threading.Thread(target=self._loop, name="task-scheduler", daemon=True)

    def start(self) -> None:
        """Begin to run tasks; those that are stored already count from now."""
        if self._engine.catalog.tasks:
            for task in list(self._engine.catalog.tasks.values()):
                self.changed(task)
        self._thread.start()

    def stop(self) -> None:
        """Begin no more runs."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def changed(self, task: Task) -> None:
        """A task is new or was changed: its next run is counted from now."""
        from labkit.embedded.influx.tasks.options import OptionError, read_options

        due = None
        if task.status == "active":
            try:
                options = read_options(task.flux)
            except OptionError as error:  # it was checked when it was stored
                log.error("task %s cannot be scheduled: %s", task.id, error)
                return
            next_s = options.next(self._engine.clock() // _SECOND - options.offset_s)
            due = None if next_s is None else (next_s + options.offset_s, next_s)
        with self._changed:
            if due is None:
                self._due.pop(task.id, None)
            else:
                self._due[task.id] = due
            self._changed.notify()

    def removed(self, id: str) -> None:
        """A task is gone."""
        with self._changed:
            self._due.pop(id, None)
            self._histories.pop(id, None)
            if queue := self._queues.get(id):
                queue.clear()

    def history(self, task: str) -> History:
        """The last runs of a task."""
        with self._changed:
            return self._histories.setdefault(task, History())

    def run(self, task: Task, scheduled_ns: int, requested_ns: int = 0) -> Run:
        """Run a task as soon as its earlier runs are over.

        Args:
            task: the task.
            scheduled_ns: the `now()` of its query.
            requested_ns: when somebody asked for it; 0 for the schedule.
        """
        run = Run(task.id, scheduled_ns, requested_ns)
        self.history(task.id).add(run)
        with self._changed:
            queue = self._queues.setdefault(task.id, deque())
            queue.append(run)
            if len(queue) == 1:
                threading.Thread(target=self._work, args=(task.id, queue), name=f"task-{task.id}", daemon=True).start()
        return run

    def _loop(self) -> None:
        clock = self._engine.clock
        expire_ns = clock() + int(_EXPIRE_EVERY_S * _SECOND)
        while True:
            with self._changed:
                nearest = min([due for due, _ in self._due.values()], default=None)
                wait = (expire_ns - clock()) / _SECOND
                if nearest is not None:
                    wait = min(wait, nearest - clock() / _SECOND)
                if wait > 0 and not self._stopped:
                    self._changed.wait(wait)
                if self._stopped:
                    return
                now_s = clock() // _SECOND
                ready = [(id, scheduled) for id, (due, scheduled) in self._due.items() if due <= now_s]
            for id, scheduled in ready:
                task = self._engine.catalog.tasks.get(id)
                if task is None:
                    self.removed(id)
                    continue
                self.changed(task)
                self.run(task, scheduled * _SECOND)
            if clock() >= expire_ns:
                expire_ns = clock() + int(_EXPIRE_EVERY_S * _SECOND)
                self._engine.expire()

    def _work(self, id: str, queue: deque[Run]) -> None:
        while True:
            with self._changed:
                run = queue[0] if queue else None
                if run is None or self._stopped:
                    queue.clear()
                    return
            if not run.done:
                self._do(id, run)
            with self._changed:
                if queue and queue[0] is run:
                    queue.popleft()

    def _do(self, id: str, run: Run) -> None:
        engine = self._engine
        task = engine.catalog.tasks.get(id)
        if task is None:
            return
        run.started_ns, run.status = engine.clock(), "started"
        run.log.append((run.started_ns, f"Started task from script: {json.dumps(task.flux, ensure_ascii=False)}"))
        failure = self._execute(task, run)
        if run.status == "canceled":
            return
        status = "failed" if failure else "success"
        run.log.append((engine.clock(), f"Completed({status})"))
        if failure:
            run.log.append((engine.clock(), failure))
        with engine.lock:
            latest = engine.catalog.tasks.get(id)
            if latest is not None:
                engine.update(latest, latest_completed_ns=max(latest.latest_completed_ns, run.scheduled_ns),
                              last_run_status=status, last_run_error=failure)
        run.status, run.finished_ns = status, engine.clock()

    def _execute(self, task: Task, run: Run) -> str:
        """Run the query; gives what went wrong, empty for nothing."""
        from labkit.embedded.influx.api.query import run_query
        from labkit.embedded.influx.storage import QueryStorage

        owner = Authorization("", "", task.org, task.owner, all=True)
        try:
            run_query(task.flux, QueryStorage(self._engine, task.org, owner), run.scheduled_ns)
        except ApiError as error:
            return error.message
        except Exception:
            log.exception("task %s", task.id)
            return "internal error"
        return ""
