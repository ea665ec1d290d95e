"""What students hand in is taken in, whatever it is, and each oddity is told."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.layout import CourseFiles, LabFiles
from tests.grader.run.conftest import hand_in, kinds, outcome, record, run, scores
from tests.grader.test_nbgrader import cell_of

Place = Callable[[LabFiles, str], object]


def solution(lab: LabFiles) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lab.solution.read_text(encoding="utf-8"))
    return found


def not_json(lab: LabFiles, student: str) -> None:
    hand_in(lab, student, "not JSON")


def not_text(lab: LabFiles, student: str) -> None:
    hand_in(lab, student, b"PK\x03\x04\xff\xfe")


def a_list(lab: LabFiles, student: str) -> None:
    hand_in(lab, student, "[1, 2]")


def nested(lab: LabFiles, student: str) -> None:
    hand_in(lab, student, '{"nbformat": 4, "metadata": ' + "[" * 200_000 + "]" * 200_000 + "}")


def no_cells(lab: LabFiles, student: str) -> None:
    hand_in(lab, student, '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": "none"}')


def format_nine(lab: LabFiles, student: str) -> None:
    hand_in(lab, student, json.dumps({**solution(lab), "nbformat": 9}))


def too_large(lab: LabFiles, student: str) -> None:
    hand_in(lab, student, b" " * (17 << 20))


def too_many_cells(lab: LabFiles, student: str) -> None:
    cell = {"cell_type": "raw", "source": "", "metadata": {}}
    hand_in(lab, student, json.dumps({**solution(lab), "cells": [cell] * 2001}))


def empty_folder(lab: LabFiles, student: str) -> None:
    hand_in(lab, student).joinpath(lab.released.name).unlink()


def a_link(lab: LabFiles, student: str) -> None:
    path = hand_in(lab, student) / lab.released.name
    path.unlink()
    path.symlink_to(lab.solution)


def a_pipe(lab: LabFiles, student: str) -> None:
    path = hand_in(lab, student) / lab.released.name
    path.unlink()
    os.mkfifo(path)


def a_folder(lab: LabFiles, student: str) -> None:
    path = hand_in(lab, student) / lab.released.name
    path.unlink()
    path.mkdir()


def folder_is_a_link(lab: LabFiles, student: str) -> None:
    folder = hand_in(lab, student)
    elsewhere = lab.root / f"elsewhere-of-{student}"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)


def two_others(lab: LabFiles, student: str) -> None:
    folder = hand_in(lab, student, name="a.ipynb")
    (folder / "b.ipynb").write_bytes((folder / "a.ipynb").read_bytes())


def another_lab(lab: LabFiles, student: str) -> None:
    text = lab.solution.read_text(encoding="utf-8")
    hand_in(lab, student, text.replace("ex-90", "ex-91").replace("check-90", "check-91").replace("reflect-90", "r-91"))


UNREADABLE: dict[str, tuple[Place, str]] = {
    "not-json": (not_json, "is not JSON"),
    "not-text": (not_text, "is not text"),
    "a-list": (a_list, "not a notebook of format 4"),
    "nested": (nested, "nested too deeply"),
    "no-cells": (no_cells, "not a notebook of format 4"),
    "format-nine": (format_nine, "not a notebook of format 4"),
    "too-large": (too_large, "17.8 MB, more than 16.8 MB"),
    "too-many-cells": (too_many_cells, "2001 cells"),
    "empty-folder": (empty_folder, "no notebook 90-toy.ipynb"),
    "a-link": (a_link, "is a link"),
    "a-pipe": (a_pipe, "is not an ordinary file"),
    "a-folder": (a_folder, "is not an ordinary file"),
    "folder-is-a-link": (folder_is_a_link, "The folder of the submission is a link"),
    "another-lab": (another_lab, "it is of another lab"),
    "two-others": (two_others, "but 2 others"),
}
"""What cannot be read, and what is said of it."""


def odd_name(lab: LabFiles, student: str) -> None:
    hand_in(lab, student, name="90-toy (1).ipynb")


def more_notebooks(lab: LabFiles, student: str) -> None:
    (hand_in(lab, student) / "draft.ipynb").write_text("not JSON", encoding="utf-8")


def odd_cells(lab: LabFiles, student: str) -> None:
    data = solution(lab)
    data["cells"] += [None, 7, {"cell_type": "odd"}, {"cell_type": "code", "source": 3}, {"source": "x"}]
    hand_in(lab, student, json.dumps(data))


def odd_metadata(lab: LabFiles, student: str) -> None:
    data = solution(lab)
    data["metadata"] = ["odd"]
    for cell in data["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "ex-90-1":
            cell["metadata"]["nbgrader"] |= {"grade_id": ["a", "list"], "points": "many"}
        cell["outputs"] = "odd"
        cell["id"] = "all the same"
    hand_in(lab, student, json.dumps(data))


def odd_tags(lab: LabFiles, student: str) -> None:
    data = solution(lab)
    for cell in data["cells"]:
        cell["metadata"]["tags"] = ["twice", "twice", "a, b", "", 7]
    hand_in(lab, student, json.dumps(data))


def more_points(lab: LabFiles, student: str) -> None:
    def change(cells: list[Any]) -> None:
        for name in ("check-90-1", "check-90-2"):
            cell_of(cells, name).metadata.nbgrader["points"] = float("nan")
        cell_of(cells, "ex-90-1").metadata.nbgrader |= {"locked": True, "grade": True, "points": 50}

    hand_in(lab, student, change=change)


def foreign_grade(lab: LabFiles, student: str) -> None:
    def change(cells: list[Any]) -> None:
        made = nbformat.v4.new_code_cell("100", metadata={"nbgrader": {
            "schema_version": 3, "grade_id": "check-90-9", "grade": True, "locked": True, "solution": False,
            "points": 100, "cell_type": "code", "task": False}})
        cells.append(made)

    hand_in(lab, student, change=change)


def check_edited(lab: LabFiles, student: str) -> None:
    def change(cells: list[Any]) -> None:
        cell_of(cells, "check-90-2").source = "6"

    hand_in(lab, student, change=change)


def moved(lab: LabFiles, student: str) -> None:
    def change(cells: list[Any]) -> None:
        cell = cell_of(cells, "ex-90-1")
        cells.remove(cell)
        cells.append(cell)

    hand_in(lab, student, change=change)


def wrong_kernel(lab: LabFiles, student: str) -> None:
    data = solution(lab)
    data["metadata"]["kernelspec"] = {"name": "evil", "display_name": "evil", "language": "bash"}
    hand_in(lab, student, json.dumps(data))


def old_format(lab: LabFiles, student: str) -> None:
    data = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": "x"}, "worksheets": [{"cells": [
        {"cell_type": "code", "input": "2 * number; raise ValueError", "outputs": [], "language": "python"}]}]}
    hand_in(lab, student, json.dumps(data))


def surrogates(lab: LabFiles, student: str) -> None:
    data = solution(lab)
    data["cells"].append({"cell_type": "markdown", "source": "\udc00 lone", "metadata": {}})
    hand_in(lab, student, json.dumps(data))


def files_beside(lab: LabFiles, student: str) -> None:
    folder = hand_in(lab, student)
    (folder / "helper.py").write_text("x = 1\n", encoding="utf-8")
    (folder / "secret.txt").symlink_to("/etc/hostname")
    os.mkfifo(folder / "pipe.csv")
    (folder / "huge.bin").write_bytes(b"0" * (17 << 20))


def bad_timestamp(lab: LabFiles, student: str) -> None:
    hand_in(lab, student, timestamp="not a time at all")


READABLE: dict[str, tuple[Place, str]] = {
    "odd-name": (odd_name, "metadata"),
    "more-notebooks": (more_notebooks, "metadata"),
    "odd-cells": (odd_cells, "metadata"),
    "odd-metadata": (odd_metadata, "metadata"),
    "odd-tags": (odd_tags, ""),
    "more-points": (more_points, "metadata"),
    "foreign-grade": (foreign_grade, "metadata"),
    "check-edited": (check_edited, "locked cell"),
    "moved": (moved, "moved cell"),
    "wrong-kernel": (wrong_kernel, "metadata"),
    "old-format": (old_format, "missing cell"),
    "surrogates": (surrogates, ""),
    "files-beside": (files_beside, "metadata"),
    "bad-timestamp": (bad_timestamp, "metadata"),
}
"""What is odd and still graded, and the kind of incident that it is."""


@pytest.fixture(scope="module")
def graded(template: CourseFiles, tmp_path_factory: pytest.TempPathFactory) -> tuple[LabFiles, Any]:
    course = CourseFiles(shutil.copytree(template.root, tmp_path_factory.mktemp("intake") / "course"))
    (lab,) = course.labs()
    for student, (place, _) in {**UNREADABLE, **READABLE}.items():
        place(lab, student)
    hand_in(lab, "zoe")
    return lab, run(course)


@pytest.mark.parametrize("student", UNREADABLE)
def test_what_cannot_be_read_has_no_points_and_a_reason(graded: tuple[LabFiles, Any], student: str) -> None:
    lab, summary = graded
    assert outcome(summary, student) == ("unreadable", 0)
    assert "unreadable" in kinds(summary, student)
    assert UNREADABLE[student][1] in summary.text()
    assert scores(lab.root)[student] == 0
    shown = (lab.root / "autograded" / student / lab.folder / lab.released.name).read_text(encoding="utf-8")
    assert "This submission could not be graded" in shown


@pytest.mark.parametrize("student", READABLE)
def test_what_is_odd_is_graded_and_told(graded: tuple[LabFiles, Any], student: str) -> None:
    lab, summary = graded
    assert outcome(summary, student) == ("graded", 10)
    kind = READABLE[student][1]
    assert kind in kinds(summary, student) or not kind
    assert scores(lab.root)[student] == 10


def test_the_others_are_graded_and_the_exit_status_is_good(graded: tuple[LabFiles, Any]) -> None:
    _, summary = graded
    assert outcome(summary, "zoe") == ("graded", 10)
    assert kinds(summary, "zoe") == []
    assert summary.count("fault") == 0


def test_links_and_pipes_are_left_out_and_ordinary_files_stay(graded: tuple[LabFiles, Any]) -> None:
    lab, _ = graded
    folder = lab.root / "autograded" / "files-beside" / lab.folder
    assert {path.name for path in folder.iterdir()} == {"90-toy.ipynb", "helper.py"}
    told = [incident["text"] for incident in record(lab, "files-beside")["graded"]["incidents"]]
    assert all(name in " ".join(told) for name in ("secret.txt", "pipe.csv", "huge.bin"))


def test_points_and_locks_are_the_release_s_again(graded: tuple[LabFiles, Any]) -> None:
    lab, _ = graded
    path: Path = lab.root / "autograded" / "more-points" / lab.folder / lab.released.name
    cells = nbformat.read(path, as_version=4).cells
    assert [cell_of(cells, name).metadata.nbgrader.points for name in ("check-90-1", "check-90-2")] == [4, 6]
    assert cell_of(cells, "ex-90-1").metadata.nbgrader.locked is False


def test_nothing_is_left_aside(graded: tuple[LabFiles, Any]) -> None:
    lab, _ = graded
    assert list((lab.root / ".grader").glob("staging-*")) == []
