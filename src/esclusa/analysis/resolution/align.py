"""Which word stands for which, for many pairs of phrases at once.

The pair of words that tells most is taken first, then the next among those left (greedy, ties by
position), as in the screening room. Pairs of one shape, say three words and two, are one array.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.resolution.wordtable import Floats, Ints, Small, WordTable
from esclusa.analysis.screening.sound import fold, fold_joined

_CELLS: Final = 3_000_000
"""Pairs of words in one array: about 200 MB while it is worked on."""


class Phrases(msgspec.Struct, frozen=True):
    """Phrases as word numbers, one after the other; ``whole`` is a hash, equal for phrases that
    sound the same without blanks."""

    start: Small
    length: Small
    words: Small
    whole: Ints


class Aligned(msgspec.Struct, frozen=True):
    """Bits that agree, and bits left over on either side, per pair."""

    agree: Floats
    left: Floats
    right: Floats


class PhraseMaker:
    """Takes phrases one by one, each cut to its ``most`` rarest words, order kept."""

    def __init__(self, table: WordTable, most: int) -> None:
        self._table, self._most = table, most
        self._length, self._words, self._whole = array("i"), array("i"), array("q")

    def add(self, text: tuple[str, ...]) -> None:
        """Take one more phrase."""
        if len(text) > self._most:
            text = self._rarest(text)
        self._length.append(len(text))
        self._words.extend(map(self._table.number, text))
        heard = fold(text[0]) if len(text) == 1 else fold_joined(text) if text else ""
        self._whole.append(hash(heard))

    def _rarest(self, text: tuple[str, ...]) -> tuple[str, ...]:
        table = self._table
        order = sorted(range(len(text)), key=lambda at: (-table.bits(text[at]), at))
        return tuple(text[at] for at in sorted(order[: self._most]))

    def made(self) -> Phrases:
        """Return all phrases taken."""
        length, words = (np.array(one, dtype=np.int32) for one in (self._length, self._words))
        whole = np.array(self._whole, dtype=np.int64)
        return Phrases((np.cumsum(length) - length).astype(np.int32), length, words, whole)


def align(table: WordTable, phrases: Phrases, a: Ints, b: Ints, floor: float) -> Aligned:
    """Compare phrase ``a[n]`` with phrase ``b[n]`` for all n; ``floor`` is the likeness that tells
    nothing."""
    found = Aligned(*(np.zeros(a.size) for _ in range(3)))
    for rows, ours, theirs in shapes(phrases, a, b):
        gain, _how = gains(table, ours, theirs, floor)
        step = list(steps(gain))
        found.agree[rows] = sum((one[2] for one in step), np.zeros(rows.size))
        found.left[rows] = _lost(table.bits_of(ours), step, 0)
        found.right[rows] = _lost(table.bits_of(theirs), step, 1)
    same = np.flatnonzero((phrases.whole[a] == phrases.whole[b]) & (a != b))
    for n in same[(found.left[same] > 0) & (found.right[same] > 0)].tolist():
        found.agree[n] += min(found.left[n], found.right[n])
        found.left[n] = found.right[n] = 0.0
    return found


def shapes(phrases: Phrases, a: Ints, b: Ints) -> Iterator[tuple[Ints, Small, Small]]:
    """Yield pairs of phrases of one shape: which they are, the words of ours, those of theirs.
    Pairs with an empty side are left out."""
    shape = (phrases.length[a] << 8 | phrases.length[b]).astype(np.int16)
    order = np.argsort(shape, kind="stable")
    edges = np.flatnonzero(np.diff(shape[order])) + 1
    for same in np.split(order, edges):
        if same.size == 0:
            continue
        ours, theirs = int(phrases.length[a[same[0]]]), int(phrases.length[b[same[0]]])
        if ours and theirs:
            each = max(1, _CELLS // (ours * theirs))
            for at in range(0, same.size, each):
                rows = same[at : at + each]
                yield rows, _words(phrases, a[rows], ours), _words(phrases, b[rows], theirs)


def _words(phrases: Phrases, which: Ints, length: int) -> Small:
    found: Small = phrases.words[phrases.start[which][:, None] + np.arange(length)]
    return found


def gains_at_most(table: WordTable, ours: Small, theirs: Small) -> Floats:
    """Return what :func:`gains` can be at most, without asking for any likeness."""
    left, right, shape = _cells(ours, theirs)
    bits = np.minimum(table.bits_of(left), table.bits_of(right))
    found: Floats = np.where(table.may_be_alike(left, right), bits, 0.0).reshape(shape)
    return found


def _cells(ours: Small, theirs: Small) -> tuple[Small, Small, tuple[int, int, int]]:
    """Each word of ours beside each of theirs."""
    shape = (ours.shape[0], ours.shape[1], theirs.shape[1])
    left = np.broadcast_to(ours[:, :, None], shape).ravel()
    return left, np.broadcast_to(theirs[:, None, :], shape).ravel(), shape


def gains(table: WordTable, ours: Small, theirs: Small, floor: float) -> tuple[Floats, Floats]:
    """Return, for each word of ours against each of theirs, what their agreement tells in bits and
    their likeness; the less telling of the two words counts."""
    left, right, shape = _cells(ours, theirs)
    like = table.alike(left, right)
    bits = np.minimum(table.bits_of(left), table.bits_of(right))
    gain = np.maximum(like - floor, 0.0) / (1.0 - floor) * bits
    return gain.reshape(shape), like.reshape(shape)


def steps(gain: Floats) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Take the best pair of words of each row again and again: (word of ours, of theirs, bits);
    bits are 0 in rows where no pair is left. Uses ``gain`` up."""
    rows = np.arange(gain.shape[0])
    for _ in range(min(gain.shape[1:])):
        best = gain.reshape(rows.size, -1).argmax(axis=1)
        left, right = np.divmod(best, gain.shape[2])
        bits = gain[rows, left, right].copy()
        if not bits.any():
            return
        taken = rows[bits > 0]
        gain[taken, left[taken], :] = 0.0
        gain[taken, :, right[taken]] = 0.0
        yield left, right, bits


def _lost(bits: Floats, step: list[tuple[Ints, Ints, Floats]], side: int) -> Floats:
    free: npt.NDArray[np.bool_] = np.ones(bits.shape, dtype=bool)
    rows = np.arange(bits.shape[0])
    for one in step:
        taken = rows[one[2] > 0]
        free[taken, one[side][taken]] = False
    lost: Floats = np.where(free, bits, 0.0).sum(axis=1)
    return lost
