"""Warnings that are mistakes more often than not, in plain words."""

from __future__ import annotations

import re

from labkit.cpp.explain import Plain

_TABLE = tuple((re.compile(pattern), Plain("warning", what, fix)) for pattern, what, fix in (
    (r"format '[^']*' expects|format specifies type|too (?:few|many) arguments for format",
     "A `%…` of `printf` does not fit its argument: what is written is not defined.",
     "Try: `%d` int, `%u` unsigned, `%lld` long long, `%.1f` double, `%s` a text that ends in zero; of a `string_view`"
     ": `%.*s` with `static_cast<int>(text.size()), text.data()`."),
    (r"assignment used as truth value|result of an assignment as a condition",
     "This assigns (`=`), though a comparison (`==`) is probably meant.", "Try: `==`."),
    (r"comparison of integer expressions of different signedness|comparison of integers of different signs",
     "One side can be negative, the other cannot: a negative number then counts as a very large one.",
     "Try: the same type on both sides, such as `std::size_t` for an index."),
    (r"address of local variable|reference to local variable|address of stack memory|reference to stack memory",
     "This returns where a local variable was: it ends with the function.",
     "Try: return a value, or write into a buffer of the caller."),
    (r"used uninitialized|is uninitialized when used", "This is read before it was given a value.",
     "Try: give it one where it is declared."),
    (r"narrowing conversion", "The value may not fit into this type.",
     "Try: check its range first, then `static_cast`."),
    (r"clause does not guard", "Without braces only one statement belongs to it; the next one runs always.",
     "Try: `{ … }` around what belongs together."),
    (r"empty body", "A `;` right behind `if (…)` or `while (…)` is its whole body.", "Try: take that `;` away."),
    (r"statement has no effect|result unused|computed is not used", "This line changes nothing.",
     "Try: `=` assigns, `==` compares, and a function is called with `()`."),
    (r"infinite recursion|call itself", "The function calls itself without an end.",
     "Try: a case in which it returns without calling itself."),
    (r"character constant|multi-character", "In single quotes stands one character; several are a number made of them.",
     'Try: double quotes for a text, "abc".'),
    (r"null where non-null expected|null passed to a callee that requires a non-null",
     "`nullptr` is no text: whoever reads it reads memory that is not there.",
     "Try: an empty view is `{}`, and `.empty()` says whether a view is empty."),
    (r"comparison with string literal|comparison against a string literal",
     "This compares where the two texts are kept, not what they say.",
     "Try: make a view of one side first: `std::string_view(a) == \"abc\"`."),
))


def explain_warning(message: str) -> Plain | None:
    """Return what a warning means; None if it has to speak for itself.

    Args:
        message: what the compiler says, with plain quotation marks.
    """
    return next((plain for pattern, plain in _TABLE if pattern.search(message)), None)
