"""The compiler's most frequent messages to a beginner in C++, in plain words: what it means, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
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
class _About:
    """What there is to look at: the message, the compiler's notes, the line, what it would insert."""

    match: re.Match[str]
    notes: str
    source: str
    insert: str

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


def explain(message: str, notes: Sequence[str] = (), source: str = "", insert: str = "") -> Plain | None:
    """Return what a message means; None if it is none of the frequent ones.

    Args:
        message: what the compiler says, with plain quotation marks.
        notes: what it adds.
        source: the line in question, "" if it is not known.
        insert: what the compiler would insert there, "" if it proposes nothing.
    """
    plain = re.sub(r" (?:\{aka '[^']*'\}|\(aka '[^']*'\))", "", message)
    for pattern, tell in _TABLE:
        if match := pattern.search(plain):
            told = tell(_About(match, "\n".join(notes), source, insert))
            if told is not None:
                return told
    return None


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


def _unknown_name(about: _About) -> Plain | None:
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


def _no_member(about: _About) -> Plain:
    name, owner = about.match["name"], _short(about.match["owner"])
    what = f"`{owner}` has no member `{name}`."
    if about.proposal:
        return Plain("undeclared", what, f"did you mean `{about.proposal}`?")
    if "'" in owner or "*" in owner:
        return Plain("undeclared", what, "a pointer's members are reached with `->`.")
    return Plain("undeclared", what, "look at its declaration in the header for the names it has.")


def _not_in_namespace(about: _About) -> Plain:
    name, owner = about.match["name"], about.match["owner"]
    header = about.header or (_STANDARD.get(name, "") if owner == "std" else "")
    if header:
        return Plain("include", f"`{owner}::{name}` is not known here, because its header is not included.",
                     f"add `#include {header}` at the top of the file.")
    what = f"`{owner}` has no `{name}`."
    fix = f"did you mean `{about.proposal}`?" if about.proposal else "look for a typing error or a missing `#include`."
    return Plain("undeclared", what, fix)


def _no_file(about: _About) -> Plain:
    return Plain("include", f"There is no file `{about.match['name']}` to include.",
                 "compare the name with the text; headers of this course stand in \"…\", those of C++ in <…>.")


def _semicolon(about: _About) -> Plain | None:
    if ";" not in about.match["wanted"]:
        return None
    if about.source.count("(") > about.source.count(")"):
        return _sign(about)
    after_class = "after class" in about.match.string or "after struct" in about.match.string
    if after_class:
        return Plain("class", "A class or struct ends with `};`.", "put a `;` after its closing brace.")
    return Plain("semicolon", "A `;` is missing: here, or at the end of the line before.",
                 "end the statement with `;`.")


def _sign(about: _About) -> Plain:
    if about.source.count("(") > about.source.count(")"):
        return Plain("sign", "A `)` is missing in this line.", "count `(` and `)`: each one that opens must close.")
    if about.source.count("(") < about.source.count(")"):
        return Plain("sign", "A `)` in this line has no `(`.", "count `(` and `)`: each one that opens must close.")
    return Plain("sign", "A sign is missing before this place, often a `,` or an operator.",
                 "arguments and parameters are separated by `,`.")


def _initializer(about: _About) -> Plain:
    if about.source.count("(") < about.source.count(")"):
        return _sign(about)
    return Plain("begin", "The line before is not finished: a function's body begins with `{`, a declaration ends "
                          "with `;`.", "add what is missing at the end of the line before.")


def _colons(_: _About) -> Plain:
    return Plain("sign", "A name and what it belongs to are joined by two colons.", "write `::` in place of `:`.")


def _primary(about: _About) -> Plain:
    if about.source.count("(") != about.source.count(")"):
        return _sign(about)
    return Plain("sign", "A value is missing at this place, or a sign is too many.",
                 "look at what stands right before the mark; a type cannot stand where a value is needed.")


def _called(about: _About) -> Plain:
    name = (about.match["name"] or about.match["other"]).rpartition("::")[2]
    return Plain("call", f"`{name}` is a function: here its result is meant, but it is not called.",
                 f"write `{name}()`.")


def _parenthesis(_: _About) -> Plain:
    return Plain("brace", "The condition of `if`, `while` or `for` stands in parentheses.", "write `if (…) { … }`.")


