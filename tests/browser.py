"""The Chromium that is installed, for tests that look at the course as a student does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

# As root Chromium has no sandbox; without the others it asks servers of its maker, which a test must not.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_PATIENCE = 60_000
"""Milliseconds."""


def installed_chromium() -> str | None:
    """The path of a Chromium that is installed, None if there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Start the installed Chromium without a window; close it at the end."""
    from playwright.sync_api import expect

    # Five seconds for what is expected, and thirty for a page, are short on a loaded machine.
    expect.set_options(timeout=_PATIENCE)
    browser = playwright.chromium.launch(executable_path=installed_chromium(), args=ARGUMENTS, timeout=_PATIENCE)
    new_page = browser.new_page

    def patient_page(**options: Any) -> Page:
        page = new_page(**options)
        page.set_default_timeout(_PATIENCE)
        return page

    browser.new_page = patient_page  # type: ignore[method-assign,assignment]
    try:
        yield browser
    finally:
        browser.close()
