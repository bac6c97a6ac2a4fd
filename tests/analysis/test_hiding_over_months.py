"""A year beside its months: what is hidden in a month cannot be worked out from the year's table, all
tables taken together. About 9 s of CPU."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.figures import SMALLEST, Sum, hide, hide_over, reach

Cells = Mapping[str, int]
YEAR = "year"
SUMS = (
    Sum(whole="asked", parts=("asked/north", "asked/south")),
    Sum(whole="found", parts=("found/north", "found/south")),
    Sum(whole="asked", parts=("answered", "silent", "waived")),
    Sum(whole="asked", parts=("found", "nothing"), complete=False),
    Sum(whole="asked/north", parts=("found/north",), complete=False),
    Sum(whole="asked/south", parts=("found/south",), complete=False),
)
"""As a report has them: a figure by partner, split in two ways, and a part of it that leaves a rest."""


@st.composite
def month(draw: st.DrawFn) -> dict[str, int]:
    """Return the counts of a month that fit these sums, many of them small."""
    count = st.one_of(st.just(0), st.integers(0, 5), st.integers(0, 40))
    side, found = {}, {}
    for name in ("north", "south"):
        found[name] = draw(count)
        side[name] = found[name] + draw(count)
    asked = sum(side.values())
    answered = draw(st.integers(0, asked))
    silent = draw(st.integers(0, asked - answered))
    hits = sum(found.values())
    return {
        "asked": asked, "answered": answered, "silent": silent,
        "waived": asked - answered - silent, "found": hits,
        "nothing": draw(st.integers(0, asked - hits)),
        **{f"asked/{name}": number for name, number in side.items()},
        **{f"found/{name}": number for name, number in found.items()},
    }  # fmt: skip


def added(months: Sequence[Cells]) -> dict[str, int]:
    return {name: sum(month[name] for month in months) for name in months[0]}


def printed(months: Sequence[Cells]) -> tuple[dict[Hashable, int], list[Sum], set[Hashable]]:
    """Return all that is printed of a year: the cells of its table and of its months', what adds up
    in each and from months to the year, and which cells stay out."""
    year = added(months)
    gone = [hide(one, SUMS) for one in months]
    tables: dict[Hashable, Cells] = {YEAR: year, **dict(enumerate(months))}
    hidden = {YEAR: hide_over(year, SUMS, gone), **dict(enumerate(gone))}
    cells = {(of, name): value for of, held in tables.items() for name, value in held.items()}
    sums = [
        Sum(whole=(of, one.whole), parts=tuple((of, part) for part in one.parts),
            complete=one.complete)
        for of in tables for one in SUMS
    ]  # fmt: skip
    sums += [
        Sum(whole=(YEAR, name), parts=tuple((at, name) for at in range(len(months))))
        for name in year
    ]
    return cells, sums, {(of, name) for of, held in hidden.items() for name in held}


@settings(max_examples=60, deadline=None)
@given(st.lists(month(), min_size=2, max_size=5))
def test_a_hidden_count_has_more_than_one_value_in_all_tables_of_a_year_together(
    months: list[dict[str, int]],
) -> None:
    cells, sums, hidden = printed(months)
    for cell in hidden:
        low, high = reach(cells, sums, hidden, cell)
        assert low <= cells[cell] <= high
        if 0 < cells[cell] < SMALLEST:
            assert high - low >= SMALLEST, cell


@settings(max_examples=40, deadline=None)
@given(st.lists(month(), min_size=2, max_size=4))
def test_the_year_tells_nothing_of_a_month_that_the_month_does_not_tell_itself(
    months: list[dict[str, int]],
) -> None:
    cells, sums, hidden = printed(months)
    for at, own in enumerate(months):
        gone = {name for of, name in hidden if of == at}  # type: ignore[misc]
        for name in gone:
            assert reach(cells, sums, hidden, (at, name)) == reach(own, SUMS, gone, name)


def quiet(**more: int) -> dict[str, int]:
    """Return a month in which nothing is small, changed."""
    return {
        "asked": 60, "answered": 40, "silent": 10, "waived": 10, "found": 20, "nothing": 20,
        "asked/north": 30, "asked/south": 30, "found/north": 10, "found/south": 10,
    } | more  # fmt: skip


SMALL = quiet(answered=47, waived=3)


def test_without_the_rule_the_year_less_its_months_gives_a_count_away() -> None:
    """So the tests above find something where there is something to find."""
    months = [SMALL, quiet(), quiet()]
    cells, sums, hidden = printed(months)
    assert (0, "waived") in hidden and (YEAR, "waived") in hidden
    by_itself = {(of, name) for of, name in hidden if of != YEAR}  # type: ignore[misc]
    assert hide(added(months), SUMS) == frozenset()  # the year would hide nothing by itself
    assert reach(cells, sums, by_itself, (0, "waived")) == (3.0, 3.0)
    low, high = reach(cells, sums, hidden, (0, "waived"))
    assert high - low >= SMALLEST


def test_no_more_is_hidden_in_the_year_than_its_months_and_itself_ask_for() -> None:
    months = [quiet(), quiet()]
    assert printed(months)[2] == set()
    months = [SMALL, quiet()]
    year, gone = added(months), hide(SMALL, SUMS)
    assert hide_over(year, SUMS, [gone, frozenset()]) == gone
    assert hide_over({"asked": 7}, (), [frozenset({"elsewhere"})]) == frozenset()


@pytest.mark.parametrize("rows", list(itertools.product(range(5), repeat=2)))
def test_trying_every_pair_of_tables_that_prints_the_same(rows: tuple[int, int]) -> None:
    """By another way than programming: a figure of two parts in two months, all counts up to 14."""
    sums = (Sum(whole="t", parts=("a", "b")),)
    months = [{"a": rows[0], "b": 7, "t": rows[0] + 7}, {"a": 9, "b": rows[1], "t": 9 + rows[1]}]
    gone = [hide(one, sums) for one in months]
    year = added(months)
    out = hide_over(year, sums, gone)
    tried = np.stack([one.ravel() for one in np.meshgrid(*[np.arange(15)] * 4)], axis=1)
    told: list[tuple[dict[str, Any], Any, frozenset[str]]] = []
    for at in (0, 1):
        a, b = tried[:, 2 * at], tried[:, 2 * at + 1]
        told.append(({"a": a, "b": b, "t": a + b}, months[at], gone[at]))
    sums_up = {name: told[0][0][name] + told[1][0][name] for name in ("a", "b", "t")}
    told.append((sums_up, year, out))
    fits = np.ones(len(tried), dtype=bool)
    for could, is_, hidden in told:
        for name in set(could) - hidden:
            fits &= could[name] == is_[name]
    for could, is_, hidden in told:
        for name in hidden:
            if 0 < is_[name] < SMALLEST:
                assert len(set(could[name][fits].tolist())) > SMALLEST, name
