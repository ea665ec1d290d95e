"""Compiles one source to an object, and keeps it in the cache under a hash of all that it was made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labkit.cpp import cache, compiler, includes, tools
from labkit.cpp.diagnostics import CompileError, Diagnostic
from labkit.cpp.explain import Plain
from labkit.cpp.messages import read
from labkit.errors import KitError

SUPPORT = Path(__file__).parent / "support"
"""Sources of the kit itself, with a hyphen in their names: no cell can have such a name (`labkit.cpp.cells`)."""

_SHOW_TEXT = "kit-show-text.hpp"
_TEXT_HPP = "text.hpp"
_FORMAT = "2"
"""Changes when entries of the cache mean something else."""
_COMMON = (
    "-std=c++17", "-Wall", "-Wextra", "-Werror=return-type", "-Wno-unknown-pragmas", "-g1", "-fno-omit-frame-pointer",
    "-pthread",
)
# Not optimised: it compiles in two thirds of the time, a report names the function that the student wrote, and a fault
# whose result nobody uses is found too.
_SANITIZED = (
    "-O0", "-D_GLIBCXX_ASSERTIONS", "-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all",
    "-fno-sanitize=vptr",
)
_PLAIN = ("-O2", "-D_GLIBCXX_ASSERTIONS")
_KIT = ("-O0",)  # doctest's 7,000 lines take seven times as long under the sanitizers
_JSON = ("-fdiagnostics-format=json",)  # without a limit on errors: GCC 12 says nothing at all when that is reached
_TEXT = ("-fdiagnostics-color=never", "-fno-diagnostics-show-caret", "-fmax-errors=20")
_CLANGS_TEXT = ("-fno-color-diagnostics", "-fno-caret-diagnostics", "-ferror-limit=20")


@dataclass(frozen=True)
class Unit:
    """One source to compile: a text of its own, or a file of the firmware or the kit."""

    name: str
    text: str
    file: Path | None = None


@dataclass(frozen=True)
class Object:
    """A source that was compiled."""

    key: str
    path: Path
    cached: bool
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Job:
    """What is the same for all sources of a program."""

    files: Mapping[str, str]
    flags: tuple[str, ...]
    folders: tuple[Path, ...]
    trusted: tuple[Path, ...]
    sanitize: bool
    limit: float
    halt: tools.Halt = field(default_factory=tools.Halt, compare=False)


def job_for(
    files: Mapping[str, str], firmware: Path, *, sanitize: bool, include: Sequence[Path], definitions: Sequence[str],
    limit: float,
) -> Job:
    """Return what is the same for all sources of a program.

    Args:
        files: the student's files, name → text.
        firmware: the folder `firmware`.
        sanitize: whether the program watches over its own memory.
        include: folders in which headers are looked for, after those of the firmware.
        definitions: macros.
        limit: seconds that each source may take.

    Raises:
        KitError: there is no compiler.
    """
    flags = (*_COMMON, *(_SANITIZED if sanitize else _PLAIN), *(f"-D{one}" for one in definitions))
    if compiler.find().kind == "clang":
        flags += ("-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_EXTENSIVE",)
    folders = tuple(sorted(place for place in (firmware / "lib").iterdir() if place.is_dir()))
    trusted = (SUPPORT, firmware / "src")
    return Job(dict(files), flags, (*folders, SUPPORT, *include), trusted, sanitize, limit)


def compile_unit(unit: Unit, job: Job, *, about: str = "") -> Object:
    """Compile a source, or take its object from the cache.

    Args:
        unit: the source.
        job: what it is compiled for.
        about: the student's file that it is about, if that is not the source itself.

    Raises:
        CompileError: the compiler refuses it.
        KitError: there is no compiler, or the source is the kit's own.
    """
    found = compiler.find()
    home = unit.file.parent if unit.file is not None else None
    reads = includes.closure(unit.text, job.files, job.folders, home)
    read_texts = tuple(sorted((Path(name).name, text) for name, (text, _) in reads.items()))
    if _is_trusted(unit, reads, job):
        kept = tuple(flag for flag in job.flags if flag.startswith("-D"))
        job = replace(job, flags=(*_COMMON, *_KIT, *kept))
    if unit.file is None and _is_test_of_texts(unit, reads):
        job = replace(job, flags=(*job.flags, "-include", _SHOW_TEXT))
        reads |= includes.closure(f'#include "{_SHOW_TEXT}"', job.files, job.folders, home)
        read_texts = tuple(sorted((Path(name).name, text) for name, (text, _) in reads.items()))
    key = key_of("object", found.identity, job.flags, unit.name, unit.text, read_texts)
    entry = cache.find(key)
    cached = entry is not None
    known = {unit.name: unit.text, **job.files}
    if entry is None:
        own = {name: text for name, (text, file) in reads.items() if file is None}

        def build(work: Path, target: Path) -> dict[str, Any]:
            return {"said": _run_compiler(found, unit, job, own, work, target, about or unit.name)}

        entry = cache.make(key, build)
    said = str(entry.facts.get("said", ""))
    warnings = tuple(read(said, known)) if unit.file is None and said else ()
    return Object(key, entry.path, cached, warnings)


def _is_trusted(unit: Unit, reads: Mapping[str, tuple[str, Path | None]], job: Job) -> bool:
    """Whether a source needs no watching: it is ours, reads no text of the student's, and shares no buffer with it."""
    if unit.file is None or not job.sanitize or any(file is None for _, file in reads.values()):
        return False
    return any(unit.file.is_relative_to(folder) for folder in job.trusted)


