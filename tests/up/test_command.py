"""`labkit up`, as a person and a script run it: every system is well, messages move, and nothing is left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pytest

from labkit.errors import StudentError
from labkit.up.command import parse_duration
from labkit.waiting import wait_until
from tests import alive
from tests.up.house import document, family, row, temporary_folder, up, without, words

# What has to have taken messages, and given them on, for a system to be one that runs.
STORES = {
    "home": [],  # its simulator writes to the database by itself, as in seed 000
    "esp32": ["esp32-collector"],
    "f2": ["f2-connector", "f2-processor", "f2-sink"],
    "meter": ["meter-collector"],
    "shelly": ["shelly-collector"],
}
ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without asking it")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("system", STORES)
def test_a_system_is_well_and_its_messages_move(system: str, tmp_path: Path) -> None:
    (tmp_path / f"{system}.py").write_text("raise RuntimeError('without --mine this is not loaded')\n")
    for seconds in ("4s", "40s"):  # on a loaded machine little moves in four
        ended = up(system, "--for", seconds, "--speed", "5", "--json", "--without", without(system),
                   HOUSE=str(tmp_path))
        found = document(ended)
        if ended.returncode == 0 and all(row(found, name)["stored"] for name in STORES[system]):
            break
    assert (ended.returncode, found["status"], found["problems"]) == (0, "pass", []), ended.stdout + ended.stderr
    assert found["systems"] == {system: {"title": found["systems"][system]["title"], "status": "pass"}}
    assert found["house"] is None
    for one in (*found["servers"], *found["processes"]):
        assert one["restarts"] == 0, one
        assert one["status"] in ("pass", "absent"), one
    assert sum(one["sent"] or 0 for one in found["processes"]) > 3
    for name in STORES[system]:
        process = row(found, name)
        assert min(process["received"], process["stored"]) > 0, process
        assert process["rejected"] == 0, process
        assert process["mine"] is False


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_all_five_systems_run_together_on_one_broker() -> None:
    for seconds in ("10s", "60s"):
        ended = up("--for", seconds, "--json", "--without", without())
        found = document(ended)
        if ended.returncode == 0 and all(row(found, name)["stored"] for names in STORES.values() for name in names):
            break
    assert (ended.returncode, found["problems"]) == (0, []), ended.stdout + ended.stderr
    assert list(found["systems"]) == list(STORES)
    for name in (name for names in STORES.values() for name in names):
        assert row(found, name)["stored"] > 0, name
    assert [one["name"] for one in found["servers"]].count("mqtt") == 1


class HouseUp:
    """A running `labkit up shelly` with its output in a file."""

    def __init__(self, folder: Path, temporary: Path) -> None:
        self.env_file = folder / "house.env"
        self._output = folder / "output"
        self._temporary = temporary
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                words("shelly", "--without", without("shelly"), "--env-file", str(self.env_file)), stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, env=os.environ | {"TMPDIR": str(temporary)},
            )

    def wait(self) -> None:
        wait_until(lambda: "LABKIT_MQTT_URL" in self.variables(), 90, what="the house")
        self.family = family(self.process.pid)

    def variables(self) -> dict[str, str]:
        lines = self.env_file.read_text(encoding="utf-8").splitlines() if self.env_file.exists() else []
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def said(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def child(self, *last_words: str) -> psutil.Process | None:
        """The process whose command ends so; not its guardian, whose command ends so too."""
        for one in family(self.process.pid):
            command = alive.words(one)
            if tuple(command[-len(last_words):]) == last_words and not any("guardian" in word for word in command):
                return one
        return None

    def check_nothing_is_left(self) -> None:
        wait_until(lambda: not any(one.is_running() for one in self.family), 60, what="the end of its processes")
        wait_until(lambda: not list(self._temporary.iterdir()), 60, what="the end of its private directories")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[HouseUp]:
    with temporary_folder() as temporary:
        house = HouseUp(tmp_path, temporary)
        try:
            house.wait()
            yield house
        finally:
            house.process.kill()
            house.process.wait()


@ON_POSIX
def test_a_killed_process_is_started_again_a_notebook_can_attach_and_ctrl_c_leaves_nothing(house: HouseUp) -> None:
    assert len(house.family) >= 10, "two servers, two processes, devices, and a guardian each"
    assert house.env_file.stat().st_mode & 0o777 == 0o600
    victim = house.child("-m", "stack.shelly.collector")
    assert victim is not None
    victim.kill()
    wait_until(lambda: house.child("-m", "stack.shelly.collector") not in (None, victim), 60, what="another collector")

    address = re.fullmatch(r"mqtt://(.*):(\d+)", house.variables()["LABKIT_MQTT_URL"])
    assert address is not None
    heard = threading.Event()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_connect = lambda c, *_: c.subscribe("+/events/rpc")
    client.on_message = lambda *_: heard.set()
    client.connect(address[1], int(address[2]))
    client.loop_start()
    try:
        assert heard.wait(60), "no gateway is heard at the address of the file"
    finally:
        client.disconnect()
        client.loop_stop()

    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(60) == 0, house.said()
    house.check_nothing_is_left()
    assert not house.env_file.exists(), "its addresses are nobody's any more"
    assert re.search(r"[●○✗↻] shelly-collector", house.said()), house.said()


@ON_POSIX
def test_a_killed_server_is_started_again_and_sigterm_leaves_nothing(house: HouseUp) -> None:
    broker = next(one for one in house.family if alive.name(one) == "mosquitto")
    broker.kill()
    wait_until(lambda: any(alive.name(one) == "mosquitto" and one != broker for one in family(house.process.pid)),
               60, what="another broker")
    house.process.send_signal(signal.SIGTERM)
    assert house.process.wait(60) == 0, house.said()
    house.check_nothing_is_left()


@ON_POSIX
def test_a_killed_supervisor_takes_everything_with_it(house: HouseUp) -> None:
    house.process.kill()
    house.process.wait()
    house.check_nothing_is_left()


def test_a_house_that_is_not_well_ends_with_status_1_and_says_what_is_wrong(tmp_path: Path) -> None:
    """The student's own part raises when it is loaded: the collector cannot run."""
    from labkit.house import known_parts

    assert "shelly" in known_parts()
    (tmp_path / "shelly.py").write_text("raise RuntimeError('my part is broken')\n")
    ended = up("shelly", "--for", "1s", "--json", "--mine", "--without", without("shelly"), LABKIT_HOUSE=str(tmp_path))
    found = document(ended)
    assert (ended.returncode, found["status"]) == (1, "fail")
    assert found["house"] == {"folder": str(tmp_path), "parts": ["shelly"]}
    collector = row(found, "shelly-collector")
    assert collector["status"] in ("waiting", "starting")
    assert collector["restarts"] > 0
    assert "my part is broken" in collector["error"]
    assert any("my part is broken" in problem for problem in found["problems"])


