"""Runs the answers of an audit in child processes, many at once: most of their time passes in waiting.

A child serves an exercise, with services of its own, and gets its answers one by one; when its exercise has none left
it goes on with another, one that no child serves if there is any, else the one that would take longest without help. So
no long exercise is left alone at the end, and what costs most of a child, its start and that of its services, is paid
once.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from grader.audit_worker import Job, Report, Task

STARTING = 120.0
"""Seconds that a child may take until its services run."""
PATIENCE = 90.0
"""Seconds that one answer may take. Its calls have shorter limits of their own."""
WORTH = 4.0
"""Seconds of work for which an exercise gets one more child: this must start the services of that exercise first."""


class Fault(Exception):  # noqa: N818 - it is a finding about an answer
    """A child process could not say what came of an answer."""


class Child:
    """A process that runs answers."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", "grader.audit_worker"], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self._heard: queue.Queue[str | None] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._job: Job | None = None

    def run(self, job: Job, task: Task) -> Report:
        """Run one answer.

        Args:
            job: the exercise that it answers.
            task: the answer.

        Raises:
            Fault: a service cannot start, the process died or hangs; it must be closed.
        """
        if job != self._job:
            self._ask(asdict(job), STARTING)
            self._job = job
        return Report(**self._ask(asdict(task), PATIENCE))

    def _ask(self, question: dict[str, Any], patience: float) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._heard.get(timeout=patience)
        except queue.Empty:
            raise Fault(f"nothing came of it within {patience:g} s") from None
        except OSError:
            line = None
        if line is None:
            raise Fault("the process that runs the answers ended without a word")
        answer: dict[str, Any] = json.loads(line)
        if "broken" in answer:
            raise Fault(str(answer["broken"]).strip())
        return answer

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._heard.put(line)
        self._heard.put(None)

    def close(self, *, patience: float = 10.0) -> None:
        """End the process.

        Args:
            patience: seconds in which it may stop its services in order.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
            self._process.wait(patience)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._listener.join()
        self._process.stdout.close()


@dataclass
class _Work:
    """What is left to do for an exercise, and what has been done."""

    job: Job
    left: deque[tuple[int, Task]]
    reports: dict[int, Report] = field(default_factory=dict)
    running: int = 0

    @property
    def expected(self) -> float:
        """Seconds that the rest would take with one more child, judged by what is done."""
        seconds = sum(report.seconds for report in self.reports.values())
        return len(self.left) * seconds / max(len(self.reports), 1) / (1 + self.running)


class Pool:
    """Runs the answers of several exercises.

    Args:
        plans: each exercise with its answers.
        done: is called with the exercise's id and its reports, in the order of the answers, when it is done.
    """

    def __init__(self, plans: Sequence[tuple[Job, Sequence[Task]]],
                 done: Callable[[str, list[Report]], None]) -> None:
        self._work = [_Work(job, deque(enumerate(tasks))) for job, tasks in plans]
        self._sizes = {id(work): len(work.left) for work in self._work}
        self._done = done
        self._lock = threading.Condition()

    def run(self, children: int) -> None:
        """Run everything.

        Args:
            children: how many processes at once.
        """
        with ThreadPoolExecutor(children) as threads:
            for place in [threads.submit(self._serve) for _ in range(children)]:
                place.result()

    def _serve(self) -> None:
        child: Child | None = None
        try:
            while (work := self._choose()) is not None:
                try:
                    child = self._serve_exercise(work, child)
                finally:
                    with self._lock:
                        work.running -= 1
                        self._lock.notify_all()
        finally:
            if child is not None:
                child.close()

    def _choose(self) -> _Work | None:
        """Wait for the next exercise of a child that has none; None when no rest is worth a further child.

        One that no child serves comes first, the last of them. Then comes the one whose rest would take longest with
        one child more, if that is more than WORTH. How long is not known before it has a report: so this waits.
        """
        with self._lock:
            while waiting := [work for work in self._work if work.left]:
                untouched = [work for work in waiting if not work.running]
                worth = [work for work in waiting if work.expected > WORTH]
                if untouched or worth:
                    # Later exercises are longer, so they begin first.
                    chosen = untouched[-1] if untouched else max(worth, key=lambda work: work.expected)
                    chosen.running += 1
                    return chosen
                if all(work.reports for work in waiting):
                    return None
                self._lock.wait()
            return None

    def _serve_exercise(self, work: _Work, child: Child | None) -> Child | None:
        """Run answers of an exercise until none is left.

        Args:
            work: the exercise.
            child: a process that can run them, None if there is none.

        Returns:
            the process that can run the next ones.
        """
        while (taken := self._take(work)) is not None:
            index, task = taken
            child = child or Child()
            try:
                report = child.run(work.job, task)
            except Fault as fault:
                child.close(patience=1.0)
                child, report = None, Report(0, 1, problem=str(fault))
            except BaseException:
                child.close(patience=1.0)
                raise
            self._keep(work, index, report)
        return child

    def _take(self, work: _Work) -> tuple[int, Task] | None:
        with self._lock:
            return work.left.popleft() if work.left else None

    def _keep(self, work: _Work, index: int, report: Report) -> None:
        with self._lock:
            work.reports[index] = report
            self._lock.notify_all()
            if len(work.reports) == self._sizes[id(work)]:
                self._done(work.job.exercise, [work.reports[place] for place in sorted(work.reports)])
