"""Names that the compiler does not know: of Python, of a header that is not included, or misspelt."""

from __future__ import annotations

import difflib
import re

from labkit.cpp.explain_types import format_string, no_string, prefixed
from labkit.cpp.members import members_of
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
    "raise": "`return` with what went wrong, such as `because(\"…\")`",
    "import": "`#include <…>` at the top of the file", "from": "`#include <…>` at the top of the file",
    "in": "a comparison with each: `a == b || a == c`",
    "pass": "an empty block `{}`", "range": "`for (int i = 0; i < n; ++i)`", "is": "`==`",
}


_NO_VALUES = frozenset({"inline", "union", "goto", "extern", "export", "typename", "using", "friend", "register"})
"""Keywords that stand nowhere where a value can: GCC proposes them for a word without quotation marks."""

_LATER = {
    "starts_with": '`text.substr(0, 4) == "http"`, with the length of what it begins with',
    "ends_with": '`text.size() >= 4 && text.substr(text.size() - 4) == ".bin"`',
    "contains": "`text.find('x') != std::string_view::npos`",
}
"""Methods of std::string_view that C++17 does not have."""

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
    if name == "time" and "time." in about.source:
        return Plain("undeclared", "`time.…` is Python, and nothing waits here: the time is handed in.",
                     "compare the time that the function is given (`now`, in ms) with one that was kept.")
    if name in "fF" and prefixed(about.source):
        return format_string()
    if name == "std" and re.search(r"\bstd::string\b", about.source):
        return no_string()
    if name == "std" and (meant := re.search(r"\bstd::(\w+)", about.source)) and meant[1] in _STANDARD:
        return Plain("include", f"`std::{meant[1]}` is not known here, because its header is not included.",
                     f"add `#include {_STANDARD[meant[1]]}` at the top of the file.")
    header = about.header or _STANDARD.get(name, "")
    if header:
        return Plain("include", f"`{name}` is not known here: its header is not included, or `std::` is missing.",
                     f"add `#include {header}` at the top of the file, and write `std::{name}`.")
    what = f"No `{name}` is known at this place."
    near = about.proposal if about.proposal not in _NO_VALUES else ""
    near = near or next(iter(difflib.get_close_matches(name.lower(), _WORDS, 1, 0.75)), "")
    if near:
        return Plain("undeclared", what, f"did you mean `{near}`?")
    if re.match(r"k[A-Z]", name):
        return Plain("undeclared", what, "a value of an `enum class` has its type's name before it, such as "
                                         f"`State::{name}`.")
    return Plain("undeclared", what, "look for a typing error; a name must be declared above the line that uses it, "
                                     "one of this course may need `node::` before it, and a text stands in double "
                                     f'quotes: `"{name}"`.')


def no_member(about: About) -> Plain:
    """Explain a member that its class does not have."""
    name, owner = about.match["name"], short_type(about.match["owner"])
    what = f"`{owner}` has no member `{name}`."
    if "string_view" in owner and name in _LATER:
        return Plain("undeclared", f"`{name}` came with a later C++; this course's is C++17.", f"write {_LATER[name]}.")
    known = members_of(owner)
    if about.proposal and "private" not in about.notes and "accessible" not in about.match.string:
        return Plain("undeclared", what, f"did you mean `{about.proposal}`?")
    if "'" in owner or "*" in owner:
        return Plain("undeclared", what, "a pointer's members are reached with `->`.")
    if known:
        by_view = " What `std::string_view` has, such as `size()`, its `view()` has." if "view()" in known else ""
        return Plain("undeclared", what, f"its members are {', '.join(f'`{one}`' for one in known)}.{by_view}")
    return Plain("undeclared", what, "look at its declaration in the header for the names it has.")


def not_in_namespace(about: About) -> Plain:
    """Explain a name that is not in its namespace."""
    name, owner = about.match["name"], about.match["owner"]
    if owner == "std" and name == "string":
        return no_string()
    if owner == "std" and name == "to_string":
        return Plain("undeclared", "`std::to_string` makes a `std::string`, which this course does not use.",
                     "append a number to a reason with `append_number(reason, number)`.")
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
    if re.match(r"\s*for\s+\w+(?:\s*,\s*\w+)*\s+in\b", about.source):
        return Plain("undeclared", "`for … in …` is Python.",
                     "count with `for (std::size_t i = 0; i < n; ++i)`, or go through all with `for (auto& x : all)`.")
    if "invalid preprocessing directive" in about.match.string:
        return Plain("undeclared", "A line that begins with `#` is for the compiler, as in `#include`.",
                     "a comment begins with `//`.")
    if prefixed(about.source) and re.search(r"before|convert|string constant|string literal", about.match.string):
        return format_string()
    if re.search(r"\bif\b.*\bin\s*[(\[]", about.source) and "before 'in'" in about.match.string:
        return Plain("undeclared", "`in` is Python.", f"in C++ write {_OF_PYTHON['in']}.")
    word = re.match(r"\s*(elif|def|pass|print|from|import|raise)\b", about.source)
    if word is None:
        return None
    return Plain("undeclared", f"`{word[1]}` is Python.", f"in C++ write {_OF_PYTHON[word[1]]}.")
