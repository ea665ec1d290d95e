"""What Binder's image is made of: names that CI installs too, and files that are there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"


def test_every_debian_package_of_binder_is_one_that_ci_installs() -> None:
    said = re.search(r'PACKAGES="([^"]+)"', (ROOT / ".ci" / "run").read_text())
    assert said
    wanted = (BINDER / "apt.txt").read_text().split()
    assert set(wanted) <= set(said[1].split())
    assert wanted == sorted(wanted)


def test_a_lab_in_cpp_finds_a_compiler_there() -> None:
    assert {"g++", "libmosquitto-dev", "doctest-dev"} <= set((BINDER / "apt.txt").read_text().split())


def test_the_last_step_is_a_script_whose_files_exist() -> None:
    script = BINDER / "postBuild"
    assert os.access(script, os.X_OK)
    subprocess.run(["sh", "-n", str(script)], check=True)
    for path in re.findall(r"labkit/\S+", script.read_text()):
        assert (ROOT / path).exists(), path
