"""Builds a notebook anew from the few things of a submitted one that are known, so that nothing else of it gets on."""

from __future__ import annotations

import json
import re
import uuid
import warnings
from typing import Any

import nbformat
from nbformat.v4 import new_notebook

from grader.submission import Incident

CELLS = 2000
"""The most cells that a notebook may have."""
_KINDS = frozenset({"code", "markdown", "raw"})
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # nbformat 4.5
_TAG = re.compile(r"[^,]+")  # nbformat 4.5


class Unreadable(Exception):  # noqa: N818 - it is a finding about a submission
    """A submission without a notebook that can be read; the message says why."""


def read_notebook(raw: bytes, name: str, incidents: list[Incident]) -> Any:
    """Build a notebook from the bytes of a file: cells with type, text, id, nbgrader's metadata and tags, no outputs.

    Args:
        raw: the bytes, already bounded.
        name: the file's name, for messages.
        incidents: where what had to be mended is noted.

    Raises:
        Unreadable: it is no notebook.
    """
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable(f"The file {name} is not text (UTF-8), so it is no notebook.") from None
    except RecursionError:
        raise Unreadable(f"The file {name} is nested too deeply for a notebook.") from None
    except ValueError as error:
        raise Unreadable(f"The file {name} is not JSON, so it is no notebook: {str(error)[:100]}.") from None
    if isinstance(found, dict) and found.get("nbformat") in (2, 3):
        found = _upgraded(found, name)
    if not isinstance(found, dict) or found.get("nbformat") != 4 or not isinstance(found.get("cells"), list):
        raise Unreadable(f"The file {name} is JSON, but not a notebook of format 4.")
    if len(found["cells"]) > CELLS:
        raise Unreadable(f"The notebook has {len(found['cells'])} cells, more than {CELLS}.")
    _tell_kernel(found.get("metadata"), incidents)
    made = new_notebook()
    taken: set[str] = set()
    odd = 0
    for entry in found["cells"]:
        cell = _cell(entry, taken)
        odd += cell is None
        if cell is not None:
            made.cells.append(cell)
    if odd:
        incidents.append(Incident("metadata", "", f"{odd} cells cannot be read and are left out."))
    try:
        nbformat.validate(made)
    except nbformat.ValidationError as error:
        said = str(error).splitlines()[0][:100]
        raise Unreadable(f"The file {name} cannot be made a notebook of format 4: {said}.") from None
    return made


def _upgraded(found: dict[str, Any], name: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            upgraded = nbformat.convert(nbformat.from_dict(found), 4)
    except Exception as error:
        # Converters of old formats take for granted that everything is there.
        raise Unreadable(f"The file {name} is a notebook of an old format that cannot be converted: "
                         f"{type(error).__name__}.") from None
    return json.loads(json.dumps(upgraded))


def _tell_kernel(metadata: Any, incidents: list[Incident]) -> None:
    """The lab's kernel is used, whatever the notebook names; an answer in another language is worth a word."""
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language", "python") if isinstance(kernel, dict) else "python"
    if language != "python":
        incidents.append(Incident("metadata", "", f"The notebook says its language is {str(language)[:40]!r}. It is "
                                  "run with the lab's kernel."))


def _cell(entry: Any, taken: set[str]) -> Any:
    """A new cell from one that was handed in; None if it is none."""
    if not isinstance(entry, dict) or not isinstance(kind := entry.get("cell_type"), str) or kind not in _KINDS:
        return None
    source = entry.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    found = entry.get("metadata")
    metadata: dict[str, Any] = {}
    if isinstance(found, dict):
        own = found.get("nbgrader")
        if isinstance(own, dict):
            metadata["nbgrader"] = {str(key)[:40]: value for key, value in own.items()
                                    if isinstance(value, (str, bool, int, float)) or value is None}
        tags = found.get("tags")
        if isinstance(tags, list):
            metadata["tags"] = list(dict.fromkeys(tag for tag in tags if isinstance(tag, str) and _TAG.fullmatch(tag)))
    # Lone surrogates are legal in JSON and can be written nowhere.
    text = source.encode("utf-8", "replace").decode("utf-8")
    cell: dict[str, Any] = {"cell_type": kind, "metadata": metadata, "source": text}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    if kind == "markdown" and (pictures := _pictures(entry.get("attachments"))):
        cell["attachments"] = pictures
    name = entry.get("id")
    known = isinstance(name, str) and _CELL_ID.fullmatch(name) and name not in taken
    cell["id"] = name if known else uuid.uuid4().hex[:8]
    taken.add(cell["id"])
    return nbformat.from_dict(cell)


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """The pictures that were dropped into a Markdown cell: file name to type to base64."""
    if not isinstance(attachments, dict):
        return {}
    found = {str(name): {kind: content for kind, content in kinds.items()
                         if kind in {"image/png", "image/jpeg", "image/gif"} and isinstance(content, str)}
             for name, kinds in attachments.items() if isinstance(kinds, dict)}
    return {name: kinds for name, kinds in found.items() if kinds}
