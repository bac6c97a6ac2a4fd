"""A window of text as rows of segments: where they begin and end, and which are doubtful.

X12 has no release character (X12.6 § 3.2), so a terminator or an element separator is one wherever
it stands, and one look at every byte finds them all. Two backends give the same arrays: numpy, and
compiled code of numba when the extra ``fast`` is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats.edifact.columns import compiled, spans
from esclusa.formats.edifact.columns.run import NONE, PAD, Run, Text
from esclusa.formats.edifact.columns.spans import Spans
from esclusa.formats.edifact.segment import Segment, Separators
from esclusa.formats.x12.columns import sayings, texts

Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[Any]
"""An array of integers: positions in the window, numbers of rows or of separators."""

ELEMENT: Final = 1
TERMINATOR: Final = 2
BREAK: Final = 3
ODD: Final = 4

CHUNK: Final = 1 << 20
_EMPTY: Final = np.zeros(0, np.int32)
_LETTERS: Final = np.zeros(256, np.uint8)
"""1 for what may begin a tag, 2 for what may stand in it."""
_LETTERS[65:91] = 1
_LETTERS[48:58] = 2


class Rows(msgspec.Struct, dict=True):
    """Segments of a window. Row ``n`` begins with its tag at ``begin[n]``; ``at[first[n]]`` is
    where the tag ends, each next of ``at`` an element, up to the terminator
    ``at[first[n + 1] - 1]``. ``raw[n]`` is where the piece begins, line breaks with it.

    ``bad`` tells rows that are not plainly a segment: another tag than capitals and digits, control
    codes, bytes beyond ASCII, line breaks inside, several components or repeats of an element, or
    what may be an envelope that follows without a terminator.
    """

    data: bytes
    array: npt.NDArray[np.uint8]
    marks: Separators
    at: Whole
    first: Whole
    raw: Whole
    begin: Whole
    end: Whole
    tag: npt.NDArray[np.uint32]
    bad: Flags
    fast: bool

    def __len__(self) -> int:
        return len(self.begin)

    @cached_property
    def run(self) -> Run:
        """The same for the functions that make columns of spans."""
        text = Text(memoryview(self.data)[: len(self.data) - PAD], self.array, NONE)
        empty = _EMPTY
        run = Run(text, self.marks, self.at, empty, self.first, self.begin, empty, fast=self.fast)
        run.__dict__.update(high=None, end=self.end)
        return run

    def bare(self, rows: Whole, number: int) -> Spans:
        """An element of each of these rows without blanks at its ends."""
        if self.fast:
            begin, end = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
            walk = compiled.compiled(bare_element)
            walk(self.array, self.first, self.at, rows, number, begin, end)
            return Spans(begin, end)
        found = self.element(rows, number)
        blank = self.array[found.begin] == 0x20
        blank |= self.array[found.end - 1] == 0x20
        return spans.stripped(self.run, found) if blank.any() else found

    def element(self, rows: Whole, number: int) -> Spans:
        """An element of each of these rows, as :meth:`Segment.get` counts."""
        if self.fast:
            begin, end = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
            compiled.compiled(raw_element)(self.first, self.at, rows, number, begin, end)
            return Spans(begin, end)
        edge = self.first[rows] + number
        there = edge < self.first[rows + 1]
        if there.all():
            return Spans(self.at[edge - 1] + 1, self.at[edge])
        edge[~there] = 1
        begin, end = self.at[edge - 1] + 1, self.at[edge]
        begin[~there] = 0
        end[~there] = 0
        return Spans(begin, end)

    def column(
        self, *parts: Spans, there: Flags | None = None, lists: Whole | None = None
    ) -> pl.Series:
        """A column of the values; of several spans of each row one behind the other.

        :param there: where there is a value at all.
        :param lists: which values stand in a list, as :func:`texts.packed` has them.
        """
        found = parts[0] if len(parts) == 1 else texts.woven(*parts)
        cuts = None if len(parts) == 1 else np.arange(0, len(found.begin) + 1, len(parts))
        return texts.packed(self.array, found, cuts, fast=self.fast, there=there, lists=lists)

    def say(self, word: str, count: int) -> Spans:
        """A word of :mod:`sayings` for each of ``count`` rows."""
        begin, end = (self.said + place for place in sayings.PLACES[word])
        return Spans(np.full(count, begin, np.int32), np.full(count, end, np.int32))

    def saying(self, code: Whole, words: list[str]) -> Spans:
        """Some of the words of :mod:`sayings`: ``words[code]``."""
        found = sayings.places(words)[code] + np.int32(self.said)
        return Spans(found[:, 0], found[:, 1])

    @cached_property
    def said(self) -> int:
        """Where the sayings begin."""
        return len(self.data) - PAD - len(sayings.TEXT)

    def segment(self, row: int, start: int, number: int) -> Segment:
        """A row as the plain reader has it; ``start`` is the byte where the window begins."""
        begin, end = int(self.begin[row]), int(self.end[row])
        text = str(self.data[begin:end], "ascii")
        tag = text.partition(self.marks.element)[0]
        return Segment(text, tag, start + begin, end - begin + 1, number, self.marks)


def raw_element(first: Any, at: Any, rows: Any, number: int, begin: Any, end: Any) -> None:
    """Fill the spans of an element, 0 and 0 where there is none."""
    for here in range(len(rows)):
        row = rows[here]
        edge = first[row] + number
        begin[here] = end[here] = 0
        if edge < first[row + 1]:
            begin[here] = at[edge - 1] + 1
            end[here] = at[edge]


def bare_element(
    array: Any, first: Any, at: Any, rows: Any, number: int, begin: Any, end: Any
) -> None:
    """The same without blanks at the ends."""
    for here in range(len(rows)):
        row = rows[here]
        edge = first[row] + number
        one, two = 0, 0
        if edge < first[row + 1]:
            one, two = at[edge - 1] + 1, at[edge]
            while one < two and array[one] == 32:
                one += 1
            while one < two and array[two - 1] == 32:
                two -= 1
        begin[here] = one
        end[here] = two


def tag_code(tag: str) -> int:
    """Return a tag of two or three characters as a number, as ``Rows.tag`` holds it."""
    return int.from_bytes(tag.encode("ascii"), "little")


def scan(window: str, marks: Separators, backend: str) -> Rows:
    """Cut a window, which ends behind a terminator, into rows.

    :param window: one character for each byte.
    :param backend: one of :data:`BACKENDS`.
    """
    data = b"".join((window.encode("latin-1"), sayings.TEXT, bytes(PAD)))
    array = np.frombuffer(data, np.uint8)
    made = BACKENDS[backend](array, len(window), _classes(marks), marks)
    at, first, raw, begin, end, tag, bad = made
    fast = backend == "numba"
    return Rows(data, array, marks, at, first, raw, begin, end, tag, bad, fast)


def _classes(marks: Separators) -> npt.NDArray[np.uint8]:
    """Return the kind of each of the 256 bytes."""
    table = np.full(256, ODD, np.uint8)
    table[0x20:0x7F] = 0
    table[[0x0A, 0x0D]] = BREAK
    for mark, kind in (
        (marks.component, ODD), (marks.repetition, ODD), (marks.element, ELEMENT),
        (marks.terminator, TERMINATOR),
    ):  # fmt: skip
        if mark:
            table[ord(mark)] = kind
    return table


# -- numpy ----------------------------------------------------------------------------------------


def _numpy(
    array: npt.NDArray[np.uint8], size: int, table: npt.NDArray[np.uint8], marks: Separators
) -> tuple[Any, ...]:
    element, terminator = ord(marks.element), ord(marks.terminator)
    places = [_EMPTY]
    for since in range(0, size, CHUNK):
        seen = array[since : min(since + CHUNK, size)]
        here = np.flatnonzero((seen == element) | (seen == terminator))
        places.append(here.astype(np.int32) + np.int32(since))
    at = np.concatenate(places)
    last = np.flatnonzero(array[at] == terminator)
    first = np.zeros(len(last) + 1, np.int32)
    first[1:] = last + 1
    end = at[last]
    raw = np.zeros(len(end), np.int32)
    raw[1:] = end[:-1] + 1
    begin = raw.copy()
    _skip(array, begin, end, table == BREAK)
    quads = np.ndarray((len(array) - 3,), np.dtype("<u4"), array.data, strides=(1,))
    tag = quads[begin] & np.uint32(0xFFFFFF)
    short = (tag >> np.uint32(16)) == element
    tag[short] &= np.uint32(0xFFFF)
    bad = _untagged(tag, short, at[first[:-1]], begin, end)
    bad[_odd(array, size, table, raw, begin, end)] = True
    bad[_glued(array, at, first, end)] = True
    return at, first, raw, begin, end, tag, bad


def _skip(array: npt.NDArray[np.uint8], begin: Whole, end: Whole, breaks: Flags) -> None:
    """Line breaks before a segment are a transport's doing."""
    rows = np.flatnonzero(breaks[array[begin]])
    while len(rows):
        begin[rows] += 1
        rows = rows[(begin[rows] < end[rows]) & breaks[array[begin[rows]]]]


