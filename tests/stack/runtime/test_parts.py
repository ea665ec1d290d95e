from __future__ import annotations

from pathlib import Path

import pytest

import stack.parts.mqtt
from stack.runtime import PartError, Stage, load_part


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOUSE", str(tmp_path))
    monkeypatch.delenv("HOUSE_PARTS", raising=False)
    return tmp_path


def test_a_part_is_the_reference_unless_there_is_one_of_the_student(house: Path) -> None:
    stage = Stage("toy")
    assert load_part("mqtt", stage) is stack.parts.mqtt
    assert not stage.mine
    text = "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: 'int'\n"
    (house / "mqtt.py").write_text(text, encoding="utf-8")
    assert load_part("mqtt", stage).A(3).x == 3
    assert stage.mine


def test_a_part_that_is_not_whole_is_left_alone(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (house / "mqtt.py").write_text("raise NotImplementedError\n", encoding="utf-8")
    monkeypatch.setenv("HOUSE_PARTS", "collector, f2")
    assert load_part("mqtt") is stack.parts.mqtt


def test_a_part_that_cannot_be_loaded_is_named_and_not_replaced(house: Path) -> None:
    (house / "mqtt.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
    with pytest.raises(PartError, match=r"your part 'mqtt' \(.*mqtt.py\) cannot be loaded: ModuleNotFoundError"):
        load_part("mqtt")


def test_a_part_that_does_not_exist_is_named(house: Path) -> None:
    with pytest.raises(PartError, match=r"there is no part 'roof' in stack\.parts or house_parts"):
        load_part("roof")


def test_students_have_the_reference_in_a_wheel(
    house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = tmp_path / "site" / "house_parts"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "attic.py").write_text("floor = 3\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(package.parent))
    assert load_part("attic").floor == 3
