"""`grader similar`: copies are found whatever was done to hide them; who thinks alone is left in peace."""

from __future__ import annotations

import ast
import itertools
import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import answers as banks
from grader.layout import CourseFiles, LabFiles
from grader.similar import answers, compare, fingerprints, page
from grader.similar.answers import Answer
from tests.grader.after.conftest import handed_in, submit
from tests.grader.conftest import copy_toy, released

Run = Callable[..., tuple[int, str, str]]
COURSE = CourseFiles(Path(__file__).resolve().parents[3])
EXERCISES = [(lab, f"{lab.number}.{number}") for lab in COURSE.labs() for number in range(1, 7)]


def right(lab: LabFiles, exercise: str) -> list[str]:
    return [answer.source for answer in banks.read(lab.answers("right", exercise))]


def pairs(lab: LabFiles, exercise: str, *texts: str) -> list[compare.Pair]:
    written = [Answer(f"student{number}", exercise, text) for number, text in enumerate(texts)]
    return compare.pairs(written, answers.known(lab))


def renamed(text: str) -> str:
    """The text with every name of its own changed, without comments, typed anew."""
    tree = ast.parse(text)
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    own |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own.discard("self")

    def changed(found: re.Match[str]) -> str:
        return f"{found[0]}_mine" if found[0] in own else found[0]

    return re.sub(r"(?<![.\w'\"])[A-Za-z_]\w*", changed, ast.unparse(tree))


def commented(text: str) -> str:
    """The text with a comment above every line, and empty lines between."""
    lines = [f"{re.match(' *', line)[0]}# here I thought hard\n{line}" if line.strip() else line  # type: ignore[index]
             for line in text.splitlines()]
    return "\n\n".join(lines)


def reordered(text: str) -> str:
    """The text with its functions and classes in reverse order."""
    tree = ast.parse(text)
    tree.body.reverse()
    return ast.unparse(tree)


@pytest.mark.parametrize("hide", [renamed, commented, reordered, lambda text: reordered(renamed(text))],
                         ids=["renamed", "commented", "reordered", "all"])
def test_a_copy_is_found_whatever_was_done_to_it(hide: Callable[[str], str]) -> None:
    for lab, exercise in EXERCISES:
        text = right(lab, exercise)[0]
        if text.startswith("%%cpp") or "#include" in text:
            continue  # these ways to hide a copy are Python's; test_cpp_is_taken_apart_as_cpp has C++'s
        found = pairs(lab, exercise, text, hide(text))
        assert found, f"{exercise} is not found"
        assert found[0].alike[0].share > 0.7, exercise


def test_a_copy_with_some_lines_of_its_own_is_found() -> None:
    lab, exercise = EXERCISES[0]
    text = right(lab, exercise)[0]
    half = text.splitlines()
    more = [*half[:8], "    count = 0", "    for step in range(3):", "        count += step", *half[8:]]
    assert pairs(lab, exercise, text, "\n".join(more))


@pytest.mark.parametrize(("lab", "exercise"), EXERCISES, ids=[exercise for _, exercise in EXERCISES])
def test_independent_right_answers_are_no_pair(lab: LabFiles, exercise: str) -> None:
    assert pairs(lab, exercise, *right(lab, exercise)) == []


def test_the_reference_and_the_lab_s_own_text_are_nobody_s(tmp_path: Path) -> None:
    lab = released(copy_toy(tmp_path / "course"))
    for text in answers.known(lab):
        assert pairs(lab, "90.2", text, text) == []


def test_what_much_of_a_class_writes_is_common_knowledge() -> None:
    lab, exercise = EXERCISES[4]
    one, other = right(lab, exercise)[:2]
    assert len(pairs(lab, exercise, *[one] * 4, other)) == 6, "each pair of four"
    assert pairs(lab, exercise, *[one] * 12, other) == []


def test_a_short_answer_says_nothing() -> None:
    assert pairs(EXERCISES[0][0], "01.1", "def f(x):\n    return x + 1\n", "def g(y):\n    return y + 1\n") == []


def test_two_runs_find_the_same_fingerprints() -> None:
    assert [mark.value for mark in fingerprints.fingerprints("a = f(b, c) + d[e] - g(h)")][:2] == [
        mark.value for mark in fingerprints.fingerprints("x = q(r, s) + t[u] - v(w)  # other names")][:2]


def test_cpp_is_taken_apart_as_cpp() -> None:
    one = "#include <Arduino.h>\nint sum(int a, int b) { // adds\n  return a + b * 2 - helper(a, b, 3);\n}\n"
    other = "#include <Arduino.h>\nint plus(int x, int y) {\n  return x + y * 7 - support(x, y, 1); /* sum */\n}\n"
    assert answers.language(one) == "cpp"
    assert fingerprints.values([one], "cpp") == fingerprints.values([other], "cpp")