def test_a_server_that_nobody_can_start_ends_the_house_with_status_1() -> None:
    ended = up("shelly", "--json", LABKIT_INFLUXDB_PROVIDER="attach", LABKIT_INFLUXDB_URL="http://127.0.0.1:1",
               LABKIT_INFLUXDB_TOKEN="t")
    found = document(ended)
    assert (ended.returncode, found["status"]) == (1, "fail")
    assert "influxdb" in found["problems"][0].lower()
    assert found["processes"] == []


def test_mine_runs_the_students_parts_and_says_which_they_are(tmp_path: Path) -> None:
    reference = Path(__file__).parents[2] / "stack" / "parts" / "shelly.py"
    (tmp_path / "shelly.py").write_text(reference.read_text(encoding="utf-8"), encoding="utf-8")
    # Without a time, a script gets the document as soon as all is well.
    ended = up("shelly", "--json", "--mine", "--without", without("shelly"), LABKIT_HOUSE=str(tmp_path))
    found = document(ended)
    assert (ended.returncode, found["house"]["parts"]) == (0, ["shelly"]), ended.stdout
    assert row(found, "shelly-collector")["mine"] is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cars"], "There is no system 'cars'"),
        (["home", "--for", "soon"], "--for is 'soon'"),
        (["home", "--for", "0s"], "--for is '0s'"),
        (["home", "--devices", "0"], "--devices is 0"),
        (["home", "--speed", "2000"], "--speed is 2000"),
        (["home", "--speed", "nan"], "--speed is nan"),
        (["home", "--without", "cars"], "--without names 'cars'"),
        (["f2", "--without", "kafka"], "f2 cannot do without kafka"),
        (["home", "--mine"], "is wholly yours yet"),
        (["home", "--env-file", "/nowhere/at/all"], "which cannot be written"),
        (["home", "--env-file", __file__], "which is there already"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_started(arguments: list[str], said: str) -> None:
    ended = up(*arguments, timeout=60)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert "Try: " in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("30", 30), ("5m", 300), ("1.5h", 5400), (" 2s ", 2)])
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-3s", "1d", "1e3", "3 s", "0"])
def test_a_duration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(StudentError, match="write it as 30s"):
        parse_duration(text)
