"""Submissions whose files are the attack: what a student hands in is changed, down to its bytes.

Each function gets the folder of a submission and the notebook of an honest student, and writes what is handed in. Most
of them answer wrongly in 91.2 and try to have its points anyway; `points` are those that are due.
"""

from __future__ import annotations

import copy
import io
import itertools
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "91-target.ipynb"
WRONG = "def tally(text):\n    return {}\n"
SCRIPT = "<script>window.hostile = 1</script><img src=x onerror='window.hostile = 1'>"
HONEST = 10.0
Change = Callable[[Path, dict[str, Any]], object]


@dataclass(frozen=True)
class Broken:
    """One submission.

    Args:
        name: of the attempt, also the student's id.
        tries: what it tries.
        points: the points that are due; where it is refused as unreadable, and may be, none are.
        least: the points that it has at least, where honest graders may differ.
        incidents: one of these kinds must be told; "" stands for none.
        change: writes the submission.
        beats_nbgrader: what stock nbgrader 0.9.6 makes of it, where that was tried.
    """

    name: str
    tries: str
    points: float
    incidents: tuple[str, ...]
    change: Change
    least: float
    beats_nbgrader: str = ""


BROKEN: list[Broken] = []
_NUMBERS = itertools.count()


def broken(
    tries: str, points: float, *incidents: str, least: float | None = None, beats_nbgrader: str = ""
) -> Callable[[Change], Change]:
    """Register the decorated function as a submission; see `Broken`."""

    def register(change: Change) -> Change:
        name = change.__name__.replace("_", "-")
        lowest = points if least is None else least
        BROKEN.append(Broken(name, tries, points, incidents, change, lowest, beats_nbgrader))
        return change

    return register


def cell(notebook: dict[str, Any], grade_id: str) -> dict[str, Any]:
    """Return the cell with a grade id."""
    found: dict[str, Any] = next(
        each for each in notebook["cells"] if each["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )
    return found


def own(source: object = "", *, kind: str = "code", **more: Any) -> dict[str, Any]:
    """Make a cell of the student's own."""
    made = {"cell_type": kind, "id": f"own-{next(_NUMBERS)}", "metadata": {}, "source": source}
    return {**made, **({"execution_count": None, "outputs": []} if kind == "code" else {}), **more}


def wrong(notebook: dict[str, Any]) -> dict[str, Any]:
    """Answer 91.2 wrongly."""
    cell(notebook, "ex-91-2")["source"] = WRONG
    return notebook


def write(folder: Path, notebook: Any, name: str = NAME) -> None:
    """Hand in a notebook."""
    (folder / name).write_text(json.dumps(notebook), encoding="utf-8")


# What is not a notebook


@broken("is not JSON", 0, "unreadable")
def not_json(folder: Path, notebook: dict[str, Any]) -> None:
    (folder / NAME).write_text("not JSON", encoding="utf-8")


@broken("is JSON, and a list", 0, "unreadable")
def a_list(folder: Path, notebook: dict[str, Any]) -> None:
    write(folder, [notebook])


@broken("is a hundred thousand brackets", 0, "unreadable")
def deep_json(folder: Path, notebook: dict[str, Any]) -> None:
    (folder / NAME).write_text('{"cells": ' + "[" * 100_000, encoding="utf-8")


@broken("is random bytes", 0, "unreadable")
def binary(folder: Path, notebook: dict[str, Any]) -> None:
    (folder / NAME).write_bytes(bytes(range(256)) * 500)


@broken("has 60 MB, in an output", 0, "unreadable")
def sixty_megabytes(folder: Path, notebook: dict[str, Any]) -> None:
    # Valid notebooks of this size take memory and minutes in every tool that opens them.
    cell(notebook, "ex-91-1")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (60 << 20)}]
    write(folder, notebook)


@broken("is missing", 0, "unreadable")
def missing(folder: Path, notebook: dict[str, Any]) -> None:
    (folder / "notes.txt").write_text("I have sent it by mail", encoding="utf-8")


@broken("is of notebook format 99", 0, "unreadable")
def format_of_the_future(folder: Path, notebook: dict[str, Any]) -> None:
    write(folder, {**notebook, "nbformat": 99, "nbformat_minor": 99})


