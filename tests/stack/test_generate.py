from __future__ import annotations

import json

import pytest
import yaml

from stack.generate import STACK, files


@pytest.mark.parametrize("name", sorted(files()))
def test_a_generated_file_is_what_its_part_makes_now(name: str) -> None:
    assert (STACK / name).read_text(encoding="utf-8") == files()[name], "run: python -m stack.generate"


def test_no_dashboard_is_left_from_before() -> None:
    there = {f"grafana/dashboards/{path.name}" for path in (STACK / "grafana/dashboards").iterdir()}
    assert there == {name for name in files() if name.startswith("grafana/dashboards/")}


@pytest.mark.parametrize("name", sorted(name for name in files() if name.endswith((".json", ".yaml"))))
def test_a_generated_document_can_be_read(name: str) -> None:
    text = files()[name]
    document = json.loads(text) if name.endswith(".json") else yaml.safe_load(text)
    assert document
