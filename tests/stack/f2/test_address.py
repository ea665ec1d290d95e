"""Topics of F2 controllers."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.parts.f2 import DecodeError, F2Address, parse_f2_topic

TOPICS = json.loads(Path("tests/fixtures/f2/vectors.json").read_text(encoding="utf-8"))["topics"]
GOOD = ["cmnd", "f2-A1B2C3D4E5F6", "analog", "1", "temperature-3"]


@pytest.mark.parametrize("vector", TOPICS, ids=lambda vector: vector["topic"])
def test_a_vector_is_read_as_written_by_hand(vector):
    if "error" in vector["expect"]:
        with pytest.raises(DecodeError) as caught:
            parse_f2_topic(vector["topic"])
        assert caught.value.code == vector["expect"]["error"]
    else:
        address = parse_f2_topic(vector["topic"])
        assert address == F2Address(**vector["expect"])
        assert address.device_id == f"f2-{vector['expect']['mac']}"


@pytest.mark.parametrize(("topic", "expected"), [
    ("", "BAD_PREFIX"), ("cmnd", "BAD_LEVELS"), ("Cmnd/f2-A1B2C3D4E5F6/analog/1/temperature-3", "BAD_PREFIX"),
    ("/cmnd/f2-A1B2C3D4E5F6/analog/1/temperature-3", "BAD_PREFIX"),
    ("cmnd/f2-A1B2C3D4E5F6/analog/1/temperature-3/", "BAD_LEVELS"),
    ("cmnd/f3-A1B2C3D4E5F6/analog/1/temperature-3", "BAD_MAC"),
    ("cmnd/f2-A1B2C3D4E5FG/analog/1/temperature-3", "BAD_MAC"),
    ("cmnd/f2-A1B2C3D4E5F6\n/analog/1/temperature-3", "BAD_MAC"),
    ("cmnd/f2-A1B2C3D4E5F6//1/temperature-3", "BAD_MODE"), ("cmnd/f2-A1B2C3D4E5F6/Analog/1/temperature-3", "BAD_MODE"),
    ("cmnd/f2-A1B2C3D4E5F6/analog/0/temperature-3", "BAD_CONNECTOR"),
    ("cmnd/f2-A1B2C3D4E5F6/analog/100/temperature-3", "BAD_CONNECTOR"),
    ("cmnd/f2-A1B2C3D4E5F6/analog/-1/temperature-3", "BAD_CONNECTOR"),
    ("cmnd/f2-A1B2C3D4E5F6/analog/١/temperature-3", "BAD_CONNECTOR"),
    ("cmnd/f2-A1B2C3D4E5F6/analog/1/temperature", "BAD_COMPONENT"),
    ("cmnd/f2-A1B2C3D4E5F6/analog/1/temperature-", "BAD_COMPONENT"),
    ("cmnd/f2-A1B2C3D4E5F6/analog/1/-3", "BAD_COMPONENT"),
    ("cmnd/f2-A1B2C3D4E5F6/analog/1/temperature-3a", "BAD_COMPONENT"),
    ("cmnd/f2-A1B2C3D4E5F6/analog/1/temperature-٣", "BAD_COMPONENT"),
])
def test_a_topic_that_is_wrong_is_named(topic, expected):
    with pytest.raises(DecodeError) as caught:
        parse_f2_topic(topic)
    assert caught.value.code == expected


@pytest.mark.parametrize("wrong", range(5))
def test_levels_are_checked_from_left_to_right(wrong):
    levels = [level if number < wrong else "?" for number, level in enumerate(GOOD)]
    with pytest.raises(DecodeError) as caught:
        parse_f2_topic("/".join(levels))
    assert caught.value.code == ["BAD_PREFIX", "BAD_MAC", "BAD_MODE", "BAD_CONNECTOR", "BAD_COMPONENT"][wrong]


@given(st.text())
def test_any_text_is_an_address_or_a_decode_error(topic):
    with contextlib.suppress(DecodeError):
        assert parse_f2_topic(topic).connector in range(1, 100)
