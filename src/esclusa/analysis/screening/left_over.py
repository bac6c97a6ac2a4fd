"""What words that are surely left over on both sides of a person's name cost at least, for many
pairs of a query and a name at once.

Each two different words are compared once, however many pairs have them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from esclusa.analysis.screening.columns import Bools, Ints, Longs, ends_of
from esclusa.analysis.screening.index import Index
from esclusa.analysis.screening.questions import Marks, Words
from esclusa.analysis.screening.sound import fold
from esclusa.analysis.screening.words import shown

Doubles = npt.NDArray[np.float64]

_NOBODY: Final = -1.0
"""Stands for the likeness of a word that no other word stands against."""


class Left(msgspec.Struct, frozen=True):
    """Pairs of a query and a name, and the words left over on both sides; ``sure`` where the other
    words agree in one way only."""

    query: Ints
    name: Ints
    sure: Bools
    asked: Marks
    listed: Marks


class _Cells(msgspec.Struct, frozen=True):
    """A word of a query (``ours``) and one of a name (``theirs``) that may stand against each
    other, by their places, and how alike they are; those of a pair in a row."""

    pair: Longs
    ours: Longs
    theirs: Longs
    like: Doubles

    def only(self, kept: npt.NDArray[Any]) -> _Cells:
        return _Cells(*(column[kept] for column in msgspec.structs.astuple(self)))


def least_lost(index: Index, left: Left, asked: Words) -> Doubles:
    """Return the points that each pair loses at least, as :mod:`~.doubts` counts them.

    Where words agree in one way only, what is left over is known: the two words most alike stand
    against each other, then the next. Otherwise, those left over for certain of the side that has
    fewer all stand against a word of the other side. So either all of ours do, each against the
    word most like it at best, or all of theirs.

    :param asked: the words of the queries.
    """
    cells = _cells(index, left, asked)
    sure = left.sure[cells.pair]
    lost = _matched(index, cells.only(sure), len(left.query))
    cells = cells.only(~sure)
    ours = left.asked[cells.pair] >> cells.ours.astype(np.uint32) & np.uint32(1) > 0
    theirs = left.listed[cells.pair] >> cells.theirs.astype(np.uint32) & np.uint32(1) > 0
    least = np.minimum(
        _at_best(index, cells.pair[ours], cells.ours[ours], cells.like[ours], len(left.query)),
        _at_best(
            index, cells.pair[theirs], cells.theirs[theirs], cells.like[theirs], len(left.query)
        ),
    )
    return np.where(left.sure, lost, least)


def _cells(index: Index, left: Left, asked: Words) -> _Cells:
    """Return the words of each pair that may stand against each other; initials are like none."""
    columns = index.columns
    first = columns.first_word[left.name].astype(np.int64)
    width = columns.first_word[left.name + 1] - first
    ends = ends_of(asked.counts[left.query] * width)
    sizes = np.diff(ends)
    pair = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    ours, theirs = np.divmod(np.arange(len(pair)) - ends[pair], width[pair])
    mine = left.asked[pair] >> ours.astype(np.uint32) & np.uint32(1)
    other = left.listed[pair] >> theirs.astype(np.uint32) & np.uint32(1)
    wanted = np.flatnonzero(np.where(left.sure[pair], mine & other, mine | other))
    pair, ours, theirs = pair[wanted], ours[wanted], theirs[wanted]
    words = asked.numbers[asked.starts[left.query[pair]] + ours]
    like = _likes(asked.tokens, words, columns.tokens, columns.words[first[pair] + theirs])
    return _Cells(pair, ours, theirs, like).only(like >= 0)


def _likes(asked: Sequence[str], ours: Ints, listed: Sequence[str], theirs: Ints) -> Doubles:
    """Return what :func:`~.doubts.alike` says of each two words, :data:`_NOBODY` for None."""
    codes, which = np.unique(ours.astype(np.int64) * len(listed) + theirs, return_inverse=True)
    (left, left_heard), (right, right_heard) = (
        _spelt(texts, numbers)
        for texts, numbers in zip((asked, listed), np.divmod(codes, len(listed)), strict=True)
    )
    found = np.maximum(_similar(left_heard, right_heard), _similar(left, right))
    initial = [len(one) <= 1 or len(other) <= 1 for one, other in zip(left, right, strict=True)]
    found[np.array(initial, dtype=np.bool_)] = _NOBODY
    return found[which]


def _spelt(texts: Sequence[str], numbers: Longs) -> tuple[list[str], list[str]]:
    """Return words as people read them, and how they sound."""
    distinct, which = np.unique(numbers, return_inverse=True)
    words = [texts[number] for number in distinct.tolist()]
    tables = [np.array([told(word) for word in words], dtype=object) for told in (shown, fold)]
    written, heard = (table[which].tolist() for table in tables)
    return written, heard


def _similar(left: Sequence[str], right: Sequence[str]) -> Doubles:
    found = process.cpdist(left, right, scorer=OSA.normalized_similarity, dtype=np.float64)
    return np.asarray(found, dtype=np.float64)


def _matched(index: Index, cells: _Cells, pairs: int) -> Doubles:
    """Return what each pair loses where a word stands against one word only, the most alike first,
    as :func:`~.doubts.contradictions` has it."""
    cells = cells.only(np.lexsort((cells.theirs, cells.ours, -cells.like, cells.pair)))
    lost = np.zeros(pairs, dtype=np.float64)
    ours, theirs = np.full((2, pairs), -1, dtype=np.int64)
    while len(cells.pair):
        first = np.flatnonzero(np.diff(cells.pair, prepend=-1))
        lost[cells.pair[first]] += _cost(index, cells.like[first])
        ours[cells.pair[first]], theirs[cells.pair[first]] = cells.ours[first], cells.theirs[first]
        free = (ours[cells.pair] != cells.ours) & (theirs[cells.pair] != cells.theirs)
        cells = cells.only(free)
    return lost


def _at_best(index: Index, pair: Longs, place: Longs, like: Doubles, pairs: int) -> Doubles:
    """Return what each pair loses where each of some words stands against the one most like it."""
    best = np.full((pairs, int(place.max(initial=0)) + 1), _NOBODY)
    np.maximum.at(best, (pair, place), like)
    costs = np.where(best >= 0, _cost(index, np.maximum(best, 0)), 0.0)
    return np.asarray(costs.sum(axis=1), dtype=np.float64)


def _cost(index: Index, like: Doubles) -> Doubles:
    """Return what two words cost that stand against each other and are so much alike."""
    weights = index.weights.name
    return np.asarray(weights.against * (1.0 - like) ** weights.against_power)