def _untagged(
    tag: npt.NDArray[np.uint32], short: Flags, after: Whole, begin: Whole, end: Whole
) -> Flags:
    """Rows without a tag of two or three characters and a separator of elements behind it."""
    one, two = _LETTERS[tag & 0xFF], _LETTERS[tag >> np.uint32(8) & 0xFF]
    three = _LETTERS[tag >> np.uint32(16)]
    good = (one == 1) & (two > 0) & (short | (three > 0))
    good &= (after == begin + 3 - short) & (after < end)
    bad: Flags = ~good
    return bad


def _odd(
    array: npt.NDArray[np.uint8], size: int, table: npt.NDArray[np.uint8], raw: Whole,
    begin: Whole, end: Whole,
) -> Whole:  # fmt: skip
    """Rows in which anything but plain text stands."""
    data = array[:size].tobytes()
    odd = len(data.translate(None, np.flatnonzero(table != ODD).astype(np.uint8).tobytes()))
    breaks = sum(data.count(bytes([mark])) for mark in b"\r\n" if table[mark] == BREAK)
    if not odd and breaks == int((begin - raw).sum()):
        return _EMPTY
    seen = table[array[:size]]
    places = np.flatnonzero((seen == ODD) | (seen == BREAK))
    rows = np.searchsorted(end, places)
    return np.unique(rows[places >= begin[rows]])


