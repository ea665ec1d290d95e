"""Messages about types in plain words: a value of the wrong one, an operator or a function that does not take it."""

from __future__ import annotations

import re

from labkit.cpp.plain import About, Plain, short_type

_NUMBER = re.compile(r"^(?:const )?(?:std::)?(?:u?int\w*|unsigned|short|long|float|double|char|bool|size_t)[a-z ]*$")
_TEXT = re.compile(r"string_view|\bText<|\bReason\b|\bchar ?(?:const)? ?[\[*]|\bstring\b")
_SET = re.compile(r"\bif\b[^;{]*[^=!<>]=[^=]")  # an assignment in a condition
_OWN_TEXT = re.compile(r"^(?:const )?(?:node::)?(?:Text<\w+>|Reason|Topic|Name)&?$")
_OPERANDS = re.compile(r"operand types? (?:are|is) '(?P<left>[^']+)'(?: and '(?P<right>[^']+)')?|"
                       r"(?:operands of types|to binary expression \() ?'(?P<first>[^']+)' and '(?P<second>[^']+)'")


def characters(source: str) -> str:
    """Return what stands in single quotes in a line though it is more than one character; "" if nothing does.

    Args:
        source: the line.
    """
    without_texts = re.sub(r'"(?:[^"\\]|\\.)*"', '""', source)
    found = re.search(r"(?<![0-9A-Fa-f])'([^'\\]{2,})'", without_texts)
    return found[1] if found else ""


def in_single_quotes(text: str) -> Plain:
    """Explain a text in single quotes.

    Args:
        text: what stands in them.
    """
    return Plain("type", f"`'{text}'` in single quotes is a number made of characters, not a text.",
                 f'a text stands in double quotes: `"{text}"`.')


def wrong_type(about: About) -> Plain:
    """Explain a value that stands where another type is needed."""
    found, wanted = short_type(about.match["found"]), short_type(about.match["wanted"])
    if wanted == "bool" and re.search(r"\b(?:if|while)\b.*[^=!<>]=[^=]", about.source):
        return Plain("type", "One `=` stores a value; two, `==`, compare.", "write `==` in the condition.")
    if found == "int" and (text := characters(about.source)):
        return in_single_quotes(text)
    if found.rstrip("*") == wanted and re.search(r"\bnew\b", about.source):
        return Plain("type", f"`new` makes a `{wanted}` on the heap and gives its address; here the object itself is "
                             "wanted.", f"write `{wanted.rpartition('::')[2]} name(…);`, without `new`.")
    if prefixed(about.source):
        return format_string()
    what = f"A value of type `{found}` stands where `{wanted}` is needed, and C++ does not turn one into the other " \
           "by itself."
    return Plain("type", what, _way(found, wanted, about))


def _way(found: str, wanted: str, about: About) -> str:
    """How to come from one type to the other."""
    text_wanted = "string_view" in wanted or re.search(r"const char ?\*", wanted) is not None
    if found in ("std::nullptr_t", "nullptr_t"):
        return "an empty value is written `{}`."
    if _OWN_TEXT.match(found) and text_wanted:
        expression = about.meant if re.fullmatch(r"[A-Za-z_][\w.]*", about.meant) else "name"
        return f"a text of the course gives a view of itself: write `{expression}.view()`."
    if _OWN_TEXT.match(found) and wanted == "bool":
        return "ask the text whether it is empty: `.empty()`."
    if _NUMBER.match(found) and text_wanted:
        return "a number is no text: `append_number(reason, number)` appends one to a `Reason`, and " \
               "`json.integer(key, number)` writes one into a message."
    if "Reason" in wanted or wanted.endswith("Text<95>"):
        return 'a reason is made by `because("…")`, and an empty one, which means yes, is `{}`.'
    if re.search(r"\bchar\b|string_view", found) and _OWN_TEXT.match(wanted):
        return 'a text of the course takes one with `name.assign("…")`.'
    if all(_NUMBER.search(side) for side in (found, wanted)):
        return f"give a value of type `{wanted}`, or convert it on purpose: `static_cast<{wanted}>(…)`."
    if "char" in wanted and "*" not in wanted and ("char*" in found.replace(" ", "") or "char [" in found):
        return "one character stands in single quotes, 'a'; a text in double quotes, \"abc\"."
    if "string_view" in found and "char" in wanted:
        return "a `std::string_view` gives its first byte with `.data()` and its length with `.size()`; no zero ends " \
               "it."
    return f"give a value of type `{wanted}`, or use a member of the one you have that gives it."


def narrowing(about: About) -> Plain:
    """Explain a value in braces that may not fit."""
    return Plain("type", f"A value of type `{short_type(about.match['found'])}` may not fit into "
                         f"`{short_type(about.match['wanted'])}`, and {{…}} does not allow a loss.",
                 f"check the range, then write `static_cast<{short_type(about.match['wanted'])}>(…)`.")


