"""The plain reader, which hands over whole stretches of regular transaction sets uncut.

The states are those of :class:`esclusa.formats.x12.syntax.Reader`, and it does the reading: ISA and
the separators it names, groups and interchanges with their counts and control numbers, and
whatever is out of the ordinary. Only where it would begin a set, and arrays of the text ahead show
that this set and those behind it are regular to the last segment, they are passed on as one
:class:`Stretch` and counted. So every defect that there is comes from the plain reader itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple, cast

import msgspec
import numpy as np

from esclusa.formats.edifact.buffer import BLOCK, CONTEXT, Source
from esclusa.formats.edifact.segment import Group, Interchange, RawMessage
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.work import Work
from esclusa.formats.x12.columns.scan import Rows, Whole, scan, tag_code
from esclusa.formats.x12.columns.sets import regular
from esclusa.formats.x12.syntax import Reader
from esclusa.formats.x12.syntax_envelope import Envelopes
from esclusa.model import Defect

WINDOW: Final = 2 << 20
"""Bytes looked at together: fewer cost more time, more cost more memory than they are worth."""

LEAST: Final = 8 << 10
"""A stretch of fewer bytes is not worth arrays."""


IEA: Final = tag_code("IEA")
ISA: Final = tag_code("ISA")


class Stretch(msgspec.Struct, eq=False):
    """Regular sets that stand behind each other in a group.

    ``first`` and ``last`` are the rows of ST and SE of each, ``start`` the byte of the file where
    the window of the rows begins.
    """

    rows: Rows
    start: int
    first: Whole
    last: Whole
    interchange: Interchange
    group: Group | None
    growth: int

    def __len__(self) -> int:
        return len(self.first)

    def raw(self, number: int, envelopes: Envelopes) -> RawMessage:
        """Return a set as the plain reader hands it over.

        :param envelopes: any; what is open in it is forgotten.
        """
        rows = range(int(self.first[number]), int(self.last[number]) + 1)
        segments = [self.rows.segment(row, self.start, at) for at, row in enumerate(rows, 1)]
        envelopes.interchange, envelopes.group = self.interchange, self.group
        found = envelopes.raw_message(segments[0])
        found.segments = segments
        found.length = segments[-1].offset + segments[-1].length - found.offset
        return found


class _Plan(NamedTuple):
    """What arrays say of the text up to byte ``until``: ``opens`` are the bytes where regular sets
    begin."""

    rows: Rows | None
    start: int
    until: int
    opens: Whole
    first: Whole
    last: Whole
    closes: Whole


class _Source(Source):
    """A source that can fetch many blocks at once, within the limit of the file."""

    __slots__ = ()

    def fill(self, count: int) -> None:
        """Fetch until ``count`` characters lie ahead, once half of them are used up."""
        ahead = len(self.text) - self.at
        if self.ended or ahead >= count // 2:
            return
        forget = max(0, self.at - CONTEXT)
        blocks, size = [self.text[forget:]], ahead
        while size < count and self.start + self.at + size + BLOCK <= self._limit:
            block = self._stream.read(BLOCK)
            if not block:
                self.ended = True
                break
            blocks.append(block.decode("latin-1"))
            size += len(block)
        self.text = "".join(blocks)
        self.start += forget
        self.at -= forget


class StretchReader(Reader):
    """The X12 dialect, in stretches where it can."""

    source: _Source

    def __init__(self, source: _Source, envelopes: Envelopes, backend: str) -> None:
        super().__init__(source, envelopes)
        self.backend = backend
        self.plan = _Plan(None, 0, 0, *(np.zeros(0, np.int64),) * 4)
        self.planned = self.marks

    def cut(self) -> bool:
        offset = self.source.offset
        if offset >= self.plan.until or self.planned is not self.marks:
            if self.assembly.message is None:
                self.look()
            else:
                return super().cut()
        opens = self.plan.opens
        at = int(np.searchsorted(opens, offset))
        if at < len(opens):
            if opens[at] == offset and self.assembly.message is None and self.hand_on(at):
                return True
            # The plain reader goes as far as the next regular set and looks again.
            at += opens[at] == offset
            if at < len(opens):
                self.span = min(self.span, int(opens[at]) - offset)
        return super().cut()

    def look(self) -> None:
        """Make a plan of the text ahead: up to the end of the interchange, or of what is there."""
        source, marks = self.source, self.marks
        source.fill(WINDOW)
        text, at, offset = source.text, source.at, source.offset
        # Small interchanges must not cost a look at all that follows them.
        end = text.find("IEA" + marks.element, at, at + LEAST)
        window = text[at : end if end >= 0 else len(text)]
        until = offset + max(len(window), 1)
        window = window[: window.rfind(marks.terminator) + 1]
        nothing = np.zeros(0, np.int64)
        self.planned = marks
        self.plan = _Plan(None, offset, until, *(nothing,) * 4)
        if len(window) < LEAST:
            return
        rows = scan(window, marks, self.backend)
        # The first row may be the ISA that has just been opened; behind another all may change.
        stops = np.flatnonzero((rows.tag[1:] == IEA) | (rows.tag[1:] == ISA)) + 1
        first, last = regular(rows, self.assembly.limits)
        if len(stops):
            inside = last < stops[0]
            first, last = first[inside], last[inside]
            until = offset + int(rows.end[stops[0]])
        elif not source.ended and len(last):
            # What is cut off at the end of the window is looked at again with what follows.
            until = offset + int(rows.end[last[-1]]) + 1
        opens, closes = offset + rows.raw[first].astype(np.int64), rows.end[last].astype(np.int64)
        self.plan = _Plan(rows, offset, until, opens, first, last, offset + closes + 1)

    def hand_on(self, at: int) -> bool:
        """Hand on the regular sets from this one of the plan on; False when a limit forbids it."""
        plan, assembly = self.plan, self.assembly
        assert plan.rows is not None
        apart = np.flatnonzero(plan.opens[at + 1 :] != plan.closes[at:-1])
        to = at + 1 + int(apart[0]) if len(apart) else len(plan.opens)
        count = to - at
        if assembly.count + count > assembly.limits.messages:
            return False
        assembly.tell_hidden()
        assembly.count += count
        assembly.interchange.messages += count
        if assembly.group:
            assembly.group.messages += count
        assembly.overflow = assembly.recoded = assembly.outside = False
        assembly.junk = assembly.bare = 0
        stretch = Stretch(
            plan.rows, plan.start, plan.first[at:to], plan.last[at:to],
            assembly.interchange, assembly.group, assembly.limits.growth,
        )  # fmt: skip
        assembly.ready.append(cast(RawMessage, stretch))
        self.source.move(int(plan.closes[to - 1]))
        return True


def read_stretches(
    stream: BinaryIO, *, backend: str, file: str = "", limits: Limits = DEFAULT, work: Work
) -> Iterator[Stretch | RawMessage | Defect]:
    """As :func:`esclusa.formats.x12.syntax.read_messages`, with regular sets together."""
    source = _Source(stream, file=file, limit=limits.file_bytes)
    reader = StretchReader(source, Envelopes(file, limits, work), backend)
    return cast(Iterator[Stretch | RawMessage | Defect], reader.run())
