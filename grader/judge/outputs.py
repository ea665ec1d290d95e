"""The outputs of one cell, within a budget: what a cell may add to the notebook, and to this process's memory.

Shapes: https://nbformat.readthedocs.io/en/latest/format_description.html#code-cell-outputs
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from grader.judge.messages import Message

MOST = 500
"""Outputs of one cell; writing to one stream without a break counts as one."""
_JSON_MIME = re.compile(r"application/([\w.-]+\+)?json")
_MIME = re.compile(r"[a-z][\w.+-]{0,63}/[\w.+;=-]{1,128}")

DEEPEST = 50
"""Levels of JSON in an output: what reads the notebook later may have less patience than what reads it here."""
LINE = 12
"""Bytes that a line costs beside its text: a notebook file holds each line as a string on a line of its own."""

Output = dict[str, Any]


def clean(text: str) -> str:
    """Return text that any file can hold: halves of surrogate pairs become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def clean_data(value: Any) -> Any:
    """Return JSON types with all text cleaned; see `clean`."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_data(item) for item in value]
    if isinstance(value, dict):
        return {clean(str(key)): clean_data(item) for key, item in value.items()}
    return value


def _cost(text: str) -> int:
    """Return about how many bytes a text has in the file; line ends of JSON text count too."""
    return len(text.encode()) + LINE * (text.count("\n") + text.count("\\n"))


def _deeper(value: Any, levels: int) -> bool:
    """Whether JSON types are nested deeper than so many levels."""
    if not isinstance(value, (list, dict)):
        return False
    items = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(item, levels - 1) for item in items)


class Outputs:
    """Collects what a cell shows.

    Args:
        budget: bytes that its outputs may have together.
        shown: outputs by display id, those of earlier cells too: a later message may change them.
    """

    def __init__(self, budget: int, shown: dict[str, list[Output]]) -> None:
        self.cut = False
        """Whether something was left out."""
        self.spent = 0
        """About how many bytes the outputs have in the file."""
        self._left = budget
        self._outputs: list[Output] = []
        self._streams: list[list[str]] = []
        self._shown = shown
        self._clear_next = False
        self._take: dict[str, Callable[[dict[str, Any]], None]] = {
            "stream": self._stream,
            "display_data": self._display,
            "execute_result": self._result,
            "update_display_data": self._update,
            "error": self._error,
            "clear_output": self._clear,
        }

    def take(self, message: Message) -> None:
        """Add what a message shows, if it shows anything and there is room.

        Args:
            message: any message of the channel of outputs. One of a wrong shape shows nothing.
        """
        take = self._take.get(message.kind)
        if take is None or self.cut:
            return
        try:
            take(message.content)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            return

    def note(self, text: str) -> None:
        """Add a line of the judge's own, whatever the budget.

        Args:
            text: the line.
        """
        self._put({"output_type": "stream", "name": "stderr", "text": f"{text}\n"})

    def error(self, name: str, text: str) -> None:
        """Add an error of the judge's own, whatever the budget.

        Args:
            name: its type.
            text: what happened.
        """
        self._put({"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]})

    def all(self) -> list[Output]:
        """Return the outputs as they stand in a notebook."""
        for output, parts in zip(self._outputs, self._streams, strict=True):
            if parts:
                output["text"] = "".join(parts)
        return self._outputs

    def _put(self, output: Output, parts: list[str] | None = None) -> None:
        self._outputs.append(output)
        self._streams.append(parts or [])

    def _pay(self, size: int) -> bool:
        """Take bytes from the budget; return whether they were there."""
        if self._clear_next:
            self._clear_next = False
            self._empty()
        if size > self._left or len(self._outputs) >= MOST:
            self.cut = True
            return False
        self._left -= size
        self.spent += size
        return True

    def _empty(self) -> None:
        # What was cleared is not paid back: it has cost the judge its time.
        self._outputs.clear()
        self._streams.clear()

    def _stream(self, content: dict[str, Any]) -> None:
        name, text = content["name"], content["text"]
        if name not in {"stdout", "stderr"} or not isinstance(text, str):
            return
        text = clean(text)
        if not self._pay(_cost(text)):
            text = text.encode()[: self._left // LINE].decode("utf-8", "ignore")
            self.spent, self._left = self.spent + self._left, 0
            if len(self._outputs) >= MOST or not text:
                return
        last = self._outputs[-1] if self._outputs else None
        if last is not None and last["output_type"] == "stream" and last["name"] == name:
            self._streams[-1].append(text)
        else:
            self._put({"output_type": "stream", "name": name, "text": ""}, [text])

    def _bundle(self, content: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return data and metadata of a display, None if it is more than there is room for."""
        data = {
            mime: value
            for mime, value in content["data"].items()
            if _MIME.fullmatch(mime) and (isinstance(value, str) or _JSON_MIME.fullmatch(mime))
        }
        metadata = content.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        if _deeper(data, DEEPEST) or _deeper(metadata, DEEPEST):
            return None
        size = _cost(json.dumps(data, allow_nan=False)) + _cost(json.dumps(metadata, allow_nan=False))
        return (clean_data(data), clean_data(metadata)) if self._pay(size) else None

    def _display(self, content: dict[str, Any]) -> None:
        if (found := self._bundle(content)) is not None:
            self._remember(content, {"output_type": "display_data", "data": found[0], "metadata": found[1]})

    def _result(self, content: dict[str, Any]) -> None:
        if (found := self._bundle(content)) is not None:
            self._remember(content, {"output_type": "execute_result", "data": found[0], "metadata": found[1],
                                     "execution_count": None})

    def _remember(self, content: dict[str, Any], output: Output) -> None:
        self._put(output)
        transient = content.get("transient")
        display = transient.get("display_id") if isinstance(transient, dict) else None
        if isinstance(display, str) and (display in self._shown or len(self._shown) < MOST):
            self._shown.setdefault(display, []).append(output)

    def _update(self, content: dict[str, Any]) -> None:
        targets = self._shown.get(str(content["transient"]["display_id"]), [])
        if targets and (found := self._bundle(content)) is not None:
            for output in targets[-10:]:
                output["data"], output["metadata"] = found

    def _error(self, content: dict[str, Any]) -> None:
        name, text = clean(str(content["ename"])), clean(str(content["evalue"]))
        lines = [clean(line) for line in content["traceback"] if isinstance(line, str)]
        if self._pay(len(json.dumps([name, text, lines]))):
            self._put({"output_type": "error", "ename": name, "evalue": text, "traceback": lines})
        else:
            self.error(name[:100], text[:1000])

    def _clear(self, content: dict[str, Any]) -> None:
        if content.get("wait") is True:
            self._clear_next = True
        else:
            self._empty()
