"""Columns of a table by views: lists, coded values, values told once, and one batch of all."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.formats.edifact.columns import index, views
from esclusa.formats.edifact.columns.batch import Coded, Listed, frame, listed, once, taken
from esclusa.formats.edifact.columns.views import Pool

HEAD = b"UNB+UNOA:2+A+B+260413:1015+1'UNH+1+BAPLIE:D:95B:UN:SMDG22'UNT+2+1'UNZ+1+1'"
WORDS = st.lists(st.text(max_size=20), max_size=40)


def pool(backend: str = "numba") -> Pool:
    """A pool beside the text of some file."""
    return Pool(index(HEAD, backend=backend).runs[0])


@pytest.fixture(params=["numpy", "numba"])
def made(request: pytest.FixtureRequest) -> Pool:
    """A pool of each backend."""
    return pool(request.param)


@given(WORDS, st.sampled_from(["numpy", "numba"]))
def test_texts_of_any_length_are_those_that_were_given(words: list[str], backend: str) -> None:
    kept = pool(backend)
    found = np.concatenate([kept.words(words), kept.words(words[::-1])])
    assert kept.strings(found) == [*words, *words[::-1]]
    table = frame(kept, {"text": found}, {"text": pl.String})
    assert table["text"].to_list() == [*words, *words[::-1]]


@given(WORDS, st.sampled_from(["numpy", "numba"]))
def test_what_is_the_same_and_what_is_empty_is_told(words: list[str], backend: str) -> None:
    kept = pool(backend)
    one, other = kept.words(words), kept.words(words)
    assert views.same(kept, one, other).all()
    assert views.said(one).tolist() == [word != "" for word in words]
    turned = kept.words(words[::-1])
    pairs = zip(words, words[::-1], strict=True)
    assert views.same(kept, one, turned).tolist() == [left == right for left, right in pairs]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["", "A", "B", "LONGER THAN TWELVE"]),
                       st.integers(0, 1)), max_size=60),
    st.booleans(), st.sampled_from(["numpy", "numba"]),
)  # fmt: skip
def test_each_owner_has_its_values_once_in_their_order(
    rows: list[tuple[int, str, int]], ordered: bool, backend: str
) -> None:
    """Owners in order or not, few values and more than are held against each other."""
    rows = sorted(rows, key=lambda row: row[0]) if ordered else rows
    kept = pool(backend)
    owner = np.array([row[0] for row in rows], np.intp)
    text = kept.words([row[1] for row in rows])
    found = once(kept, owner, text, np.array([row[2] for row in rows], np.intp))
    wanted = [at for at, row in enumerate(rows) if row not in rows[:at]]
    assert (range(len(rows)) if found is None else found.tolist()) == (
        range(len(rows)) if len(wanted) == len(rows) else wanted
    )


def test_a_table_has_texts_numbers_lists_and_coded_values(made: Pool) -> None:
    text = made.words(["", "SHORT", "LONGER THAN TWELVE"])
    columns: dict[str, Any] = {
        "text": text,
        "mass": np.array([1.5, np.nan, 0.0]),
        "place": np.array([7, 8, 9], np.int64),
        "word": Coded(np.array([1, 0, 1]), ["A", None]),
        "flag": Coded(np.array([0, 1, 1]), [True, None], pl.Boolean),
        **listed(np.array([2, 0, 2]), {"names": text, "counts": np.array([1.0, np.nan, 3.0])}, 3),
    }
    schema: dict[str, Any] = {
        "text": pl.String, "word": pl.String, "mass": pl.Float64, "place": pl.Int64,
        "flag": pl.Boolean, "names": pl.List(pl.String), "counts": pl.List(pl.Int64),
    }  # fmt: skip
    rows = [
        ("", None, 1.5, 7, True, ["SHORT"], [None]),
        ("SHORT", "A", None, 8, None, [], []),
        ("LONGER THAN TWELVE", None, 0.0, 9, None, ["", "LONGER THAN TWELVE"], [1, 3]),
    ]
    table = frame(made, columns, schema)
    assert table.rows() == rows
    assert table.schema == pl.Schema(schema)
    some = np.array([2, 0, 2])
    assert frame(made, taken(columns, some), schema).rows() == [rows[at] for at in some]
    assert taken(columns, np.arange(3)) is columns
    empty = frame(made, taken(columns, np.arange(0)), schema)
    assert empty.rows() == []
    assert empty.schema == pl.Schema(schema)


def test_a_list_is_taken_with_its_values() -> None:
    found = Listed(np.array([0, 2, 2, 3]), np.array([1.0, 2.0, 3.0])).at(np.array([2, 0, 1]))
    assert found.cuts.tolist() == [0, 1, 3, 3]
    assert [*found.values] == [3.0, 1.0, 2.0]
