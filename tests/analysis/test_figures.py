"""Figures counted from facts, by hand; and that nobody works out a small cell that is hidden.

About 4 CPU seconds, most of it the linear programs of the second part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.figures import (
    SMALLEST,
    Definition,
    Figure,
    Sum,
    counted,
    empty,
    gathered,
    hide,
    reach,
    sums_of,
)


def defined(name: str, **more: object) -> Definition:
    return Definition(**{"id": name, "version": 1, "section": "s", "unit": "count", **more})  # type: ignore[arg-type]


def facts(*rows: tuple[object, ...]) -> pl.DataFrame:
    names = ("figure", "part", "record", "value", "minutes")
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    return gathered({**columns, "kind": "record", "at": "2026-03-01"})


TOLD = facts(
    ("opened", "north", "r1", 1, 30.0),
    ("opened", "north", "r2", 1, 10.0),
    ("opened", "south", "r3", 1, 50.0),
    ("opened", "south", "r4", 1, None),
    ("found", "north", "r1", 1, None),
    ("spoke", "C1", "r1", 1, None),
    ("spoke", "C2", "r1", 1, None),
    ("spoke", "C2", "r2", 1, None),
    ("held", "a", "f1", 7, None),
    ("held", "a", "f2", 5, None),
    ("strange", "", "r9", 1, None),
)


def test_counts_sums_shares_and_times_are_those_worked_out_by_hand() -> None:
    found = counted(TOLD, (
        defined("opened"), defined("found"), defined("held"), defined("spoke", adds=False),
        defined("never"), defined("rate", unit="share", parts="p", top="found", bottom="opened"),
        defined("took", unit="minutes", bottom="opened"),
        defined("of_both", unit="share", top="found:north", bottom="opened+held"),
        defined("guess", unit="estimate"),
    ))  # fmt: skip
    assert found["opened", ""].number == 4
    assert (found["opened", "north"].number, found["opened", "south"].number) == (2, 2)
    assert found["held", ""].number == 12
    assert found["never", ""] == Figure(number=0)
    # One record stands in two parts and counts once in the whole.
    assert (found["spoke", ""].number, found["spoke", "C2"].number) == (2, 2)
    rate = found["rate", ""]
    assert (rate.number, rate.of, rate.value) == (1, 4, 0.25)
    assert (rate.low, rate.high) == (
        pytest.approx(0.0456, abs=1e-4),
        pytest.approx(0.6994, abs=1e-4),
    )
    assert (found["rate", "south"].number, found["rate", "south"].value) == (0, 0.0)
    assert found["took", ""] == Figure(number=3, value=30.0, low=0.0, high=50.0)
    assert found["took", "north"] == Figure(number=2, value=20.0, low=0.0, high=30.0)
    assert (found["of_both", ""].number, found["of_both", ""].of) == (1, 16)
    assert ("of_both", "north") not in found
    assert not {name for name, _part in found} & {"strange", "guess"}


def test_without_facts_every_whole_is_there_and_no_share() -> None:
    found = counted(empty(), (
        defined("a"), defined("b", unit="share", top="a", bottom="a"),
        defined("c", unit="minutes", bottom="a"),
    ))  # fmt: skip
    assert found == {
        ("a", ""): Figure(number=0), ("b", ""): Figure(number=0, of=0), ("c", ""): Figure(number=0)
    }  # fmt: skip


def test_at_least_nine_of_ten_were_within_the_second_time() -> None:
    rows = [("x", "", f"r{n}", 1, float(n)) for n in range(1, 12)]
    found = counted(facts(*rows), (defined("t", unit="minutes", bottom="x"),))["t", ""]
    assert (found.value, found.high) == (6.0, 10.0)  # 10 of 11 are within 10 minutes


def test_what_adds_up_is_read_from_the_definitions() -> None:
    listed = (
        defined("asked", parts="p"), defined("yes", parts="p", whole="asked", split="answer"),
        defined("no", parts="p", whole="asked", split="answer"),
        defined("seen", parts="p", whole="asked", split="end", complete=False),
        defined("rules", parts="r", adds=False),
        defined("rate", unit="share", top="seen", bottom="asked"),
    )  # fmt: skip
    cells = [(one.id, part) for one in listed for part in ("", "m")]
    told = set(sums_of(listed, cells))
    assert Sum(whole=("asked", ""), parts=(("asked", "m"),)) in told
    for part in ("", "m"):
        assert Sum(whole=("asked", part), parts=(("yes", part), ("no", part))) in told
        assert Sum(whole=("asked", part), parts=(("seen", part),), complete=False) in told
    assert not [one for one in told if one.whole == ("rules", "")]


# --- hiding ---------------------------------------------------------------------------------------


def table(rows: Sequence[Sequence[int]]) -> tuple[dict[str, int], list[Sum]]:
    """Return the cells of a table with the totals of its rows and columns, and what adds up."""
    height, width = len(rows), len(rows[0])
    cells = {f"{r},{c}": rows[r][c] for r in range(height) for c in range(width)}
    sums = [
        Sum(whole=f"{r},t", parts=tuple(f"{r},{c}" for c in range(width))) for r in range(height)
    ]
    sums += [
        Sum(whole=f"t,{c}", parts=tuple(f"{r},{c}" for r in range(height))) for c in range(width)
    ]
    sums.append(Sum(whole="t,t", parts=tuple(f"{r},t" for r in range(height))))
    sums.append(Sum(whole="t,t", parts=tuple(f"t,{c}" for c in range(width))))
    cells |= {one.whole: sum(cells[part] for part in one.parts) for one in sums[:-2]}
    cells["t,t"] = sum(map(sum, rows))
    return cells, sums


def could_be(
    rows: Sequence[Sequence[int]], hidden: frozenset[str], cell: str, most: int
) -> set[int]:
    """Return every value that a cell can have in a table that shows the same, by trying all."""
    cells, _sums = table(rows)
    height, width = len(rows), len(rows[0])
    ranges = [
        np.arange(most + 1) if f"{r},{c}" in hidden else np.array([cells[f"{r},{c}"]])
        for r in range(height) for c in range(width)
    ]  # fmt: skip
    tried = np.stack([one.ravel() for one in np.meshgrid(*ranges)], axis=1)
    grid = tried.reshape(-1, height, width)
    shown = {f"{r},{c}": grid[:, r, c] for r in range(height) for c in range(width)}
    shown |= {f"{r},t": grid[:, r].sum(1) for r in range(height)}
    shown |= {f"t,{c}": grid[:, :, c].sum(1) for c in range(width)} | {"t,t": grid.sum((1, 2))}
    fits = np.ones(len(grid), dtype=bool)
    for name in set(shown) - hidden:
        fits &= shown[name] == cells[name]
    return set(shown[cell][fits].tolist())


def test_a_single_small_cell_takes_another_with_it() -> None:
    cells, sums = table([[3, 20, 40], [30, 25, 35]])
    gone = hide(cells, sums)
    assert "0,0" in gone and len(gone) == 4  # a rectangle: one more in its row, its column, across
    assert all(cells[cell] >= SMALLEST for cell in gone - {"0,0"})
    assert "t,t" not in gone


def test_nothing_is_hidden_where_nothing_is_small_and_zero_is_shown() -> None:
    cells, sums = table([[0, 20], [5, 6]])
    assert hide(cells, sums) == frozenset()


def test_what_is_left_over_is_a_count_too() -> None:
    """38 finds of 40 results: 2 without a find stand nowhere, and follow from both."""
    sums = [Sum(whole="results", parts=("finds",), complete=False)]
    assert hide({"results": 40, "finds": 38}, sums)
    assert not hide({"results": 40, "finds": 30}, sums)
    assert not hide({"results": 40, "finds": 40}, sums)


def test_a_small_total_goes_with_its_parts() -> None:
    cells, sums = table([[1, 2], [90, 80]])
    gone = hide(cells, sums)
    assert {"0,0", "0,1", "0,t"} <= gone
    for cell in ("0,0", "0,1", "0,t"):
        low, high = reach(cells, sums, gone, cell)
        assert high - low >= SMALLEST


counts = st.one_of(st.integers(0, 6), st.integers(0, 60))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 3).flatmap(
    lambda width: st.lists(st.lists(counts, min_size=width, max_size=width), min_size=2, max_size=3)
))  # fmt: skip
def test_no_hidden_small_cell_can_be_worked_out(rows: list[list[int]]) -> None:
    cells, sums = table(rows)
    gone = hide(cells, sums)
    assert {cell for cell, value in cells.items() if 0 < value < SMALLEST} <= gone
    for cell in gone:
        low, high = reach(cells, sums, gone, cell)
        assert low <= cells[cell] <= high
        if 0 < cells[cell] < SMALLEST:
            assert high - low >= SMALLEST


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 7), min_size=2, max_size=2), min_size=2, max_size=2))
def test_trying_every_table_that_shows_the_same_gives_no_small_cell_away(
    rows: list[list[int]],
) -> None:
    """The same by another way than the one that hides: all tables are tried."""
    cells, sums = table(rows)
    gone = hide(cells, sums)
    for cell in (name for name in gone if 0 < cells[name] < SMALLEST and "t" not in name):
        assert len(could_be(rows, gone, cell, most=14)) > SMALLEST


def test_reach_is_what_trying_every_table_gives() -> None:
    rows = [[3, 9], [8, 2]]
    cells, sums = table(rows)
    hidden = frozenset({"0,0", "0,1", "1,0", "1,1"})
    for cell in hidden:
        tried = could_be(rows, hidden, cell, most=20)
        assert reach(cells, sums, hidden, cell) == (min(tried), max(tried))


def test_a_cell_in_no_sum_can_be_anything() -> None:
    cells: Mapping[str, int] = {"alone": 3}
    assert reach(cells, [], hide(cells, []), "alone") == (0.0, math.inf)
