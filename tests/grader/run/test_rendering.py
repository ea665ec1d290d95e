"""Nothing that a student wrote runs in the page of the person who looks at it, and honest work looks as it should."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.server_extensions.formgrader import handlers
from playwright.sync_api import Browser, sync_playwright

from grader.release import config
from grader.rendering import clean
from tests.browser import chromium

RUN = "window.ran = 1"
ATTACKS = {
    "script": f"<script>{RUN}</script>",
    "image": f'<img src=x onerror="{RUN}">',
    "svg": f'<svg onload="{RUN}"><script>{RUN}</script></svg>',
    "frame": f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    "link": f'<a class="go" href="javascript:{RUN}">go</a>',
    "hidden-link": f'<a class="go" href=" java\tscript:{RUN}">go</a>',
    "data-link": f'<a class="go" href="data:text/html,<script>{RUN}</script>">go</a>',
    "style": f'<style>@import "javascript:{RUN}"</style><b style="background:url(javascript:{RUN})">b</b>',
    "form": f'<form action="javascript:{RUN}"><button class="go">go</button></form>',
    "meta": '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">',
    "base": '<base href="http://127.0.0.1:9/">',
    "mutation": f'<math><mtext><table><mglyph><style><img src=x onerror="{RUN}"></style></mglyph></table></mtext>',
    "comment": f"<!--><img src=x onerror='{RUN}'>-->",
    "template": f"<details open ontoggle='{RUN}'><summary>s</summary></details>",
}
CARD = ('<div style="border-left:6px solid #2e7d32;padding:.4em 1em"><b>✓ 90.1 Double a number: all 4 points</b>'
        '<table><tr><th style="text-align:left">expected</th><td>6</td></tr></table></div>')


def page_of(notebook: Any, template: str) -> str:
    settings = config()
    settings.HTMLExporter.template_name = template
    settings.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    settings.HTMLExporter.extra_template_paths = [f"{handlers.static_path}/node_modules/bootstrap/dist/css"]
    resources = {"notebook_id": "x", "index": 0, "total": 1, "base_url": "", "assignment_id": "x", "submission_id": "x",
                 "student": "x", "mathjax_url": "", "nbgrader": {"score": 0, "max_score": 1, "late_penalty": 0,
                                                                 "notebook": "x", "student": "x"}}
    page, _ = HTMLExporter(config=settings).from_notebook_node(notebook, resources=resources)
    return str(page)


def everywhere(attack: str) -> Any:
    """A notebook that has an attack in each place that a student can fill."""
    answer = {"schema_version": 3, "grade": True, "solution": True, "locked": False, "task": False, "points": 1,
              "grade_id": "answer", "cell_type": "markdown", "score": 0, "comment": "", "checksum": "x"}
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    outputs = [
        new_output("display_data", {"text/html": attack, "text/plain": attack}),
        new_output("display_data", {"text/markdown": attack}),
        new_output("display_data", {"text/latex": attack}),
        new_output("display_data", {"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'>{attack}</svg>"}),
        new_output("display_data", {"application/javascript": RUN}),
        new_output("display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": attack},
                                    "text/plain": ""}),
        new_output("display_data", {"image/png": png}),
        new_output("stream", name="stdout", text=attack),
        new_output("error", ename=attack, evalue=attack, traceback=[attack]),
    ]
    return new_notebook(cells=[
        new_markdown_cell(attack), new_markdown_cell(f"text\n\n{attack}\n\n- [x](javascript:{RUN.replace(' ', '')})"),
        new_markdown_cell(attack, metadata={"nbgrader": answer}),
        new_code_cell(attack, outputs=outputs), nbformat.v4.new_raw_cell(attack),
    ])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium(playwright) as opened:
        yield opened


@pytest.mark.browser
@pytest.mark.parametrize("template", ["formgrade", "feedback"])
def test_nothing_of_a_submission_runs_in_the_pages(browser: Browser, template: str, tmp_path: Path) -> None:
    page = browser.new_page()
    page.route("http*://**", lambda route: route.abort())
    for name, attack in ATTACKS.items():
        file = tmp_path / f"{name}.html"
        file.write_text(page_of(everywhere(attack), template), encoding="utf-8")
        page.goto(file.as_uri())
        for link in page.locator("#notebook a, #notebook .go").all():
            link.dispatch_event("click")
        assert page.evaluate("window.ran") is None, f"{name} ran in {template}"
        assert page.url.startswith("file:"), f"{name} led away in {template}"
        found = page.locator("#notebook :is(script, iframe, form, style, base, meta, svg)").count()
        assert found == 0, f"{name} left a tag in {template}"


@pytest.mark.browser
def test_a_card_looks_as_in_the_notebook(browser: Browser, tmp_path: Path) -> None:
    cells = [new_code_cell("check('90.1')", outputs=[new_output("display_data", {"text/html": CARD})]),
             new_markdown_cell("A **word**, a [link](https://example.org), `code`.\n\n| a | b |\n|---|---|\n| 1 | 2 |")]
    file = tmp_path / "card.html"
    file.write_text(page_of(new_notebook(cells=cells), "formgrade"), encoding="utf-8")
    page = browser.new_page()
    page.route("http*://**", lambda route: route.abort())
    page.goto(file.as_uri())
    card = page.locator(".output_html > div")
    assert card.evaluate("card => getComputedStyle(card).borderLeftWidth") == "6px"
    assert card.locator("th").inner_text() == "expected"
    assert page.locator("a[href='https://example.org']").inner_text() == "link"
    assert page.locator(".rendered_html strong").inner_text() == "word"
    assert page.locator(".rendered_html td").count() >= 3


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_cleaning_is_at_its_end_after_one_time(attack: str) -> None:
    once = clean(attack)
    assert clean(once) == once
