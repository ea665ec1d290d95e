from __future__ import annotations

import json
from typing import Any

import pytest

from grader.judge.messages import Message, read
from grader.judge.outputs import MOST, Outputs

HEADER, PARENT, CONTENT = {"msg_type": "stream"}, {"msg_id": "id"}, {"name": "stdout", "text": "x"}


def frames(*parts: Any) -> list[bytes]:
    made = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in parts]
    return [b"topic", b"<IDS|MSG>", b"signature", *made]


def test_a_message_is_read_whatever_its_signature() -> None:
    assert read(frames(HEADER, PARENT, {}, CONTENT, b"buffer")) == Message("stream", "id", CONTENT)


@pytest.mark.parametrize("odd", [
    [], [b"x"], frames(), frames(HEADER, PARENT, {}), frames(b"\xff", PARENT, {}, CONTENT),
    frames([], PARENT, {}, CONTENT), frames({"msg_type": 3}, PARENT, {}, CONTENT), frames(HEADER, 7, {}, CONTENT),
    frames(HEADER, {"msg_id": []}, {}, CONTENT), frames(HEADER, PARENT, {}, [CONTENT]),
    frames(HEADER, PARENT, {}, b'{"x": NaN}'), frames(HEADER, PARENT, {}, b"[" * 100_000),
    frames(HEADER, PARENT, {}, b'{"x": ' + b"9" * 10_000 + b"}"), frames(HEADER, PARENT, {}, b"\x80\x04pickle"),
], ids=str)
def test_what_is_no_message_is_none(odd: list[bytes]) -> None:
    assert read(odd) is None


def shown(*messages: tuple[str, Any], budget: int = 10_000) -> list[dict[str, Any]]:
    outputs = Outputs(budget, {})
    for kind, content in messages:
        outputs.take(Message(kind, "id", content))
    return outputs.all()


@pytest.mark.parametrize("message", [
    ("stream", {}), ("stream", {"name": "stdin", "text": "x"}), ("stream", {"name": "stdout", "text": ["x"]}),
    ("display_data", {}), ("display_data", {"data": []}), ("display_data", {"data": {"text/plain": "x"}} | {"data": 3}),
    ("execute_result", {"data": None}), ("update_display_data", {"transient": 3}), ("error", {"ename": "x"}),
    ("error", {"ename": "x", "evalue": "y", "traceback": 3}), ("clear_output", {"wait": []}), ("comm_open", {}),
])
def test_an_output_of_a_wrong_shape_shows_nothing(message: tuple[str, Any]) -> None:
    assert shown(message) == []


def test_data_of_odd_types_is_left_out() -> None:
    data = {"text/plain": "x", "text/html": 3, "application/json": {"a": [1]}, "../x": "y", "image/png": ["z"]}
    (output,) = shown(("display_data", {"data": data, "metadata": 3}))
    assert output["data"] == {"text/plain": "x", "application/json": {"a": [1]}}
    assert output["metadata"] == {}


def test_data_that_is_nested_too_deeply_is_left_out() -> None:
    deep: Any = []
    for _ in range(60):
        deep = {"a": [deep]}
    for content in ({"data": {"application/json": deep}}, {"data": {"text/plain": "x"}, "metadata": {"b": deep}}):
        assert shown(("display_data", content)) == []


def test_streams_are_joined_and_halves_of_characters_replaced() -> None:
    line = ("stream", {"name": "stdout", "text": "\ud800\n"})
    assert [output["text"] for output in shown(line, line)] == ["?\n?\n"]


def test_a_display_can_be_changed_later() -> None:
    def content(text: str) -> dict[str, Any]:
        return {"data": {"text/plain": text}, "transient": {"display_id": "a"}}

    (output,) = shown(("display_data", content("old")), ("update_display_data", content("new")))
    assert output["data"] == {"text/plain": "new"}


def test_outputs_can_be_cleared_at_once_or_with_the_next() -> None:
    text = ("stream", {"name": "stdout", "text": "x"})
    assert shown(text, ("clear_output", {"wait": False})) == []
    assert len(shown(text, ("clear_output", {"wait": True}))) == 1
    assert [output["name"] for output in shown(text, ("clear_output", {"wait": True}),
                                               ("stream", {"name": "stderr", "text": "y"}))] == ["stderr"]


@pytest.mark.parametrize("message", [
    ("stream", {"name": "stdout", "text": "x" * 20_000}), ("stream", {"name": "stdout", "text": "\n" * 9_000}),
    ("display_data", {"data": {"text/plain": "x" * 20_000}}),
    ("error", {"ename": "x" * 20_000, "evalue": "y" * 20_000, "traceback": ["z" * 20_000]}),
])
def test_what_is_beyond_the_budget_is_cut(message: tuple[str, Any]) -> None:
    outputs = Outputs(10_000, {})
    outputs.take(Message(message[0], "id", message[1]))
    assert outputs.cut
    assert len(json.dumps(outputs.all(), indent=1)) < 11_000


def test_there_are_only_so_many_outputs() -> None:
    outputs = Outputs(10**9, {})
    for _ in range(3 * MOST):
        outputs.take(Message("display_data", "id", {"data": {"text/plain": "x"}}))
    assert (len(outputs.all()), outputs.cut) == (MOST, True)
