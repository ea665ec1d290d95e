"""The lab's pictures inside the page: a page that was handed out has no folder beside it."""

from __future__ import annotations

import base64
import mimetypes
import re
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor
from traitlets import Unicode

_PICTURE = re.compile(r"\]\((?P<path>[\w./-]+\.(?:svg|png|jpe?g|gif|webp))\)")


class Pictures(Preprocessor):
    """Puts pictures that the lab itself brings into its Markdown cells."""

    folder = Unicode("", help="the released lab")

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:  # noqa: ARG002 - nbconvert's
        """Replace the addresses of pictures in a cell.

        Args:
            cell: the cell.
            resources: nbconvert's, passed on.
            index: its place.
        """
        if cell.cell_type == "markdown":
            cell.source = _PICTURE.sub(self._embedded, cell.source)
        return cell, resources

    def _embedded(self, found: re.Match[str]) -> str:
        folder = Path(self.folder).resolve()
        path = (folder / found["path"]).resolve()
        kind = mimetypes.guess_type(path.name)[0]
        if kind is None or not path.is_relative_to(folder) or not path.is_file():
            return found[0]
        return f"](data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')})"
