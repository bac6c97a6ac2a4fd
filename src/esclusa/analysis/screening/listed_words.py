"""What bounds need to know of each listed word alone."""

from __future__ import annotations

from typing import Final

import numpy as np

from esclusa.analysis.screening.columns import Bools, Ints, Longs, hashed
from esclusa.analysis.screening.index import Floats, Index, glued
from esclusa.analysis.screening.questions import LETTERS, Letters, letter_bit


class ListedWords:
    """What is known of each listed word and name alone; made once for an index.

    ``bits`` are those of :func:`~.questions.letter_bit`. ``met`` are the single letters of a query
    that may stand for a word, ``odd`` those that may stand for a longer word or for two words of a
    name in another way than as their first letter: such names are always compared. ``near`` are all
    of these letters of a whole name, ``unlike`` those of ``odd`` alone, ``letters`` its own single
    letters, and ``heaviest`` is the weight of its word that tells most.
    """

    def __init__(self, index: Index) -> None:
        tokens = index.columns.tokens
        self.index: Final = index
        self.bits: Final[Letters] = np.array([letter_bit(token) for token in tokens], np.uint64)
        self.met: Final[Letters] = np.where(index.single, np.uint64(0), self.bits)
        odd = np.zeros(len(tokens), dtype=np.uint64)
        self._joining: Final[dict[int, Ints]] = {}
        for letter in LETTERS:
            bit = np.uint64(letter_bit(letter))
            meant = np.array([word for word, *_ in index.vocabulary.variants(letter)], np.int64)
            self.met[meant] |= bit
            odd[meant[~index.single[meant]]] |= bit
            joining = np.unique(index.names_joining(glued(letter, "")))
            if len(joining):
                self._joining[int(bit)] = joining
        self.odd: Final[Letters] = odd
        unlike = _of_names(index, odd)
        for single, names in self._joining.items():
            unlike[names] |= np.uint64(single)
        self.unlike: Final[Letters] = unlike
        self.near: Final[Letters] = _of_names(index, self.met) | unlike
        self.heaviest: Final[Floats] = _heaviest(index)
        self.letters: Final[Letters] = _of_names(
            index, np.where(index.single, self.bits, np.uint64(0))
        )
        self._heard: Final[dict[int, int]] = {}

    def heard(self, left: Ints, right: Ints) -> Longs:
        """Return the key of what two words sound like together, -1 where they are never joined."""
        tokens = self.index.columns.tokens
        codes = left.astype(np.int64) * len(tokens) + right
        distinct, which = np.unique(codes, return_inverse=True)
        found = []
        for code in distinct.tolist():
            key = self._heard.get(code)
            if key is None:
                sound = glued(tokens[code // len(tokens)], tokens[code % len(tokens)])
                key = self._heard[code] = hashed(sound) if sound else -1
            found.append(key)
        return np.array(found, dtype=np.int64)[which]

    def joining(self, letters: Letters, name: Ints) -> Bools:
        """Answer whether two neighbouring words of a name sound like one of the letters."""
        found = np.zeros(len(name), dtype=np.bool_)
        for bit, names in self._joining.items():
            asked = np.flatnonzero(letters & np.uint64(bit))
            found[asked] |= np.isin(name[asked], names)
        return found


def _heaviest(index: Index) -> Floats:
    columns = index.columns
    if not len(columns.words):
        return np.zeros(0, dtype=np.float32)
    words = index.listed_weights[columns.words]
    return np.asarray(np.maximum.reduceat(words, columns.first_word[:-1]), dtype=np.float32)


def _of_names(index: Index, letters: Letters) -> Letters:
    """Return the letters of all words of each name."""
    columns = index.columns
    if not len(columns.words):
        return np.zeros(0, dtype=np.uint64)
    found: Letters = np.bitwise_or.reduceat(letters[columns.words], columns.first_word[:-1])
    return found
