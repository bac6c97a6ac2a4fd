"""The last steps before names are compared word by word, for many pairs or for one query's.

A name stays when the share that it can reach is enough, and the points that go with it, less what a
person's name surely loses for the words left over.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening.bounds import Pairs, Reach, close_reach
from esclusa.analysis.screening.columns import Bools, Ints
from esclusa.analysis.screening.doubts import ENOUGH
from esclusa.analysis.screening.index import Floats, Index, kind_bit
from esclusa.analysis.screening.left_over import Left, least_lost
from esclusa.analysis.screening.listed_words import ListedWords
from esclusa.analysis.screening.questions import Facts, Marks, Slots, Words
from esclusa.analysis.screening.search import SLACK, cheapest
from esclusa.analysis.screening.stated import Asks, Worth, most_of

POINTS_SLACK: Final = 0.01
"""As :data:`~.search.SLACK`, in points of 100."""


class Needed(msgspec.Struct, frozen=True):
    """What a name needs to be a hit: the points of name and attributes together, and of each query
    what it asks beside the name, the kinds of entries that it meets, and whether it is written in
    Chinese or Korean signs."""

    threshold: float
    asks: Asks
    kinds: npt.NDArray[np.uint8]
    signed: Bools

    def most(self, index: Index, query: Ints, name: Ints) -> Floats:
        """Return the most points that attributes bring each pair of a query and a name."""
        columns, worth = index.columns, Worth.of(index.weights.attribute)
        return most_of(self.asks, query, columns.stated[name], columns.nations[name], worth)

    def share(self, index: Index, most: Floats) -> Floats:
        """Return the share that a name needs, beside the most that attributes bring."""
        weights = index.weights.name
        least = np.maximum(self.threshold - (weights.rarity + most), 1) / weights.full
        return np.asarray(least - np.float32(SLACK), dtype=np.float32)


class Close(msgspec.Struct, frozen=True):
    """What the close bound says of pairs: the points that each may reach, and the words left over
    on both sides, ``sure`` where the others agree in one way only and ``unsure`` where perhaps in
    several; neither is marked where nothing is surely left over, or no person's name is."""

    query: Ints
    name: Ints
    points: Floats
    sure: Bools
    unsure: Bools
    asked_left: Marks
    listed_left: Marks

    def only(self, kept: Bools) -> Close:
        """Return some of the pairs."""
        return Close(*(column[kept] for column in msgspec.structs.astuple(self)))

    def also(self, more: Close) -> Close:
        """Return these pairs, then others."""
        columns = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(more), strict=True)
        return Close(*(np.concatenate(each) for each in columns))


def apart_reach(words: ListedWords, facts: Facts, slots: Slots, pairs: Pairs) -> Floats:
    """Return the share that each pair can reach where no initial of one side may stand for a word
    of the other, 1 for the other pairs: less than :func:`~.search.loose_reach` says, which takes
    every initial for a word that agrees, and more than :func:`~.bounds.close_reach` does.

    One word that stands for one word carries the match alone, see :attr:`Facts.lone`. Most pairs
    have no more in common, so few are left for the closer look.
    """
    query, name = pairs.query, pairs.name
    near = words.near[name] & facts.letters(single=True)[query]
    near |= words.letters[name] & facts.letters(single=False)[query]
    agreed = 2 * pairs.gained()
    total = facts.weights.sum(axis=1, dtype=np.float32)[query] + words.index.name_weights[name]
    missing = np.maximum(total - agreed, 0)
    share = agreed / (agreed + np.float32(cheapest(words.index.weights.name)) * missing)
    joining = np.array([len(look.joining) > 0 for look in slots.looks], dtype=np.bool_)
    alone = ~(slots.joined | joining[slots.look])[pairs.slots[pairs.starts]]
    alone &= np.diff(pairs.starts, append=len(pairs.slots)) == 1
    share *= np.where(alone, facts.lone[query], np.float32(1))
    return np.asarray(np.where(near > 0, np.float32(1), share))


def may_reach(
    words: ListedWords, facts: Facts, slots: Slots, pairs: Pairs, needed: Needed
) -> Bools:
    """Answer which pairs may reach the threshold, initials counted where they may stand for a word
    and each for the word that tells most.

    As :func:`~.search.loose_reach`, with what rarity adds to the weight that agrees, and with what
    a person's name loses where few words can agree.
    """
    index, query, name = words.index, pairs.query, pairs.name
    if not len(query):
        return np.zeros(0, dtype=np.bool_)
    weights, heaviest = index.weights.name, facts.weights.max(axis=1, initial=0)[query]
    single, first = facts.letters(single=True)[query], facts.letters(single=False)[query]
    ours = facts.single.sum(axis=1)[query] * ((words.near[name] & single) > 0)
    theirs = index.initial_weights[name] / np.float32(weights.initial_weight)
    theirs *= (words.letters[name] & first) > 0
    initials = np.asarray(ours + theirs, dtype=np.float32)
    agreed = 2 * (pairs.gained() + np.float32(weights.initial_weight) * initials)
    total = facts.weights.sum(axis=1, dtype=np.float32)[query] + index.name_weights[name]
    missing = total - agreed - ours * words.heaviest[name] - theirs * heaviest
    share = agreed / (agreed + np.float32(cheapest(weights)) * np.maximum(missing, 0))
    rows = np.diff(pairs.starts, append=len(pairs.slots))
    joined = slots.joined | np.array([len(look.joining) > 0 for look in slots.looks])[slots.look]
    alone = (initials == 0) & ~np.logical_or.reduceat(joined[pairs.slots], pairs.starts)
    share *= np.where(alone & (rows == 1), facts.lone[query], np.float32(1))
    most = needed.most(index, query, name)
    reach = np.asarray(share * _full(index, name, agreed) + most)
    left = alone & ((facts.weights > 0).sum(axis=1)[query] > rows)
    few = (rows + ours < ENOUGH) & (index.kinds[name] == kind_bit("person"))
    reach -= np.float32(weights.few) * few * np.where(left, np.float32(2), np.float32(1))
    return np.asarray((words.unlike[name] & single > 0) | (reach >= least_points(needed)))


