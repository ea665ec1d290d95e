"""What a student's function may do: each is a message on the card and costs points only where it should."""

from __future__ import annotations

import logging
import sys
import threading
import time
import warnings

import pytest

from labkit.checks import Result, Student, World, criterion
from labkit.checks.card import result_card
from tests.checks.toy import RIGHT, SIGN, judge, judge_with, namespace


def finding(result: Result, place: int = 0) -> dict[str, str]:
    line = result.criteria[place].data()["finding"]
    assert line is not None, f"criterion {place} passed"
    return dict(line)


def test_the_right_answer_has_full_points() -> None:
    result = judge(RIGHT)
    assert (result.score, result.state, result.findings) == (4, "passed", [])


def test_a_wrong_signature_shows_the_expected_and_the_found_one() -> None:
    result = judge("def twice(number, factor, *, deep=True): return number * factor")
    assert result.score == 0
    assert finding(result)["expected"] == "`twice(number: int) -> int`"
    assert "`twice(number, factor, *, deep=True)`" in finding(result)["found"]
    assert "missing a required argument: 'factor'" in finding(result)["found"]


def test_a_call_on_a_type_error_inside_is_not_called_a_wrong_signature() -> None:
    result = judge("def twice(number): return number.no()")
    assert "AttributeError" in finding(result)["found"]
    assert finding(result)["line"] == "line 1"


def test_none_asks_for_a_return() -> None:
    result = judge("def twice(number): 2 * number")
    assert finding(result)["found"] == "None (is a `return` missing?)"
    refused_nothing = judge("def twice(number): return None if number == 'x' else 2 * number")
    assert (finding(refused_nothing, 2)["expected"], finding(refused_nothing, 2)["found"]) == (
        "TypeError or ValueError that mentions 'number'",
        "None",
    )


def hinted(student: Student, world: World) -> None:
    with criterion("doubled", points=1):
        student.call("twice", 21).gives(42, hint=SIGN)


def test_a_name_that_python_does_not_know_earns_advice_about_the_name_and_no_hint() -> None:
    slip = judge_with(hinted, "def twice(number): return 2 * nubmer")
    assert finding(slip)["try"] == "is the name spelt right, and has the cell that defines it run?"
    assert slip.hints == []
    unset = judge_with(hinted, "def twice(number):\n    total += number\n    return total")
    assert "before it has a value" in finding(unset)["try"]
    assert judge_with(hinted, "def twice(number): return 2 / 0").hints == [SIGN]


def test_a_call_that_never_ends_asks_for_the_loop_before_the_hint() -> None:
    result = judge_with(hinted, "def twice(number):\n    while True: pass")
    assert finding(result)["try"] == f"does every loop end, and does every wait have a time limit? {SIGN.nudge}"


def test_a_missing_function_names_its_near_miss() -> None:
    result = judge("def twise(number): return 2 * number")
    assert (result.score, result.state) == (0, "not written")
    assert "there is no `twice` in this notebook, but there is `twise`" in finding(result)["found"]


def test_a_stub_is_not_written_yet_and_has_no_points() -> None:
    result = judge("def twice(number): raise NotImplementedError")
    assert (result.score, result.state) == (0, "not written")
    assert finding(result)["found"] == "not written yet"
    assert "✗" not in result_card(result).text


def test_a_stub_has_no_points_even_where_its_error_would_do() -> None:
    def check(student: Student, world: World) -> None:
        with criterion("it fails", points=2):
            student.call("f").raises(RuntimeError)
        with criterion("nothing happened", points=2):
            world.expect(True, expected="", found="")

    assert judge_with(check, "def f(): raise NotImplementedError").score == 0
    assert judge_with(check, "def f(): raise RuntimeError").score == 4


def test_a_name_that_is_no_function_is_told() -> None:
    assert "`twice` is 5, not a function" in finding(judge("twice = 5"))["found"]


def test_prints_warnings_and_logging_are_shown_and_cost_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    noise = """
    print("hello")
    print("oops", file=sys.stderr)
    warnings.warn("careful")
    LOGGER.error("logged")
"""
    handler = logging.StreamHandler()  # made before the check, as by basicConfig() in an earlier cell
    logger = logging.getLogger("toy")
    logger.addHandler(handler)
    names = {"LOGGER": logger, "sys": sys, "warnings": warnings}
    exec(RIGHT.replace("    return", noise + "    return"), names)

    def right(student: Student, world: World) -> None:
        student.call("twice", 2).gives(4)

    def wrong(student: Student, world: World) -> None:
        student.call("twice", 2).gives(5)

    try:
        assert judge_with(right, "", names=names).score == 4
        printed = finding(judge_with(wrong, "", names=names))["printed"]
    finally:
        logger.removeHandler(handler)
    assert all(word in printed for word in ("hello", "oops", "careful", "logged"))
    assert capfd.readouterr() == ("", "")


