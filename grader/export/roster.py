"""The class list: a CSV that the instructor wrote, or that Canvas or Moodle exported.

The columns are found by their names. Which of them has nbgrader's student ids is found by looking: the one in which
most ids of the gradebook stand; where no column has any, students are found by their email. So a class list of any LMS
joins without being edited.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.layout import CourseError

# A field of ours, and the names that its column may have, in small letters. The first is that of our own format.
COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "student_id", "student id", "sis login id", "username", "user name", "login"),
    "first_name": ("first_name", "first name", "firstname", "given name"),
    "last_name": ("last_name", "last name", "lastname", "surname", "family name"),
    "email": ("email", "email address", "e-mail", "mail"),
    "lms_id": ("lms_id", "lms id", "id number", "idnumber"),
    "sis_id": ("sis_id", "sis user id"),
    "section": ("section",),
}
KEYS = ("id", "lms_id", "sis_id", "email")
"""The fields in which nbgrader's ids may stand."""
_CANVAS = {"student", "id", "section"}
_POINTS = "points possible"


@dataclass(frozen=True, slots=True)
class Entry:
    """A student of the class list.

    Args:
        id: the id in the gradebook, as the class list writes it.
        first_name: empty if not given.
        last_name: empty if not given.
        email: empty if not given.
        lms_id: what the LMS knows the student by: Canvas's ID, Moodle's ID number.
        login: Canvas's SIS Login ID, Moodle's username; the id if not given.
        sis_id: Canvas's SIS User ID.
        section: Canvas's section.
        name: as Canvas writes it, empty otherwise.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_id: str = ""
    login: str = ""
    sis_id: str = ""
    section: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """A class list.

    Args:
        entries: the students in its order.
        headers: names of all columns, for what the LMS named its assignments.
        key: name of the column in which nbgrader's ids were found.
    """

    entries: list[Entry]
    headers: list[str] = field(default_factory=list)
    key: str = ""


def read(path: Path, ids: Collection[str], emails: Mapping[str, str] | None = None) -> Roster:
    """Read a class list.

    Args:
        path: the CSV, UTF-8; its separator is a comma, a semicolon or a tab.
        ids: the students' ids in the gradebook.
        emails: the id of each student whose email the gradebook knows, by email in small letters.

    Raises:
        CourseError: it cannot be read, has no column with ids, or nobody of the gradebook, or one id twice.
    """
    headers, rows = _table(path)
    names = [header.strip().lower() for header in headers]
    canvas = set(names) >= _CANVAS
    fields = {}
    for field_, known in COLUMNS.items():
        # In Canvas's file "ID" is Canvas's own number, and "Student" the name.
        wanted = ("sis login id",) if canvas and field_ == "id" else ("id",) if canvas and field_ == "lms_id" else known
        place = next((names.index(name) for name in wanted if name in names), None)
        if place is not None:
            fields[field_] = place
    if not set(fields) & set(KEYS):
        raise CourseError(f"{path} has no column with students' ids.",
                          f"name a column `id`; the first line has: {', '.join(headers)}.")
    people = [row for _, row in rows]
    known_ids = {id.lower() for id in ids}

    def joined(name: str, known: Collection[str]) -> int:
        return sum(_cell(row, fields[name]).lower() in known for row in people)

    key = max((name for name in KEYS if name in fields), key=lambda name: joined(name, known_ids))
    by_email: Mapping[str, str] = {}
    nobody = bool(ids) and not joined(key, known_ids)
    if nobody and emails and "email" in fields and joined("email", emails):
        key, by_email, nobody = "email", emails, False
    entries, seen = list[Entry](), dict[str, int]()
    for line, row in rows:
        found = {name: _cell(row, place) for name, place in fields.items()}
        if not found[key]:
            raise CourseError(f"{path}, line {line}: there is no {headers[fields[key]]!r}.",
                              "add it or remove the line.")
        id = by_email.get(found[key].lower(), found[key])
        if id.lower() in seen:
            raise CourseError(f"{path}, line {line}: {id!r} is also in line {seen[id.lower()]}.", "remove one of them.")
        seen[id.lower()] = line
        entries.append(Entry(**{**found, "id": id, "login": found.get("id") or id},
                             name=_cell(row, names.index("student")) if canvas else ""))
    if nobody:
        raise CourseError(f"{path} has nobody who is in the gradebook.",
                          f"add a column `id` with nbgrader's ids: {', '.join(sorted(ids)[:3])} …")
    return Roster(entries, headers, headers[fields[key]])


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CourseError(f"The class list {path} cannot be read: {error.strerror or error}.",
                          "name another file.") from None
    except UnicodeDecodeError:
        raise CourseError(f"The class list {path} is not UTF-8.",
                          "save it again as `CSV UTF-8`; spreadsheets offer that beside plain CSV.") from None
    head = text.split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    try:
        reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise CourseError(f"The class list {path} is not CSV: {error}.", "save it again as `CSV UTF-8`.") from None
    if len(lines) < 2:
        raise CourseError(f"The class list {path} has no students.",
                          "put column names in its first line, then one student a line.")
    # Canvas's second line, and its test student.
    people = [(line, row) for line, row in lines[1:]
              if row[0].strip().lower() not in {_POINTS, "student, test"} and not _manual_posting(row)]
    return [header.strip() for header in lines[0][1]], people


def _manual_posting(row: list[str]) -> bool:
    """Whether it is the line below Canvas's header that says how grades are posted."""
    return not row[0].strip() and any(cell.strip() == "Manual Posting" for cell in row)


def _cell(row: list[str], place: int) -> str:
    text = row[place].strip() if place < len(row) else ""
    # What a spreadsheet was kept from running by us, or by Canvas, is the text behind the apostrophe.
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@") else text