_NUMBER = re.compile(r"^(?:const )?(?:std::)?(?:u?int\w*|unsigned|short|long|float|double|char|bool|size_t)[a-z ]*$")


def _types(about: _About) -> Plain:
    found, wanted = _short(about.match["found"]), _short(about.match["wanted"])
    if wanted == "bool" and re.search(r"\b(?:if|while)\b.*[^=!<>]=[^=]", about.source):
        return Plain("type", "One `=` stores a value; two, `==`, compare.", "write `==` in the condition.")
    fix = f"give a value of type `{wanted}`, or use a member of the one you have that gives it."
    if all(_NUMBER.search(side) for side in (found, wanted)):
        fix = f"give a value of type `{wanted}`, or convert it on purpose: `static_cast<{wanted}>(…)`."
    if "char" in wanted and "*" not in wanted and ("char*" in found.replace(" ", "") or "char [" in found):
        fix = "one character stands in single quotes, 'a'; a text in double quotes, \"abc\"."
    elif found == "int" and re.search(r"'[^'\\]{2,}'", about.source):
        fix = "a text stands in double quotes, \"abc\"; single quotes hold one character."
    elif "string_view" in found and "char" in wanted:
        fix = "a `std::string_view` gives its first byte with `.data()` and its length with `.size()`; no zero ends it."
    return Plain("type", f"A value of type `{found}` stands where `{wanted}` is needed, and C++ does not turn one into "
                         "the other by itself.", fix)


def _narrowing(about: _About) -> Plain:
    return Plain("type", f"A value of type `{_short(about.match['found'])}` may not fit into "
                         f"`{_short(about.match['wanted'])}`, and {{…}} does not allow a loss.",
                 f"check the range, then write `static_cast<{_short(about.match['wanted'])}>(…)`.")


def _operator(about: _About) -> Plain:
    name = about.match["name"]
    which = "The operator" if name == "expression" else f"The operator `{name}`"
    return Plain("type", f"{which} does not know how to work on these two types.",
                 "look at the type of each side; a text is compared as `std::string_view`, a number as a number.")


def _no_match(about: _About) -> Plain:
    name = _short(about.match["name"])
    owner, _, last = name.rpartition("::")
    name = f"{owner} (constructor)" if owner.rpartition("::")[2] == last else name
    candidate = re.search(r"candidate: '([^'\n]+)'", about.notes)
    known = f" It is declared as `{_short(candidate[1])}`." if candidate else ""
    return Plain("arguments", f"There is no `{name}` that takes these arguments.{known}",
                 "compare number, order and types of the arguments with the declaration in the header.")


def _void(about: _About) -> Plain:
    if "ignored" in about.match.string:
        return Plain("type", "The function called here gives no result (`void`), so there is nothing to use.",
                     "call it on a line of its own, and look for its result where it writes it.")
    return Plain("type", "This function is declared to give no result (`void`), but returns one.",
                 "write `return;`, or declare the result's type before its name, as its header does.")


def _static(about: _About) -> Plain:
    return Plain("type", f"Something that the code demands does not hold: {about.match['why']}.",
                 "look at the values in `<…>` and the types that are used there.")


def _count(about: _About) -> Plain:
    name = about.match.groupdict().get("name")
    of = f" to `{_short(name)}`" if name else ""
    return Plain("arguments", f"Too {about.match['how']} arguments{of}.",
                 "count them against the declaration in the header.")


def _signature(about: _About) -> Plain:
    return Plain("arguments", f"The header declares no `{_short(about.match['name'])}` like this one.",
                 "copy name, parameters, `const` and result type from the declaration in the header.")


def _no_return(_: _About) -> Plain:
    return Plain("return", "The function promises a result, but a way through it ends without `return`.",
                 "add a `return` to every way out, also after the last `if` or loop.")


def _const(about: _About) -> Plain:
    if "this" in about.match.string or "member" in about.match.string or "object" in about.match.string:
        return Plain("const", "This would change an object that may only be read here (`const`).",
                     "in a function that ends in `const` change no member; call only its `const` functions.")
    return Plain("const", "This would change something that is `const`: it may only be read.",
                 "change a copy of your own, or take the `const` away from your own declaration if it has to change.")


