from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from labkit import house
from labkit.course import course_root
from labkit.errors import KitError, StudentError


@pytest.fixture(autouse=True)
def own_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABKIT_HOUSE", str(tmp_path / "house"))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return tmp_path / "house"


def test_a_saved_cell_is_a_part_that_can_be_loaded() -> None:
    file = house.save("mqtt", "import json\n\ndef f(x):\n    return json.dumps(x)\n")
    module = house.part("mqtt")
    assert module.f([1]) == "[1]"
    assert (module.__labkit_part__, module.__file__) == ("mine", str(file))


def test_a_cell_that_runs_again_replaces_itself_and_keeps_its_place() -> None:
    house.save("mqtt", "def first(): return 1")
    house.save("mqtt", "def second(): return first() + 1")
    file = house.save("mqtt", "def first(): return 10\nLIMIT = 3")
    assert file is not None
    text = file.read_text()
    assert house.part("mqtt").second() == 11
    assert text.count("def first") == 1
    assert text.index("def first") < text.index("def second")


def test_a_cell_whose_names_changed_is_known_by_its_id() -> None:
    house.save("mqtt", "def conect(): return 1", cell_id="ex-01-1")
    file = house.save("mqtt", "def connect(): return 2", cell_id="ex-01-1")
    assert file is not None
    assert "conect" not in file.read_text()


def test_a_definition_that_moved_to_another_cell_is_not_overruled_by_the_old_one() -> None:
    house.save("mqtt", "def a(): return 1", cell_id="one")
    house.save("mqtt", "@staticmethod\ndef b(): return 1\n\ndef c(): return 1", cell_id="two")
    house.save("mqtt", "def a(): return 2\ndef b(): return 2", cell_id="one")
    module = house.part("mqtt")
    assert (module.a(), module.b(), module.c()) == (2, 2, 1)


def test_try_outs_and_magics_do_not_become_part_of_it() -> None:
    file = house.save("mqtt", '"""What it is for."""\n%matplotlib inline\ndef f(): return 1\nf()\nprint(f(\n))\n!ls')
    assert file is not None
    text = file.read_text()
    assert '"""What it is for."""' in text
    assert "print" not in text
    assert house.part("mqtt").f() == 1


def test_dataclasses_of_a_part_work() -> None:
    house.save(
        "collector",
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1",
    )
    assert house.part("collector").A().x == 1


