"""An OpenAPI document as a page for people. It loads nothing from elsewhere, so it opens without the internet, too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")
_STYLE = ("body{font:16px sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
          "pre{background:#eee;padding:.5em;white-space:pre-wrap}code{overflow-wrap:anywhere}")


def page(document: Mapping[str, Any]) -> str:
    """The page: each path with its parameters, its body and its answers.

    Args:
        document: OpenAPI 3.1; the page links to `openapi.json` beside it.

    Returns:
        HTML.
    """
    info = document["info"]
    parts = [
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(info['title'])}</title>"
        f"<link rel='icon' href='data:,'><style>{_STYLE}</style><h1>{escape(info['title'])}</h1>"
        f"<p>{_text(info.get('description', ''))} <a href='openapi.json'>OpenAPI</a></p>",
    ]
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                parts += _operation(document, method, path, item[method], item.get("parameters", []))
    return "".join(parts)


def _operation(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any],
               shared: list[Mapping[str, Any]]) -> Iterator[str]:
    yield f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{_text(operation.get('summary', ''))}</p>"
    if operation.get("description"):
        yield f"<p>{_text(operation['description'])}</p>"
    asked = [one for one in (*shared, *operation.get("parameters", [])) if one["in"] == "query"]
    if asked:
        yield f"<p>Parameters behind <code>?</code></p><ul>{''.join(map(_parameter, asked))}</ul>"
    yield from _body(document, operation.get("requestBody", {}).get("content", {}).get("application/json", {}))
    answers = (f"<li>{status}: {_text(answer.get('description', ''))}</li>"
               for status, answer in operation["responses"].items())
    yield f"<p>Answers</p><ul>{''.join(answers)}</ul>"


def _parameter(parameter: Mapping[str, Any]) -> str:
    said = [parameter.get("description", ""), _rule(parameter.get("schema", {}))]
    return f"<li><code>{escape(parameter['name'])}</code> {_text(' '.join(filter(None, said)))}</li>"


def _body(document: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[str]:
    """An example of the body, if there is one; else its keys."""
    if "example" in body:
        yield f"<p>Body</p><pre>{escape(json.dumps(body['example'], ensure_ascii=False))}</pre>"
        return
    schema = _resolved(document, body.get("schema", {}))
    keys = (
        f"<li><code>{escape(name)}</code> {_text(_rule(_resolved(document, one)))}"
        f"{' (required)' if name in schema.get('required', ()) else ''}</li>"
        for name, one in schema.get("properties", {}).items()
    )
    if schema.get("properties"):
        yield f"<p>Body, a JSON object</p><ul>{''.join(keys)}</ul>"


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a `$ref` to a place in the same document stands for."""
    if "$ref" not in schema:
        return schema
    place: Any = document
    for step in schema["$ref"].removeprefix("#/").split("/"):
        place = place[step]
    found: Mapping[str, Any] = place
    return found


def _rule(schema: Mapping[str, Any]) -> str:
    """What a value may be, in a few words."""
    kinds = schema.get("type", "")
    words = [" or ".join(kinds) if isinstance(kinds, list) else str(kinds)]
    if "enum" in schema:
        words = [" or ".join(map(str, schema["enum"]))]
    words += [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to"), ("default", "default"))
              if schema.get(key) is not None]
    return ", ".join(filter(None, words))


def _text(text: str) -> str:
    """A sentence with `code` in it."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
