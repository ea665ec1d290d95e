from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import audit, audit_hidden, audit_pool, namespace, sources
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
        "reference": 6, "untouched": 2, "noisy": 2, "right": 4, "wrong": 10}


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
        "bank wrong: has 3 wrong answers, needs 5", "bank right: has 0 right answers, needs 2"]


def test_a_right_answer_that_loses_points_is_reported(lab: LabFiles) -> None:
    append(lab.answers("right", "90.1"), "\n\n# %% id=wrong-after-all\ndef double(n):\n    return n ** 2\n")
    (found,) = defects(lab, "90.1")
    assert found.startswith("right wrong-after-all: a right answer scores 0 of 4: double(3) expected 6, found 9")


def test_a_reference_that_fails_a_hidden_case_is_reported(lab: LabFiles) -> None:
    lab.hidden.write_text(lab.hidden.read_text(encoding="utf-8").replace("HIDDEN CASE!!!", "hidden case!!!"))
    found = defects(lab, "90.2")
    assert any(line.startswith("reference seed-0: a right answer scores 2 of 6") for line in found)
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


def test_a_child_that_has_no_answer_left_goes_on_with_another_exercise(
    lab: LabFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[audit_pool.Child] = []

    class Counted(audit_pool.Child):
        def __init__(self) -> None:
            super().__init__()
            started.append(self)

    monkeypatch.setattr(audit_pool, "Child", Counted)
    found = audit.audit([lab], jobs=1)
    assert {verdict.exercise for verdict in found} == {"90.1", "90.2"}
    assert [verdict for verdict in found if verdict.defect] == []
    assert len(started) == 1


def test_a_broken_check_is_reported_once_for_each_answer(lab: LabFiles) -> None:
    append(lab.hidden, "\nraise RuntimeError('broken on purpose')\n")
    with pytest.raises(RuntimeError, match="broken on purpose"):
        audit.audit([lab])


def test_a_criterion_that_no_wrong_answer_fails_is_a_defect(lab: LabFiles) -> None:
    path = lab.answers("wrong", "90.2")
    text = path.read_text(encoding="utf-8")
    for name in ("no-refusal", "wrong-error"):
        start = text.index(f"# %% id={name}")
        end = text.find("# %%", start + 1)
        text = text[:start] + (text[end:] if end > 0 else "")
    path.write_text(text, encoding="utf-8")
    assert "criterion no text is refused: no wrong answer fails it: add one to the bank" in defects(lab, "90.2")


def test_points_beyond_what_a_wrong_answer_may_earn_are_reported(lab: LabFiles) -> None:
    path = lab.answers("wrong", "90.1")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("id=small-only hint=big-numbers", "id=small-only hint=big-numbers most=1"))
    assert defects(lab, "90.1") == ["wrong small-only: scores 2 of 4, and earns at most 1"]
    path.write_text(text.replace("id=small-only hint=big-numbers", "id=small-only hint=big-numbers most=2"))
    assert defects(lab, "90.1") == []


def test_seeds_that_make_no_other_cases_are_reported(lab: LabFiles) -> None:
    text = lab.hidden.read_text(encoding="utf-8")
    lab.hidden.write_text(text.replace("world.random.randrange(10**6)", "7"), encoding="utf-8")
    (found,) = defects(lab, "90.2")
    assert found.startswith("seeds seed-0, seed-1, seed-2: make the same cases: draw some from world.random")


def test_cases_that_one_seed_makes_differently_are_reported(lab: LabFiles) -> None:
    text = lab.hidden.read_text(encoding="utf-8")
    drawn = "[world.random.random() for _ in range(time.monotonic_ns() % 9999)]"
    lab.hidden.write_text(text.replace('        word = ', f"        import time\n        {drawn}\n        word = "))
    (found,) = defects(lab, "90.2")
    assert "the same seed makes other cases" in found


def test_each_seed_makes_its_own_cases_and_the_same_ones_again(lab: LabFiles) -> None:
    verdicts = audit.audit([lab], exercises=["90.1"], jobs=1)
    cases = {verdict.id: verdict.report.cases for verdict in verdicts if verdict.report}
    assert len({cases[student] for student in audit.STUDENTS}) == len(audit.STUDENTS) == 3
    assert cases["seed-0"] == cases["noisy reference"] == cases["shift"] != ""


def test_what_a_noisy_answer_does_is_noise() -> None:
    text = namespace.noisy("from __future__ import annotations\ndef double(number):\n    return 2 * number\n")
    assert text.splitlines()[0] == "from __future__ import annotations"
    for noise in ("print(", "_sys.stderr", "_warnings.warn", "_logging", "_display(_HTML", "_threading.Thread"):
        assert noise in text
    assert text.splitlines()[-1] == '"a value"'


def test_hidden_cases_in_what_students_get_are_found(lab: LabFiles, toy: CourseFiles) -> None:
    assert audit_hidden.leaks(toy, [lab]) == []
    (lab.release / "helpers.py").write_text('X = "THE HIDDEN CASE!!!!!!"\n', encoding="utf-8")
    (found,) = audit_hidden.leaks(toy, [lab])
    assert (found.kind, found.id) == ("hidden", "labs/90-toy/helpers.py")
    assert found.defect.startswith("has 'THE HIDDEN CASE!!!!!!' in it")


@pytest.mark.parametrize("path", ["bundle/iot-house/grader/hidden/lab90.py", "bundle/iot-house/solutions/90-toy.ipynb",
                                  "bundle/iot-house/x.whl/grader/wrong_answers/lab90/ex1.answers",
                                  "bundle/iot-house/labs/90-toy/ex1.answers", "labs/90-toy/ex2.answers"])
def test_files_that_students_must_not_get_are_found(lab: LabFiles, path: str) -> None:
    (found,) = audit_hidden.search({path: b"", "bundle/iot-house/labs/90-toy.ipynb": b""}, [lab])
    assert found.defect == "students must not get this file"


def test_a_file_of_hidden_cases_under_another_name_is_found(lab: LabFiles) -> None:
    text = lab.hidden.read_bytes()
    (found,) = audit_hidden.search({"labs/a.py": text, "labs/b.py": b"print(1)"}, [lab])
    assert found.id == "labs/a.py"


def test_a_lab_that_is_out_of_step_is_refused(lab: LabFiles, toy: CourseFiles, edit: Edit) -> None:
    edit("return 2 * number", "return number + number")
    with pytest.raises(CourseError, match="grader sources"):
        audit.audit([lab])
    sources.rewrite(lab)
    release(toy, [lab])
    assert defects(lab, "90.1") == []


def test_the_exit_status_says_whether_there_are_defects(lab: LabFiles, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(lab.root), "audit", "--jobs", "2"]) == 0
    assert "24 answers, 0 defects" in capsys.readouterr().out
    lab.answers("right", "90.2").unlink()
    assert main(["--root", str(lab.root), "audit", "90", "--json"]) == 1
    verdicts = json.loads(capsys.readouterr().out)
    for verdict in verdicts:  # as the text of grader.audit promises
        assert set(verdict) == {"exercise", "kind", "id", "defect", "report"}
        assert verdict["report"] is None or set(verdict["report"]) == {
            "score", "points", "hints", "failed", "titles", "problem", "found", "seconds", "cases"}
    assert {verdict["kind"] for verdict in verdicts} == {
        "reference", "noisy", "untouched", "right", "wrong", "bank"}
    assert [verdict["defect"] for verdict in verdicts if verdict["defect"]] == ["has 0 right answers, needs 2"]
