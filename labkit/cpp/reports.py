"""What the reports of AddressSanitizer and UBSan say, in plain words.

Formats: what GCC's libsanitizer prints (GCC 12), and LLVM's newer wording of the same lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from labkit.cpp.findings import Finding, frames_of

# UndefinedBehaviorSanitizer: "FILE:LINE:COLUMN: runtime error: MESSAGE".
_RUNTIME = re.compile(r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+):\d+: runtime error: (?P<message>.+)$", re.M)
_THE_LAST = "the last one less than the number in brackets"
_UB: tuple[tuple[str, str, str, str], ...] = (
    (r"index (-?\d+) out of bounds for type '([^']+)'", "out-of-bounds",
     f"It uses index {{0}} of an array of type `{{1}}`, which does not have it: the first is 0, {_THE_LAST}.",
     "check the index before it is used; the last one is the number of elements minus 1."),
    (r"(?:store to|load of|reference binding to|member (?:access|call) (?:within|on)|constructor call on) "
     r"(?:null pointer|address 0x0+ )|applying (?:non-zero|zero) offset (?:\S+ )?to null pointer|"
     r"null pointer passed as",
     "null", "It uses a null pointer: one that points to nothing.",
     "check the pointer before it is used, or find out why nothing was put into it."),
    (r"signed integer overflow: (.+?) cannot be represented in type '([^']+)'", "overflow",
     "A calculation leaves the range of its type `{1}`: {0}. C++ does not say what happens then.",
     "calculate in a larger type, such as `std::uint64_t`, or stop before the limit is reached."),
    (r"negation of (\S+) cannot be represented in type '([^']+)'", "overflow",
     "A calculation leaves the range of its type `{1}`: -({0}).", "calculate in a larger type."),
    (r"shift exponent (-?\d+) is too large for (\d+)-bit type", "arithmetic",
     "It shifts by {0} bits a number that has only {1}: C++ does not say what comes out.",
     "limit the number of bits first, or shift a larger type, such as `std::uint64_t`."),
    (r"shift exponent (-\d+) is negative|left shift of", "arithmetic",
     "It shifts a number in a way that C++ does not define.", "shift unsigned numbers, by 0 or more bits."),
    (r"division by zero", "arithmetic", "It divides by zero.", "check the divisor first."),
    (r"(\S+) is outside the range of representable values of type '([^']+)'", "overflow",
     "It turns {0} into `{1}`, which cannot hold it.", "check the range (and `std::isfinite`) before converting."),
    (r"load of value (\d+), which is not a valid value for type '([^']+)'", "uninitialised",
     "It reads a `{1}` that holds {0}: it was probably never given a value.",
     "give every variable a value where it is declared: `bool on = false;`."),
    (r"reached the end of a value-returning function without returning a value|reached an unreachable", "no-return",
     "The function promises a result, but ended without `return`.", "add a `return` to every way out."),
    (r"insufficient space for an object|out of bounds|pointer index expression", "out-of-bounds",
     "It goes beyond the memory of an object.", "check sizes and positions before this line."),
    (r"misaligned address", "out-of-bounds", "It reads a number at an address where none can be.",
     "do not point into the middle of bytes with another type: copy them with `std::memcpy`."),
)


def of_ubsan(said: str) -> Finding | None:
    """Return what UBSan says: a line with a `runtime error`; None if there is none.

    Args:
        said: what the program wrote to its standard error.
    """
    match = _RUNTIME.search(said)
    if match is None:
        return None
    message = match["message"]
    for pattern, kind, text, advice in _UB:
        if found := re.search(pattern, message):
            told = text.format(*(_type(part or "") for part in found.groups()))
            if size := re.search(r"\[(\d+)\]", found[0]):
                told = told.replace(_THE_LAST, f"the last is {int(size[1]) - 1}")
            return Finding(kind, told, advice=advice)
    return Finding("arithmetic", f"It does something that C++ does not define: {message}.", advice="look at this line.")


def _type(name: str) -> str:
    return name.replace("struct ", "").replace("node::", "")


_ASAN = re.compile(r"ERROR: AddressSanitizer: (?P<what>attempting [\w()-]+(?: [\w()-]+)*|requested allocation|[\w-]+)")
_ACCESS = re.compile(r"^(?P<how>READ|WRITE) of size (?P<size>\d+)", re.M)
_VARIABLE = re.compile(r"'(?P<name>[^']+)' \(line (?P<line>\d+)\) <== Memory access at offset \d+ (?P<how>\w+)")
_BOUNDS = re.compile(r"\[(?P<begin>\d+), (?P<end>\d+)\) '(?P<name>[^']+)'")
_BEFORE = ("to the left of", "before")
_REGION = re.compile(
    r"is located (?P<away>\d+) bytes (?P<side>to the right of|to the left of|after|before|inside of) "
    r"(?:(?P<size>\d+)-byte region|global variable '(?P<name>[^']+)'.*? of size (?P<global>\d+))"
)


def of_asan(said: str, files: Mapping[str, str] | None) -> Finding | None:
    """Return what AddressSanitizer or LeakSanitizer says; None if there is no report.

    Args:
        said: what the program wrote to its standard error.
        files: the student's files, name → text.
    """
    if "LeakSanitizer: detected memory leaks" in said:
        total = re.search(r"SUMMARY: AddressSanitizer: (\d+) byte", said)
        size = f"{total[1]} bytes" if total else "Memory"
        return Finding("leak", f"{size} of memory taken with `new` here were never given back.",
                       advice="keep it in a local variable, a `std::array` or a `std::vector`.")
    if "hard rss limit exhausted" in said:
        return too_much()
    match = _ASAN.search(said)
    if match is None:
        return None
    what = match["what"]
    if what != "stack-overflow" and what.endswith(("overflow", "underflow")):
        return _out_of_bounds(said)
    if what in ("stack-use-after-scope", "stack-use-after-return"):
        return _ended_variable(said, what, files)
    if "use-after-free" in what:
        return Finding("use-after-free", f"It {_verb(said)} memory that was given back before.",
                       advice="use nothing after `delete`; keep a value, not a pointer to what somebody else owns.")
    if what.startswith("attempting") or "mismatch" in what:
        return Finding("use-after-free", "It gives back memory that it does not own, or gives it back twice.",
                       advice="`delete` once what came from `new`, and nothing else; best use neither.")
    if what == "requested allocation" or "allocation" in what or what == "out-of-memory":
        return too_much()
    if what == "stack-overflow":
        own = frames_of(said, files)
        calls = own[0].function if own else ""
        same = sum(frame.function == calls for frame in own[:40]) > 5 if calls else False
        deep = f"`{calls}` calls itself again and again" if same else \
            "Functions call each other too deep, or a local variable is too large"
        return Finding("stack", f"{deep}: the memory for calls is used up.",
                       advice="a function that calls itself needs a case in which it does not.")
    if what == "SEGV":
        if "zero page" in said:
            return Finding("null", "It uses a null pointer: one that points to nothing.",
                           advice="check the pointer before it is used, or find out why nothing was put into it.")
        return Finding("out-of-bounds", "It uses an address that is not its own: a pointer or an index is far off.",
                       advice="check where the pointer or index of this line comes from; was it ever given a value?")
    if what == "FPE":
        return Finding("arithmetic", "It divides by zero.", advice="check the divisor first.")
    if what == "ABRT":
        return _aborted(said)
    return Finding("out-of-bounds", f"AddressSanitizer stopped it: {what}.", advice="look at this line's pointers.")


def too_much() -> Finding:
    """Return the finding of a program that takes more memory than it may."""
    return Finding("memory", "It asks for more memory than it may have.",
                   advice="look for a loop that keeps adding, or a size that is wrong; a board has 320 KB.")


def _verb(said: str) -> str:
    access = _ACCESS.search(said)
    return "uses" if access is None else {"READ": "reads", "WRITE": "writes"}[access["how"]]


def _bytes(number: int) -> str:
    return f"{number} byte" + "s" * (number != 1)


def _out_of_bounds(said: str) -> Finding:
    verb = _verb(said)
    access = _ACCESS.search(said)
    much = f" {_bytes(int(access['size']))}" if access else ""
    advice = "compare the index or the length with the size before this line; the last index is the size minus 1."
    variable = _VARIABLE.search(said)
    # A global variable has two neighbours: the one that was run past is meant, not the one that lies behind it.
    region = min(_REGION.finditer(said), key=lambda one: (one["side"] in _BEFORE, int(one["away"])), default=None)
    if variable is not None:
        bounds = next((one for one in _BOUNDS.finditer(said) if one["name"] == variable["name"]), None)
        size = f", which has {_bytes(int(bounds['end']) - int(bounds['begin']))}" if bounds else ""
        side = "before the beginning" if variable["how"].startswith("under") else "past the end"
        name = f"`{variable['name']}` (line {variable['line']})"
        return Finding("out-of-bounds", f"It {verb}{much} {side} of {name}{size}.", advice=advice)
    if region is not None:
        side = "before the beginning" if region["side"] in _BEFORE else "past the end"
        what = f"`{region['name']}`, which has {_bytes(int(region['global']))}" if region["name"] else \
            f"a block of {_bytes(int(region['size']))}"
        return Finding("out-of-bounds", f"It {verb}{much} {side} of {what}.", advice=advice)
    return Finding("out-of-bounds", f"It {verb}{much} beyond the memory of an object.", advice=advice)


def _ended_variable(said: str, what: str, files: Mapping[str, str] | None) -> Finding:
    variable = _VARIABLE.search(said)
    name = f"`{variable['name']}` (line {variable['line']})" if variable else "a local variable"
    if what.endswith("scope"):
        return Finding("use-after-scope", f"It {_verb(said)} {name} after the block in which it lived has ended.",
                       advice="declare it before the block, so that it lives as long as what points to it.")
    owner = re.search(r"located in stack of .*?\n\s*(#\d+ .+)", said)
    frames = frames_of(owner[1], files) if owner else []
    of = f" of `{frames[0].function}`" if frames else ""
    return Finding("use-after-scope", f"It {_verb(said)} {name}, a local variable{of}, after that function returned.",
                   advice="return a value, or write into a buffer of the caller; a view or pointer to a local variable "
                          "points to nothing once the function ends.")


_TERMINATE = re.compile(
    r"terminate called after throwing an instance of '(?P<type>[^']+)'(?:\n\s*what\(\):\s*(?P<what>.*))?"
)
_ASSERT = re.compile(r"^\S+: (?P<file>[^\s:]+):(?P<line>\d+): .*?Assertion `(?P<what>.+)' failed\.$", re.MULTILINE)
_STANDARD = re.compile(r"^(?P<header>/\S+):\d+: (?P<function>.+): Assertion '(?P<what>.+)' failed\.$", re.MULTILINE)


def _aborted(said: str) -> Finding:
    if found := _STANDARD.search(said):
        return _library(found["function"], found["what"])
    if found := _TERMINATE.search(said):
        what = f": {found['what'].strip()}" if found["what"] else ""
        return Finding("exception", f"An exception of type `{found['type']}` was thrown and not caught{what}.",
                       advice="firmware throws nothing: return what went wrong instead, and check before you call.")
    if found := _ASSERT.search(said):
        return Finding("assertion", f"`assert({found['what']})` does not hold.", advice="see why it does not.")
    if "pure virtual" in said:
        return Finding("exception", "It calls a function that has no body.", advice="see which object it is called on.")
    return Finding("exit", "It ended itself with `abort`.", advice="return a result instead of ending the program.")


def _library(function: str, condition: str) -> Finding:
    """A check of the standard library (_GLIBCXX_ASSERTIONS) that did not hold."""
    owner = re.search(r"std::(?:__\w+::)?(?:basic_)?(array|vector|string_view|string|span|deque|optional|unique_ptr)\b",
                      function)
    name = f"`std::{owner[1]}`" if owner else "an object of the standard library"
    size = re.search(r"_Nm = (\d+)", function)
    has = f" of {size[1]} elements" if size else ""
    if "operator[]" in function or "< this->size()" in condition or "_M_len" in condition or "size() >" in condition:
        last = f", the last is {int(size[1]) - 1}" if size else ""
        return Finding("out-of-bounds", f"It uses an index that {name}{has} does not have: the first is 0{last}.",
                       advice="check the index before it is used; the last one is the size minus 1.")
    if "empty()" in condition:
        return Finding("out-of-bounds", f"It takes an element of {name}{has}, which is empty.",
                       advice="check `.empty()` first.")
    if owner and owner[1] in ("optional", "unique_ptr"):
        return Finding("null", f"It uses the content of {name}, which has none.", advice="check it with `if (…)`.")
    return Finding("out-of-bounds", f"It uses {name} in a way that it does not allow (`{condition}`).",
                   advice="check position and length before this line.")
