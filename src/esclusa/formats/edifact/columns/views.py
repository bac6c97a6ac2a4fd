"""Texts of tables as arrays: sixteen bytes for each value, as Arrow lays texts out in views.

A view is the length of a text and its bytes when it has at most twelve, else its length, its first
four bytes and where it stands: in the text of the file, or in a :class:`Pool` of texts that were
made. numpy takes, chooses and joins views as it does numbers, so that a column of text costs no
call of polars until the whole table is handed over. What is the same view is the same text; long
texts may be the same and have different views.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats import arrow
from esclusa.formats.edifact.columns import compiled, loops
from esclusa.formats.edifact.columns.run import PAD, Run, Whole
from esclusa.formats.edifact.columns.spans import MASKS, Spans, narrow, stripped, texts

Texts = npt.NDArray[np.complex128]
"""Views. numpy has no other number of sixteen bytes; nothing is ever reckoned with them."""

NOTHING: Final = np.zeros(1, np.complex128)
"""The view of an empty text."""

INLINE: Final = 12
_LOW: Final = np.uint64(0xFFFFFFFF)
_UPPER: Final = np.uint64(32)


class Pool:
    """Texts that do not stand in the file as they are, and the file's text beside them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.chunks: list[Any] = []
        self.size = 0

    def close(self) -> None:
        """Hold no more of the run than its text, to which views point: nothing more is added."""
        none = np.zeros(0, np.int32)
        self.run = Run(self.run.text, self.run.marks, *(none,) * 5, fast=self.run.fast)

    def words(self, words: Sequence[str]) -> Texts:
        """Views of these texts."""
        parts = [each.encode() for each in words]
        ends = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([*map(len, parts)], out=ends[1:])
        return self.laid(np.frombuffer(b"".join([*parts, bytes(PAD)]), np.uint8), ends)

    def laid(self, data: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64]) -> Texts:
        """Views of texts that stand behind one another, with eight bytes behind the last."""
        found = _viewed(_eights(data), ends[:-1], ends[1:], 1, self.size)
        self.keep(data)
        return found

    def keep(self, data: npt.NDArray[np.uint8]) -> None:
        """Keep bytes to which views point from :attr:`size` on."""
        self.chunks.append(data)
        self.size += len(data)

    def array(self) -> npt.NDArray[np.uint8]:
        """All bytes of the pool, padded."""
        return np.concatenate([*self.chunks, np.zeros(PAD, np.uint8)])

    def strings(self, found: Texts) -> list[str]:
        """Each text, in Python."""
        sources = (self.run.text.data, self.array().data)
        raw = found.tobytes()
        told = []
        for at, (low, high) in enumerate(found.view(np.uint64).reshape(-1, 2).tolist()):
            size, begin = low & 0xFFFFFFFF, high >> 32
            if size <= INLINE:
                told.append(raw[16 * at + 4 : 16 * at + 4 + size].decode())
            else:
                told.append(str(sources[high & 1][begin : begin + size], "utf-8"))
        return told


