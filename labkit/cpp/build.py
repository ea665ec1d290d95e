"""Builds programs from the student's files and the firmware, and remembers what it has built.

What a program needs of `firmware/lib` is found by its includes: who reads `X.hpp` needs `X.cpp`. Each source is
compiled to an object of its own, kept in the cache under a hash of all that it was made of, so a change of one file
costs the compiling of what reads it, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labkit.cpp import cache, compiler, includes, sanitizer
from labkit.cpp.diagnostics import CompileError, Diagnostic, read, read_linker
from labkit.cpp.explain import Plain
from labkit.errors import KitError
from labkit.house_sources import firmware as house_firmware
from labkit.house_sources import is_unwritten

__all__ = [
    "CompileError", "Compiled", "Failed", "Program", "UnwrittenError", "compile_only", "firmware", "is_unwritten",
    "program",
]

SUPPORT = Path(__file__).parent / "support"
"""Sources of the kit itself."""
LIMIT = 60.0
"""Seconds that one source may take to compile: a template that never ends must end."""

_FORMAT = "2"
"""Changes when entries of the cache mean something else."""
_MEMORY_KB = 3 * 1024 * 1024
"""Memory of a compiler, in KiB. It takes 0.4 GB for the largest source; a source that includes itself takes all."""
_COMMON = (
    "-std=c++17", "-Wall", "-Wextra", "-Werror=return-type", "-Wno-unknown-pragmas", "-g1", "-fno-omit-frame-pointer",
    "-pthread",
)
_SANITIZED = (
    "-O1", "-D_GLIBCXX_ASSERTIONS", "-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all",
    "-fno-sanitize=vptr", "-fno-inline",  # a report names the function that the student wrote
)
_PLAIN = ("-O2", "-D_GLIBCXX_ASSERTIONS")
_KIT = ("-O0", "-D_GLIBCXX_ASSERTIONS")  # doctest's 7,000 lines take seven times as long under the sanitizers
_JSON = ("-fdiagnostics-format=json",)  # without a limit on errors: GCC 12 says nothing at all when that is reached
_TEXT = ("-fdiagnostics-color=never", "-fno-diagnostics-show-caret", "-fmax-errors=20")
_CLANGS_TEXT = ("-fno-color-diagnostics", "-fno-caret-diagnostics", "-ferror-limit=20")
_LINK = {"mosquitto": "-lmosquitto"}
# A class template is looked at in full only when somebody uses it.
_USES = {"ring_buffer.hpp": "template class node::RingBuffer<int, 3>;\n"}


class UnwrittenError(CompileError):
    """A file still has its `#error` line."""


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


@dataclass(frozen=True)
class _Unit:
    """One source to compile: a text of its own, or a file of the firmware or the kit."""

    name: str
    text: str
    file: Path | None = None


@dataclass(frozen=True)
class _Object:
    key: str
    path: Path
    cached: bool
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class _Job:
    """What is the same for all sources of a program."""

    files: Mapping[str, str]
    flags: tuple[str, ...]
    folders: tuple[Path, ...]
    limit: float


def firmware() -> Path:
    """Return the folder `firmware`: the one that LABKIT_FIRMWARE names, or the course's.

    Raises:
        KitError: there is none.
    """
    if given := os.environ.get("LABKIT_FIRMWARE"):
        return Path(given).expanduser().resolve()
    return house_firmware().resolve()


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
    job = _job(files, sanitize=True, include=(), definitions=(), limit=limit)
    unit = _Unit(file, files[file])
    if not file.endswith(".cpp"):
        unit = _Unit(f"use_{Path(file).stem}.cpp", f'#include "{file}"\n{_USES.get(file, "")}')
    try:
        if is_unwritten(files[file]):
            raise _not_written(file, files[file])
        made = _compile(unit, job, about=file)
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
            raise _not_written(file, text)
    job = _job(files, sanitize=sanitize, include=include, definitions=definitions, limit=limit)
    units = _units(name, main, job)
    with ThreadPoolExecutor(max_workers=max(2, min(4, os.cpu_count() or 2))) as pool:
        running = [pool.submit(_compile, unit, job) for unit in units]
        problems = [problem for one in running if (problem := one.exception()) is not None]
    for problem in sorted(problems, key=lambda one: not isinstance(one, KitError)):
        raise problem
    objects = [one.result() for one in running]
    texts = {**{unit.name: unit.text for unit in units if unit.file is None}, **files}
    linked = ("-fsanitize=address,undefined",) if sanitize else ()
    ends = tuple(_LINK[library] for library in libraries)
    key = _hash("program", found.identity, linked, ends, tuple(one.key for one in objects))
    entry = cache.find(key)
    if entry is None:
        made = cache.make(key, lambda work, target: _link(found, objects, linked, ends, name, texts, work, target))
        path, cached = made.path, False
    else:
        path, cached = entry.path, True
    warnings = tuple(one for made_of in objects for one in made_of.warnings)
    return Program(name, path, time.monotonic() - started, cached, sanitize, texts, warnings,
                   sanitizer.environment() if sanitize else {})


def _job(
    files: Mapping[str, str], *, sanitize: bool, include: Sequence[Path], definitions: Sequence[str], limit: float
) -> _Job:
    flags = (*_COMMON, *(_SANITIZED if sanitize else _PLAIN), *(f"-D{one}" for one in definitions))
    if compiler.find().kind == "clang":
        flags += ("-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_EXTENSIVE",)
    lib = firmware() / "lib"
    folders = tuple(sorted(place for place in lib.iterdir() if place.is_dir()))
    return _Job(dict(files), flags, (*folders, SUPPORT, *include), limit)


def _units(name: str, main: Path | str | Sequence[Path], job: _Job) -> list[_Unit]:
    """All sources of the program: the main ones, the student's, and what their includes ask for."""
    if isinstance(main, str):
        mains = [_Unit(f"{name}.cpp", main)]
    else:
        paths = [main] if isinstance(main, Path) else list(main)
        mains = [_Unit(path.name, path.read_text("utf-8"), path.resolve()) for path in paths]
    own = [_Unit(file, text) for file, text in job.files.items() if file.endswith(".cpp")]
    units = {unit.name: unit for unit in (*own, *mains)}
    todo = list(units.values())
    while todo:
        unit = todo.pop()
        home = unit.file.parent if unit.file is not None else None
        for _, header in includes.closure(unit.text, job.files, job.folders, home).values():
            if header is None:
                continue
            source = header.with_suffix(".cpp")
            if source.name not in units and source.is_file() and _is_ours(source, job):
                units[source.name] = _Unit(source.name, source.read_text("utf-8"), source)
                todo.append(units[source.name])
    return sorted(units.values(), key=lambda unit: unit.name)


