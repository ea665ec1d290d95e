from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from nbgrader.api import Gradebook

from grader.cli import main
from grader.layout import CourseFiles, LabFiles
from grader.lint import lint
from tests.grader.conftest import environment

Edit = Callable[[str, str], LabFiles]

STUB = '    """Twice the number."""\n    ### BEGIN SOLUTION\n    return 2 * number\n    ### END SOLUTION\n'
REFLECT = ('"grade": true, "grade_id": "reflect-90", "locked": false, "points": 0, "schema_version": 3, '
           '"solution": true')
CHECK_2 = '"grade_id": "check-90-2", "locked": true, "points": 6'


def test_a_good_source_has_no_trap(toy: CourseFiles) -> None:
    (lab,) = toy.labs()
    assert lint(lab) == []


@pytest.mark.parametrize(("rule", "cell", "old", "new"), [
    ("metadata", "", '"locked": true, "points": 6,', '"locked": true, "points": 6, "speed": 1,'),
    ("metadata", "", '"points": 6, "schema_version": 3', '"points": 6, "schema_version": 1'),
    ("marker-in-prose", "markdown-", "# Two small exercises", "# Write between BEGIN SOLUTION and the end"),
    ("solution-region", "ex-90-1", "    ### END SOLUTION\n", ""),
    ("solution-region", "ex-90-1", "    ### BEGIN SOLUTION\n", "    ### BEGIN SOLUTION\n    ### BEGIN SOLUTION\n"),
    ("solution-region", "ex-90-1", STUB, "    return 2 * number\n"),
    ("solution-region", "code-", "# %%\nimport lab90", "# %%\n### BEGIN SOLUTION\n### END SOLUTION\nimport lab90"),
    ("imports", "code-", "# %%\nimport lab90", "# %%\nfrom stack.f2.stage import KafkaStage\nimport lab90"),
    ("hidden-tests", "check-90-1", 'check("90.1")\n', "### BEGIN HIDDEN TESTS\nassert 1\n### END HIDDEN TESTS\n"),
    ("hidden-tests", "check-90-1", 'check("90.1")\n', "### AUTOTEST double(2)\n"),
    ("check-call", "check-90-1", 'check("90.1")\n', 'check("90.1")\nNone\n'),
    ("check-call", "check-90-1", 'check("90.1")\n', "import warnings\nassert double(2) == 4\n"),
    ("check-call", "check-90-1", 'check("90.1")\n', 'check("90.2")\n'),
    ("points", "check-90-2", CHECK_2, CHECK_2.replace("6", "7")),
    ("points", "check-90-2", CHECK_2, CHECK_2.replace("6", "-1")),
    ("points", "check-90-1", 'check("90.1")\n', 'check("90.7")\n'),
    ("points", "", 'check("90.1")\n', 'check("90.2")\n'),
    ("answer-before-check", "check-90-1", '"grade_id": "ex-90-1"', '"grade_id": "ex-90-3"'),
    ("answer-before-check", "twice", '"grade_id": "ex-90-1"', '"grade_id": "twice"'),
    ("part-alone", "ex-90-1", "return 2 * number", "return json.loads(str(number))"),
    ("part-magic", "ex-90-1", "# %%part fleet\ndef double", "import json\n# %%part fleet\ndef double"),
    ("part-magic", "ex-90-1", "# %%part fleet\ndef double", "# %%part cellar\ndef double"),
    ("pictures", "markdown-", "# Two small exercises", "# ![](missing.svg) Two small exercises"),
    ("imports", "code-", "# %%\nimport lab90", "# %%\nfrom math import *\nimport lab90"),
    ("imports", "code-", "# %%\nimport lab90", "# %%\nfrom labkit.services import start\nimport lab90"),
    ("hidden-tests", "check-90-1", 'check("90.1")\n', '### BEGIN HIDDEN TESTS\ncheck("90.1")\n'),
    ("hidden-tests", "ex-90-2", "    ### BEGIN SOLUTION\n    if not",
     "    ### BEGIN HIDDEN TESTS\n    ### END HIDDEN TESTS\n    ### BEGIN SOLUTION\n    if not"),
    ("mark-scheme", "markdown-", "# Two small exercises",
     "# === BEGIN MARK SCHEME ===\n# good\n# === END MARK SCHEME ==="),
    ("mark-scheme", "reflect-90", "# Doubling is a shift.", "# === BEGIN MARK SCHEME ==="),
    ("last-value", "check-90-1", 'check("90.1")\n', "double(2)\n5\n"),
    ("last-value", "check-90-1", 'check("90.1")\n', "double(2)\n-1\n"),
    ("last-value", "check-90-1", 'check("90.1")\n', 'double(2)\n"well done"\n'),
    ("last-value", "check-90-1", 'check("90.1")\n', "double(2)\nTrue\n"),
    ("stderr", "check-90-1", 'check("90.1")\n', 'import sys\nprint("well done", file=sys.stderr)\n'),
    ("stderr", "check-90-1", 'check("90.1")\n', 'import logging\nlogging.warning("well done")\n'),
    ("kinds", "check-90-2", CHECK_2, CHECK_2.replace(', "points": 6', "")),
    ("kinds", "reflect-90", REFLECT, REFLECT.replace('"grade": true', '"grade": false')),
    ("kinds", "reflect-90", REFLECT, REFLECT.replace('"solution": true', '"solution": false')),
    ("kinds", "ex-90-1", '"grade_id": "ex-90-1", ', '"grade_id": "ex-90-1", "points": 1, "task": true, '),
    ("grade-ids", "ex-90-1", '"grade_id": "ex-90-2"', '"grade_id": "ex-90-1"'),
    ("grade-ids", "ex 90.2", '"grade_id": "ex-90-2"', '"grade_id": "ex 90.2"'),
    ("grade-ids", "", '"grade_id": "ex-90-2", ', ""),
    ("kernel", "", "#     name: python3\n", "#     name: ir\n"),
    ("kernel", "", "#     language: python\n", ""),
])
def test_a_trap_is_found(edit: Edit, rule: str, cell: str, old: str, new: str) -> None:
    lab = edit(old, new)
    traps = lint(lab)
    found = [trap for trap in traps if trap.rule == rule and trap.cell.startswith(cell)]
    assert found, traps
    for trap in found:
        # What is wrong, where, and what to do: an advice follows a colon or a full stop, or is a "write …" by itself.
        assert trap.lab == "90-toy"
        assert len(trap.message.split()) > 5
        lines = lab.source.read_text(encoding="utf-8").splitlines()
        assert trap.line == 0 or lines[trap.line - 1].startswith("# %%"), trap
        assert bool(trap.line) == bool(trap.cell), trap


