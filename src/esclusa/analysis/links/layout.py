"""Where the nodes of a chart stand: a spring layout, then one node to a cell.

1. Nodes start on rings round the first one, by their distance from it, in their order.
2. Springs pull tied nodes together and push others apart (Fruchterman and Reingold 1991), by
   ``rustworkx`` (see ``docs/decisions/0038-charts-laid-out-by-rustworkx.md``).
3. The plane is divided into cells of equal size, and every node takes the free cell nearest to
   where the springs left it, nodes with more ties first. So two nodes are never nearer than a cell
   is wide or high, and there is room for a name below each.
4. Columns and rows in which nothing stands are taken out, and every other row is moved by half a
   cell: lines to nodes of one column would run through each other's nodes.

Nothing in it is drawn by chance: the seed is fixed, and equal nodes in equal order with equal lines
stand in equal places, tomorrow too.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import rustworkx as rx

Floats = npt.NDArray[np.float64]

CELL_WIDTH: Final = 136
CELL_HEIGHT: Final = 60
"""Pixels from one node to the next in a row, and from one row to the next."""

BOWS: Final = (0.2, -0.2, 0.12, -0.12, 0.3, -0.3, 0.05, -0.05)
"""How far a line may be bowed, as shares of its length, the first that runs clear is taken."""
_CLEAR: Final = 12
"""Pixels that a line keeps from the middle of a node that it does not lead to, where it can."""
_STEPS: Final = 40
"""Points of a line that are looked at."""

_SEED: Final = 20_061
_ROUNDS: Final = 100
"""Rounds of the springs. After 100, 1,000 nodes hardly move any more."""
_ROOM: Final = 2.0
"""Cells for each node: with fewer, nodes stand far from where the springs want them."""
_ASPECT: Final = 1.5
"""Width of a chart for each of its height, about that of a screen."""
_RANKED: Final = 0.6
"""How far places are evened out: 0 leaves them, 1 gives every node the same room."""


def layout(
    nodes: int, lines: Sequence[tuple[int, int]], away: Sequence[int]
) -> list[tuple[int, int]]:
    """Return x and y in pixels, in the middle of a cell, for each node; the smallest are half a
    cell.

    :param lines: pairs of nodes, as numbers from 0.
    :param away: how far each node is from the first; decides where the springs start.
    """
    if not nodes:
        return []
    sprung = _sprung(nodes, lines, away)
    rows = max(1, math.ceil(math.sqrt(nodes * _ROOM * CELL_WIDTH / CELL_HEIGHT / _ASPECT)))
    columns = max(1, math.ceil(nodes * _ROOM / rows))
    wanted = np.column_stack(
        [_evened(sprung[:, 0]) * (columns - 1), _evened(sprung[:, 1]) * (rows - 1)]
    )
    cells = _settled(wanted, Counter(place for line in lines for place in line))
    across, down = (_packed([cell[axis] for cell in cells]) for axis in (0, 1))
    return [_middle(across[x], down[y]) for x, y in cells]


def bows(places: Sequence[tuple[int, int]], lines: Sequence[tuple[int, int]]) -> list[float]:
    """Return how far each line is to be bowed to its left (below 0: to its right), as a share of
    its length: as :data:`BOWS` has it first of those that run through the fewest nodes.

    :param places: as :func:`layout` gave them.
    """
    if not lines:
        return []
    spots, ends = np.array(places, dtype=np.float64), np.array(lines, dtype=np.int64)
    taken = np.full((int(spots[:, 0].max()) // CELL_WIDTH + 2,
                     int(spots[:, 1].max()) // CELL_HEIGHT + 2), -1, dtype=np.int64)  # fmt: skip
    taken[_cell(spots)] = np.arange(len(places))
    a, b = spots[ends[:, 0]], spots[ends[:, 1]]
    crossed = np.column_stack([_crossed(a, b, ends, spots, taken, bow) for bow in BOWS])
    return [BOWS[place] for place in crossed.argmin(axis=1).tolist()]


def _crossed(
    a: Floats, b: Floats, ends: npt.NDArray[np.int64], spots: Floats,
    taken: npt.NDArray[np.int64], bow: float,
) -> npt.NDArray[np.int64]:  # fmt: skip
    """Count, for each line, its points that come too near to a node that it does not lead to."""
    t = np.linspace(0, 1, _STEPS + 2)[1:-1, None, None]
    turned = np.column_stack([a[:, 1] - b[:, 1], b[:, 0] - a[:, 0]])
    middle = (a + b) / 2 + bow * turned
    points = (1 - t) ** 2 * a + 2 * t * (1 - t) * middle + t**2 * b
    column, row = _cell(points)
    inside = (column >= 0) & (row >= 0) & (column < taken.shape[0]) & (row < taken.shape[1])
    there = np.where(inside, taken[np.where(inside, column, 0), np.where(inside, row, 0)], -1)
    apart = np.hypot(*np.moveaxis(points - spots[there], -1, 0))
    others = (there >= 0) & (there != ends[:, 0]) & (there != ends[:, 1])
    found: npt.NDArray[np.int64] = np.count_nonzero(others & (apart < _CLEAR), axis=0)
    return found


def _cell(points: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the column and the row of the cell that points lie in."""
    row = np.floor(points[..., 1] / CELL_HEIGHT).astype(np.int64)
    shift = (row % 2) * (CELL_WIDTH / 2)
    return np.floor((points[..., 0] - shift) / CELL_WIDTH).astype(np.int64), row


