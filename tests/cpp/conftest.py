"""A cache of its own for a test that counts what is compiled; the others share one: each thing is built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.cpp import workshop


@pytest.fixture(autouse=True)
def shared_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One folder for all tests of this room in this run, and an empty workshop."""
    place = tmp_path_factory.getbasetemp()
    place = place.parent if place.name.startswith("popen-") else place  # a worker of xdist
    monkeypatch.setenv("LABKIT_CPP_CACHE", str(place / "cpp-cache"))
    workshop.clear()


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for one test."""
    monkeypatch.setenv("LABKIT_CPP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
