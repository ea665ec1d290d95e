"""Names that the compiler does not know: of Python, of a header that is not included, or misspelt."""

from __future__ import annotations

import difflib
import re

from labkit.cpp.plain import About, Plain, short_type

_WORDS = (
    "return", "if", "else", "while", "for", "switch", "case", "break", "continue", "const", "constexpr", "static",
    "true", "false", "int", "bool", "char", "float", "double", "unsigned", "void", "struct", "class", "auto", "nullptr",
)
_OF_PYTHON = {
    "True": "`true`", "False": "`false`", "None": "`nullptr` for a pointer, or an empty value such as `{}`",
    "elif": "`else if`", "def": "the result's type before the name: `int twice(int x) { … }`",
    "print": "`std::printf(\"…\\n\")` of the header <cstdio>", "len": "the method `.size()`",
    "str": "`std::string_view` or `const char*`", "self": "the member's name alone, or `this->name`",
    "pass": "an empty block `{}`", "range": "`for (int i = 0; i < n; ++i)`", "is": "`==`",
}


_STANDARD = {
    name: header for header, names in {
        "<cstdio>": "printf snprintf puts putchar fprintf sprintf fputs", "<cmath>": "isfinite isnan round abs sqrt",
        "<cstring>": "memcpy memset memcmp memmove strlen strcmp strcpy strncpy strncmp", "<limits>": "numeric_limits",
        "<cstdint>": "uint8_t int8_t uint16_t int16_t uint32_t int32_t uint64_t int64_t", "<cstddef>": "size_t byte",
        "<algorithm>": "min max sort find count all_of any_of copy fill", "<string_view>": "string_view",
        "<array>": "array", "<string>": "string to_string", "<vector>": "vector", "<charconv>": "to_chars from_chars",
        "<iostream>": "cout cerr endl", "<utility>": "pair move swap", "<optional>": "optional", "<deque>": "deque",
    }.items() for name in names.split()
}


def unknown_name(about: About) -> Plain | None:
    """Explain a name that is declared nowhere."""
    name = about.match["name"]
    if name in _OF_PYTHON:
        return Plain("undeclared", f"`{name}` is Python.", f"in C++ write {_OF_PYTHON[name]}.")
    if name == "std" and (meant := re.search(r"\bstd::(\w+)", about.source)) and meant[1] in _STANDARD:
        return Plain("include", f"`std::{meant[1]}` is not known here, because its header is not included.",
                     f"add `#include {_STANDARD[meant[1]]}` at the top of the file.")
    header = about.header or _STANDARD.get(name, "")
    if header:
        return Plain("include", f"`{name}` is not known here: its header is not included, or `std::` is missing.",
                     f"add `#include {header}` at the top of the file, and write `std::{name}`.")
    what = f"No `{name}` is known at this place."
    near = about.proposal or next(iter(difflib.get_close_matches(name.lower(), _WORDS, 1, 0.75)), "")
    if near:
        return Plain("undeclared", what, f"did you mean `{near}`?")
    if re.match(r"k[A-Z]", name):
        return Plain("undeclared", what, "a value of an `enum class` has its type's name before it, such as "
                                         f"`State::{name}`.")
    return Plain("undeclared", what, "look for a typing error; a name must be declared above the line that uses it, "
                                     "and one of this course may need `node::` before it.")


def no_member(about: About) -> Plain:
    """Explain a member that its class does not have."""
    name, owner = about.match["name"], short_type(about.match["owner"])
    what = f"`{owner}` has no member `{name}`."
    if about.proposal:
        return Plain("undeclared", what, f"did you mean `{about.proposal}`?")
    if "'" in owner or "*" in owner:
        return Plain("undeclared", what, "a pointer's members are reached with `->`.")
    return Plain("undeclared", what, "look at its declaration in the header for the names it has.")


def not_in_namespace(about: About) -> Plain:
    """Explain a name that is not in its namespace."""
    name, owner = about.match["name"], about.match["owner"]
    header = about.header or (_STANDARD.get(name, "") if owner == "std" else "")
    if header:
        return Plain("include", f"`{owner}::{name}` is not known here, because its header is not included.",
                     f"add `#include {header}` at the top of the file.")
    what = f"`{owner}` has no `{name}`."
    fix = f"did you mean `{about.proposal}`?" if about.proposal else "look for a typing error or a missing `#include`."
    return Plain("undeclared", what, fix)


def no_file(about: About) -> Plain:
    """Explain a header that is not found."""
    return Plain("include", f"There is no file `{about.match['name']}` to include.",
                 "compare the name with the text; headers of this course stand in \"…\", those of C++ in <…>.")


def python_word(about: About) -> Plain | None:
    """Explain a line that begins with a word of Python; None if it does not."""
    word = re.match(r"\s*(elif|def|pass|print|from|import)\b", about.source)
    if word is None or word[1] not in _OF_PYTHON:
        return None
    return Plain("undeclared", f"`{word[1]}` is Python.", f"in C++ write {_OF_PYTHON[word[1]]}.")
