from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from labkit.checks import Finding, LocalStudent, Student, World, criterion, hidden, hidden_cases, run
from labkit.checks.registry import Exercise, exercise, exercise_id, find
from labkit.errors import KitError, StudentError
from tests.checks.toy import RIGHT, SIGN, judge, judge_with

F = "def f(*a): return a[0] if a else None"


def test_each_criterion_is_judged_on_its_own() -> None:
    result = judge("def twice(number): return 2 * abs(number)")
    assert [line.state for line in result.criteria] == ["passed", "failed", "failed"]
    assert (result.score, result.state) == (2, "partly")


def test_a_recognised_misconception_earns_its_hint() -> None:
    result = judge(RIGHT.replace("2 * number", "2 * abs(number)"))
    assert result.hints == [SIGN]
    assert result.findings[0].advice == SIGN.nudge
    assert judge(RIGHT.replace("2 * number", "3 * number")).hints == []


def test_an_exercise_without_criteria_is_one_criterion() -> None:
    def check(student: Student, world: World) -> None:
        student.call("f", 1).gives(1)

    assert judge_with(check, F).score == 4
    assert [line.points for line in judge_with(check, "def f(x): return 2").criteria] == [4]


def test_parts_of_points_are_rounded_and_whole_ones_are_int() -> None:
    def check(student: Student, world: World) -> None:
        with criterion("a", points=4 / 3):
            student.call("f", 1).gives(1)
        with criterion("b", points=8 / 3):
            student.call("f", 1).gives(2)

    score = judge_with(check, F).score
    assert (score, type(score)) == (1.33, float)
    assert type(judge(RIGHT).score) is int


def test_a_failure_between_criteria_takes_the_points_of_those_that_follow() -> None:
    def check(student: Student, world: World) -> None:
        with criterion("a", points=1):
            student.call("f", 1).gives(1)
        student.call("f", 1).gives(2)
        with criterion("b", points=3):
            pass

    result = judge_with(check, F)
    assert result.score == 1
    assert sum(line.points for line in result.criteria) == 4


def test_a_value_of_an_odd_shape_is_a_failure_that_shows_the_value() -> None:
    def check(student: Student, world: World) -> None:
        with criterion("a", points=4):
            value = student.call("f").value
            assert value["sensors"]["temperature"] > 0

    result = judge_with(check, "def f(): return {'sensors': []}")
    assert (result.score, result.problem) == (0, None)
    assert "{'sensors': []} (TypeError" in result.findings[0].found


def broken(error: BaseException) -> Callable[[Student, World], None]:
    def check(student: Student, world: World) -> None:
        with criterion("a", points=4):
            student.call("f", 1).gives(1)
            raise error

    return check


@pytest.mark.parametrize("error", [ZeroDivisionError("oops"), KitError("the broker is gone"), KeyError("x")])
def test_what_the_kit_cannot_do_is_a_problem_and_not_the_students(error: Exception) -> None:
    result = judge_with(broken(error), F)
    assert result.state == "not checked"
    assert result.problem is not None
    assert str(error) in result.problem


def test_criteria_that_do_not_add_up_are_a_problem() -> None:
    def check(student: Student, world: World) -> None:
        with criterion("a", points=3):
            student.call("f", 1).gives(1)

    assert "3 points, the exercise has 4" in str(judge_with(check, F).problem)


def test_an_outcome_judges_values_errors_and_time() -> None:
    def check(student: Student, world: World) -> None:
        with criterion("a", points=1):
            student.call("f", 1.04).gives(1.0, approx=0.05).within(1).satisfies(lambda v: v > 1, "more than 1")
        with criterion("b", points=1):
            student.call("f", 1).satisfies(lambda v: v["x"], "an x")
        with criterion("c", points=1):
            student.call("slow").within(0.05)
        with criterion("d", points=1):
            student.call("f", 1).raises(ValueError)

    result = judge_with(check, F + "\nimport time\ndef slow(): time.sleep(0.2)")
    assert result.score == 1
    assert "TypeError when looking at it" in result.findings[0].found
    assert result.findings[1].expected == "an end within 0.05 s"
    assert (result.findings[2].expected, result.findings[2].found) == ("ValueError", "1")


def test_raises_knows_subclasses_and_messages() -> None:
    def check(student: Student, world: World) -> None:
        with criterion("a", points=2):
            student.call("f").raises(OSError, mentions=["1883", "HOST"])
        with criterion("b", points=2):
            student.call("f").raises(OSError, mentions="nobody")

    result = judge_with(check, "def f(): raise ConnectionRefusedError('no host at :1883')")
    assert result.score == 2
    assert result.findings[0].expected == "OSError that mentions 'nobody'"
    assert "ConnectionRefusedError" in result.findings[0].found


def hidden_minus(student: Student, world: World) -> None:
    with criterion("negative numbers are doubled"):
        student.call("twice", -100).gives(-200, hint=SIGN)


