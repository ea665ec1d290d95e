"""A process is started, asked, counted, started again and ended; its death loses no count."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from labkit.up.children import Child, Sight, last_words, port_is_free
from labkit.waiting import wait_until

# Serves what stands in the file of argument 1 as /health; announces its port as the house's services do.
SERVER = """
import http.server, json, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open(sys.argv[1], "rb").read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(os.environ["HTTP_PORT"])), Handler)
print(json.dumps({"port": server.server_address[1], "pid": os.getpid()}), flush=True)
server.serve_forever()
"""
WELL = '{"status": "pass", "checks": {}, "received": 5, "stored": 4, "rejected": 1, "duplicates": 0, "lag": 2}'

Run = Callable[..., "Watched"]


class Watched(Child):
    """Keeps all that was seen: on a busy machine a state of half a second is over before a test has looked."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sights: list[Sight] = []

    def _see(self, **changes: Any) -> None:
        super()._see(**changes)
        self.sights.append(self.sight)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    children: list[Watched] = []

    def start(*words: str, port: int = 0) -> Watched:
        children.append(Watched("a-process", words or ("-c", SERVER, str(tmp_path / "health")), {}, port))
        children[-1].start()
        return children[-1]

    (tmp_path / "health").write_text(WELL)
    yield start
    for child in children:
        child.stop()


def pid_of(child: Child) -> int:
    """The process that listens on its port."""
    return next(one.pid or 0 for one in psutil.net_connections("tcp")
                if one.status == "LISTEN" and one.laddr.port == child.sight.port)  # type: ignore[union-attr]


def seen(child: Watched, question: Callable[[Sight], object]) -> Sight:
    """The first sight that answers the question, be it over by now."""
    try:
        return wait_until(lambda: next(filter(question, list(child.sights)), None), 60, what="the process")
    except TimeoutError:
        raise AssertionError(child.sights) from None


def test_a_process_that_is_well_is_seen_with_its_counts(run: Run) -> None:
    child = run()
    assert child.wait(60)
    sight = child.sight
    assert (sight.received, sight.stored, sight.rejected, sight.lag) == (5, 4, 1, 2)
    assert (sight.state, sight.error, sight.restarts) == ("pass", "", 0)
    assert not port_is_free(sight.port)


def test_messages_a_second_are_counted_from_the_differences(run: Run, tmp_path: Path) -> None:
    child = run()
    assert child.wait(60)
    (tmp_path / "new").write_text(WELL.replace('"received": 5', '"received": 1005'))
    (tmp_path / "new").replace(tmp_path / "health")
    assert 100 < (seen(child, lambda sight: sight.received == 1005).rate or 0) < 2000


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('{"status": "fail", "checks": {"kafka": {"status": "fail", "detail": "no broker"}}}', "kafka: no broker"),
        ('{"status": "fail", "checks": {}, "last_error": "it is late"}', "it is late"),
        ("not json", "/health: "),
        ("[]", "/health: "),
        ('{"status": "pass"}', "/health: 'checks'"),
        ('{"status": "pass", "checks": {"a": 1}}', "/health: "),
    ],
)
def test_a_process_that_is_not_well_says_what_is_wrong(run: Run, tmp_path: Path, answer: str, said: str) -> None:
    (tmp_path / "health").write_text(answer)
    child = run()
    assert said in seen(child, lambda sight: sight.state == "fail").error
    assert not child.wait(0.1)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_process_that_dies_is_started_again_on_its_port_and_keeps_its_counts(run: Run) -> None:
    child = run()
    assert child.wait(60)
    port, pid = child.sight.port, pid_of(child)
    os.kill(pid, signal.SIGKILL)
    assert "ended with exit code -9" in seen(child, lambda sight: sight.state == "waiting").error
    sight = seen(child, lambda sight: sight.state == "pass" and sight.restarts == 1)
    assert sight.port == port
    assert sight.received == 10, "five before, five after"
    assert pid_of(child) != pid


def test_a_process_that_dies_at_once_is_tried_again_and_says_why(run: Run) -> None:
    child = run("-c", "raise SystemExit('MQTT_PORT is wrong')")
    sight = seen(child, lambda sight: sight.restarts == 2 and sight.state == "waiting")
    assert sight.error == "ended with exit code 1: MQTT_PORT is wrong"


def test_a_taken_port_is_given_up_for_a_free_one(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not port_is_free(port)
        child = run(port=port)
        sight = seen(child, lambda sight: sight.state == "pass")
    assert sight.port not in (0, port)


def test_stopping_ends_the_process_and_removes_its_directory(run: Run) -> None:
    child = run()
    assert child.wait(60)
    process = psutil.Process(pid_of(child))
    directory = Path(process.cwd())
    child.stop()
    child.stop()
    assert not process.is_running()
    assert not directory.exists()
    assert child.sight.state == "stopped"
    assert port_is_free(child.sight.port)


def test_a_child_that_was_never_started_can_be_stopped() -> None:
    child = Child("never", ("-c", "pass"), {}, 0)
    child.stop()
    assert child.sight.state == "stopped"


def test_the_last_words_of_a_log_are_its_event_and_error_or_its_last_line() -> None:
    assert last_words(["first", '{"event": "cannot start", "error": "no part", "level": "error"}']) == (
        "cannot start: no part")
    assert last_words(["Traceback", "ValueError: x", "", "  "]) == "ValueError: x"
    assert last_words(["{broken"]) == "{broken"
    assert last_words([]) == "it said nothing"
