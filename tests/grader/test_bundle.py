from __future__ import annotations

import io
import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from grader import bundle
from grader.layout import CourseError, CourseFiles, LabFiles

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def course(lab: LabFiles, toy: CourseFiles) -> CourseFiles:
    for name in ("pyproject.toml", "constraints.txt", "LICENSE", "Makefile"):
        (toy.root / name).write_bytes((REPOSITORY / name).read_bytes())
    return toy


def test_the_bundle_has_labs_kit_and_parts_and_nothing_of_the_grader(course: CourseFiles, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle.write(course, tmp_path / "out")) as archive:
        names = archive.namelist()
        everything = b"".join(archive.read(name) for name in names if not name.endswith(".whl"))
    assert set(names) >= {f"iot-house/{name}" for name in (
        "labs/90-toy/90-toy.ipynb", "labkit/checks/lab90.py", "README.md", "Makefile", "pyproject.toml")}
    forbidden = ("solutions", "grader", "answers", "hidden", "parts/")
    assert not [name for name in names if any(word in name for word in forbidden)]
    for secret in (b"return 2 * number", b"THE HIDDEN CASE", b"number + 2", b"number << 1"):
        assert secret not in everything


def test_the_reference_parts_are_a_wheel_that_imports(course: CourseFiles, monkeypatch: pytest.MonkeyPatch,
                                                      tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle.write(course, tmp_path / "out")) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".whl")]
        wheel = archive.read(name)
    assert name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        archive.extractall(tmp_path / "site")
        assert any(entry.endswith(".dist-info/RECORD") for entry in archive.namelist())
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    from house_parts import fleet  # type: ignore[import-not-found]

    assert fleet.double(4) == 8


def test_passwords_of_this_machine_and_caches_stay_here(course: CourseFiles, tmp_path: Path) -> None:
    for place in ("stack/secrets/postgresql_password", "stack/nodered/node_modules/x.js", "labkit/__pycache__/a.pyc"):
        (course.root / place).parent.mkdir(parents=True, exist_ok=True)
        (course.root / place).write_text("OF THIS MACHINE")
    with zipfile.ZipFile(bundle.write(course, tmp_path / "out")) as archive:
        assert not [name for name in archive.namelist() if archive.read(name) == b"OF THIS MACHINE"]


def test_the_same_course_makes_the_same_bytes(course: CourseFiles, tmp_path: Path) -> None:
    first = bundle.write(course, tmp_path / "one").read_bytes()
    assert bundle.write(course, tmp_path / "two").read_bytes() == first


def test_the_readme_names_the_wheel_by_its_name(course: CourseFiles, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle.write(course, tmp_path / "out")) as archive:
        readme = archive.read("iot-house/README.md").decode()
        (wheel,) = re.findall(r"wheels/\S+\.whl", readme)
        assert f"iot-house/{wheel}" in archive.namelist()


def test_the_students_project_installs_the_kit_only() -> None:
    project = tomllib.loads(bundle.student_pyproject((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")))
    assert project["project"]["scripts"] == {"labkit": "labkit.cli:main"}
    assert "optional-dependencies" not in project["project"]
    assert set(project["tool"]) == {"setuptools"}
    assert "grader*" not in project["tool"]["setuptools"]["packages"]["find"]["include"]


def test_the_image_of_the_house_gets_the_parts_from_the_wheel(course: CourseFiles, tmp_path: Path) -> None:
    for name in ("stack/Dockerfile", ".dockerignore"):
        (course.root / name).parent.mkdir(exist_ok=True)
        (course.root / name).write_bytes((REPOSITORY / name).read_bytes())
    with zipfile.ZipFile(bundle.write(course, tmp_path / "out")) as archive:
        image = archive.read("iot-house/stack/Dockerfile").decode()
        assert "\n!wheels\n" in archive.read("iot-house/.dockerignore").decode()
    assert image.index("COPY wheels wheels") < image.index("wheels/*.whl") < image.index("USER ")
    with pytest.raises(CourseError, match="COPY stack stack"):
        bundle.student_image("FROM scratch\n")


def test_the_students_makefile_sets_up_and_opens_labs() -> None:
    text = bundle.student_makefile((REPOSITORY / "Makefile").read_text(encoding="utf-8"))
    for word in ("grader", "pytest", "ruff", ".labkit-test"):
        assert word not in text.replace(".pytest_cache", "").replace(".ruff_cache", "")
    assert "\nlab: " in text
    assert "wheels/*.whl" in text


def test_a_missing_piece_is_named(course: CourseFiles, tmp_path: Path) -> None:
    (course.root / "LICENSE").unlink()
    with pytest.raises(CourseError, match="LICENSE"):
        bundle.write(course, tmp_path / "out")
