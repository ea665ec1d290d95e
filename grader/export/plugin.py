"""The same tables from stock nbgrader: `nbgrader export --exporter=grader.export.plugin.Canvas --to canvas.csv`."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from grader.export import roster, scores, tables
from grader.pages import write


class Plain(ExportPlugin):
    """Exports a table for a spreadsheet."""

    format = "plain"
    class_list = Unicode("", help="the class list, a CSV").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Write the table.

        Args:
            gradebook: nbgrader's, open.
        """
        labs = [str(name) for name in self.assignment] or [assignment.name for assignment in gradebook.assignments]
        found = scores.of(gradebook, sorted(labs))
        listed = roster.read(Path(self.class_list), found.people, found.emails) if self.class_list else None
        table = tables.make(self.format, found, listed)
        for line in table.told:
            self.log.info("%s", line)
        self.log.info("Wrote %s", write(Path(self.to or f"grades-{self.format}.csv"), table.text))


class Canvas(Plain):
    """Exports a table that Canvas imports."""

    format = "canvas"


class Moodle(Plain):
    """Exports a table that Moodle imports."""

    format = "moodle"
