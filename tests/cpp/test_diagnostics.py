"""The compiler's messages of the most frequent mistakes, from a real compiler: the right line, in plain words."""

from __future__ import annotations

import pytest

from labkit.cpp import build
from labkit.cpp.braces import suspect
from labkit.cpp.build import CompileError
from labkit.cpp.diagnostics import Diagnostic
from labkit.cpp.messages import read, read_linker

# What is wrong, the source, the kind of mistake, its line, what the message has to say.
MISTAKES = [
    ("a semicolon is missing", "int f() {\n  int n = 1\n  return n;\n}", "semicolon", 2, "`;` is missing"),
    ("a class ends without one", "struct S { int a; }\nint f();", "class", 1, "`};`"),
    ("a name is misspelt", "int f() {\n  int counter = 1;\n  return countr;\n}", "undeclared", 3, "`counter`?"),
    ("a keyword is misspelt", "int f() {\n  retrun 1;\n}", "undeclared", 2, "`return`?"),
    ("a word of Python", "bool f() {\n  return True;\n}", "undeclared", 2, "`true`"),
    ("a member is misspelt", '#include "telemetry.hpp"\nint f(node::Reading r) {\n  return r.uptme;\n}', "undeclared",
     3, "`uptime`?"),
    ("a header is misspelt", '#include "telemtry.hpp"\n', "include", 1, "no file `telemtry.hpp`"),
    ("a header of C++ is missing", "int f() {\n  std::vector<int> v;\n}", "include", 2, "#include <vector>"),
    ("printf without its header", 'void f() {\n  std::printf("x");\n}', "include", 2, "#include <cstdio>"),
    ("a text for a number", '#include <string_view>\nint f(std::string_view t) {\n  return t;\n}', "type", 3, "`int`"),
    ("a text in single quotes", "#include <string_view>\nstd::string_view f() {\n  return 'abc';\n}", "type", 3,
     "double quotes"),
    ("operator of other types", "#include <string_view>\nint f(std::string_view t) {\n  return t - 1;\n}", "type", 3,
     "The operator"),
    ("an argument is missing", '#include "telemetry.hpp"\nvoid f(char* o) {\n  node::write_telemetry("a", {}, o);\n}',
     "arguments", 3, "Too few arguments"),
    ("no such method", '#include "json_writer.hpp"\nvoid f(node::JsonWriter& j) {\n  j.text("a");\n}', "arguments", 3,
     "the declaration in the header"),
    ("another signature than the header's", '#include "backoff.hpp"\nbool node::Backoff::may_try(int now) {\n'
     "  return now > 0;\n}", "arguments", 2, "header declares no"),
    ("a return is missing", "int f(int x) {\n  if (x > 1) return 1;\n}", "return", 3, "without `return`"),
    ("a constant is changed", "void f() {\n  const int k = 1;\n  k = 2;\n}", "const", 3, "`const`"),
    ("a const function changes", "struct S {\n  int n = 0;\n  int f() const { return ++n; }\n};", "const", 3,
     "`const`"),
    ("a comma is missing", "int g(int a, int b);\nint f() {\n  return g(1 2);\n}", "sign", 3, "`,`"),
    ("one colon for two", "#include <cstdint>\nstd:uint8_t f();", "sign", 2, "two colons"),
    ("a body without its brace", "int f(int x)\n  return x;\n}", "begin", 2, "line before is not finished"),
    ("a value of an enum without its type", '#include "backoff.hpp"\nauto f() {\n  return kTrying;\n}', "undeclared", 3,
     "`State::kTrying`"),
    ("= in a condition", "enum class State { kOn };\nvoid f(State s) {\n  if (s = State::kOn) return;\n}", "type", 3,
     "`==`"),
    ("= in a longer condition", "enum class S { kOn };\nvoid f(S s) {\n  if (s = S::kOn && 1 >= 0) return;\n}",
     "type", 3, "`==`"),
    ("a brace is missing", "int f(int x) {\n  if (x) {\n  return 1;\n}\nint g() { return 1; }", "brace", 5, "`}`"),
    ("a brace too many", "int f(int x) {\n  if (x) {\n    x = 1; }\n  }\n  return x;\n}", "brace", 5,
     "too many"),
    ("a parenthesis is missing", "int f(int x) {\n  if (x > (1 + 2) {\n    x = 1;\n  }\n  return x;\n}", "sign", 2,
     "`)` is missing"),
    ("defined twice", "int f() { return 1; }\nint f() { return 2; }", "twice", 2, "second time"),
    ("curly quotation marks", "const char* f() {\n  return “abc”;\n}", "letter", 2, "curly"),
    ("an unclosed text", 'const char* f() {\n  return "abc;\n}', "letter", 2, "does not end"),
]

