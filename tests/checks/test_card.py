from __future__ import annotations

import re

from labkit.checks import Student, World, criterion
from labkit.checks.card import result_card
from tests.checks.test_runner import hidden_minus
from tests.checks.toy import RIGHT, judge, judge_with

WRONG = RIGHT.replace("2 * number", "2 * abs(number)")


def test_every_mark_has_a_word_and_not_only_a_colour() -> None:
    markup = result_card(judge(WRONG)).markup
    assert re.findall(r"</span> (met|not yet)</b>", markup) == ["met", "not yet", "met"]


def test_expected_found_and_try_stand_beside_each_other() -> None:
    text = result_card(judge(WRONG)).text
    assert re.search(
        r"call: +twice\(-4\)\n +expected: -8\n +found: +8\n +try: +What becomes of a negative number\?", text
    )


def test_the_second_and_third_level_are_behind_a_click() -> None:
    markup = result_card(judge(WRONG)).markup
    assert markup.count("<summary") == 2
    assert (
        markup.index("What becomes")
        < markup.index("<summary")
        < markup.index("takes the sign away")
        < markup.rindex("<summary")
    )


def test_what_a_student_returns_is_never_markup() -> None:
    def check(student: Student, world: World) -> None:
        with criterion("`a<b>` is safe", points=4):
            student.call("f").gives("x")

    markup = result_card(
        judge_with(check, "def f():\n    print('<script>1</script>')\n    return '<img src=x onerror=alert(1)>'")
    ).markup
    assert "<img" not in markup
    assert "<script" not in markup
    assert ">a&lt;b&gt;</code>" in markup


def test_hidden_cases_are_not_shown() -> None:
    cheat = RIGHT.replace("return 2 * number", "return -8 if number == -4 else 2 * abs(number)")
    card = result_card(judge(cheat, hidden=(hidden_minus,)))
    assert "-200" not in card.text + card.markup
    assert "further cases, which are not shown" in card.text


def test_that_a_function_is_not_written_is_said_once() -> None:
    card = result_card(judge("def twice(number):\n    raise NotImplementedError"))
    assert card.text.count("found:    not written yet") == 1
    assert card.markup.count("not written yet") == 2  # once in the head, once in the first criterion
    assert card.text.count("○ not written:") == 3
