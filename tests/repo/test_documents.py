"""What the documents tell people to type exists: commands with their options, modules, files, numbers."""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.apps.nbgraderapp import NbGraderApp

from grader.cli import _parser as grader_parser
from grader.run import slots
from labkit.cli import _parser as labkit_parser

ROOT = Path(__file__).parents[2]
DOCUMENTS = {"README.md": 10, "CONTRIBUTING.md": 1, "grader/README.md": 40, "stack/README.md": 5,
             "firmware/README.md": 1}
"""How many commands at least are found in each: who finds none proves nothing."""
PARSERS: dict[str, Callable[[], argparse.ArgumentParser]] = {"grader": grader_parser, "labkit": labkit_parser}
PLACEHOLDERS = {"COMMAND": "run", "N": "4", "SHARE": "0.5"}
"""What stands for a value in a document, with one that a parser takes; other words in capitals are texts."""


def words_of(document: str) -> list[str]:
    """Everything in a document that is to be typed or is a name: lines of consoles, and what stands in backticks."""
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = [line for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
              for line in block.splitlines()]
    plain = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = [re.sub(r"\s+", " ", span).replace("\\|", "|") for span in re.findall(r"`([^`]+)`", plain)]
    return [part.strip() for line in (*blocks, *spans) for part in line.split("&&")]


def commands(document: str, name: str) -> list[list[str]]:
    """The arguments of each command of that name, those of tables with their options as they stand there."""
    found = []
    for line in words_of(document):
        typed = line.removeprefix("sudo ").strip()
        if typed.startswith(f"{name} ") and "…" not in typed:
            words = shlex.split(typed, comments=True)[1:]
            found.append([PLACEHOLDERS.get(word, word.split("|")[0]) for word in words])
    return found


def paths(document: str) -> list[str]:
    """The files and folders of the project that a document names, as it names them: `*` stands for anything."""
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "house"}
    named = [line.split(":")[0].rstrip("/") for line in words_of(document)]
    return [path for path in named if re.fullmatch(r"[\w./*-]+", path) and path.split("/")[0] in rooms
            and not re.search(r"[A-Z]{2,}|NN|XX", path)]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_and_paths_of_each_document_are_really_looked_at(document: str) -> None:
    assert sum(len(commands(document, name)) for name in (*PARSERS, "nbgrader")) >= DOCUMENTS[document]
    assert paths(document)


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("name", sorted(PARSERS))
def test_each_command_of_a_document_parses(document: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in commands(document, name):
        try:
            PARSERS[name]().parse_args(arguments)
        except SystemExit as ended:
            pytest.fail(f"{document}: {name} {' '.join(arguments)}: {ended.code}, {capsys.readouterr().err}")


def test_the_options_in_the_table_of_commands_are_those_of_the_commands() -> None:
    text = (ROOT / "grader/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `grader (\w+)` \|(.*)$", text, re.MULTILINE)
    subparsers = next(one for one in grader_parser()._actions if isinstance(one, argparse._SubParsersAction))
    assert {name for name, _ in rows} == set(subparsers.choices)
    for name, row in rows:
        known = {option for action in subparsers.choices[name]._actions for option in action.option_strings}
        assert set(re.findall(r"--[a-z-]+", row)) == known - {"-h", "--help"}, f"grader {name}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_command_of_nbgrader_exists(document: str) -> None:
    for arguments in commands(document, "nbgrader"):
        assert arguments[0].startswith("--") or arguments[0] in NbGraderApp.subcommands, f"{document}: {arguments}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_module_and_file_of_a_document_exists(document: str) -> None:
    for line in words_of(document):
        for module in re.findall(r"python -m ((?:grader|labkit|stack)[\w.]*)", line):
            assert importlib.util.find_spec(module), f"{document}: {line}"
    for path in paths(document):
        # Without a `*` the whole name, to its end: `labkit/chec` is no room.
        assert list(ROOT.glob(path)) if "*" in path else (ROOT / path).exists(), f"{document}: {path}"


def test_the_number_of_rooms_at_once_is_the_default() -> None:
    text = (ROOT / "grader/README.md").read_text(encoding="utf-8")
    told = re.findall(r"(\d+) at once|--nthreads (\d+)", text)
    assert {int(at_once or threads) for at_once, threads in told} == {2 * slots.A_PROCESSOR}