def test_nothing_is_saved_or_used_while_grading(own_house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house.save("mqtt", "def f(): return 'mine'")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert house.save("mqtt", "def g(): return 1") is None
    assert "def g" not in (own_house / "mqtt.py").read_text()
    reference = own_house / "reference.py"
    reference.write_text("def f(): return 'reference'")
    monkeypatch.setattr(house, "reference_path", lambda _: reference)
    assert house.part("mqtt").f() == "reference"
    monkeypatch.delenv("NBGRADER_EXECUTION")
    assert house.part("mqtt").f() == "mine"
    assert house.part("mqtt", mine=False).f() == "reference"


def test_a_write_that_fails_leaves_the_old_part_whole(own_house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house.save("mqtt", "def f(): return 1")

    def full(_descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        house.save("mqtt", "def f(): return 2")
    assert house.part("mqtt").f() == 1
    assert [path.name for path in own_house.glob("*")] == ["mqtt.py"] or sorted(
        path.name for path in own_house.glob("*")
    ) == [
        "__pycache__",
        "mqtt.py",
    ]
    assert not list(own_house.glob(".*"))


def test_a_part_that_was_broken_by_hand_is_put_aside(own_house: Path) -> None:
    own_house.mkdir()
    (own_house / "mqtt.py").write_text("# %% piece\ndef (:\n")
    house.save("mqtt", "def f(): return 1")
    assert house.part("mqtt").f() == 1
    assert "def (:" in (own_house / "mqtt.broken").read_text()
    (own_house / "mqtt.py").write_text("again (:")
    house.save("mqtt", "def f(): return 3")
    assert "again (:" in (own_house / "mqtt.broken1").read_text()
    assert "def (:" in (own_house / "mqtt.broken").read_text()


def test_a_part_that_cannot_be_loaded_says_what_to_do(own_house: Path) -> None:
    house.save("mqtt", "value = missing")
    with pytest.raises(StudentError, match=r"NameError(?s:.)*run the `%%part mqtt` cells"):
        house.part("mqtt")


def test_a_part_that_leaves_python_is_one_that_cannot_be_loaded() -> None:
    house.save("mqtt", "import sys\nLIMIT = sys.exit(3)")
    with pytest.raises(StudentError, match=r"SystemExit: 3(?s:.)*run the `%%part mqtt` cells"):
        house.part("mqtt")


@pytest.mark.parametrize("name", ["", "mqqt", "../x"])
def test_only_parts_of_the_house_have_a_file(name: str) -> None:
    with pytest.raises(StudentError, match="write one of mqtt, collector"):
        house.save(name, "x = 1")


def test_a_cell_that_is_not_python_is_refused() -> None:
    with pytest.raises(SyntaxError):
        house.save("mqtt", "def f(")


def test_a_part_that_nobody_has_names_its_lab() -> None:
    with pytest.raises(KitError, match=r"neither yours nor a reference(?s:.)*lab 10"):
        house.part("security")


def test_the_house_stands_beside_labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABKIT_HOUSE")
    lab = tmp_path / "labs" / "01"
    lab.mkdir(parents=True)
    monkeypatch.chdir(lab)
    assert house.folder() == course_root() / "house" != tmp_path / "house"  # a folder labs/ alone is no course
    (lab / "01.ipynb").touch()
    assert house.folder() == course_root() / "house" == tmp_path / "house"


def test_labkit_house_draws_what_is_the_students(own_house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house.save("mqtt", "def f(): return 1")
    assert house.main() == 0
    assert "● mqtt" in capsys.readouterr().out
    assert house.main(json=True) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["parts"][0] | {"saved": ""} == {
        "part": "mqtt",
        "lab": "01",
        "title": "MQTT basics",
        "ready": True,
        "mine": True,
        "names": ["f"],
        "unwritten": [],
        "saved": "",
        "problem": "",
    }
    (own_house / "mqtt.py").write_text("def (")
    assert house.main() == 1
    assert "cannot be used: SyntaxError" in capsys.readouterr().out


def test_a_part_is_the_students_only_when_all_of_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    house.save("mqtt", "def connect(broker):\n    return 'mine'", cell_id="ex-01-1")
    house.save("mqtt", "def collect():\n    raise NotImplementedError", cell_id="ex-01-5")
    assert house.part("mqtt").__labkit_part__ == "reference"
    room = next(room for room in house.rooms() if room.part == "mqtt")
    assert (room.mine, room.names, room.unwritten) == (False, ("connect",), ("collect",))
    house.main()
    assert "mqtt        lab 01  reference, until you have written collect" in capsys.readouterr().out
    house.save("mqtt", "def collect():\n    return []", cell_id="ex-01-5")
    assert house.part("mqtt").__labkit_part__ == "mine"


@pytest.mark.parametrize("text", ["", "\n\n", "# a comment\n", "# a comment\n\nimport json\n\n\ndef own(): return 7\n"])
def test_what_somebody_wrote_into_a_part_by_hand_stays(own_house: Path, text: str) -> None:
    own_house.mkdir()
    (own_house / "mqtt.py").write_text(text)
    house.save("mqtt", "def f(): return 1")
    module = house.part("mqtt")
    assert module.f() == 1
    assert ("own" in text) == hasattr(module, "own")
    assert not list(own_house.glob("*.broken*"))


NODE = {file: f"// {file} as the student wrote it\n" for file in house.SOURCES["node"]}
STUB_LINE = "  #error Write your code here, and delete this line.\n"


def save_node(**changed: str) -> None:
    for file, text in NODE.items():
        house.save_source("node", file, changed.get(file.split(".")[0], text))


def test_a_source_file_is_saved_under_its_name_without_its_magic(own_house: Path) -> None:
    file = house.save_source("node", "telemetry.cpp", "%%cpp telemetry.cpp\nint x;\n")
    assert file == own_house / "node" / "telemetry.cpp"
    text = file.read_text()
    assert "%%cpp telemetry.cpp`" in text, "where it comes from"
    assert text.endswith("\n\nint x;\n")
    house.save_source("node", "telemetry.cpp", "// %%cpp telemetry.cpp\nint y;\n")
    assert file.read_text().count("int") == 1
    assert [path.name for path in file.parent.iterdir()] == ["telemetry.cpp"]


@pytest.mark.parametrize(("part", "file"), [
    ("node", "../x.cpp"), ("node", "telemtry.cpp"), ("mqtt", "telemetry.cpp"), ("nodes", "telemetry.cpp")])
def test_only_files_of_a_part_are_saved(part: str, file: str) -> None:
    with pytest.raises(StudentError):
        house.save_source(part, file, "int x;")


def test_the_students_firmware_is_taken_when_all_of_it_is_written(own_house: Path) -> None:
    reference, owner = house.sources("node")
    assert owner == "reference"
    assert set(reference) == set(NODE)
    save_node(backoff=STUB_LINE)
    assert house.sources("node")[1] == "reference"
    assert house.unwritten_sources("node") == ("backoff.cpp",)
    save_node()
    files, owner = house.sources("node")
    assert (owner, files["backoff.cpp"].splitlines()[-1]) == ("mine", "// backoff.cpp as the student wrote it")
    assert house.sources("node", mine=False) == (reference, "reference")


def test_no_source_is_saved_or_used_while_grading(own_house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_node()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert house.save_source("node", "status.cpp", "changed") is None
    assert "changed" not in (own_house / "node" / "status.cpp").read_text()
    assert house.sources("node")[1] == "reference"


def test_labkit_house_shows_a_part_in_cpp_file_by_file(own_house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_node(backoff=STUB_LINE)
    (own_house / "node" / "status.cpp").unlink()
    room = next(room for room in house.rooms() if room.part == "node")
    assert (room.mine, room.unwritten, "telemetry.cpp" in room.names) == (False, ("backoff.cpp", "status.cpp"), True)
    house.main()
    assert "node        lab 03  reference, until you have written backoff.cpp, status.cpp" in capsys.readouterr().out
    save_node()
    assert house.main() == 0
    assert "● node        lab 03  yours (backoff.cpp, command.cpp" in capsys.readouterr().out
    (own_house / "node" / "status.cpp").write_bytes(b"\xff")
    assert house.main() == 1
    assert "Try: run the `%%cpp` cells of lab 03 again" in capsys.readouterr().out
    with pytest.raises(StudentError, match="cannot be read"):
        house.sources("node")


def test_a_part_in_cpp_is_no_python_module() -> None:
    with pytest.raises(StudentError, match="is not Python"):
        house.part("node")
    with pytest.raises(StudentError, match=r"%%cpp telemetry.cpp"):
        house.save("node", "x = 1")


def test_the_reference_of_a_bundle_is_in_its_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from labkit import house_sources

    for file, text in NODE.items():
        path = tmp_path / "house_parts" / "node" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "house_parts" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(house_sources, "kit_root", lambda: tmp_path)
    monkeypatch.setattr(house_sources, "course", lambda: tmp_path)
    assert house.sources("node") == (NODE, "reference")
    with pytest.raises(KitError, match=r"firmware/ is not in"):
        house.firmware()


def test_the_firmware_may_be_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_FIRMWARE", str(tmp_path))
    with pytest.raises(KitError, match=rf"LABKIT_FIRMWARE names {tmp_path}, and there is no firmware"):
        house.firmware()
    (tmp_path / "lib" / "policies").mkdir(parents=True)
    assert house.firmware() == tmp_path
