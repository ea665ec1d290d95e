"""What an explanation of a compiler's message is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Plain:
    """A message in plain words.

    Args:
        kind: which of the frequent mistakes it is, such as `"semicolon"`.
        what: what is wrong, a sentence or two.
        fix: what to do, one sentence.
    """

    kind: str
    what: str
    fix: str


@dataclass(frozen=True)
class About:
    """What there is to look at: the message, the compiler's notes, the line, what it would insert, what it marks."""

    match: re.Match[str]
    notes: str
    source: str
    insert: str
    meant: str = ""

    @property
    def proposal(self) -> str:
        """The name that the compiler thinks was meant, "" if it has no idea."""
        found = re.search(r"(?:did you mean|suggested alternative:) '([^'\n]+)'", f"{self.match.string}\n{self.notes}")
        return found[1] if found else ""

    @property
    def header(self) -> str:
        """The header that the compiler thinks is missing, "" if it has no idea."""
        found = re.search(r"#include (<[^>\n]+>)", f"{self.match.string}\n{self.notes}")
        return found[1] if found else ""


def short_type(name: str) -> str:
    """Return a type or a signature without what hides it: the long names of std, what aliases stand for.

    Args:
        name: as the compiler writes it.
    """
    plain = re.sub(r"\bstd::(?:__cxx11::)?basic_(string_view|string)<char(?:, std::char_traits<char>)?"
                   r"(?:, std::allocator<char>)? ?>", r"std::\1", name)
    plain = re.sub(r"\busing \w+ = ", "", plain)
    plain = re.sub(r"\b(?:struct|class|enum) ", "", plain)
    plain = re.sub(r"\{aka [^}]*\}", "", plain)
    plain = re.sub(r" \[with [^\]]*\]", "", plain)
    return " ".join(plain.replace("std::__cxx11::", "std::").split())
