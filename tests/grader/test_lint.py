from __future__ import annotations

from collections.abc import Callable

import pytest

from grader.layout import CourseFiles, LabFiles
from grader.lint import lint

Edit = Callable[[str, str], LabFiles]

STUB = '    """Twice the number."""\n    ### BEGIN SOLUTION\n    return 2 * number\n    ### END SOLUTION\n'
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
    ("kernel", "", "#     name: python3\n", "#     name: ir\n"),
])
def test_a_trap_is_found(edit: Edit, rule: str, cell: str, old: str, new: str) -> None:
    found = [(trap.rule, trap.cell) for trap in lint(edit(old, new))]
    assert any(trap == rule and name.startswith(cell) for trap, name in found), found


def test_a_file_beside_the_source_is_found(toy: CourseFiles) -> None:
    (lab,) = toy.labs()
    (lab.source.parent / "helpers.py").write_text("x = 1\n", encoding="utf-8")
    (lab.source.parent / "house.svg").write_text("<svg/>", encoding="utf-8")
    (trap,) = lint(lab)
    assert trap.rule == "files-beside"
    assert "helpers.py" in str(trap)
