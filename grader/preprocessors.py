"""What this course adds to nbgrader's list of notebook transformations. Each is named in `nbgrader_config.py`."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor

from grader import parts

SCHEMA = 3
"""The version of nbgrader's cell metadata that this course writes."""


class ForgetPairing(NbGraderPreprocessor):
    """On release: drop jupytext's metadata, or saving the lab would write a second file, and could restore answers."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Drop the metadata; see the base class for the arguments."""
        nb.metadata.pop("jupytext", None)
        return nb, resources


class ClearSolutionsByLanguage(ClearSolutions):
    """On release: as nbgrader's own, but a cell that begins with `%%cpp` gets the stub of C++ (`code_stub["cpp"]`).

    nbgrader knows one language a notebook. Its settings, under `c.ClearSolutions`, are those of this class too.
    """

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Put stubs in place of solutions; see the base class for the arguments."""
        language = resources["language"]
        if cell.cell_type == "code" and parts.cpp_file(cell.source):
            resources["language"] = "cpp"
        try:
            cell, resources = super().preprocess_cell(cell, resources, cell_index)
        finally:
            resources["language"] = language
        return cell, resources


class StderrIsNoFailure(NbGraderPreprocessor):
    """After execution: what a graded cell wrote to stderr becomes ordinary output.

    nbgrader takes any text on stderr for a failure, and libraries warn and log for good reasons. An exception is an
    output of its own kind and still fails the cell.
    """

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:  # noqa: ARG002
        """Rename the stream; see the base class for the arguments."""
        if utils.is_grade(cell) and cell.cell_type == "code":
            for output in cell.outputs:
                if output.output_type == "stream" and output.name == "stderr":
                    output.name = "stdout"
        return cell, resources


class HarmlessOutputs(NbGraderPreprocessor):
    """After execution: of what an output says about itself only the size and the description of a picture stay.

    The pages of form grader write the size into a tag as it is, and a size can be any text.
    """

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:  # noqa: ARG002
        """Drop the rest; see the base class for the arguments."""
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = NotebookNode({
                    kind: _picture(told) for kind, told in output.metadata.items()
                    if kind in {"image/png", "image/jpeg"} and isinstance(told, dict)})
        return cell, resources


def _picture(told: Any) -> NotebookNode:
    sizes = {name: told[name] for name in ("width", "height") if type(told.get(name)) in (int, float)}
    return NotebookNode(sizes | ({"alt": told["alt"]} if isinstance(told.get("alt"), str) else {}))


class RepairCells(NbGraderPreprocessor):
    """Before grading: mend what a student's editing did to nbgrader's cells, and say in the log what was mended.

    A copied cell, unreadable or changed metadata, or a deleted cell stop stock nbgrader, for one student or for the
    whole class. The text of a student is never changed here: only metadata is, and cells are added. What was mended is
    also listed in `resources["incidents"]`, as `(kind, cell, text)`, if the caller has put a list there.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Mend a submitted notebook; see the base class for the arguments."""
        names = resources["nbgrader"]
        self.student = names["student"]
        self.incidents: list[tuple[str, str, str]] = resources.get("incidents", [])
        with Gradebook(names["db_url"]) as gradebook:
            try:
                notebook = gradebook.find_notebook(names["notebook"], names["assignment"])
            except MissingEntry:
                return nb, resources
            points = {cell.name: float(cell.max_score) for cell in (*notebook.grade_cells, *notebook.task_cells)}
            solutions = {cell.name for cell in notebook.solution_cells}
            graded = {cell.name for cell in notebook.grade_cells}
            tasks = {cell.name for cell in notebook.task_cells}
            expected = [
                (cell, _metadata(cell, points.get(cell.name), cell.name in graded, cell.name in solutions,
                                 cell.name in tasks))
                for cell in notebook.source_cells
            ]
            self._drop_unreadable(nb)
            self._drop_copies(nb)
            self._drop_unknown(nb, {source.name for source, _ in expected})
            self._tell_moved(nb, [source.name for source, _ in expected])
            self._put_back(nb, expected)
            self._restore(nb, expected)
        return nb, resources

    def _say(self, kind: str, cell: str, what: str) -> None:
        self.incidents.append((kind, cell, what[0].upper() + what[1:]))
        self.log.warning("Student %s: %s There is nothing to do.", self.student, what)

    def _drop_unreadable(self, nb: Any) -> None:
        for cell in nb.cells:
            found = cell.metadata.get("nbgrader")
            if found is None:
                continue
            readable = (isinstance(found, dict) and found.get("schema_version") == SCHEMA
                        and isinstance(found.get("grade_id"), str))
            if not readable:
                if found:
                    self._say("metadata", str(cell.get("id", "")), "a cell has metadata of nbgrader that cannot be "
                              "read. It is graded by its id, or as an ordinary cell.")
                del cell.metadata["nbgrader"]

    def _drop_copies(self, nb: Any) -> None:
        seen: set[str] = set()
        for cell in reversed(nb.cells):
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in seen:
                self._say("copied cell", grade_id, f"the cell {grade_id!r} was copied. The last one is graded, the "
                          "others run as ordinary cells.")
                del cell.metadata["nbgrader"]
            elif grade_id is not None:
                seen.add(grade_id)

    def _drop_unknown(self, nb: Any, known: set[str]) -> None:
        for cell in nb.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if grade_id and grade_id not in known:
                # A cell that only has a name is the author's and means nothing to nbgrader.
                if any(cell.metadata.nbgrader.get(kind) for kind in ("grade", "solution", "locked", "task")):
                    self._say("metadata", grade_id, f"the cell {grade_id!r} is none of this lab. It runs as an "
                              "ordinary cell.")
                del cell.metadata["nbgrader"]

    def _tell_moved(self, nb: Any, order: list[str]) -> None:
        found = [cell.metadata.nbgrader.grade_id for cell in nb.cells if "nbgrader" in cell.metadata]
        there = [name for name in order if name in set(found)]
        moved = next((name for name, due in zip(found, there, strict=False) if name != due), None)
        if moved is not None:
            self._say("moved cell", moved, f"the cells of the lab are in another order, from {moved!r} on. They run in "
                      "the order of the submission.")

    def _put_back(self, nb: Any, expected: list[tuple[Any, dict[str, Any]]]) -> None:
        place = 0
        for source, metadata in expected:
            index = _index(nb, lambda cell, name=source.name: cell.metadata.get("nbgrader", {}).get("grade_id") == name)
            if index is None:
                index = _index(nb, lambda cell, name=source.name: cell.get("id") == name)
                if index is not None and "nbgrader" not in nb.cells[index].metadata:
                    self._say("metadata", source.name, f"the cell {source.name!r} had lost its metadata. It is graded "
                              "as it was given out.")
                    nb.cells[index].metadata["nbgrader"] = NotebookNode(metadata)
                else:
                    self._say("missing cell", source.name, f"the cell {source.name!r} is missing. It is put back so "
                              "that the rest can be graded. If the student moved the answer to a cell of their own, "
                              "it counts.")
                    index = place
                    nb.cells.insert(index, _replacement(source, metadata, {cell.get("id") for cell in nb.cells}))
            place = index + 1

    def _restore(self, nb: Any, expected: list[tuple[Any, dict[str, Any]]]) -> None:
        """Give each cell its metadata back, and tell which locked cells were edited: nbgrader overwrites their text."""
        due = {source.name: (source, metadata) for source, metadata in expected}
        for cell in nb.cells:
            if "nbgrader" not in cell.metadata:
                continue
            source, metadata = due[cell.metadata.nbgrader.grade_id]
            found = cell.metadata.nbgrader
            changed = sorted(key for key in ("points", "grade", "solution", "locked", "task")
                             if (found.get(key) or 0) != (metadata.get(key) or 0))
            if changed:
                self._say("metadata", source.name, f"the cell {source.name!r} had other values for "
                          f"{', '.join(changed)}. It is graded as it was given out.")
            cell.metadata["nbgrader"] = NotebookNode(metadata)
            # The gradebook has a cell with its hidden tests, if an imported lab has such cells; students do not.
            whole = "BEGIN HIDDEN TESTS" not in source.source
            if source.locked and whole and (cell.source, cell.cell_type) != (source.source, source.cell_type):
                self._say("locked cell", source.name, f"the locked cell {source.name!r} was edited. Its text is as it "
                          "was given out again.")


def _index(nb: Any, wanted: Any) -> int | None:
    return next((index for index, cell in enumerate(nb.cells) if wanted(cell)), None)


def _metadata(cell: Any, points: float | None, grade: bool, solution: bool, task: bool) -> dict[str, Any]:
    """The metadata of a cell as it was given out, rebuilt from the gradebook (nbgrader's schema, version 3)."""
    metadata: dict[str, Any] = {
        "schema_version": SCHEMA, "grade_id": cell.name, "cell_type": cell.cell_type, "locked": bool(cell.locked),
        "grade": grade, "solution": solution, "task": task, "checksum": cell.checksum,
    }
    if points is not None:
        metadata["points"] = points
    return metadata


def _replacement(source: Any, metadata: dict[str, Any], taken: set[str]) -> Any:
    """A cell in place of a missing one. A missing answer stays empty: a stub would hide one written elsewhere."""
    answer = metadata["solution"] and not metadata["grade"]
    text = f"# The cell {source.name} was missing from the submission." if answer else source.source
    make = new_code_cell if source.cell_type == "code" else new_markdown_cell
    cell = make(text, metadata={"nbgrader": metadata})
    if source.name not in taken:
        cell.id = source.name
    return cell
