"""The pages of the three APIs: everything that a person needs for a request stands there, and nothing is loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from stack.home.docs import DESCRIPTION
from stack.meter.openapi import DOCUMENT
from stack.parts.shelly import create_api
from stack.runtime import Influx, docs
from stack.shelly.api import Api


def shelly() -> dict[str, Any]:
    found: dict[str, Any] = create_api(Influx(url="http://127.0.0.1:9", token="-", org="o", bucket="b")).openapi()
    return found


@pytest.mark.parametrize("document", [lambda: json.loads(DESCRIPTION), lambda: DOCUMENT, shelly],
                         ids=["home", "meter", "shelly"])
def test_each_path_has_its_parameters_and_answers_and_nothing_is_loaded(document: Callable[[], dict[str, Any]]) -> None:
    described = document()
    page = docs.page(described)
    for path, item in described["paths"].items():
        for method in item.keys() - {"parameters"}:
            operation = item[method]
            assert f"<code>{method.upper()} {path}</code>" in page
            for parameter in operation.get("parameters", []):
                assert parameter["in"] == "path" or f"<code>{parameter['name']}</code>" in page
            for status in operation["responses"]:
                assert f"<li>{status}: " in page
    assert not re.search(r"<script|src=|url\(|href='(?!openapi\.json|data:)", page)


def test_a_body_is_shown_by_its_example_or_by_its_keys() -> None:
    schema = {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "age": {"type": ["integer", "null"], "minimum": 0, "default": 7}}}
    document = {"info": {"title": "T"}, "components": {"schemas": {"Person": schema}}, "paths": {
        "/a": {"post": {"responses": {}, "requestBody": {"content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Person"}}}}}},
        "/b": {"post": {"responses": {}, "requestBody": {"content": {"application/json": {"example": {"x": "<é>"}}}}}},
    }}
    page = docs.page(document)
    assert "<code>name</code> string (required)" in page
    assert "<code>age</code> integer or null, from 0, default 7" in page
    assert "{&quot;x&quot;: &quot;&lt;é&gt;&quot;}" in page


def test_the_page_of_the_shelly_api_is_ours_and_there_is_one() -> None:
    app = create_api(Influx(url="http://127.0.0.1:9", token="-", org="o", bucket="b"))
    Api(app, Influx(url="http://127.0.0.1:9", token="-", org="o", bucket="b"))
    assert [route.path for route in app.routes if "doc" in getattr(route, "path", "")] == ["/docs"]
