"""Which listed names can reach the threshold at all.

Each word of the query adds what it can add at most to the names that hold a word it may mean.
A name stays when the share it could reach, every remaining doubt decided in its favour, is enough.
So the full comparison sees a handful of names, and leaving the others out never loses a hit.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening.index import Floats, Index, kind_bit, whole
from esclusa.analysis.screening.lookup import Lookup, Lookups
from esclusa.analysis.screening.settings import NameWeights
from esclusa.analysis.screening.vocabulary import Ints

_SLACK = 1e-4
"""The bound is computed in 32 bits, the score in 64; rounding must not lose a hit."""


class Asked(msgspec.Struct, frozen=True):
    """A query's words with their look-ups.

    ``joined[i]`` is of words i and i + 1 written as one; ``whole`` is how all of them sound without
    blanks.
    """

    words: tuple[Lookup, ...]
    joined: tuple[Lookup | None, ...]
    weight: float
    whole: str


def look_up(tokens: tuple[str, ...], lookups: Lookups) -> Asked:
    """Return the look-ups of a query's words."""
    found = tuple(map(lookups.word, tokens))
    joined = tuple(lookups.joined(left, right) for left, right in pairwise(tokens))
    return Asked(found, joined, sum(word.weight for word in found), whole(tokens))


def candidates(index: Index, asked: Asked, kind: str, least: float) -> list[int]:
    """Return the names that may agree with the query to a share of ``least``, ascending.

    :param least: share from 0 to 1 of the full points of a name.
    """
    same = index.names_sounding(asked.whole)
    return sorted({*_promising(index, asked, kind, least), *_kept(index, same, kind)})


def _promising(index: Index, asked: Asked, kind: str, least: float) -> list[int]:
    searched = [look for look in (*asked.words, *asked.joined) if look is not None and look.best]
    if not searched or _hopeless(asked, index.weights.name, least):
        return []
    gained = np.zeros(len(index.names), dtype=np.float32)
    for look in searched:
        gained[look.names] += look.gains
    touched = np.unique(np.concatenate([look.names for look in searched]))
    touched = touched[_of_kind(index, touched, kind)]
    bound = _bound(index, asked, gained[touched], touched)
    return [int(number) for number in touched[bound >= least - _SLACK]]


def _hopeless(asked: Asked, weights: NameWeights, least: float) -> bool:
    """The words that no list knows already weigh too much."""
    spans = [look for look in asked.joined if look is not None]
    if spans:
        return False
    most = sum(word.best for word in asked.words) + _initials(asked, weights)
    lost = sum(word.weight for word in asked.words if not word.best and len(word.token) > 1)
    if len(asked.words) > 1 and sum(1 for word in asked.words if word.best) == 1:
        least /= weights.single if not _initials(asked, weights) else 1.0
    return 2 * most < (least - _SLACK) * (2 * most + _cheapest(weights) * lost)


def _bound(index: Index, asked: Asked, gained: Floats, names: Ints) -> Floats:
    weights = index.weights.name
    initials = _initials(asked, weights) + index.initial_weights[names]
    matched = 2 * (gained + initials)
    missing = np.maximum(asked.weight + index.name_weights[names] - matched, 0)
    return np.asarray(matched / (matched + _cheapest(weights) * missing), dtype=np.float32)


def _initials(asked: Asked, weights: NameWeights) -> float:
    return weights.initial_weight * sum(1 for word in asked.words if len(word.token) == 1)


def _cheapest(weights: NameWeights) -> float:
    return min(weights.conflict, weights.extra_query, weights.extra_entry)


def _kept(index: Index, names: tuple[int, ...], kind: str) -> list[int]:
    if not names:
        return []
    numbers = np.array(names, dtype=np.int32)
    return [int(number) for number in numbers[_of_kind(index, numbers, kind)]]


def _of_kind(index: Index, names: Ints, kind: str) -> npt.NDArray[np.bool_]:
    bits = kind_bit("") | kind_bit(kind) if kind != "any" else 0xFF
    return np.asarray((index.kinds[names] & bits) > 0)
