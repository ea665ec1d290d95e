"""What a caller gives a server to read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labkit.errors import StudentError
from labkit.services import Config, start
from labkit.services.config import NONE, read, write_changed

pytestmark = pytest.mark.usefixtures("no_engine")


@pytest.mark.parametrize("name", ["/etc/passwd", "../rules.yml", "a/../../b", "", "a\\b"])
def test_a_file_outside_of_the_servers_folder_is_refused(name: str) -> None:
    with pytest.raises(StudentError, match="is not a path inside the server's folder"):
        Config(files={name: ""})


def test_text_becomes_the_main_file() -> None:
    assert read("prometheus", "prometheus.yml", "global: {}") == Config({"prometheus.yml": "global: {}"})
    assert read("prometheus", "prometheus.yml", None) is NONE


def test_what_is_no_configuration_is_refused_by_name() -> None:
    with pytest.raises(StudentError, match="The configuration of prometheus is int, not text or Config"):
        read("prometheus", "prometheus.yml", 9090)  # type: ignore[arg-type]


def test_a_service_that_takes_none_says_so() -> None:
    with pytest.raises(StudentError, match="mqtt takes no configuration"):
        start("mqtt", config={"mqtt": "listener 1883"})


def test_a_configuration_for_a_service_that_is_not_started_is_refused() -> None:
    with pytest.raises(StudentError, match="config= names 'nginx', which is not started here"):
        start("mqtt", config={"nginx": "server {}"})


def test_files_are_written_for_this_user_only_and_left_alone_when_they_are_right(tmp_path: Path) -> None:
    write_changed(tmp_path, {"rules/home.yml": "groups: []"})
    path = tmp_path / "rules/home.yml"
    assert path.read_text() == "groups: []"
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600
    before = path.stat().st_mtime_ns
    write_changed(tmp_path, {"rules/home.yml": "groups: []"})
    assert path.stat().st_mtime_ns == before
    write_changed(tmp_path, {"rules/home.yml": "groups: [1]"})
    assert path.read_text() == "groups: [1]"


def test_what_may_be_secret_is_not_shown() -> None:
    assert "hush" not in repr(Config(environment={"INFLUX_TOKEN": "hush"}))
