"""Which word stands for which, for many pairs of phrases at once.

The pair of words that tells most is taken first, then the next among those left (greedy, ties by
position), as in the screening room. Pairs of one shape, say three words and two, are one array.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.resolution.wordtable import Floats, Ints, WordTable
from esclusa.analysis.screening.sound import fold

_CELLS: Final = 3_000_000
"""Pairs of words in one array: about 200 MB while it is worked on."""


class Phrases(msgspec.Struct, frozen=True):
    """Phrases as word numbers, one after the other; ``whole`` is equal for phrases that sound the
    same without blanks, -1 for phrases of one word."""

    start: Ints
    length: Ints
    words: Ints
    whole: Ints


class Aligned(msgspec.Struct, frozen=True):
    """Bits that agree, and bits left over on either side, per pair."""

    agree: Floats
    left: Floats
    right: Floats


def make_phrases(texts: Sequence[tuple[str, ...]], table: WordTable, most: int) -> Phrases:
    """Return phrases of word tuples, each cut to its ``most`` rarest words, order kept."""
    cut = [text if len(text) <= most else _rarest(text, table, most) for text in texts]
    lengths = np.array([len(text) for text in cut], dtype=np.int64)
    words = np.array([table.number(token) for text in cut for token in text], dtype=np.int64)
    known: dict[str, int] = {}
    whole = [_whole(text, known) for text in cut]
    return Phrases(np.cumsum(lengths) - lengths, lengths, words, np.array(whole, dtype=np.int64))


def _rarest(text: tuple[str, ...], table: WordTable, most: int) -> tuple[str, ...]:
    order = sorted(range(len(text)), key=lambda at: (-table.bits(text[at]), at))
    return tuple(text[at] for at in sorted(order[:most]))


def _whole(text: tuple[str, ...], known: dict[str, int]) -> int:
    return known.setdefault(fold("".join(text)), len(known)) if text else -1


def align(table: WordTable, phrases: Phrases, a: Ints, b: Ints, floor: float) -> Aligned:
    """Compare phrase ``a[n]`` with phrase ``b[n]`` for all n; ``floor`` is the likeness that tells
    nothing."""
    found = Aligned(*(np.zeros(a.size) for _ in range(3)))
    for rows, ours, theirs in _shapes(phrases, a, b):
        gain, _how = gains(table, ours, theirs, floor)
        step = list(steps(gain))
        bits = table.facts()[0]
        found.agree[rows] = sum((one[2] for one in step), np.zeros(rows.size))
        found.left[rows] = _lost(bits[ours], step, 0)
        found.right[rows] = _lost(bits[theirs], step, 1)
    same = np.flatnonzero((phrases.whole[a] == phrases.whole[b]) & (a != b))
    for n in same[(found.left[same] > 0) & (found.right[same] > 0)].tolist():
        found.agree[n] += min(found.left[n], found.right[n])
        found.left[n] = found.right[n] = 0.0
    return found


def _shapes(phrases: Phrases, a: Ints, b: Ints) -> Iterator[tuple[Ints, Ints, Ints]]:
    shape = phrases.length[a] << 8 | phrases.length[b]
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


def _words(phrases: Phrases, which: Ints, length: int) -> Ints:
    found: Ints = phrases.words[phrases.start[which][:, None] + np.arange(length)]
    return found


def gains(table: WordTable, ours: Ints, theirs: Ints, floor: float) -> tuple[Floats, Floats]:
    """Return, for each word of ours against each of theirs, what their agreement tells in bits and
    their likeness; the less telling of the two words counts."""
    shape = (ours.shape[0], ours.shape[1], theirs.shape[1])
    left = np.broadcast_to(ours[:, :, None], shape).ravel()
    right = np.broadcast_to(theirs[:, None, :], shape).ravel()
    like = table.alike(left, right)
    bits = table.facts()[0]
    gain = np.maximum(like - floor, 0.0) / (1.0 - floor) * np.minimum(bits[left], bits[right])
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
