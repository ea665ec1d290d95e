"""The zip that students get: labs, kit, stack and firmware. No solutions, no hidden cases, no banks of answers, no
grader; of the firmware not its tests, which have many of the hidden cases in them.

The reference parts are in it as a built wheel (package `house_parts`), so that the house runs before all of it is the
student's own. The zip is the same, byte by byte, for the same course.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from grader.layout import CourseError, CourseFiles

TOP = "iot-house"
"""The one folder in the zip."""
PACKAGE = "house_parts"
FOLDERS = ("labs", "labkit", "stack", "firmware")
SINGLE = ("constraints.txt", "LICENSE")
_IMAGE = "stack/Dockerfile"
_README = Path(__file__).resolve().parent / "student" / "README.md"
_ASIDE = {"__pycache__", ".ipynb_checkpoints", ".mypy_cache", ".ruff_cache", "node_modules", "secrets"}
"""Folders that programs make: caches, and the passwords of whoever runs the stack here (`stack/secrets.sh`)."""
_NOT_OF_THE_FIRMWARE = ("build", ".pio", "test")
"""Folders of the firmware that students do not get: what was built, and its tests."""
_NOT_FOR_STUDENTS = re.compile(r"(test|lint|bench|sources|release|audit|\$\(VENV\)/\.labkit-test):")


def write(course: CourseFiles, folder: Path) -> Path:
    """Make the bundle.

    Args:
        course: the course; `labs/` and `stack/parts/` must be in step with `solutions/`.
        folder: where the zip is written; made if it is not there.

    Returns:
        the zip, `iot-house-VERSION.zip`.

    Raises:
        CourseError: something that belongs into the bundle is not there.
    """
    version = _version(course)
    files = {str(path.relative_to(course.root).as_posix()): path.read_bytes()
             for name in FOLDERS for path in _below(course.root / name)
             if course.parts not in path.parents and not _aside(path.relative_to(course.root))}
    for name in SINGLE:
        files[name] = _read(course.root / name).encode()
    files["pyproject.toml"] = student_pyproject(_read(course.root / "pyproject.toml")).encode()
    files["Makefile"] = student_makefile(_read(course.root / "Makefile")).encode()
    name, wheel = parts_wheel(course, version)
    files[f"wheels/{name}"] = wheel
    if _IMAGE in files:
        files[_IMAGE] = student_image(files[_IMAGE].decode()).encode()
        files[".dockerignore"] = f"{_read(course.root / '.dockerignore').rstrip()}\n!wheels\n".encode()
    files["README.md"] = _README.read_bytes().replace(b"PARTS.whl", name.encode())  # not every shell knows *.whl
    folder.mkdir(parents=True, exist_ok=True)
    bundle = folder / f"{TOP}-{version}.zip"
    bundle.write_bytes(_zip({f"{TOP}/{path}": data for path, data in files.items()}))
    return bundle


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(f"The bundle needs {path}, which is not there.", "run this in the course.") from None


def _version(course: CourseFiles) -> str:
    found = re.search(r'^version = "([^"]+)"', _read(course.root / "pyproject.toml"), re.MULTILINE)
    if found is None:
        raise CourseError("pyproject.toml names no version.", "give the project a version.")
    return found[1]


def _below(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*"))
            if path.is_file() and not _ASIDE & set(path.relative_to(folder).parts)]


def _aside(path: Path) -> bool:
    return path.parts[0] == "firmware" and path.parts[1] in _NOT_OF_THE_FIRMWARE


def student_pyproject(text: str) -> str:
    """Keep of `pyproject.toml` what installs the kit: no grader, no tools of those who make the course.

    Args:
        text: the course's own `pyproject.toml`.
    """
    kept, keeping = [], True
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[] ")
            keeping = name == "build-system" or name.startswith("tool.setuptools") or (
                name.startswith("project") and name != "project.optional-dependencies")
        if keeping and not line.startswith("grader = "):
            kept.append(line)
    return "\n".join(kept).replace('"labkit*", "grader*", "stack*"', '"labkit*", "stack*"').rstrip() + "\n"


def student_image(text: str) -> str:
    """Put the reference parts into the image of the house as students have them: from the wheel.

    Args:
        text: the course's own `stack/Dockerfile`.

    Raises:
        CourseError: it has no line that copies the stack.
    """
    line = "COPY stack stack\n"
    if line not in text:
        raise CourseError(f"{_IMAGE} has no line {line.strip()!r}.", "see student_image in grader/bundle.py.")
    return text.replace(line, f"{line}COPY wheels wheels\nRUN pip install --no-cache-dir --no-deps wheels/*.whl\n")


def student_makefile(text: str) -> str:
    """Keep of the Makefile what a student types: set up, open a lab, clean.

    Args:
        text: the course's own Makefile.
    """
    blocks = [block for block in re.split(r"\n{2,}", text) if not _NOT_FOR_STUDENTS.match(_without_comments(block))]
    kept = "\n\n".join(blocks)
    kept = re.sub(r"^\.PHONY:.*$", ".PHONY: help setup lab clean", kept, flags=re.MULTILINE)
    kept = re.sub(r"^(#.*make test.*|TESTS \?=.*|JOBS \?=.*)\n", "", kept, flags=re.MULTILINE)
    return re.sub(r"-e \.(?=\s)", "-e . wheels/*.whl", kept).rstrip() + "\n"


def _without_comments(block: str) -> str:
    return "\n".join(line for line in block.splitlines() if not line.startswith("#"))


def parts_wheel(course: CourseFiles, version: str) -> tuple[str, bytes]:
    """Build the wheel of the reference parts (format: packaging.python.org, binary distribution format 1.0).

    Args:
        course: the course.
        version: its version.

    Returns:
        the wheel's file name and content.
    """
    info = f"iot_{PACKAGE}-{version}.dist-info"
    files = {f"{PACKAGE}/{path.relative_to(course.parts).as_posix()}": path.read_bytes()
             for pattern in ("*.py", "*/*.[ch]pp") for path in sorted(course.parts.glob(pattern))}
    files[f"{info}/METADATA"] = (f"Metadata-Version: 2.1\nName: iot-{PACKAGE.replace('_', '-')}\nVersion: {version}\n"
                                 "Summary: The reference parts of the IoT house\n").encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: grader\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = [f"{path},sha256={_digest(data)},{len(data)}" for path, data in sorted(files.items())]
    files[f"{info}/RECORD"] = ("\n".join([*record, f"{info}/RECORD,,"]) + "\n").encode()
    return f"iot_{PACKAGE}-{version}-py3-none-any.whl", _zip(files)


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Pack files in order of their names, without times, so that the same files make the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return packed.getvalue()