def operator(about: About) -> Plain:
    """Explain an operator that does not work on the two types."""
    name = about.match["name"]
    operands = _OPERANDS.search(about.match.string)
    sides = [short_type(side) for side in operands.groups() if side] if operands else []
    if "int" in sides and (text := characters(about.source)):
        return in_single_quotes(text)
    if name in ("&&", "||") and _SET.search(about.source):
        return Plain("type", "One `=` sets a value; a comparison is written with two.",
                     "write `==` where you ask whether two values are equal.")
    texts = [side for side in sides if _TEXT.search(side)]
    if name in ("+", "+=", "expression") and texts and _plus(about.source):
        if len(texts) < len(sides):
            return Plain("type", "A text and a number are not joined with `+`.",
                         "`append_number(reason, number)` appends a number to a `Reason`; `because(a, b, c)` joins "
                         "texts.")
        return Plain("type", "Texts are not joined with `+` here: the pieces have no room of their own.",
                     "a reason of up to three pieces is `because(a, b, c)`; `text.append(piece)` appends to a `Text`.")
    if name == "[]" and any("Json" in side for side in sides):
        return Plain("type", "A JSON value has no `[…]`: it is a view of the text, not a dict.",
                     "take the object apart with `read_members` and a table of its keys, as in the example above.")
    if name in ("<", "<=", ">", ">=", "==", "!=") and any(side.endswith("Version") for side in sides):
        return Plain("type", f"There is no `{name}` for `Version`.", f"write `compare(left, right) {name} 0`.")
    if name == "=" and sides and _OWN_TEXT.match(sides[0]):
        source = "other.view()" if len(sides) > 1 and _OWN_TEXT.match(sides[1]) else "…"
        return Plain("type", f"A `{sides[0]}` is not filled with `=` from a `{sides[-1]}`.",
                     f"write `name.assign({source})`; its answer says whether it fits.")
    which = "The operator" if name == "expression" else f"The operator `{name}`"
    if len(sides) == 1:
        return Plain("type", f"{which} does not work on a `{sides[0]}`.",
                     "look for a member of it that answers the question, such as `.empty()` or `.ok()`.")
    between = f": `{sides[0]}` and `{sides[1]}`" if sides else ""
    return Plain("type", f"{which} does not know how to work on these two types{between}.",
                 "look at the type of each side; a text is compared as `std::string_view`, a number as a number.")


def _plus(source: str) -> bool:
    return "+" in re.sub(r'"(?:[^"\\]|\\.)*"', '""', source)


def no_match(about: About) -> Plain:
    """Explain a call that no function of that name takes."""
    name = short_type(about.match["name"])
    owner, _, last = name.rpartition("::")
    if last == "to" and owner.endswith("JsonValue"):
        return Plain("arguments", "`to` writes into a variable of yours: a `std::int64_t` for a whole number, a "
                                  "`Text<N>` for a text. It takes no other type, and no value without a name.",
                     "write `std::int64_t number = 0;` or `Text<24> text;`, then `if (!value.to(number)) …`; check the "
                     "range before you convert it.")
    name = f"{owner} (constructor)" if owner.rpartition("::")[2] == last else name
    known = _candidates(about.notes, last)
    told = f" It is declared as {' or '.join(f'`{one}`' for one in known)}." if known else ""
    return Plain("arguments", f"There is no `{name}` that takes these arguments.{told}",
                 "compare number, order and types of the arguments with the declaration in the header.")


def _candidates(notes: str, last: str) -> list[str]:
    """The declarations that the compiler looked at, without those that only copy an object; at most four."""
    found = []
    for candidate in re.findall(r"candidate: '([^'\n]+)'", notes):
        one = re.sub(r"^template<[^>]*> ?", "", short_type(candidate)).replace("constexpr ", "")
        if re.search(rf"\b{re.escape(last)}\((?:const )?[\w:<>, ]*\b{re.escape(last)}(?:<[^>]*>)? ?&&?\)", one):
            continue
        found.append(one)
    return list(dict.fromkeys(found))[:4]


def incomplete(about: About) -> Plain | None:
    """Explain a type that is declared and not defined: the standard's text class, whose header is missing."""
    if not re.search(r"\bstd::(?:__cxx11::)?(?:basic_)?string\b", about.match.string):
        return None
    return no_string()


def no_string() -> Plain:
    """Explain the standard's text class, whose header is missing."""
    return Plain("include", "`std::string` is not known here: its header is missing. This course needs none: it takes "
                            "its memory from the heap.",
                 "take a text of the caller's as `std::string_view`; keep one of your own in a `Text<N>`.")


def switched(about: About) -> Plain:
    """Explain a `switch` on something that is no number."""
    del about
    return Plain("type", "`switch` works on whole numbers and on an `enum` only, not on a text.",
                 'compare texts one after the other: `if (name == "on") … else if (name == "off") …`.')


def prefixed(source: str) -> bool:
    """Return whether a line has a text such as Python's f"…".

    Args:
        source: the line.
    """
    return re.search(r'\b[fF]"', re.sub(r'(?<!\bf)(?<!\bF)"(?:[^"\\]|\\.)*"', '""', source)) is not None


def format_string() -> Plain:
    """Explain a text that Python would fill in."""
    return Plain("undeclared", '`f"…"` is Python: C++ puts no values into a text.',
                 "join pieces with `because(a, b, c)`, and append a number with `append_number(reason, number)`.")
