"""Minimizing a function without its gradient: the simplex method of Nelder and Mead.

The variant is the one that Flux's forecasts rest on, so that they can be reproduced: the steps of Lagarias et al.
(SIAM J. Optim. 9, 1998), their sizes by dimension of Gao and Han (Comput. Optim. Appl. 51, 2012), a first simplex with
edges of 0.05 along the axes, and an end when the best value has not fallen notably for some rounds.
"""

from __future__ import annotations

from collections.abc import Callable

EDGE = 0.05
Point = list[float]


def minimize(
    function: Callable[[Point], float], start: Point, notable: float, patience: int, on_round: Callable[[], None],
) -> tuple[Point, float]:
    """The lowest point found, and the function's value there.

    Args:
        function: of a point, which it may change.
        start: where to begin.
        notable: a fall by less than this does not count.
        patience: end after so many rounds without a notable fall.
        on_round: called each round; may raise to stop.
    """
    size = len(start)
    spread, narrow, shrink, share = 1 + 2 / size, 0.75 - 1 / (2 * size), 1 - 1 / size, 1 / size

    def at(point: Point) -> tuple[float, Point]:
        return function(point.copy()), point

    def along(step: float) -> tuple[float, Point]:
        """A point on the line from the worst corner through the centre of the others."""
        worst = corners[-1][1]
        return at([c + step * (c - w) for c, w in zip(centre, worst, strict=True)])

    def middle() -> Point:
        """The centre of all corners but the worst."""
        return [sum(values) / size for values in zip(*(point for _, point in corners[:-1]), strict=True)]

    first = at(start)
    best, waited = first[0], 0
    corners = sorted([*(at([x + EDGE * (i == axis) for i, x in enumerate(start)]) for axis in range(size)), first],
                     key=lambda corner: corner[0])
    centre = middle()
    while True:
        lowest = corners[0]
        if lowest[0] < best and best - lowest[0] > notable:
            best, waited = lowest[0], 0
        else:
            waited += 1
            if waited >= patience:
                return lowest[1], lowest[0]
        on_round()
        mirrored = along(1.0)
        value = mirrored[0]
        better: tuple[float, Point] | None
        if lowest[0] <= value < corners[-2][0]:
            better = mirrored
        elif value < lowest[0]:
            further = along(spread)
            better = further if further[0] < value else mirrored
        elif value < corners[-1][0]:
            nearer = along(narrow)
            better = nearer if nearer[0] <= value else None
        else:
            nearer = along(-narrow)
            better = nearer if nearer[0] < corners[-1][0] else None
        if better is None:
            corners = [lowest, *(at([b + shrink * (x - b) for x, b in zip(point, lowest[1], strict=True)])
                                 for _, point in corners[1:])]
            corners.sort(key=lambda corner: corner[0])
            centre = middle()
        else:
            place = size
            while place > 0 and not corners[place - 1][0] < better[0]:
                place -= 1
            corners = [*corners[:place], better, *corners[place:-1]]
            # Moved, not computed anew: the search is so sensitive that the last digits of its steps show in a forecast.
            gone, come = corners[-1][1], better[1]
            centre = [(c + g * -share) + n * share for c, g, n in zip(centre, gone, come, strict=True)]
