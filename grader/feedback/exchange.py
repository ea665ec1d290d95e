"""Hands pages out: into nbgrader's exchange, from where `nbgrader fetch_feedback` and JupyterLab's menu take them."""

from __future__ import annotations

import os
from pathlib import Path

from nbgrader.auth import Authenticator
from nbgrader.exchange import ExchangeError, ExchangeFactory
from nbgrader.exchange.default import Exchange

from grader.feedback.pages import Page
from grader.run.settings import Settings


def problem(settings: Settings) -> str:
    """Return why this course has no exchange to release into; empty if it has one.

    Args:
        settings: the course as nbgrader sees it.
    """
    if not settings.folders.course_id:
        return "the course has no id (c.CourseDirectory.course_id)"
    releasing = _factory(settings).ReleaseFeedback(coursedir=settings.folders)
    if isinstance(releasing, Exchange):
        if not Path(releasing.root).is_dir():
            return f"there is no exchange at {releasing.root}"
        if not os.access(releasing.root, os.W_OK | os.X_OK):
            return f"the exchange at {releasing.root} is not yours to write"
    return ""


def release(settings: Settings, page: Page) -> str:
    """Release one page, as nbgrader's `release_feedback` does.

    Args:
        settings: the course as nbgrader sees it.
        page: a page that was made.

    Returns:
        why it could not be released; empty if it was.
    """
    folder = settings.folder("feedback", page.student, page.lab)
    # The student's copy of this secret, made by `nbgrader submit`, is how the student finds the page.
    factory = _factory(settings)
    releasing = factory.ReleaseFeedback(coursedir=settings.folders, authenticator=Authenticator(parent=settings.app))
    if isinstance(releasing, Exchange) and not (folder / "submission_secret.txt").is_file():
        return "was not handed in through the exchange"
    settings.folders.assignment_id, settings.folders.student_id = page.lab, page.student
    try:
        releasing.start()
    except (ExchangeError, OSError) as error:
        return str(error) or type(error).__name__
    return ""


def _factory(settings: Settings) -> ExchangeFactory:
    """Return nbgrader's choice of an exchange: the one of folders, or what the course's settings name."""
    return ExchangeFactory(parent=settings.app)
