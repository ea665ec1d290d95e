"""What happens when a `%%cpp FILE` cell is run: a part of the house is compiled; tests and programs are run."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from labkit import house_files, house_sources
from labkit.card import Card, note_card
from labkit.cpp import build, cards, doctests, includes, run, workshop
from labkit.cpp.build import CompileError
from labkit.errors import KitError, StudentError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.(?:cpp|hpp)")
"""What a cell may call its file."""
_MAIN = re.compile(r"\bmain[ \t\n]*\(")
LIMITS = run.Limits(seconds=5.0)
"""What a program of a cell may take."""


def run_cell(file: str, cell: str, cell_id: str = "") -> list[Card | str]:
    """Do what a cell asks for. Whatever is wrong with it becomes a card: the notebook goes on.

    Args:
        file: what stands behind `%%cpp`.
        cell: text of the whole cell.
        cell_id: id of the notebook cell, if known.

    Returns:
        What to show, in this order: cards, and what programs wrote.
    """
    if problem := _wrong_name(file, cell):
        return [problem]
    workshop.put(file, cell, cell_id)
    shown: list[Card | str] = []
    try:
        if file in workshop.PART_FILES:
            house_sources.save_source(workshop.PART, file, workshop.HEAD.sub("", cell))
        text = workshop.text(file) or ""
        if file in workshop.PART_FILES or file.endswith(".hpp"):
            shown += _part(file)
        elif file.startswith("test_"):
            shown += _tests(file, text)
        else:
            shown += _program(file, text)
    except CompileError as error:
        shown.append(cards.error_card(error))
    except StudentError as error:
        shown.append(note_card(error.message, f"Try: {error.fix}" if error.fix else ""))
    except KitError as error:
        shown.append(note_card(f"{file} is kept, but it could not be compiled here.", str(error)))
    except OSError as error:
        shown.append(note_card(f"{file} is kept, but it could not be compiled or saved.", str(error)))
    return shown


def _wrong_name(file: str, cell: str) -> Card | None:
    """Say what is wrong with a file's name; None if nothing is."""
    known = workshop.PART_FILES
    if not file:
        return note_card("`%%cpp` needs the name of a file.",
                         f"Try: `%%cpp NAME.cpp`; the parts of the node are {', '.join(known)}.")
    if NAME.fullmatch(file) is None:
        near = difflib.get_close_matches(file, known, 1, 0.7)
        meant = f" Did you mean `{near[0]}`?" if near else ""
        return note_card(f"`{file}` is no name for a file here.",
                         f"Try: a name of letters, digits and `_` that ends in `.cpp` or `.hpp`.{meant}")
    if file in known or file.startswith("test_"):
        return None
    if _of_the_course(file):
        near = [name for name in known if name.rpartition(".")[0] == file.rpartition(".")[0]]
        meant = f"`{near[0]}`, if that was meant, or" if near else "take"
        return note_card(f"`{file}` is a file of the course's firmware, which your files are built with.",
                         f"Nothing was kept. Try: {meant} another name, such as `my_{file}`.")
    near = difflib.get_close_matches(file, known, 1, 0.8)
    if near and not _MAIN.search(cell):
        return note_card(f"The node has no file `{file}`. Did you mean `{near[0]}`?",
                         f"Nothing was kept. Its files are {', '.join(known)}; a program of your own has a `main`.")
    if file.endswith(".cpp") and not _MAIN.search(cell):
        return note_card(f"`{file}` has no `main`, so there is nothing to run.",
                         f"Try: the name of a part of the node ({', '.join(known)}), `test_NAME.cpp` for tests, or add "
                         "`int main() { … }`.")
    return None


def _of_the_course(file: str) -> bool:
    """Whether the firmware has a file of that name: it would be replaced by the cell's, for all programs."""
    try:
        return any((house_sources.firmware() / "lib").glob(f"*/{file}"))
    except KitError:
        return False


def _part(file: str) -> list[Card | str]:
    files = _headers(file)
    made = build.compile_only(file, files)
    if not isinstance(made, build.Failed):
        return [cards.compiled_card(made)]
    if isinstance(made.error, build.UnwrittenError) and not house_files.grading():
        wrong = _of_what_is_written(file, files)
        return [cards.error_card(wrong) if wrong else cards.unwritten_card(made.error, "What stands there compiles.")]
    return [cards.error_card(made.error)]


