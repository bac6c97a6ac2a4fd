"""Which listed names can reach the threshold at all.

Each word of the query adds what it can add at most to the names that hold a word it may mean.
A name stays when the share it could reach, every remaining doubt decided in its favour, is enough.
So the full comparison sees a handful of names, and leaving the others out never loses a hit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.screening.columns import Bools, Ints, Longs, spread
from esclusa.analysis.screening.index import Floats, Index, kind_bit, whole
from esclusa.analysis.screening.lookup import Lookup, Lookups
from esclusa.analysis.screening.settings import NameWeights
from esclusa.analysis.screening.words import word_set

_FEW_NAMES: Final = 200_000
"""Up to here the loose bound costs less than the close one saves (measured: a third at 30,000)."""

_FEW_FOUND: Final = 8
"""So many names are compared in the time that the close bound takes."""

SLACK: Final = 1e-4
"""The bound is computed in 32 bits, the score in 64; rounding must not lose a hit."""


class Asked(msgspec.Struct, frozen=True, dict=True):
    """A query's words with their look-ups.

    ``joined[i]`` is of words i and i + 1 written as one; ``weight`` is that of all words,
    ``initials`` that of single letters.
    """

    words: tuple[Lookup, ...]
    joined: tuple[Lookup | None, ...]
    weight: float
    initials: float

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The words themselves."""
        return tuple([look.token for look in self.words])

    @cached_property
    def weights(self) -> tuple[float, ...]:
        """How much each word tells."""
        return tuple([look.weight for look in self.words])

    @cached_property
    def whole(self) -> str:
        """How all words sound without blanks."""
        return whole(self.tokens)


def look_up(
    tokens: tuple[str, ...], lookups: Lookups, both: Mapping[int, Lookup] | None = None
) -> Asked:
    """Return the look-ups of a query's words.

    :param both: what lists write as one of each two neighbouring words, by the place of the first;
        None to look for it.
    """
    found = tuple([lookups.word(token) for token in tokens])
    if both is None:
        joined = tuple([lookups.joined(left, right) for left, right in pairwise(tokens)])
    else:
        joined = tuple([both.get(place) for place in range(len(tokens) - 1)])
    weight, initials = 0.0, 0.0
    for word in found:
        weight += word.weight
        initials += word.weight if len(word.token) == 1 else 0.0
    return Asked(found, joined, weight, initials)


def candidates(index: Index, asked: Asked, kind: str, least: float) -> list[int]:
    """Return the names that may agree with the query to a share of ``least``, ascending.

    Names that agree in single letters alone are left out: they tell next to nothing.
    """
    same = _of_kind(index, index.names_sounding(asked.whole), kind)
    return sorted({*_promising(index, asked, kind, least), *same.tolist()})


def _promising(index: Index, asked: Asked, kind: str, least: float) -> list[int]:
    searched = [look for look in (*asked.words, *asked.joined) if look is not None and look.best]
    enough = least - SLACK
    if not searched or enough > 1:
        return []
    loosely = len(index.names) <= _FEW_NAMES
    found = (_loosely if loosely else _touched)(index, asked, searched, enough)
    found = _of_kind(index, found, kind)
    if len(found) > (_FEW_FOUND if loosely else 0):
        needed = np.float32(enough) / index.name_factors[found]
        found = found[_Reach(index, asked, found, needed).share() >= needed]
    return [int(name) for name in found]


def _loosely(index: Index, asked: Asked, searched: list[Lookup], enough: float) -> Ints:
    """Return the names that :func:`loose_reach` lets pass: more of them, found in fewer steps."""
    gained = np.zeros(len(index.names), dtype=np.float32)
    for look in searched:
        gained[look.names] += look.gains
    touched = np.concatenate([look.names for look in searched])
    reach = loose_reach(index, touched, gained[touched], *facts(asked))
    return np.unique(touched[reach >= enough / index.name_factors[touched]])


def facts(asked: Asked) -> tuple[float, float, int, float]:
    """Return a query's weight, that of its initials, their number, and its heaviest word."""
    count = sum(len(word.token) == 1 for word in asked.words)
    heaviest = max((word.weight for word in asked.words), default=0.0)
    return asked.weight, asked.initials, count, heaviest


def loose_reach(
    index: Index,
    names: Ints,
    gained: Floats,
    weight: Floats | float,
    initials: Floats | float,
    count: Floats | int,
    heaviest: Floats | float,
) -> Floats:
    """Return a share that no name goes beyond, from what its words gained and :func:`facts`.

    An initial may stand for any word of the other side, which is then not missing.
    """
    weights = index.weights.name
    single = index.initial_weights[names]
    agreed = 2 * (gained + single + initials)
    absorbed = single / weights.initial_weight * heaviest + count * index.rarest
    missing = np.maximum(weight + index.name_weights[names] - agreed - absorbed, 0)
    return np.asarray(agreed / (agreed + cheapest(weights) * missing), dtype=np.float32)


def _of_kind(index: Index, names: Ints, kind: str) -> Ints:
    if kind == "any" or not len(names):
        return names
    return names[(index.kinds[names] & kind_bits(kind)) > 0]


