"""`grader report`: the page on a class, and its numbers."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from grader.export.scores import Person, Score, Scores
from grader.layout import CourseFiles, LabFiles
from grader.report import counts, figures, page
from grader.run import results
from grader.submission import Graded, Incident
from tests.browser import chromium

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def numbers(class_of_four: LabFiles, run: Run) -> counts.LabCounts:
    records = results.read(CourseFiles(class_of_four.root), class_of_four)
    given = {record.student: Score(record.student, "90-toy", record.score, 0, 10, False) for record in records}
    people, by_lab = {id: Person(id) for id in given}, {(id, "90-toy"): score for id, score in given.items()}
    scores = Scores(people, by_lab, {"90-toy": 10})
    return counts.count("90-toy", scores, records)


def test_each_exercise_is_counted_by_how_it_went(numbers: counts.LabCounts) -> None:
    first, second = numbers.exercises
    assert (first.id, first.full, first.partly, first.none, first.unwritten) == ("90.1", 1, 1, 2, 0)
    assert (second.id, second.full, second.partly, second.none) == ("90.2", 1, 3, 0)


def test_a_check_says_how_many_only_a_hidden_case_found(numbers: counts.LabCounts) -> None:
    by_title = {check.title: check for check in numbers.checks}
    assert (by_title["any number"].failed, by_title["any number"].hidden) == (3, 1)
    assert (by_title["small numbers"].failed, by_title["small numbers"].written) == (2, 4)


def test_misconceptions_are_the_hints_in_their_own_words(numbers: counts.LabCounts) -> None:
    adds = next(one for one in numbers.misconceptions if one.id == "adds-two")
    assert adds.students == ["ben", "dora"]
    assert adds.words == "look at 3: twice 3 is 6."
    assert adds.exercises == ["90.1"]


def test_who_needs_help_is_said_with_where_to_begin(numbers: counts.LabCounts) -> None:
    assert [(one.student, one.zero) for one in numbers.needy] == [("ben", ["90.1"]), ("dora", ["90.1"])]
    assert numbers.needy[0].begin == "90.1: look at 3: twice 3 is 6."


def test_the_kit_s_faults_are_no_student_s(class_of_four: LabFiles, numbers: counts.LabCounts) -> None:
    records = results.read(CourseFiles(class_of_four.root), class_of_four)
    broken = {**records[0].results, "90.1": {**records[0].results["90.1"], "problem": "the broker died", "score": 0}}
    found = counts.count("90-toy", Scores({}, {}, {"90-toy": 10}), [
        replace(records[0], results=broken), Graded("eve", "90-toy", "", fault="no kernel")])
    assert found.unscored == [("eve", "no kernel")]
    assert found.problems == [("anna", "90.1", "the broker died")]
    assert [exercise.id for exercise in found.exercises] == ["90.2"]
    drawn = page.draw("course", 2, [found], None)
    assert "An instructor must look" in drawn
    assert "eve: no score. no kernel" in drawn


def test_the_page_has_everything_and_asks_no_server(class_of_four: LabFiles, run: Run, tmp_path: Path) -> None:
    status, printed, told = run(class_of_four.root, "report", "--similar", "--to", str(tmp_path / "report.html"))
    assert status == 0, told
    assert "1 labs, 4 scores" in printed
    text = (tmp_path / "report.html").read_text("utf-8")
    for words in ("How the class is doing", "Students who may need help", "less than 50 %", "What is misunderstood",
                  "Checks that fail most", "Slowest checks", "The cell ran longer than 60 s", "median",
                  "waits for manual grading", "No two students"):
        assert words in text, words
    assert "http" not in text.replace("http-equiv", "")
    assert "<script" not in text


def test_what_a_student_wrote_is_only_text_in_the_page() -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(1)">'
    record = Graded(evil, "90-toy", "", incidents=[Incident("time", evil, evil)], fault=evil)
    scores = Scores({}, {(evil, "90-toy"): Score(evil, "90-toy", 1, 0, 10, False)}, {"90-toy": 10})
    found = counts.count("90-toy", scores, [record])
    drawn = page.draw(evil, 1, [found], None)
    assert "<script" not in drawn
    assert "<img" not in drawn


def test_numbers_for_machines(class_of_four: LabFiles, run: Run) -> None:
    status, printed, _ = run(class_of_four.root, "report", "90", "--json")
    assert status == 0
    lab = json.loads(printed)["labs"]["90-toy"]
    assert lab["scores"]["ben"] == 0.5
    assert lab["misconceptions"][0]["students"]


def test_without_records_the_page_says_how_to_get_them(class_of_four: LabFiles, run: Run, tmp_path: Path) -> None:
    root = tmp_path / "course"
    shutil.copytree(class_of_four.root, root)
    shutil.rmtree(root / ".grader")
    assert run(root, "report")[0] == 0
    assert "graded by stock nbgrader" in (root / "reports" / "report.html").read_text("utf-8")


def test_a_broken_record_is_named(class_of_four: LabFiles, run: Run, tmp_path: Path) -> None:
    root = tmp_path / "course"
    shutil.copytree(class_of_four.root, root)
    (root / ".grader" / "results" / "90-toy" / "ben.json").write_text('{"graded": 3')
    status, _, told = run(root, "report")
    assert status == 1
    assert "ben.json cannot be read" in told
    assert "grader run" in told


def test_no_grades_yet(toy: CourseFiles, run: Run) -> None:
    status, _, told = run(toy.root, "report")
    assert status == 1
    assert "There are no grades yet" in told


def test_a_lab_that_is_not_there(class_of_four: LabFiles, run: Run) -> None:
    assert run(class_of_four.root, "report", "nothing")[0] == 1


def test_a_place_where_nothing_can_be_written(class_of_four: LabFiles, run: Run, tmp_path: Path) -> None:
    status, _, told = run(class_of_four.root, "report", "--to", str(tmp_path))
    assert status == 1
    assert "cannot be written" in told


@pytest.mark.parametrize(("scores", "expected"), [
    ([0, 20], [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]), ([1.99, 2, 19.9], [1, 1, 0, 0, 0, 0, 0, 0, 0, 1]), ([], [0] * 10)])
def test_full_marks_are_in_the_last_bin(scores: list[float], expected: list[int]) -> None:
    assert figures.bins(scores, 20) == expected


def test_a_drawing_says_in_words_what_it_shows() -> None:
    assert "2 students, median 10 of 20 points; 1 from 0 to 2 points, 1 from 18 to 20 points" in str(
        figures.histogram([0, 20], 20, "Lab 01"))


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_reads_on_a_screen_a_phone_and_in_the_dark(class_of_four: LabFiles, run: Run, tmp_path: Path,
                                                           scheme: str) -> None:
    path = tmp_path / "report.html"
    assert run(class_of_four.root, "report", "--similar", "--to", str(path))[0] == 0
    with sync_playwright() as playwright, chromium(playwright) as browser:
        for width in (1280, 390):
            view = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
            with view.expect_event("requestfinished"):
                view.goto(path.as_uri())
            asked = view.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
            assert view.evaluate("document.documentElement.scrollWidth") <= width, "it runs out of the window"
            assert asked == []
            assert view.locator("h1").count() == 1
            assert view.locator("table").count() == view.locator("table > caption").count()
            assert view.locator("svg[role=img]:not([aria-label])").count() == 0
            if folder := os.environ.get("LABKIT_SCREENSHOTS"):
                view.screenshot(path=f"{folder}/report-{scheme}-{width}.png", full_page=True)