def _glued(array: npt.NDArray[np.uint8], at: Whole, first: Whole, end: Whole) -> Whole:
    """Rows in which the tag of an envelope stands behind a digit, where a trailer may have lost
    its terminator."""
    pairs = np.ndarray((len(array) - 1,), np.dtype("<u2"), array.data, strides=(1,))
    inside = at > 3
    found = at[_OPENS[pairs[at - 2 * inside]] & inside]
    before = array[found - 3]
    before = np.where(before == ord("I"), array[found - 4], before)
    found = found[(before >= ord("0")) & (before <= ord("9"))]
    rows: Whole = np.searchsorted(end, found)
    return rows


_OPENS: Final = np.zeros(1 << 16, bool)
"""Ends of the tags of envelopes: ST, GS, GE, ISA, IEA."""
_OPENS[[int.from_bytes(word, "little") for word in (b"ST", b"GS", b"GE", b"SA", b"EA")]] = True


# -- numba ----------------------------------------------------------------------------------------


def _numba(
    array: npt.NDArray[np.uint8], size: int, table: npt.NDArray[np.uint8], marks: Separators
) -> tuple[Any, ...]:
    ends = np.count_nonzero(array[:size] == ord(marks.terminator))
    both = ends + np.count_nonzero(array[:size] == ord(marks.element))
    at, first = np.empty(both, np.int32), np.zeros(ends + 1, np.int32)
    # Not shared: compiled loops run without Python's lock, so another thread would write into it.
    hits = np.empty(min(size, CHUNK) + 1, np.int32)
    raw, begin, end = (np.empty(ends, np.int32) for _ in range(3))
    tag, bad = np.empty(ends, np.uint32), np.empty(ends, np.bool_)
    walk = compiled.compiled(cut_rows)
    walk(array, size, table, _LETTERS, _OPENS, hits, at, first, raw, begin, end, tag, bad)
    return at, first, raw, begin, end, tag, bad


def cut_rows(
    array: Any, size: int, table: Any, letters: Any, opens: Any, hits: Any, at: Any, first: Any,
    raw: Any, begin: Any, end: Any, tag: Any, bad: Any,
) -> None:  # fmt: skip
    """Fill the arrays of :class:`Rows`; ``hits`` has room for the places of one chunk.

    Each place is written and only kept if it counts: a branch that nobody can foretell costs more.
    """
    one = np.uintp(1)
    count, row, start, skipped = np.uintp(0), np.uintp(0), np.uintp(0), np.uintp(0)
    wrong = False
    for since in range(0, size, 1 << 20):
        filled: Any = np.uintp(0)
        for byte in range(np.uintp(since), np.uintp(min(since + (1 << 20), size))):
            hits[filled] = byte
            filled += np.uintp(table[array[byte]] != 0)
        for here in range(np.uintp(0), filled):
            place = np.uintp(hits[here])
            kind = table[array[place]]
            if kind == 1:
                if (
                    place > 3
                    and opens[
                        np.uint32(array[place - np.uintp(2)])
                        | np.uint32(array[place - one]) << np.uint32(8)
                    ]
                ):
                    before = array[place - np.uintp(3)]
                    if before == 73:
                        before = array[place - np.uintp(4)]
                    wrong |= 48 <= before <= 57
                at[count] = place
                count += one
            elif kind == 2:
                at[count] = place
                count += one
                opened = start + skipped
                left, middle, right = (
                    array[opened],
                    array[opened + one],
                    array[opened + np.uintp(2)],
                )
                after = np.uintp(at[np.uintp(first[row])])
                short = after == opened + np.uintp(2)
                word = np.uint32(left) | np.uint32(middle) << np.uint32(8)
                good = letters[left] == 1 and letters[middle] > 0 and after < place
                if table[right] != 1:
                    word |= np.uint32(right) << np.uint32(16)
                if not short:
                    good = good and after == opened + np.uintp(3) and letters[right] > 0
                raw[row], begin[row], end[row] = start, opened, place
                tag[row], bad[row] = word, wrong or not good
                row += one
                first[row] = count
                start, skipped, wrong = place + one, np.uintp(0), False
            elif kind == 3 and place == start + skipped:
                skipped += one
            else:
                wrong = True


BACKENDS: Final[dict[str, Callable[..., tuple[Any, ...]]]] = (
    {"numba": _numba, "numpy": _numpy} if compiled.INSTALLED else {"numpy": _numpy}
)
"""What this installation can run, the fastest first."""