def kind_bits(kind: str) -> int:
    """Return the bits of the entries that a query of a kind meets."""
    return 0xFF if kind == "any" else kind_bit("") | kind_bit(kind)


def _touched(index: Index, asked: Asked, searched: list[Lookup], enough: float) -> Ints:
    """Return the names that hold a meaning of a word, less those that cannot be enough.

    Common words stand in many names and tell little. A name that holds none but words which, even
    agreeing all in full, stay below the share, is no match; one that holds more is found by what
    else it holds. Most words are not enough alone either: then a name must hold two. Names with
    initials are always looked at: an initial may stand for any word.
    """
    rare = _rare(index, asked, searched, enough)
    held = [_names(index.postings, index.word_starts, look.words) for look in searched]
    times = np.zeros(len(index.names), dtype=np.uint8)
    for names in held:
        times[names] += 1
    parts = [look.joining for look in searched]
    parts.append(
        _names(
            index.initial_postings,
            index.initial_starts,
            np.concatenate([look.words for look in searched]),
        )
    )
    for number in rare:
        names, look = held[number], searched[number]
        alone = _enough_together(asked, [look], enough / _alone_factor(index, asked, look))
        parts.append(names if alone else names[times[names] > 1])
    return np.unique(np.concatenate(parts))


def _names(postings: Ints, starts: Longs, words: Ints) -> Ints:
    return postings[spread(starts[words], starts[words + 1] - starts[words])]


def _rare(index: Index, asked: Asked, searched: list[Lookup], enough: float) -> list[int]:
    """Return the words of which a name must hold one: the others are not enough together."""
    held = [_held(index, look) for look in searched]
    order = sorted(range(len(searched)), key=lambda number: (-held[number], number))
    common: list[Lookup] = []
    for place, number in enumerate(order):
        common.append(searched[number])
        if _enough_together(asked, common, enough):
            return order[place:]
    return []


def _enough_together(asked: Asked, looks: list[Lookup], enough: float) -> bool:
    """Answer whether a name without initials that holds nothing but these words may be enough.

    With ``m`` for what agrees, counted on both sides, and ``lost`` for the query's words that find
    nothing, the share is at most ``m / (m + c lost)``. So what agrees has to bring
    ``ratio m + own weight`` up to the weight of the query.
    """
    weights = looks[0].index.weights.name
    lost = min(2 * weights.conflict, weights.extra_query)
    if enough <= 0 or lost <= 0:
        return True
    ratio = (1 - enough) / (enough * lost)
    brought = sum(2 * ratio * look.best_alone + look.weight for look in looks)
    return enough <= 1 and brought + asked.initials * (1 + 2 * ratio) >= asked.weight


def _alone_factor(index: Index, asked: Asked, look: Lookup) -> float:
    """Return the factor of a match that a word carries alone; ``align`` does the same."""
    if len(asked.words) < 2 or asked.initials or " " in look.token:
        return 1.0
    return _lone_factor(asked, index.weights.name)


def _held(index: Index, look: Lookup) -> int:
    """Return how many names hold a meaning of a word; names with two of them count twice."""
    return int((index.word_starts[look.words + 1] - index.word_starts[look.words]).sum())


