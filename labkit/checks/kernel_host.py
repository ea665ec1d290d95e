"""The student's side of a check in a capsule: a `Host` that answers messages of the kernel's shell channel.

`install()` runs in the student's kernel before the first cell. From then on the kernel answers messages of the type
`labkit_request`, beside those of Jupyter. They pass none of IPython's layers (input and AST transformers, display
formatters, magics), so that what an honest notebook does there disturbs no call.

    {"do": "open", "exercise": "01.3", "again": bool}   begin a check: keep the names and C++ files of now;
                                                        again: have those of the first time back
    {"do": "answer", "request": TEXT}                   a request of `labkit.checks.host`
    {"do": "release"}                                   end it
    {"do": "ping"}                                      nothing: whether there is somebody

The answer is a `labkit_reply` with `{"answer": TEXT}`: that of the host, or a JSON list of what still runs.
Nothing in it is believed: the judge measures time itself and reads values with `labkit.checks.wire`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import MutableMapping
from typing import Any

from labkit.checks.host import Host
from labkit.cpp import workshop

REQUEST = "labkit_request"
REPLY = "labkit_reply"


class KernelHost:
    """Answers the judge's messages.

    Args:
        namespace: the notebook's global names.
    """

    def __init__(self, namespace: MutableMapping[str, Any]) -> None:
        self._names = namespace
        self._kept: dict[str, tuple[dict[str, Any], dict[str, str]]] = {}
        self._host = Host(namespace)

    def answer(self, asked: dict[str, Any]) -> str:
        """Carry out one message.

        Args:
            asked: its content.

        Returns:
            JSON text.
        """
        if asked["do"] == "open":
            self._open(asked["exercise"], again=asked["again"])
            return "null"
        if asked["do"] == "ping":
            return "null"
        if asked["do"] == "release":
            return json.dumps(self._host.release())
        try:
            return self._host.answer(asked["request"])
        except KeyboardInterrupt:  # the judge's patience is at its end, and it knows why
            return json.dumps(
                {
                    "state": "timeout",
                    "error": {"type": "", "types": [], "message": "interrupted", "line": "", "signature": ""},
                    "printed": "",
                    "seconds": 0.0,
                }
            )

    def _open(self, exercise: str, *, again: bool) -> None:
        """Begin a check.

        A later cell may define a helper of the same name anew, or write a C++ file of the same name. Hidden cases run
        after the last cell, and must meet what stood there when the exercise's check cell had its turn.
        """
        if again and exercise in self._kept:
            kept, files = self._kept[exercise]
            workshop.restore(files)
            # In this order no name is missing for a moment: a thread of the notebook may be reading it.
            self._names.update(kept)
            for name in [name for name in self._names if name not in kept]:
                del self._names[name]
        elif not again:
            self._kept[exercise] = dict(self._names), workshop.files()
        self._host = Host(self._names)


def install() -> None:
    """Let the kernel of this process answer the judge. A second call does nothing."""
    from IPython import get_ipython

    # Plotly imports nbformat, that jsonschema, and that this package if it is there: it compiles 38 grammars when it is
    # imported, which is a third of the processor time of a whole submission. jsonschema does without it.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    shell: Any = get_ipython()
    kernel = shell.kernel
    if REQUEST in kernel.shell_handlers:
        return
    host = KernelHost(shell.user_ns)

    def handle(stream: Any, identity: Any, message: dict[str, Any]) -> None:
        text = host.answer(message["content"])
        kernel.session.send(stream, REPLY, {"answer": text}, parent=message, ident=identity)

    kernel.shell_handlers[REQUEST] = handle


