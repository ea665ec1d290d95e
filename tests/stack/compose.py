"""Runs the real Docker Compose on the files of `stack/`, with stand-ins for the images that no registry gives here."""

from __future__ import annotations

import subprocess
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]
STACK = ROOT / "stack"
TOOL = "labkit-test/compose:trixie"
STAND_INS = {
    "MOSQUITTO_IMAGE": "mosquitto", "POSTGRESQL_IMAGE": "postgresql", "TIMESCALEDB_IMAGE": "timescaledb",
    "KAFKA_IMAGE": "kafka", "PROMETHEUS_IMAGE": "prometheus", "NGINX_IMAGE": "nginx", "PYTHON_IMAGE": "python",
    "NODERED_IMAGE": "nodered",
}
"""The variables of `.env` whose image can be built from Debian's packages, and the stand-in (tests/images)."""


SECRETS = ("influxdb_password", "influxdb_token", "postgresql_password", "timescaledb_password", "minio_secret_key",
           "grafana_password")


def secrets(folder: Path) -> Path:
    """Make the secrets of a project in its private folder."""
    (folder / "secrets").mkdir()
    for name in SECRETS:
        (folder / "secrets" / name).write_text(uuid4().hex, encoding="utf-8")
        (folder / "secrets" / name).chmod(0o644)
    return folder


class Compose:
    """One project of the compose files, apart from every other.

    Args:
        folder: a private folder, which holds the secrets.
        name: name of the project.
        environment: variables that come before those of `.env`.
    """

    def __init__(self, folder: Path, name: str, **environment: str) -> None:
        self._folder = folder
        self._environment = {"SECRETS": str(folder / "secrets"), "COMPOSE_PROJECT_NAME": name, **environment}

    def __call__(self, *arguments: str, timeout: float = 170.0) -> subprocess.CompletedProcess[str]:
        """Run `docker compose` with these arguments in `stack/`."""
        options = [word for name, value in self._environment.items() for word in ("-e", f"{name}={value}")]
        folders = [word for path in (ROOT, self._folder) for word in ("-v", f"{path}:{path}")]
        command = ["docker", "run", "--rm", "-v", "/var/run/docker.sock:/var/run/docker.sock", *folders,
                   "-w", str(STACK), *options, TOOL, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


def defaults() -> dict[str, str]:
    """The variables of `stack/.env`."""
    lines = (line for line in (STACK / ".env").read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {name: value for name, found, value in (line.partition("=") for line in lines) if found}
