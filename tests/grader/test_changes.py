"""Answers as changes to the reference."""

from __future__ import annotations

import pytest

from grader import changes

REFERENCE = """\
def first(n):
    if n < 0:
        return 0
    return n


def second(n):
    if n < 0:
        return 1
    return n
"""


def test_a_hunk_is_found_by_its_lines() -> None:
    assert changes.apply("@@\n     if n < 0:\n-        return 1\n+        return 2\n", REFERENCE) == (
        REFERENCE.replace("return 1", "return 2"))


def test_several_hunks_are_made_in_order() -> None:
    made = changes.apply("@@\n-def first(n):\n+def first(m):\n@@\n-        return 0\n+        return None\n"
                         "+    # so be it\n@@\n def second(n):\n-    if n < 0:\n-        return 1\n", REFERENCE)
    assert made == ("def first(m):\n    if n < 0:\n        return None\n    # so be it\n    return n\n\n\n"
                    "def second(n):\n    return n\n")


def test_the_same_lines_below_the_hunk_before_are_another_place() -> None:
    made = changes.apply("@@\n def first(n):\n-    if n < 0:\n+    if n <= 0:\n@@\n-    if n < 0:\n+    if n < 1:\n",
                         REFERENCE)
    assert made == REFERENCE.replace("if n < 0", "if n <= 0", 1).replace("if n < 0", "if n < 1")


def test_a_hunk_at_the_beginning_and_one_at_the_end() -> None:
    made = changes.apply("@@\n+import math\n+\n def first(n):\n"
                         "@@\n         return 1\n-    return n\n+    return -n\n+# end\n", REFERENCE)
    assert made == "import math\n\n" + REFERENCE.removesuffix("    return n\n") + "    return -n\n# end\n"


@pytest.mark.parametrize("ends", ["", "\n", "\n\n\n"])
def test_empty_lines_at_the_ends_of_the_reference_and_the_changes_count_for_nothing(ends: str) -> None:
    made = changes.apply(f"{ends}@@\n         return 1\n-    return n{ends}", ends + REFERENCE.rstrip("\n") + ends)
    assert made == REFERENCE.removesuffix("    return n\n")


def test_what_is_left_at_the_ends_is_cut() -> None:
    assert changes.apply("@@\n-one\n \n two\n+\n", "one\n\ntwo\n") == "two\n"


def test_an_empty_line_is_an_empty_line_of_the_reference_but_at_the_end_of_a_hunk() -> None:
    written = ("@@\n     return n\n{0}\n{0}\n def second(n):\n-    if n < 0:\n+    if n > 0:\n\n\n"
               "@@\n-        return 1\n")
    expected = REFERENCE.replace("if n < 0:\n        return 1\n", "if n > 0:\n")
    assert changes.apply(written.format(""), REFERENCE) == changes.apply(written.format(" "), REFERENCE) == expected


def test_an_empty_line_comes_and_goes() -> None:
    assert changes.apply("@@\n a\n-\n b\n+\n c\n", "a\n\nb\nc\n") == "a\nb\n\nc\n"


def test_lines_of_a_reference_may_look_like_those_of_a_hunk() -> None:
    assert changes.apply("@@\n @@\n--x\n++x\n \t--y\n", "@@\n-x\n\t--y\n") == "@@\n+x\n\t--y\n"


@pytest.mark.parametrize(("text", "line", "says", "fix"), [
    ("     return n\n-    x\n", 1, "has the line '     return n', which is none of a hunk", "begin a hunk with `@@`"),
    ("@@\n def second(n):\nreturn\n", 3, "has the line 'return', which is none of a hunk", "a space"),
    ("@@ -1,2 +1,2 @@\n-def second(n):\n", 1, "has the line '@@ -1,2 +1,2 @@', which", "`@@`"),
    ("@@\n def second(n):\n     if n < 0:\n", 1, "has a hunk that changes nothing", "take it out"),
    ("@@\n-def second(n):\n+def second(n):\n", 1, "has a hunk that changes nothing", "take it out"),
    ("@@\n\n\n@@\n-def second(n):\n", 1, "has a hunk that changes nothing", "take it out"),
    ("@@\n+import math\n", 1, "nothing tells where they go", "the line above"),
    ("@@\n-    if n < 0:\n", 1, "fits at 2 places of the reference, at lines 2, 8 of it", "more lines"),
    ("@@\n-def second(n):\n@@\n-def first(n):\n", 3, "fits above the end of the hunk before it only", "in the order"),
    ("@@\n def first(n):\n-    if n < 0:\n@@\n     if n < 0:\n-        return 0\n", 4, "fits above", "overlap"),
    ("@@\n-def third(n):\n", 2, "whose line 'def third(n):' is not in the reference", "write the hunk anew"),
    ("@@\n def second(n):\n-    return 0\n", 3,
     "whose line '    return 0' does not come next in the reference, but '    if n < 0:'", "as it stands"),
    ("@@\n         return 1\n     return n\n+x\n y\n", 5,
     "whose line 'y' does not come next in the reference, but its end", "anew"),
    ("@@\n-def second(n):\n@@\n-zzz\n", 4, "'zzz' is not in the reference below the hunk before", "anew"),
])
def test_changes_that_cannot_be_made_are_told(text: str, line: int, says: str, fix: str) -> None:
    with pytest.raises(changes.Misfit) as raised:
        changes.apply(text, REFERENCE)
    assert raised.value.line == line
    assert says in raised.value.message
    assert fix in raised.value.fix
