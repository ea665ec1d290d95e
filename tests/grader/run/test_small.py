"""How many at once, and what is said on the way and at the end."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from grader.run import progress, slots
from grader.run.summary import Entry, Summary
from grader.submission import Graded, Incident


def test_slots_follow_processors_and_free_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots.os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    monkeypatch.setattr(slots, "available_memory", lambda: 64 << 30)
    most = 4 * slots.A_PROCESSOR
    assert slots.usual() == (most, "4 processors")
    monkeypatch.setattr(slots, "available_memory", lambda: 4 << 30)
    count, why = slots.usual()
    assert 1 <= count < most
    assert "memory" in why
    monkeypatch.setattr(slots, "available_memory", lambda: 1 << 20)
    assert slots.usual()[0] == 1


def test_a_container_s_limit_counts_as_memory(tmp_path: Path) -> None:
    proc, control = tmp_path / "meminfo", tmp_path / "cgroup"
    control.mkdir()
    proc.write_text("MemTotal: 16000000 kB\nMemAvailable:    8000000 kB\n")
    assert slots.available_memory(proc, control) == 8_000_000 << 10
    (control / "memory.max").write_text("3000000000\n")
    (control / "memory.current").write_text("1000000000\n")
    assert slots.available_memory(proc, control) == 2_000_000_000
    (control / "memory.max").write_text("max\n")
    assert slots.available_memory(proc, control) == 8_000_000 << 10
    assert slots.available_memory(tmp_path / "none", tmp_path / "none") == 0


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_lines_have_count_rate_and_time_left() -> None:
    stream = io.StringIO()
    lines = progress.reporter(stream)
    lines.begin(2)
    lines.done("90-toy anna", worked=False)
    lines.done("90-toy ben", worked=True)
    lines.end()
    assert stream.getvalue().startswith("2/2  90-toy ben  ")
    assert "/min, 0:00 left" in stream.getvalue()


def test_a_terminal_gets_a_bar() -> None:
    stream = Terminal()
    bar = progress.reporter(stream)
    assert isinstance(bar, progress.Bar)
    bar.begin(2)
    bar.done("90-toy anna", worked=True)
    bar.say("90-toy ben: [bold]the broker did not start[/bold]")
    bar.end()
    assert "90-toy anna" in stream.getvalue()
    assert "[bold]the broker" in stream.getvalue()


def test_a_summary_says_what_an_instructor_must_look_at() -> None:
    looked = Graded("ben", "90-toy", "", {}, incidents=[Incident("kit", "check-90-1", "the check broke\nTraceback")])
    summary = Summary([
        Entry("anna", "90-toy", "graded", Graded("anna", "90-toy", "")), Entry("ben", "90-toy", "graded", looked),
        Entry("cleo", "90-toy", "fault", why="the room died"), Entry("dora", "90-toy", "dropped")],
        seconds=200, slots=3, stopped=True)
    text = summary.text()
    assert text.splitlines()[0] == ("2 graded, 0 unchanged, 1 not graded by a fault of the grader, "
                                    "1 left for the next run · 3.3 min · 3 at once")
    assert "ben, check-90-1: the check broke" in text
    assert "cleo: the room died" in text
    assert "goes on where it stopped" in text
    assert summary.data()["incidents"] == {"kit": 1}
