"""What a `%%cpp` cell shows: that it compiles, the first error in plain words, the tests' results, what stopped it."""

from __future__ import annotations

import html
from collections.abc import Sequence

from labkit.card import BAD, CODE, GOOD, HALF, OPEN, Card, box, rich
from labkit.cpp.build import Compiled, CompileError, UnwrittenError
from labkit.cpp.diagnostics import Diagnostic
from labkit.cpp.doctests import Failure, TestCase, TestRun
from labkit.cpp.sanitizer import Finding

_PRE = f"{CODE};margin:.3em 0;white-space:pre;overflow-x:auto;background:none"
_NO_TEST = 'A test begins with `TEST_CASE("what it shows")` and holds `CHECK(…)`.'
_SHOWN = 8
"""More of the same are counted, not shown."""
_STATES = {
    "passed": ("✓", "passed", GOOD), "failed": ("✗", "failed", BAD), "stopped": ("✗", "stopped", BAD),
    "not run": ("○", "not run", OPEN),
}


def compiled_card(made: Compiled, more: str = "") -> Card:
    """Return the line that a file compiles, with what the compiler would mend nevertheless.

    Args:
        made: the file.
        more: a sentence to add.
    """
    head = f"{made.file} compiles"
    return _line_card(head, f"({made.seconds:.1f} s)", made.warnings, made.file, more)


def _line_card(head: str, small: str, warnings: Sequence[Diagnostic], file: str, more: str = "") -> Card:
    lines, items = [f"✓ {head}  {small}".rstrip()], ""
    if more:
        lines.append(f"  {more}")
    for one in warnings[:_SHOWN]:
        lines += _warning_text(one)
        items += _warning(one)
    markup = f"<b>{_symbol('✓', GOOD)} {rich(head)}</b> <small>{html.escape(small)}</small>"
    markup += f"<br>{rich(more)}" if more else ""
    markup += f"<ul style='list-style:none;padding-left:1em;margin:.2em 0'>{items}</ul>" if items else ""
    return Card("\n".join(lines), box(GOOD, markup, f"{file}: compiled"))


def _warning(one: Diagnostic) -> str:
    more = f"<div style='margin-left:1.4em'>{rich(f'{one.plain.what} {one.plain.fix}')}</div>" if one.plain else ""
    message = f"<span style='{CODE}'>{html.escape(one.message)}</span>"
    return f"<li><span aria-hidden='true'>!</span> warning, {html.escape(one.place)}: {message}{more}</li>"


def _warning_text(one: Diagnostic) -> list[str]:
    said = f"  ! warning, {one.place}: {one.message}"
    return [said, f"      {one.plain.what} {one.plain.fix}"] if one.plain else [said]


def error_card(error: CompileError) -> Card:
    """Return the first error of a file: its line, what it means, what to do; the others are counted.

    Args:
        error: the compiler's messages.
    """
    if isinstance(error, UnwrittenError):
        return unwritten_card(error)
    first = error.diagnostics[0] if error.diagnostics else Diagnostic("error", "no message")
    head, *_ = error.message.split("\n", 1)
    text = "✗ " + error.message + (f"\nTry: {error.fix}" if error.fix else "")
    parts = [f"<b>{_symbol('✗', BAD)} {rich(head)}</b>"]
    if first.caret:
        parts.append(_code(first))
    if first.plain is not None:
        parts += [f"<div>{rich(first.plain.what)}</div>"]
    if error.fix:
        parts.append(f"<div><b>Try:</b> {rich(error.fix)}</div>")
    said = f"The compiler says: <span style='{CODE}'>{html.escape(first.message)}</span>"
    parts.append(f"<div style='margin-top:.3em'><small>{said}</small></div>")
    others = error.errors[1:]
    if others:
        items = "".join(f"<li>{html.escape(one.place)}: <span style='{CODE}'>{html.escape(one.message)}</span></li>"
                        for one in others[:_SHOWN])
        count = f"{len(others)} more error{'s' * (len(others) > 1)}; they often go with the first"
        parts.append(f"<details><summary style='cursor:pointer'>{count}</summary><ul>{items}</ul></details>")
    return Card(text, box(BAD, "".join(parts), f"{error.file}: does not compile"))


def unwritten_card(error: UnwrittenError, so_far: str = "") -> Card:
    """Return where a file is still to be written.

    Args:
        error: the file's.
        so_far: a sentence about what is written of it.
    """
    *others, last = map(str, error.lines or (0,))
    head = f"{error.file} is not written yet"
    if others:
        more = (f"Lines {', '.join(others)} and {last} still have their `#error`: write your code there, and delete "
                "those lines.")
    else:
        more = f"Line {last} still has its `#error`: write your code there, and delete that line."
    more += f" {so_far}" if so_far else ""
    return Card(f"○ {head}. {more}", box(OPEN, f"<b>{_symbol('○', OPEN)} {rich(head)}</b><br>{rich(more)}",
                                         f"{error.file}: not written yet"))