def _of_what_is_written(file: str, files: Mapping[str, str]) -> CompileError | None:
    """What the compiler refuses of a file with stubs: whoever writes place after place wants to know at each."""
    text = house_sources.without_stubs(files[file])
    made = build.compile_only(file, {**files, file: text})
    # What is a warning by nature may come of the code that is missing.
    wrong = [one for one in made.diagnostics if one.kind == "error" and not one.option] if isinstance(
        made, build.Failed) else []
    return CompileError(wrong, file) if wrong else None


def _headers(file: str) -> dict[str, str]:
    """The file with the workshop's headers, which are what compiling it can need."""
    everything = workshop.files()
    return {name: text for name, text in everything.items() if name == file or name.endswith(".hpp")}


def _tests(file: str, text: str) -> list[Card | str]:
    def attempt(files: Mapping[str, str]) -> doctests.TestRun:
        return doctests.run_tests(file, text, files, limits=LIMITS)

    try:
        ran = attempt(needed(text))
    except CompileError as error:
        ran = attempt(_with_others(error, text))
    return [*([ran.output] if ran.output else []), cards.tests_card(ran)]


def _program(file: str, text: str) -> list[Card | str]:
    name = file.removesuffix(".cpp")
    try:
        program = build.program(name, text, needed(text))
    except CompileError as error:
        program = build.program(name, text, _with_others(error, text))
    ran = run.run(program, limits=LIMITS, leaks=True)
    shown: list[Card | str] = [ran.stdout] if ran.stdout else []
    if ran.finding is not None:
        return [*shown, cards.finding_card(file, ran.finding)]
    if ran.stderr:
        shown.append(ran.stderr)
    warned = build.Compiled(file, program.seconds, program.cached, program.warnings)
    return [*shown, cards.compiled_card(warned, f"It ran for {ran.seconds:.1f} s.")]


def needed(text: str) -> dict[str, str]:
    """Return the files of the workshop that a program needs: all headers, and of the node's sources those whose header
    it includes. Of headers that come with another one, the source is taken if it compiles: it may not be needed.

    Args:
        text: text of its file with `main`, or of its tests.

    Raises:
        CompileError: a file that it includes is not written yet.
        StudentError: a file that it includes is in no cell that has run.
    """
    everything = workshop.files()
    headers = {name: source for name, source in everything.items() if name.endswith(".hpp")}
    folders = [place for place in (house_sources.firmware() / "lib").iterdir() if place.is_dir()]
    found = {name: source for name, source in headers.items() if not build.is_unwritten(source)}
    for name in _of_the_node(includes.included(text)):
        if name not in everything:
            raise StudentError(f"This needs {name}, but the cell `%%cpp {name}` has not run yet.",
                               f"run the cell `%%cpp {name}` first.")
        found[name] = everything[name]
    todo = [text, *found.values()]
    while todo:
        for name in _of_the_node([*includes.closure(todo.pop(), headers, folders)]):
            if name in found or name not in everything:
                continue
            if isinstance(build.compile_only(name, {**headers, name: everything[name]}), build.Compiled):
                found[name] = everything[name]
                todo.append(everything[name])
    return found


def _of_the_node(included: list[str]) -> list[str]:
    """The node's files that go with these headers."""
    names = {name.rsplit("/", 1)[-1] for name in included}
    wanted = names | {f"{name.removesuffix('.hpp')}.cpp" for name in names}
    return [name for name in workshop.PART_FILES if name in wanted]


def _with_others(error: CompileError, text: str) -> dict[str, str]:
    """After a name that no file defines: all parts of the node that compile, one of which may define it.

    Raises:
        CompileError: the error itself, if this cannot help.
    """
    if not all(one.plain is not None and one.plain.kind == "linker" for one in error.errors):
        raise error
    found = needed(text)
    headers = {name: source for name, source in workshop.files().items() if name.endswith(".hpp")}
    for name, source in workshop.files().items():
        if name not in workshop.PART_FILES or name in found or not name.endswith(".cpp"):
            continue
        if isinstance(build.compile_only(name, {**headers, name: source}), build.Compiled):
            found[name] = source
    if len(found) == len(needed(text)):
        raise error
    return found
