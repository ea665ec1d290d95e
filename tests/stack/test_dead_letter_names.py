"""A dead letter has the same names in every system: those of the table in stack/README.md."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from stack.f2.letters import dead_letter

STACK = Path(__file__).parents[2] / "stack"
TABLE = STACK.joinpath("README.md").read_text(encoding="utf-8").partition("A dead letter has the same names")[2]
NAMES = {name for row in re.findall(r"^\| (`.*?) \|", TABLE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize("sample", sorted(STACK.glob("contracts/*.dead-letter.json")), ids=lambda path: path.name)
def test_the_samples_have_these_names(sample: Path) -> None:
    assert NAMES >= json.loads(sample.read_text(encoding="utf-8")).keys() >= {"reason", "topic", "payload_bytes"}


def test_f2_has_these_names() -> None:
    assert json.loads(dead_letter("BAD_HEX", "why", "topic", b"x", "2026-01-01T00:00:00Z")).keys() <= NAMES


def test_the_points_of_esp32_and_shelly_have_these_names() -> None:
    for name in ("esp32", "shelly"):
        text = STACK.joinpath("contracts", f"{name}.md").read_text(encoding="utf-8").partition("## Dead letters")[2]
        told = set(re.findall(r"`(\w+)`", text.partition("\n## ")[0]))
        assert {"code", "reason", "topic", "payload", "payload_hex", "payload_bytes"} <= told & NAMES, name
