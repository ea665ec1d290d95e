"""The result card: what a check says to a student, as HTML for JupyterLab and as text for everything else."""

from __future__ import annotations

import html
import textwrap

from labkit.card import BAD, CODE, GOOD, HALF, NEUTRAL, OPEN, Card, box, note_card, rich
from labkit.checks.hints import Hint
from labkit.checks.result import MIME, CriterionResult, Finding, Result

__all__ = ["Card", "headline", "hint_card", "note_card", "result_card"]

# A mark is a symbol and a word: colour alone says nothing to some readers.
_MARK = {
    "passed": ("✓", "met"),
    "failed": ("✗", "not yet"),
    "not written": ("○", "not written"),
    "not checked": ("!", "not checked"),
    "partly": ("◐", "partly"),
}
_COLOUR = {"passed": GOOD, "failed": BAD, "not written": OPEN, "not checked": HALF, "partly": HALF}
_LABEL = "text-align:left;vertical-align:top;padding:.1em .8em .1em 0;font-weight:600"


def result_card(result: Result) -> Card:
    """Return the card of a check's result: of hidden cases it has only what to think about."""
    return Card(_text(result), _html(result), {MIME: result.data(open=False)})


def hint_card(exercise: str, hint: Hint, level: int) -> Card:
    """Return one level of a hint.

    Args:
        exercise: id of the exercise.
        hint: the hint.
        level: 1 to 3.
    """
    head = f"Hint {level} of {len(hint.levels)} for {exercise}"
    more = "" if level == len(hint.levels) else f'Still stuck? hint("{exercise}") shows the next one.'
    text = "\n".join([f"{head}:", textwrap.indent(hint.levels[level - 1], "  "), *([more] if more else [])])
    return Card(
        text,
        box(
            NEUTRAL,
            f"<b>{html.escape(head)}</b><br>{rich(hint.levels[level - 1])}"
            + (f"<br><small>{rich(more)}</small>" if more else ""),
        ),
    )


def headline(result: Result) -> str:
    """Return the first line of a card: exercise, title, score."""
    score = f"{result.score} of {result.points} points"
    said = {
        "passed": f"all {result.points} points",
        "not written": f"not written yet, {score}",
        "not checked": "could not be checked",
    }
    return f"{result.exercise} {result.title}: {said.get(result.state, score)}"


_EXCUSE = "This is not your fault, and says nothing about your answer: the course's own tools failed."


def _shown_lines(result: Result) -> list[tuple[CriterionResult, Finding | None]]:
    """Return each criterion with what is shown of its finding. That a function is not there yet is said once."""
    said: set[tuple[str, str]] = set()
    found: list[tuple[CriterionResult, Finding | None]] = []
    for line in result.criteria:
        finding = line.shown
        if finding is not None and finding.kind in {"stub", "missing"}:
            about = (finding.expected, finding.found)
            finding = None if about in said else finding
            said.add(about)
        found.append((line, finding))
    return found


def _rows(finding: Finding) -> list[tuple[str, str, bool]]:
    """Return label, text and whether the text is code, of what a finding has to show."""
    rows = [
        ("call", finding.call, True),
        ("expected", finding.expected, False),
        ("found", finding.found, False),
        ("where", finding.line, False),
        ("printed", finding.printed, True),
        ("try", finding.advice, False),
    ]
    return [row for row in rows if row[1]]


def _text(result: Result) -> str:
    lines = [f"{_MARK[result.state][0]} {headline(result)}  ({result.seconds:.1f} s)"]
    if result.shown_problem is not None:
        lines += [f"  {_EXCUSE}", textwrap.indent(result.shown_problem, "  ")]
    lines += [f"  first: {result.first}"] if result.first else []
    hinted: set[str] = set()
    for line, finding in _shown_lines(result):
        symbol, word = _MARK[line.state]
        lines.append(f"  {symbol} {word}: {line.title}  ({line.earned:g} of {line.points:g})")
        if finding is not None:
            for label, text, _ in _rows(finding):
                body = textwrap.indent(text, " " * 16).lstrip()
                lines.append(f"      {label + ':':<9} {body}")
            if finding.hint and finding.hint.id not in hinted:
                hinted.add(finding.hint.id)
                lines.append(f'      hint("{result.exercise}") shows the next hint.')
    lines += [f"  note: {note}" for note in result.notes]
    return "\n".join(lines)


def _html(result: Result) -> str:
    symbol, _ = _MARK[result.state]
    parts = [
        f"<b><span aria-hidden='true'>{symbol}</span> {rich(headline(result))}</b> "
        f"<small>({result.seconds:.1f} s)</small>"
    ]
    if result.shown_problem is not None:
        parts.append(f"<p>{html.escape(_EXCUSE)}</p><pre style='{CODE}'>{html.escape(result.shown_problem)}</pre>")
    parts += [f"<p style='margin:.4em 0'><b>First:</b> {rich(result.first)}</p>"] if result.first else []
    items = "".join(_item(line, finding) for line, finding in _shown_lines(result))
    parts.append(f"<ul style='list-style:none;padding-left:.3em;margin:.4em 0'>{items}</ul>")
    parts += [f"<small>Note: {rich(note)}</small><br>" for note in result.notes]
    return box(_COLOUR[result.state], "".join(parts), f"Result of exercise {result.exercise}")


def _item(line: CriterionResult, finding: Finding | None) -> str:
    symbol, word = _MARK[line.state]
    mark = f"<b><span aria-hidden='true' style='color:{_COLOUR[line.state]}'>{symbol}</span> {word}</b>"
    head = f"<li style='margin:.35em 0'>{mark}: {rich(line.title)} <small>({line.earned:g} of {line.points:g})</small>"
    if finding is None:
        return head + "</li>"
    rows = "".join(
        f"<tr><th scope='row' style='{_LABEL}'>{label}</th>"
        f"<td style='text-align:left;{CODE if code or label in ('expected', 'found') else ''}'>"
        f"{html.escape(text) if code else rich(text)}</td></tr>"
        for label, text, code in _rows(finding)
    )
    table = f"<table style='border-collapse:collapse;margin:.2em 0 .2em 1.4em'>{rows}</table>"
    return f"{head}{table}{_more(finding.hint)}</li>"


def _more(hint: Hint | None) -> str:
    """Return levels 2 and 3, each behind a click; level 1 stands in the row "try"."""
    if hint is None:
        return ""
    inner = ""
    for level in reversed(hint.levels[1:]):
        inner = (
            f"<details style='margin:.2em 0 .2em 1.4em'><summary style='cursor:pointer'>Show the next hint</summary>"
            f"<div style='padding:.2em 0 .2em 1em'>{rich(level)}</div>{inner}</details>"
        )
    return inner
