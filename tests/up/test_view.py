"""The live view fits into 80 columns, cuts no name and no address, and says all by signs, not by colour alone."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.up.view import text


def server(name: str, status: str = "pass", **more: Any) -> dict[str, Any]:
    return {"name": name, "systems": ["f2"], "needed": True, "status": status, "provider": "embedded",
            "engine": "labkit-influx", "version": "2.7.12-labkit", "address": "127.0.0.1:54321", "url": "", "page": "",
            "error": "", "without": "", "restarts": 0} | more


def process(name: str, status: str = "pass", **more: Any) -> dict[str, Any]:
    return {"name": name, "system": "f2", "kind": "process", "status": status, "address": "127.0.0.1:12345", "page": "",
            "received": 1_234_567, "stored": 1, "rejected": 0, "duplicates": 0, "sent": None, "rate": 12_345.67,
            "lag": 1_000_000, "error": "", "checks": {}, "mine": False, "devices": 0, "restarts": 0} | more


def document(**more: Any) -> dict[str, Any]:
    return {
        "schema": 1, "status": "pass", "seconds": 125.4, "problems": [], "house": None,
        "systems": {"f2": {"title": "F2", "status": "pass"}},
        "servers": [server("timescaledb"), server("grafana", "absent", without="no dashboards", needed=False,
                                                  error="native: there is no program grafana on PATH")],
        "processes": [process("f2-connector", mine=True, restarts=3), process("f2-processor", "waiting"),
                      process("f2-controllers", devices=1000, kind="fleet", received=None, sent=77, lag=None)],
    } | more


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal_and_nothing_that_matters_is_cut(width: int) -> None:
    shown = text(document(), width)
    assert max(len(line) for line in shown.splitlines()) <= width
    for whole in ("timescaledb", "127.0.0.1:54321", "f2-connector", "127.0.0.1:12345", "1,234,567", "12345.7",
                  "1,000,000", "1000 devices", "grafana", "no dashboards", "labkit up f2", "2:05"):
        assert whole in shown, f"{whole} is cut:\n{shown}"


def test_each_state_has_a_sign_of_its_own_that_the_legend_explains() -> None:
    states = {"pass": "●", "fail": "✗", "starting": "○", "waiting": "↻"}
    shown = text(document(processes=[process(f"f2-{state}", state) for state in states])).splitlines()
    for state, sign in states.items():
        assert any(line.startswith(f"{sign} f2-{state}") for line in shown)
        assert sign in shown[-1]
    assert "– grafana" in "\n".join(shown)
    assert "–" in shown[-1]


@pytest.mark.parametrize("width", [80, 120])
def test_the_pages_to_open_stand_under_the_first_line_whole(width: int) -> None:
    pages = ["http://127.0.0.1:12345/docs", "http://127.0.0.1:54321/dashboard/house", "http://127.0.0.1:54322/"]
    shown = text(document(
        processes=[process("home-api", page=pages[0]), process("shelly-api", "fail", page="http://127.0.0.1:9/docs")],
        servers=[server("nodered", page=pages[1]), server("prometheus", page=pages[2])]), width)
    top = shown[:shown.index("address")]
    assert top.splitlines()[1].startswith("Open home-api")
    assert all(page in top for page in pages), f"a page is cut:\n{shown}"
    assert "http://127.0.0.1:9/" not in shown, "it does not work now"


def test_what_starts_is_no_error() -> None:
    shown = text(document(status="fail", problems=["f2-sink: starting"], processes=[process("f2-sink", "starting")]))
    assert "Said last" not in shown
    assert "○ f2-sink" in shown


def test_what_is_the_students_is_marked() -> None:
    shown = text(document(house={"folder": "/home/me/house", "parts": ["f2"]}))
    assert "f2-connector yours" in shown
    assert "Yours f2, from /home/me/house" in shown


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "● all is well"),
        ({"status": "fail", "problems": ["x: y"], "processes": [process("f2-sink", "starting")]}, "○ starting"),
        ({"status": "fail", "problems": ["f2-sink: no kafka"],
          "processes": [process("f2-sink", "fail", error="no kafka")]}, "✗ not well"),
        ({"status": "fail", "problems": ["MQTT broker could not be started."], "processes": []}, "✗ not well"),
    ],
)
def test_the_first_line_says_how_it_is(more: dict[str, Any], said: str) -> None:
    shown = text(document(**more))
    assert said in shown.splitlines()[0]
    assert all((problem.partition(": ")[2] or problem) in shown for problem in more.get("problems", []))


def test_the_last_error_stands_with_its_process_and_a_problem_that_is_nobodys_too() -> None:
    shown = text(document(problems=["MQTT broker could not be started."],
                          processes=[process("f2-sink", "fail", error="kafka: no broker")]))
    assert "✗ f2-sink  kafka: no broker" in " ".join(shown.split("\n")).replace("   ", "  ")
    assert "✗" in shown
    assert "MQTT broker could not be started." in shown


def test_what_the_person_left_out_has_no_reason_beside_it() -> None:
    left_out = server("grafana", "absent", error="left out by --without", without="no dashboards")
    shown = text(document(servers=[left_out]))
    assert "no dashboards" in shown
    assert "left out" not in shown
