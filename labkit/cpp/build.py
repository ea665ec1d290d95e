"""Builds programs from the student's files and the firmware, and remembers what it has built.

What a program needs of `firmware/lib` is found by its includes: who reads `X.hpp` needs `X.cpp`. Each source is
compiled to an object of its own, kept in the cache under a hash of all that it was made of, so a change of one file
costs the compiling of what reads it, and nothing else.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.cpp import cache, compiler, includes, sanitizer, tools
from labkit.cpp.diagnostics import CompileError, Diagnostic
from labkit.cpp.explain import Plain
from labkit.cpp.messages import read_linker
from labkit.cpp.objects import SUPPORT, Job, Object, Unit, compile_unit, job_for, key_of
from labkit.errors import KitError
from labkit.house_sources import firmware, is_unwritten, unwritten_lines

__all__ = [
    "SUPPORT", "CompileError", "Compiled", "Failed", "Program", "UnwrittenError", "compile_only", "is_unwritten",
    "program",
]

LIMIT = 60.0
"""Seconds that one source may take to compile: a template that never ends must end."""

_LINK = {"mosquitto": "-lmosquitto"}
_TOO_LARGE = re.compile(r"relocation truncated to fit|relocation \S+ out of range|section \S+ too large|too large for")
_OWNER = SUPPORT / "kit-owner.cpp"
# A class template is looked at in full only when somebody uses it.
_USES = {"ring_buffer.hpp": "template class node::RingBuffer<int, 3>;\n"}


class UnwrittenError(CompileError):
    """A file still has an `#error` line where the student's code belongs.

    Args:
        file: its name.
        text: its text.
    """

    def __init__(self, file: str, text: str) -> None:
        self.lines = unwritten_lines(text)
        number = self.lines[0] if self.lines else 0
        plain = Plain("unwritten", f"{file} is not written yet.", "write your code, and delete the `#error` line.")
        super().__init__([Diagnostic("error", "Write your code here, and delete this line.", file, number,
                                     source=text.split("\n")[number - 1] if number else "", plain=plain)], file)


@dataclass(frozen=True)
class Compiled:
    """A file that compiles.

    Args:
        file: its name.
        seconds: how long it took.
        cached: whether nothing had to be done.
        warnings: what the compiler would mend nevertheless.
    """

    file: str
    seconds: float
    cached: bool
    warnings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class Failed:
    """A file that does not compile.

    Args:
        file: its name.
        seconds: how long it took.
        error: the compiler's messages.
    """

    file: str
    seconds: float
    error: CompileError

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The compiler's messages, the first error first."""
        return self.error.diagnostics


