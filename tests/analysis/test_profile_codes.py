"""Texts of a history as numbers: equal numbers for equal texts, however polars keeps them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.profiles import coding, walking
from esclusa.analysis.profiles import rows as rows_module
from esclusa.analysis.profiles.compiled import INSTALLED, shorts
from esclusa.analysis.profiles.views import views
from esclusa.formats.compiling import compiled

LOOPS: list[Callable[..., Any]] = [shorts, compiled(shorts)] if INSTALLED else [shorts]
SHORT = ["", "a", "b", "a\0", "abcd", "abcde", "abcdefghijkl", "abcdefghijkm", "ñandú"]


def numbered(texts: list[str | None]) -> list[int]:
    """Return the number of each text in order of appearance, the plain way."""
    seen: dict[str, int] = {}
    return [-1 if text is None else seen.setdefault(text, len(seen)) for text in texts]


def alike(codes: coding.Ints) -> list[int]:
    """Return the same grouping, in order of appearance."""
    return numbered([None if number < 0 else str(number) for number in codes.tolist()])


@pytest.fixture(params=["loops", "compiled"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops as Python walks them, where a place outside an array is an error, and compiled."""
    if request.param == "loops":
        monkeypatch.setattr(coding, "compiled", lambda loop: loop)
    elif not INSTALLED:
        pytest.skip("could not run: numba is not installed")


@pytest.mark.usefixtures("way")
def test_short_texts_are_numbered_in_pieces_and_slices_nulls_apart() -> None:
    texts = [*SHORT, None, *SHORT[::-1], None, None]
    whole = pl.concat([pl.Series(texts[:7]), pl.Series(texts[7:])], rechunk=False)
    for first in range(len(texts)):
        found = coding.by_views(whole[first:])
        assert found is not None
        assert found.of.tolist() == numbered(texts[first:])
        assert found.size == max(1, len(set(texts[first:]) - {None}))


@pytest.mark.usefixtures("way")
def test_a_table_that_is_too_small_is_made_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "_FEW", 1)
    monkeypatch.setattr(coding, "_SOME", 20)
    texts: list[str | None] = [f"t{n % 37}" for n in range(80)]
    found = coding.by_views(pl.Series(texts))
    assert found is not None
    assert found.of.tolist() == numbered(texts)


@settings(max_examples=50)
@given(st.lists(st.one_of(st.none(), st.text(max_size=3), st.sampled_from(SHORT)), max_size=40))
def test_any_short_texts_are_numbered_by_what_they_say(texts: list[str | None]) -> None:
    (piece,) = views(pl.Series(texts, dtype=pl.String)) or []
    bits = np.zeros(0, np.uint8) if piece.valid is None else piece.valid
    for loop in LOOPS:
        code, seeds = np.empty(len(texts), np.int32), np.array([3, 5, 7, 11], np.uint64)
        table, known = np.full(128, -1, np.int32), np.empty((40, 2), np.uint64)
        count = loop(piece.halves, bits, piece.offset, seeds, 0, table, known, code)
        assert count == len(set(texts) - {None})
        assert code.tolist() == numbered(texts)


@pytest.mark.parametrize("loop", LOOPS, ids=["loops", "compiled"][: len(LOOPS)])
def test_texts_that_all_meet_in_one_place_of_the_table_stay_apart(loop: Callable[..., Any]) -> None:
    texts: list[str | None] = [f"{n % 50:012d}" for n in range(90)]
    (piece,) = views(pl.Series(texts)) or []
    code, nothing = np.empty(90, np.int32), np.zeros(0, np.uint8)
    seeds = np.zeros(4, np.uint64)  # nothing is mixed
    known = np.empty((50, 2), np.uint64)
    table = np.full(128, -1, np.int32)
    assert loop(piece.halves, nothing, 0, seeds, 0, table, known, code) == 50
    assert code.tolist() == numbered(texts)
    assert (np.flatnonzero(table >= 0) == np.arange(50)).all()


@pytest.mark.usefixtures("way")
def test_a_text_of_thirteen_bytes_is_left_to_its_hash() -> None:
    texts: list[str | None] = ["abcdefghijklm", "abcdefghijkln", None, "a", "abcdefghijklm"]
    assert coding.by_views(pl.Series(texts)) is None
    frame = pl.DataFrame({"importer": texts})
    codes = coding.Coder(frame, quick=True).groups(("importer",))
    assert alike(codes) == numbered(texts)
    gone = pl.Series(texts).set(pl.Series([True, True, False, False, True]), None)
    found = coding.by_views(gone)  # what is not there is not looked at
    assert found is not None
    assert found.of.tolist() == [-1, -1, -1, 0, -1]


def test_a_column_that_is_no_text_has_no_views() -> None:
    assert views(pl.Series([1, 2])) is None


@pytest.mark.usefixtures("way")
def test_beginnings_of_codes_are_grouped_as_if_they_were_columns() -> None:
    frame = pl.DataFrame({"hs": ["870899", "8708", "0803", None, "08", "8", "870810", "87089900"]})
    coder = coding.Coder(frame, quick=True)
    for name in rows_module.DERIVED:
        texts = frame.select(rows_module.beginning(name)).to_series().to_list()
        codes = coder.codes((name,))
        assert alike(codes.of) == numbered(texts)
        assert codes.of.max() < codes.size
    assert coding.Coder(frame.clear(), quick=True).groups(("hs4",)).tolist() == []


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-2, 2)), min_size=1, max_size=30))
def test_whatever_is_named_again_at_its_moment_is_marked(steps: list[tuple[int, int]]) -> None:
    rank = np.cumsum([step for step, _ in steps]).astype(np.int32)
    code = np.array([code for _, code in steps], np.int32)
    marked = walking._Near(rank).tied(code)
    same = (rank[:, None] == rank) & (code[:, None] == code)
    again = same.sum(axis=1) > 1
    assert (marked | ~again).all()
    few = np.bincount(rank)[rank] <= 4
    assert (marked[few] == again[few]).all()  # and no other, where a moment has few


@pytest.mark.parametrize("least", [-1, 10], ids=["many", "few"])
def test_clean_columns_stay_and_others_are_cleaned(
    monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    monkeypatch.setattr(rows_module, "_FEW", least)
    at = [dt.datetime(2026, 1, 5, tzinfo=dt.UTC)] * 3
    frame = pl.DataFrame({"id": ["a", "b", "c"], "at": at, "importer": ["x", "", None],
                          "shipper": ["s", None, "t"], "value": [1.0, float("inf"), None],
                          "freight": [1.0, float("nan"), 2.0], "mass_kg": [None, 2.0, 3.0]})  # fmt: skip
    made = rows_module.taken(frame)
    assert made["importer"].to_list() == ["x", None, None]
    assert made["shipper"].to_list() == ["s", None, "t"]
    assert made["value"].to_list() == [1.0, None, None]
    assert made["freight"].to_list() == [1.0, None, 2.0]
    assert made["mass_kg"].to_list() == [None, 2.0, 3.0]
