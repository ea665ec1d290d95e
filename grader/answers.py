"""Banks of answers: wrong ones, each with the hint that it should earn, and right ones that differ from the reference.

A bank is a text of cells. The head of a cell gives its id and, for a wrong answer, its hint:

    # %% id=no-dollar-rule hint=dollar-topics

An answer that claims what it does not do says with `most=0` how many points it may earn. What follows replaces the
student's cell of that exercise, without its `%%part` line; a `%%cpp` line may stand there or not.

An answer that differs from the reference in a few lines is written as these, in the form of `grader.changes`:

    # %% id=sign-lost hint=sign changes=reference
    @@
         raw = int.from_bytes(field, "big")
    -    return -(raw & 0x7FFF) if raw & 0x8000 else raw
    +    return raw & 0x7FFF
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from grader import changes, namespace, parts
from grader.layout import CourseError, LabFiles

_HEAD = re.compile(r"^# %%(?P<options>[ \t].*)?$", re.MULTILINE)
_OPTION = re.compile(r"(?P<key>[a-z]+)=(?P<value>\S+)")
_OPTIONS = {"id", "hint", "most", "changes"}
_REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a bank.

    Args:
        id: its name, unique in the bank.
        source: the whole text of the student's cell, however the bank has it.
        hint: id of the hint that it should earn; empty for a right answer.
        most: the most points that it may earn; None for any but all.
    """

    id: str
    source: str
    hint: str = ""
    most: float | None = None


def read(path: Path) -> list[Answer]:
    """Read a bank.

    Args:
        path: its file, as `LabFiles.answers` gives it. For changes the lab's notebook with solutions is read too.

    Returns:
        the answers in order; none when there is no such file.

    Raises:
        CourseError: a cell has no id, an option that is not known, no text, or the id of another; or its changes do not
            fit the reference, or there is none.
    """
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(text))
    changed = reference(*LabFiles.of_bank(path)) if f"changes={_REFERENCE}" in text else ""
    answers: dict[str, Answer] = {}
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        line = text.count("\n", 0, head.start()) + 1
        options = _options(head, f"{path}, line {line}")
        name = options["id"]
        body = text[head.end():following.start() if following else len(text)]
        if not body.strip():
            raise CourseError(f"{path}, line {line}: the answer {name!r} has no text.", "write it below its head.")
        if name in answers:
            raise CourseError(f"{path}, line {line}: there is another answer {name!r}.", "give it its own id.")
        try:
            source = changes.apply(body, changed) if "changes" in options else _whole(body)
        except changes.Misfit as misfit:
            raise CourseError(f"{path}, line {line + misfit.line - 1}: the answer {name!r} {misfit.message}.",
                              misfit.fix) from None
        answers[name] = Answer(name, source, options.get("hint", ""),
                               float(options["most"]) if "most" in options else None)
    return list(answers.values())


def _options(head: re.Match[str], where: str) -> dict[str, str]:
    options = {found["key"]: found["value"] for found in _OPTION.finditer(head["options"] or "")}
    if (not options.get("id") or set(options) - _OPTIONS or not options.get("most", "0").isdecimal()
            or options.get("changes", _REFERENCE) != _REFERENCE):
        raise CourseError(f"{where}: {head[0]!r} is not the head of an answer.",
                          "write `# %% id=NAME` and after it, where they apply, `hint=HINT` (of a wrong answer), "
                          "`most=POINTS` and `changes=reference`.")
    return options


def _whole(body: str) -> str:
    source = body.strip("\n") + "\n"
    if source.startswith(f"{changes.HUNK}\n"):
        raise changes.Misfit(1, "begins as changes do", "write `changes=reference` in its head.")
    part = parts.split(source.removeprefix("# "))
    return part[1] if part else source


def reference(lab: LabFiles, exercise: str) -> str:
    """Return what changes change: the cells of an exercise in the notebook with solutions.

    Args:
        lab: the lab.
        exercise: the exercise's id.

    Returns:
        their text without magics and solution markers, two empty lines between cells.

    Raises:
        CourseError: the notebook is not there, or has none.
    """
    cells = namespace.cells(lab.solution) if lab.solution.is_file() else []
    found = [parts.without_markers(parts.CPP.sub("", cell.source, count=1)).strip("\n")
             for cell in cells if cell.exercise == exercise]
    if not found:
        raise CourseError(f"{lab.solution} has no answer to exercise {exercise}, and the banks have changes to it.",
                          f"write the cell ex-{exercise.replace('.', '-')} in its source, and run `grader sources`.")
    return "\n\n\n".join(found)
