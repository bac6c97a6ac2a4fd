"""Chance, divided: each purpose has a stream of its own, so that one does not shift another.

A stream is named by the seed and words such as ``("ordinary", "mass", 12)``. Numbers that belong
to a thing rather than to a row (is this box's exam wrong?) come from a hash of the thing's number,
so that neither order nor number of questions changes an answer.
"""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_FRACTION: Final = 2.0**-53


class Streams:
    """The streams of one world."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def rng(self, *words: str | int) -> np.random.Generator:
        """Return the generator of a purpose, at its start."""
        keys = (self.seed, *(_number(word) for word in words))
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(keys)))

    def key(self, *words: str | int) -> int:
        """Return 63 bits that belong to a purpose, for the functions below."""
        return int(self.rng("key", *words).integers(0, 2**63))


def _number(word: str | int) -> int:
    return word if isinstance(word, int) else crc32(word.encode())


def hashed(numbers: npt.NDArray[Any], key: int) -> Words:
    """Return 64 well mixed bits for each number (the finaliser of SplitMix64, Steele 2014)."""
    mixed = numbers.astype(np.uint64) * _GOLDEN + np.uint64(key)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    found: Words = mixed ^ (mixed >> np.uint64(31))
    return found


def uniform(numbers: npt.NDArray[Any], key: int) -> Reals:
    """Return a number in [0, 1) for each number, the same each time it is asked."""
    found: Reals = (hashed(numbers, key) >> np.uint64(11)).astype(np.float64) * _FRACTION
    return found


def below(numbers: npt.NDArray[Any], key: int, most: int) -> Numbers:
    """Return an integer in [0, ``most``) for each number, the same each time it is asked."""
    found: Numbers = (uniform(numbers, key) * most).astype(np.int64)
    return found


def shuffled(numbers: npt.NDArray[Any], key: int, bits: int) -> Numbers:
    """Map the numbers below 2**``bits`` one to one onto themselves, without visible order.

    Each step can be undone: an odd factor, a sum, and a shift to the right under exclusive or.
    """
    mask = np.uint64(2**bits - 1)
    half = np.uint64((bits + 1) // 2)
    mixed = numbers.astype(np.uint64)
    for turn in range(3):
        word = np.uint64(hashed(np.array([turn]), key)[0])
        mixed = (mixed * (word | np.uint64(1)) + (word >> np.uint64(7))) & mask
        mixed ^= mixed >> half
    return mixed.astype(np.int64)