def _is_ours(source: Path, job: _Job) -> bool:
    return any(source.is_relative_to(folder) for folder in job.folders)


def _compile(unit: _Unit, job: _Job, *, about: str = "") -> _Object:
    """Compile a source, or take its object from the cache.

    Args:
        unit: the source.
        job: what it is compiled for.
        about: the student's file that it is about, if that is not the source itself.
    """
    found = compiler.find()
    home = unit.file.parent if unit.file is not None else None
    reads = includes.closure(unit.text, job.files, job.folders, home)
    read_texts = tuple(sorted((Path(name).name, text) for name, (text, _) in reads.items()))
    if unit.file is not None and unit.file.is_relative_to(SUPPORT):
        job = replace(job, flags=(*_COMMON, *_KIT))
    key = _hash("object", found.identity, job.flags, unit.name, unit.text, read_texts)
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
    return _Object(key, entry.path, cached, warnings)


def _run_compiler(
    found: compiler.Compiler, unit: _Unit, job: _Job, own: Mapping[str, str], work: Path, target: Path, about: str
) -> str:
    """Compile, in a folder of its own that holds the student's files; return what the compiler said."""
    sources = work / "source"
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
    status, said = _run([*words, *form, "-c", where, "-o", str(target)], sources, job.limit)
    if status == 0 and target.is_file():
        return said
    known = {unit.name: unit.text, **job.files}
    _blame_the_kit(unit, job, said, status)
    errors = _errors(said, status, known, about, job.limit)
    if form is _JSON and errors[0].file not in known and errors[0].line:
        # In a template of somebody else: which line of the student's asked for it stands in the other form only.
        _, told = _run([*words, *_TEXT, "-c", where, "-o", str(target)], sources, job.limit)
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


def _blame_the_kit(unit: _Unit, job: _Job, said: str, status: int | None) -> None:
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


def _link(
    found: compiler.Compiler, objects: Sequence[_Object], flags: Sequence[str], ends: Sequence[str], name: str,
    texts: Mapping[str, str], work: Path, target: Path,
) -> dict[str, Any]:
    parts = [str(one.path) for one in objects]
    words = [*found.command, "-g1", "-pthread", *flags, *parts, *compiler.search_flags(), *ends]
    status, said = _run([*words, "-o", str(target)], work, LIMIT)
    if status == 0 and target.is_file():
        return {}
    errors = read_linker(said, texts)
    if not errors:
        raise KitError(f"The linker could not put {name} together.", log=said.splitlines()[-5:],
                       fix=compiler.GET_A_COMPILER)
    about = next((one.file for one in errors if one.file), f"{name}.cpp")
    raise CompileError(errors, about)


def _not_written(file: str, text: str) -> UnwrittenError:
    lines = text.split("\n")
    number = next((at for at, line in enumerate(lines, 1) if is_unwritten(line)), 0)
    said = Diagnostic(
        "error", "Write your code here, and delete this line.", file, number,
        source=lines[number - 1] if number else "",
        plain=Plain("unwritten", f"{file} is not written yet.", "write your code, and delete the `#error` line."))
    return UnwrittenError([said], file)


def _run(words: Sequence[str], place: Path, limit: float) -> tuple[int | None, str]:
    """Run a compiler or linker; None as status if its time was over. A shell sets the limits: it has no threads."""
    environment = {**os.environ, "LC_ALL": "C", "TMPDIR": str(place)}
    for name in ("CPATH", "CPLUS_INCLUDE_PATH", "GCC_COLORS"):
        environment.pop(name, None)
    bounded = list(words)
    if os.name != "nt":
        limits = f"ulimit -c 0; ulimit -t {int(limit) + 5}; ulimit -v {_MEMORY_KB} 2>/dev/null; exec \"$@\""
        bounded = ["/bin/sh", "-c", limits, "sh", *words]
    process = subprocess.Popen(
        bounded, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=os.name != "nt", text=True, errors="replace",
    )
    with process:
        try:
            _, said = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            _kill(process)
            process.communicate()
            return None, ""
        except BaseException:
            _kill(process)
            raise
    return process.returncode, said


def _kill(process: subprocess.Popen[str]) -> None:
    """End a compiler with the programs that it has started."""
    if os.name == "nt":
        process.kill()
        return
    import contextlib
    import signal

    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps([_FORMAT, *parts], sort_keys=True).encode()).hexdigest()[:40]
