"""What the judge writes under a check cell: the card and the score, as `check("01.3")` shows them in a notebook."""

from __future__ import annotations

from grader.judge.outputs import Output, clean_data
from labkit.checks.card import result_card
from labkit.checks.result import Result


def outputs(result: Result, number: int) -> list[Output]:
    """Return the outputs of a check cell.

    Args:
        result: of its exercise. What hidden cases found is not shown.
        number: the cell's place in the order of execution.
    """
    bundle = clean_data(result_card(result)._repr_mimebundle_())
    return [
        {"output_type": "display_data", "data": bundle, "metadata": {}},
        {"output_type": "execute_result", "data": {"text/plain": repr(result.score)}, "metadata": {},
         "execution_count": number},
    ]