def _brace(_: _About) -> Plain:
    return Plain("brace", "The file ends, or a function begins, while a block is still open: a `}` is missing above.",
                 "count `{` and `}` of the function before this line; each block closes at the depth where it began.")


def _outside(_: _About) -> Plain:
    return Plain("brace", "A statement stands outside of any function: probably a `}` too many stands above it.",
                 "look at the braces above this line and take out the one that closes the function too early.")


def _twice(about: _About) -> Plain:
    name = _short(about.match["name"])
    return Plain("twice", f"`{name}` is defined a second time.",
                 "keep one of the two; what the header defines already must not be repeated, only what it declares.")


def _undefined(about: _About) -> Plain:
    name = _short(about.match["name"])
    if name == "main":
        return Plain("linker", "The program has no `main`.", "add `int main() { … }`, or take the name of a part file.")
    return Plain("linker", f"`{name}` is declared and used, but no file defines it.",
                 "write it with the name, `node::` and parameters of its header; if it is written, run its cell.")


def _twice_linked(about: _About) -> Plain:
    return Plain("linker", f"`{_short(about.match['name'])}` is defined in two files.",
                 "keep it in one of them; a function that stands in a header needs `inline`.")


def _unwritten(_: _About) -> Plain:
    return Plain("unwritten", "This part is not written yet.", "write your code, and delete the `#error` line.")


def _stray(_: _About) -> Plain:
    return Plain("letter", "There is a letter here that C++ does not know; a copied text often has curly quotation "
                           "marks or special spaces.", "type this line anew.")


def _quotes(_: _About) -> Plain:
    return Plain("letter", "A text that was begun in this line does not end in it.",
                 'close it with the same mark it began with: "text", \'c\'.')


def _python_word(about: _About) -> Plain | None:
    word = re.match(r"\s*(elif|def|pass|print|from|import)\b", about.source)
    if word is None or word[1] not in _OF_PYTHON:
        return None
    return Plain("undeclared", f"`{word[1]}` is Python.", f"in C++ write {_OF_PYTHON[word[1]]}.")


def _short(name: str) -> str:
    """A type or a signature without what hides it: std's long names, the folder of templates' arguments."""
    plain = re.sub(r"\bstd::(?:__cxx11::)?basic_(string_view|string)<char(?:, std::char_traits<char>)?"
                   r"(?:, std::allocator<char>)? ?>", r"std::\1", name)
    plain = re.sub(r"\b(?:struct|class|enum) ", "", plain)
    plain = re.sub(r"\{aka [^}]*\}", "", plain)
    plain = re.sub(r" \[with [^\]]*\]", "", plain)
    return " ".join(plain.replace("std::__cxx11::", "std::").split())


