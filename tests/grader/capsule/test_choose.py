"""Which kind of capsule is taken, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.capsule import bubblewrap, bubblewrap_room, docker
from grader.capsule.choose import WITHOUT, Kind, choose
from grader.layout import CourseError


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    _forget_client()
    yield
    _forget_client()


def _forget_client() -> None:
    if docker.client.cache_info().currsize:
        docker.client().close()
    docker.client.cache_clear()


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder that is the whole PATH."""
    tmp_path.chmod(0o755)  # a room's user must reach the programs in it
    monkeypatch.setenv("PATH", str(tmp_path))
    bubblewrap.program.cache_clear()
    yield tmp_path
    bubblewrap.program.cache_clear()


@pytest.mark.bubblewrap
def test_bubblewrap_is_taken_where_it_works() -> None:
    assert choose() is Kind.BUBBLEWRAP


@pytest.mark.docker("capsule")
@pytest.mark.usefixtures("path")
def test_docker_is_taken_where_there_is_no_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_IMAGE", "labkit-test/capsule:trixie")
    assert choose() is Kind.DOCKER


@pytest.mark.docker("capsule")
def test_a_missing_image_is_told_with_the_command_that_builds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_IMAGE", "labkit-test/there-is-none:trixie")
    assert "python -m grader.capsule.docker_image" in docker.problem()


def test_with_neither_it_refuses_and_says_what_to_install(path: Path, no_engine: None) -> None:
    with pytest.raises(CourseError) as refused:
        choose()
    told = str(refused.value)
    assert "sudo apt install bubblewrap" in told
    assert "https://docs.docker.com/engine/install/" in told
    assert "--no-capsule" in told


def test_without_a_capsule_only_when_that_is_asked_for(path: Path, no_engine: None) -> None:
    assert choose(no_capsule=True) is Kind.NONE
    assert "gradebook" in WITHOUT


@pytest.mark.parametrize(("switch", "value", "advice"), [
    (0, "0", "unprivileged_userns_clone=1"), (1, "1", "apparmor_restrict_unprivileged_userns=0"),
    (2, "0", "max_user_namespaces=10000"),
])
def test_a_system_that_forbids_namespaces_is_told_by_its_switch(
    path: Path, monkeypatch: pytest.MonkeyPatch, switch: int, value: str, advice: str
) -> None:
    program = path / "bwrap"
    refusal = "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    program.write_text(refusal, encoding="utf-8")
    program.chmod(0o755)
    (path / "switch").write_text(f"{value}\n", encoding="ascii")
    switches = [("/nonexistent", bad, what) for _, bad, what in bubblewrap_room._SWITCHES]
    switches[switch] = (str(path / "switch"), *switches[switch][1:])
    monkeypatch.setattr(bubblewrap_room, "_SWITCHES", switches)
    told = bubblewrap_room.problem()
    assert "No permissions to create new namespace" in told
    assert advice in told
