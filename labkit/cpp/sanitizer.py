"""What stopped a program, in plain words: from the reports of AddressSanitizer and UBSan, or from how it ended.

Formats: what GCC's libsanitizer prints (GCC 12), and LLVM's newer wording of the same lines.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import replace

from labkit.cpp.findings import KINDS, Finding, Frame, frames_of, short
from labkit.cpp.reports import of_asan, of_ubsan, too_much

__all__ = ["EXIT", "KINDS", "Finding", "environment", "read", "short"]

EXIT = 99
"""Exit status of a program that a sanitizer stopped."""


def environment(*, leaks: bool = False, memory_mb: int = 512) -> dict[str, str]:
    """Return the variables with which a sanitized program runs.

    Args:
        leaks: report memory that is never given back, at the end. It needs the right to trace processes.
        memory_mb: memory that the program may take, in MiB. The sanitizer itself reserves terabytes of addresses, so a
            limit of the operating system on these is of no use.
    """
    options = {
        "detect_leaks": int(leaks), "handle_abort": 1, "detect_stack_use_after_return": 1,
        "hard_rss_limit_mb": memory_mb, "max_allocation_size_mb": memory_mb, "exitcode": EXIT, "color": "never",
        "print_legend": 0, "malloc_context_size": 12, "disable_coredump": 1,
        "detect_container_overflow": 0,  # false where an object without the sanitizer touches the same container
    }
    return {
        "ASAN_OPTIONS": ":".join(f"{name}={value}" for name, value in options.items()),
        "UBSAN_OPTIONS": f"print_stacktrace=1:color=never:exitcode={EXIT}",
        "LSAN_OPTIONS": f"exitcode={EXIT}",
    }


def read(
    said: str, returncode: int | None, *, timed_out: bool = False, files: Mapping[str, str] | None = None,
    seconds: float = 0.0,
) -> Finding | None:
    """Say what stopped a program.

    Args:
        said: what it wrote to its standard error.
        returncode: how it ended: a status, or minus the number of a signal; None if it had to be killed.
        timed_out: whether its time was over.
        files: the student's files, name → text, to tell their lines from the others'; if it is not given, every file
            without a folder is taken for theirs.
        seconds: the time that it had, for the message.

    Returns:
        The finding; None if it ended well.
    """
    here = _frame(said, files)
    found = _endless(here, seconds) if timed_out else _of_end(said, returncode, files)
    if found is None:
        return None
    if here is not None and not found.file:
        found = replace(found, file=here.file, line=here.line, function=here.function)
    lines = (files or {}).get(found.file, "").split("\n")
    return replace(found, source=lines[found.line - 1].strip() if 0 < found.line <= len(lines) else "")


def _frame(said: str, files: Mapping[str, str] | None) -> Frame | None:
    found = frames_of(said, files)
    return found[0] if found else None


def _endless(here: Frame | None, seconds: float) -> Finding:
    after = f" after {seconds:g} s" if seconds else ""
    where = " The line shown is where it was then." if here is not None else ""
    return Finding("endless", f"It was still running{after} and was stopped.{where}",
                   advice="look at the loop around this line: what makes its condition false, and does that happen?")


def _of_end(said: str, returncode: int | None, files: Mapping[str, str] | None) -> Finding | None:
    if reported := of_ubsan(said) or of_asan(said, files):
        return reported
    if returncode == 0:
        return None
    if returncode is None:
        return Finding("endless", "It did not end and was stopped.", advice="look for a loop that never ends.")
    if returncode < 0:
        return _by_signal(-returncode)
    if "hard rss limit" in said:
        return too_much()
    return Finding("exit", f"It ended by itself with status {returncode}.",
                   advice="a function of a board returns; it never ends the program.")


def _by_signal(number: int) -> Finding:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    told = {
        "SIGSEGV": ("out-of-bounds", "It used memory that is not its own.", "check pointers and indexes."),
        "SIGBUS": ("out-of-bounds", "It used memory that is not its own.", "check pointers and indexes."),
        "SIGFPE": ("arithmetic", "It divided by zero.", "check the divisor first."),
        "SIGABRT": ("exception", "It ended itself: an exception was not caught, or `abort` was called.",
                    "return what went wrong instead."),
        "SIGXCPU": ("endless", "It used up its time and was stopped.", "look for a loop that never ends."),
        "SIGXFSZ": ("output", "It wrote a file that is too large.", "look for a loop that keeps writing."),
    }
    kind, text, advice = told.get(name, ("signal", f"It was ended by {name}.", "run it again; see what it did last."))
    return Finding(kind, text, advice=advice)
