"""Kernel → Interrupt while a cell of C++ is built or runs, in a real kernel: one line, and nothing is left running.

The signal goes to the kernel alone, so what it has started has to be ended by it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.manager import start_new_kernel

from labkit.waiting import wait_until

ROOT = Path(__file__).parents[2]
LIMIT = 60.0
# A build that lasts until it is stopped: the compiler computes it, step by step.
SLOW = """\
%%cpp status.cpp
constexpr unsigned long spin(unsigned long n) {
  unsigned long sum = 0;
  for (unsigned long i = 0; i < n; ++i) sum += i * i;
  return sum;
}
template <unsigned long N> struct Slow {
  static constexpr unsigned long value = spin(200000 + N) + Slow<N - 1>::value;
};
template <> struct Slow<0> {
  static constexpr unsigned long value = 0;
};
static_assert(Slow<800>::value > 0);
"""
PROGRAM = SLOW.replace("status.cpp", "slow.cpp") + "int main() {}\n"
ENDLESS = "%%cpp looping.cpp\nint main() {\n  volatile int n = 0;\n  while (n == 0) {\n  }\n}"
TESTS = """\
%%cpp test_looping.cpp
#include <doctest/doctest.h>
TEST_CASE("it ends") {
  volatile int n = 0;
  while (n == 0) {
  }
}
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[tuple[Any, Any]]:
    manager, client = start_new_kernel(startup_timeout=LIMIT)
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.cpp
@pytest.mark.parametrize(("cell", "built"), [(ENDLESS, True), (TESTS, True), (SLOW, False), (PROGRAM, False)],
                         ids=["a program", "tests", "a file that compiles", "a program that is built"])
def test_an_interrupted_cell_ends_in_one_line_and_leaves_nothing_behind(
    kernel: tuple[Any, Any], cell: str, built: bool, tmp_path: Path
) -> None:
    manager, client = kernel
    cache = os.environ["LABKIT_CPP_CACHE"]
    process = psutil.Process(manager.provisioner.pid)
    setup = (f"import os, sys; sys.path.insert(0, {str(ROOT)!r}); os.environ['LABKIT_HOUSE'] = {str(tmp_path)!r}; "
             f"os.environ['LABKIT_CPP_CACHE'] = {cache!r}; import labkit; "
             "from labkit.cpp import cells, run; cells.LIMITS = run.Limits(seconds=60)")
    assert client.execute_interactive(setup, timeout=LIMIT)["content"]["status"] == "ok"

    asked = client.execute(cell)
    # It is to be stopped in the middle of what the cell is about: the program, or the compiler, runs.
    wait_until(lambda: any(_is_it(one, cache, built) for one in _running(process)), LIMIT, what="what is to be stopped")
    process.send_signal(signal.SIGINT)
    reply = client._recv_reply(asked, timeout=LIMIT)
    shown = _shown(client, asked)

    assert reply["content"]["ename"] == "CellInterrupted", shown  # "run all" ends here
    assert shown == "Interrupted: what ran was stopped. Run this cell again."
    wait_until(lambda: not _running(process), LIMIT, what="the end of all that it had started")
    after = client.execute_interactive("1 + 1", timeout=LIMIT, output_hook=lambda _: None)
    assert after["content"]["status"] == "ok"


def _is_it(program: Path, cache: str, built: bool) -> bool:
    """Whether it is what the cell has built, or else the compiler itself."""
    return program.is_relative_to(cache) if built else program.name.startswith(("cc1plus", "clang"))


def _running(process: psutil.Process) -> list[Path]:
    """The programs that the kernel has started, and that have not ended."""
    names = []
    for child in process.children(recursive=True):
        try:
            if child.status() != psutil.STATUS_ZOMBIE:
                names.append(Path(child.exe()))
        except psutil.Error:
            continue
    return names


def _shown(client: Any, asked: str) -> str:
    """All that the cell has put on the screen."""
    texts = []
    while True:
        message = client.get_iopub_msg(timeout=LIMIT)
        if message["parent_header"].get("msg_id") != asked:
            continue
        content = message["content"]
        if message["msg_type"] == "status" and content["execution_state"] == "idle":
            return "".join(texts)
        if message["msg_type"] == "stream":
            texts.append(content["text"])
        elif message["msg_type"] == "error":
            texts.append("\n".join(content["traceback"]))
        elif "data" in content:
            texts.append(content["data"].get("text/plain", ""))
