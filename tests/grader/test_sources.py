from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from grader import sources
from grader.layout import CourseError, CourseFiles, LabFiles

Edit = Callable[[str, str], LabFiles]


def test_a_rebuild_is_byte_identical(lab: LabFiles) -> None:
    before = lab.solution.read_bytes()
    lab.solution.unlink()
    sources.rewrite(lab)
    assert lab.solution.read_bytes() == before
    assert sources.in_step(lab)
    assert not sources.rewrite(lab)


def test_cells_take_their_ids_from_grade_ids(lab: LabFiles) -> None:
    ids = [cell.id for cell in nbformat.read(lab.solution, as_version=4).cells]
    assert [name for name in ids if name.startswith(("ex-", "check-", "reflect-"))] == [
        "ex-90-1", "check-90-1", "ex-90-2", "check-90-2", "reflect-90"]


def test_a_cell_put_in_between_changes_no_other_id(lab: LabFiles, edit: Edit) -> None:
    before = [cell.id for cell in sources.read(lab.source).cells]
    edit("# %% [markdown]\n# Write `double", "# %% [markdown]\n# A new cell.\n\n# %% [markdown]\n# Write `double")
    after = [cell.id for cell in sources.read(lab.source).cells]
    assert len(after) == len(before) + 1
    assert [name for name in after if name in before] == before


def test_equal_cells_get_different_ids(edit: Edit) -> None:
    lab = edit("# %% [markdown]\n# Write `double", "# %%\n1\n\n# %%\n1\n\n# %% [markdown]\n# Write `double")
    ids = [cell.id for cell in sources.read(lab.source).cells]
    assert len(set(ids)) == len(ids)


def test_the_notebook_tells_no_version_and_has_no_outputs(lab: LabFiles) -> None:
    text = lab.solution.read_text(encoding="utf-8")
    assert "jupytext_version" not in text
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.kernelspec.language == "python"
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


def test_the_part_magic_is_a_magic_in_the_notebook(lab: LabFiles) -> None:
    cell = next(cell for cell in nbformat.read(lab.solution, as_version=4).cells if cell.id == "ex-90-1")
    assert cell.source.startswith("%%part fleet\n")


def test_an_edited_notebook_is_out_of_step(lab: LabFiles) -> None:
    lab.solution.write_text(lab.solution.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert not sources.in_step(lab)


def test_two_cells_with_one_grade_id_are_refused(edit: Edit) -> None:
    lab = edit('"grade_id": "ex-90-2"', '"grade_id": "ex-90-1"')
    with pytest.raises(CourseError, match="Two cells have the grade id 'ex-90-1'"):
        sources.read(lab.source)


def test_a_grade_id_that_is_no_cell_id_is_refused(edit: Edit) -> None:
    lab = edit('"grade_id": "ex-90-2"', '"grade_id": "ex 90 2"')
    with pytest.raises(CourseError, match="letters, digits, hyphens"):
        sources.read(lab.source)


def test_a_course_is_found_from_a_folder_inside_it(toy: CourseFiles) -> None:
    assert CourseFiles.find(toy.root / "solutions" / "90-toy").root == toy.root.resolve()


def test_a_lab_is_named_by_number_or_folder(toy: CourseFiles) -> None:
    assert [lab.folder for lab in toy.labs(["90"])] == ["90-toy"]
    assert [lab.folder for lab in toy.labs(["90-toy"])] == ["90-toy"]
    with pytest.raises(CourseError, match="choose one of 90-toy"):
        toy.labs(["91"])


def test_a_folder_without_a_course_is_told(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="solutions/"):
        CourseFiles.find(tmp_path)