def _code(one: Diagnostic) -> str:
    number = f"{one.line:>4} │ " if one.line else ""
    source, *mark = one.caret.split("\n", 1)
    below = f"\n{' ' * (len(number) - 2)}│ {mark[0]}" if mark and number else f"\n{mark[0]}" if mark else ""
    return (f"<pre style='{_PRE}' aria-label='line {one.line}'>{html.escape(number + source)}"
            f"<span style='color:{BAD};font-weight:700' aria-hidden='true'>{html.escape(below)}</span></pre>")


def finding_card(file: str, finding: Finding) -> Card:
    """Return what stopped a program.

    Args:
        file: the program's file.
        finding: what it was.
    """
    ended = finding.kind == "exit"
    head = f"{file} ended" if ended else f"{file} was stopped"
    where = f" in {finding.place}" if finding.place else ""
    symbol, colour = ("!", HALF) if ended else ("✗", BAD)
    lines = [f"{symbol} {head}{where}."]
    parts = [f"<b>{_symbol(symbol, colour)} {rich(head + where)}</b>"]
    if finding.source:
        lines.append(f"    {finding.source}")
        number = f"{finding.line:>4} │ " if finding.line else ""
        parts.append(f"<pre style='{_PRE}'>{html.escape(number + finding.source)}</pre>")
    lines += [finding.text, *([f"Try: {finding.advice}"] if finding.advice else [])]
    parts.append(f"<div>{rich(finding.text)}</div>")
    parts.append(f"<div><b>Try:</b> {rich(finding.advice)}</div>" if finding.advice else "")
    return Card("\n".join(lines), box(colour, "".join(parts), f"{file}: {'ended' if ended else 'stopped'}"))


def tests_card(run: TestRun) -> Card:
    """Return the tests of a file, each with its result, and for an assertion that fails the values that it had.

    Args:
        run: the tests.
    """
    good = sum(case.state == "passed" for case in run.cases)
    head = f"{run.file}: {good} of {len(run.cases)} tests passed" if run.cases else f"{run.file} has no test"
    symbol, colour = ("✓", GOOD) if run.passed else ("✗", BAD) if run.cases else ("!", HALF)
    lines = [f"{symbol} {head}  (built in {run.build_seconds:.1f} s, ran {run.seconds:.1f} s)"]
    items = []
    for case in run.cases:
        text, markup = _case(case)
        lines += text
        items.append(markup)
    if not run.cases:
        lines.append(f"  {_NO_TEST}")
        items.append(f"<li>{rich(_NO_TEST)}</li>")
    if run.outside is not None:
        lines.append(f"  ✗ {run.outside}")
        items.append(f"<li>{_symbol('✗', BAD)} {rich(str(run.outside))}</li>")
    for one in run.warnings[:_SHOWN]:
        lines += _warning_text(one)
        items.append(_warning(one))
    small = f"(built in {run.build_seconds:.1f} s, ran {run.seconds:.1f} s)"
    markup = (f"<b>{_symbol(symbol, colour)} {rich(head)}</b> <small>{small}</small>"
              f"<ul style='list-style:none;padding-left:.3em;margin:.4em 0'>{''.join(items)}</ul>")
    return Card("\n".join(lines), box(colour, markup, f"Tests of {run.file}"))


def _case(case: TestCase) -> tuple[list[str], str]:
    symbol, word, colour = _STATES[case.state]
    lines = [f"  {symbol} {word}: {case.name}"]
    inside = ""
    for one in case.failures[:_SHOWN]:
        lines += [f"      {line}" for line in _failure_text(one).split("\n")]
        inside += _failure_markup(one)
    if left := len(case.failures) - _SHOWN:
        more = f"and {left} more" if left > 0 else ""
        lines += [f"      {more}"] if more else []
        inside += f"<div>{more}</div>" if more else ""
    if case.finding is not None:
        lines += [f"      {case.finding}", *([f"      Try: {case.finding.advice}"] if case.finding.advice else [])]
        inside += (f"<div>{rich(str(case.finding))}</div>"
                   + (f"<div><b>Try:</b> {rich(case.finding.advice)}</div>" if case.finding.advice else ""))
    inner = f"<div style='margin:.1em 0 .2em 1.4em'>{inside}</div>" if inside else ""
    return lines, (f"<li style='margin:.25em 0'><b>{_symbol(symbol, colour)} {word}</b>: "
                   f"{html.escape(case.name)}{inner}</li>")


def _failure_text(one: Failure) -> str:
    said = f"line {one.line}: {one.assertion}"
    if one.values:
        said += f"\n         was: {one.values}"
    return said + (f"\n       where: {one.note}" if one.note else "")


def _failure_markup(one: Failure) -> str:
    rows = [("was", one.values), ("where", one.note)]
    more = "".join(f"<div style='margin-left:1.4em'>{label}: <code style='{CODE}'>{html.escape(text)}</code></div>"
                   for label, text in rows if text)
    return f"<div>line {one.line}: <code style='{CODE}'>{html.escape(one.assertion)}</code></div>{more}"


def _symbol(symbol: str, colour: str) -> str:
    return f"<span aria-hidden='true' style='color:{colour}'>{symbol}</span>"

