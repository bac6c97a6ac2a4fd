"""Columns in Arrow's memory are what polars makes of the same values."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.formats.arrow import lists, texts


def column(values: list[str | None]) -> pl.Series:
    """A column of these texts."""
    parts = [(each or "").encode() for each in values]
    data = np.frombuffer(b"".join(parts), np.uint8)
    there = np.array([each is not None for each in values], bool)
    offsets = np.cumsum([0, *map(len, parts)]).astype(np.int64)
    return texts(data, offsets, None if there.all() else there)


WORDS = st.lists(st.text(max_size=40) | st.none(), max_size=30)


@given(WORDS)
def test_texts_are_those_that_were_given(values: list[str | None]) -> None:
    found = column(values)
    assert found.dtype == pl.String
    assert found.to_list() == values
    assert found.null_count() == values.count(None)


@given(st.lists(st.lists(st.text(max_size=40), max_size=5), max_size=12))
def test_lists_are_those_that_were_given(values: list[list[str]]) -> None:
    parts = [each.encode() for inner in values for each in inner]
    offsets = np.cumsum([0, *map(len, parts)]).astype(np.int64)
    cuts = np.cumsum([0, *map(len, values)]).astype(np.int64)
    found = lists(np.frombuffer(b"".join(parts), np.uint8), offsets, cuts)
    assert found.dtype == pl.List(pl.String)
    assert found.to_list() == values


@given(st.binary(max_size=12), st.lists(st.integers(0, 12), max_size=3))
def test_any_bytes_are_either_texts_or_refused(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    array, offsets = np.frombuffer(data, np.uint8), np.array(places, np.int64)
    try:
        wanted = [data[one:two].decode() for one, two in itertools.pairwise(places)]
    except UnicodeDecodeError:
        with pytest.raises(pl.exceptions.PolarsError, match="utf8|char boundary"):
            texts(array, offsets)
    else:
        assert texts(array, offsets).to_list() == wanted


def test_a_column_keeps_nothing_of_what_it_was_made_of() -> None:
    data = np.frombuffer(b"a text that is longer than twelve bytes", np.uint8).copy()
    found = texts(data, np.array([0, len(data)]))
    data[:] = 0
    assert found.to_list() == ["a text that is longer than twelve bytes"]
