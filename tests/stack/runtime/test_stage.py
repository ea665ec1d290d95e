from __future__ import annotations

import threading

import pytest
from prometheus_client import generate_latest

from stack.runtime.stage import Stage


def test_a_dependency_that_hangs_does_not_hang_the_health() -> None:
    never = threading.Event()
    stage = Stage("toy")
    stage.state("")
    stage.depends("kafka", lambda: str(never.wait(30)))
    report = stage.report()
    never.set()
    assert report["status"] == "fail"
    assert report["checks"]["kafka"]["detail"] == "no answer in 2 s"


def test_a_check_that_raises_counts_as_failed_and_is_asked_again_after_a_second(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.runtime.stage._PATIENCE", 60.0)  # the check answers, however busy the machine is
    now = [0.0]
    asked: list[int] = []

    def check() -> str:
        asked.append(1)
        if len(asked) == 1:
            raise ConnectionRefusedError("nobody listens")
        return ""

    stage = Stage("toy", clock=lambda: now[0])
    stage.state("")
    stage.depends("mqtt", check)
    assert stage.report()["checks"]["mqtt"]["detail"] == "nobody listens"
    now[0] = 0.9
    assert stage.report()["status"] == "fail"
    now[0] = 1.1
    assert stage.report()["status"] == "pass"
    assert len(asked) == 2


def test_a_stage_that_has_not_started_is_not_healthy() -> None:
    report = Stage("toy").report()
    assert (report["status"], report["last_error"]) == ("fail", "starting")


def test_only_a_worker_that_may_drop_messages_counts_them() -> None:
    stage = Stage("toy")
    stage.follow(lambda: {"received": 5})
    assert "dropped" not in stage.report()
    stage.follow(lambda: {"received": 5, "dropped": 2})
    assert stage.report()["dropped"] == 2
    assert 'iot_stage_dropped_total{service="toy"} 2.0' in generate_latest(stage.registry).decode()