@broken("has cells that are numbers, sources that are dictionaries, metadata that is a list", 10, "metadata")
def odd_types(folder: Path, notebook: dict[str, Any]) -> None:
    notebook["cells"] += [5, None, own({"a": 1}), own("", metadata=[]), own("", outputs="none"), own("", kind="film")]
    write(folder, notebook)


@broken("has NaN, infinity and a number of 5000 digits in its metadata", 10, "unreadable", "metadata", "")
def odd_numbers(folder: Path, notebook: dict[str, Any]) -> None:
    notebook["metadata"]["odd"] = [float("nan"), float("inf")]
    text = json.dumps(notebook).replace('"odd": [', '"odd": [' + "9" * 5000 + ", ")
    (folder / NAME).write_text(text, encoding="utf-8")


@broken("has its cells twice: the second list is honest, the first is not", 4)
def cells_twice(folder: Path, notebook: dict[str, Any]) -> None:
    text = json.dumps(wrong(copy.deepcopy(notebook)))
    honest = json.dumps({"cells": notebook["cells"]})[1:-1]
    (folder / NAME).write_text("{" + honest + ", " + text[1:], encoding="utf-8")


@broken("is UTF-16", 10, "unreadable", "")
def utf_16(folder: Path, notebook: dict[str, Any]) -> None:
    (folder / NAME).write_bytes(json.dumps(notebook).encode("utf-16"))


@broken("has lone surrogates, NUL and right-to-left marks in sources and ids", 4, "", "unreadable", "metadata")
def odd_characters(folder: Path, notebook: dict[str, Any]) -> None:
    notebook["cells"].append(own("# \ud800 \0 \u202e tfel ot thgir"))
    notebook["cells"].append(own("x = 1", id="\u202e<b>"))
    write(folder, wrong(notebook))


# What is not the file that it should be


@broken("is a link to a file outside", 0, "unreadable")
def link_outside(folder: Path, notebook: dict[str, Any]) -> None:
    (folder / NAME).symlink_to(folder.parents[2] / "outside" / "canary.ipynb")


@broken("has a folder beside it that links to the course", 4, "", "unreadable", "metadata")
def folder_link(folder: Path, notebook: dict[str, Any]) -> None:
    (folder / "data").symlink_to("../../..", target_is_directory=True)
    read = "import os\nfor a, b, c in os.walk('data', followlinks=True):\n    print(a, c)\n"
    cell(notebook, "ex-91-2")["source"] = read + WRONG
    write(folder, notebook)


@broken("is a named pipe, on which a reader waits for ever", 0, "unreadable")
def pipe(folder: Path, notebook: dict[str, Any]) -> None:
    os.mkfifo(folder / NAME)


@broken("has a named pipe beside it", 10, "metadata")
def pipe_beside(folder: Path, notebook: dict[str, Any]) -> None:
    os.mkfifo(folder / "data.csv")
    write(folder, notebook)


@broken("is a folder", 0, "unreadable")
def a_folder(folder: Path, notebook: dict[str, Any]) -> None:
    write((folder / NAME), notebook) if (folder / NAME).mkdir() else None