# Slips of a student who knows Python, and what the course's own types do not have: what is wrong, the line, the kind of
# mistake, what the message has to say. All are compiled at once, each in a namespace of its own.
OURS = '#include "command.hpp"\n#include "manifest.hpp"\n'
SLIPS = [
    ("a text in single quotes compared", "bool f(node::Text<3>& t) { return t == 'on'; }", "type", '`"on"`'),
    ("a text in single quotes handed over", "auto f() { return node::because('off'); }", "type", '`"off"`'),
    ("a std::string", "void f() { std::string state; }", "include", "needs none"),
    ("a std::string with a value", 'void f(std::string_view v) { std::string s(v); }', "include", "needs none"),
    ("std::to_string", "auto f(int n) { return node::because(std::to_string(n)); }", "undeclared", "append_number("),
    ("a switch on text", "int f(std::string_view t) { switch (t) { default: return 1; } }", "type",
     "one after the other"),
    ("text + text", "auto f(std::string_view n) { return node::because(\"unknown '\" + n + \"'\"); }", "type",
     "because(a, b, c)"),
    ("text += text", "void f(node::Reason& r, std::string_view n) { r += n; }", "type", "append(piece)"),
    ("a small number from JSON", "bool f(node::JsonValue v, std::uint8_t n) { return v.to(n); }", "arguments",
     "std::int64_t number"),
    ("a value without a name for JSON", "bool f(node::JsonValue v) { return v.to(std::int64_t{}); }", "arguments",
     "Text<N>"),
    ("a number appended", "void f(node::Reason& r, std::size_t n) { r.append(n); }", "type", "append_number(reason"),
    ("new", "void f() { node::Command c = new node::Command(); }", "type", "without `new`"),
    ("nullptr for a reason", "node::Reason f() { return nullptr; }", "type", "written `{}`"),
    ("a word for a reason", 'node::Reason f() { return "no"; }', "type", "`because("),
    ("a Text for a view", "auto f(node::Command& c) { return node::because(c.id); }", "type", "`c.id.view()`"),
    ("a Text filled with =", 'void f(node::Command& c) { c.id = "c-1"; }', "type", "name.assign("),
    ("a key in brackets", 'auto f(node::JsonValue v) { return v["state"]; }', "type", "read_members"),
    ("starts_with", 'bool f(std::string_view t) { return t.starts_with("http"); }', "undeclared", "substr(0, 4) =="),
    ("versions by <=", "bool f(node::Version a, node::Version b) { return a <= b; }", "type",
     "compare(left, right) <= 0"),
    ("! of a value", "bool f(node::JsonValue v) { return !v; }", "type", "does not work on a `node::JsonValue`"),
    ("time.sleep", "void f() { time.sleep(1); }", "undeclared", "handed in"),
    ("print", 'void f() { print("x"); }', "undeclared", "Python"),
    ("an f-string returned", 'node::Reason f(int n) { return f"{n}"; }', "undeclared", "Python"),
    ("None", "node::Reason f() { return None; }", "undeclared", "Python"),
    ("raise", "void f() { raise 1; }", "undeclared", "Python"),
    ("a member that a struct does not have", "auto f(node::Manifest m) { return m.checksum; }", "undeclared",
     "`version_text`, `version`, `size`, `sha256`, `url`"),
    ("a method that a class does not have", "auto f(node::JsonValue v) { return v.get(); }", "undeclared",
     "`kind()`, `is_object()`, `raw()`, `to()`"),
    ("the private member of a class", "auto f(node::Text<3> t) { return t.size(); }", "undeclared", "its `view()` has"),
    ("a text without its quotes", "auto f() { return node::because(online); }", "undeclared", '`"online"`'),
]
# These leave the compiler unable to read on.
SYNTAX = [
    ("an f-string", 'auto f(int n) { return node::because(f"{n}"); }', "undeclared", "Python"),
    ("in", 'bool f(bool a) { if (a in ("x", "y")) return a; return !a; }', "undeclared", "a == b || a == c"),
    ("a loop over a range", "for i in range(3) {", "undeclared", "Python"),
    ("a chain without its point", "auto f(node::Reason r) { return r.view()size(); }", "semicolon", "a chain"),
    ("an array that no memory holds", "int many[9'000'000'000'000'000'000];", "memory", "300,000 bytes"),
    ("a comment of Python", "# nothing", "undeclared", "`//`"),
]
MISTAKES += [(name, f"{OURS}{line}", kind, 3, said) for name, line, kind, said in SYNTAX]
NAMES = [row[0] for row in MISTAKES]


