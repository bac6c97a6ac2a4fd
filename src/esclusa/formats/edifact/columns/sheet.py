"""The messages of one type in a run, as rows with the numbers of their messages and groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns import compiled, groupings, loops, spans, views
from esclusa.formats.edifact.columns.batch import Coded
from esclusa.formats.edifact.columns.messages import Region
from esclusa.formats.edifact.columns.run import Run, Whole, tag_code
from esclusa.formats.edifact.columns.views import Pool, Texts
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


SPAN: Final = 0
WORD: Final = 1
TEXT: Final = 2
"""How a component is wanted: where it stands; as one of few short words, which are numbered; or as
the text of a column."""

Asks = Mapping[str, tuple[tuple[int, int, int], ...]]
"""Components (element, number, how) that all rows with a tag are asked for. To come by a row and
its text is what takes time, so they are fetched in one walk."""

NONE: Final[Asks] = MappingProxyType({})


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

    def column(self) -> Coded:
        return Coded(self.code, self.words)


class Sheet:
    """Rows of a run that belong to messages of one type.

    ``rows`` are rows of the run, ``message`` the number of the message of each, from 0.
    """

    def __init__(
        self, run: Run, chosen: Whole, limits: Limits = DEFAULT, asks: Asks = NONE
    ) -> None:
        self.run = run
        self.pool = Pool(run)
        self.asks = asks
        self.limits = limits
        self.chosen = chosen
        first, last = run.message_first[chosen], run.message_last[chosen]
        sizes = last - first + 1
        self.count = len(chosen)
        ahead = np.cumsum(sizes) - sizes
        self.ahead = ahead
        self.kept: dict[Callable[[Sheet], Any], Any] = {}
        self.found: dict[str, Picked] = {}
        self.known: dict[tuple[int, int, int], spans.Distinct] = {}
        self.fetched: dict[tuple[str, int, int], spans.Spans] = {}
        # Numbers of words here are bytes.
        self.numbered: dict[tuple[str, int, int], tuple[npt.NDArray[np.uint8], list[str]]] = {}
        self.viewed: dict[tuple[str, int, int], Texts] = {}
        if run.fast:
            self._fill(first, last, int(sizes.sum()))
            return
        self.message = np.repeat(np.arange(self.count), sizes)
        self.rows = np.arange(len(self.message)) + np.repeat(first - ahead, sizes)
        self.tag = run.tags(self.rows)
        self.begin, self.end = run.begin[self.rows], run.ends(self.rows)

    def _fill(self, first: Whole, last: Whole, count: int) -> None:
        """The same in two compiled passes, which sort rows by their tags on the way."""
        run = self.run
        self.message, self.rows = np.empty(count, np.intp), np.empty(count, np.int32)
        self.tag = np.empty(count, np.uint32)
        self.begin, self.end = np.empty(count, np.int32), np.empty(count, np.int32)
        compiled.compiled(groupings.sheet)(
            first, last, run.quads, run.first, run.bound, run.at, run.begin,
            self.message, self.rows, self.tag, self.begin, self.end,
        )  # fmt: skip
        known, begins = np.empty(256, np.uint32), np.zeros(256, np.intp)
        order, self.position = np.empty(count, np.intp), np.empty(count, np.int32)
        kind = np.empty(count, np.uint8)
        found = compiled.compiled(groupings.sorted_by_tag)(
            self.tag, np.zeros(1 << 16, np.uint8), kind, known, begins, order, self.position
        )
        if found <= 0:
            return  # too many tags: rows are sought when they are asked for
        tags = [each.to_bytes(3, "little").decode("ascii") for each in known[:found].tolist()]
        since = 0
        for tag, until in zip(tags, begins[:found].tolist(), strict=True):
            self.found[tag] = order[since:until]
            since = until
        self._fetch(tags, kind)

    def _fetch(self, tags: list[str], kind: Whole) -> None:
        """Fetch the components that rows are asked for; ``kind`` is the tag of each row."""
        places = [(tag, *place) for tag in tags for place in self.asks.get(tag, ())]
        sizes = np.array([len(self.found[tag]) for tag, *_ in places], np.intp)
        ends = np.cumsum(sizes)
        plan = np.cumsum([0, *(len(self.asks.get(tag, ())) for tag in tags)])
        asked = np.array([place for _, *place in places], np.intp).reshape(-1, 3)
        elements, numbers, ways = asked.T.copy()
        total = int(sizes.sum())
        begin, end = np.empty((2, total), np.int32)
        run, code = self.run, np.empty(total, np.uint8)
        count, example = np.zeros(len(places), np.intp), np.zeros((len(places), 255), np.int32)
        # Texts stand behind one another in an array of their own.
        apart = np.cumsum(np.where(ways == TEXT, 0, sizes))
        texts = np.empty(total - int(apart[-1]) if len(apart) else 0, np.complex128)
        odd = np.empty((2, len(texts)), np.intp)
        # Those of other parts would be gone through again in each.
        since, until = np.searchsorted(run.releases, (self.begin[0], self.end[-1]))
        strange = compiled.compiled(loops.components)(
            run.text.array, run.first, run.bound, run.at, self.rows, kind, self.position,
            plan, elements, numbers, ways, ends - sizes, begin, end,
            run.words, spans.MASKS, code, np.zeros((len(places), 512), np.uint8),
            np.empty((len(places), 255), np.uint64), example, count,
            run.releases[since:until], apart, texts.view(np.uint64), odd,
        )  # fmt: skip
        if strange:
            rest, spots = odd[:, :strange]
            texts[spots] = views.of(self.pool, spans.Spans(begin[rest], end[rest]))
        for at, (place, size, last) in enumerate(zip(places, sizes, ends, strict=True)):
            here, (tag, element, number, way) = slice(last - size, last), place
            self.fetched[tag, element, number] = spans.Spans(begin[here], end[here])
            if way == TEXT:
                there = slice(here.start - apart[at], last - apart[at])
                self.viewed[tag, element, number] = texts[there]
            if way == WORD and count[at] >= 0:
                some = example[at, : count[at]]
                read = spans.texts(run, spans.Spans(begin[some], end[some]))
                self.numbered[tag, element, number] = code[here], read

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
        return self if keep.all() else Sheet(self.run, self.chosen[keep], self.limits, self.asks)

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
        """One component of rows with the same tag."""
        if self.fetched and len(picked):
            tag = int(self.tag[picked[0]]).to_bytes(3, "little").decode("ascii")
            found = self.fetched.get((tag, element, number))
            if found is not None and picked is self.found[tag]:
                return found
            if found is not None:
                begin, end = np.empty((2, len(picked)), np.int32)
                walk = compiled.compiled(loops.chosen)
                if walk(self.position, self.tag, picked, *found, begin, end):
                    return spans.Spans(begin, end)
        return spans.component(self.run, self.rows[picked], element, number)

    def whole(self, picked: Picked) -> spans.Spans:
        """The text of rows, without terminator."""
        return spans.Spans(self.begin[picked], self.end[picked])

    def words(self, picked: Picked, element: int, number: int = 1) -> spans.Distinct:
        """The different values of a component; those of all rows with a tag are kept, since
        qualifiers are asked for again and again."""
        key = id(picked), element, number
        if key in self.known:
            return self.known[key]
        made = self.numbering(picked, element, number)
        if made is None:
            made = spans.values(self.run, self.component(picked, element, number))
        if any(picked is each for each in self.found.values()):
            self.known[key] = made
        return made

    def numbering(self, picked: Picked, element: int, number: int = 1) -> spans.Distinct | None:
        """The words of a component, where those of all rows with the tag were numbered before."""
        if not (self.numbered and len(picked)):
            return None
        tag = self.tag[picked[0]]
        word = int(tag).to_bytes(3, "little").decode("ascii")
        found = self.numbered.get((word, element, number))
        if found is None:
            return None
        code, read = found
        if picked is not self.found[word]:
            if (self.tag[picked] != tag).any():
                return None
            code = code[self.position[picked]]
        return spans.Distinct(code.astype(np.intp), read)

    def column(self, picked: Picked, element: int, number: int = 1) -> Texts:
        """A component as texts, blanks at its ends taken off; not to be written to."""
        found = self.seen(picked, element, number)
        if found is not None:
            return found
        return views.of(self.pool, self.component(picked, element, number))

    def seen(self, picked: Picked, element: int, number: int = 1) -> Texts | None:
        """The same, where texts of all rows with the tag were made before; else None."""
        if not (self.viewed and len(picked)):
            return None
        tag = int(self.tag[picked[0]]).to_bytes(3, "little").decode("ascii")
        every = self.viewed.get((tag, element, number))
        if every is None or picked is self.found[tag]:
            return every
        found = np.empty(len(picked), np.complex128)
        walk = compiled.compiled(loops.texts_of)
        pairs = every.view(np.uint64), found.view(np.uint64)
        return found if walk(self.position, self.tag, picked, *pairs) else None

    def first_said(self, picked: Picked, *places: tuple[int, int]) -> Texts:
        """The first of several components (element, number) of each row that is not blank."""
        first, *rest = places
        found = self.column(picked, *first)
        for place in rest:
            if views.said(found).all():
                break
            found = views.either(found, self.column(picked, *place))
        return found

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
        code, example = spans.distinct(self.run, self.whole(picked))
        rows = self.rows[picked[example]]
        return code, [read(spans.segment(self.run, row)) for row in rows.tolist()]

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
    def reference(self) -> Texts:
        run = self.run
        heads = spans.component(run, run.message_first[self.chosen], 1)
        return views.of(self.pool, heads, strip=False)

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
        if self.run.fast:
            found, begun = np.empty(len(opens), np.intp), np.empty(len(opens), np.intp)
            count = compiled.compiled(groupings.groups)(opens, self.message, found, begun)
            return found, begun[:count].copy()
        begun = np.flatnonzero(opens)
        group = np.cumsum(opens) - 1
        owner = self.message[begun[group]] if len(begun) else np.full(len(group), -1)
        return np.where((group >= 0) & (owner == self.message), group, -1), begun

    def latest(self, marked: Picked, group: Picked) -> Picked:
        """The number of the last of these rows that stands at or before each row in its group, -1
        where there is none, or for rows in no group."""
        marks = np.zeros(len(self.rows), bool)
        marks[marked] = True
        if self.run.fast:
            found = np.empty(len(marks), np.intp)
            compiled.compiled(groupings.latest)(marks, group, found)
            return found
        last = np.cumsum(marks) - 1
        same = (last >= 0) & (group >= 0)
        same &= np.append(group[marked], -2)[last] == group
        return np.where(same, last, -1)

    @cached_property
    def length(self) -> npt.NDArray[np.int64]:
        """Bytes of each message."""
        after = np.append(self.ahead[1:], len(self.rows)) - 1
        size: npt.NDArray[np.int64] = self.end[after].astype(np.int64) - self.begin[self.ahead] + 1
        return size

    def longest(self, tag: str) -> npt.NDArray[np.int64]:
        """Bytes of the longest segment with this tag in each message."""
        picked = self.tagged(tag)
        size = np.zeros(self.count, np.int64)
        message = self.message[picked]
        heads = np.flatnonzero(np.diff(message, prepend=-1))
        if len(heads):
            length = self.end[picked] - self.begin[picked]
            size[message[heads]] = np.maximum.reduceat(length, heads)
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
        most = count * (2000 + 6 * shared) + 12 * self.length + more
        return np.flatnonzero(most > MIB + self.limits.growth * self.length)


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
