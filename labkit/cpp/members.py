"""The members of the course's own types, read from their headers: a student has no editor that lists them."""

from __future__ import annotations

import functools
import re

from labkit.errors import KitError
from labkit.house_sources import firmware

_NO_NAMES = frozenset({"operator", "using", "friend", "enum", "explicit", "template", "public", "struct", "class"})


def members_of(type_name: str) -> tuple[str, ...]:
    """Return the names that a type of the course has for its users, methods with `()`; none if the type is not ours.

    Args:
        type_name: as the compiler writes it, such as `"node::Text<32>"` or `"const node::Manifest"`.
    """
    name = re.search(r"\bnode::(?:\w+::)*(\w+)(?:<.*>)?[&* ]*$", type_name)
    return _all().get(name[1], ()) if name else ()


@functools.cache
def _all() -> dict[str, tuple[str, ...]]:
    try:
        headers = sorted((firmware() / "lib").glob("*/*.hpp"))
        texts = [header.read_text("utf-8") for header in headers]
    except (OSError, UnicodeDecodeError, KitError):
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        plain = re.sub(r"//[^\n]*", "", text)
        for head in re.finditer(r"^(?P<what>struct|class) (?P<name>\w+)[^;{]*\{", plain, re.MULTILINE):
            body = _block(plain, head.end())
            if head["what"] == "class":
                body = body.partition("public:")[2]
            names = _names(re.split(r"\b(?:private|protected):", body)[0], head["name"])
            if names:
                found.setdefault(head["name"], names)
    return found


def _block(text: str, start: int) -> str:
    """The text of a block up to its closing brace, what stands in inner braces left out."""
    depth, kept = 1, []
    for letter in text[start:]:
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            break
        if letter == "}" and depth == 1:
            kept.append(";")
        elif depth == 1:
            kept.append(letter)
    return "".join(kept)


def _names(body: str, owner: str) -> tuple[str, ...]:
    """Names that a class's body declares, in their order, each once."""
    names: dict[str, None] = {}
    for statement in body.split(";"):
        words = re.sub(r"template <[^>]*>", "", " ".join(statement.split())).strip()
        if not words or words.split()[0] in _NO_NAMES or "operator" in words:
            continue
        method = re.search(r"(\w+) ?\(", words)
        if method is not None:
            if method[1] != owner and not words.startswith("~"):
                names[f"{method[1]}()"] = None
        elif member := re.search(r"(\w+)(?:\[\w*\])?(?: ?=.*)?$", words):
            names[member[1]] = None
    return tuple(names)
