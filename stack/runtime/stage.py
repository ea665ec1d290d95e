"""One stage of a pipeline as others see it: its health, its counts, its metrics."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

COUNTS = {
    "received": "Messages or requests that came in.",
    "stored": "Messages that the next stage has.",
    "rejected": "Messages that cannot be read; each is in the dead-letter place.",
    "duplicates": "Messages that were there already.",
}
"""What a worker's `stats` may count."""
DROPPED = "Messages at QoS 0 that were let go: too many waited."
"""What the count `dropped` is; only a worker that may let messages go has it."""
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_PATIENCE = 2.0
"""Seconds after which a dependency that does not answer counts as failed."""
_FRESH = 1.0
"""Seconds for which an answer is used again: /health is asked by many."""


class Stage(Collector):
    """Health and metrics of one service.

    Args:
        service: its name, such as `"f2-sink"`.
        clock: seconds that only rise.
    """

    def __init__(self, service: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.service = service
        self.log = structlog.get_logger(service)
        self.registry = CollectorRegistry()
        self.mine = False
        self._clock = clock
        self._stats: Callable[[], Mapping[str, Any]] = dict
        self._checks: dict[str, _Check] = {}
        self._latency = Histogram(
            "iot_stage_latency_seconds", "From the moment of the measurement, or of its arrival, to this stage.",
            ["service"], buckets=LATENCY_BUCKETS, registry=self.registry,
        ).labels(service)
        self._problem = "starting"
        self.registry.register(self)

    def follow(self, stats: Callable[[], Mapping[str, Any]]) -> None:
        """Show a worker's own counts.

        Args:
            stats: gives some of `received`, `stored`, `rejected`, `duplicates`, `dropped`, `lag` (messages that wait,
                or None) and `error` (the last one, or None).
        """
        self._stats = stats

    def depends(self, name: str, check: Callable[[], str]) -> None:
        """Watch something that this stage cannot work without.

        Args:
            name: what a person reads, such as `"kafka"`.
            check: returns what is wrong, or an empty text. It may raise, and it may hang: both count as failed.
        """
        self._checks[name] = _Check(check, self._clock)

    def observe_latency(self, seconds: float) -> None:
        """Count how long a message took to get here.

        Args:
            seconds: 0 or more; a clock that was set back counts as 0.
        """
        self._latency.observe(max(0.0, seconds))

    def state(self, problem: str) -> None:
        """Say that the service itself cannot work.

        Args:
            problem: why; empty when it works.
        """
        self._problem = problem

    def report(self) -> dict[str, Any]:
        """The document of `/health`."""
        stats = self._stats()
        checks = {name: check.answer() for name, check in self._checks.items()}
        failed = self._problem or any(checks.values())
        return {
            "service": self.service,
            "status": "fail" if failed else "pass",
            "checks": {name: {"status": "fail" if detail else "pass", "detail": detail}
                       for name, detail in checks.items()},
            **{name: int(stats.get(name) or 0) for name in _counts(stats)},
            "lag": stats.get("lag"),
            "last_error": self._problem or stats.get("error"),
            "mine": self.mine,
        }

    def collect(self) -> Iterator[Metric]:
        """The worker's counts, for Prometheus."""
        stats = self._stats()
        for name, text in _counts(stats).items():
            family = CounterMetricFamily(f"iot_stage_{name}", text, labels=["service"])
            family.add_metric([self.service], float(stats.get(name) or 0))
            yield family
        if stats.get("lag") is not None:
            lag = GaugeMetricFamily("iot_stage_lag", "Messages that wait for this stage.", labels=["service"])
            lag.add_metric([self.service], float(stats["lag"]))
            yield lag


def _counts(stats: Mapping[str, Any]) -> Mapping[str, str]:
    return {**COUNTS, "dropped": DROPPED} if "dropped" in stats else COUNTS


class _Check:
    """One dependency, asked in a thread of its own, so that one that hangs cannot hang `/health`."""

    def __init__(self, check: Callable[[], str], clock: Callable[[], float]) -> None:
        self._check, self._clock = check, clock
        self._lock = threading.Lock()
        self._asked: Future[str] | None = None
        self._answer, self._at = "", float("-inf")

    def answer(self) -> str:
        """What is wrong, empty when nothing is."""
        with self._lock:
            if self._clock() - self._at < _FRESH:
                return self._answer
            if self._asked is None:
                self._asked = Future()
                threading.Thread(target=self._ask, args=(self._asked,), name="health", daemon=True).start()
            try:
                self._answer = self._asked.result(_PATIENCE)
                self._asked = None
            except TimeoutError:
                self._answer = f"no answer in {_PATIENCE:g} s"
            self._at = self._clock()
            return self._answer

    def _ask(self, answer: Future[str]) -> None:
        try:
            answer.set_result(self._check())
        except Exception as error:  # whatever a client library raises: the dependency does not work
            answer.set_result(str(error).strip() or type(error).__name__)
