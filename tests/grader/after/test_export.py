"""`grader export`: what a spreadsheet, Canvas and Moodle get."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from grader.export import roster, tables
from grader.export.scores import Person, Score, Scores
from grader.layout import CourseError, CourseFiles, LabFiles

Run = Callable[..., tuple[int, str, str]]
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,90-toy (4711),Final Score
,,,,,Manual Posting,
    Points Possible,,,,,10,(read only)
"Müller, Anna",11,S-1,anna,A,,
"Bo, Ben",12,S-2,BEN,A,,
"Nie, Nora",13,S-3,nora,B,,
"Student, Test",99,,abcdef,A,,
"""
MOODLE = """\
First name;Last name;ID number;Email address;Username
Anna;Müller;anna;a@example.org;u1
Carl;Ce;carl;c@example.org;u2
"""


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_plain_has_scores_after_manual_grades_and_late_penalties(class_of_four: LabFiles, run: Run) -> None:
    status, printed, told = run(class_of_four.root, "export", "--to", "-")
    rows = {row["id"]: row for row in table(printed)}
    assert status == 0, told
    assert printed.startswith("\ufeff"), "Excel takes it for another encoding"
    assert {id: (row["90-toy"], row["90-toy late penalty"]) for id, row in rows.items()} == {
        "anna": ("10", "0"), "ben": ("0.5", "1.5"), "carl": ("9.5", "0"), "dora": ("2", "0"), "zoe": ("", "")}
    assert rows["zoe"]["last_name"] == "Ünal"
    assert rows["anna"]["last_name"] == '\'=HYPERLINK("http://evil")', "a spreadsheet would run this"
    assert "waits for manual grading" in told


def test_canvas_gets_its_own_ids_header_and_points(class_of_four: LabFiles, run: Run, tmp_path: Path) -> None:
    class_list = tmp_path / "canvas.csv"
    class_list.write_text(CANVAS, encoding="utf-8-sig")
    status, printed, told = run(class_of_four.root, "export", "--format", "canvas", "--class-list", str(class_list),
                                "--to", "-")
    assert status == 0, told
    lines = list(csv.reader(io.StringIO(printed)))
    assert lines[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "90-toy (4711)"]
    assert lines[1] == ["    Points Possible", "", "", "", "", "10"]
    assert lines[2:] == [["Müller, Anna", "11", "S-1", "anna", "A", "10"], ["Bo, Ben", "12", "S-2", "BEN", "A", "0.5"],
                         ["Nie, Nora", "13", "S-3", "nora", "B", ""]]
    assert "no grade for nora" in told
    assert "not in the class list: carl, dora" in told


def test_moodle_joins_by_whatever_column_has_the_ids(class_of_four: LabFiles, run: Run, tmp_path: Path) -> None:
    class_list = tmp_path / "moodle.csv"
    class_list.write_text(MOODLE, encoding="utf-8")
    status, printed, told = run(class_of_four.root, "export", "--format", "moodle", "--class-list", str(class_list),
                                "--title", "90=Quiz 1", "--to", "-")
    assert status == 0, told
    assert "column 'ID number' has the ids of 2 of the 5 students" in told
    assert [(row["Username"], row["ID number"], row["Quiz 1"]) for row in table(printed)] == [
        ("u1", "anna", "10"), ("u2", "carl", "9.5")]


def test_a_list_without_any_id_joins_by_email(tmp_path: Path) -> None:
    path = tmp_path / "participants.csv"
    path.write_text("First name,Email address,ID number\nAnna,A@example.org,4711\nNora,n@example.org,4712\n", "utf-8")
    listed = roster.read(path, ["anna", "ben"], {"a@example.org": "anna"})
    assert [(entry.id, entry.lms_id) for entry in listed.entries] == [("anna", "4711"), ("n@example.org", "4712")]
    assert listed.key == "Email address"


def test_a_list_of_nobody_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "others.csv"
    path.write_text("id,email\nxaver,x@example.org\n", "utf-8")
    with pytest.raises(CourseError, match="nobody who is in the gradebook") as refusal:
        roster.read(path, ["anna", "ben"], {"a@example.org": "anna"})
    assert "anna, ben" in str(refusal.value)


def test_an_email_of_two_students_joins_neither() -> None:
    people = {id: Person(id, email=email) for id, email in (("a", "X@e.org"), ("b", "x@e.org"), ("c", "c@e.org"))}
    assert Scores(people, {}, {}).emails == {"c@e.org": "c"}


