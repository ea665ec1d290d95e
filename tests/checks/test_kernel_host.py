from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.checks.kernel_host import KernelHost


def call(host: KernelHost, name: str) -> Any:
    request = {"do": "call", "name": name, "ref": None, "args": [], "kwargs": {}, "limit": 5}
    return json.loads(host.answer({"do": "answer", "request": json.dumps(request)}))


def names(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    exec(text, found)
    return found


def test_a_check_meets_the_names_of_its_first_time_again() -> None:
    notebook = names("def helper(): return 1\ndef f(): return helper()")
    host = KernelHost(notebook)
    host.answer({"do": "open", "exercise": "90.1", "again": False})
    exec("def helper(): return 2\ndef g(): return 3", notebook)
    assert call(host, "f")["value"] == 2
    host.answer({"do": "open", "exercise": "90.1", "again": True})
    assert call(host, "f")["value"] == 1
    assert call(host, "g")["state"] == "missing"


def test_a_check_that_was_never_begun_meets_the_names_of_now() -> None:
    host = KernelHost(names("def f(): return 1"))
    host.answer({"do": "open", "exercise": "90.2", "again": True})
    assert call(host, "f")["value"] == 1


def test_an_interrupted_call_is_an_answer_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    host = KernelHost({})

    def interrupted(_request: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(host._host, "answer", interrupted)
    assert call(host, "f")["state"] == "timeout"


def test_what_still_runs_is_a_list() -> None:
    assert json.loads(KernelHost({}).answer({"do": "release"})) == []