def _middle(column: int, row: int) -> tuple[int, int]:
    """Return the middle of a cell; every other row stands half a cell further right."""
    shift = (1 + row % 2) * CELL_WIDTH // 2
    return column * CELL_WIDTH + shift, row * CELL_HEIGHT + CELL_HEIGHT // 2


def _sprung(nodes: int, lines: Sequence[tuple[int, int]], away: Sequence[int]) -> Floats:
    graph = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from_no_data(list(lines))
    start = dict(enumerate(_rings(away)))
    found = rx.spring_layout(graph, pos=start, num_iter=_ROUNDS, seed=_SEED)
    return np.array([found[place] for place in range(nodes)], dtype=np.float64)


def _rings(away: Sequence[int]) -> Iterator[tuple[float, float]]:
    crowd, met = Counter(away), Counter[int]()
    furthest = max(crowd) or 1
    for far in away:
        turn = 2 * math.pi * met[far] / crowd[far]
        met[far] += 1
        yield far / furthest * math.cos(turn), far / furthest * math.sin(turn)


def _evened(values: Floats) -> Floats:
    """Return values from 0 to 1 in the same order, crowded ones drawn apart."""
    if values.size == 1:
        return np.zeros(1)
    low, high = values.min(), values.max()
    plain = (values - low) / (high - low) if high > low else np.zeros_like(values)
    rank = np.empty_like(values)
    rank[np.argsort(values, kind="stable")] = np.linspace(0, 1, values.size)
    mixed: Floats = (1 - _RANKED) * plain + _RANKED * rank
    return mixed


def _settled(wanted: Floats, ties: Counter[int]) -> list[tuple[int, int]]:
    """Give each node the free cell nearest to where it wants to be."""
    taken: dict[tuple[int, int], int] = {}
    cells: list[tuple[int, int]] = [(0, 0)] * len(wanted)
    for place in sorted(range(len(wanted)), key=lambda place: (-ties[place], place)):
        cell = _nearest_free(float(wanted[place, 0]), float(wanted[place, 1]), taken)
        taken[cell] = place
        cells[place] = cell
    return cells


def _nearest_free(x: float, y: float, taken: dict[tuple[int, int], int]) -> tuple[int, int]:
    at = (round(x), round(y))
    if at not in taken:
        return at
    found: list[tuple[float, tuple[int, int]]] = []
    for ring in range(1, 2 * math.isqrt(len(taken)) + 3):
        # A cell of this ring may be further off than one of the next, but by less than a cell.
        if found and min(found)[0] <= (ring - 0.5) * min(CELL_WIDTH, CELL_HEIGHT):
            break
        found += [
            (math.hypot((cell[0] - x) * CELL_WIDTH, (cell[1] - y) * CELL_HEIGHT), cell)
            for cell in _ring(at, ring)
            if cell not in taken
        ]
    return min(found)[1]


def _ring(at: tuple[int, int], ring: int) -> Iterator[tuple[int, int]]:
    x, y = at
    for step in range(-ring, ring + 1):
        yield x + step, y - ring
        yield x + step, y + ring
    for step in range(1 - ring, ring):
        yield x - ring, y + step
        yield x + ring, y + step


def _packed(values: list[int]) -> dict[int, int]:
    """Return the place of each value among those there are."""
    return {value: place for place, value in enumerate(sorted(set(values)))}
