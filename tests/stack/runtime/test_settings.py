from __future__ import annotations

from pathlib import Path

import pytest

from stack.runtime import (
    InfluxSettings,
    PostgresSettings,
    S3Settings,
    ServiceSettings,
    SettingsError,
    TimescaleSettings,
    load,
)


class Everything(ServiceSettings, InfluxSettings, PostgresSettings, TimescaleSettings, S3Settings):
    influx_bucket: str = "iot-data"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cr3t\n", encoding="utf-8")
    for name in ("INFLUX_TOKEN", "POSTGRES_PASSWORD", "TIMESCALE_PASSWORD", "S3_SECRET_KEY"):
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("POSTGRES_DATABASE", "device_params")
    monkeypatch.setenv("S3_ACCESS_KEY", "lab")


@pytest.mark.usefixtures("environment")
def test_secrets_come_from_files_and_are_not_shown() -> None:
    settings = load(Everything)
    secrets = [settings.influx.token, settings.postgres.password, settings.timescale.password, settings.s3.secret_key]
    assert secrets == ["s3cr3t"] * 4
    assert "s3cr3t" not in repr(settings) + repr(settings.influx) + repr(settings.postgres) + repr(settings.s3)


@pytest.mark.usefixtures("environment")
def test_the_environment_comes_before_a_file_and_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUX_TOKEN", "given")
    monkeypatch.setenv("POSTGRES_PORT", "")
    settings = load(Everything)
    assert (settings.influx.token, settings.postgres.port) == ("given", 5432)


@pytest.mark.usefixtures("environment")
def test_a_password_may_hold_any_character() -> None:
    settings = load(Everything, {"postgres_password": "it's a \\ \"pass\" word"})
    from psycopg.conninfo import conninfo_to_dict

    read = conninfo_to_dict(settings.postgres.dsn("other"))
    assert (read["password"], read["dbname"]) == ("it's a \\ \"pass\" word", "other")


@pytest.mark.usefixtures("environment")
def test_all_that_is_wrong_is_said_at_once_and_no_secret_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_BUCKET", "No Bucket")
    monkeypatch.setenv("TIMESCALE_PORT", "70000")
    with pytest.raises(SettingsError) as refused:
        load(Everything)
    lines = str(refused.value).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["S3_BUCKET", "TIMESCALE_PORT"]
    assert "lower-case letters" in lines[0]
    assert "s3cr3t" not in str(refused.value)
