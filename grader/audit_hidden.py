"""Looks for hidden cases in what students get: the released labs, and the bundle with everything that is packed in it.

What is looked for: the files of `grader/hidden/` and the banks, by name; and of each hidden file its longer lines of
code and its longer texts, as far as they do not stand in the public checks too.
"""

from __future__ import annotations

import ast
import io
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from grader import bundle
from grader.audit import Verdict
from grader.layout import CourseFiles, LabFiles

LINE = 40
"""Characters from which on a line of code is nobody else's."""
TEXT = 8
"""Characters from which on a text is nobody else's."""
KEPT_BACK = re.compile(r"(^|/)(grader|solutions|hidden|wrong_answers|right_answers)/|hidden_of_lab|\.answers$")
"""Paths that students must not get."""


def leaks(course: CourseFiles, labs: Iterable[LabFiles]) -> list[Verdict]:
    """List what students would get to see of hidden cases.

    Args:
        course: the course. Its bundle is searched too if the course can be packed, that is, has a `pyproject.toml`.
        labs: the labs whose hidden cases are looked for.
    """
    given = dict(_folder(course.root / "labs"))
    if (course.root / "pyproject.toml").is_file():
        with tempfile.TemporaryDirectory() as folder:
            given |= dict(_unpacked("bundle", bundle.write(course, Path(folder)).read_bytes()))
    return search(given, labs)


def search(given: Mapping[str, bytes], labs: Iterable[LabFiles]) -> list[Verdict]:
    """List what of hidden cases stands in files.

    Args:
        given: the files by path.
        labs: the labs whose hidden cases are looked for.
    """
    labs = list(labs)
    texts = {path: data.decode("utf-8", "replace") for path, data in given.items()}
    found = [Verdict(labs[0].number if labs else "", "hidden", path, defect="students must not get this file")
             for path in texts if KEPT_BACK.search(path.removeprefix(f"bundle/{bundle.TOP}/"))]
    for lab in labs:
        if not lab.hidden.is_file():
            continue
        told = secrets(lab.hidden.read_text(encoding="utf-8"), _public(lab))
        for path, text in texts.items():
            seen = next((secret for secret in told if secret in text), None)
            if seen is not None:
                found.append(Verdict(lab.number, "hidden", path,
                                     defect=f"has {seen!r} in it, which is of a hidden case: take it out"))
    return found


def _public(lab: LabFiles) -> str:
    files = [lab.checks, *sorted(lab.checks.parent.glob(f"lab{lab.number}*.py"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files if path.is_file())


def secrets(hidden: str, public: str) -> list[str]:
    """List the lines and texts by which a file of hidden cases can be recognised.

    Args:
        hidden: its text.
        public: the text of the public checks of that lab.
    """
    tree = ast.parse(hidden)
    named: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            named.add(id(node.value))  # a docstring
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"criterion", "hidden"}:
            named |= {id(argument) for argument in node.args}
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in named]
    texts = [value.decode("utf-8", "replace") if isinstance(value, bytes) else value
             for value in values if isinstance(value, bytes | str)]
    lines = [line.strip() for line in hidden.splitlines()
             if not line.lstrip().startswith(("from ", "import ", '"""', "#", "def ", "with criterion"))]
    # Plain words stand in many a place.
    found = [text for text in texts if len(text) >= TEXT and not re.fullmatch(r"[A-Za-z\s]+", text)]
    found += [line for line in lines if len(line) >= LINE]
    return [text for text in dict.fromkeys(found) if text not in public]


def _folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder.parent).as_posix(), path.read_bytes()


def _unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Files of a zip, and of the zips in it: a wheel is one."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for path in archive.namelist():
            inner = archive.read(path)
            yield f"{name}/{path}", inner
            if zipfile.is_zipfile(io.BytesIO(inner)):
                yield from _unpacked(f"{name}/{path}", inner)
