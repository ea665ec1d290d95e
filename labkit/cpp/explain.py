"""The compiler's most frequent messages to a beginner in C++, in plain words: what it means, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from labkit.cpp.explain_types import incomplete, narrowing, no_match, operator, switched, wrong_type
from labkit.cpp.names import no_file, no_member, not_in_namespace, python_word, unknown_name
from labkit.cpp.plain import About, Plain, short_type

__all__ = ["Plain", "explain"]


def explain(
    message: str, notes: Sequence[str] = (), source: str = "", insert: str = "", meant: str = ""
) -> Plain | None:
    """Return what a message means; None if it is none of the frequent ones.

    Args:
        message: what the compiler says, with plain quotation marks.
        notes: what it adds.
        source: the line in question, "" if it is not known.
        insert: what the compiler would insert there, "" if it proposes nothing.
        meant: what of the line is marked, "" if nothing is.
    """
    plain = re.sub(r" (?:\{aka '[^']*'\}|\(aka '[^']*'\))", "", message)
    for pattern, tell in _TABLE:
        if match := pattern.search(plain):
            told = tell(About(match, "\n".join(notes), source, insert, meant))
            if told is not None:
                return told
    return None


def _semicolon(about: About) -> Plain | None:
    if ";" not in about.match["wanted"]:
        return None
    if about.source.count("(") > about.source.count(")"):
        return _sign(about)
    after_class = "after class" in about.match.string or "after struct" in about.match.string
    if after_class:
        return Plain("class", "A class or struct ends with `};`.", "put a `;` after its closing brace.")
    if re.search(r"\)[ \t]*[A-Za-z_]\w*\(", about.source):
        return Plain("semicolon", "A sign is missing behind the `)`.",
                     "put in a `.` before the next call of a chain, a `,` between two arguments, or a `;` at the end "
                     "of a statement.")
    return Plain("semicolon", "A `;` is missing: here, or at the end of the line before.",
                 "end the statement with `;`.")


def _sign(about: About) -> Plain:
    if about.source.count("(") > about.source.count(")"):
        return Plain("sign", "A `)` is missing in this line.", "count `(` and `)`: each one that opens must close.")
    if about.source.count("(") < about.source.count(")"):
        return Plain("sign", "A `)` in this line has no `(`.", "count `(` and `)`: each one that opens must close.")
    return Plain("sign", "A sign is missing before this place, often a `,` or an operator.",
                 "arguments and parameters are separated by `,`.")


def _initializer(about: About) -> Plain:
    if about.source.count("(") < about.source.count(")"):
        return _sign(about)
    return Plain("begin", "The line before is not finished: a function's body begins with `{`, a declaration ends "
                          "with `;`.", "add what is missing at the end of the line before.")


def _colons(_: About) -> Plain:
    return Plain("sign", "A name and what it belongs to are joined by two colons.", "write `::` in place of `:`.")


def _primary(about: About) -> Plain:
    if about.source.count("(") != about.source.count(")"):
        return _sign(about)
    return Plain("sign", "A value is missing at this place, or a sign is too many.",
                 "look at what stands right before the mark; a type cannot stand where a value is needed.")


def _called(about: About) -> Plain:
    name = (about.match["name"] or about.match["other"]).rpartition("::")[2]
    return Plain("call", f"`{name}` is a function: here its result is meant, but it is not called.",
                 f"write `{name}()`.")


def _parenthesis(_: About) -> Plain:
    return Plain("brace", "The condition of `if`, `while` or `for` stands in parentheses.", "write `if (…) { … }`.")


def _void(about: About) -> Plain:
    if "ignored" in about.match.string:
        return Plain("type", "The function called here gives no result (`void`), so there is nothing to use.",
                     "call it on a line of its own, and look for its result where it writes it.")
    return Plain("type", "This function is declared to give no result (`void`), but returns one.",
                 "write `return;`, or declare the result's type before its name, as its header does.")


def _static(about: About) -> Plain:
    return Plain("type", f"Something that the code demands does not hold: {about.match['why']}.",
                 "look at the values in `<…>` and the types that are used there.")


def _count(about: About) -> Plain:
    name = about.match.groupdict().get("name")
    of = f" to `{short_type(name)}`" if name else ""
    return Plain("arguments", f"Too {about.match['how']} arguments{of}.",
                 "count them against the declaration in the header.")


def _signature(about: About) -> Plain:
    return Plain("arguments", f"The header declares no `{short_type(about.match['name'])}` like this one.",
                 "copy name, parameters, `const` and result type from the declaration in the header.")


def _no_return(_: About) -> Plain:
    return Plain("return", "The function promises a result, but a way through it ends without `return`.",
                 "add a `return` to every way out, also after the last `if` or loop.")


def _large(_: About) -> Plain:
    return Plain("memory", "This is larger than any object may be.",
                 "look at the number of elements; a board has about 300,000 bytes for all of its variables.")


def _const(about: About) -> Plain:
    if "this" in about.match.string or "member" in about.match.string or "object" in about.match.string:
        return Plain("const", "This would change an object that may only be read here (`const`).",
                     "in a function that ends in `const` change no member; call only its `const` functions.")
    return Plain("const", "This would change something that is `const`: it may only be read.",
                 "change a copy of your own, or take the `const` away from your own declaration if it has to change.")


def _brace(_: About) -> Plain:
    return Plain("brace", "The file ends, or a function begins, while a block is still open: a `}` is missing above.",
                 "count `{` and `}` of the function before this line; each block closes at the depth where it began.")


def _outside(_: About) -> Plain:
    return Plain("brace", "A statement stands outside of any function: probably a `}` too many stands above it.",
                 "look at the braces above this line and take out the one that closes the function too early.")


def _twice(about: About) -> Plain:
    name = short_type(about.match["name"])
    return Plain("twice", f"`{name}` is defined a second time.",
                 "keep one of the two; what the header defines already must not be repeated, only what it declares.")


def _undefined(about: About) -> Plain:
    name = short_type(about.match["name"])
    if name == "main":
        return Plain("linker", "The program has no `main`.", "add `int main() { … }`, or take the name of a part file.")
    return Plain("linker", f"`{name}` is declared and used, but no file defines it.",
                 "write it with the name, `node::` and parameters of its header; if it is written, run its cell.")


def _twice_linked(about: About) -> Plain:
    return Plain("linker", f"`{short_type(about.match['name'])}` is defined in two files.",
                 "keep it in one of them; a function that stands in a header needs `inline`.")


def _unwritten(_: About) -> Plain:
    return Plain("unwritten", "This part is not written yet.", "write your code, and delete the `#error` line.")


def _stray(_: About) -> Plain:
    return Plain("letter", "There is a letter here that C++ does not know; a copied text often has curly quotation "
                           "marks or special spaces.", "type this line anew.")


def _quotes(_: About) -> Plain:
    return Plain("letter", "A text that was begun in this line does not end in it.",
                 'close it with the same mark it began with: "text", \'c\'.')


_Tell = Callable[[About], "Plain | None"]
_SOURCES: tuple[tuple[str, _Tell], ...] = (
    (r"Write your code here", _unwritten),
    (r".", python_word),
    # Headers, and names that come with them.
    (r"^(?P<name>[^:]+): No such file or directory", no_file),
    (r"^'(?P<name>[^']+)' file not found", no_file),
    (r"'(?P<name>[^']+)' is not a member of '(?P<owner>[^']+)'", not_in_namespace),
    (r"no (?:member|type|template) named '(?P<name>[^']+)' in namespace '(?P<owner>[^']+)'", not_in_namespace),
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
    (r"'(?P<name>[^']+)' was not declared in this scope", unknown_name),
    (r"'(?P<name>[^']+)' has not been declared", unknown_name),
    (r"'(?P<name>[^']+)' does not name a type", unknown_name),
    (r"(?:use of undeclared identifier|unknown type name) '(?P<name>[^']+)'", unknown_name),
    (r"'(?P<owner>[^']+)' has no member named '(?P<name>[^']+)'", no_member),
    (r"no member named '(?P<name>[^']+)' in '(?P<owner>[^']+)'", no_member),
    (r"request for member '(?P<name>[^']+)' in '[^']+', which is of (?:pointer|non-class) type '(?P<owner>[^']+)'",
     no_member),
    # What may only be read: before types, whose messages look alike.
    (r"(?:read-only|discards qualifiers|drops 'const' qualifier|not marked const|const-qualified|within const|"
     r"as 'this' argument)",
     _const),
    # Types.
    (r"size of (?:variable|array) .*(?:too large|exceeds maximum)|array is too large", _large),
    (r"incomplete|undefined template", incomplete),
    (r"switch quantity not an integer|statement requires expression of integer type", switched),
    (r"narrowing conversion of .*? from '(?P<found>[^']+)' to '(?P<wanted>[^']+)'", narrowing),
    (r"(?:cannot|could not) convert .*?from '(?P<found>[^']+)' to '(?P<wanted>[^']+)'", wrong_type),
    (r"cannot convert '(?P<found>[^']+)' to '(?P<wanted>[^']+)'", wrong_type),
    (r"(?:invalid )?conversion from '(?P<found>[^']+)' to (?:non-scalar type )?'(?P<wanted>[^']+)'", wrong_type),
    (r"no viable conversion from returned value of type '(?P<found>[^']+)' to function return type "
     r"'(?P<wanted>[^']+)'", wrong_type),
    (r"value of type '(?P<found>[^']+)' is not contextually convertible to '(?P<wanted>bool)'", wrong_type),
    (r"no viable conversion from '(?P<found>[^']+)' to '(?P<wanted>[^']+)'", wrong_type),
    (r"cannot initialize .*? of type '(?P<wanted>[^']+)' with .*? of type '(?P<found>[^']+)'", wrong_type),
    (r"assigning to '(?P<wanted>[^']+)' from incompatible type '(?P<found>[^']+)'", wrong_type),
    (r"no match for 'operator(?P<name>[^' ]+)'", operator),
    (r"invalid operands (?:of types .*? )?to binary (?:'operator)?(?P<name>expression|[^' ]+)", operator),
    # Calls.
    (r"no matching (?:function for call to|member function for call to|constructor for initialization of)"
     r" '(?P<name>[^'(]+)", no_match),
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
