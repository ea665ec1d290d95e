"""The audit in capsules: it runs answers as submissions, and says where the two ways disagree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader import audit, audit_capsule
from grader.audit_worker import Report
from grader.layout import CourseFiles, LabFiles
from tests.conftest import EVERY_LAB
from tests.grader.conftest import REPOSITORY

COURSE = CourseFiles(REPOSITORY)


def verdict(score: float, *failed: str, kind: str = "wrong", defect: str = "", problem: str = "") -> audit.Verdict:
    report = Report(score, 4, failed=list(failed), titles=["a", "b"], problem=problem)
    return audit.Verdict("90.1", kind, "adds", report, defect)


def test_the_same_points_for_the_same_reasons_agree() -> None:
    assert audit_capsule.disagreements([verdict(2, "a")], [verdict(2, "a")]) == []


@pytest.mark.parametrize(("inside", "says"), [
    (verdict(4), "in a capsule it scores 4 and fails nothing; in a plain process 2 and fails 'a': "),
    (verdict(2, "b"), "in a capsule it scores 2 and fails 'b'; in a plain process 2 and fails 'a': "),
    (verdict(0, problem="no service", defect="no service"), "in a capsule: no service"),
])
def test_other_points_and_other_reasons_are_told(inside: audit.Verdict, says: str) -> None:
    (found,) = audit_capsule.disagreements([verdict(2, "a")], [inside])
    assert (found.kind, found.id, found.defect) == ("capsule", "wrong adds", says)


def test_what_only_one_of_them_ran_is_not_compared() -> None:
    assert audit_capsule.disagreements([verdict(2, "a")], [verdict(4, kind="right")]) == []


def test_a_submission_has_the_names_of_the_lab_and_one_check(lab: LabFiles) -> None:
    (plan, *_) = audit.plans([lab])
    made = {task.kind: audit_capsule.submission(lab, plan, task) for task in plan.tasks}
    assert made["wrong"].notebook.count('check(\\"') == 1
    assert '"grade_id": "check-90-1"' in made["wrong"].notebook
    assert "return str(number) * 2" in made["wrong"].notebook
    assert "return 2 * number" in made["reference"].notebook
    assert "return 2 * number" not in made["untouched"].notebook
    students = [audit_capsule.submission(lab, plan, task).student for task in plan.tasks[:3]]
    assert students == ["seed-0", "seed-1", "seed-2"]


def test_a_sample_is_references_untouched_and_one_wrong_answer(lab: LabFiles) -> None:
    for plan in map(audit_capsule.sample, audit.plans([lab])):
        assert [task.kind for task in plan.tasks] == ["reference", "untouched", "wrong"]


@pytest.mark.bubblewrap
@pytest.mark.timeout(300)
def test_every_answer_of_an_exercise_is_judged_in_capsules_as_in_a_plain_process(
    lab: LabFiles, toy: CourseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{REPOSITORY}:{lab.checks.parent}")
    inside = audit_capsule.audit(toy, [(lab, plan) for plan in audit.plans([lab], ["90.2"])])
    assert [f"{found.kind} {found.id}: {found.defect}" for found in inside if found.defect] == []
    assert audit_capsule.disagreements(audit.audit([lab], exercises=["90.2"], jobs=1), inside) == []
    assert len([found for found in inside if found.report]) == 12


@pytest.mark.slow
@pytest.mark.bubblewrap
@pytest.mark.timeout(600)
def test_wrong_answers_of_every_lab_are_judged_in_capsules_as_they_should_be() -> None:
    """References and untouched notebooks are in tests/grader/run/test_course.py, a whole lab each.

    One exercise a lab, with the last answer of its bank, and with LABKIT_TEST_ALL=1 two: a submission takes
    some ten seconds of processor, and `grader audit --capsule` judges all.
    """
    chosen = slice(1, None, 3) if EVERY_LAB else slice(1, 2)
    samples = [(lab, audit_capsule.sample(plan)) for lab in COURSE.labs() for plan in audit.plans([lab])[chosen]]
    plans = [(lab, replace(plan, tasks=plan.tasks[-1:], answers=plan.answers[-1:])) for lab, plan in samples]
    assert [(lab.number, [task.kind for task in plan.tasks]) for lab, plan in plans] == [
        (lab.number, ["wrong"]) for lab in COURSE.labs() for _ in range(2 if EVERY_LAB else 1)]
    inside = audit_capsule.audit(COURSE, plans, jobs=4)
    assert [f"{found.exercise} {found.kind} {found.id}: {found.defect}" for found in inside if found.defect] == []
