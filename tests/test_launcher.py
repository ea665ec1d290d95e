from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import sync_playwright

from labkit import launcher
from labkit.course import course_root
from labkit.errors import KitError, StudentError
from labkit.waiting import wait_until
from tests.browser import chromium

ROOT = Path(__file__).parent.parent


@contextmanager
def lab(tmp_path: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run `labkit lab` as a person without a screen would; yields the process and the address that it printed."""
    printed = tmp_path / "printed.txt"
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    with printed.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "labkit.cli", "lab", *arguments],
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env=environment,
        )
    try:
        found = wait_until(lambda: re.search(r"http://\S+", printed.read_text()), 60, what="the address is printed")
        assert found is not None
        yield process, found.group(0)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def test_the_printed_address_answers_and_nothing_is_left_after_ctrl_c(tmp_path: Path) -> None:
    with lab(tmp_path, "01") as (process, url):
        family = psutil.Process(process.pid).children(recursive=True)
        with urllib.request.urlopen(url, timeout=60) as answer:
            assert answer.status == 200
    assert process.returncode == 0
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive


@pytest.mark.browser
def test_lab_01_and_the_index_are_open_in_a_real_browser(tmp_path: Path) -> None:
    with lab(tmp_path, "01") as (_, url), sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(url)
        page.get_by_role("tab", name="01-mqtt-basics.ipynb").wait_for(timeout=60_000)
        page.get_by_role("tab", name="index.ipynb").wait_for(timeout=60_000)
        page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook h1").first.wait_for(timeout=60_000)


def test_a_taken_port_is_named_with_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(KitError, match=rf"port {port} may be taken: choose another with --port"):
            launcher.open_lab("01", port=port, browser=False)
    assert "Starting JupyterLab" in capsys.readouterr().out


def test_a_lab_that_is_not_written_yet_says_so() -> None:
    with pytest.raises(StudentError, match=r"Lab 10 .* is not written yet"):
        launcher.open_lab("10", browser=False)


def test_the_course_is_found_from_inside_a_lab() -> None:
    assert course_root(ROOT / "labs" / "01-mqtt-basics") == ROOT