def test_the_frame_of_the_part_that_a_lab_teaches_may_be_imported(edit: Edit) -> None:
    lab = edit("# %%\nimport lab90", "# %%\nfrom stack.fleet.stage import Stage\nimport lab90")
    assert not [trap for trap in lint(lab) if trap.rule == "imports"]


def test_a_file_beside_the_source_is_found(toy: CourseFiles) -> None:
    (lab,) = toy.labs()
    (lab.source.parent / "helpers.py").write_text("x = 1\n", encoding="utf-8")
    (lab.source.parent / "house.svg").write_text("<svg/>", encoding="utf-8")
    (trap,) = lint(lab)
    assert trap.rule == "files-beside"
    assert "helpers.py" in str(trap)


def test_the_line_of_a_trap_is_that_of_its_cell(edit: Edit) -> None:
    (trap,) = lint(edit("# Two small exercises", "# ![](missing.svg) Two small exercises"))[:1]
    assert str(trap).startswith(f"{trap.cell}, line 11: [pictures] the picture missing.svg has no text")


def gradebook_with(lab: LabFiles, *assignments: str) -> None:
    with Gradebook(f"sqlite:///{lab.root / 'gradebook.db'}") as gradebook:
        for name in assignments:
            gradebook.add_assignment(name)


def gradebook_traps(lab: LabFiles) -> list[str]:
    return [trap.message for trap in lint(lab) if trap.rule == "gradebook"]


def test_a_released_lab_that_the_gradebook_does_not_know_is_found(
    lab: LabFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", environment(lab.root)["PATH"])
    assert gradebook_traps(lab) == []  # before the first `generate_assignment` there is none
    gradebook_with(lab, "91-other")
    (message,) = gradebook_traps(lab)
    assert message == ("the lab is released, but gradebook.db does not know it: "
                       "run `nbgrader generate_assignment 90-toy`")
    gradebook_with(lab, "90-toy")
    assert gradebook_traps(lab) == []


def test_a_gradebook_that_was_moved_away_is_found(lab: LabFiles) -> None:
    (lab.root / "submitted" / "ada" / lab.folder).mkdir(parents=True)
    (message,) = gradebook_traps(lab)
    assert message.startswith("there are submissions, but no gradebook.db: put it back")
    settings = lab.root / "nbgrader_config.py"
    settings.write_text(f"{settings.read_text(encoding='utf-8')}\nc.CourseDirectory.db_url = 'postgresql://x'\n")
    assert gradebook_traps(lab) == []


def test_a_gradebook_that_is_none_is_found(lab: LabFiles) -> None:
    (lab.root / "gradebook.db").write_text("not a database, and long enough to be seen as one" * 9, encoding="utf-8")
    (message,) = gradebook_traps(lab)
    assert "cannot be read" in message


def test_the_command_prints_for_people_and_for_machines(edit: Edit, capsys: pytest.CaptureFixture[str]) -> None:
    lab = edit('"points": 6, "schema_version": 3', '"points": 7, "schema_version": 3')
    assert main(["--root", str(lab.root), "lint"]) == 1
    assert "check-90-2, line 47: [points] 7 points, but check('90.2') gives up to 6" in capsys.readouterr().out
    assert main(["--root", str(lab.root), "lint", "--json"]) == 1
    (trap,) = json.loads(capsys.readouterr().out)
    assert set(trap) == {"lab", "rule", "cell", "line", "message"}
    assert (trap["lab"], trap["rule"], trap["cell"], trap["line"]) == ("90-toy", "points", "check-90-2", 47)
