"""The last steps before names are compared word by word, for many pairs or for one query's.

A name stays when the share that it can reach is enough, and the points that go with it, less what a
person's name surely loses for the words left over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening.bounds import Pairs, Reach, close_reach
from esclusa.analysis.screening.doubts import ENOUGH, alike, contradictions
from esclusa.analysis.screening.index import Floats, Index, kind_bit
from esclusa.analysis.screening.listed_words import ListedWords
from esclusa.analysis.screening.questions import Facts, Slots, Tokens
from esclusa.analysis.screening.search import cheapest

POINTS_SLACK: Final = 0.01
"""As :data:`~.search.SLACK`, in points of 100."""


class Needed(msgspec.Struct, frozen=True):
    """What a name needs to be a hit: the points of name and attributes together, and of each query
    the share, the most that attributes may bring, and the kinds of entries that it meets."""

    threshold: float
    share: Floats
    most: Floats
    kinds: npt.NDArray[np.uint8]


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


def closely(
    words: ListedWords, facts: Facts, slots: Slots, pairs: Pairs, needed: Needed, tokens: Tokens
) -> Pairs:
    """Return the pairs that may reach the threshold.

    :param tokens: the words of the queries.
    """
    index = words.index
    factors = index.name_factors[pairs.name]
    enough = needed.share[pairs.query] / factors
    reach = close_reach(words, facts, slots, pairs, enough)
    points = reach.points(index.weights.name, factors) + needed.most[pairs.query]
    least = needed.threshold - POINTS_SLACK
    kept = (reach.share >= enough) & (points >= least)
    sure = kept & reach.sure & (index.kinds[pairs.name] == kind_bit("person"))
    points -= np.where(sure, _few(index, reach), np.float32(0))
    kept &= points >= least
    sure &= kept & (reach.asked_left > 0) & (reach.listed_left > 0)
    for pair in np.flatnonzero(sure).tolist():
        asked = tokens[pairs.query.item(pair)]
        doubt = _doubt(index, asked, pairs.name.item(pair), reach, pair)
        kept[pair] = points.item(pair) - doubt >= least
    return pairs.only(kept)


def _few(index: Index, reach: Reach) -> Floats:
    """Return points that a person's name surely loses where few words agree, see ``doubts``."""
    some = np.float32(index.weights.name.few)
    left = (reach.asked_left > 0) | (reach.listed_left > 0)
    return np.where(reach.words < ENOUGH, np.where(left, 2 * some, some), np.float32(0))


def _doubt(index: Index, asked: Sequence[str], name: int, reach: Reach, pair: int) -> float:
    """Return points that a person's name surely loses for what is left over on both sides."""
    ours = [asked[at] for at in _marked(reach.asked_left.item(pair))]
    columns, first = index.columns, index.columns.first_word.item(name)
    left = [columns.words.item(first + at) for at in _marked(reach.listed_left.item(pair))]
    theirs = [columns.tokens[word] for word in left]
    weights = index.weights.name
    if len(ours) == 1 and len(theirs) == 1:
        found = alike(ours[0], theirs[0])
        likes = [] if found is None else [found]
    else:
        likes = [like for _, _, like in contradictions(ours, theirs)]
    cost, power = weights.against, weights.against_power
    return math.fsum(cost * math.pow(1.0 - like, power) for like in likes)


def _marked(marks: int) -> list[int]:
    """Return the places of the bits that are set."""
    return [at for at in range(marks.bit_length()) if marks >> at & 1]
