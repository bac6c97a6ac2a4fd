"""Which listed names can reach the threshold at all.

Each word of the query adds what it can add at most to the names that hold a word it may mean.
A name stays when the share it could reach, every remaining doubt decided in its favour, is enough.
So the full comparison sees a handful of names, and leaving the others out never loses a hit.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np

from esclusa.analysis.screening.index import Floats, Index, kind_bit, whole
from esclusa.analysis.screening.lookup import Lookup, Lookups
from esclusa.analysis.screening.settings import NameWeights
from esclusa.analysis.screening.vocabulary import Ints

_SLACK = 1e-4
"""The bound is computed in 32 bits, the score in 64; rounding must not lose a hit."""


class Asked(msgspec.Struct, frozen=True):
    """A query's words with their look-ups.

    ``joined[i]`` is of words i and i + 1 written as one; ``weight`` is that of all words,
    ``initials`` that of single letters; ``whole`` is how all words sound without blanks.
    """

    words: tuple[Lookup, ...]
    joined: tuple[Lookup | None, ...]
    weight: float
    initials: float
    whole: str


def look_up(tokens: tuple[str, ...], lookups: Lookups) -> Asked:
    """Return the look-ups of a query's words."""
    found = tuple(map(lookups.word, tokens))
    joined = tuple(lookups.joined(left, right) for left, right in pairwise(tokens))
    weight, initials = 0.0, 0.0
    for word in found:
        weight += word.weight
        initials += word.weight if len(word.token) == 1 else 0.0
    return Asked(found, joined, weight, initials, whole(tokens))


def candidates(index: Index, asked: Asked, kind: str, least: float) -> list[int]:
    """Return the names that may agree with the query to a share of ``least``, ascending.

    :param least: share from 0 to 1 of the full points of a name.
    """
    same = np.array(index.names_sounding(asked.whole), dtype=np.int32)
    return sorted({*_promising(index, asked, kind, least), *_of_kind(index, same, kind)})


def _promising(index: Index, asked: Asked, kind: str, least: float) -> list[int]:
    searched = [look for look in (*asked.words, *asked.joined) if look is not None and look.best]
    if not searched or _hopeless(asked, index.weights.name, least):
        return []
    gained = np.zeros(len(index.names), dtype=np.float32)
    for look in searched:
        gained[look.names] += look.gains
    touched = np.concatenate([look.names for look in searched])
    bound = _bound(index, asked, gained[touched], touched)
    promising: Ints = touched[bound >= (least - _SLACK) / index.name_factors[touched]]
    return _of_kind(index, promising, kind)


def _hopeless(asked: Asked, weights: NameWeights, least: float) -> bool:
    """The words that no list knows already weigh too much."""
    if any(look is not None for look in asked.joined):
        return False
    known = [word.best for word in asked.words if word.best]
    most = sum(known) + asked.initials
    lost = sum(word.weight for word in asked.words if not word.best and len(word.token) > 1)
    if len(known) == 1 and len(asked.words) > 1 and not asked.initials:
        least /= weights.single
    return 2 * most < (least - _SLACK) * (2 * most + _cheapest(weights) * lost)


def _bound(index: Index, asked: Asked, gained: Floats, names: Ints) -> Floats:
    matched = 2 * (gained + index.initial_weights[names] + asked.initials)
    missing = np.maximum(asked.weight + index.name_weights[names] - matched, 0)
    return np.asarray(matched / (matched + _cheapest(index.weights.name) * missing))


def _cheapest(weights: NameWeights) -> float:
    return min(weights.conflict, weights.extra_query, weights.extra_entry)


def _of_kind(index: Index, names: Ints, kind: str) -> list[int]:
    if kind == "any" or not len(names):
        return [int(name) for name in names]
    bits = kind_bit("") | kind_bit(kind)
    return [int(name) for name in names[(index.kinds[names] & bits) > 0]]