def test_moodle_tells_the_student_what_being_late_cost(class_of_four: LabFiles, run: Run) -> None:
    _, printed, _ = run(class_of_four.root, "export", "--format", "moodle", "--to", "-")
    rows = {row["Username"]: row for row in table(printed)}
    assert rows["ben"]["90-toy (feedback)"] == "Late: 1.5 points taken off."
    assert rows["anna"]["90-toy (feedback)"] == ""


def test_the_file_goes_where_it_is_said(class_of_four: LabFiles, run: Run, tmp_path: Path) -> None:
    status, printed, _ = run(class_of_four.root, "export", "90", "--to", str(tmp_path / "new" / "grades.csv"))
    assert status == 0
    assert "4 scores of 1 labs" in printed
    assert len(table((tmp_path / "new" / "grades.csv").read_text("utf-8"))) == 5


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", " =1", "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    found = Scores({"x": Person("x", text, text, text)}, {("x", "lab"): Score("x", "lab", 1, 0, 2, False)}, {"lab": 2})
    for format in tables.FORMATS:
        for row in csv.reader(io.StringIO(tables.make(format, found).text)):
            for cell in row:
                assert cell.lstrip(" \t\r\n\ufeff")[:1] not in tuple("=+-@＝"), f"{format}: {cell!r}"


@pytest.mark.parametrize(("text", "says"), [
    ("name,points\nAnna,1\n", "no column with students' ids"),
    ("id,email\nanna,\nAnna,\n", "line 3: 'Anna' is also in line 2"),
    ("id,email\n,a@b\n", "line 2: there is no"),
    ("id\n", "no students"),
    ('id,email\n"anna,x\n', "not CSV"),
    ("id,last_name\nanna,M\xfcller\n", "not UTF-8"),
])
def test_a_class_list_that_cannot_be_used_is_named_with_its_line(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(CourseError, match=says):
        roster.read(path, ["anna"])


def test_a_class_list_that_is_not_there(class_of_four: LabFiles, run: Run) -> None:
    status, _, told = run(class_of_four.root, "export", "--class-list", "nowhere.csv")
    assert status == 1
    assert "nowhere.csv cannot be read" in told


def test_no_grades_yet_makes_no_gradebook(toy: CourseFiles, run: Run) -> None:
    status, _, told = run(toy.root, "export")
    assert status == 1
    assert "There are no grades yet" in told
    assert "grader run" in told
    assert not (toy.root / "gradebook.db").exists()


def test_a_lab_that_is_not_there(class_of_four: LabFiles, run: Run) -> None:
    status, _, told = run(class_of_four.root, "export", "07")
    assert status == 1
    assert "There is no lab '07'" in told


def test_a_gradebook_that_is_none(class_of_four: LabFiles, run: Run, tmp_path: Path) -> None:
    shutil.copytree(class_of_four.root, tmp_path / "course")
    (tmp_path / "course" / "gradebook.db").write_text("not a database, and long enough to be read as one" * 50)
    status, _, told = run(tmp_path / "course", "export")
    assert status == 1
    assert "cannot be read" in told


def test_a_place_where_nothing_can_be_written(class_of_four: LabFiles, run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, _, told = run(class_of_four.root, "export", "--to", str(tmp_path / "file" / "grades.csv"))
    assert status == 1
    assert "cannot be written" in told


def test_stock_nbgrader_exports_the_same(class_of_four: LabFiles, nbgrader: Callable[..., CompletedProcess[str]],
                                         run: Run, tmp_path: Path) -> None:
    target = tmp_path / "canvas.csv"
    done = nbgrader(class_of_four, "export", "--exporter=grader.export.plugin.Canvas", "--to", str(target))
    assert done.returncode == 0, done.stderr
    _, printed, _ = run(class_of_four.root, "export", "--format", "canvas", "--to", "-")
    assert target.read_text("utf-8") == printed.replace("\r\n", "\n")


def test_the_command_line_ends_with_the_status(class_of_four: LabFiles) -> None:
    done = subprocess.run([sys.executable, "-m", "grader", "export", "--to", "-"], cwd=class_of_four.root, text=True,
                          capture_output=True, check=False, timeout=60)
    assert done.returncode == 0
    assert "anna" in done.stdout
