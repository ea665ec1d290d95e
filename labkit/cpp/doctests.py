"""Runs tests written with doctest, and says for each what happened, also for one that crashes or never ends."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.cpp import build, compiler, run
from labkit.cpp.diagnostics import Diagnostic
from labkit.cpp.findings import LEFT, Finding

_RESTARTS = 3
"""How often a program goes on behind a test that crashed; the tests that are left then are not run."""
_TESTS_FAILED = 1
"""Exit status of doctest when an assertion does not hold."""
_TEST = re.compile(r"^[ \t]*(?:TEST_CASE|SCENARIO)\(\s*\"(?P<name>(?:[^\"\\]|\\.)*)\"", re.MULTILINE)


@dataclass(frozen=True)
class Failure:
    """An assertion that does not hold.

    Args:
        line: its line.
        assertion: as it is written, such as `CHECK(buffer.size() == 3)`.
        values: the same with the values that it had, such as `4 == 3`; "" if there are none.
        note: what else is known: the subcase, values of INFO and CAPTURE, an exception.
    """

    line: int
    assertion: str
    values: str = ""
    note: str = ""


@dataclass(frozen=True)
class TestCase:
    """One test.

    Args:
        name: its name.
        line: its line, 0 if it is not known.
        state: `"passed"`, `"failed"`, `"stopped"` or `"not run"`.
        asserts: how many assertions were looked at.
        failures: those that do not hold.
        finding: what stopped it.
    """

    name: str
    line: int
    state: str
    asserts: int = 0
    failures: tuple[Failure, ...] = ()
    finding: Finding | None = None


@dataclass(frozen=True)
class TestRun:
    """All tests of a file.

    Args:
        file: its name.
        cases: its tests, in their order.
        seconds: how long they ran.
        build_seconds: how long it took to build them.
        output: what they wrote.
        warnings: of the compiler.
        outside: what befell the program where no test runs: before the first, or when all had run. Memory that was
            never given back is found then.
    """

    file: str
    cases: tuple[TestCase, ...]
    seconds: float
    build_seconds: float
    output: str = ""
    warnings: tuple[Diagnostic, ...] = ()
    outside: Finding | None = None

    @property
    def passed(self) -> bool:
        """Whether there are tests and all of them passed."""
        return bool(self.cases) and all(case.state == "passed" for case in self.cases) and self.outside is None


def run_tests(file: str, text: str, files: Mapping[str, str], *, limits: run.Limits | None = None) -> TestRun:
    """Build and run the tests of a file.

    Args:
        file: its name, such as `test_ring_buffer.cpp`.
        text: its text.
        files: the student's files that it needs, name → text.
        limits: what it may take.

    Raises:
        build.CompileError: it does not compile.
        KitError: there is no compiler, or no doctest.
    """
    compiler.require("doctest")
    program = build.program(Path(file).stem, build.SUPPORT / "kit-tests.cpp", {**files, file: text})
    cases: list[TestCase] = []
    seconds, output, outside = 0.0, "", None
    with tempfile.TemporaryDirectory(prefix="labkit-tests-") as folder:
        for number in range(_RESTARTS + 1):
            report = Path(folder, f"report{number}")
            ran = run.run(program, f"--first={len(cases) + 1}", limits=limits, leaks=True,
                          environment={"LABKIT_TEST_REPORT": str(report)})
            seconds, output = seconds + ran.seconds, output + ran.stdout
            told = _read(report)
            new = _cases(told, ran.finding)
            cases += new
            if not new or new[-1].state != "stopped":
                failed = any(case.state == "failed" for case in cases)
                outside = None if failed and ran.returncode == _TESTS_FAILED else ran.finding
                break
    known = {case.name for case in cases}
    cases += [TestCase(name, 0, "not run") for name in names(text) if name not in known]
    return TestRun(file, tuple(cases), seconds, program.seconds, output, program.warnings, outside)


def names(text: str) -> list[str]:
    """Return the names of the tests in a text, in their order.

    Args:
        text: text of a C++ file.
    """
    return [match["name"].replace('\\"', '"') for match in _TEST.finditer(text)]


def _read(report: Path) -> list[dict[str, Any]]:
    if not report.is_file():
        return []
    found = []
    for line in report.read_text("utf-8", errors="replace").split("\n")[:-1]:  # what it was stopped in is no line
        with contextlib.suppress(ValueError, RecursionError):
            one = json.loads(line)
            if isinstance(one, dict):
                found.append(one)
    return found


def _cases(told: list[dict[str, Any]], finding: Finding | None) -> list[TestCase]:
    """Tests from the report of one run; the last one has no end if the program was stopped in it."""
    cases: list[TestCase] = []
    failures: list[Failure] = []
    name, line = None, 0
    for one in told:
        if "start" in one:
            name, line, failures = str(one["start"]), int(one.get("line", 0)), []
        elif "end" in one and name is not None:
            state = "passed" if one["end"] else "failed"
            cases.append(TestCase(name, line, state, int(one.get("asserts", 0)), tuple(failures)))
            name = None
        elif failure := _failure(one, line):
            failures.append(failure)
    if name is not None:
        cases.append(TestCase(name, line, "stopped", 0, tuple(failures), finding or LEFT))
    return cases


def _failure(one: dict[str, Any], line: int) -> Failure | None:
    note = ", ".join(part for part in (one.get("subcase"), one.get("with")) if part)
    if "exception" in one:
        return Failure(line, "an exception was thrown", str(one["exception"]), note)
    if "assert" in one:
        values = str(one.get("was", ""))
        if "threw" in one:
            note = ", ".join(part for part in (f"it threw: {one['threw']}", note) if part)
        assertion = f"{one['assert']}({str(one['of']).strip()})"
        return Failure(int(one["line"]), assertion, "" if values == str(one["of"]).strip() else values, note)
    if "message" in one:
        return Failure(int(one.get("line", line)), str(one["message"]))
    return None
