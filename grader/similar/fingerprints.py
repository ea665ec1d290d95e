"""Answers made comparable: tokens without names, comments and layout, and fingerprints of short runs of them.

Tokens come from Pygments, so an answer may be in any language of the course. What a student chooses freely is made
equal: names, strings, numbers; parentheses and last commas do not count. What stands after a dot stays, since nobody
can rename a library, except after `self`. A fingerprint is a hash of a run of tokens that does not cross from one
function into the next: their order is free. It does not depend on the process: two runs of the command find the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.token import Comment, Name, Number, String, Text  # type: ignore[import-untyped]

RUN = 10
"""Tokens in a fingerprint: about two short lines. Shorter runs are idioms, longer ones a small edit destroys."""


_CLOSING = frozenset(")]}")
_HEADS = frozenset({"def", "class", "async", "@"})


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an answer.

    Args:
        text: what it is compared as.
        start: where it begins in the answer.
        end: where it ends.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A run of tokens.

    Args:
        value: its hash.
        start: where the run begins in the answer.
        end: where it ends.
    """

    value: int
    start: int
    end: int


def tokens(text: str, language: str = "python") -> list[Token]:
    """Take an answer apart.

    Args:
        text: the answer.
        language: as Pygments names it.
    """
    found: list[Token] = []
    of_self = False
    for start, kind, value in get_lexer_by_name(language, stripnl=False, ensurenl=False).get_tokens_unprocessed(text):
        if kind in Comment or kind in Text or kind in String.Doc or not value.strip():
            continue
        end = start + len(value)
        if kind in String:
            # Pygments makes several tokens of one string: its quotes, its text, its escapes.
            if found and found[-1].text == "'":
                found[-1] = Token("'", found[-1].start, end)
                continue
            compared = "'"
        elif kind in Number:
            compared = "0"
        elif kind in Name.Exception:
            compared = value
        elif kind in Name:
            compared = value if found and found[-1].text == "." and not of_self else "n"
        else:
            compared = value
            if value in _CLOSING and found and found[-1].text == ",":
                found.pop()
            if value in "()":
                continue
        of_self = value == "self" or (value == "." and of_self)
        found.append(Token(compared, start, end))
    return found


def fingerprints(text: str, language: str = "python") -> list[Fingerprint]:
    """Return the fingerprints of an answer, in order.

    Args:
        text: the answer.
        language: as Pygments names it.

    Returns:
        one for each run of `RUN` tokens; none when the answer is shorter.
    """
    runs = (block[first:first + RUN] for block in _blocks(text, tokens(text, language))
            for first in range(len(block) - RUN + 1))
    return [Fingerprint(_digest(run), run[0].start, run[-1].end) for run in runs]


def _digest(run: list[Token]) -> int:
    # Half a character, which JSON can carry, must not end the comparison of a class.
    return zlib.crc32(" ".join(token.text for token in run).encode("utf-8", "replace"))


def _blocks(text: str, found: list[Token]) -> list[list[Token]]:
    """Cut at each function and class that is not inside another one."""
    blocks: list[list[Token]] = [[]]
    for token in found:
        if token.text in _HEADS and text[token.start - 1:token.start] in ("", "\n"):
            blocks.append([])
        blocks[-1].append(token)
    return blocks


def values(texts: Iterable[str], language: str = "python") -> frozenset[int]:
    """Return the hashes of all fingerprints of some texts.

    Args:
        texts: each is taken apart alone.
        language: as Pygments names it.
    """
    return frozenset(found.value for text in texts for found in fingerprints(text, language))