@dataclass(frozen=True)
class Program:
    """A program that was built.

    Args:
        name: what it is called.
        path: the file to run; it stays while the cache has room.
        seconds: how long it took to build.
        cached: whether it was there already.
        sanitized: whether it watches over its own memory.
        files: the texts that it was made of, by name.
        warnings: what the compiler would mend nevertheless.
        environment: variables that it is to run with, in addition to the others.
    """

    name: str
    path: Path
    seconds: float
    cached: bool
    sanitized: bool
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    warnings: tuple[Diagnostic, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def compile_only(file: str, files: Mapping[str, str], *, limit: float = LIMIT) -> Compiled | Failed:
    """Compile one file, to see whether the compiler takes it. The object is kept for the programs that need it.

    Args:
        file: its name, a key of `files`; a header is compiled as if a source included it.
        files: the student's files, name → text.
        limit: seconds that it may take.

    Raises:
        KitError: there is no compiler, or no firmware.
    """
    started = time.monotonic()
    job = job_for(files, firmware(), sanitize=True, include=(), definitions=(), limit=limit)
    unit = Unit(file, files[file])
    if not file.endswith(".cpp"):
        unit = Unit(f"use_{Path(file).stem}.cpp", f'#include "{file}"\n{_USES.get(file, "")}')
    try:
        if is_unwritten(files[file]):
            raise UnwrittenError(file, files[file])
        made = compile_unit(unit, job, about=file)
    except CompileError as error:
        return Failed(file, time.monotonic() - started, error)
    return Compiled(file, time.monotonic() - started, made.cached, made.warnings)


def program(
    name: str, main: Path | str | Sequence[Path], files: Mapping[str, str], *, sanitize: bool = True,
    libraries: Sequence[str] = (), include: Sequence[Path] = (), definitions: Sequence[str] = (), limit: float = LIMIT,
) -> Program:
    """Build a program.

    Args:
        name: what it is called; a `main` that is a text is called NAME.cpp.
        main: the source with `main`: its text, its path, or several paths.
        files: the student's files, name → text. Every source of them becomes part of the program, and a header of them
            is found before any other of that name.
        sanitize: whether the program watches over its own memory (AddressSanitizer, UBSan); False: optimised instead.
        libraries: `"mosquitto"`.
        include: folders in which headers are looked for, after those of the firmware.
        definitions: macros, such as `"CAPACITY=3"`.
        limit: seconds that each source may take to compile.

    Raises:
        CompileError: the compiler or the linker refuses it; `UnwrittenError` if a file is still to be written.
        KitError: there is no compiler, a library is missing, or a source of the kit does not compile.
    """
    started = time.monotonic()
    found = compiler.find()
    if libraries:
        compiler.require(*libraries)
    for file, text in files.items():
        if is_unwritten(text):
            raise UnwrittenError(file, text)
    job = job_for(files, firmware(), sanitize=sanitize, include=include, definitions=definitions, limit=limit)
    units = _units(name, main, job)
    with ThreadPoolExecutor(max_workers=max(2, min(4, os.cpu_count() or 2))) as pool:
        try:
            running = [pool.submit(compile_unit, unit, job) for unit in units]
            problems = [problem for one in running if (problem := one.exception()) is not None]
        except BaseException:  # an interrupt: the pool is left when its threads have ended, so their compilers must
            pool.shutdown(wait=False, cancel_futures=True)
            job.halt.stop()
            raise
    for problem in sorted(problems, key=lambda one: not isinstance(one, KitError)):
        raise problem
    objects = [one.result() for one in running]
    texts = {**{unit.name: unit.text for unit in units if unit.file is None}, **files}
    linked = ("-fsanitize=address,undefined",) if sanitize else ()
    ends = tuple(_LINK[library] for library in libraries)
    key = key_of("program", found.identity, linked, ends, tuple(one.key for one in objects))
    entry = cache.find(key)
    if entry is None:
        made = cache.make(key, lambda work, target: _link(found, objects, linked, ends, name, texts, work, target))
        path, cached = made.path, False
    else:
        path, cached = entry.path, True
    warnings = tuple(one for made_of in objects for one in made_of.warnings)
    return Program(name, path, time.monotonic() - started, cached, sanitize, texts, warnings,
                   sanitizer.environment() if sanitize else {})


def _units(name: str, main: Path | str | Sequence[Path], job: Job) -> list[Unit]:
    """All sources of the program: the main ones, the student's, and what their includes ask for."""
    if isinstance(main, str):
        mains = [Unit(f"{name}.cpp", main)]
    else:
        paths = [main] if isinstance(main, Path) else list(main)
        mains = [Unit(path.name, path.read_text("utf-8"), path.resolve()) for path in paths]
    mains.append(Unit(_OWNER.name, _OWNER.read_text("utf-8"), _OWNER))
    own = [Unit(file, text) for file, text in job.files.items() if file.endswith(".cpp")]
    units = {unit.name: unit for unit in (*own, *mains)}
    todo = list(units.values())
    with_own = set()
    while todo:
        unit = todo.pop()
        home = unit.file.parent if unit.file is not None else None
        for _, header in includes.closure(unit.text, job.files, job.folders, home).values():
            if header is None:
                with_own.add(unit.name)
                continue
            source = header.with_suffix(".cpp")
            if source.name not in units and source.is_file() and _is_ours(source, job):
                units[source.name] = Unit(source.name, source.read_text("utf-8"), source)
                todo.append(units[source.name])
    # Of a template that several objects have, a sanitizer finds the lines only if those of the last object are it.
    return sorted(units.values(), key=lambda unit: (unit.name in with_own, unit.name))


def _is_ours(source: Path, job: Job) -> bool:
    return any(source.is_relative_to(folder) for folder in job.folders)


def _link(
    found: compiler.Compiler, objects: Sequence[Object], flags: Sequence[str], ends: Sequence[str], name: str,
    texts: Mapping[str, str], work: Path, target: Path,
) -> dict[str, Any]:
    parts = [str(one.path) for one in objects]
    words = [*found.command, "-g1", "-pthread", *flags, *parts, *compiler.search_flags(), *ends]
    status, said = tools.run([*words, "-o", str(target)], work, LIMIT)
    if status == 0 and target.is_file():
        return {}
    errors = read_linker(said, texts)
    if not errors and (large := _TOO_LARGE.search(said)):
        errors = [Diagnostic("error", large[0], plain=Plain(
            "linker", "The variables are too large for a program: together they need more than 2 GB.",
            "look for an array with far too many elements; a board has about 300,000 bytes for all of them."))]
    if not errors:
        raise KitError(f"The linker could not put {name} together.", log=said.splitlines()[-5:],
                       fix=compiler.GET_A_COMPILER)
    about = next((one.file for one in errors if one.file), f"{name}.cpp")
    raise CompileError(errors, about)
