from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import audit, audit_pool, sources
from grader.cli import main
from grader.layout import CourseError, CourseFiles, LabFiles
from grader.release import release

Edit = Callable[[str, str], LabFiles]


@pytest.fixture(autouse=True)
def _toy_checks_can_be_imported(lab: LabFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Path(audit.__file__).resolve().parents[1]
    monkeypatch.setenv("PYTHONPATH", f"{repository}:{lab.checks.parent}")


def defects(lab: LabFiles, exercise: str) -> list[str]:
    verdicts = audit.audit([lab], exercises=[exercise], jobs=1)
    return [f"{verdict.kind} {verdict.id}: {verdict.defect}" for verdict in verdicts if verdict.defect]


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_good_course_has_no_defects(lab: LabFiles) -> None:
    verdicts = audit.audit([lab], jobs=2)
    assert [verdict for verdict in verdicts if verdict.defect] == []
    kinds = [verdict.kind for verdict in verdicts]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "reference": 4, "untouched": 2, "noisy": 2, "right": 2, "wrong": 10}
    assert audit.never_failed(verdicts) == []


def test_a_wrong_answer_that_passes_is_reported(lab: LabFiles) -> None:
    append(lab.answers("wrong", "90.1"), "\n\n# %% id=right-after-all hint=adds-two\ndef double(n): return n + n\n")
    assert defects(lab, "90.1") == ["wrong right-after-all: a wrong answer gets full marks"]


def test_a_hint_that_is_not_earned_is_reported(lab: LabFiles) -> None:
    append(lab.answers("wrong", "90.1"), "\n\n# %% id=other hint=no-such-hint\ndef double(n):\n    return n + 1\n")
    (found,) = defects(lab, "90.1")
    assert found.startswith("wrong other: should earn the hint 'no-such-hint', earns adds-two")


def test_a_wrong_answer_without_a_hint_is_reported(lab: LabFiles) -> None:
    append(lab.answers("wrong", "90.1"), "\n\n# %% id=other\ndef double(n):\n    return n + 1\n")
    assert defects(lab, "90.1") == ["wrong other: declares no hint"]


def test_a_bank_that_is_too_small_is_reported(lab: LabFiles) -> None:
    lab.answers("right", "90.2").unlink()
    path = lab.answers("wrong", "90.2")
    path.write_text(path.read_text(encoding="utf-8").split("# %% id=once")[0], encoding="utf-8")
    assert defects(lab, "90.2") == [
        "bank wrong: has 3 wrong answers, needs 5", "bank right: has 0 right answers, needs 1"]


def test_a_right_answer_that_loses_points_is_reported(lab: LabFiles) -> None:
    append(lab.answers("right", "90.1"), "\n\n# %% id=wrong-after-all\ndef double(n):\n    return n ** 2\n")
    (found,) = defects(lab, "90.1")
    assert found.startswith("right wrong-after-all: a right answer scores 0 of 4: double(3) expected 6, found 9")


def test_a_reference_that_fails_a_hidden_case_is_reported(lab: LabFiles) -> None:
    lab.hidden.write_text(lab.hidden.read_text(encoding="utf-8").replace("HIDDEN CASE!!!", "hidden case!!!"))
    found = defects(lab, "90.2")
    assert any(line.startswith("reference seed 0: a right answer scores 2 of 6") for line in found)
    assert any(line.startswith("noisy noisy reference") for line in found)


def test_a_hidden_criterion_that_is_not_public_is_reported(lab: LabFiles) -> None:
    lab.hidden.write_text(lab.hidden.read_text(encoding="utf-8").replace('"any number"', '"another title"'))
    assert any("'another title'" in line for line in defects(lab, "90.1"))


def test_points_for_an_untouched_notebook_are_reported(lab: LabFiles) -> None:
    text = lab.checks.read_text(encoding="utf-8")
    for judged in ('student.call("shout", "").raises(ValueError, hint=EMPTY)',
                   'student.call("shout", "hello big world").gives("HELLO BIG WORLD!!!!!!", hint=WORDS)'):
        assert judged in text
        text = text.replace(judged, "student.get('__name__')")
    lab.checks.write_text(text, encoding="utf-8")
    assert any("untouched untouched: an untouched notebook scores" in line for line in defects(lab, "90.2"))


def test_an_answer_that_takes_its_process_down_does_not_stop_the_rest(lab: LabFiles) -> None:
    append(lab.answers("wrong", "90.1"), "\n\n# %% id=deadly hint=adds-two\nimport os\ndef double(n): os._exit(0)\n"
           "\n\n# %% id=after hint=adds-two\ndef double(n):\n    return n + 1\n")
    (found,) = defects(lab, "90.1")
    assert found == "wrong deadly: the process that runs the answers ended without a word"


def test_an_answer_that_hangs_is_ended(lab: LabFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_pool, "PATIENCE", 4.0)
    append(lab.answers("wrong", "90.2"), "\n\n# %% id=stuck hint=letters-not-words\nimport signal\n"
           "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\nwhile True:\n    pass\n")
    (found,) = defects(lab, "90.2")
    assert found == "wrong stuck: nothing came of it within 4 s"


def test_a_broken_check_is_reported_once_for_each_answer(lab: LabFiles) -> None:
    append(lab.hidden, "\nraise RuntimeError('broken on purpose')\n")
    with pytest.raises(RuntimeError, match="broken on purpose"):
        audit.audit([lab])


def test_a_criterion_that_no_wrong_answer_fails_is_listed(lab: LabFiles) -> None:
    path = lab.answers("wrong", "90.2")
    text = path.read_text(encoding="utf-8")
    for name in ("no-refusal", "wrong-error"):
        start = text.index(f"# %% id={name}")
        end = text.find("# %%", start + 1)
        text = text[:start] + (text[end:] if end > 0 else "")
    path.write_text(text, encoding="utf-8")
    assert audit.never_failed(audit.audit([lab])) == [("90.2", "no text is refused")]


def test_a_lab_that_is_out_of_step_is_refused(lab: LabFiles, toy: CourseFiles, edit: Edit) -> None:
    edit("return 2 * number", "return number + number")
    with pytest.raises(CourseError, match="grader sources"):
        audit.audit([lab])
    sources.rewrite(lab)
    release(toy, [lab])
    assert defects(lab, "90.1") == []


def test_the_exit_status_says_whether_there_are_defects(lab: LabFiles, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(lab.root), "audit", "--jobs", "2"]) == 0
    assert "20 answers, 0 defects" in capsys.readouterr().out
    lab.answers("right", "90.2").unlink()
    assert main(["--root", str(lab.root), "audit", "90", "--json"]) == 1
    verdicts = json.loads(capsys.readouterr().out)
    assert [verdict["defect"] for verdict in verdicts if verdict["defect"]] == ["has 0 right answers, needs 1"]
