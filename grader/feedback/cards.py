"""Hidden cases in a student's page, for the instructor who asks for them: the cards drawn again from the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_output
from traitlets import Dict

from labkit.checks.card import result_card
from labkit.checks.hints import Hint
from labkit.checks.result import MIME, CriterionResult, Finding, Result


class OpenCards(Preprocessor):
    """Replaces each card by one that shows what hidden cases found."""

    results = Dict({}, help="`Result.data()` of each exercise of this student, by id")

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:  # noqa: ARG002 - nbconvert's
        """Replace the cards of a cell.

        Args:
            cell: the cell.
            resources: nbconvert's, passed on.
            index: its place.
        """
        if cell.cell_type == "code":
            cell.outputs = [self._opened(output) for output in cell.outputs]
        return cell, resources

    def _opened(self, output: Any) -> Any:
        found = output.get("data", {}).get(MIME)
        data = self.results.get(found.get("exercise")) if isinstance(found, Mapping) else None
        if data is None:
            return output
        card = result_card(opened(data))
        return new_output("display_data", {"text/plain": card.text, "text/html": card.markup})


def opened(data: Mapping[str, Any]) -> Result:
    """Make a result again from its data, with nothing hidden.

    Args:
        data: what `Result.data()` wrote.
    """
    return Result(
        data["exercise"], data["title"], data["points"],
        criteria=[CriterionResult(f"{line['title']} (a hidden case)" if line["hidden"] and line["finding"]
                                  else line["title"], line["points"], line["state"], _finding(line["finding"]),
                                  line["seconds"]) for line in data["criteria"]],
        seconds=data["seconds"], seed=data["seed"], first=data.get("first", ""), notes=list(data["notes"]),
        problem=data["problem"], written=data["state"] != "not written",
    )


def _finding(data: Mapping[str, Any] | None) -> Finding | None:
    if data is None:
        return None
    hint = Hint(data["hint"]["id"], *data["hint"]["levels"]) if data["hint"] else None
    return Finding(data["expected"], data["found"], data["try"], hint, data["call"], data["line"], data["printed"],
                   data["kind"])