@pytest.mark.cpp
@pytest.mark.parametrize(("source", "kind", "line", "said"), [row[1:] for row in MISTAKES], ids=NAMES)
def test_a_frequent_mistake_is_explained_at_its_line(source: str, kind: str, line: int, said: str) -> None:
    made = build.compile_only("status.cpp", {"status.cpp": source})
    assert isinstance(made, build.Failed)
    first = made.diagnostics[0]
    assert first.plain is not None, made.error
    assert (first.plain.kind, first.file, first.line) == (kind, "status.cpp", line), made.error
    assert said in str(made.error)
    assert first.source == source.split("\n")[line - 1]
    assert str(made.error).startswith(f"status.cpp does not compile: line {line}.")


@pytest.mark.cpp
def test_slips_of_a_student_who_knows_python_are_explained() -> None:
    lines = [f"namespace n{number} {{ {line} }}" for number, (_, line, _, _) in enumerate(SLIPS)]
    made = build.compile_only("status.cpp", {"status.cpp": OURS + "\n".join(lines)})
    assert isinstance(made, build.Failed)
    first: dict[int, Diagnostic] = {}
    for one in made.diagnostics:
        first.setdefault(one.line, one)
    for line, (name, _, kind, said) in enumerate(SLIPS, OURS.count("\n") + 1):
        plain = first[line].plain if line in first else None
        assert plain is not None, (name, first.get(line))
        assert (plain.kind, said in f"{plain.what} {plain.fix}") == (kind, True), (name, first[line].message, plain)


@pytest.mark.cpp
@pytest.mark.parametrize(("main", "said"), [
    ('#include "telemetry.hpp"\nint main() {\n  char o[9];\n  node::write_telemetry("", {}, o, 9);\n}', "line 4"),
    ("int mian() { return 0; }", "no `main`"),
    ("char many[3'000'000'000];\nchar more[9];\nint main(int n, char**) { return many[n] + more[n]; }", "far too many"),
])
def test_what_the_linker_misses_is_explained(main: str, said: str) -> None:
    with pytest.raises(CompileError, match=said) as caught:
        build.program("demo", main, {})
    assert caught.value.diagnostics[0].plain is not None
    assert caught.value.diagnostics[0].plain.kind == "linker"


@pytest.mark.cpp
def test_the_mark_stands_below_what_is_meant_also_behind_letters_of_several_bytes() -> None:
    made = build.compile_only("status.cpp", {"status.cpp": 'const char* a = "°C"; int b = zzz;'})
    assert isinstance(made, build.Failed)
    source, mark = made.diagnostics[0].caret.split("\n")
    assert mark.index("^") == source.index("zzz")
    assert mark.count("~") == len("zzz") - 1


def test_the_block_that_is_not_closed_is_found_by_its_indentation() -> None:
    """The compiler notices it lines later, at the end of the file."""
    open_if = "int f(int x) {\n  if (x) {\n    x = 1; // {\n\n  return x;\n}\n"
    assert suspect(open_if) == "By its indentation, the block that begins in line 2 is not closed."
    no_begin = "int f(int x) {\n  if (x)\n    x = '}';\n  }\n  return x;\n}\n"
    assert suspect(no_begin) == "By its indentation, the `}` in line 4 has no `{` of its own."
    assert suspect("int f() {\n  return 1;\n}}\n").startswith("The `}` in line 3 closes nothing")
    assert suspect("int f() {\n") == "The block that begins in line 1 is not closed."
    assert suspect('int f() { return "{"[0]; }\n/* { */\n') == ""


