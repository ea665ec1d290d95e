"""The API's description: stack/contracts/home.openapi.json."""

from __future__ import annotations

import json
from pathlib import Path

from stack.runtime import docs

DESCRIPTION = (Path(__file__).parents[1] / "contracts" / "home.openapi.json").read_text(encoding="utf-8")
"""OpenAPI 3.1, as it is served on /openapi.json."""


def page() -> str:
    """The description for people, as HTML."""
    return docs.page(json.loads(DESCRIPTION))
