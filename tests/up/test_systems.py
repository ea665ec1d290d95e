"""What `stack/systems.toml` says is so: servers, modules, fleets, ports, and the environment of the compose files."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from labkit.devices.registry import MODULES, fleet_kind
from labkit.errors import KitError, StudentError
from labkit.services import stack_files
from labkit.services.catalogue import SERVICES
from labkit.up import systems

HOUSE = systems.house()
STAGES = [(system, stage) for system in HOUSE.systems.values() for stage in system.processes]
FLEETS = [(system, fleet) for system in HOUSE.systems.values() for fleet in system.fleets]
STACK = Path(stack_files.STACK)


def test_there_are_the_five_systems_and_each_has_devices() -> None:
    assert list(HOUSE.systems) == ["home", "esp32", "f2", "meter", "shelly"]
    assert all(system.fleets and system.processes for system in HOUSE.systems.values())


@pytest.mark.parametrize("server", HOUSE.servers.values(), ids=lambda one: one.name)
def test_every_server_is_one_of_the_kit_with_capabilities_that_it_has(server: systems.Server) -> None:
    assert set(server.needs) <= SERVICES[server.name].capabilities.keys()
    assert all((STACK / path).is_file() for path in server.files.values())
    assert any(server.name in (*one.servers, *one.optional) for one in HOUSE.systems.values()), "nobody uses it"


@pytest.mark.parametrize(("system", "stage"), STAGES, ids=lambda one: one.name)
def test_every_process_is_a_module_and_its_usual_port_is_in_env(system: systems.System, stage: systems.Stage) -> None:
    assert importlib.util.find_spec(stage.module)
    assert stage.name.startswith(system.name)
    if stage.port:
        assert int(stack_files.variables(".env")[stage.port]) > 1024


@pytest.mark.parametrize(("system", "fleet"), FLEETS, ids=lambda one: one.name)
def test_every_fleet_can_be_built_as_large_as_the_file_says(system: systems.System, fleet: systems.DeviceFleet) -> None:
    devices = fleet_kind(fleet.fleet).build(fleet.count, fleet.interval, 1, 1_767_225_600.0)
    assert len(devices) >= fleet.count
    assert len({device.id for device in devices}) == len(devices)


def test_every_fleet_of_the_kit_is_in_a_system() -> None:
    assert {fleet.fleet for _, fleet in FLEETS} == set(MODULES)


# Compose has the server that a process stands in for.
@pytest.mark.parametrize("part", [part for _, part in (*STAGES, *FLEETS) if not getattr(part, "instead_of", "")],
                         ids=lambda one: one.name)
def test_compose_runs_the_same_processes(part: systems.Stage | systems.DeviceFleet) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in STACK.glob("compose.*.yaml"))
    assert f"  {part.name}:\n" in text
    command = part.module if isinstance(part, systems.Stage) else f"labkit.devices, {part.fleet}"
    assert f"[python, -m, {command}]" in text


def test_systems_are_chosen_by_name_in_the_order_of_the_file() -> None:
    assert [one.name for one in HOUSE.chosen(["f2", "home"])] == ["home", "f2"]
    assert len(HOUSE.chosen([])) == 5
    with pytest.raises(StudentError, match=r"no system 'cars'.*\n.*home, esp32, f2, meter, shelly"):
        HOUSE.chosen(["home", "cars"])


SYSTEM = '[servers.mqtt]\ntitle = "M"\n[systems.x]\ntitle = "X"\nservers = ["mqtt"]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[servers", "is not TOML"),
        ("[servers.mqtt]\n", "servers.mqtt: .*title"),
        ('[servers.mqtt]\ntitle = "M"\ncolour = 1\n', "servers.mqtt: it has no key 'colour'"),
        ('[systems.x]\ntitle = "X"\nservers = ["mqtt"]\n', "names 'mqtt', which is not under `servers`"),
        (SYSTEM + '[[systems.x.processes]]\nname = "p"\n', "systems.x.processes: .*module"),
        (SYSTEM + '[[systems.x.processes]]\nname = "p"\nmodule = "m"\nreads = ["kafka"]\n', "p names 'kafka'"),
        (SYSTEM + '[[systems.x.processes]]\nname = "p"\nmodule = "m"\ninstead_of = "kafka"\n', "p names 'kafka'"),
        (SYSTEM + '[[systems.x.fleets]]\nname = "f"\nfleet = "home"\ncount = 1\n', "systems.x.fleets: .*interval"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(KitError, match=said):
        systems.read(text)
