"""The API's description as a page for people, made of stack/contracts/home.openapi.json; it loads nothing else."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

DESCRIPTION = (Path(__file__).parents[1] / "contracts" / "home.openapi.json").read_text(encoding="utf-8")
"""OpenAPI 3.1, as it is served on /openapi.json."""

_STYLE = "body{font:16px sans-serif;max-width:60em;margin:2em auto;padding:0 1em}pre{background:#eee;padding:.5em}"


def page() -> str:
    """The page: each path with its example and its answers, as HTML."""
    description = json.loads(DESCRIPTION)
    parts = [
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(description['info']['title'])}</title>",
        f"<style>{_STYLE}</style><h1>{escape(description['info']['title'])}</h1>",
        f"<p>{escape(description['info']['description'])} <a href='openapi.json'>OpenAPI</a></p>",
    ]
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            parts.append(f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(operation['summary'])}</p>")
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" in body:
                parts.append(f"<pre>{escape(json.dumps(body['example'], ensure_ascii=False))}</pre>")
            answers = (
                f"<li>{status}: {escape(answer['description'])}</li>"
                for status, answer in operation["responses"].items()
            )
            parts.append(f"<ul>{''.join(answers)}</ul>")
    return "".join(parts)
