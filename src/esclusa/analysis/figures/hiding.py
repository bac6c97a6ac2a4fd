"""Which cells of a table stay out of it because they are small, or would give small ones away.

A count from 1 to 4 may be one ship or one family. It is hidden (primary suppression), and so are as
many other cells as it takes that nobody can work it out from the totals (secondary suppression;
Hundepool and others, Statistical Disclosure Control, 2012, sections 4.2 and 4.3). Whether it can be
worked out is not guessed: the least and the most that a hidden cell can be, given all that is shown
and that no count is negative, are two linear programs (Fischetti and Salazar 2001 call them the
attacker's). They must lie at least as far apart as the hidden counts reach.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

SMALLEST: Final = 5
"""The smallest count that is shown, but for 0: that nothing was there is told of nobody."""

Cell = Hashable


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """Cells that add up to another, or, not ``complete``, to at most that: then what is missing is
    a count of its own, which stands nowhere and may be worked out like any other."""

    whole: Any
    parts: tuple[Any, ...]
    complete: bool = True


def hide(cells: Mapping[Any, int], sums: Sequence[Sum]) -> frozenset[Any]:
    """Return the cells to hide: the small ones, and those that it takes to protect them.

    :param cells: every count of the table, none negative.
    :param sums: what adds up to what; cells that are not in the table are left out of it.
    """
    values, equations = _whole(cells, sums)
    rests = frozenset(values) - frozenset(cells)
    hidden = {cell for cell, value in values.items() if is_small(value)} | rests
    # What is hidden on top only widens what a cell can be, so one that is safe stays so.
    for cell in sorted(hidden, key=_order(values)):
        while is_small(values[cell]) and _is_exposed(values, equations, hidden, cell):
            # Among what stands in one sum with the cell's component the least is lost first.
            near = _beside(values, equations, hidden, cell)
            chosen = min(near, key=_order(values), default=None)
            if chosen is None:
                break
            hidden.add(chosen)
    return frozenset(hidden - rests)


def hide_over(
    cells: Mapping[Any, int], sums: Sequence[Sum], inside: Iterable[Collection[Any]]
) -> frozenset[Any]:
    """Return the cells to hide in a table that is the sum of others, as a year is of its months:
    what it must hide by itself, and what any of the others hides.

    Then the table tells nothing of the others that they do not tell themselves. For whatever else
    the hidden cells of a month could be, the same differences added to the year's fit all that is
    shown: they touch cells that the year hides, the year's sums are the month's, and no count
    becomes negative, because it is at least the month's. So a hidden cell of a month reaches as far
    with the year as without it; and a small one of the year reaches as far as one of its months.

    :param cells: every count of the table, none negative.
    :param inside: what each of the others hides.
    """
    return hide(cells, sums) | frozenset(cell for gone in inside for cell in gone if cell in cells)


def reach(
    cells: Mapping[Any, int], sums: Sequence[Sum], hidden: Collection[Any], cell: Any
) -> tuple[float, float]:
    """Return the least and the most that a hidden cell can be for someone who sees all the others.

    :return: whole counts, or infinity where nothing bounds it.
    """
    values, equations = _whole(cells, sums)
    return _reach(values, equations, set(hidden) | (set(values) - set(cells)), cell)


def is_small(value: int) -> bool:
    """Tell whether a count is too small to show."""
    return 0 < value < SMALLEST


_Equation = tuple[Any, tuple[Any, ...]]


def _whole(cells: Mapping[Any, int], sums: Sequence[Sum]) -> tuple[dict[Any, int], list[_Equation]]:
    """Return the cells with the rests of incomplete sums, and equations that all hold exactly."""
    values, equations = dict(cells), []
    for number, one in enumerate(sums):
        parts = tuple(part for part in one.parts if part in cells)
        if one.whole not in cells or not parts:
            continue
        if not one.complete:
            rest = ("rest", number)
            values[rest] = cells[one.whole] - sum(cells[part] for part in parts)
            parts += (rest,)
        equations.append((one.whole, parts))
    return values, equations


def _is_exposed(
    values: Mapping[Any, int], equations: list[_Equation], hidden: set[Any], cell: Any
) -> bool:
    """Tell whether a hidden cell can be worked out too closely."""
    if next(_beside(values, equations, hidden, cell), None) is None:
        return False  # nothing that is shown bounds it: all of it may be any multiple of what it is
    low, high = _reach(values, equations, hidden, cell)
    return high - low < SMALLEST


def _order(values: Mapping[Any, int]) -> Any:
    return lambda cell: (values[cell] == 0, values[cell], str(cell))


def _component(equations: list[_Equation], hidden: set[Any], cell: Any) -> list[_Equation]:
    """Return the equations that a hidden cell takes part in, directly or through other hidden
    ones."""
    reached, left = {cell}, list(equations)
    found: list[_Equation] = []
    while True:
        near = [one for one in left if reached & {one[0], *one[1]}]
        if not near:
            return found
        found += near
        left = [one for one in left if one not in near]
        reached |= {part for whole, parts in near for part in (whole, *parts) if part in hidden}


def _beside(
    values: Mapping[Any, int], equations: list[_Equation], hidden: set[Any], cell: Any
) -> Iterator[Any]:
    """Yield the cells shown that stand in one sum with a hidden one that bounds this cell."""
    for whole, parts in _component(equations, hidden, cell):
        yield from (one for one in (whole, *parts) if one not in hidden)


def _reach(
    values: Mapping[Any, int], equations: list[_Equation], hidden: set[Any], cell: Any
) -> tuple[float, float]:
    near = _component(equations, hidden, cell)
    if not near:
        return 0.0, math.inf
    unknown = sorted({c for whole, parts in near for c in (whole, *parts) if c in hidden}, key=str)
    place = {one: at for at, one in enumerate(unknown)}
    rows, right = [], []
    for whole, parts in near:
        row, known = [0.0] * len(unknown), 0.0
        for sign, one in ((-1.0, whole), *((1.0, part) for part in parts)):
            if one in place:
                row[place[one]] += sign
            else:
                known += sign * values[one]
        rows.append(row)
        right.append(-known)
    return _ends(rows, right, place[cell])


def _ends(rows: list[list[float]], right: list[float], at: int) -> tuple[float, float]:
    """Return the least and the most of one unknown, all of them at least 0."""
    # A third of a second to import: only a table that hides something needs it.
    from scipy.optimize import linprog

    aim = [0.0] * len(rows[0])
    ends = []
    for sign in (1.0, -1.0):
        aim[at] = sign
        found = linprog(aim, A_eq=rows, b_eq=right, bounds=(0, None), method="highs")
        ends.append(sign * found.fun if found.status == 0 else math.inf)
    return float(math.ceil(ends[0] - 1e-6)), _floor(ends[1])


def _floor(value: float) -> float:
    return value if math.isinf(value) else float(math.floor(value + 1e-6))
