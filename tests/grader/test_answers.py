from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader import answers, exercises, namespace, parts, sources
from grader.layout import CourseError, CourseFiles, LabFiles
from tests.grader.conftest import REPOSITORY, TOY

CELLS = {
    "ex-90-1": '%%part fleet\ndef double(n):\n    ### BEGIN SOLUTION\n    return 2 * n\n    ### END SOLUTION\n',
    "ex-90-2a": "%%part fleet\ndef first(n):\n    return n\n",
    "ex-90-2b": "%%part fleet\n# The first again.\ndef second(n):\n    return first(n)\n",
    "ex-90-3": "%%cpp node.cpp\n#include \"node.hpp\"\n\nint f() {\n  // ### BEGIN SOLUTION\n  return 7;\n"
               "  // ### END SOLUTION\n}\n",
}


@pytest.fixture
def lab(tmp_path: Path) -> LabFiles:
    """A lab in whose notebook three exercises are answered: in Python, in two cells, and in C++."""
    lab = LabFiles(tmp_path, "90-bank")
    lab.source.parent.mkdir(parents=True)
    told = {"grade": False, "locked": False, "schema_version": 3, "solution": True}
    lab.source.write_text("\n".join(f"# %% nbgrader={json.dumps(told | {'grade_id': name})}\n{text}"
                                    for name, text in CELLS.items()), encoding="utf-8")
    sources.rewrite(lab)
    return lab


def bank(lab: LabFiles, text: str, exercise: str = "90.1") -> Path:
    path = lab.answers("wrong", exercise)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_bank_is_read_in_order(lab: LabFiles) -> None:
    path = bank(lab, "# Wrong ones.\n\n# %% id=a hint=h-1\nx = 1\n\n\n# %% id=b most=2\n# %%part fleet\ny = 2\n")
    assert answers.read(path) == [answers.Answer("a", "x = 1\n", "h-1"), answers.Answer("b", "y = 2\n", most=2)]


def test_the_magic_of_an_answer_is_taken_off(lab: LabFiles) -> None:
    assert answers.read(bank(lab, "# %% id=a\n%%part fleet\ny = 2\n"))[0].source == "y = 2\n"


def test_no_bank_is_no_answers(tmp_path: Path) -> None:
    assert answers.read(tmp_path / "none.answers") == []


@pytest.mark.parametrize(("text", "says"), [
    ("# %% hint=h\nx = 1\n", "line 1: .*not the head"),
    ("# %% id=a colour=red\nx = 1\n", "not the head"),
    ("# %% id=a most=all\nx = 1\n", "not the head"),
    ("# %% id=a changes=yes\n@@\n-    return 2 * n\n", "not the head"),
    ("# %% id=a\n\n# %% id=b\nx = 1\n", "'a' has no text"),
    ("# %% id=a changes=reference\n\n# %% id=b\nx = 1\n", "'a' has no text"),
    ("# %% id=a\nx = 1\n\n# %% id=a\nx = 2\n", "line 4: .*another answer 'a'"),
    ("# %% id=a\nx = 1\n\n# %% id=b\n\n@@\n-    return 2 * n\n", "line 4: the answer 'b' begins as changes do"),
])
def test_a_bad_answer_is_told_with_its_line(lab: LabFiles, text: str, says: str) -> None:
    with pytest.raises(CourseError, match=says) as raised:
        answers.read(bank(lab, text))
    assert str(lab.answers("wrong", "90.1")) in str(raised.value)


def test_changes_are_made_to_the_exercise_s_cell_without_magic_and_markers(lab: LabFiles) -> None:
    path = bank(lab, "# %% id=a hint=h changes=reference\n@@\n def double(n):\n-    return 2 * n\n+    return n\n\n\n"
                     "# %% id=b most=0\nx = 1\n\n\n# %% id=c changes=reference\n\n@@\n-    return 2 * n\n+    pass")
    assert answers.read(path) == [
        answers.Answer("a", "def double(n):\n    return n\n", "h"), answers.Answer("b", "x = 1\n", most=0),
        answers.Answer("c", "def double(n):\n    pass\n")]


