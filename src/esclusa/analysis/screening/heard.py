"""How words sound when written as one, for many at once: the keys of :func:`~.listed.glued` and
:func:`~.listed.whole`, from those of each word.

The key of a text is its CRC-32, and that of two texts in a row follows from both of theirs: the
first one's key as it is behind so many zero bytes as the second is long, by exclusive or with the
second one's (zlib's ``crc32_combine``). So each different word is read once, however many names
have it. Where the sounds of a word change beside its neighbour, the words are read anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening.columns import Bools, Hashes, Ints, Longs, hashed
from esclusa.analysis.screening.listed import GLUE_CHARS, WHOLE_CHARS, glued, whole
from esclusa.analysis.screening.sound import crossing, sounds

_A: Final = ord("A")
_LETTERS: Final = 26
_SILENT: Final = ord("H") - _A
"""The sound that a name loses at its end."""
_BYTES: Final = 4
_LONGEST: Final = 80
"""Sounds of most words at most: a word has 40 letters, and X is two sounds."""

Codes = npt.NDArray[np.uint8]


class Heard:
    """The sounds of different words, and the keys of what they make together.

    ``there`` marks the words that are letters alone: no other is ever written as one with its
    neighbour. ``sounding`` marks those of them that have a sound.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        """:param tokens: different words, each of upper-case ASCII letters, or of other signs."""
        self._tokens: Final = tokens
        heard = [sounds(token) if token.isalpha() else "" for token in tokens]
        self._there: Final = _marks(tokens, str.isalpha)
        self._sounding: Final = _marks(heard, bool)
        self._letters: Final = np.array([len(token) for token in tokens], dtype=np.int64)
        self._first, self._last = _code(tokens, 0), _code(tokens, -1)
        self._first_sound, self._last_sound = _code(heard, 0), _code(heard, -1)
        self._size: Final = np.array([len(each) for each in heard], dtype=np.int64)
        self._key: Final[Hashes] = np.array([hashed(each) for each in heard], dtype=np.uint32)
        self._rest: Final[Hashes] = np.array([hashed(each[1:]) for each in heard], dtype=np.uint32)

    def glued(self, left: Ints, right: Ints) -> tuple[Hashes, Bools]:
        """Return the key of each two words written as one, and whether they may be: the key counts
        where they may.

        :param left: numbers of the first words.
        :param right: numbers of the second words.
        """
        may = self._there[left] & self._there[right]
        may &= self._letters[left] + self._letters[right] <= GLUE_CHARS
        plain = may & self._meet(left, right) & (self._last_sound[right] != _SILENT)
        keys = self._behind(self._key[left], left, right)
        for place in np.flatnonzero(may & ~plain).tolist():
            sound = glued(self._tokens[left[place]], self._tokens[right[place]])
            keys[place] = hashed(sound)
            may[place] = bool(sound)
        return keys, may

    def whole(self, words: Ints, starts: Longs, counts: Longs) -> tuple[Hashes, Bools]:
        """Return the key of all words of each name written as one, and whether it has one.

        :param words: the words of the names, those of a name in a row.
        :param starts: where those of each name start.
        :param counts: how many each name has.
        """
        letters = _summed(self._letters[words], starts, counts)
        may = (letters > 1) & (letters <= WHOLE_CHARS)
        may &= _summed(~self._there[words], starts, counts) == 0
        some = np.flatnonzero(may)
        before, plain = words[starts[some]], np.ones(len(some), dtype=np.bool_)
        keys = np.zeros(len(counts), dtype=np.uint32)
        keys[some] = self._key[before]
        plain &= self._sounding[before]
        for place in range(1, int(counts.max(initial=0))):
            here = np.flatnonzero(counts[some] > place)
            names, left = some[here], before[here]
            right = words[starts[names] + place]
            plain[here] &= self._meet(left, right)
            keys[names] = self._behind(keys[names], left, right)
            before[here] = right
        plain &= self._last_sound[before] != _SILENT
        for name in some[~plain].tolist():
            start = starts.item(name)
            said = words[start : start + counts.item(name)].tolist()
            sound = whole([self._tokens[word] for word in said])
            keys[name] = hashed(sound)
            may[name] = bool(sound)
        return keys, may

    def _meet(self, left: Ints, right: Ints) -> Bools:
        """Answer whether two words sound side by side as each does alone."""
        apart = ~_crossing()[self._last[left], self._first[right]]
        return np.asarray(apart & self._sounding[left] & self._sounding[right])

    def _behind(self, keys: Hashes, left: Ints, right: Ints) -> Hashes:
        """Return the keys of texts that end with ``left``, with ``right`` behind them; a sound that
        both have where they meet is one."""
        same = self._last_sound[left] == self._first_sound[right]
        more = np.where(same, self._rest[right], self._key[right])
        moved: Hashes = _shifted(keys, self._size[right] - same) ^ more
        return moved


def _marks(texts: Sequence[str], told: Callable[[str], bool]) -> Bools:
    return np.array([told(text) for text in texts], dtype=np.bool_)


def _code(texts: Sequence[str], place: int) -> Codes:
    """Return the number of a letter of each text, 0 where there is none; what is asked of words
    that are not letters alone is thrown away."""
    codes = (ord(text[place]) - _A if text else 0 for text in texts)
    return np.array([code if 0 <= code < _LETTERS else 0 for code in codes], dtype=np.uint8)


def _summed(values: npt.NDArray[Any], starts: Longs, counts: Longs) -> Longs:
    """Return the sum of each group of neighbours; groups may be empty."""
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return np.asarray(sums[starts + counts] - sums[starts], dtype=np.int64)


def _shifted(keys: Hashes, sizes: Longs) -> Hashes:
    """Return each key as it is behind so many zero bytes."""
    table = _zeros(max(int(sizes.max(initial=0)), _LONGEST))
    found = np.zeros(len(keys), dtype=np.uint32)
    for byte in range(_BYTES):
        found ^= table[sizes, byte, (keys >> np.uint32(8 * byte)) & np.uint32(0xFF)]
    return found


@cache
def _zeros(most: int) -> npt.NDArray[np.uint32]:
    """Return size → byte of a key → its value → what it becomes behind so many zero bytes."""
    one = np.array([crc32(b"\0", value) ^ crc32(b"\0") for value in range(256)], dtype=np.uint32)
    values = np.arange(256, dtype=np.uint32)
    table = [np.stack([values << np.uint32(8 * byte) for byte in range(_BYTES)])]
    for _ in range(most):
        table.append((table[-1] >> np.uint32(8)) ^ one[table[-1] & np.uint32(0xFF)])
    return np.stack(table)


@cache
def _crossing() -> Bools:
    """Return whether two letters may be of one spelling, see :func:`~.sound.crossing`."""
    found = np.zeros((_LETTERS, _LETTERS), dtype=np.bool_)
    for pair in crossing():
        found[ord(pair[0]) - _A, ord(pair[1]) - _A] = True
    return found