def test_points_need_the_hidden_cases_too() -> None:
    cheat = RIGHT.replace("return 2 * number", "return -8 if number == -4 else 2 * abs(number)")
    assert judge(cheat).score == 4
    result = judge(cheat, hidden=(hidden_minus,))
    assert result.score == 3
    assert result.criteria[1].hidden
    assert judge(RIGHT, hidden=(hidden_minus,)).score == 4


def test_a_hidden_criterion_without_a_public_one_is_a_problem() -> None:
    def cases(student: Student, world: World) -> None:
        with criterion("of its own"):
            student.call("twice", 1).gives(2)

    assert "not public" in str(judge(RIGHT, hidden=(cases,)).problem)


def test_hidden_cases_are_registered_by_exercise() -> None:
    hidden("90.7")(hidden_minus)
    hidden("90.7")(hidden_minus)
    assert hidden_cases("90.7") == (hidden_minus,)
    assert hidden_cases("90.8") == ()


def test_the_same_seed_makes_the_same_cases() -> None:
    assert [World(seed=3).random.random() for _ in range(2)] == [World(seed=3).random.random()] * 2


@pytest.mark.parametrize(("text", "id"), [("1.3", "01.3"), ("01.3", "01.3"), (" 10.12 ", "10.12")])
def test_an_exercise_id_has_one_form(text: str, id: str) -> None:
    assert exercise_id(text) == id


def test_an_unknown_exercise_names_those_that_exist() -> None:
    with pytest.raises(StudentError, match=r"no exercise 90\.8(?s:.)*use one of 90\.1, 90\.2"):
        find("90.8")
    with pytest.raises(StudentError, match="lab and number"):
        find("first")


def test_an_exercise_is_refused_if_its_id_or_points_are_wrong() -> None:
    with pytest.raises(ValueError, match=r"write '01\.3'"):
        exercise("1.3", points=1, title="x")
    with pytest.raises(ValueError, match="0 points"):
        exercise("90.6", points=0, title="x")


def test_criterion_outside_a_check_says_so() -> None:
    with pytest.raises(LookupError, match="inside a check"), criterion("x"):
        pass


def test_cases_of_hidden_checks_do_not_depend_on_the_public_ones() -> None:
    drawn: list[float] = []

    def cases(student: Student, world: World) -> None:
        drawn.append(world.random.random())
        with criterion(TITLE):
            student.call("f", 1).gives(1)

    for draws in (0, 3):
        def check(student: Student, world: World, draws: int = draws) -> None:
            for _ in range(draws):
                world.random.random()
            with criterion(TITLE, points=4):
                student.call("f", 1).gives(1)

        judge_with(check, F, hidden=(cases,))
    assert len(set(drawn)) == 1


TITLE = "a"


def test_hidden_cases_do_not_run_when_they_can_change_nothing() -> None:
    def check(student: Student, world: World) -> None:
        student.call("f", 1).gives(2)

    def cases(student: Student, world: World) -> None:
        raise AssertionError("it ran")

    assert judge_with(check, F, hidden=(cases,)).problem is None


def test_what_hidden_cases_found_is_in_the_open_data_only() -> None:
    cheat = RIGHT.replace("return 2 * number", "return -8 if number == -4 else 2 * abs(number)")
    result = judge(cheat, hidden=(hidden_minus,))
    result.hidden_notes.append("a thread that is called like an input")
    found, shown = str(result.data()), str(result.data(open=False))
    assert result.findings[0].call in found
    assert result.findings[0].call not in shown
    assert "a thread" in found
    assert "a thread" not in shown
    result.problem, result.hidden_problem = "KeyError: secret", True
    assert "secret" in str(result.data())
    assert "secret" not in str(result.data(open=False))


def test_texts_of_findings_are_bounded() -> None:
    assert len(Finding("x" * 10_000, "y").expected) < 5000


class Ended(LocalStudent):
    """Its process has ended, as a kernel does that was killed."""

    def send(self, request: str) -> str:  # noqa: ARG002
        error = {"type": "", "types": [], "message": "it has died", "line": "", "signature": ""}
        return json.dumps({"state": "died", "error": error, "printed": "", "seconds": 0.0})


def test_nothing_is_met_after_the_death_of_the_students_process() -> None:
    def check(student: Student, world: World) -> None:
        with criterion("a", points=1):
            world.expect(True, expected="something", found="nothing")
        with criterion("nothing bad happens", points=3):
            student.call("f", 1).quietly()
            world.expect(True, expected="nothing", found="nothing")
        with criterion("nothing happens", points=0):
            world.expect(True, expected="nothing", found="nothing")

    result = run(Exercise("90.9", 4, "Die", (), {}, (), 1.0, check), Ended({}), World())
    assert [line.state for line in result.criteria] == ["passed", "failed", "failed"]
    assert result.findings[0].found == "it has died"