def test_changes_are_made_to_all_cells_of_an_exercise(lab: LabFiles) -> None:
    path = bank(lab, "# %% id=a changes=reference\n@@\n-    return n\n\n\n+    return n + 1\n+\n+\n"
                     " # The first again.\n def second(n):\n-    return first(n)\n+    return n\n", "90.2")
    assert [answer.source for answer in answers.read(path)] == [
        "def first(n):\n\n\n    return n + 1\n\n\n# The first again.\ndef second(n):\n    return n\n"]


def test_changes_to_cpp_take_the_place_of_its_cell(lab: LabFiles) -> None:
    path = bank(lab, '# %% id=a changes=reference\n@@\n #include "node.hpp"\n+#include <cmath>\n\n int f() {\n'
                     "-  return 7;\n+  return 8;\n", "90.3")
    (answer,) = answers.read(path)
    assert answer.source == '#include "node.hpp"\n#include <cmath>\n\nint f() {\n  return 8;\n}\n'
    (cell,) = namespace.replaced([one for one in namespace.cells(lab.solution) if one.exercise == "90.3"], "90.3",
                                 answer.source)
    assert cell.source == f"%%cpp node.cpp\n{answer.source}"
    assert parts.cpp_file(cell.source) == "node.cpp"


@pytest.mark.parametrize(("hunk", "says"), [
    ("@@\n def double(n):\n-    return n * 2\n", r"line 6: the answer 'b' has a hunk whose line '    return n \* 2'"),
    ("@@\n-def triple(n):\n", "line 5: the answer 'b' has a hunk whose line 'def triple.* is not in the reference"),
    ("@@\n+# new\n", "line 4: the answer 'b' has a hunk of new lines alone"),
    ("\nreturn n\n", "line 5: the answer 'b' has the line 'return n', which is none of a hunk"),
])
def test_changes_that_do_not_fit_are_told_with_bank_line_and_answer(lab: LabFiles, hunk: str, says: str) -> None:
    path = bank(lab, f"# %% id=a\nx = 1\n# %% id=b changes=reference\n{hunk}")
    with pytest.raises(CourseError, match=says) as raised:
        answers.read(path)
    assert raised.value.message.startswith(f"{path}, line ")
    assert raised.value.fix


def test_changes_need_an_answer_in_the_notebook(lab: LabFiles) -> None:
    text = "# %% id=a changes=reference\n@@\n-x\n"
    with pytest.raises(CourseError, match=r"90-bank\.ipynb has no answer to exercise 90\.4") as raised:
        answers.read(bank(lab, text, "90.4"))
    assert "ex-90-4" in raised.value.fix
    path = bank(lab, text)
    lab.solution.unlink()
    with pytest.raises(CourseError, match=r"has no answer to exercise 90\.1"):
        answers.read(path)


@pytest.mark.parametrize("name", ["grader/wrong_answers/lab91/ex1.answers", "grader/lab90/ex1.answers", "ex1.answers"])
def test_changes_in_a_file_that_is_no_lab_s_bank_are_told(lab: LabFiles, name: str) -> None:
    path = lab.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("# %% id=a changes=reference\n@@\n-x\n", encoding="utf-8")
    with pytest.raises(CourseError, match="is the bank of no lab"):
        answers.read(path)


@pytest.mark.parametrize("course", [CourseFiles(REPOSITORY), CourseFiles(TOY)], ids=["course", "toy"])
def test_every_file_among_the_banks_is_read_as_the_bank_of_an_exercise(course: CourseFiles) -> None:
    banks = {path for lab in course.labs() for exercise in exercises.of(lab) for kind in ("wrong", "right")
             if answers.read(path := lab.answers(kind, exercise.id))}
    folders = [course.root / "grader" / f"{kind}_answers" for kind in ("wrong", "right")]
    assert banks == {path for folder in folders for path in folder.rglob("*")
                     if path.is_file() and "__pycache__" not in path.parts}
