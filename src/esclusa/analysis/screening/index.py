"""Watchlist entries, arranged so that most names are done after a few look-ups.

The index holds every name and alias as word ids, per word the names that use it, pairs of words
joined (to meet a sender who leaves the blank out), and identifiers. It never changes: an update
gives a new one and leaves the old one usable. Two builds from the same entries in the same order
are equal, and an update equals the build of what it leads to.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening import listed as lists
from esclusa.analysis.screening.columns import Bools, Ints, Longs, ends_of, hashed
from esclusa.analysis.screening.listed import (
    Entries,
    Identifiers,
    Listed,
    ListedName,
    Names,
    glued,
    kind_bit,
    whole,
)
from esclusa.analysis.screening.settings import Weights, default_weights
from esclusa.analysis.screening.vocabulary import Vocabulary, WordKeys
from esclusa.model import ListEntry

__all__ = ["Floats", "Index", "Ints", "ListedName", "glued", "kind_bit", "whole"]

Floats = npt.NDArray[np.float32]


class Index:
    """Entries ready to be screened against; make one with :meth:`build`."""

    def __init__(
        self,
        columns: Listed,
        editions: Mapping[str, str],
        weights: Weights,
        keys: WordKeys | None = None,
    ) -> None:
        """:param keys: those of the words, when they are known already."""
        entry_of = columns.entry_of
        self.columns: Final = columns
        self.editions: Final = dict(editions)
        self.weights: Final = weights
        self.entries: Final = Entries(columns.packed)
        self.names: Final = Names(columns, entry_of)
        self.identifiers: Final = Identifiers(columns.identifiers, self.entries)
        self.kinds: Final = columns.kinds
        single = np.array([len(token) == 1 for token in columns.tokens], dtype=np.bool_)
        self.single: Final = single
        self.word_starts, self.postings = _postings(columns)
        counts = _entry_counts(self.word_starts, self.postings, entry_of)
        self.vocabulary: Final = Vocabulary(
            columns.tokens, counts, len(self.entries), weights.word, keys
        )
        self.word_weights: Final = _word_weights(self.vocabulary, single, weights)
        self.rarest: Final = max(self.word_weights, default=0.0)
        factors = np.array([1.0, weights.name.weak], dtype=np.float32)
        self.name_factors: Final[Floats] = factors[columns.weak.astype(np.intp)]
        words = np.asarray(self.word_weights)
        self.name_weights: Final = _sums(words, columns)
        self.initial_weights: Final = _sums(np.where(single, words, 0.0), columns)
        self.listed_weights: Final[Floats] = words.astype(np.float32)
        self.initial_starts, self.initial_postings = _some(
            self.word_starts, self.postings, _sums(single, columns) > 0
        )

    @classmethod
    def build(
        cls,
        entries: Iterable[ListEntry],
        editions: Mapping[str, str] | None = None,
        weights: Weights | None = None,
    ) -> Index:
        """Return an index over ``entries``, which are read once and not kept as objects.

        :param editions: list id → edition of that list, repeated in every hit.
        :param weights: default: those of ``data/weights.toml``.
        """
        return cls(lists.read(entries), editions or {}, weights or default_weights())

    def updated(
        self,
        put: Iterable[ListEntry] = (),
        gone: Iterable[tuple[str, str]] = (),
        editions: Mapping[str, str] | None = None,
    ) -> Index:
        """Return an index in which entries are added, changed or withdrawn; this one stays usable.

        Equals ``Index.build`` of the entries that stay, in their order, then those of ``put``: how
        rare a word is counts all entries, as if the index were new. Costs the reading of ``put``
        and some passes over the columns (about a second for a million names), and while it runs
        the memory of a second index.

        :param put: entries to add; each takes the place of all with its list id and own id, and of
            equal ones the last counts.
        :param gone: (list id, own id) of entries to withdraw; unknown ones are ignored.
        :param editions: list id → edition, for the lists whose edition changed.
        """
        new = {(entry.list_id, entry.uid): entry for entry in put}
        kept = np.ones(len(self.entries), dtype=np.bool_)
        for list_id, uid in chain(new, gone):
            kept[list(self.numbers(list_id, uid))] = False
        more = lists.read(new.values())
        columns, ours, theirs = lists.changed(self.columns, kept, more)
        fresh = ~np.isin(theirs, ours)
        tokens = [token for token, new in zip(more.tokens, fresh.tolist(), strict=True) if new]
        keys = self.vocabulary.keys.changed(ours, tokens, theirs[fresh], len(columns.tokens))
        return Index(columns, {**self.editions, **(editions or {})}, self.weights, keys)

    def numbers(self, list_id: str, uid: str) -> tuple[int, ...]:
        """Return the numbers of the entries of a list with that id: none, one, or rarely more."""
        found = self.columns.uids.get(lists.uid_key(list_id, uid)).tolist()
        return tuple(n for n in found if self._is(n, list_id, uid))

    def _is(self, number: int, list_id: str, uid: str) -> bool:
        entry = self.entries[number]
        return bool(entry.list_id == list_id and entry.uid == uid)

    def names_with(self, word: int) -> Ints:
        """Return the numbers of the names that use a word, ascending."""
        return self.postings[self.word_starts.item(word) : self.word_starts.item(word + 1)]

    def names_of(self, entry: int) -> range:
        """Return the numbers of an entry's names."""
        first = self.columns.first_name
        return range(first.item(entry), first.item(entry + 1))

    def names_joining(self, heard: str) -> Ints:
        """Return the names with two neighbouring words that together sound like ``heard``.

        Found by a 32-bit key: one time in thousands, a name too many.
        """
        return self.columns.glued.get(hashed(heard)) if heard else self.postings[:0]

    def names_sounding(self, heard: str) -> Ints:
        """Return the names that without their blanks sound like ``heard`` (see :func:`whole`).

        Found by a 32-bit key: one time in thousands, a name too many.
        """
        return self.columns.whole.get(hashed(heard)) if heard else self.postings[:0]


