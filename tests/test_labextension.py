"""Cells in C++ look like C++: the extension of JupyterLab that comes with the kit, in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect, sync_playwright

from labkit.waiting import wait_until
from tests.browser import chromium

ROOT = Path(__file__).parents[1]
EXTENSION = ROOT / "labkit" / "jupyter" / "labextensions" / "labkit-cpp"
CELLS = ["%%cpp sum.cpp\nint main() { return 0; }", "total = 1", "%%part mqtt\nimport json"]


def test_a_wheel_brings_every_file_of_the_extension() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["data-files"]
    brought = {path for patterns in listed.values() for pattern in patterns for path in ROOT.glob(pattern)}
    assert {path for path in EXTENSION.rglob("*") if path.is_file()} <= brought
    told = json.loads((EXTENSION / "package.json").read_text())
    assert (EXTENSION / told["jupyterlab"]["_build"]["load"]).is_file()


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """JupyterLab on a folder; yields its address."""
    log, runtime = folder / "log", folder / "runtime"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}",
             "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=known", f"--LabApp.workspaces_dir={folder}/saved",
             f"--LabApp.extra_labextensions_path={EXTENSION.parent}"],
            stdout=output, stderr=output, cwd=folder, env={**_environment(), "JUPYTER_RUNTIME_DIR": str(runtime)})
    record = runtime / f"jpserver-{process.pid}.json"
    try:
        wait_until(lambda: record.is_file() and record.read_text().endswith("}"), 60, what="JupyterLab")
        yield str(json.loads(record.read_text())["url"])
    finally:
        process.terminate()
        process.wait(60)


def _environment() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}


@pytest.mark.browser
@pytest.mark.slow
def test_a_cell_that_begins_with_cpp_is_shown_in_the_colours_of_cpp(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (tmp_path / "own.ipynb").write_text(nbformat.writes(notebook))
    with jupyterlab(tmp_path) as url, sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.goto(f"{url}lab/tree/own.ipynb?token=known")
        cells = page.locator(".jp-Notebook .jp-CodeCell .cm-content")
        languages = [cells.nth(number) for number in range(3)]
        expect(languages[0]).to_have_attribute("data-language", "cpp")
        expect(languages[1]).to_have_attribute("data-language", "python")
        expect(languages[2]).to_have_attribute("data-language", "python")
        # The kernel says which language the notebook has, and the cell stays what it is.
        expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']")).to_have_count(1)
        expect(languages[0]).to_have_attribute("data-language", "cpp")
        colour = "element => getComputedStyle(element).color"
        keyword = languages[0].get_by_text("return", exact=True)
        assert keyword.evaluate(colour) != languages[0].evaluate(colour)
        languages[1].click()
        page.keyboard.press("Control+Home")
        page.keyboard.type("%%cpp other.cpp\n")
        expect(languages[1]).to_have_attribute("data-language", "cpp")
        languages[0].click()
        page.keyboard.press("Control+Home")
        page.keyboard.press("Delete")
        expect(languages[0]).to_have_attribute("data-language", "python")
