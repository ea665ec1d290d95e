"""What a check starts on the student's side: `student.kit`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.checks import Student, World, criterion, kit
from labkit.checks.kernel_host import KernelHost
from labkit.checks.registry import Exercise
from labkit.checks.runner import run
from labkit.checks.student import LocalStudent
from labkit.cpp import workshop
from labkit.errors import KitError


class Lamp:
    """Something that stays on the student's side."""

    made: list[Lamp]

    def __init__(self, brightness: int, *, on: bool = True) -> None:
        self.brightness, self.on, self.stopped = brightness, on, False
        self.made.append(self)

    def brighter(self, by: int) -> int:
        """Change it."""
        self.brightness += by
        return self.brightness

    def stop(self) -> None:
        """Note that it was told to end."""
        self.stopped = True


def refusing(error: Exception) -> Any:
    def make() -> None:
        raise error

    return make


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A table of the test's own, in place of the kit's."""
    found: dict[str, Any] = {"lamp": Lamp}
    monkeypatch.setattr(kit, "find", lambda name: found[name])
    Lamp.made = []
    return found


def test_what_the_kit_makes_stays_there_and_is_called_there() -> None:
    student = LocalStudent({})
    lamp = student.kit("lamp", 5, on=False)
    lamp.call("brighter", 3).gives(8)
    lamp.get("on").gives(False)
    assert student.release() == []
    assert Lamp.made[0].stopped


def test_the_names_of_the_notebook_cannot_take_its_place() -> None:
    LocalStudent({"lamp": lambda _brightness: 99, "kit": None}).kit("lamp", 5).get("brightness").gives(5)


def test_every_row_of_the_table_names_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert all(callable(kit.find(name)) for name in kit.KIT)


@pytest.mark.parametrize(("error", "state"), [
    (NotImplementedError(), "not written"), (LookupError("there is no `a.cpp` in this notebook yet"), "not written"),
    (ValueError("no"), "failed"),
])
def test_what_is_missing_is_told_from_what_is_wrong(table: dict[str, Any], error: Exception, state: str) -> None:
    table["part"] = refusing(error)

    def check(student: Student, _world: World) -> None:
        with criterion("one", points=1):
            student.kit("part", shown="a.cpp").succeeds()

    result = run(Exercise("90.9", 1, "Part", (), {}, (), 1.0, check), LocalStudent({}), World())
    assert (result.criteria[0].state, result.score, result.problem) == (state, 0, None)
    assert result.written is (state == "failed")
    assert "a.cpp" in result.findings[0].expected + result.findings[0].call


def test_what_the_kit_cannot_do_costs_no_points(table: dict[str, Any]) -> None:
    table["part"] = refusing(KitError("There is no compiler.", fix="install one."))

    def check(student: Student, _world: World) -> None:
        with criterion("one", points=1):
            student.kit("part")

    result = run(Exercise("90.9", 1, "Part", (), {}, (), 1.0, check), LocalStudent({}), World())
    assert result.problem is not None
    assert "There is no compiler." in result.problem


def test_a_call_can_be_shown_as_the_student_knows_it() -> None:
    lamp = LocalStudent({}).kit("lamp", 5)
    assert lamp.run("brighter(3) of a lamp", "brighter", 3).call_text == "brighter(3) of a lamp"
    assert lamp.run("brighter()", "brighter").error is not None


def test_an_item_of_a_result_is_judged_by_itself() -> None:
    outcome = LocalStudent({"f": lambda: {"a": [1, 2]}}).call("f")
    outcome.item("a").item(1).gives(2)
    assert outcome.item("b").quietly() is None
    assert outcome.item("a").item(7).quietly() is None


def test_hidden_cases_meet_the_files_of_the_first_time() -> None:
    workshop.clear()
    workshop.put("telemetry.cpp", "first")
    host = KernelHost({})
    host.answer({"do": "open", "exercise": "90.1", "again": False})
    workshop.put("telemetry.cpp", "second")
    workshop.put("status.cpp", "another")
    host.answer({"do": "open", "exercise": "90.1", "again": True})
    assert {name: text.strip() for name, text in workshop.files().items()} == {"telemetry.cpp": "first"}
    workshop.clear()


def test_an_unknown_row_is_an_error_of_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    request = {"do": "kit", "name": "shell", "ref": None, "args": [], "kwargs": {}, "limit": 5}
    answer = json.loads(LocalStudent({}).send(json.dumps(request)))
    assert (answer["state"], answer["error"]["type"]) == ("raised", "KeyError")
