"""Which long words begin like a word and differ from it by two letters at most.

Words stand in rows by first letter and length. Two slips change the set of letters that a word has
by four letters at most, so a set of 26 bits leaves few words to compare letter by letter; no word
is lost by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from esclusa.analysis.screening.columns import Ints
from esclusa.analysis.screening.likeness import SLIPS, SLIPS_LENGTH

_LONGEST: Final = 64
_LETTERS: Final = 26
_FIRST: Final = ord("A")


class Slips:
    """The long words of a vocabulary; made once, never changed."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens: Final = tokens
        numbers = [
            number
            for number, token in enumerate(tokens)
            if len(token) >= SLIPS_LENGTH and token.isalpha()
        ]
        sets = np.array([_letters(tokens[number]) for number in numbers], dtype=np.uint32)
        rows = np.array(
            [_row(tokens[number][0], len(tokens[number])) for number in numbers], np.int32
        )
        order = np.argsort(rows, kind="stable")
        self._numbers: Final[Ints] = np.array(numbers, dtype=np.int32)[order]
        self._sets: Final = sets[order]
        every = np.arange(_LETTERS * _LONGEST + 1)
        self._starts: Final = np.searchsorted(rows[order], every).tolist()

    def of(self, token: str) -> list[int]:
        """Return the numbers of the words that differ from a long word by two letters at most."""
        if len(token) < SLIPS_LENGTH or not token.isalpha():
            return []
        shortest, longest = max(len(token) - SLIPS, SLIPS_LENGTH), len(token) + SLIPS
        start = self._starts[_row(token[0], shortest)]
        end = self._starts[_row(token[0], longest) + 1]
        other = np.bitwise_count(self._sets[start:end] ^ np.uint32(_letters(token)))
        numbers = self._numbers[start:end][other <= 2 * SLIPS].tolist()
        words = [self._tokens[number] for number in numbers]
        near = process.extract(token, words, scorer=OSA.distance, score_cutoff=SLIPS, limit=None)
        return [numbers[place] for _, _, place in near]


def _row(first: str, length: int) -> int:
    return (ord(first) - _FIRST) * _LONGEST + min(length, _LONGEST - 1)


def _letters(token: str) -> int:
    found = 0
    for letter in token:
        found |= 1 << (ord(letter) - _FIRST)
    return found
