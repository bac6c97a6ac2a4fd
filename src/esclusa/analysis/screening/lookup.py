"""A word's look-up: which listed words it may mean, and which names those words are in.

Kept per word (bounded), because the words of a manifest repeat: the second container from
``SHENZHEN`` costs nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.screening.index import Floats, Index, glued
from esclusa.analysis.screening.vocabulary import Ints

WORDS_KEPT: Final = 50_000
"""17,000 words and 49,000 answers took 74 MB; most names are made of far fewer words."""

_SURE: Final = 0.9
"""From this likeness on, two spellings count as one word when asking how common it is."""


class Lookup(msgspec.Struct, frozen=True):
    """What a word may mean. ``meanings``: listed word → (manner, likeness). ``names`` are the names
    that hold any of them, ascending, and ``gains`` what the best one adds to that name: likeness
    times the mean weight of both words."""

    token: str
    weight: float
    meanings: dict[int, tuple[str, float]]
    names: Ints
    gains: Floats
    best: float


class Lookups:
    """Look-ups of one index, the most recently used kept."""

    def __init__(self, index: Index, kept: int = WORDS_KEPT) -> None:
        self._index: Final = index
        self._kept: Final = kept
        self._known: Final[OrderedDict[tuple[str, ...], Lookup]] = OrderedDict()

    @property
    def remembered(self) -> int:
        """How many look-ups are held at present."""
        return len(self._known)

    def word(self, token: str) -> Lookup:
        """Return the look-up of a word."""
        return self._recall((token,))

    def joined(self, left: str, right: str) -> Lookup | None:
        """Return the look-up of two words written as one, None when no list writes them so."""
        heard = glued(left, right)
        if not heard or not self._index.vocabulary.sounding(heard):
            return None
        return self._recall((left, right))

    def _recall(self, key: tuple[str, ...]) -> Lookup:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = (_one if len(key) == 1 else _two)(self._index, *key)
            if len(self._known) > self._kept:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return found


def _one(index: Index, token: str) -> Lookup:
    meanings = {n: (how, like) for n, how, like in index.vocabulary.variants(token)}
    if len(token) == 1:
        return _lookup(token, index.weights.name.initial_weight, meanings, [])
    weight = _weight(index, token, meanings)
    parts = [
        (index.names_with(word), like * (weight + index.word_weights[word]) / 2)
        for word, (_, like) in meanings.items()
    ]
    joining = index.names_joining(glued(token, ""))
    if joining:
        most = weight / 2 + index.rarest
        parts.append((np.array(sorted(set(joining)), dtype=np.int32), most))
    return _lookup(token, weight, meanings, parts)


def _weight(index: Index, token: str, meanings: dict[int, tuple[str, float]]) -> float:
    """A spelling that no list has is as common as the commonest word it surely means."""
    sure = [index.word_weights[word] for word, (_, like) in meanings.items() if like >= _SURE]
    return min([index.vocabulary.weight(token), *sure])


def _two(index: Index, left: str, right: str) -> Lookup:
    weight = index.vocabulary.weight(left) + index.vocabulary.weight(right)
    like = index.weights.name.glued
    meanings = dict.fromkeys(index.vocabulary.sounding(glued(left, right)), ("glued", like))
    parts = [
        (index.names_with(word), like * (weight + index.word_weights[word]) / 2)
        for word in meanings
    ]
    return _lookup(f"{left} {right}", weight, meanings, parts)


def _lookup(
    token: str,
    weight: float,
    meanings: dict[int, tuple[str, float]],
    parts: list[tuple[Ints, float]],
) -> Lookup:
    names, gains = _best_per_name(parts)
    best = max((gain for _, gain in parts), default=0.0)
    return Lookup(token, weight, meanings, names, gains, best)


def _best_per_name(parts: list[tuple[Ints, float]]) -> tuple[Ints, Floats]:
    if not parts:
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
    names = np.concatenate([part for part, _ in parts])
    gains = np.concatenate([np.full(len(part), gain, dtype=np.float32) for part, gain in parts])
    order = np.lexsort((-gains, names))
    names, gains = names[order], gains[order]
    first = np.ones(len(names), dtype=bool)
    first[1:] = names[1:] != names[:-1]
    return names[first], gains[first]
