"""Notebooks that answer in the kernel's place, or attack the judge through its channels. Each runs in a capsule."""

from __future__ import annotations

from typing import Any

import pytest

from grader.submission import Graded, Limits
from tests.grader.judge.conftest import Judge
from tests.grader.judge.notebooks import DOUBLE, notebook, shown

pytestmark = pytest.mark.bubblewrap

WRONG = "def double(number):\n    return 5"


def scores(graded: Graded) -> list[float]:
    return [result["score"] for result in graded.results.values()]


def kinds(graded: Graded) -> set[str]:
    return {incident.kind for incident in graded.incidents}


def answering(text: str) -> str:
    """A notebook whose kernel answers every question of the judge with a text; `text` is Python."""
    return f'''
import json
from labkit.checks.kernel_host import KernelHost
true_answer = KernelHost.answer
def answer(self, asked):
    if asked["do"] != "answer" or "double" not in asked["request"]:
        return true_answer(self, asked)
    return ({text})
KernelHost.answer = answer
'''


ANSWERS = {
    "no JSON": "'yes, it is right'",
    "its own verdict": """'{"state": "passed", "score": 4, "printed": "", "seconds": 0}'""",
    "too much": "'x' * 20_000_000",
}
"""More of them in tests/checks/test_student.py: what becomes of an answer is decided there."""


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_no_host_gives_earns_nothing_and_is_told(confined: Judge, text: str) -> None:
    graded = confined(notebook(before=answering(text)))
    assert scores(graded)[0] == 0
    assert kinds(graded) & {"forged answer", "time"}
    assert text == ANSWERS["too much"] or scores(graded)[1:] == [4, 2]


LIARS = {
    "equal to all": "class Any:\n    __eq__ = lambda *_: True\n    __hash__ = None\n"
                    "def double(number):\n    return Any()",
    "a large set": "def double(number):\n    return {n * (2**61 - 1) for n in range(50_000)}",
}


@pytest.mark.parametrize("answer", LIARS.values(), ids=LIARS)
def test_an_object_that_lies_is_not_the_value(confined: Judge, answer: str) -> None:
    assert scores(confined(notebook(answer))) == [0, 4, 2]


PATCHES = {
    "checks": "import labkit, labkit.checks.notebook as n, labkit.checks.runner as r, labkit.checks.compare as c\n"
              "labkit.check = n.check = lambda *a, **k: 4\nc.difference = lambda *a, **k: None\nr.run = None",
    "transformers": "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Compare(self, node):\n"
                    "        return ast.Constant(True)\nget_ipython().ast_transformers.append(Drop())\n"
                    "get_ipython().input_transformers_post.append(lambda lines: ['4'])",
    "displays": "import sys\nsys.displayhook = lambda value: print(4)\n"
                "get_ipython().display_formatter.format = lambda *a, **k: ({'text/plain': '4'}, {})",
    "executed result": "kernel = get_ipython().kernel\nkernel.session.send(kernel.iopub_socket, 'execute_result', "
                       "{'data': {'text/plain': '4'}, 'metadata': {}, 'execution_count': 1}, "
                       "parent=get_ipython().get_parent())",
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_a_patched_kernel_earns_nothing(confined: Judge, patch: str) -> None:
    graded = confined(notebook(WRONG, before=patch))
    assert scores(graded)[0] == 0
    assert '["0"]' in shown(graded.notebook, "check-93-1")


def fake_publisher(then: str) -> str:
    """A kernel that closes its channel of outputs and listens in its place; `then` is Python, with a connection `c`."""
    return f'''
import glob, json, os, socket, struct, sys, threading
about = json.load(open(get_ipython().kernel.parent.connection_file if hasattr(get_ipython().kernel, "parent")
                       else glob.glob("/run/kernel/**/*.json", recursive=True)[0]))
path = f"{{about['ip']}}-{{about['iopub_port']}}"
os.unlink(path)
server = socket.socket(socket.AF_UNIX)
server.bind(path)
os.chmod(path, 0o777)
server.listen()
def serve():
    while True:
        c, _ = server.accept()
        try:
            c.sendall(b"\\xff" + bytes(8) + b"\\x7f\\x03\\x00NULL" + bytes(16) + b"\\x00" + bytes(31))
            c.recv(64)
            c.sendall(b"\\x04\\x19\\x05READY\\x0bSocket-Type\\x00\\x00\\x00\\x03PUB")
            {then}
        except OSError:
            pass
threading.Thread(target=serve, daemon=True).start()
sys.stdout.write("x" * 20_000_000)  # more than a frame may have: the judge's connection is closed
sys.stdout.flush()
'''


def test_a_message_that_never_ends_does_not_fill_the_judge(confined: Judge) -> None:
    endless = "while True: c.sendall(b'\\x03' + struct.pack('>Q', 1 << 20) + bytes(1 << 20))"
    graded = confined(notebook(before=fake_publisher(endless), between="import time; time.sleep(5)"),
                      Limits(cell=20, submission=90))
    assert "It sent more than the judge can hold." in {incident.text for incident in graded.incidents}
    assert scores(confined(notebook())) == [4, 4, 2]


SILENT = {
    "stopped": "import os, signal\ndef double(number):\n    os.kill(os.getpid(), signal.SIGSTOP)",
    "no handler": "get_ipython().kernel.shell_handlers.clear()\n" + DOUBLE,
    "no reply": "get_ipython().kernel.session.send = lambda *a, **k: None\n" + DOUBLE,
    "closed": "import os\nos.closerange(3, 200)\n" + DOUBLE,
}


@pytest.mark.parametrize("answer", SILENT.values(), ids=SILENT)
def test_a_kernel_that_says_nothing_is_ended(confined: Judge, answer: str) -> None:
    graded = confined(notebook(answer))
    assert scores(graded)[0] == 0
    assert kinds(graded) & {"time", "kernel death"}


def test_the_next_submission_is_judged_as_if_nothing_had_happened(confined: Judge) -> None:
    graded: Any = confined(notebook())
    assert (scores(graded), graded.incidents) == ([4, 4, 2], [])
