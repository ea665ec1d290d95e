"""One message of the compiler, and the error that a student reads when a file does not compile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.cpp.explain import Plain
from labkit.errors import StudentError


@dataclass(frozen=True)
class Diagnostic:
    """One message of the compiler or the linker.

    Args:
        kind: `"error"` or `"warning"`.
        message: what the compiler says.
        file: name of the file, as the student knows it; "" if there is none.
        line: in that file, from 1; 0 if it is not known.
        column: byte in that line, from 1; 0 if it is not known.
        end: last byte of what is meant, from 1; `column` if it is one place.
        source: the line itself, "" if it is not known.
        notes: what the compiler adds.
        insert: what the compiler would insert at that place, "" if it has no such proposal.
        plain: what it means, and what to do; None if the message has to speak for itself.
        option: the compiler's switch that it belongs to, such as `-Wreturn-type`; "" for an error of the language.
    """

    kind: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    end: int = 0
    source: str = ""
    notes: tuple[str, ...] = ()
    insert: str = ""
    plain: Plain | None = None
    option: str = ""

    @property
    def place(self) -> str:
        """Where it is, in words."""
        if not self.file:
            return ""
        return f"{self.file}, line {self.line}" if self.line else self.file

    @property
    def caret(self) -> str:
        """The source line with a mark below what is meant, two lines of text; "" if the line is not known."""
        if not self.source or not self.column:
            return self.source
        # Columns count bytes: what stands before may hold letters of more than one.
        raw = self.source.encode()
        before = raw[: self.column - 1].decode(errors="replace")
        meant = raw[self.column - 1 : max(self.end, self.column)].decode(errors="replace")
        gap = "".join("\t" if letter == "\t" else " " for letter in before)
        return f"{self.source}\n{gap}^{'~' * (len(meant) - 1)}"


class CompileError(StudentError):
    """The program could not be built from what the student wrote.

    Args:
        diagnostics: the compiler's messages, the first error first.
        file: the file that was being compiled.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic], file: str) -> None:
        self.diagnostics = tuple(diagnostics)
        self.file = file
        super().__init__(*text_of(diagnostics, file))

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Its errors, without the warnings."""
        return tuple(one for one in self.diagnostics if one.kind == "error")


def text_of(diagnostics: Sequence[Diagnostic], file: str) -> tuple[str, str]:
    """Return the first error in words, with its line, and the next step to take.

    Args:
        diagnostics: the compiler's messages, the first error first.
        file: the file that was being compiled.
    """
    if not diagnostics:
        return f"{file} does not compile.", ""
    first = diagnostics[0]
    said = f"{file} does not compile" if first.plain is None or first.plain.kind != "linker" else \
        "The files compile, but they do not make a program"
    if first.file == file and first.line:
        said += f": line {first.line}"
    elif first.place:
        said += f" because of {first.place}" if "compile:" in f"{said}:" else f": {first.place}"
    lines = [f"{said}."]
    if first.caret:
        lines += [f"    {line}" for line in first.caret.splitlines()]
    if first.plain is not None:
        lines.append(first.plain.what)
    lines.append(f"The compiler says: {first.message}")
    if more := more_errors(diagnostics):
        lines.append(more)
    fix = first.plain.fix if first.plain is not None else "mend this one first, then run the cell again."
    return "\n".join(lines), fix


def more_errors(diagnostics: Sequence[Diagnostic]) -> str:
    """Say how many errors follow the first one, "" if none does."""
    count = sum(one.kind == "error" for one in diagnostics) - 1
    if count < 1:
        return ""
    return f"{count} more error{'s' * (count > 1)} after this one; they often go with the first."
