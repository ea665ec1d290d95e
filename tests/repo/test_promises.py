"""The repository keeps what its documents promise."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import jupytext
import pytest

import labkit
from grader.parts import cpp_file, part_of
from labkit.cli import _parser as labkit_parser
from labkit.course import LABS

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.splitlines()
SOLUTIONS = sorted((ROOT / "solutions").glob("*/[0-9]*.py"))


def test_every_make_target_of_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"(?:^|`|\n)make ([a-z]+)", (ROOT / document).read_text()))
        assert named <= targets, document


def test_every_labkit_command_of_the_readme_exists() -> None:
    actions = next(action for action in labkit_parser()._actions if action.dest == "command")
    assert isinstance(actions.choices, dict)
    assert set(re.findall(r"`?labkit ([a-z]+)", README)) <= set(actions.choices)


def test_the_readmes_table_of_labs_is_the_course() -> None:
    for lab in LABS:
        row = next(line for line in README.splitlines() if re.match(rf"\| (\[)?{lab.number} ", line))
        assert lab.title in row
        assert f"| {lab.minutes} |" in row
        assert row.endswith("| ready |" if lab.ready else "| planned |")


def test_the_links_of_the_documents_lead_somewhere() -> None:
    for document in ("README.md", "CONTRIBUTING.md", "grader/README.md"):
        folder = (ROOT / document).parent
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / document).read_text()):
            assert (folder / target).exists(), f"{document}: {target}"


def _canonical(name: str) -> str:
    """The name of a package as an index spells it (packaging.python.org, names and normalization)."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def test_every_dependency_says_why_it_is_there_and_is_pinned() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {_canonical(line.split("==")[0]) for line in lines if "==" in line}
    listed = project["dependencies"] + [each for extra in project["optional-dependencies"].values() for each in extra]
    for dependency in listed:
        name = _canonical(re.split(r"[\[<>=;]", dependency)[0])
        assert name == "labkit" or name in pinned, f"{name} is not in constraints.txt"
    block = re.search(r"dependencies = \[\n(.*?)\n\]", text, re.DOTALL)
    assert block is not None
    lines = block.group(1).splitlines()
    for above, line in zip(["", *lines], lines, strict=False):
        assert "#" in line or "#" in above or "#" in lines[lines.index(line) - 2], line


def test_the_public_names_are_those_that_the_notebooks_use() -> None:
    used: set[str] = set()
    for source in SOLUTIONS:
        for cell in jupytext.read(source).cells:
            if cell.cell_type == "code" and not cpp_file(cell.source):
                body = "\n".join(line for line in cell.source.splitlines() if not line.startswith(("%", "!")))
                for node in ast.walk(ast.parse(body)):
                    if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "labkit":
                        assert node.module == "labkit", (
                            f"{source.name}: import from the top of labkit, not {node.module}"
                        )
                        used |= {name.name for name in node.names}
                    if (
                        isinstance(node, ast.Attribute)
                        and isinstance(node.value, ast.Name)
                        and node.value.id == "labkit"
                    ):
                        used.add(node.attr)
    assert used <= set(labkit.__all__)
    for name in labkit.__all__:
        assert hasattr(labkit, name), name


@pytest.mark.parametrize("source", SOLUTIONS, ids=lambda path: path.stem)
def test_no_code_cell_is_longer_than_a_screen_but_the_parts_of_the_house(source: Path) -> None:
    for cell in jupytext.read(source).cells:
        of_the_house = cell.source.startswith("%%part") or part_of(cpp_file(cell.source))
        # What is given of a part may be a little longer, and what a student writes is as long as it must be.
        solution = of_the_house and cell.metadata.get("nbgrader", {}).get("solution")
        longest = 130 if solution else 40 if of_the_house else 26
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= longest, cell.source


def test_pictures_in_notebooks_have_alternative_text() -> None:
    for source in SOLUTIONS:
        for cell in jupytext.read(source).cells:
            for alternative in re.findall(r"!\[(.*?)\]\(", cell.source):
                assert len(alternative) > 10, f"{source.name}: a picture without alt text"


def test_pictures_exist_are_used_and_describe_themselves() -> None:
    for source in SOLUTIONS:
        text = "\n".join(cell.source for cell in jupytext.read(source).cells)
        shown = set(re.findall(r"!\[.*?\]\((?:<)?(images/[^)>]+)", text))
        pictures = {f"images/{path.name}" for path in (source.parent / "images").glob("*")}
        assert shown == pictures, source.name
        for name in pictures:
            drawing = (source.parent / name).read_text(encoding="utf-8")
            assert 'role="img"' in drawing, f"{source.name}: {name}"
            assert "<desc" in drawing, f"{source.name}: {name}"


def test_nothing_waits_with_sleep_but_the_one_waiting_loop() -> None:
    # The part's pause between two tries waits for nothing that can be asked: it spares a server that is down.
    allowed = {"labkit/waiting.py", "stack/parts/collector.py"}
    for name in TRACKED:
        if name.endswith(".py") and name.startswith(("labkit/", "grader/", "stack/")) and name not in allowed:
            tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
            calls = [
                node
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("time.sleep")
            ]
            assert not calls, f"{name}:{calls[0].lineno}"


def test_no_path_of_a_build_machine_is_in_the_project() -> None:
    for name in TRACKED:
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".toml", ".sh", ".ipynb", ".yaml", ".conf"}
            and name != "tests/repo/test_promises.py"
        ):
            assert not re.search(r"(?<![\w.])/(work|root|farm)/", path.read_text(encoding="utf-8")), name