def test_a_class_of_a_hundred_is_compared(tmp_path: Path) -> None:
    lab, chance = COURSE.labs()[0], random.Random(4)
    bank = {exercise: right(lab, exercise) for of, exercise in EXERCISES if of == lab}

    def own(text: str) -> str:
        return "\n".join(line for line in text.splitlines() if chance.random() > 0.5)

    written = [Answer(f"student{number}", exercise, own(chance.choice(texts)))
               for number in range(100) for exercise, texts in bank.items()]
    copied = bank["01.5"][1]
    written += [Answer("copier", "01.5", renamed(copied)), Answer("source", "01.5", copied)]
    found = compare.pairs(written, answers.known(lab))
    assert ("copier", "source") in {(pair.first, pair.second) for pair in found}


@pytest.fixture
def course(tmp_path: Path) -> LabFiles:
    """A toy course with a pair of copies, somebody else, and a submission that is no notebook."""
    lab = released(copy_toy(tmp_path / "course"))
    text = ("def shout(text):\n    words = []\n    for part in text.split():\n        words.append(part.upper())\n"
            "    if not words:\n        raise ValueError('<b>nothing</b>')\n"
            "    marks = '!' * (2 * len(words))\n    return ' '.join(words) + marks\n")
    submit(lab, "anna", handed_in(lab, {"90.2": text}))
    submit(lab, "ben", handed_in(lab, {"90.2": text.replace("words", "parts").replace("marks", "cries")}))
    submit(lab, "carl", handed_in(lab, {}))
    submit(lab, "dora", "{")
    return lab


def test_the_page_shows_both_answers_and_accuses_nobody(course: LabFiles, run: Run) -> None:
    status, printed, told = run(course.root, "similar")
    assert status == 0, told
    assert "3 students, 1 pair to look at" in printed
    assert "not compared: dora" in printed
    text = (course.root / "reports" / "90-toy-similar.html").read_text("utf-8")
    assert "anna and ben" in text
    assert "&lt;b&gt;nothing" in text
    assert "<mark>" in text
    assert "at least 60 %" in text
    assert "it does not accuse" in text
    for word in ("cheat", "plagiar", "suspect"):
        assert word not in text.lower()
    assert "http" not in text.replace("http-equiv", "")


def test_odd_submissions_do_not_stop_the_others(course: LabFiles, run: Run) -> None:
    submit(course, "emil", handed_in(course, {"90.2": "x = [1] * 3\n" * 20_000}))
    half = handed_in(course, {"90.2": "HALF = 'HERE'\n" + "a.HERE = 1\n" * 30}).replace("HERE", "\\ud800")
    submit(course, "fay", half)
    submit(course, "gus", half)
    submit(course, "hana", "[" * 100_000)
    submit(course, "ines", json.dumps({"cells": [3, {"metadata": 5}]}))
    course.root.joinpath("secret.ipynb").write_text("{}")
    link = submit(course, "jon", "")
    link.unlink()
    link.symlink_to(course.root / "secret.ipynb")
    status, printed, told = run(course.root, "similar")
    assert status == 0, told
    assert "emil: 90.2 has 239999 characters" in printed
    for student in ("hana", "ines", "jon"):
        assert f"not compared: {student}" in printed
    text = (course.root / "reports" / "90-toy-similar.html").read_text("utf-8")
    assert "anna and ben" in text
    assert "fay and gus" in text


def test_pairs_for_machines(course: LabFiles, run: Run) -> None:
    status, printed, _ = run(course.root, "similar", "--json", "--threshold", "0.9")
    assert status == 0
    (pair,) = json.loads(printed)["90-toy"]["pairs"]
    assert (pair["first"], pair["second"]) == ("anna", "ben")
    assert pair["alike"] == [{"exercise": "90.2", "share": 1.0, "common": pair["alike"][0]["common"]}]


def test_no_submissions_yet(toy: CourseFiles, run: Run) -> None:
    status, _, told = run(toy.root, "similar")
    assert status == 1
    assert "There are no submissions" in told


def test_a_lab_that_is_not_there(course: LabFiles, run: Run) -> None:
    assert run(course.root, "similar", "77")[0] == 1


@pytest.mark.parametrize("share", ["0", "1.5", "much"])
def test_a_threshold_that_is_none(course: LabFiles, run: Run, share: str) -> None:
    with pytest.raises(SystemExit):
        run(course.root, "similar", "--threshold", share)


def test_a_folder_that_cannot_be_written(course: LabFiles, run: Run) -> None:
    (course.root / "reports").write_text("")
    status, _, told = run(course.root, "similar")
    assert status == 1
    assert "cannot be written" in told


def test_pieces_make_the_text_again() -> None:
    text = "def f(a):\n    return a * 2 + len(a) - sum(a, start=3)\n"
    marks = fingerprints.fingerprints(text)[3:6]
    pieces = page.highlighted(text, marks)
    assert "".join(piece for piece, _ in pieces) == text
    assert any(both for _, both in pieces)
    assert page.highlighted("", []) == []


def test_all_pairs_of_a_group_are_listed_once() -> None:
    lab, exercise = EXERCISES[2]
    text = right(lab, exercise)[1]
    found = {(pair.first, pair.second) for pair in pairs(lab, exercise, text, renamed(text), commented(text))}
    assert found == set(itertools.combinations(["student0", "student1", "student2"], 2))