def _full(index: Index, name: Ints, agreed: Floats) -> Floats:
    """Return the points of names that agree in full, and in so much."""
    weights = index.weights.name
    rarity = 1 - np.exp(-agreed / np.float32(2 * weights.rarity_scale))
    full = weights.full * index.name_factors[name] + weights.rarity * rarity
    return np.asarray(full, dtype=np.float32)


def least_points(needed: Needed) -> float:
    """Return the points that a name needs; what is below 0 counts as 0, and is a hit where that is
    the threshold."""
    return needed.threshold - POINTS_SLACK if needed.threshold > 0 else -math.inf


def closely(
    words: ListedWords, facts: Facts, slots: Slots, pairs: Pairs, needed: Needed, asked: Words
) -> Close:
    """Return the pairs that may reach the threshold.

    :param asked: the words of the queries.
    """
    return stands(words.index, close(words, facts, slots, pairs, needed), needed, asked)


def close(words: ListedWords, facts: Facts, slots: Slots, pairs: Pairs, needed: Needed) -> Close:
    """Return the pairs that the close bound lets pass, and what it says of them."""
    index = words.index
    factors = index.name_factors[pairs.name]
    most = needed.most(index, pairs.query, pairs.name)
    enough = needed.share(index, most) / factors
    reach = close_reach(words, facts, slots, pairs, enough)
    points = reach.points(index.weights.name, factors) + most
    least = least_points(needed)
    kept = (reach.share >= enough) & (points >= least)
    person = kept & (index.kinds[pairs.name] == kind_bit("person"))
    sure = person & reach.sure
    points -= np.where(sure, _few(index, reach), np.float32(0))
    # What is left over for certain stands against something, however the other words agree.
    unsure = person & ~reach.sure & np.isfinite(reach.agreed)
    points -= np.where(unsure, _at_least_few(index, facts, pairs, reach), np.float32(0))
    left = (reach.asked_left > 0) & (reach.listed_left > 0)
    found = Close(pairs.query, pairs.name, points, sure & left, unsure & left, reach.asked_left,
                  reach.listed_left)  # fmt: skip
    return found.only(kept & (points >= least))


def stands(index: Index, close: Close, needed: Needed, asked: Words) -> Close:
    """Return the pairs that may reach the threshold, less what is surely left over on both sides.

    :param asked: the words of the queries.
    """
    least, kept = least_points(needed), np.ones(len(close.points), dtype=np.bool_)
    some = np.flatnonzero(close.sure | close.unsure)
    if not len(some):
        return close
    query = close.query[some]
    left = Left(query, close.name[some], close.sure[some], close.asked_left[some],
                close.listed_left[some])  # fmt: skip
    # Where signs contradict, they cost at least one sign, and words left over nothing beside them.
    most = np.where(needed.signed[query], index.weights.name.signs, math.inf)
    kept[some] = close.points[some] - np.minimum(least_lost(index, left, asked), most) >= least
    return close.only(kept)


def _few(index: Index, reach: Reach) -> Floats:
    """Return points that a person's name surely loses where few words agree, see ``doubts``."""
    some = np.float32(index.weights.name.few)
    left = (reach.asked_left > 0) | (reach.listed_left > 0)
    return np.where(reach.words < ENOUGH, np.where(left, 2 * some, some), np.float32(0))


def _at_least_few(index: Index, facts: Facts, pairs: Pairs, reach: Reach) -> Floats:
    """Return points that a person's name loses at least where few words can agree."""
    first_word = index.columns.first_word
    some = np.float32(index.weights.name.few)
    asked = (facts.weights > 0).sum(axis=1)[pairs.query] - np.bitwise_count(reach.asked_left)
    listed = first_word[pairs.name + 1] - first_word[pairs.name]
    words = np.minimum(asked, listed - np.bitwise_count(reach.listed_left))
    left = (reach.asked_left > 0) | (reach.listed_left > 0)
    return np.where(words < ENOUGH, np.where(left, 2 * some, some), np.float32(0))