def _eights(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Eight bytes at each position, little end first; a view, no copy."""
    return np.ndarray((len(data) - PAD + 1,), np.dtype("<u8"), data.data, strides=(1,))


def _viewed(
    words: npt.NDArray[np.uint64], begin: Whole, end: Whole, block: int, base: int
) -> Texts:
    """Views of spans. :param block: 0 for the file's text, 1 for the pool, from ``base`` on."""
    size = end - begin
    pairs = np.empty((len(size), 2), np.uint64)
    pairs[:, 0] = (words[begin] & MASKS[np.minimum(size, 4)]) << _UPPER
    pairs[:, 0] |= size.astype(np.uint64)
    behind = np.minimum(begin + 4, len(words) - 1)
    pairs[:, 1] = words[behind] & MASKS[np.clip(size - 4, 0, 8)]
    long = np.flatnonzero(size > INLINE)
    if len(long):
        place = begin[long].astype(np.uint64) + np.uint64(base)
        pairs[long, 1] = (place << _UPPER) | np.uint64(block)
    return pairs.view(np.complex128).ravel()


def of(pool: Pool, spans: Spans, *, resolve: bool = True, strip: bool = True) -> Texts:
    """The values of spans.

    :param resolve: take release characters out. :param strip: take blanks at their ends off.
    """
    run = pool.run
    found, odd = (_compiled if run.fast else _plain)(pool, spans, resolve, strip)
    if len(odd):
        made = texts(run, spans.at(odd), resolve=resolve)
        found[odd] = pool.words([each.strip() for each in made] if strip else made)
    return found


def _compiled(pool: Pool, spans: Spans, resolve: bool, strip: bool) -> tuple[Texts, Whole]:
    """The views, and numbers of those that are left to Python, since their blanks are."""
    run, count, release = pool.run, len(spans.begin), -1
    spare = np.zeros(0, np.uint8)
    if resolve and len(run.releases):
        release = ord(run.marks.release)
        spare = np.zeros(int((spans.end - spans.begin).sum()) + PAD, np.uint8)
    found, odd = np.empty(count, np.complex128), np.empty(count, np.intp)
    strange, used = compiled.compiled(loops.views)(
        run.text.array, run.words, MASKS, *narrow(spans), release, strip,
        found.view(np.uint64), spare, pool.size, odd,
    )  # fmt: skip
    if used:
        pool.keep(spare[: used + PAD])
    return found, odd[:strange]


def _plain(pool: Pool, spans: Spans, resolve: bool, strip: bool) -> tuple[Texts, Whole]:
    """The same by numpy: whatever holds a release character, or is not ASCII, is odd."""
    run = pool.run
    if strip:
        spans = stripped(run, spans)
    found = _viewed(run.words, spans.begin, spans.end, 0, 0)
    return found, np.flatnonzero(strange(run, spans, resolve=resolve, strip=strip))


def strange(run: Run, spans: Spans, *, resolve: bool, strip: bool) -> npt.NDArray[np.bool_]:
    """Which spans hold release characters that are to be taken out, or letters beyond ASCII, at
    which blanks beyond ASCII may stand."""
    odd = np.zeros(len(spans.begin), bool)
    if resolve and len(run.releases):
        odd |= _between(run.releases, spans)
    if strip and run.high is not None:
        odd |= _between(run.high, spans)
    return odd


def _between(places: Whole, spans: Spans) -> npt.NDArray[np.bool_]:
    """Whether one of these places stands in a span."""
    found: npt.NDArray[np.bool_] = np.searchsorted(places, spans.begin) != np.searchsorted(
        places, spans.end
    )
    return found


def said(found: Texts) -> npt.NDArray[np.bool_]:
    """Where a text is not empty."""
    there: npt.NDArray[np.bool_] = found.view(np.uint32)[::4] != 0
    return there


def either(one: Texts, other: Texts) -> Texts:
    """The first of two texts that is not empty."""
    return np.where(said(one), one, other)


def pick(found: Texts, at: Whole) -> Texts:
    """``found[at]``, an empty text where ``at`` is -1."""
    return np.concatenate([found, NOTHING])[at]


def same(pool: Pool, one: Texts, other: Texts) -> npt.NDArray[np.bool_]:
    """Where two texts are the same."""
    left, right = (each.view(np.uint64).reshape(-1, 2) for each in (one, other))
    equal: npt.NDArray[np.bool_] = (left == right).all(axis=1)
    unsure = np.flatnonzero(~equal & (left[:, 0] == right[:, 0]) & ((left[:, 0] & _LOW) > INLINE))
    if len(unsure):
        pairs = zip(pool.strings(one[unsure]), pool.strings(other[unsure]), strict=True)
        equal[unsure] = [here == there for here, there in pairs]
    return equal


def numbered(pool: Pool, found: Texts) -> Texts:
    """The same where the long ones are numbers instead, equal for equal texts: to be compared, not
    to be shown."""
    pairs = found.view(np.uint64).reshape(-1, 2)
    long = np.flatnonzero((pairs[:, 0] & _LOW) > INLINE)
    if not len(long):
        return found
    pairs, known = pairs.copy(), dict[str, int]()
    read = pool.strings(found[long])
    pairs[long, 1] = np.array([known.setdefault(each, len(known)) for each in read], np.uint64)
    return pairs.view(np.complex128).ravel()


def column(run: Run, spans: Spans, *, resolve: bool = False) -> pl.Series:
    """A column of the values of spans by itself."""
    pool = Pool(run)
    found = laid_out(pool, of(pool, spans, resolve=resolve, strip=False))
    return arrow.frame((("", pl.String),), [found]).to_series()


def laid_out(pool: Pool, found: Texts) -> arrow.Column:
    """A column of these texts for a frame, with the bytes of the long ones."""
    pairs = found.view(np.uint64)
    count = compiled.compiled(loops.long_bytes)(pairs) if pool.run.fast else _long_bytes(pairs)
    if not count:
        return arrow.views(found, np.zeros(0, np.uint8))
    pairs, data = pairs.copy(), np.empty(count + PAD, np.uint8)
    text, made = pool.run.text.array, pool.array()
    if pool.run.fast:
        compiled.compiled(loops.settle)(pairs, _eights(text), _eights(made), _eights(data))
    else:
        _settle(pairs, text, made, data)
    return arrow.views(pairs, data[:count])


def _long(pairs: npt.NDArray[np.uint64]) -> tuple[Whole, npt.NDArray[np.bool_]]:
    """Which texts are long, and which of them are not what the long one before them is."""
    rows = np.flatnonzero((pairs[::2] & _LOW) > INLINE)
    new = np.ones(len(rows), bool)
    new[1:] = pairs[2 * rows[1:] + 1] != pairs[2 * rows[:-1] + 1]
    new[1:] |= pairs[2 * rows[1:]] != pairs[2 * rows[:-1]]
    return rows, new


def _long_bytes(pairs: npt.NDArray[np.uint64]) -> int:
    """As :func:`loops.long_bytes`."""
    rows, new = _long(pairs)
    return int((pairs[2 * rows[new]] & _LOW).sum())


def _settle(
    pairs: npt.NDArray[np.uint64], text: npt.NDArray[np.uint8], made: npt.NDArray[np.uint8],
    data: npt.NDArray[np.uint8],
) -> None:  # fmt: skip
    """As :func:`loops.settle`."""
    rows, new = _long(pairs)
    kept = rows[new]
    size = (pairs[2 * kept] & _LOW).astype(np.intp)
    origin, block = (pairs[2 * kept + 1] >> _UPPER).astype(np.intp), pairs[2 * kept + 1] & _LOW
    there = np.cumsum(size) - size
    for number, source in enumerate((text, made)):
        here = np.flatnonzero(block == number)
        within = np.arange(int(size[here].sum()))
        within -= np.repeat(np.cumsum(size[here]) - size[here], size[here])
        data[np.repeat(there[here], size[here]) + within] = source[
            np.repeat(origin[here], size[here]) + within
        ]
    pairs[2 * rows + 1] = there[np.cumsum(new) - 1].astype(np.uint64) << _UPPER
