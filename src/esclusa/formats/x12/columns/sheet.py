"""The sets of one type in a stretch, as rows with the numbers of their sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats.edifact.columns import spans
from esclusa.formats.edifact.columns.spans import Spans
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes
from esclusa.formats.values import number, whole
from esclusa.formats.x12.columns.digits import digits
from esclusa.formats.x12.columns.machine import Stretch
from esclusa.formats.x12.columns.scan import Flags, Rows, Whole, tag_code
from esclusa.formats.x12.common import year_of
from esclusa.formats.x12.cutting import Cut, cut, placeless
from esclusa.model import Severity

T = TypeVar("T")

Picked = npt.NDArray[np.intp]
"""Numbers of rows of a sheet, in order."""


class Tags(NamedTuple):
    """The tags that a set may have: ``code[table[tag % modulus]]`` is the tag, if it is known."""

    names: dict[str, int]
    code: npt.NDArray[np.uint32]
    table: npt.NDArray[np.uint8]
    modulus: int


def tags_of(names: Iterable[str]) -> Tags:
    """Number tags, and find a modulus under which no two of them are alike."""
    known = {name: at for at, name in enumerate(sorted(names), 1)}
    codes = [tag_code(name) for name in known]
    modulus = next(size for size in range(len(codes), 1 << 16) if _apart(codes, size))
    table = np.zeros(modulus, np.uint8)
    table[[code % modulus for code in codes]] = list(known.values())
    return Tags(known, np.array([0, *codes], np.uint32), table, modulus)


def _apart(codes: list[int], size: int) -> bool:
    return len({code % size for code in codes}) == len(codes)


class Sheet:
    """Rows of a stretch that belong to sets of one type.

    ``rows`` are rows of the window, ``owner`` the number of the set of each, from 0; ``chosen`` are
    the numbers of the sets in the stretch. ``doubt`` is set where the plain reader must read: what
    it would tell a defect of, and what is laid out as the table does not know.
    """

    def __init__(self, stretch: Stretch, chosen: Whole, tags: Tags) -> None:
        self.stretch = stretch
        self.window: Rows = stretch.rows
        self.run = stretch.rows.run
        self.chosen = chosen
        first, last = stretch.first[chosen], stretch.last[chosen]
        self.sizes = last - first + 1
        self.count = len(chosen)
        self.owner = np.repeat(np.arange(self.count), self.sizes)
        self.ahead = np.cumsum(self.sizes) - self.sizes
        self.rows = np.arange(len(self.owner)) + np.repeat(first - self.ahead, self.sizes)
        tag = self.window.tag[self.rows]
        self.kind = tags.table[tag % np.uint32(tags.modulus)]
        self.doubt = np.zeros(self.count, bool)
        self.tags = tags
        self._picked: dict[str, Picked] = {}
        self.suspect(np.flatnonzero(tags.code[self.kind] != tag))

    def sound(self) -> Sheet:
        """The same without the sets in doubt."""
        if not self.doubt.any():
            return self
        return Sheet(self.stretch, self.chosen[~self.doubt], self.tags)

    def suspect(self, picked: Whole) -> None:
        """Leave the sets of these rows to the plain reader."""
        if len(picked):
            self.doubt[self.owner[picked]] = True

    def tagged(self, tag: str) -> Picked:
        """The rows with a tag; the same array whenever it is asked for."""
        if tag not in self._picked:
            self._picked[tag] = np.flatnonzero(self.kind == self.tags.names[tag])
        return self._picked[tag]

    def length(self) -> Whole:
        """Bytes of each set."""
        first, last = self.stretch.first[self.chosen], self.stretch.last[self.chosen]
        size: Whole = (self.window.end[last] - self.window.begin[first] + 1).astype(np.int64)
        return size

    def longest(self, picked: Picked) -> Whole:
        """Bytes of the longest of these rows in each set."""
        rows = self.rows[picked]
        size = np.zeros(self.count, np.int64)
        np.maximum.at(size, self.owner[picked], self.window.end[rows] - self.window.begin[rows])
        return size

    # -- values of rows -------------------------------------------------------------------------

    def element(self, picked: Picked, number: int) -> Spans:
        return self.window.element(self.rows[picked], number)

    def bare(self, picked: Picked, number: int) -> Spans:
        """An element without blanks at its ends."""
        return self.window.bare(self.rows[picked], number)

    def column(
        self, *parts: Spans, there: Flags | None = None, lists: Whole | None = None
    ) -> pl.Series:
        return self.window.column(*parts, there=there, lists=lists)

    def text(self, picked: Picked, number: int) -> pl.Series:
        """An element as a column, blanks at its ends taken off."""
        return self.column(self.bare(picked, number))

    def words(self, found: Spans) -> tuple[Whole, list[str]]:
        """The different texts of spans, and which of them each is."""
        code, values = spans.values(self.run, found)
        return code, values

    def are(self, found: Spans, word: str) -> Flags:
        """Where spans are this word, of at most eight characters."""
        length = np.int32(len(word))
        mask = np.uint64((1 << 8 * len(word)) - 1)
        value = np.uint64(int.from_bytes(word.encode("ascii"), "little"))
        same: Flags = (found.end - found.begin == length) & (
            (self.run.words[found.begin] & mask) == value
        )
        return same

    def read(self, picked: Picked, read: Callable[[Cut, Notes, int], T]) -> tuple[Picked, list[T]]:
        """What a function of the plain reader makes of each segment, given the year near which its
        dates lie; sets of which it notes a defect are left to the plain reader.

        :return: the number of each segment's result, and the results.
        """
        code, example = spans.distinct(self.run, spans.whole(self.run, self.rows[picked]))
        found = []
        wrong = []
        for at in example.tolist():
            notes = Notes("", 0, 1)
            segment = self.window.segment(int(self.rows[picked[at]]), 0, 1)
            found.append(read(cut(segment), notes, self.year))
            wrong.append(bool(notes.found))
        if any(wrong):
            self.suspect(picked[np.array(wrong)[code]])
        return code, found

    @cached_property
    def year(self) -> int:
        """The year near which two-digit years lie."""
        return year_of(RawMessage(prepared=self.stretch.interchange.prepared))

    def coded(
        self, picked: Picked, found: Spans, read: Callable[[str, Notes], T]
    ) -> tuple[Whole, list[T]]:
        """What a function makes of each different text, as :meth:`read`."""
        code, values = self.words(found)
        made, wrong = [], []
        for text in values:
            notes = Notes("", 0, 1)
            made.append(read(text, notes))
            wrong.append(bool(notes.found))
        if any(wrong):
            self.suspect(picked[np.array(wrong)[code]])
        return code, made

    def mapped(self, found: Spans, words: Mapping[str, str], other: str = "") -> pl.Series:
        """The word that a map has for each text."""
        code, values = self.words(found)
        return spans.gather(code, [words.get(value, other) for value in values])

    def numbers(self, picked: Picked, found: Spans) -> npt.NDArray[np.float64]:
        """:func:`esclusa.formats.values.number` of each span; not a number where there is none."""
        value, plain = digits(self.window, found)
        made = np.where(plain, value, np.nan)
        return self._rest(picked, found, plain, made, _number)

    def counts(self, picked: Picked, found: Spans) -> npt.NDArray[np.float64]:
        """:func:`esclusa.formats.values.whole` of each span."""
        value, plain = digits(self.window, found)
        made = np.where(plain, value, np.nan)
        return self._rest(picked, found, plain, made, _whole)

    def _rest(
        self, picked: Picked, found: Spans, plain: Flags, made: npt.NDArray[np.float64],
        read: Callable[[str, Notes], float | None],
    ) -> npt.NDArray[np.float64]:  # fmt: skip
        """Fill in what is not plain digits, each different text once."""
        rest = np.flatnonzero(~plain & (found.end > found.begin))
        if len(rest):
            code, values = self.coded(picked[rest], found.at(rest), read)
            made[rest] = np.array([np.nan if each is None else each for each in values])[code]
        return made

    def measures(
        self, picked: Picked, value: int, unit: int, table: Mapping[str, float], usual: str = ""
    ) -> npt.NDArray[np.float64]:
        """:func:`esclusa.formats.x12.common.measured` of each segment."""
        amount = self.numbers(picked, self.bare(picked, value))
        given = np.flatnonzero(~np.isnan(amount))
        if not len(given):
            return amount
        code, values = self.words(self.bare(picked[given], unit))
        factor = np.array([table.get(each or usual, np.nan) for each in values])[code]
        self.suspect(picked[given[np.isnan(factor)]])
        amount[given] *= factor
        return amount


_EXACT: Final = 1 << 53
HERE: Final = placeless([])
"""Where a defect would stand that only tells to use the plain reader."""


def _number(text: str, notes: Notes) -> float | None:
    return number(text, notes, HERE, "")


def _whole(text: str, notes: Notes) -> float | None:
    """A count; one too large for a float to hold is left to the plain reader."""
    found = whole(text, notes, HERE, "")
    if found is not None and found >= _EXACT:
        notes.add("", Severity.NOTE, "", HERE)
    return found
