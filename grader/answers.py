"""Banks of answers: wrong ones, each with the hint that it should earn, and right ones that differ from the reference.

A bank is a file of percent cells. The head of a cell gives its id and, for a wrong answer, its hint:

    # %% id=no-dollar-rule hint=dollar-topics

An answer that claims what it does not do says with `most=0` how many points it may earn. What follows replaces the
student's cell of that exercise, without its `%%part` line; a `%%cpp` line may stand there or not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from grader import parts
from grader.layout import CourseError

_HEAD = re.compile(r"^# %%(?P<options>[ \t].*)?$", re.MULTILINE)
_OPTION = re.compile(r"(?P<key>[a-z]+)=(?P<value>\S+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a bank.

    Args:
        id: its name, unique in the bank.
        source: the text of the student's cell.
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
        path: its file.

    Returns:
        the answers in order; none when there is no such file.

    Raises:
        CourseError: a cell has no id, an option that is not known, no text, or the id of another.
    """
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(text))
    answers: list[Answer] = []
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        line = text.count("\n", 0, head.start()) + 1
        options = {found["key"]: found["value"] for found in _OPTION.finditer(head["options"] or "")}
        source = text[head.end():following.start() if following else len(text)].strip("\n") + "\n"
        part = parts.split(source.removeprefix("# "))
        most = options.get("most", "")
        answer = Answer(options.get("id", ""), part[1] if part else source, options.get("hint", ""),
                        float(most) if most.isdecimal() else None)
        if not answer.id or set(options) - {"id", "hint", "most"} or (most and not most.isdecimal()):
            raise CourseError(f"{path}, line {line}: {head[0]!r} is not the head of an answer.",
                              "write `# %% id=NAME`, and for a wrong answer `hint=HINT` after it, and `most=POINTS`.")
        if not source.strip():
            raise CourseError(f"{path}, line {line}: the answer {answer.id!r} has no text.", "write it below its head.")
        if answer.id in {other.id for other in answers}:
            raise CourseError(f"{path}, line {line}: there is another answer {answer.id!r}.", "give it its own id.")
        answers.append(answer)
    return answers
