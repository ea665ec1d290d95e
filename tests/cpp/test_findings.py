"""What stops a program, in plain words, from real programs under the real sanitizers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.cpp import build, run, sanitizer
from labkit.waiting import wait_until

# One program with every fault, chosen by a word: it is compiled once.
FAULTS = (Path(__file__).parent / "faults.cpp").read_text("utf-8")
# The word, the kind of finding, what it says; the line is the one that ends in `// HERE word`.
FOUND = [
    ("heap", "out-of-bounds", "writes 4 bytes past the end of a block of 12 bytes"),
    ("stack", "out-of-bounds", "past the end of `small`"),
    ("global", "out-of-bounds", "which has 8 bytes"),
    ("index", "out-of-bounds", "array of type `int [3]`, which does not have it: the first is 0, the last is 2"),
    ("array", "out-of-bounds", "`std::array` of 3 elements"),
    ("view", "out-of-bounds", "`std::string_view`"),
    ("null", "null", "null pointer"),
    ("wild", "out-of-bounds", "address that is not its own"),
    ("add", "overflow", "leaves the range of its type `int`"),
    ("narrow", "overflow", "`unsigned char`"),
    ("shift", "arithmetic", "shifts by 40 bits"),
    ("divide", "arithmetic", "divides by zero"),
    ("scope", "use-after-scope", "`inner`"),
    ("return", "use-after-scope", "a local variable of `name`"),
    ("freed", "use-after-free", "given back before"),
    ("recursion", "stack", "`down` calls itself again and again"),
    ("leak", "leak", "40 bytes"),
    ("throw", "exception", "std::runtime_error` was thrown and not caught: no broker"),
    ("assert", "assertion", "does not hold"),
    ("abort", "exit", "`abort`"),
    ("bool", "uninitialised", "`bool` that holds 7"),
    ("huge", "memory", "more memory"),
]


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> build.Program:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_CPP_CACHE", str(tmp_path_factory.mktemp("cache")))
        return build.program("faults", FAULTS, {})


@pytest.mark.cpp
@pytest.mark.parametrize(("word", "kind", "said"), FOUND, ids=[row[0] for row in FOUND])
def test_a_fault_is_told_in_plain_words_with_its_line(faults: build.Program, word: str, kind: str, said: str) -> None:
    ran = run.run(faults, word, leaks=word == "leak", limits=run.Limits(seconds=60))
    assert ran.finding is not None, ran
    assert ran.finding.kind == kind, ran
    assert said in ran.finding.text
    assert ran.finding.file == "faults.cpp"
    assert FAULTS.split("\n")[ran.finding.line - 1].endswith(f"// HERE {word}"), ran.finding
    assert ran.finding.source.endswith(f"// HERE {word}")
    assert ran.finding.advice
    assert kind in sanitizer.KINDS


@pytest.mark.cpp
def test_an_endless_loop_is_stopped_and_its_line_told(faults: build.Program) -> None:
    ran = run.run(faults, "loop", limits=run.Limits(seconds=0.5))
    assert ran.finding is not None
    assert (ran.finding.kind, ran.finding.function, ran.returncode) == ("endless", "spin", None)
    lines = FAULTS.split("\n")
    assert lines[ran.finding.line - 1].startswith("  while") or "turns" in lines[ran.finding.line - 1]
    assert ran.stdout == "before the loop\n"


@pytest.mark.cpp
def test_a_flood_of_output_is_cut_and_its_program_stopped(faults: build.Program) -> None:
    ran = run.run(faults, "flood", limits=run.Limits(seconds=60, output=10_000))
    assert ran.finding is not None
    assert ran.finding.kind == "output"
    assert len(ran.stdout) < 10_200


@pytest.mark.cpp
def test_a_program_that_takes_ever_more_memory_is_stopped(faults: build.Program) -> None:
    ran = run.run(faults, "grow", limits=run.Limits(seconds=60, memory_mb=128))
    assert ran.finding is not None
    assert ran.finding.kind == "memory"


@pytest.mark.cpp
def test_a_program_that_ends_by_itself_is_told_apart(faults: build.Program) -> None:
    ran = run.run(faults, "exit")
    assert ran.finding is not None
    assert (ran.finding.kind, ran.returncode, ran.finding.text) == ("exit", 3, "It ended by itself with status 3.")
    good = run.run(faults, "good", stdin="house\n")
    assert (good.finding, good.returncode, good.stdout) == (None, 0, "hello house\n")


@pytest.mark.cpp
def test_what_a_program_starts_ends_with_it(faults: build.Program) -> None:
    with run.start(faults, "fork") as running:
        wait_until(lambda: running.stdout().endswith("\n"), timeout=30, what="the program's child")
        child = int(running.stdout())
    # Killed with its group; it is gone once whoever inherited it has looked.
    wait_until(lambda: not _lives(child), timeout=30, what="the end of the program's child")


@pytest.mark.cpp
def test_a_program_ends_with_the_process_that_started_it_also_if_that_is_killed(faults: build.Program) -> None:
    script = ("import sys, time; from pathlib import Path; from labkit.cpp import build, run; "
              "one = run.start(build.Program('faults', Path(sys.argv[1]), 0, True, True), 'loop'); "
              "print(one.process.pid, flush=True); time.sleep(600)")
    with subprocess.Popen([sys.executable, "-c", script, str(faults.path)], stdout=subprocess.PIPE, text=True,
                          cwd=Path(__file__).parents[2]) as owner:
        assert owner.stdout is not None
        number = int(owner.stdout.readline())
        assert _lives(number)
        owner.kill()
    wait_until(lambda: not _lives(number), timeout=30, what="the end of the program whose owner was killed")


def _lives(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().split(")")[-1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        if not Path("/proc/self").exists():
            try:
                os.kill(number, 0)
            except ProcessLookupError:
                return False
            return True
        return False


# The same faults in the words of LLVM's runtime (macOS).
LLVM = """\
==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000034 at pc 0x000104 bp 0x16 sp 0x16
WRITE of size 4 at 0x602000000034 thread T0
    #0 0x104 in node::RingBuffer<int, 3ul>::push(int const&) ring_buffer.hpp:21:5
    #1 0x105 in main demo.cpp:4:3
0x602000000034 is located 0 bytes after 12-byte region [0x602000000028,0x602000000034)
"""


def test_the_newer_wording_of_a_report_is_read_too() -> None:
    found = sanitizer.read(LLVM, 99)
    assert found is not None
    assert found.place == "`RingBuffer::push`, ring_buffer.hpp, line 21"
    assert found.text == "It writes 4 bytes past the end of a block of 12 bytes."


@pytest.mark.parametrize(("written", "short"), [
    ("node::RingBuffer<int, 3ul>::push(int const&)", "RingBuffer::push"),
    ("std::basic_string_view<char> node::write(std::array<char, 4>&) const", "write"),
    ("main", "main"),
])
def test_a_functions_name_is_shown_without_what_hides_it(written: str, short: str) -> None:
    assert sanitizer.short(written) == short


def test_a_program_that_was_killed_by_a_signal_without_a_report_is_told() -> None:
    found = sanitizer.read("", -11)
    assert found is not None
    assert found.kind == "out-of-bounds"
    assert sanitizer.read("", 0) is None
