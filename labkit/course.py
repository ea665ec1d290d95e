"""The ten labs as data: the one place that says what a lab is called, needs and adds to the house."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from labkit.errors import StudentError


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab of the course.

    Args:
        number: two digits, `"01"` to `"10"`.
        folder: its folder in `labs/`, also the name of its notebook.
        title: what a person reads.
        minutes: how long a student needs, in minutes.
        services: the services that it runs on, by their names in `labkit.services`.
        parts: the parts that its student writes for the house.
        summary: what the student will have built, one sentence.
        ready: whether the lab is written; the others are planned.
    """

    number: str
    folder: str
    title: str
    minutes: int
    services: tuple[str, ...]
    parts: tuple[str, ...]
    summary: str
    ready: bool = False


LABS: tuple[Lab, ...] = (
    Lab(
        "01",
        "01-mqtt-basics",
        "MQTT basics",
        60,
        ("mqtt",),
        ("mqtt",),
        "Sensors and programs that talk through a broker, and a house that notices when one dies.",
        ready=True,
    ),
    Lab(
        "02",
        "02-time-series",
        "Time series",
        75,
        ("mqtt", "influxdb"),
        ("collector",),
        "A collector that stores every reading once, and two weeks of temperatures as a picture.",
        ready=True,
    ),
    Lab(
        "03",
        "03-esp32-firmware",
        "ESP32 firmware",
        90,
        ("mqtt", "cpp"),
        ("node",),
        "C++ firmware that runs as a virtual board and loses nothing while the network is away.",
        ready=True,
    ),
    Lab(
        "04",
        "04-fleet-operations",
        "Fleet operations",
        75,
        ("mqtt", "influxdb", "telegraf"),
        ("fleet",),
        "Twenty nodes under command, and an update that stops itself when it goes wrong.",
    ),
    Lab(
        "05",
        "05-shelly-bridge",
        "Shelly bridge",
        90,
        ("mqtt", "influxdb"),
        ("shelly",),
        "Bluetooth sensors decoded byte by byte, with an API and metrics.",
    ),
    Lab(
        "06",
        "06-storage-and-devices",
        "Storage and devices",
        90,
        ("mqtt", "s3", "influxdb", "postgresql"),
        ("devices",),
        "An archive, a database and a device manager that survive each other's failures.",
    ),
    Lab(
        "07",
        "07-api-and-automation",
        "API and automation",
        90,
        ("mqtt", "influxdb", "nodered", "nginx"),
        ("api", "automation"),
        "One front door, an API, and a light that knows when you are there.",
    ),
    Lab(
        "08",
        "08-kafka-decoding",
        "Kafka decoding",
        120,
        ("mqtt", "kafka", "postgresql", "timescaledb"),
        ("f2",),
        "A pipeline that decodes raw device data and stays right when a stage is killed.",
        ready=True,
    ),
    Lab(
        "09",
        "09-dashboards-and-monitoring",
        "Dashboards and monitoring",
        90,
        ("influxdb", "timescaledb", "prometheus", "grafana"),
        ("dashboards",),
        "Dashboards as code, and alerts that mean something.",
    ),
    Lab(
        "10",
        "10-secure-and-break-it",
        "Secure it, break it, run it",
        120,
        ("mqtt", "influxdb", "kafka", "postgresql", "timescaledb", "prometheus", "grafana"),
        ("security",),
        "The whole house under attack and under faults, and a plan for a million homes.",
    ),
)
"""The labs in order. Titles, minutes and services are those of the syllabus."""


def lab(number: str | int) -> Lab:
    """Find a lab by its number.

    Args:
        number: `"01"`, `"1"` or `1`.

    Raises:
        StudentError: there is no such lab.
    """
    text = str(number).strip().zfill(2)
    for candidate in LABS:
        if candidate.number == text:
            return candidate
    raise StudentError(f"There is no lab {number!r}.", f"choose a number from {LABS[0].number} to {LABS[-1].number}.")


def kit_root() -> Path:
    """Return the folder that the kit lies in: that of the course, where the kit was installed from it."""
    return Path(__file__).resolve().parent.parent


def nearest_course(start: Path | None = None) -> Path | None:
    """Find the course: the nearest folder, from `start` upwards, with notebooks in its `labs/`; else the kit's own.

    Args:
        start: where to begin; the working directory if not given.

    Returns:
        The folder; None if the kit was installed without a course, and there is none here.
    """
    here = (start or Path.cwd()).resolve()
    folders = (here, *here.parents, kit_root())
    return next((folder for folder in folders if any((folder / "labs").glob("*/*.ipynb"))), None)


def course_root(start: Path | None = None) -> Path:
    """Find the course, for what cannot do without it.

    Args:
        start: as for `nearest_course`.

    Raises:
        StudentError: there is no course here.
    """
    found = nearest_course(start)
    if found is None:
        raise StudentError(f"There is no course in {(start or Path.cwd()).resolve()}.",
                           "go to the folder that has labs/ in it, and try again.")
    return found
