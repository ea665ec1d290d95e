from __future__ import annotations

from collections.abc import Callable

import nbformat
import pytest

from grader import sources
from grader.cli import main
from grader.layout import CourseError, CourseFiles, LabFiles
from grader.release import Difference, release

Edit = Callable[[str, str], LabFiles]


def test_a_second_release_changes_nothing(lab: LabFiles, toy: CourseFiles) -> None:
    before = lab.released.read_bytes()
    assert release(toy, [lab]) == []
    assert lab.released.read_bytes() == before


def test_the_release_has_no_solution(lab: LabFiles) -> None:
    text = lab.released.read_text(encoding="utf-8")
    assert "return 2 * number" not in text
    assert "Doubling is a shift" not in text
    assert "SOLUTION" not in text
    assert text.count("raise NotImplementedError") == 2


def test_the_release_keeps_ids_magic_and_docstring(lab: LabFiles) -> None:
    cell = next(cell for cell in nbformat.read(lab.released, as_version=4).cells if cell.id == "ex-90-1")
    assert cell.source == ('%%part fleet\ndef double(number: int) -> int:\n    """Twice the number."""\n'
                           "    # Write your code here, and delete the next line.\n    raise NotImplementedError")


def test_the_release_is_not_paired(lab: LabFiles) -> None:
    assert "jupytext" not in nbformat.read(lab.released, as_version=4).metadata
    assert not list(lab.release.rglob("*.py"))


def test_pictures_go_along_and_hidden_files_do_not(lab: LabFiles, toy: CourseFiles) -> None:
    beside = lab.source.parent
    (beside / "images").mkdir()
    (beside / "images" / "house.svg").write_text("<svg/>", encoding="utf-8")
    (beside / ".secret").write_text("x", encoding="utf-8")
    release(toy, [lab])
    assert sorted(str(path.relative_to(lab.release)) for path in lab.release.rglob("*") if path.is_file()) == [
        "90-toy.ipynb", "images/house.svg"]


def test_what_is_no_longer_in_the_source_leaves_the_release(lab: LabFiles, toy: CourseFiles) -> None:
    (lab.release / "old.svg").write_text("<svg/>", encoding="utf-8")
    (found,) = release(toy, [lab])
    assert (found.path.name, found.what) == ("old.svg", "left over")
    assert not (lab.release / "old.svg").exists()


def test_an_exported_part_without_a_source_goes_and_one_written_by_hand_stays(
    lab: LabFiles, toy: CourseFiles,
) -> None:
    release(toy, [lab])
    exported = (toy.parts / "fleet.py").read_text(encoding="utf-8")
    (toy.parts / "gone.py").write_text(exported, encoding="utf-8")
    (toy.parts / "shelly.py").write_text("# Part 'shelly' of the house. It moves into lab 05.\n", encoding="utf-8")
    (found,) = release(toy, [lab])
    assert (found.path.name, found.what) == ("gone.py", "left over")
    assert not (toy.parts / "gone.py").exists()
    assert (toy.parts / "shelly.py").exists()


def test_check_tells_what_is_out_of_step_and_writes_nothing(
    lab: LabFiles, toy: CourseFiles, edit: Edit, capsys: pytest.CaptureFixture[str],
) -> None:
    edit("return 2 * number", "return number + number")
    sources.rewrite(lab)
    part = toy.parts / "fleet.py"
    before = part.read_bytes()
    assert main(["--root", str(toy.root), "release", "--check"]) == 1
    assert "stack/parts/fleet.py: changed" in capsys.readouterr().out
    assert part.read_bytes() == before
    assert main(["--root", str(toy.root), "release"]) == 0
    assert main(["--root", str(toy.root), "release", "--check"]) == 0


def test_a_stale_notebook_is_not_released(lab: LabFiles, toy: CourseFiles, edit: Edit) -> None:
    edit("return 2 * number", "return number + number")
    with pytest.raises(CourseError, match="grader sources"):
        release(toy, [lab])


def test_the_words_of_nbgrader_reach_the_author(toy: CourseFiles, edit: Edit) -> None:
    lab = edit("    ### END SOLUTION\n", "")
    sources.rewrite(lab)
    with pytest.raises(CourseError, match=r"(?s)90-toy.*(nested begin|no end) solution"):
        release(toy, [lab])


def test_a_release_needs_no_gradebook(lab: LabFiles) -> None:
    assert not (lab.root / "gradebook.db").exists()


def test_a_missing_file_is_a_difference(lab: LabFiles, toy: CourseFiles) -> None:
    (toy.parts / "fleet.py").unlink()
    assert release(toy, [lab], check=True) == [Difference((toy.parts / "fleet.py").relative_to(toy.root), "missing")]
