"""Building with a cache: what is compiled again and what is not, whose file wins, what a broken cache does."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from labkit.cpp import build, cache, compiler, includes, run
from labkit.errors import KitError

pytestmark = pytest.mark.cpp

MAIN = '#include <cstdio>\n#include "box.hpp"\nint other();\nint main() { std::printf("%d\\n", kSize + other()); }\n'
FILES = {"box.hpp": "#pragma once\nconstexpr int kSize = 3;\n", "other.cpp": "int other() { return 4; }\n"}


def made(place: Path) -> set[str]:
    return {entry.name for entry in place.iterdir() if entry.is_dir()}


def said(program: build.Program) -> str:
    return run.run(program, limits=run.Limits(seconds=60)).stdout


def test_a_second_build_compiles_nothing_and_a_changed_header_only_what_reads_it(own_cache: Path) -> None:
    first = build.program("demo", MAIN, FILES)
    assert (said(first), first.cached) == ("7\n", False)
    before = made(own_cache)
    assert len(before) == 4  # two objects, the kit's own and the program
    again = build.program("demo", MAIN, FILES)
    assert (again.cached, again.path, made(own_cache)) == (True, first.path, before)
    changed = build.program("demo", MAIN, {**FILES, "box.hpp": FILES["box.hpp"].replace("3", "5")})
    assert said(changed) == "9\n"
    assert len(made(own_cache) - before) == 2  # demo.cpp and the program; other.cpp was taken as it was
    plain = build.program("demo", MAIN, FILES, sanitize=False)
    assert not plain.cached


def test_a_broken_entry_is_built_again(own_cache: Path) -> None:
    first = build.program("demo", MAIN, FILES)
    for entry in own_cache.iterdir():
        if entry.is_dir():
            (entry / "made").write_bytes(b"damaged")
    again = build.program("demo", MAIN, FILES)
    assert not again.cached
    assert (said(again), again.path) == ("7\n", first.path)
    (again.path.parent / "facts.json").unlink()
    assert said(build.program("demo", MAIN, FILES)) == "7\n"


def test_a_shared_cache_is_looked_into_first_and_never_written(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.program("demo", MAIN, FILES)
    shared = tmp_path / "shared"
    own_cache.rename(shared)
    monkeypatch.setenv("LABKIT_CPP_CACHE_SHARED", str(shared))
    before = made(shared)
    program = build.program("demo", MAIN, FILES)
    assert program.cached
    assert program.path.is_relative_to(shared)
    build.program("demo", MAIN + "// more\n", FILES)
    assert made(shared) == before
    assert len(made(own_cache)) == 2


def test_the_entries_that_were_not_used_for_the_longest_time_go(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "middle", "old")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "made").write_bytes(b"x" * 1000)
        then = time.time() - 1000 * age
        os.utime(tmp_path / name, (then, then))
    left = tmp_path / "work-left"
    left.mkdir()
    os.utime(left, (0, 0))
    cache.tidy(tmp_path, 2500)
    assert made(tmp_path) == {"new", "middle"}


def test_the_students_header_wins_over_any_other(tmp_path: Path) -> None:
    (tmp_path / "ring_buffer.hpp").write_text("constexpr int kOther = 1;\n")
    main = '#include <cstdio>\n#include "ring_buffer.hpp"\nint main() { std::printf("%d", kMine); }\n'
    program = build.program("demo", main, {"ring_buffer.hpp": "constexpr int kMine = 2;\n"}, include=[tmp_path])
    assert said(program) == "2"


def test_what_the_firmware_has_for_a_header_is_linked() -> None:
    main = '#include <cstdio>\n#include "json_writer.hpp"\nint main() {\n  char out[40];\n' \
           '  node::JsonWriter json(out, sizeof out);\n  json.begin().text("a", "b").end();\n' \
           '  std::printf("%.*s", static_cast<int>(json.view().size()), json.view().data());\n}\n'
    assert said(build.program("demo", main, {})) == '{"a": "b"}'


def test_an_unwritten_file_is_not_compiled() -> None:
    stub = "int f() {\n#error Write your code here, and delete this line.\n}\n"
    with pytest.raises(build.UnwrittenError, match="is not written yet") as caught:
        build.program("demo", MAIN, {**FILES, "status.cpp": stub})
    assert caught.value.diagnostics[0].line == 2


def test_a_source_that_includes_itself_or_a_template_without_end_is_given_up() -> None:
    itself = build.compile_only("status.cpp", {"status.cpp": '#include "status.cpp"\n'})
    endless = build.compile_only("status.cpp", {
        "status.cpp": "template <int N> struct A { static constexpr int v = A<N + 1>::v; };\nint x = A<0>::v;\n"})
    slow = build.compile_only("status.cpp", {
        "status.cpp": "constexpr int f() { int n = 0; for (;;) ++n; return n; }\nconstexpr int n = f();\n"}, limit=1)
    for one in (itself, endless, slow):
        assert isinstance(one, build.Failed)
        assert one.diagnostics


def test_a_library_that_is_missing_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_has", lambda _compiler, need: need != "mosquitto")  # this machine has it
    with pytest.raises(KitError, match="sudo apt install libmosquitto-dev"):
        build.program("demo", MAIN, FILES, libraries=("mosquitto",))


def test_without_a_compiler_each_system_is_told_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KitError) as caught:
        build.compile_only("status.cpp", {"status.cpp": "int f();\n"})
    for system in ("Debian or Ubuntu", "Fedora", "macOS", "WSL", "Binder"):
        assert system in str(caught.value)


def test_a_program_called_as_a_compiler_that_is_none_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = shutil.which("g++") or ""
    for name, text in (("g++", "#!/bin/sh\necho 'xcode-select: no tools' >&2\nexit 1\n"),
                       ("c++", f'#!/bin/sh\nexec {real} "$@"\n')):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compiler.find().path == str(tmp_path / "c++")


def test_includes_are_followed_as_a_compiler_would(tmp_path: Path) -> None:
    (tmp_path / "a.hpp").write_text('#include "b.hpp"\n#include <vector>\n')
    (tmp_path / "b.hpp").write_text("// the folder's\n")
    found = includes.closure('  #  include "a.hpp"\n// #include "c.hpp"\n', {"b.hpp": "// mine\n"}, [tmp_path])
    # The file's own folder goes first, as in a compiler.
    assert found == {str(tmp_path / "a.hpp"): ((tmp_path / "a.hpp").read_text(), tmp_path / "a.hpp"),
                     str(tmp_path / "b.hpp"): ("// the folder's\n", tmp_path / "b.hpp")}
