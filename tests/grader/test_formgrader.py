"""The form grader works in the server that instructors start, on a course of this layout."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from playwright.sync_api import expect, sync_playwright

from grader.layout import LabFiles
from labkit.waiting import wait_until
from tests.browser import chromium
from tests.grader.conftest import environment

pytestmark = [pytest.mark.browser]
TOKEN = "for-this-test"


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=60) as page:
            return bool(page.status == 200)
    except OSError:
        return False


@pytest.fixture
def server(lab: LabFiles, nbgrader: Callable[..., CompletedProcess[str]], tmp_path: Path) -> Iterator[str]:
    """JupyterLab in the folder of a course whose lab is in the gradebook, with one submission."""
    assert nbgrader(lab, "generate_assignment", lab.folder).returncode == 0
    submitted = lab.root / "submitted" / "anna" / lab.folder
    submitted.mkdir(parents=True)
    (submitted / lab.solution.name).write_bytes(lab.solution.read_bytes())
    with socket.socket() as chooser:
        chooser.bind(("127.0.0.1", 0))
        port = chooser.getsockname()[1]
    log = tmp_path / "server.log"
    private = {"HOME": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path / "run")}
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root",
             f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={lab.root}", "--ServerApp.port_retries=0"],
            cwd=lab.root, env={**environment(lab.root), **private},
            stdout=written, stderr=subprocess.STDOUT)
    try:
        base = f"http://127.0.0.1:{port}"
        wait_until(lambda: process.poll() is not None or answers(f"{base}/api/status?token={TOKEN}"), 60,
                   what="the server answers")
        assert process.poll() is None, log.read_text()
        yield base
    finally:
        process.terminate()
        process.wait(60)


def test_the_form_grader_lists_the_lab_and_autogrades_it(server: str, lab: LabFiles, tmp_path: Path) -> None:
    with sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{server}/formgrader?token={TOKEN}")
        row = page.locator("tr", has_text=lab.folder)
        expect(row).to_be_visible(timeout=60_000)
        row.locator("td.num-submissions a").click()
        student = page.locator("tr", has_text="anna")
        expect(student).to_be_visible(timeout=60_000)
        student.locator("td.autograde a").click()
        expect(page.locator(".modal", has_text="Success")).to_be_visible(timeout=60_000)
        page.goto(f"{server}/formgrader/gradebook/{lab.folder}")
        expect(page.locator("body")).to_contain_text(lab.folder, timeout=60_000)
        picture = Path(os.environ.get("LABKIT_SCREENSHOTS", tmp_path)) / "formgrader.png"
        page.goto(f"{server}/formgrader/manage_submissions/{lab.folder}")
        expect(page.locator("tr", has_text="anna")).to_contain_text("10 / 10", timeout=60_000)
        page.screenshot(path=str(picture))
        assert picture.stat().st_size > 10_000
