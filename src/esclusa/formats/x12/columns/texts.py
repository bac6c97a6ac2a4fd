"""Columns of texts and of lists, in one piece of memory each (:mod:`esclusa.formats.arrow`).

A text is one span of the window, or several behind each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats import arrow
from esclusa.formats.edifact.columns import compiled
from esclusa.formats.edifact.columns.spans import Spans, subset

_PAD = 8
_OWNER = "owner of a list"

Whole = npt.NDArray[Any]


def packed(
    array: npt.NDArray[np.uint8], found: Spans, cuts: Whole | None = None, *, fast: bool,
    there: npt.NDArray[np.bool_] | None = None, lists: Whole | None = None,
) -> pl.Series:  # fmt: skip
    """A column of the values of spans.

    :param array: the text, with eight bytes more than any span reaches.
    :param cuts: which spans a text is made of: those from ``cuts[n]`` up to ``cuts[n + 1]``.
    :param there: where there is a text at all.
    :param lists: which texts stand in a list, as ``cuts``: a column of lists then.
    """
    offsets = np.zeros(len(found.begin) + 1, np.int64)
    np.cumsum(found.end - found.begin, out=offsets[1:])
    if fast:
        data = np.empty(int(offsets[-1]) + _PAD, np.uint8)
        compiled.compiled(copy)(_eights(array), found.begin, offsets, _eights(data))
    else:
        starts = found.begin.astype(np.int64) - offsets[:-1]
        places = np.repeat(starts, found.end - found.begin)
        places += np.arange(len(places))
        data = array[places]
    ends = offsets if cuts is None else offsets[cuts]
    return arrow.texts(data, ends, there) if lists is None else arrow.lists(data, ends, lists)


def _eights(array: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Eight bytes at each position, little end first; a view, no copy."""
    shape = (len(array) - _PAD + 1,)
    return np.ndarray(shape, np.dtype("<u8"), array.data, strides=(1,))


def copy(words: Any, begin: Any, offsets: Any, into: Any) -> None:
    """Copy the bytes of spans eight by eight; what is written too much, the next value covers."""
    for here in range(len(begin)):
        place = begin[here]
        for at in range(offsets[here], offsets[here + 1], 8):
            into[at] = words[place]
            place += 8


def woven(*parts: Spans) -> Spans:
    """The spans of each row one behind the other."""
    begin = np.stack([each.begin for each in parts], axis=1).ravel()
    return Spans(begin, np.stack([each.end for each in parts], axis=1).ravel())


def chained(*parts: Spans) -> Spans:
    """One list of spans behind the other."""
    begin = np.concatenate([each.begin for each in parts])
    return Spans(begin, np.concatenate([each.end for each in parts]))


def where(there: Whole, one: Spans, other: Spans) -> Spans:
    """One list of spans where a flag is set, else another."""
    return Spans(np.where(there, one.begin, other.begin), np.where(there, one.end, other.end))


def either(one: Spans, other: Spans) -> Spans:
    """The first of two spans that is not empty."""
    there = one.end > one.begin
    return one if there.all() else where(there, one, other)


def pick(found: Spans, at: Whole) -> Spans:
    """``found[at]``, nothing where ``at`` is -1."""
    if not len(found.begin):
        nothing = np.zeros(len(at), np.int32)
        return Spans(nothing, nothing)
    there = at >= 0
    return Spans(np.where(there, found.begin[at], 0), np.where(there, found.end[at], 0))


def bounds(owner: Whole, count: int) -> Whole:
    """Where the values of each of ``count`` owners begin, and the last end; owners in order."""
    found = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=count), out=found[1:])
    return found


def listed(owner: Whole, columns: dict[str, pl.Series], count: int) -> dict[str, pl.Series]:
    """Columns of lists: the values of each of ``count`` owners, [] for those without.

    Rows that stand together in the order of a key that is marked as sorted are cut, not looked for.
    """
    if (owner[1:] < owner[:-1]).any():
        order = np.argsort(owner, kind="stable")
        owner, columns = owner[order], subset(columns, order)
    keys = pl.Series(_OWNER, owner).set_sorted()
    found = (
        pl.DataFrame({_OWNER: keys, **columns}).group_by(_OWNER, maintain_order=True).agg(pl.all())
    )
    here = found.drop_in_place(_OWNER).to_numpy()
    if len(here) < count:
        nothing = pl.DataFrame({name: [[]] for name in columns}, schema=found.schema)
        places = np.full(count, len(here), np.int64)
        places[here] = np.arange(len(here))
        found = pl.concat([found, nothing])[places]
    return found.to_dict()