def _is_test_of_texts(unit: Unit, reads: Mapping[str, tuple[str, Path | None]]) -> bool:
    """Whether a source is a test that can see the course's class Text, which doctest cannot show by itself."""
    return "doctest/doctest.h" in includes.included(unit.text) and any(Path(name).name == _TEXT_HPP for name in reads)


def _run_compiler(
    found: compiler.Compiler, unit: Unit, job: Job, own: Mapping[str, str], work: Path, target: Path, about: str
) -> str:
    """Compile, in a folder of its own that holds the student's files; return what the compiler said."""
    sources = work / cache.SOURCES
    sources.mkdir()
    for name, text in own.items():
        if Path(name).name == name:  # not a name such as ../x: it is not ours to place
            (sources / name).write_text(text, "utf-8")
    if unit.file is None:
        (sources / unit.name).write_text(unit.text, "utf-8")
    where = str(unit.file) if unit.file is not None else unit.name
    words = [*found.command, *job.flags, f"-ffile-prefix-map={sources}=."]
    words += [f"-I{sources}", *(f"-I{folder}" for folder in job.folders), *compiler.search_flags()]
    form = {"clang": _CLANGS_TEXT}.get(found.kind, _JSON if found.says_json else _TEXT)
    status, said = tools.run([*words, *form, "-c", where, "-o", str(target)], sources, job.limit, job.halt)
    if status == 0 and target.is_file():
        return said
    known = {unit.name: unit.text, **job.files}
    _blame_the_kit(unit, job, said, status)
    errors = _errors(said, status, known, about, job.limit)
    if form is _JSON and errors[0].file not in known and errors[0].line:
        # In a template of somebody else: which line of the student's asked for it stands in the other form only.
        _, told = tools.run([*words, *_TEXT, "-c", where, "-o", str(target)], sources, job.limit, job.halt)
        errors = read(told, known) or errors
    raise CompileError(errors, about)


def _errors(said: str, status: int | None, known: Mapping[str, str], about: str, limit: float) -> list[Diagnostic]:
    if status is None:
        return [Diagnostic("error", f"it was stopped after {limit:g} s", about, plain=Plain(
            "endless", f"The compiler was still busy after {limit:g} s and was stopped.",
            "look for a file that includes itself, or a template that uses itself without an end."))]
    found = read(said, known)
    if any(one.kind == "error" for one in found):
        return found
    last = [line for line in said.splitlines() if line.strip() and not line.startswith("[")][-1:]
    return [Diagnostic("error", last[0] if last else f"the compiler ended with status {status}", about, plain=Plain(
        "compiler", "The compiler gave up without a message about a line of the file.",
        "look for a file that includes itself or something that is no C++, and for very large arrays."))]


def _blame_the_kit(unit: Unit, job: Job, said: str, status: int | None) -> None:
    """A source of the kit or the firmware that does not compile: the student's header is the reason, or the kit."""
    if unit.file is None:
        return
    if status is not None and any(one.file in job.files for one in read(said, job.files)):
        return
    reads_mine = any(file is None for _, file in
                     includes.closure(unit.text, job.files, job.folders, unit.file.parent).values())
    if not reads_mine:
        raise KitError(f"{unit.file.name}, which belongs to the course, does not compile here.",
                       log=[one.message for one in read(said, {})][:5] or said.splitlines()[-5:],
                       fix="`labkit doctor` shows the compiler; one that knows C++17 is needed (GCC 9, Clang 10).")


def key_of(*parts: object) -> str:
    """Return the key of what is made of these parts, plain data, for the cache."""
    return hashlib.sha256(json.dumps([_FORMAT, *parts], sort_keys=True).encode()).hexdigest()[:40]