def test_huge_output_is_cut_and_the_check_goes_on() -> None:
    source = "def twice(number):\n    for _ in range(300): print('x' * 100_000)\n    return 1"
    result = judge(source)
    assert len(finding(result)["printed"]) < 700
    assert "characters more" in finding(result)["printed"]
    assert len(result_card(result).text) < 5000


def test_a_huge_result_is_shown_in_short() -> None:
    result = judge("def twice(number): return 'x' * 5_000_000")
    assert len(finding(result)["found"]) < 600


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import socket\n    a, b = socket.socketpair()\n    with a, b: a.recv(1)",
    ],
)
def test_a_call_that_never_ends_is_reported_and_the_check_goes_on(body: str) -> None:
    started = time.monotonic()
    result = judge(f"def twice(number):\n    {body}")
    assert finding(result)["found"] == "took longer than 1 s"
    assert "limit" in finding(result)["try"]
    assert len(result.criteria) == 3
    assert time.monotonic() - started < 40


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("exit()", "SystemExit"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
def test_leaving_python_is_a_failure_with_a_message(body: str, said: str) -> None:
    result = judge(f"def twice(number):\n    {body}")
    assert result.score == 0
    assert said in finding(result)["found"]
    assert "do not" in finding(result)["try"]


def test_an_exception_is_told_with_its_message() -> None:
    assert finding(judge("def twice(number): raise KeyError('room')"))["found"] == "KeyError: 'room'"


def test_an_exception_whose_message_raises_is_told_too() -> None:
    result = judge("class Odd(Exception):\n    def __str__(self): raise ValueError\ndef twice(number): raise Odd")
    assert "Odd" in finding(result)["found"]


def test_endless_recursion_is_told() -> None:
    result = judge("def twice(number): return twice(number)")
    assert "RecursionError" in finding(result)["found"]
    assert "calls itself without end" in finding(result)["try"]


def test_a_coroutine_asks_for_def_and_warns_nobody() -> None:
    assert "write it with `def`" in finding(judge("async def twice(number): return 2 * number"))["found"]


@pytest.mark.parametrize(
    "source",
    [
        "class Yes:\n    def __eq__(self, other): return True\n    __hash__ = None\ndef twice(number): return Yes()",
        "class Yes(int):\n    def __eq__(self, other): return True\ndef twice(number): return Yes(1)",
        "class Yes(str):\n    def __eq__(self, other): return True\ndef twice(number): return Yes('x')",
        "class Yes(list):\n    def __eq__(self, other): return True\ndef twice(number): return Yes([1])",
    ],
)
def test_an_object_with_a_lying_eq_gains_nothing(source: str) -> None:
    assert judge(source).score == 0


def test_a_function_that_changes_its_argument_changes_its_own_copy_only() -> None:
    given = [3, 1, 2]

    def check(student: Student, world: World) -> None:
        student.call("f", given).gives([1, 2, 3])

    assert judge_with(check, "def f(x):\n    x.sort()\n    return x").score == 4
    assert given == [3, 1, 2]


def test_a_thread_left_behind_is_noted_and_costs_nothing() -> None:
    def check(student: Student, world: World) -> None:
        student.call("f").gives(None)

    end = threading.Event()
    source = "import threading\ndef f(): threading.Thread(target=END.wait, args=(9,), name='left').start()"
    names = {"END": end, "threading": threading}
    exec(source, names)
    result = judge_with(check, "", names=names)
    end.set()
    assert result.score == 4
    assert result.notes == ["still running after the check: left"]


def test_objects_that_a_call_returned_are_stopped_after_the_check() -> None:
    def check(student: Student, world: World) -> None:
        student.call("Collector").call("start").succeeds()

    source = "class Collector:\n    def start(self): pass\n    def stop(self): NOTE.append(True)"
    names = namespace("")
    exec(f"NOTE = []\n{source}", names)
    assert judge_with(check, "", names=names).score == 4
    assert names["NOTE"] == [True]


def test_methods_and_attributes_of_an_object_that_stays_with_the_student() -> None:
    source = """
        class Counter:
            def __init__(self, start): self.count = start
            def add(self, n): self.count += n
        def read(counter): return counter.count
    """
    assert judge(source, "90.2").score == 3
    broken = judge(source.replace("+=", "-="), "90.2")
    assert finding(broken)["call"] == "Counter(5).count"
    assert finding(broken)["found"] == "3"


def test_after_a_failed_call_the_next_ones_tell_the_first_failure() -> None:
    result = judge("class Counter:\n    def __init__(self, start): raise OSError('no')", "90.2")
    assert finding(result)["found"] == "OSError: no"


def test_of_a_refused_request_the_servers_words_are_shown_and_not_the_headers() -> None:
    said = "(400)\\nHTTP response headers: Server: x, Date: y\\nHTTP response body: missing fields"
    found = finding(judge(f"def twice(number):\n    raise RuntimeError('{said}')"))["found"]
    assert "missing fields" in found
    assert "Server" not in found
