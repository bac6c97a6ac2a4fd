"""The messages of one type in a run, as rows with the numbers of their messages and groups."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns import spans
from esclusa.formats.edifact.columns.messages import Region
from esclusa.formats.edifact.columns.run import Run, Whole, tag_code
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.limits import DEFAULT, MIB, Limits
from esclusa.formats.reading import Notes
from esclusa.model import Function

T = TypeVar("T")

Picked = npt.NDArray[np.intp]
"""Numbers of rows of a sheet, in order."""

DEAF: Final = Notes("", 0, 0)
"""Takes the defects that the plain reader's functions note: tables tell none."""

HERE: Final = Segment("", "", 0, 0, 0, Separators())
"""Where such a defect would stand."""


class Words:
    """A word for each of many rows: ``words[code[n]]``."""

    def __init__(self, code: npt.NDArray[Any], words: list[str]) -> None:
        self.code = code
        self.words = words

    def are(self, *words: str) -> npt.NDArray[np.bool_]:
        """Where one of these stands."""
        known = np.array([*(each in words for each in self.words), False], bool)
        found: npt.NDArray[np.bool_] = known[self.code]
        return found

    def column(self) -> pl.Series:
        return spans.gather(self.code, self.words)


class Sheet:
    """Rows of a run that belong to messages of one type.

    ``rows`` are rows of the run, ``message`` the number of the message of each, from 0.
    """

    def __init__(self, run: Run, chosen: Whole, limits: Limits = DEFAULT) -> None:
        self.run = run
        self.limits = limits
        self.chosen = chosen
        first, last = run.message_first[chosen], run.message_last[chosen]
        self.sizes = last - first + 1
        self.count = len(chosen)
        self.message = np.repeat(np.arange(self.count), self.sizes)
        ahead = np.cumsum(self.sizes) - self.sizes
        self.ahead = ahead
        self.rows = np.arange(len(self.message)) + np.repeat(first - ahead, self.sizes)
        self.tag = run.tags(self.rows)
        self.kept: dict[Callable[[Sheet], Any], Any] = {}
        self.found: dict[str, Picked] = {}
        self.known: dict[tuple[int, int, int], spans.Distinct] = {}

    def once(self, make: Callable[[Sheet], T]) -> T:
        """Return what ``make`` makes of the sheet, made the first time."""
        if make not in self.kept:
            self.kept[make] = make(self)
        found: T = self.kept[make]
        return found

    def without(self, messages: npt.NDArray[Any]) -> Sheet:
        """The same without some messages."""
        keep = np.ones(self.count, bool)
        keep[messages] = False
        return self if keep.all() else Sheet(self.run, self.chosen[keep], self.limits)

    def region(self, message: int) -> Region:
        """A message that the plain reader must read after all."""
        run, number = self.run, self.chosen[message]
        begin = int(run.begin[run.message_first[number]])
        end = int(run.ends(run.message_last[[number]])[0]) + 1
        return Region(begin, end, int(run.envelope[number]), "its groups are out of order")

    def tagged(self, tag: str) -> Picked:
        if tag not in self.found:
            self.found[tag] = np.flatnonzero(self.tag == tag_code(tag))
        return self.found[tag]

    # -- values of rows -------------------------------------------------------------------------

    def component(self, picked: Picked, element: int, number: int = 1) -> spans.Spans:
        return spans.component(self.run, self.rows[picked], element, number)

    def words(self, picked: Picked, element: int, number: int = 1) -> spans.Distinct:
        """The different values of a component; those of all rows with a tag are kept, since
        qualifiers are asked for again and again."""
        key = id(picked), element, number
        if key in self.known:
            return self.known[key]
        made = spans.values(self.run, self.component(picked, element, number))
        if any(picked is each for each in self.found.values()):
            self.known[key] = made
        return made

    def column(self, picked: Picked, element: int, number: int = 1) -> pl.Series:
        """A component as a column, blanks at its ends taken off."""
        return spans.plain(self.run, self.component(picked, element, number))

    def first_said(self, picked: Picked, *places: tuple[int, int]) -> pl.Series:
        """The first of several components (element, number) of each row that is not blank."""
        parts = [self.component(picked, element, number) for element, number in places]
        return spans.first_said(self.run, parts)

    def coded(
        self, picked: Picked, read: Callable[[str], T], element: int, number: int = 1
    ) -> tuple[Picked, list[T]]:
        """What a function makes of a component: numbers of results, and results."""
        found = self.words(picked, element, number)
        return found.code, [read(value) for value in found.values]

    def mapped(
        self, picked: Picked, read: Callable[[str], str], element: int, number: int = 1
    ) -> Words:
        """The same of words, to be asked for."""
        return Words(*self.coded(picked, read, element, number))

    def meant(
        self, picked: Picked, ask: Callable[[str], bool], element: int = 1, number: int = 1
    ) -> npt.NDArray[np.bool_]:
        """Whether each component is one that is asked for."""
        code, found = self.coded(picked, ask, element, number)
        return np.array([*found, False], bool)[code]

    def read(self, picked: Picked, read: Callable[[Segment], T]) -> tuple[Picked, list[T]]:
        """What a function of the plain reader makes of each segment."""
        code, found = spans.per_segment(self.run, self.rows[picked], read)
        return code, found

    # -- facts of messages ----------------------------------------------------------------------

    @cached_property
    def offset(self) -> npt.NDArray[np.int64]:
        run = self.run
        return run.text.shifts.back(run.begin[run.message_first[self.chosen]])

    @cached_property
    def year(self) -> npt.NDArray[np.int64]:
        """The year near which two-digit years of each message lie."""
        made = [
            common.year_of(RawMessage(prepared=each.prepared)) for each in self.run.interchanges
        ]
        found: npt.NDArray[np.int64] = np.array(made, np.int64)[self.run.envelope[self.chosen]]
        return found

    @cached_property
    def reference(self) -> pl.Series:
        run = self.run
        heads = spans.component(run, run.message_first[self.chosen], 1)
        return spans.column(run, heads, resolve=True)

    @cached_property
    def functions(self) -> list[Function | None]:
        """The functions that BGM may state; the last stands for messages without BGM."""
        return self._function[1]

    @cached_property
    def function(self) -> Picked:
        """The number of each message's function."""
        return self._function[0]

    @cached_property
    def _function(self) -> tuple[Picked, list[Function | None]]:
        picked = self.tagged("BGM")
        code, found = self.read(picked, lambda segment: common.function_of(segment, DEAF))
        last = last_of(self.message[picked], self.count)
        return choose(code, last, len(found)), [*found, Function.ORIGINAL]

    def groups(self, opens: npt.NDArray[np.bool_]) -> tuple[Picked, Picked]:
        """Groups that these rows open.

        :return: the group of each row, -1 before the first of its message; and the row that opens
            each group.
        """
        begun = np.flatnonzero(opens)
        group = np.cumsum(opens) - 1
        owner = self.message[begun[group]] if len(begun) else np.full(len(group), -1)
        return np.where((group >= 0) & (owner == self.message), group, -1), begun

    def length(self) -> Whole:
        """Bytes of each message."""
        run = self.run
        first, last = run.message_first[self.chosen], run.message_last[self.chosen]
        size: Whole = run.ends(last) - run.begin[first] + 1
        return size.astype(np.int64)

    def longest(self, tag: str) -> npt.NDArray[np.int64]:
        """Bytes of the longest segment with this tag in each message."""
        picked = self.tagged(tag)
        rows = self.rows[picked]
        size = np.zeros(self.count, np.int64)
        np.maximum.at(size, self.message[picked], self.run.ends(rows) - self.run.begin[rows])
        return size

    def overgrown(
        self, owners: Picked, shared: npt.NDArray[Any], more: npt.NDArray[Any] | int = 0
    ) -> Picked:
        """Messages whose statements might take more than the plain reader allows.

        :param owners: the message of each statement. :param shared: bytes that each statement of a
            message repeats. :param more: further bytes of each message.

        The bound is generous: six bytes of JSON for each byte, and names.
        """
        count = np.bincount(owners, minlength=self.count)
        most = count * (2000 + 6 * shared) + 12 * self.length() + more
        return np.flatnonzero(most > MIB + self.limits.growth * self.length())


def first_of(groups: npt.NDArray[Any], count: int) -> Picked:
    """The first place at which each of ``count`` groups stands in ``groups``, -1 if nowhere."""
    found = np.full(count, -1, np.intp)
    found[groups[::-1]] = np.arange(len(groups) - 1, -1, -1)
    return found


def last_of(groups: npt.NDArray[Any], count: int) -> Picked:
    """The last place at which each group stands, -1 if nowhere."""
    found = np.full(count, -1, np.intp)
    found[groups] = np.arange(len(groups))
    return found


def choose(code: npt.NDArray[Any], at: Picked, missing: int) -> Picked:
    """``code`` at these places, ``missing`` where the place is -1."""
    if not len(code):
        return np.full(len(at), missing, np.intp)
    return np.where(at >= 0, code[at], missing)