_Tell = Callable[[_About], "Plain | None"]
_SOURCES: tuple[tuple[str, _Tell], ...] = (
    (r"Write your code here", _unwritten),
    (r".", _python_word),
    # Headers, and names that come with them.
    (r"^(?P<name>[^:]+): No such file or directory", _no_file),
    (r"^'(?P<name>[^']+)' file not found", _no_file),
    (r"'(?P<name>[^']+)' is not a member of '(?P<owner>[^']+)'", _not_in_namespace),
    (r"no (?:member|type|template) named '(?P<name>[^']+)' in namespace '(?P<owner>[^']+)'", _not_in_namespace),
    # Signs.
    (r"found ':' in nested-name-specifier|unexpected ':' in nested name specifier", _colons),
    (r"named return values|expected function body|expected initializer before|expected '\{' before|"
     r"expected ';' after top level declarator", _initializer),
    (r"cannot convert '(?P<name>[^']+)' from type '[^']*\(\w[\w:<>, ]*::\)|"
     r"invalid use of (?:non-static )?member function '(?:[^'(]* )?(?P<other>[^'(]+)", _called),
    (r"expected '\)'(?: before|$)|expected ',' (?:or '\.\.\.' )?before|expected nested-name-specifier|"
     r"expected identifier before", _sign),
    # Braces and the end of the file.
    (r"at end of input|expected '\}'|expected declaration before '\}'|extraneous closing brace", _brace),
    (r"a function-definition is not allowed here|function definition is not allowed here|qualified-id in declaration",
     _brace),
    (r"expected unqualified-id before '?(?:if|for|while|return|switch|else|\{|\})|'(?:if|for|while|return|else)' before"
     r"|^expected unqualified-id$|expected declaration before", _outside),
    (r"expected '\(' before|expected '\(' after", _parenthesis),
    (r"expected (?P<wanted>(?:'[^']*'(?:,? or |, )?)+)", _semicolon),
    (r"expected primary-expression|^expected expression", _primary),
    # Names.
    (r"'(?P<name>[^']+)' was not declared in this scope", _unknown_name),
    (r"'(?P<name>[^']+)' has not been declared", _unknown_name),
    (r"'(?P<name>[^']+)' does not name a type", _unknown_name),
    (r"(?:use of undeclared identifier|unknown type name) '(?P<name>[^']+)'", _unknown_name),
    (r"'(?P<owner>[^']+)' has no member named '(?P<name>[^']+)'", _no_member),
    (r"no member named '(?P<name>[^']+)' in '(?P<owner>[^']+)'", _no_member),
    (r"request for member '(?P<name>[^']+)' in '[^']+', which is of (?:pointer|non-class) type '(?P<owner>[^']+)'",
     _no_member),
    # What may only be read: before types, whose messages look alike.
    (r"(?:read-only|discards qualifiers|drops 'const' qualifier|not marked const|const-qualified|within const|"
     r"as 'this' argument)",
     _const),
    # Types.
    (r"narrowing conversion of .*? from '(?P<found>[^']+)' to '(?P<wanted>[^']+)'", _narrowing),
    (r"(?:cannot|could not) convert .*?from '(?P<found>[^']+)' to '(?P<wanted>[^']+)'", _types),
    (r"cannot convert '(?P<found>[^']+)' to '(?P<wanted>[^']+)'", _types),
    (r"(?:invalid )?conversion from '(?P<found>[^']+)' to (?:non-scalar type )?'(?P<wanted>[^']+)'", _types),
    (r"no viable conversion from returned value of type '(?P<found>[^']+)' to function return type "
     r"'(?P<wanted>[^']+)'", _types),
    (r"value of type '(?P<found>[^']+)' is not contextually convertible to '(?P<wanted>bool)'", _types),
    (r"no viable conversion from '(?P<found>[^']+)' to '(?P<wanted>[^']+)'", _types),
    (r"cannot initialize .*? of type '(?P<wanted>[^']+)' with .*? of type '(?P<found>[^']+)'", _types),
    (r"assigning to '(?P<wanted>[^']+)' from incompatible type '(?P<found>[^']+)'", _types),
    (r"no match for 'operator(?P<name>[^' ]+)'", _operator),
    (r"invalid operands (?:of types .*? )?to binary (?:'operator)?(?P<name>expression|[^' ]+)", _operator),
    # Calls.
    (r"no matching (?:function for call to|member function for call to|constructor for initialization of)"
     r" '(?P<name>[^'(]+)", _no_match),
    (r"too (?P<how>few|many) arguments to (?:function|constructor|method)? ?(?:'(?P<name>[^']+)')?", _count),
    (r"too (?P<how>few|many) arguments", _count),
    (r"no declaration matches '(?P<name>[^']+)'", _signature),
    (r"out-of-line definition of '(?P<name>[^']+)' does not match", _signature),
    # The rest.
    (r"void value not ignored|return-statement with a value|should not return a value", _void),
    (r"static assertion failed:? ?(?P<why>.*)", _static),
    (r"no return statement in function|control reaches end of non-void|non-void function does not return|"
     r"return-statement with no value|should return a value", _no_return),
    (r"(?:redefinition|redeclaration) of '(?P<name>[^']+)'", _twice),
    (r"conflicting declaration '(?P<name>[^']+)'", _twice),
    (r"undefined reference to '(?P<name>.+)'", _undefined),
    (r"multiple definition of '(?P<name>.+)'", _twice_linked),
    (r"missing terminating", _quotes),
    (r"stray '|unexpected character|non-ASCII|extended character", _stray),
)
_TABLE = tuple((re.compile(pattern), tell) for pattern, tell in _SOURCES)
