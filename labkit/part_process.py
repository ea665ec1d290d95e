"""The other side of `labkit.processes`: makes an object of a part's text, and answers calls until its owner is gone.

It reads a line for each question on standard input (its number, and a pickle in base64: both sides are the student's
own) and answers with one of that number on what was standard output. What the student's code prints goes to standard
error.
"""

from __future__ import annotations

import base64
import contextlib
import linecache
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
import types
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_MODULE = "labkit_part_process"


class _Said(Exception):  # noqa: N818 - it carries an answer
    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self.answer = answer


def main() -> None:
    """Answer until standard input closes."""
    if sys.argv[1:] == ["with-parent"]:
        _die_with_parent()
    sys.path.append(str(Path.cwd()))  # the notebook's own folder, behind everything that is installed
    say = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    asked: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(asked,), name="labkit-listen", daemon=True).start()
    made: list[Any] = []
    while True:
        number, _, question = asked.get().partition(b" ")
        try:
            answer = _carry_out(pickle.loads(base64.b64decode(question)), made)
        except _Said as said:
            answer = said.answer
        except BaseException as error:  # SystemExit of the student's code, too
            answer = _error("raised", error)
        say.write(b"%s %s\n" % (number, base64.b64encode(pickle.dumps(answer))))


def _listen(asked: queue.Queue[bytes]) -> None:
    for line in sys.stdin.buffer:
        asked.put(line)
    os._exit(0)  # the owner is gone, or wants the end: whatever still runs ends here


def _die_with_parent() -> None:
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    owner = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != owner:
        os._exit(1)


def _carry_out(question: dict[str, Any], made: list[Any]) -> dict[str, Any]:
    if question["do"] == "make":
        thing = _make(question)
        made.append(thing)
        start = getattr(thing, "start", None)
        if callable(start):
            start()
        return _returned(None)
    thing = made[0]
    if question["do"] == "stop":
        stop = getattr(thing, "stop", None)
        return _returned(stop() if callable(stop) else None)
    target = getattr(thing, question["name"])
    return _returned(target(*question["args"], **question["kwargs"]) if callable(target) else target)


def _make(question: dict[str, Any]) -> Any:
    module = types.ModuleType(_MODULE)
    sys.modules[_MODULE] = module  # dataclasses look their module up while it is made
    file, text = f"<part {question['part']}>", question["text"]
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    try:
        exec(compile(text, file, "exec", dont_inherit=True), module.__dict__)
    except BaseException as error:
        raise _Said(_error("text", error)) from None
    if question["name"] not in module.__dict__:
        raise _Said(_error("missing", NameError(question["name"])))
    return module.__dict__[question["name"]](*question["args"], **question["kwargs"])


def _returned(value: Any) -> dict[str, Any]:
    return {"state": "returned", "value": _plain(value)}


def _plain(value: Any) -> Any:
    """Plain data as it is, of anything else its text: the owner has no module to make such an object of."""
    if value is None or type(value) in {bool, int, float, str, bytes}:
        return value
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in list(value.items())}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value)) if type(value) in {list, tuple} else tuple(map(_plain, value))
    return repr(value)


def _error(state: str, error: BaseException) -> dict[str, Any]:
    where, message = "", "(its message cannot be read)"
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.startswith("<part "):
            where = f"`{linecache.getline(frame.f_code.co_filename, number).strip()[:120]}`"
    with contextlib.suppress(Exception):  # the student's own exception may be broken
        message = str(error)[:2000]
    return {"state": state, "type": type(error).__name__, "message": message, "where": where}


if __name__ == "__main__":
    main()
