from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labkit import cli


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "labkit.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd,
        check=False,
    )


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    for command in ("lab", "doctor", "check", "house"):
        assert f"\n    {command} " in shown


def test_an_unknown_lab_is_a_message_without_a_traceback() -> None:
    ended = run("check", "11")
    assert ended.returncode == 2
    assert "There is no lab '11'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_doctor_prints_json_for_machines() -> None:
    ended = run("doctor", "--json")
    report = json.loads(ended.stdout)
    assert ended.returncode == 0, ended.stderr
    assert "mqtt" in json.dumps(report)


def test_a_notebook_that_does_not_exist_is_a_message_without_a_traceback(tmp_path: Path) -> None:
    ended = run("check", "01", str(tmp_path / "nothing.ipynb"))
    assert ended.returncode == 2
    assert "nothing.ipynb" in ended.stderr
    assert "Traceback" not in ended.stderr