def _postings(columns: Listed) -> tuple[Longs, Ints]:
    """Return where the names of each word start, and the names."""
    counts = np.diff(columns.first_word)
    names = np.repeat(np.arange(len(counts), dtype=np.uint64), counts)
    pairs = (columns.words.astype(np.uint64) << np.uint64(32)) | names
    pairs.sort()
    pairs = pairs[_first(pairs)]
    per_word = np.bincount((pairs >> np.uint64(32)).astype(np.int32), minlength=len(columns.tokens))
    return ends_of(per_word), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int32)


def _some(starts: Longs, postings: Ints, names: Bools) -> tuple[Longs, Ints]:
    """Return the postings of some names alone."""
    kept = names[postings]
    return ends_of(kept)[starts], postings[kept]


def _first(values: npt.NDArray[Any]) -> Bools:
    """Mark the first of neighbouring equal values."""
    marks = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=marks[1:])
    return marks


def _entry_counts(starts: Longs, postings: Ints, entry_of: Ints) -> Longs:
    """Count entries, not names: thirty aliases of one man do not make his name common."""
    marks = _first(entry_of[postings])
    marks[starts[:-1]] = True
    return np.diff(ends_of(marks)[starts])


def _word_weights(vocabulary: Vocabulary, single: Bools, weights: Weights) -> array[float]:
    rarity = np.asarray(vocabulary.rarity)
    return array("d", np.where(single, weights.name.initial_weight, rarity).tobytes())


def _sums(words: npt.NDArray[Any], columns: Listed) -> Floats:
    if not len(columns.words):
        return np.zeros(0, dtype=np.float32)
    sums = np.add.reduceat(words[columns.words], columns.first_word[:-1])
    return np.asarray(sums, dtype=np.float32)
