"""A word's look-up: which listed words it may mean, and which names those words are in.

Kept per word (bounded), because the words of a manifest repeat: the second container from
``SHENZHEN`` costs nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.screening.chinese import may_be_one
from esclusa.analysis.screening.index import Floats, Index, glued
from esclusa.analysis.screening.learned import Learned
from esclusa.analysis.screening.likeness import ROMANISED
from esclusa.analysis.screening.vocabulary import Ints, Variant

WORDS_KEPT: Final = 50_000
"""17,000 words and 49,000 answers took 74 MB; most names are made of far fewer words."""

MEANINGS_KEPT: Final = 500_000
"""In a list of a million names a word may mean a hundred others, at some 150 bytes each."""

_SURE: Final = 0.9
"""From this likeness on, two spellings count as one word when asking how common it is."""


class Lookup(msgspec.Struct, frozen=True, dict=True):
    """What a word may mean. ``meanings``: listed word → (manner, likeness).

    ``words`` are its keys with a weight, ``word_likes`` their likeness, ``word_gains`` what each
    adds to a name that holds it: likeness times the mean weight of both words. ``joining`` are
    names with two neighbouring words that sound like it together; they gain ``most``. ``best`` is
    the highest gain of all, ``best_alone`` that of a word.
    """

    index: Index
    token: str
    weight: float
    meanings: dict[int, tuple[str, float]]
    words: Ints
    word_gains: Floats
    word_likes: Floats
    joining: Ints
    most: float
    best: float
    best_alone: float

    @property
    def names(self) -> Ints:
        """The names that hold any meaning, ascending; gathered when first asked for, then kept."""
        return self._per_name[0]

    @property
    def gains(self) -> Floats:
        """What the best meaning adds to each of ``names``."""
        return self._per_name[1]

    @cached_property
    def unsure(self) -> bool:
        """Whether a meaning counts in some names only, see :func:`~.likeness.likeness`."""
        return any(how in ROMANISED for how, _ in self.meanings.values())

    @cached_property
    def _per_name(self) -> tuple[Ints, Floats]:
        parts = [self.index.names_with(word) for word in self.words.tolist()]
        counts = [len(part) for part in parts]
        names = np.concatenate((*parts, self.joining))
        most = np.full(len(self.joining), self.most, dtype=np.float32)
        gains = np.concatenate((np.repeat(self.word_gains, counts), most))
        order = np.lexsort((-gains, names))
        names, gains = names[order], gains[order]
        first = np.ones(len(names), dtype=bool)
        first[1:] = names[1:] != names[:-1]
        return names[first], gains[first]


class Lookups:
    """Look-ups of one index, the most recently used kept."""

    def __init__(
        self, index: Index, kept: int = WORDS_KEPT, learned: Learned | None = None
    ) -> None:
        """:param learned: what other processes with the same index tell of words, and are told."""
        self._index: Final = index
        self._learned: Final = learned
        self._kept: Final = kept
        self._meanings = 0
        self._known: Final[OrderedDict[tuple[str, ...], Lookup]] = OrderedDict()

    @property
    def remembered(self) -> int:
        """How many look-ups are held at present."""
        return len(self._known)

    def word(self, token: str) -> Lookup:
        """Return the look-up of a word."""
        return self._recall((token,))

    def words(self, tokens: Sequence[str]) -> list[Lookup]:
        """Return the look-ups of many words."""
        learned = self._learned
        found: dict[str, Lookup] = {}
        if learned is not None:
            new = [token for token in tokens if (token,) not in self._known]
            # Held here: of more words than are kept, the first would be looked up twice.
            found = {token: self.word(token) for token in learned.first(new)}
            learned.flush()
        return [found.get(token) or self.word(token) for token in tokens]

    def joined(self, left: str, right: str) -> Lookup | None:
        """Return the look-up of two words written as one, None when no list writes them so."""
        if (left, right) not in self._known:
            heard = glued(left, right)
            if not heard:
                return None
            if not self._index.vocabulary.sounding(heard) and not may_be_one(left, right):
                return None
        found = self._recall((left, right))
        return found if found.meanings else None

    def _recall(self, key: tuple[str, ...]) -> Lookup:
        found = self._known.get(key)
        if found is None:
            found = self._made(*key) if len(key) == 1 else _two(self._index, *key)
            self._known[key] = found
            self._meanings += len(found.meanings)
            self._forget()
        else:
            self._known.move_to_end(key)
        return found

    def _made(self, token: str) -> Lookup:
        variants, learned = self._index.vocabulary.variants, self._learned
        if learned is None:
            return _one(self._index, token, variants(token))
        found = learned.told(token)
        if found is None:
            found = variants(token)
            learned.tell(token, found)
        return _one(self._index, token, found)

    def _forget(self) -> None:
        while len(self._known) > self._kept or self._meanings > MEANINGS_KEPT:
            _, oldest = self._known.popitem(last=False)
            self._meanings -= len(oldest.meanings)


def _one(index: Index, token: str, variants: Sequence[Variant]) -> Lookup:
    meanings = {n: (how, like) for n, how, like in variants}
    if len(token) == 1:
        return _lookup(index, token, index.weights.name.initial_weight, meanings, gains=False)
    return _lookup(index, token, _weight(index, token, meanings), meanings)


def _weight(index: Index, token: str, meanings: dict[int, tuple[str, float]]) -> float:
    """A spelling that no list has is as common as the commonest word it surely means."""
    sure = [index.word_weights[word] for word, (_, like) in meanings.items() if like >= _SURE]
    return min([index.vocabulary.weight(token), *sure])


def _two(index: Index, left: str, right: str) -> Lookup:
    weight = index.vocabulary.weight(left) + index.vocabulary.weight(right)
    like = index.weights.name.glued
    meanings = {}
    if may_be_one(left, right):
        meanings = {n: (how, like) for n, how, like in index.vocabulary.slips(left, right)}
    meanings |= dict.fromkeys(index.vocabulary.sounding(glued(left, right)), ("glued", like))
    return _lookup(index, f"{left} {right}", weight, meanings)


def _lookup(
    index: Index,
    token: str,
    weight: float,
    meanings: dict[int, tuple[str, float]],
    *,
    gains: bool = True,
) -> Lookup:
    """:param gains: False for an initial, which tells too little to look for names by it."""
    words = list(meanings) if gains else []
    gained = [meanings[word][1] * (weight + index.word_weights[word]) / 2 for word in words]
    alone = gains and " " not in token
    joining = np.unique(index.names_joining(glued(token, "") if alone else ""))
    most = weight / 2 + index.rarest
    return Lookup(
        index=index,
        token=token,
        weight=weight,
        meanings=meanings,
        words=np.array(words, dtype=np.int32),
        word_gains=np.array(gained, dtype=np.float32),
        word_likes=np.array([meanings[word][1] for word in words], dtype=np.float32),
        joining=joining,
        most=most,
        best=max([*gained, most] if len(joining) else gained, default=0.0),
        best_alone=max(gained, default=0.0),
    )
