"""The most points that a pair can have, from what is cheap to know: most pairs need no more.

Two bounds, both never below the points of the pair:

1. attributes are compared first; names agree in no more bits than the shorter of them has;
2. a word agrees with words of the other side only if it may be alike any of them at all (equal,
   enough of the same sounds, an initial); a word that may not is left over.

So the likeness of words, which costs most, is asked only where the answer can matter.
"""

from __future__ import annotations

import numpy as np

from esclusa.analysis.resolution.align import Phrases, gains_at_most, shapes
from esclusa.analysis.resolution.attributes import Codes
from esclusa.analysis.resolution.compare import Columns, NamePairs
from esclusa.analysis.resolution.settings import Settings
from esclusa.analysis.resolution.wordtable import Floats, Ints, WordTable


def most_by_length(
    columns: Columns, settings: Settings, a: Ints, b: Ints, section: Codes
) -> Floats:
    """Return the most points that the names of each pair can give (the first bound)."""
    bits = np.minimum(columns.reach[a], columns.reach[b])
    weights = np.maximum(settings.name_weights(), 0.0)[np.maximum(section, 0)]
    # Words left over add points only under settings that would be odd; then nothing is left out.
    loose = np.maximum(columns.reach[a], columns.reach[b])
    found: Floats = weights[:, 0] * bits + (weights[:, 1] + weights[:, 2]) * loose
    return found


def most_by_words(
    columns: Columns, table: WordTable, settings: Settings, names: NamePairs, section: Codes
) -> Floats:
    """Return the most points that each pair of names can give (the second bound)."""
    agree, ours, theirs = _most_bits(columns.names, table, names)
    less, more = np.minimum(ours, theirs), np.maximum(ours, theirs)
    weights = settings.name_weights()[np.maximum(section[names.pair], 0)]
    one_side = np.minimum(weights[:, 2], 0.0)
    both_sides = np.minimum(weights[:, 1] - weights[:, 2], 0.0)
    found: Floats = weights[:, 0] * agree + one_side * more + both_sides * less
    odd = (weights[:, 1:] > 0).any(axis=1)
    whole = columns.names.whole
    return np.where(odd | (whole[names.left] == whole[names.right]), np.inf, found)


def _most_bits(
    phrases: Phrases, table: WordTable, names: NamePairs
) -> tuple[Floats, Floats, Floats]:
    """Bits that agree at most, and bits that are left over at least on either side."""
    agree, left, right = (np.zeros(names.pair.size) for _ in range(3))
    for rows, ours, theirs in shapes(phrases, names.left, names.right):
        gain = gains_at_most(table, ours, theirs)
        best_left, best_right = gain.max(axis=2), gain.max(axis=1)
        agree[rows] = np.minimum(best_left.sum(axis=1), best_right.sum(axis=1))
        left[rows] = np.where(best_left > 0, 0.0, table.bits_of(ours)).sum(axis=1)
        right[rows] = np.where(best_right > 0, 0.0, table.bits_of(theirs)).sum(axis=1)
    return agree, left, right