def test_a_signature_of_several_lines_is_no_unclosed_block():
    signature = "int sum(int left,\n        int right) {\n  if (left) {\n    ++right;\n  }\n"
    assert suspect(signature + "  return left + right;\n}\n") == ""
    assert suspect(signature + "  }\n  return left + right;\n}\n") == (
        "By its indentation, the `}` in line 6 has no `{` of its own.")
    in_a_call = "int g() {\n  each([](int x) {\n    if (x) {\n      ++x;\n    }\n    return x;\n  });\n  return 0;\n}\n"
    assert suspect(in_a_call) == ""


@pytest.mark.cpp
def test_a_mistake_in_the_students_header_is_told_of_that_header() -> None:
    header = "#pragma once\nstruct Box {\n  int n = countr;\n};\n"
    main = '#include "ring_buffer.hpp"\nint main() {}\n'
    with pytest.raises(CompileError) as caught:
        build.program("demo", main, {"ring_buffer.hpp": header})
    assert (caught.value.diagnostics[0].file, caught.value.diagnostics[0].line) == ("ring_buffer.hpp", 3)


@pytest.mark.cpp
def test_a_template_that_is_used_wrongly_is_told_of_the_students_line() -> None:
    main = "#include <algorithm>\n#include <array>\nstruct P {};\nint main() {\n  std::array<P, 3> a;\n" \
           "  std::sort(a.begin(), a.end());\n}\n"
    with pytest.raises(CompileError) as caught:
        build.program("demo", main, {})
    assert (caught.value.diagnostics[0].file, caught.value.diagnostics[0].line) == ("demo.cpp", 6)


@pytest.mark.cpp
def test_warnings_do_not_stop_the_cell_and_say_what_is_likely_meant() -> None:
    source = "#include <cstdio>\n#include <string_view>\nvoid f(std::string_view t, int c) {\n" \
             '  std::printf("%s", t);\n  if (c = 1) return;\n}\nstd::string_view g() {\n  return nullptr;\n}\n' \
             "bool h(const char* t) {\n  return t == \"on\";\n}\nint i() {\n  return 'on';\n}\n"
    made = build.compile_only("status.cpp", {"status.cpp": source})
    assert isinstance(made, build.Compiled)
    plain = {one.line: one.plain.what for one in made.warnings if one.plain is not None}
    assert "does not fit its argument" in plain[4]
    assert "comparison" in plain[5]
    assert "`nullptr` is no text" in plain[8]
    assert "where the two texts are kept" in plain[11]
    assert "several are a number" in plain[14]


# Clang 16, `-fno-caret-diagnostics -fno-color-diagnostics`.
CLANG = """\
status.cpp:3:10: error: use of undeclared identifier 'countr'; did you mean 'counter'?
status.cpp:2:7: note: 'counter' declared here
status.cpp:4:13: warning: unused variable 'y' [-Wunused-variable]
1 warning and 1 error generated.
"""


def test_messages_of_a_compiler_that_has_no_json_are_read_from_its_lines() -> None:
    error, warning = read(CLANG, {"status.cpp": "int f() {\n  int counter = 1;\n  return countr;\n}"})
    assert (error.kind, error.file, error.line, error.column) == ("error", "status.cpp", 3, 10)
    assert error.plain is not None
    assert error.plain.fix == "did you mean `counter`?"
    assert error.notes == ("'counter' declared here",)
    assert warning.message == "unused variable 'y'"


def test_the_students_copy_of_a_file_is_told_from_one_of_the_same_name() -> None:
    files = {"ring_buffer.hpp": "int first;\nint second;\n"}
    for place, known in (("/home/firmware/cache/work-ab12/source/", True), ("./", True), ("", True),
                         ("/home/course/firmware/lib/policies/", False)):
        [found] = read(f"{place}ring_buffer.hpp:2:5: error: nothing special\n", files)
        assert (found.file, found.source) == ("ring_buffer.hpp", "int second;" if known else "")


APPLE = """\
Undefined symbols for architecture arm64:
  "node::write_offline(char*, unsigned long)", referenced from:
      _main in demo-1a2b3c.o
ld: symbol(s) not found for architecture arm64
"""


def test_apples_linker_is_read_too() -> None:
    [found] = read_linker(APPLE, {})
    assert found.plain is not None
    assert "`node::write_offline(char*, unsigned long)` is declared" in found.plain.what
