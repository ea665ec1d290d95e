"""The virtual board of a notebook: the student's firmware, compiled, at a real broker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from labkit import start
from labkit.cpp import workshop
from labkit.cpp.board import Board, board
from labkit.errors import StudentError
from labkit.house import sources
from labkit.services import Endpoint
from labkit.waiting import wait_until

# Whoever builds the sanitized firmware first waits for twenty sources.
pytestmark = [pytest.mark.cpp, pytest.mark.timeout(400)]
FILES = sources("node", mine=False)[0]


@pytest.fixture(scope="module")
def broker() -> Iterator[Endpoint]:
    with start("mqtt") as services:
        yield services.mqtt


@pytest.fixture(autouse=True)
def own_workshop() -> Iterator[None]:
    before = workshop.files()
    workshop.restore(FILES)
    yield
    workshop.restore(before)


def until(one: Board, wanted: Any, what: str) -> dict[str, Any]:
    def look() -> dict[str, Any]:
        assert one.alive, one.complaints()
        return next((event for event in one.events() if wanted(event)), {})

    return wait_until(look, 60, what=what)


def test_a_board_measures_loses_its_wifi_and_catches_up(broker: Endpoint) -> None:
    with Board(broker, "node_61", interval=1, hold=1, backoff=(0.2, 1)) as one:
        assert (one.name, one.state["capacity"]) == ("node_61", 720)
        until(one, lambda event: event["acknowledged"] >= 1, "a reading")
        one.wifi(False)
        until(one, lambda event: event["buffered"] >= 2 and not event["wifi"], "readings that wait")
        one.wifi(True)
        until(one, lambda event: event["wifi"] and event["acknowledged"] >= 3 and not event["buffered"], "the rest")
        until(one, lambda event: event["connection"] == "HOLDING" and event["failures"] == 0, "a good connection")
        counts = one.stop()
    assert counts["measured"] == counts["acknowledged"] + counts["buffered"]
    assert (counts["lost"], one.alive, one.finding) == (0, False, None)
    assert [event["t"] for event in one.events()] == sorted(event["t"] for event in one.events())


def test_a_second_board_of_a_name_stops_the_first(broker: Endpoint) -> None:
    first = board(broker, "62")
    second = board(broker, "62")
    assert (first.alive, second.alive, second.name) == (False, True, "node_62")
    assert second.program.cached
    second.kill()
    assert (second.alive, second.finding) == (False, None)
    second.wifi(True)


def test_firmware_that_writes_out_of_bounds_is_stopped_and_says_where(broker: Endpoint) -> None:
    head = "void Backoff::tick(std::uint64_t now) {"
    fault = f"{head}\n  static int waits[3];\n  if (now > 300) waits[3 + now % 2] = 1;"
    with Board(broker, "node_63", files={**FILES, "backoff.cpp": FILES["backoff.cpp"].replace(head, fault)}) as one:
        wait_until(lambda: not one.alive, 60, what="the end of a board with a fault")
        found = one.finding
    assert found is not None
    assert (found.kind, found.file, "tick" in found.function) == ("out-of-bounds", "backoff.cpp", True)


def test_a_file_that_is_missing_or_not_written_is_named(broker: Endpoint) -> None:
    workshop.restore({file: text for file, text in FILES.items() if file != "status.cpp"})
    with pytest.raises(StudentError, match=r"There is no status.cpp in this notebook yet"):
        board(broker, "64")
    workshop.put("status.cpp", "#error Write your code here, and delete this line.\n")
    with pytest.raises(StudentError, match=r"status.cpp is not written yet"):
        board(broker, "64")
    with pytest.raises(StudentError, match=r"no file 'node.cpp' of yours"):
        board(broker, "64", only=["node.cpp"])


def test_what_a_firmware_prints_does_not_disturb_what_it_tells(broker: Endpoint) -> None:
    noise = ('#include <cstdio>\nstatic const int noise = std::printf("hello\\n{\\"trace\\": \\"node_65\\"}\\n");\n'
             "int use_of_noise() { return noise; }\n")
    with Board(broker, "node_65", files={**FILES, "telemetry.cpp": noise + FILES["telemetry.cpp"]}) as one:
        until(one, lambda event: event["measured"] >= 0, "a state")
        assert one.said() == 'hello\n{"trace": "node_65"}\n'


@pytest.mark.skipif(os.name == "nt", reason="a board runs on POSIX systems")
def test_a_board_ends_with_the_process_that_started_it(broker: Endpoint, tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom labkit.cpp.board import Board\nfrom labkit.house import sources\n"
        "from types import SimpleNamespace\n"
        f"broker = SimpleNamespace(host='127.0.0.1', port={broker.port}, username='', password='')\n"
        "one = Board(broker, '66', files=sources('node', mine=False)[0])\n"
        "print(one._process.pid, flush=True)\ntime.sleep(600)\n")
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert owner.stdout is not None
        child = psutil.Process(int(owner.stdout.readline()))
    finally:
        owner.kill()
        owner.wait()
    assert owner.stdout is not None
    owner.stdout.close()
    child.wait(60)  # raises if it does not end