class _Reach:
    """What names may have in common with a query, each doubt decided in favour of the match."""

    def __init__(self, index: Index, asked: Asked, names: Ints, enough: Floats) -> None:
        """:param enough: the share that each name needs."""
        self.weights: Final = index.weights.name
        self.index, self.asked, self.names, self.enough = index, asked, names, enough
        columns = index.columns
        counts = columns.first_word[names + 1] - columns.first_word[names]
        self.starts: Final = np.cumsum(counts) - counts
        self.words: Final = columns.words[spread(columns.first_word[names], counts)]
        looks = [look for look in (*asked.words, *asked.joined) if look is not None and look.best]
        meant = np.concatenate([look.words for look in looks])
        self.slots: Final = np.zeros(len(columns.tokens), dtype=np.int32)
        self.slots[meant] = np.arange(1, len(meant) + 1, dtype=np.int32)
        self.slot_count: Final = len(meant) + 1
        self.place: Final = self.slots[self.words]
        self.single: Final = self._per_name(np.add, index.single[self.words].astype(np.float32))
        joining = np.concatenate([look.joining for look in looks])
        self.joining: Final = np.isin(names, joining) if len(joining) else self._no()
        self.words_met: Final = [self._met(look) for look in asked.words]
        self.joined_met: Final = [self._met(look) for look in asked.joined]

    def share(self) -> Floats:
        """Return the share that each name can reach.

        Two words that agree by ``like`` add ``like`` times their weight to what agrees, and all of
        it to what agreed could be at most.
        """
        weights, names = self.weights, self.names
        initials = self.single * np.float32(weights.initial_weight * self._initial())
        initials += np.float32(self.asked.initials)
        met = [one for one in (*self.words_met, *self.joined_met) if one is not None]
        agreed = 2 * (sum((gains for gains, _ in met), start=initials))
        full = 2 * (sum((gains / likes for gains, likes in met), start=initials))
        listed = self.index.name_weights[names]
        lost = against(weights, self._asked_lost(), self._listed_lost(listed))
        unmet = self.asked.weight + listed - agreed - self._absorbed()
        least = np.maximum(full + lost, agreed + cheapest(weights) * np.maximum(unmet, 0))
        return np.asarray(agreed / np.maximum(least, SLACK) * self._lone(), dtype=np.float32)

    def _no(self) -> Bools:
        return np.zeros(len(self.names), dtype=np.bool_)

    def _initial(self) -> float:
        """Initials agree with initials in full, with words only so far."""
        return 1.0 if self.asked.initials else self.weights.initial

    def _met(self, look: Lookup | None) -> tuple[Floats, Floats] | None:
        """Return what a word may add to each name, and the highest likeness at which it does.

        A likeness below the share that is needed does no good; taken as that share, it is no harm.
        """
        if look is None or not look.best:
            return None
        table = np.zeros((2, self.slot_count), dtype=np.float32)
        places = self.slots[look.words]
        table[0, places] = look.word_gains
        table[1, places] = look.word_likes
        gains = self._per_name(np.maximum, table[0, self.place])
        likes = self._per_name(np.maximum, table[1, self.place])
        if len(look.joining):
            here = np.isin(self.names, look.joining)
            gains[here], likes[here] = look.best, 1.0
        return gains, np.maximum(likes, self.enough)

    def _per_name(self, ufunc: np.ufunc, values: Floats) -> Floats:
        return np.asarray(ufunc.reduceat(values, self.starts), dtype=np.float32)

    def _lone(self) -> Floats:
        """Return the factor of a match that one word carries; ``align`` does the same."""
        factor = np.ones(len(self.names), dtype=np.float32)
        if len(self.asked.words) < 2 or self.asked.initials:
            return factor
        met = np.zeros(len(factor), dtype=np.int32)
        for one in self.words_met:
            met += one[0] > 0 if one is not None else 0
        lone = (met == 1) & (self.single == 0) & ~self.joining
        for one in self.joined_met:
            lone &= one[0] == 0 if one is not None else True
        factor[lone] = _lone_factor(self.asked, self.weights)
        return factor

    def _asked_lost(self) -> Floats:
        """Return the weight of the query's words that find nothing in a name."""
        lost = np.zeros(len(self.names), dtype=np.float32)
        for number, word in enumerate(self.asked.words):
            if len(word.token) > 1:
                ways = self.words_met[number], *self.joined_met[max(number - 1, 0) : number + 1]
                missed = ~self._no()
                for way in ways:
                    missed &= way[0] == 0 if way is not None else True
                lost += np.float32(word.weight) * missed
        lost[self.single > 0] = 0.0
        return lost

    def _listed_lost(self, listed: Floats) -> Floats:
        """Return the weight of a name's words that no word of the query may mean."""
        if self.asked.initials:
            return np.zeros(len(self.names), dtype=np.float32)
        meant = np.where(self.place > 0, self.index.listed_weights[self.words], np.float32(0))
        open_to = listed - self.index.initial_weights[self.names]
        lost: Floats = np.maximum(open_to - self._per_name(np.add, meant), 0)
        lost[self.joining] = 0.0
        return lost

    def _absorbed(self) -> Floats:
        """Return the weight of the words that initials may stand for: it is not lost."""
        heaviest = sorted((word.weight for word in self.asked.words), reverse=True)
        sums = np.cumsum([0.0, *heaviest]).astype(np.float32)
        absorbed = sums[np.minimum(self.single.astype(np.int64), len(heaviest))]
        initials = sum(len(word.token) == 1 for word in self.asked.words)
        if initials:
            most = self._per_name(np.maximum, self.index.listed_weights[self.words])
            absorbed = absorbed + np.float32(initials) * most
        return absorbed


def _lone_factor(asked: Asked, weights: NameWeights) -> float:
    trade = word_set("generic")
    return lone_factor(weights, generic=any(word.token in trade for word in asked.words))


def lone_factor(weights: NameWeights, *, generic: bool) -> float:
    """Return the highest factor of a match that one word of several carries.

    :param generic: whether a word of the query is one of trade.
    """
    return max(weights.single, weights.generic) if generic else weights.single


def against(weights: NameWeights, asked: Floats, listed: Floats) -> Floats:
    """Return what words left over on both sides count at least, as ``align`` counts them.

    More may be left over than is known, and then stand against what is: so a word that only one
    side has counts no more than two that stand against each other.
    """
    both, most = np.minimum(asked, listed), 2 * weights.conflict
    counted = most * both + min(weights.extra_query, most) * (asked - both)
    counted += min(weights.extra_entry, most) * (listed - both)
    return np.asarray(counted, dtype=np.float32)


def cheapest(weights: NameWeights) -> float:
    """Return what a word that is left over costs at least, for each unit of its weight."""
    return min(weights.conflict, weights.extra_query, weights.extra_entry)
