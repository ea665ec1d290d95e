"""Packages `strings` and `regexp`."""

from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.values import Regexp


@pytest.mark.parametrize(
    ("name", "v", "expected"),
    [
        ("title", "the quick-brown fox_trot", "The Quick-Brown Fox_trot"), ("toUpper", "koala", "KOALA"),
        ("toUpper", "straße", "STRAßE"), ("toLower", "KOALA Ä", "koala ä"), ("toTitle", "a koala", "A KOALA"),
        ("trimSpace", " \t koala \n", "koala"), ("trimSpace", "\x1ca", "\x1ca"),
    ],
)
def test_changing_letters_and_space(call, name, v, expected):
    assert call("strings", name, v=v) == expected


def test_trimming(call):
    assert call("strings", "trim", v=".abc.", cutset=".") == "abc"
    assert call("strings", "trimLeft", v="..abc..", cutset=".") == "abc.."
    assert call("strings", "trimRight", v="..abc..", cutset=".") == "..abc"
    assert call("strings", "trimPrefix", v="123_abc", prefix="123") == "_abc"
    assert call("strings", "trimSuffix", v="abc_123", suffix="123") == "abc_"


def test_indexes_count_bytes_and_lengths_characters(call):
    assert call("strings", "index", v="grüße", substr="ß") == 4
    assert call("strings", "lastIndex", v="go gopher", substr="go") == 3
    assert call("strings", "indexAny", v="chicken", chars="aeiouy") == 2
    assert call("strings", "lastIndexAny", v="chicken", chars="aeiouy") == 5
    assert call("strings", "index", v="a", substr="b") == -1
    assert call("strings", "strlen", v="grüße") == 5


def test_asking_about_a_string(call):
    assert call("strings", "hasPrefix", v="go gopher", prefix="go") is True
    assert call("strings", "hasSuffix", v="go gopher", suffix="go") is False
    assert call("strings", "containsStr", v="abc", substr="bc") is True
    assert call("strings", "containsAny", v="abc", chars="xyzb") is True
    assert call("strings", "containsAny", v="abc", chars="") is False
    assert call("strings", "equalFold", v="Go", t="gO") is True
    assert call("strings", "equalFold", v="ß", t="ss") is False
    assert [call("strings", "compare", v=v, t="b") for v in "abc"] == [-1, 0, 1]
    assert call("strings", "countStr", v="cheese", substr="e") == 3
    assert call("strings", "countStr", v="five", substr="") == 5


def test_a_character_test_takes_one_byte(call):
    assert call("strings", "isDigit", v="7") is True
    assert call("strings", "isLetter", v="7") is False
    assert call("strings", "isLower", v="a") is True
    assert call("strings", "isUpper", v="a") is False
    with pytest.raises(ValueError, match="argument length is not equal to 1"):
        call("strings", "isUpper", v="ab")


def test_replacing(call):
    assert call("strings", "replace", v="oink oink oink", t="oink", u="moo", i=2) == "moo moo oink"
    assert call("strings", "replace", v="oink oink oink", t="oink", u="moo", i=-1) == "moo moo moo"
    assert call("strings", "replaceAll", v="aaa", t="a", u="b") == "bbb"
    assert call("strings", "repeat", v="ha", i=3) == "hahaha"
    with pytest.raises(ValueError, match="must not be negative"):
        call("strings", "repeat", v="ha", i=-1)


def test_splitting(call):
    assert call("strings", "split", v="a flux of foxes", t=" ") == ["a", "flux", "of", "foxes"]
    assert call("strings", "split", v="abc", t="") == ["a", "b", "c"]
    assert call("strings", "split", v="", t=",") == [""]
    assert call("strings", "splitAfter", v="a,b,c", t=",") == ["a,", "b,", "c"]
    assert call("strings", "splitN", v="a,b,c", t=",", i=2) == ["a", "b,c"]
    assert call("strings", "splitN", v="a,b,c", t=",", i=0) == []
    assert call("strings", "splitAfterN", v="a,b,c", t=",", i=2) == ["a,", "b,c"]
    assert call("strings", "joinStr", arr=["a", "b"], v=", ") == "a, b"


def test_a_substring_is_cut_to_the_string(call):
    assert call("strings", "substring", v="influx", start=0, end=3) == "inf"
    assert call("strings", "substring", v="grüße", start=2, end=99) == "üße"
    assert call("strings", "substring", v="influx", start=-2, end=2) == "in"
    assert call("strings", "substring", v="influx", start=4, end=1) == ""


def test_a_null_string_is_refused_by_name(call):
    with pytest.raises(ValueError, match=r"argument v"):
        call("strings", "toUpper", v=None)


def test_finding_with_regular_expressions(call):
    r = Regexp("foo.?")
    assert call("regexp", "findString", r=r, v="seafood fool") == "food"
    assert call("regexp", "findString", r=r, v="x") == ""
    assert call("regexp", "findStringIndex", r=r, v="séafood") == [4, 8]
    assert call("regexp", "findStringIndex", r=r, v="x") == []
    assert call("regexp", "matchRegexpString", r=Regexp("(gopher){2}"), v="gophergopher") is True
    assert call("regexp", "getString", r=r) == "foo.?"
    assert call("regexp", "quoteMeta", v="1.5 $?") == r"1\.5 \$\?"


@pytest.mark.parametrize(
    ("template", "expected"),
    [("T", "-T-T-"), ("$1", "--xx-"), ("$1W", "---"), ("${1}W", "-W-xxW-"), ("$$", "-$-$-"), ("${tail}", "--xx-"),
     ("$9", "---")],
)
def test_a_replacement_may_name_groups(call, template, expected):
    assert call("regexp", "replaceAllString", r=Regexp("a(?P<tail>x*)b"), v="-ab-axxb-", t=template) == expected


def test_empty_matches_beside_a_match_are_left_out(call):
    assert call("regexp", "replaceAllString", r=Regexp("a*"), v="baac", t="x") == "xbxcx"


def test_splitting_with_a_regular_expression(call):
    assert call("regexp", "splitRegexp", r=Regexp("a*"), v="abaabaccadaaae", i=5) == ["", "b", "b", "c", "cadaaae"]
    assert call("regexp", "splitRegexp", r=Regexp(","), v="a,b", i=-1) == ["a", "b"]
    assert call("regexp", "splitRegexp", r=Regexp(","), v="a,b", i=0) == []


def test_a_pattern_that_is_none_is_refused(call):
    with pytest.raises(ValueError, match="invalid regular expression"):
        call("regexp", "compile", v="a(")
