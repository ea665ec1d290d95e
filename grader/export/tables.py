"""The tables of `grader export`, each as one program imports it.

canvas: Gradebook, Import. The student columns end with Section; the second line has the points possible; an assignment
is found by `title (id)` or by its title, and made when there is none (instructure/canvas-lms, gradebook_importer.rb).
moodle: Grades, Import, CSV file. A column that identifies the student (username, ID number or email) and any number of
grade and feedback columns, mapped by hand once (moodle/moodle, grade/import/csv).
plain: for a spreadsheet. It begins with the byte order mark without which Excel takes UTF-8 for something else.

A lab that was not handed in is an empty cell, never 0: what a missing lab costs is the course's decision.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.export.roster import Entry, Roster
from grader.export.scores import Person, Score, Scores
from labkit.course import LABS

FORMATS = ("plain", "canvas", "moodle")


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and what its reader must know.

    Args:
        text: the CSV.
        told: sentences for the instructor: who is missing, who is not in the list, what is not final.
    """

    text: str
    told: list[str]


def make(format: str, found: Scores, roster: Roster | None = None, titles: Mapping[str, str] | None = None) -> Table:
    """Make a table.

    Args:
        format: one of `FORMATS`.
        found: the scores.
        roster: the class list; without one the gradebook's students.
        titles: names of columns by lab, where they shall differ.
    """
    entries, outside = _entries(found, roster, keep_others=format == "plain")
    headers = {lab: (titles or {}).get(lab) or _title(lab, format, roster) for lab in found.most}
    rows = {"plain": _plain, "canvas": _canvas, "moodle": _moodle}[format](found, entries, headers)
    file = io.StringIO()
    csv.writer(file).writerows([[_safe(cell) for cell in row] for row in rows])
    mark = "\ufeff" if format == "plain" else ""
    return Table(mark + file.getvalue(), _told(found, entries, outside, roster))


def _entries(found: Scores, roster: Roster | None, *, keep_others: bool) -> tuple[list[tuple[str, Entry]], list[str]]:
    """Return each row's student, with the id in the gradebook, and who handed in but is not in the class list."""
    own = {id: Entry(id, person.first_name, person.last_name, person.email, login=id)
           for id, person in sorted(found.people.items())}
    if roster is None:
        return list(own.items()), []
    by_id = {id.lower(): id for id in found.people}
    listed = [(by_id.get(entry.id.lower(), entry.id), entry) for entry in roster.entries]
    ids = {id for id, _ in listed}
    outside = sorted({student for student, _ in found.scores} - ids)
    return [*listed, *((id, own[id]) for id in outside if keep_others)], outside


def _title(lab: str, format: str, roster: Roster | None) -> str:
    """Return a column's name: as the class list has it if that is the LMS's own export, so that Canvas finds it."""
    written = next((known.title for known in LABS if known.folder == lab), "")
    title = f"Lab {lab.split('-')[0]}: {written}" if written else lab
    names = {title.lower(), lab.lower(), f"lab {lab.split('-')[0]}"}
    for header in roster.headers if roster else ():
        if re.sub(r" \(\d+\)$", "", header).lower() in names:
            return header
    return lab if format == "plain" else title


def _plain(found: Scores, entries: Sequence[tuple[str, Entry]], headers: Mapping[str, str]) -> list[list[object]]:
    head: list[object] = ["id", "last_name", "first_name", "email"]
    for lab, most in found.most.items():
        head += [headers[lab], f"{headers[lab]} late penalty", f"{headers[lab]} of {most:g}"]
    rows = [head]
    for id, entry in entries:
        row: list[object] = [id, *_names(found, id, entry), _email(found, id, entry)]
        for lab in found.most:
            score = found.scores.get((id, lab))
            row += [score.points, score.penalty, _share(score)] if score else ["", "", ""]
        rows.append(row)
    return rows


def _canvas(found: Scores, entries: Sequence[tuple[str, Entry]], headers: Mapping[str, str]) -> list[list[object]]:
    # A column for penalties would become an assignment of its own, so Canvas gets what counts.
    labs = list(found.most)
    rows: list[list[object]] = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *(headers[lab] for lab in labs)],
        ["    Points Possible", "", "", "", "", *(found.most[lab] for lab in labs)],
    ]
    for id, entry in entries:
        name = entry.name or ", ".join(part for part in _names(found, id, entry) if part) or id
        rows.append([name, entry.lms_id, entry.sis_id, entry.login, entry.section, *_points(found, id, labs)])
    return rows


def _moodle(found: Scores, entries: Sequence[tuple[str, Entry]], headers: Mapping[str, str]) -> list[list[object]]:
    late = [lab for lab in found.most if any(score.penalty for (_, of), score in found.scores.items() if of == lab)]
    head: list[object] = ["Username", "ID number", "Email address", "Last name", "First name"]
    rows: list[list[object]] = [[*head, *headers.values(), *(f"{headers[lab]} (feedback)" for lab in late)]]
    for id, entry in entries:
        row: list[object] = [entry.login, entry.lms_id, _email(found, id, entry), *_names(found, id, entry),
                             *_points(found, id, list(found.most))]
        for lab in late:
            score = found.scores.get((id, lab))
            row.append(f"Late: {score.penalty:g} points taken off." if score and score.penalty else "")
        rows.append(row)
    return rows


def _points(found: Scores, id: str, labs: Sequence[str]) -> list[object]:
    return [score.points if (score := found.scores.get((id, lab))) else "" for lab in labs]


def _share(score: Score) -> float:
    return round(score.points / score.most, 4) if score.most else 0.0


def _names(found: Scores, id: str, entry: Entry) -> tuple[str, str]:
    person = found.people.get(id, Person(id))
    return entry.last_name or person.last_name, entry.first_name or person.first_name


def _email(found: Scores, id: str, entry: Entry) -> str:
    return entry.email or found.people.get(id, Person(id)).email


def _safe(cell: object) -> object:
    """Return a cell that no spreadsheet runs: a student may be named `=HYPERLINK(…)`."""
    if isinstance(cell, float):
        return f"{cell:g}" if cell < 1e6 else cell
    if isinstance(cell, str) and cell.lstrip(" \t\r\n\0")[:1] in tuple("=+-@＝＋－＠"):
        return f"'{cell}"
    return cell


def _told(found: Scores, entries: Sequence[tuple[str, Entry]], outside: Sequence[str],
          roster: Roster | None) -> list[str]:
    told = []
    if roster is not None:
        joined = sum(id in found.people for id, _ in entries)
        told.append(f"The class list's column {roster.key!r} has the ids of {joined} of the {len(found.people)} "
                    "students in the gradebook.")
        for lab in found.most:
            if without := [entry.id for id, entry in entries if (id, lab) not in found.scores]:
                told.append(f"{lab}: no grade for {_some(without)}.")
    if outside:
        told.append(f"Graded, but not in the class list: {_some(outside)}.")
    for lab in found.most:
        if waiting := [student for (student, of), score in sorted(found.scores.items()) if of == lab and score.open]:
            told.append(f"{lab}: an answer still waits for manual grading: {_some(waiting)}.")
    return told


def _some(names: Sequence[str]) -> str:
    more = len(names) - 10
    return ", ".join(names[:10]) + (f" and {more} more" if more > 0 else "")
