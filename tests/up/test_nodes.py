"""`labkit up esp32 --mine`: the nodes are virtual boards with the student's firmware."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from labkit.cpp import compiler
from labkit.up import nodes
from labkit.up.supervisor import Supervisor, Wishes
from labkit.up.systems import house
from tests.up.house import document, row, up, without

REFERENCE = Path(__file__).parents[2] / "stack" / "parts" / "node"


@pytest.mark.cpp
@pytest.mark.timeout(400)
def test_the_students_firmware_runs_as_boards_and_its_readings_are_stored(tmp_path: Path) -> None:
    shutil.copytree(REFERENCE, tmp_path / "node")
    for seconds in ("6s", "40s"):  # on a loaded machine little moves in six
        ended = up("esp32", "--for", seconds, "--json", "--mine", "--devices", "2", "--without", without("esp32"),
                   LABKIT_HOUSE=str(tmp_path))
        found = document(ended)
        if ended.returncode == 0 and row(found, "esp32-collector")["stored"]:
            break
    assert (ended.returncode, found["problems"]) == (0, []), ended.stdout + ended.stderr
    assert found["house"]["parts"] == ["node"]
    boards = row(found, "esp32-nodes")
    assert (boards["mine"], boards["devices"], boards["restarts"], boards["error"]) == (True, 2, 0, "")
    assert boards["sent"] > 0
    assert row(found, "esp32-collector")["stored"] > 0


@pytest.mark.cpp
def test_firmware_that_does_not_compile_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(REFERENCE, tmp_path / "node")
    (tmp_path / "node" / "telemetry.cpp").write_text('#include "telemetry.hpp"\nint x\n')
    monkeypatch.setenv("HOUSE", str(tmp_path))
    monkeypatch.setenv("LABKIT_HOUSE", str(tmp_path))
    monkeypatch.setenv("HOUSE_PARTS", "node")
    assert nodes.main(["--count", "1"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("esp32: telemetry.cpp")


def test_without_a_compiler_simulated_nodes_run_and_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/nowhere/c++")
    compiler._find.cache_clear()
    said = nodes.why_not(3, 1.0)
    assert said.startswith("simulated nodes run in place of the firmware: There is no C++ compiler on this machine.")
    assert "apt install g++" in said
    course = house()
    mine = Supervisor(course, course.chosen(["esp32"]), Wishes(mine=True))
    (fleet,) = course.systems["esp32"].fleets
    assert mine._boards(fleet, 3) == (False, said)
    assert Supervisor(course, course.chosen(["esp32"]))._boards(fleet, 3) == (False, "")


def test_what_the_boards_cannot_do_is_told() -> None:
    assert "--speed is 5" in nodes.why_not(3, 5.0)
    assert "at most 1,000 boards" in nodes.why_not(2_000, 1.0)