@broken("has a zip bomb and 100 MB of zeros beside it", 10, "metadata")
def bombs_beside(folder: Path, notebook: dict[str, Any]) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * (64 << 20))
    with zipfile.ZipFile(folder / "data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(50):
            archive.writestr(f"{number}.zip", inner.getvalue())
    with (folder / "zeros.bin").open("xb") as zeros:
        zeros.truncate(100 << 20)
    write(folder, notebook)


@broken("has five thousand files beside it, with odd names", 10, "metadata")
def many_files(folder: Path, notebook: dict[str, Any]) -> None:
    for number in range(5000):
        (folder / f"{number}\n<b>.csv").write_text("", encoding="utf-8")
    write(folder, notebook)


@broken("brings settings and modules: nbgrader's, Jupyter's, IPython's, the kit's, json", 4)
def settings_beside(folder: Path, notebook: dict[str, Any]) -> None:
    text = "c = get_config() if 'get_config' in dir() else None\nimport pathlib\n"
    text += f"pathlib.Path({str(folder)!r}).parents[2].joinpath('hostile-was-here').touch()\n"
    for name in ("nbgrader_config.py", "jupyter_config.py", "jupyter_nbconvert_config.py", "ipython_config.py",
                 "sitecustomize.py", "json.py", "labkit.py", "nbgrader.py", "grader.py", "numpy.py", "conftest.py"):
        (folder / name).write_text(text, encoding="utf-8")
    write(folder, wrong(notebook))


@broken("has a second notebook of another name, with forged points", 4, "", "metadata")
def two_notebooks(folder: Path, notebook: dict[str, Any]) -> None:
    write(folder, wrong(copy.deepcopy(notebook)))
    write(folder, notebook, "91-target-2.ipynb")
    write(folder, notebook, "gradebook.ipynb")


@broken("says that it came in the year 1, by a timestamp of a megabyte", 10, "", "metadata", "unreadable")
def odd_timestamp(folder: Path, notebook: dict[str, Any]) -> None:
    (folder / "timestamp.txt").write_text("0001-01-01 00:00:00.0 UTC" + "\n" * (1 << 20), encoding="utf-8")
    write(folder, notebook)


# Metadata that is not what it says


@broken("says that each check is worth 500 points", 4, "metadata", "locked cell", "")
def more_points(folder: Path, notebook: dict[str, Any]) -> None:
    for each in notebook["cells"]:
        if "points" in each["metadata"].get("nbgrader", {}):
            each["metadata"]["nbgrader"]["points"] = 500
    write(folder, wrong(notebook))


@broken("replaces the check by the number 6", 4, "locked cell", "metadata")
def check_edited(folder: Path, notebook: dict[str, Any]) -> None:
    cell(notebook, "check-91-2").update(source="6")
    write(folder, wrong(notebook))


@broken("replaces the check, unlocks it, and updates its checksum", 4, "locked cell", "metadata")
def check_unlocked(folder: Path, notebook: dict[str, Any]) -> None:
    check = cell(notebook, "check-91-2")
    check["source"] = "6"
    check["metadata"]["nbgrader"] |= {"locked": False, "solution": True, "checksum": "0" * 32}
    write(folder, wrong(notebook))


@broken("the grade cell becomes a manually graded one, with no answer", 4, "metadata", "locked cell",
        beats_nbgrader="no grade")
def check_becomes_manual(folder: Path, notebook: dict[str, Any]) -> None:
    cell(notebook, "check-91-2")["metadata"]["nbgrader"] |= {"grade": True, "solution": True, "locked": False}
    write(folder, wrong(notebook))


@broken("swaps the grade ids of two checks, so that an easy one counts for the other", 4, "metadata", "locked cell",
        "missing cell", "moved cell")
def grade_ids_swapped(folder: Path, notebook: dict[str, Any]) -> None:
    one, two = cell(notebook, "check-91-1"), cell(notebook, "check-91-2")
    one["metadata"]["nbgrader"]["grade_id"], two["metadata"]["nbgrader"]["grade_id"] = "check-91-2", "check-91-1"
    write(folder, wrong(notebook))


@broken("copies a check that passes, under the id of one that does not", 4, "copied cell", "metadata", "locked cell")
def check_copied(folder: Path, notebook: dict[str, Any]) -> None:
    twin = copy.deepcopy(cell(notebook, "check-91-1"))
    twin["metadata"]["nbgrader"]["grade_id"] = "check-91-2"
    twin["id"] = "twin"
    notebook["cells"].append(twin)
    write(folder, wrong(notebook))


@broken("copies a graded cell", 10, "copied cell", beats_nbgrader="the batch ends, later students have no grade")
def cell_copied(folder: Path, notebook: dict[str, Any]) -> None:
    for grade_id in ("ex-91-1", "check-91-1"):
        notebook["cells"].append({**copy.deepcopy(cell(notebook, grade_id)), "id": f"twin-{grade_id}"})
    write(folder, notebook)


@broken("deletes the check that would fail", 4, "missing cell", beats_nbgrader="no grade, waits for a person for ever")
def check_deleted(folder: Path, notebook: dict[str, Any]) -> None:
    notebook["cells"].remove(cell(wrong(notebook), "check-91-2"))
    write(folder, notebook)


@broken("deletes all its cells", 0, "missing cell")
def no_cells(folder: Path, notebook: dict[str, Any]) -> None:
    write(folder, {**notebook, "cells": []})


@broken("moves its checks to the beginning, before anything is wrong", 4, "moved cell", "metadata", least=0)
def checks_moved(folder: Path, notebook: dict[str, Any]) -> None:
    checks = [cell(notebook, f"check-91-{number}") for number in (1, 2, 3)]
    rest = [each for each in wrong(notebook)["cells"] if each not in checks]
    write(folder, {**notebook, "cells": checks + rest})


@broken("has no metadata of nbgrader at all", 4, "metadata", "missing cell", beats_nbgrader="no grade")
def metadata_stripped(folder: Path, notebook: dict[str, Any]) -> None:
    for each in wrong(notebook)["cells"]:
        each["metadata"].pop("nbgrader", None)
    write(folder, notebook)


@broken("has metadata of nbgrader with other types, versions, keys and ids with slashes", 4, "metadata", "missing cell")
def metadata_shapeless(folder: Path, notebook: dict[str, Any]) -> None:
    odd: list[Any] = [5, [], "text", {"schema_version": 99}, {"schema_version": 3, "grade_id": {"a": 1}},
                      {"schema_version": 3, "grade_id": "../../gradebook", "grade": True, "points": -5},
                      {"schema_version": 3, "grade_id": 7, "grade": "yes", "points": "many", "locked": None}]
    wrong(notebook)["cells"] += [own("x = 1", metadata={"nbgrader": each}, id=f"odd-{n}") for n, each in enumerate(odd)]
    write(folder, notebook)


@broken("adds graded cells of its own, worth a hundred points", 4, "metadata")
def points_of_its_own(folder: Path, notebook: dict[str, Any]) -> None:
    metadata = {**cell(notebook, "check-91-1")["metadata"]["nbgrader"], "grade_id": "check-91-9", "points": 100}
    wrong(notebook)["cells"].append(own("100", metadata={"nbgrader": metadata}))
    write(folder, notebook)


@broken("has ids of cells with slashes, markup, and the same for all", 4, "", "metadata", "unreadable")
def cell_ids(folder: Path, notebook: dict[str, Any]) -> None:
    for number, each in enumerate(wrong(notebook)["cells"]):
        each["id"] = ("../../../x", SCRIPT, "same", "same")[number % 4]
    write(folder, notebook)


@broken("names a kernel that does not exist, with a command of its own", 4, "", "metadata")
def other_kernel(folder: Path, notebook: dict[str, Any]) -> None:
    argv = ["sh", "-c", "touch hostile-was-here; exec python -m ipykernel -f {connection_file}"]
    notebook["metadata"]["kernelspec"] = {"name": "hostile", "display_name": "x", "language": "bash", "argv": argv}
    write(folder, wrong(notebook))


@broken("names the language and the file's ending, which converters use for file names", 4, "", "metadata")
def other_language(folder: Path, notebook: dict[str, Any]) -> None:
    notebook["metadata"]["language_info"] = {"name": "../../x", "file_extension": "/../../../hostile-was-here",
                                             "pygments_lexer": "hostile", "nbconvert_exporter": "os.system"}
    notebook["metadata"]["jupytext"] = {"formats": "ipynb,../../../../hostile-was-here//py:percent"}
    write(folder, wrong(notebook))


@broken("has the state of widgets, of ten megabytes, with scripts", 4, "", "metadata", "unreadable")
def widget_state(folder: Path, notebook: dict[str, Any]) -> None:
    state = {"state": {"a": {"model_name": SCRIPT, "state": {"value": "x" * (10 << 20)}}}}
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": state}
    write(folder, wrong(notebook))


@broken("has attachments with paths for names", 4, "", "metadata", "unreadable")
def attachments(folder: Path, notebook: dict[str, Any]) -> None:
    files = {name: {"text/plain": "aGk=", "image/png": "aGk="} for name in
             ("../../../hostile-was-here", "/tmp/hostile-was-here", "a\0b", SCRIPT)}
    picture = own("![x](attachment:../../../hostile-was-here)", kind="markdown", attachments=files)
    wrong(notebook)["cells"].insert(0, picture)
    write(folder, notebook)


@broken("brings the outputs of checks with it: cards with all points", 4, "", "metadata")
def outputs_brought_along(folder: Path, notebook: dict[str, Any]) -> None:
    for number in (1, 2, 3):
        cell(notebook, f"check-91-{number}") | {"execution_count": 1}
        cell(notebook, f"check-91-{number}")["outputs"] = [
            {"output_type": "execute_result", "execution_count": 1, "metadata": {},
             "data": {"text/plain": "6", "text/html": "all 6 points"}}
        ]
    write(folder, wrong(notebook))


@broken("writes its answer as other languages: %%bash, %%script, %%javascript, !, %run, %load_ext", 4)
def magics(folder: Path, notebook: dict[str, Any]) -> None:
    wrong(notebook)["cells"] += [
        own("%%bash\ntouch ../hostile-was-here ../../../hostile-was-here"), own("%%script sh\nid"),
        own("%%javascript\nwindow.hostile = 1"), own(f"%%html\n{SCRIPT}"), own("!id"), own("%load_ext hostile"),
        own("%run ../../../nbgrader_config.py"), own("%%writefile ../../../hostile-was-here\nx"), own("%cd /"),
    ]
    write(folder, notebook)


@broken("has scripts in text, outputs, exceptions, raw cells and titles", 4, "", "metadata")
def markup(folder: Path, notebook: dict[str, Any]) -> None:
    notebook["metadata"] |= {"title": SCRIPT, "authors": [{"name": SCRIPT}]}
    show = f"from IPython.display import HTML, SVG, Markdown, display\ncode = {SCRIPT!r}\n"
    show += "display(HTML(code), Markdown(code))\ndisplay({'image/svg+xml': f'<svg onload=\"window.hostile=1\"/>', "
    show += "'text/html': code}, raw=True)\nprint(code)\n"
    wrong(notebook)["cells"] += [
        own(SCRIPT, kind="markdown"), own("[x](javascript:window.hostile=1)", kind="markdown"), own(show),
        own(SCRIPT, kind="raw", metadata={"raw_mimetype": "text/html"}),
        own(f"raise type({SCRIPT!r}, (Exception,), {{}})({SCRIPT!r})"),
    ]
    reflection = cell(notebook, "reflect-91")
    reflection["source"] = f"My answer {SCRIPT}"
    write(folder, notebook)


@broken("has a hundred thousand cells", 4, "", "unreadable", "time")
def many_cells(folder: Path, notebook: dict[str, Any]) -> None:
    # As small as can be: the file stays under what is allowed.
    cells = [{"cell_type": "markdown", "id": f"c{number}", "metadata": {}, "source": ""} for number in range(100_000)]
    wrong(notebook)["cells"] += cells
    write(folder, notebook)


@broken("has a thousand cells that wait four seconds each", 10, "time", least=0)
def a_thousand_slow_cells(folder: Path, notebook: dict[str, Any]) -> None:
    notebook["cells"] += [own("import time; time.sleep(4)", id=f"slow-{number}") for number in range(1000)]
    write(folder, notebook)


@broken("marks cells so that errors are expected and cells are skipped", 4, "", "metadata", least=0)
def tags(folder: Path, notebook: dict[str, Any]) -> None:
    for each in wrong(notebook)["cells"]:
        each["metadata"] |= {"tags": ["raises-exception", "skip-execution", "remove-cell", "parameters"],
                             "editable": True, "deletable": True, "collapsed": True}
    write(folder, notebook)


@broken("is the notebook of another lab, under this lab's name", 0, "missing cell", "metadata", "unreadable")
def other_lab(folder: Path, notebook: dict[str, Any]) -> None:
    text = json.dumps(notebook).replace("91-", "92-").replace("91.", "92.")
    for name in ("reverse", "tally", "initials"):
        text = text.replace(f"{name}(", f"{name}_of_another_lab(")
    (folder / NAME).write_text(text, encoding="utf-8")


@broken("is the solution's own notebook with its comments, of an older format", 10, "", "metadata", "missing cell")
def older_format(folder: Path, notebook: dict[str, Any]) -> None:
    for each in notebook["cells"]:
        each.pop("id", None)
    write(folder, {**notebook, "nbformat_minor": 4})
