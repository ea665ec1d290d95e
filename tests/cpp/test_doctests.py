"""Tests of a student's: what is told when the program ends where nobody expects it."""

from __future__ import annotations

import pytest

from labkit.cpp import doctests

pytestmark = pytest.mark.cpp

HEAD = "#include <doctest/doctest.h>\n#include <cstdlib>\n#include <string>\n"
AFTER = HEAD + r"""
struct Careless {
  ~Careless() {
    int* room = new int[2];
    volatile int place = 5;
    room[place] = 1;
  }
};
static Careless careless;
TEST_CASE("leaves") { std::exit(0); }
TEST_CASE("separates") { CHECK(std::string("x\xe2\x80\xa8y") == "q"); }
TEST_CASE("holds") { CHECK(1 == 1); }
"""


def test_what_befell_it_when_all_tests_had_run_is_no_pass():
    ran = doctests.run_tests("test_after.cpp", AFTER, {})
    assert [case.state for case in ran.cases] == ["stopped", "failed", "passed"]
    assert ran.cases[0].finding is not None
    assert ran.cases[1].failures[0].values == "x\u2028y == q"
    assert ran.outside is not None
    assert ran.outside.kind == "out-of-bounds"
    assert not ran.passed


def test_what_befell_it_before_the_first_test_is_told():
    before = HEAD + 'static const bool never = (std::abort(), true);\nTEST_CASE("waits") { CHECK(never); }\n'
    ran = doctests.run_tests("test_before.cpp", before, {})
    assert [case.state for case in ran.cases] == ["not run"]
    assert ran.outside is not None
    assert "abort" in ran.outside.text


def test_a_text_of_the_course_is_shown_in_quotation_marks():
    text = HEAD + '#include "text.hpp"\nTEST_CASE("looks") {\n  CHECK(node::because("no") == "yes");\n' \
        '  CHECK(node::Text<3>{} == std::string_view("a"));\n}\n'
    ran = doctests.run_tests("test_looks.cpp", text, {})
    assert [one.values for one in ran.cases[0].failures] == ['"no" == "yes"', '"" == "a"']
    assert [one.line for one in ran.cases[0].failures] == [6, 7]
