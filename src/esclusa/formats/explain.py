"""Explain a message: what it was taken for, its segments by name, its defects at their place, and
the records that the typed reader makes of it.

One pass of the reader that intake uses gives segments, defects and records; for UN/EDIFACT the
directory and the guide are asked as well. Nothing is stored, and no clock is read.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final

import msgspec

from esclusa.errors import LimitError
from esclusa.formats.edifact import directory as packed
from esclusa.formats.edifact.buffer import Source
from esclusa.formats.edifact.guides import BASE, Guide, by_id
from esclusa.formats.edifact.machine import Machine
from esclusa.formats.edifact.naming import COMPONENTS as MOST
from esclusa.formats.edifact.naming import Names, Numbered, elements_of, weight
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.edifact.validation import judged_by, schema, validate
from esclusa.formats.explained import Block, Explained, Row, Told
from esclusa.formats.files import HEAD, open_stream
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.reading import Notes, Reading, messages_of
from esclusa.formats.registry import detect, read_stream
from esclusa.formats.work import Work
from esclusa.model import Defect, Message, Severity

ROWS: Final = 2_000
"""Segments shown; a person reads no more, and a page of so many weighs some megabytes."""
COMPONENTS: Final = 40_000
"""Components shown in all. Two thousand real segments have some 16,000."""
DEFECTS: Final = 500
"""Defects listed; the rest is counted by severity."""

_SEVERITIES: Final = tuple(Severity)
_OWN: Final = frozenset({"UNH", "UNT", "ST", "SE"})
"""Service segments that stand in a message; the others are an envelope's."""


class _Found(msgspec.Struct, eq=False):
    """A message, or a segment of an envelope, while its defects are put in their places."""

    offset: int
    raw: RawMessage | None = None
    segments: list[Segment] = []
    messages: list[Message] = []
    defects: list[Defect] = []
    edition: str = ""
    guide: Guide = BASE


class _Asked(msgspec.Struct, frozen=True):
    """How to judge, as :func:`explain` takes it."""

    directory: str
    guide: str | None
    limits: Limits


def explain(
    data: bytes, *, name: str = "", directory: str = "", guide: str | None = None,
    least: Severity = Severity.NOTE, rows: int = ROWS, defects: int = DEFECTS,
    limits: Limits = DEFAULT,
) -> Explained:  # fmt: skip
    """Explain a whole input, packed with gzip or not.

    :param name: as the sender gave it; its ending helps to tell a table.
    :param directory: such as ``D.17B``, "" for the one that each message names.
    :param guide: a guide's id, "" for the bare directory, None for the guide that UNH 0057 names.
    :param least: defects less severe are counted and neither listed nor placed.
    :param rows: how many segments are shown; those with a listed defect come first, then the
        earliest.
    :param defects: how many defects are listed, the most severe first.
    :raises UnknownFormat: no reader recognises it.
    :raises LimitError: more than ``limits.file_bytes``, or packed data that unpack too far. Any
        other limit ends the reading with a fatal defect ``file.limit`` after what came before it.
    :raises FormatError: packed data are damaged.
    :raises ConfigError: there is no such guide.
    """
    by_id(guide or "")
    content = open_stream(io.BytesIO(data), name, limits).read()
    if len(content) > limits.file_bytes:
        raise LimitError(f"it is more than {limits.file_bytes:,} bytes", file=name)
    taken = detect(content[:HEAD], name)
    found, between = _gathered(taken, content, name, _Asked(directory, guide, limits))
    placed = _Placed(content, found, between, least, rows, defects)
    return Explained(
        format=taken.id, title_en=taken.title_en, title_es=taken.title_es,
        standard=taken.standard, size=len(data), blocks=tuple(placed.blocks()),
        told=placed.told, counts=placed.counts, unlisted=placed.unlisted,
        segments=sum(len(one.segments) for one in found), shown=len(placed.shown),
    )  # fmt: skip


# -- reading --------------------------------------------------------------------------------------


def _gathered(
    taken: Format, content: bytes, name: str, asked: _Asked
) -> tuple[list[_Found], list[Defect]]:
    """Return what stands in the content in its order, and the defects outside any message."""
    found: list[_Found] = []
    between: list[Defect] = []
    segmented = _SEGMENTED.get(taken.id)
    items = segmented(content, asked) if segmented else _plain(content, name, asked.limits)
    try:
        for item in items:
            if isinstance(item, Defect):
                between.append(item)
            else:
                found.append(item)
    except LimitError as error:
        between.append(
            Defect(
                code="file.limit",
                severity=Severity.FATAL,
                reason=error.reason,
                offset=max(error.offset, 0),
            )
        )
    found.sort(key=attrgetter("offset"))
    return found, between


def _plain(content: bytes, name: str, limits: Limits) -> Iterator[_Found | Defect]:
    """Yield the messages of a format that has no segments."""
    stream = open_stream(io.BytesIO(content), name, limits)
    for item in read_stream(stream, name, limits=limits):
        if isinstance(item, Defect):
            yield item
        else:
            yield _Found(item.offset, messages=[item], defects=list(item.defects))


def _edifact(content: bytes, asked: _Asked) -> Iterator[_Found | Defect]:
    """Yield messages of UN/EDIFACT, each with what its directory and guide say of it."""
    from esclusa.formats.edifact.envelope import Envelopes
    from esclusa.formats.edifact.reader import TYPES
    from esclusa.formats.edifact.syntax import Reader

    limits, work, judging = asked.limits, Work("", asked.limits), Work("", asked.limits)
    reader = Reader(_source(content, limits), Envelopes("", limits, work))
    for item in _segments(reader):
        if isinstance(item, RawMessage):
            found = _read(item, "edifact", TYPES, limits, work)
            found.edition, found.guide = judged_by(item, asked.directory, asked.guide)
            found.defects += validate(
                item, directory=asked.directory, guide=asked.guide, limits=limits, work=judging
            )
            yield found
        else:
            yield item


def _x12(content: bytes, asked: _Asked) -> Iterator[_Found | Defect]:
    """Yield transaction sets of X12."""
    from esclusa.formats.x12.reader import TYPES
    from esclusa.formats.x12.syntax import Reader
    from esclusa.formats.x12.syntax_envelope import Envelopes

    limits, work = asked.limits, Work("", asked.limits)
    reader = Reader(_source(content, limits), Envelopes("", limits, work))
    for item in _segments(reader):
        yield _read(item, "x12", TYPES, limits, work) if isinstance(item, RawMessage) else item


_SEGMENTED: Final[dict[str, Callable[[bytes, _Asked], Iterator[_Found | Defect]]]] = {
    "edifact": _edifact,
    "x12": _x12,
}
"""Formats that are made of segments."""


def _source(content: bytes, limits: Limits) -> Source:
    return Source(io.BytesIO(content), file="", limit=limits.file_bytes)


def _segments(reader: Machine) -> Iterator[RawMessage | Defect | _Found]:
    """Yield what a reader yields, and the segments of envelopes, which it takes for itself."""
    seen: list[Segment] = []
    for tag in reader.service.keys() - _OWN:
        reader.service[tag] = _noting(reader.service[tag], seen)
    for item in reader.run():
        yield item
        while seen:
            segment = seen.pop()
            yield _Found(segment.offset, segments=[segment])
    yield from (_Found(segment.offset, segments=[segment]) for segment in seen)


def _noting(handle: Callable[[Segment], None], seen: list[Segment]) -> Callable[[Segment], None]:
    """Return the handler of an envelope's segment that also remembers the segment."""

    def noted(segment: Segment) -> None:
        seen.append(segment)
        handle(segment)

    return noted


def _read(
    raw: RawMessage,
    family: str,
    types: dict[str, Callable[[RawMessage, Notes], list[Reading]]],
    limits: Limits,
    work: Work,
) -> _Found:
    """Return a message with what its typed reader makes of it, and the defects of both."""
    messages = list(messages_of(raw, family, types.get(raw.type), limits, work))
    told = [defect for message in messages for defect in message.defects]
    return _Found(raw.offset, raw, raw.segments, messages, told)


# -- placing --------------------------------------------------------------------------------------

_Spot = tuple[int, int]
"""Index of what was found, and of the segment in it; -1: no segment."""


class _Placed:
    """Which defects are listed, which segments are shown, and what is where."""

    def __init__(
        self, content: bytes, found: list[_Found], between: list[Defect], least: Severity,
        rows: int, defects: int,
    ) -> None:  # fmt: skip
        self._found = found
        self._breaks = _line_ends(content)
        every = sorted([*_inside(found), *_outside(found, between)], key=lambda one: one[0].offset)
        counted = Counter(str(defect.severity) for defect, _ in every)
        self.counts = {str(one): counted[str(one)] for one in _SEVERITIES}
        wanted = [one for one in every if _rank(one[0]) >= _SEVERITIES.index(least)]
        listed = sorted(wanted, key=lambda one: -_rank(one[0]))[:defects]
        listed.sort(key=lambda one: one[0].offset)
        self.unlisted = len(wanted) - len(listed)
        self._told: dict[_Spot, list[Numbered]] = {}
        for number, (defect, spot) in enumerate(listed, 1):
            self._told.setdefault(spot, []).append((number, defect))
        self.shown = _shown(found, self._told.keys(), rows)
        self.told = tuple(
            Told(number, defect, self._line(defect.offset), self.shown.get(spot, 0))
            for number, (defect, spot) in enumerate(listed, 1)
        )

    def blocks(self) -> Iterator[Block]:
        """Yield the messages, and between them the segments of envelopes, in file order."""
        for is_message, group in groupby(enumerate(self._found), lambda one: bool(one[1].messages)):
            if is_message:
                yield from (self._message(at, found) for at, found in group)
            else:
                yield self._envelope(list(group))

    def _line(self, offset: int) -> int:
        return bisect_left(self._breaks, offset) + 1 if self._breaks is not None else 0

    def _envelope(self, group: list[tuple[int, _Found]]) -> Block:
        names = Names(packed.SERVICE if group[0][1].segments[0].tag.startswith("UN") else "")
        rows, skipped = self._rows([(at, 0, one.segments[0]) for at, one in group], names)
        return Block(
            rows=rows, skipped=skipped, offset=group[0][1].offset,
            line=self._line(group[0][1].offset),
        )  # fmt: skip

    def _message(self, at: int, found: _Found) -> Block:
        first, raw = found.messages[0], found.raw
        rows, skipped = self._rows(
            [(at, number, segment) for number, segment in enumerate(found.segments)], _names(found)
        )
        return Block(
            rows=rows, skipped=skipped, format=first.format, type=raw.type if raw else "",
            reference=first.reference, directory=first.directory, judged_by=found.edition,
            guide=found.guide.id, guide_title_en=found.guide.title_en,
            guide_title_es=found.guide.title_es, offset=first.offset, length=first.length,
            line=self._line(first.offset), messages=tuple(found.messages),
            defects=tuple(number for number, _ in self._told.get((at, -1), ())),
        )  # fmt: skip

    def _rows(
        self, segments: list[tuple[int, int, Segment]], names: Names
    ) -> tuple[tuple[Row, ...], int]:
        """Return the rows of a block, and how many segments come after the last."""
        made: list[Row] = []
        skipped = 0
        for at, index, segment in segments:
            if (at, index) in self.shown:
                made.append(self._row((at, index), segment, names, skipped))
                skipped = 0
            else:
                skipped += 1
        return tuple(made), skipped

    def _row(self, spot: _Spot, segment: Segment, names: Names, skipped: int) -> Row:
        elements, loose = elements_of(segment, names, self._told.get(spot, ()))
        return Row(
            row=self.shown[spot], number=segment.number, tag=segment.tag,
            name=names.segment(segment.tag), offset=segment.offset, length=segment.length,
            line=self._line(segment.offset), elements=elements, defects=loose,
            cut=weight(segment) == MOST, skipped=skipped,
        )  # fmt: skip


def _names(found: _Found) -> Names:
    """Return the names for a message's segments, of the nearest directory where none has it."""
    raw = found.raw
    if raw is None or found.messages[0].format.partition(".")[0] != "edifact":
        return Names()
    if found.edition:
        return Names(found.edition, schema(found.edition, raw.type, found.guide.id))
    wanted = packed.age(raw.directory)
    return Names(min(packed.sources(), key=lambda one: abs(packed.age(one) - wanted)))


def _rank(defect: Defect) -> int:
    return _SEVERITIES.index(defect.severity)


def _inside(found: list[_Found]) -> Iterator[tuple[Defect, _Spot]]:
    """Yield the defects of messages, each in its segment; -1 for one of the message as a whole."""
    for at, one in enumerate(found):
        starts = [segment.offset for segment in one.segments]
        for defect in one.defects:
            yield defect, (at, _segment_of(defect, one.segments, starts))


def _segment_of(defect: Defect, segments: list[Segment], starts: list[int]) -> int:
    """Return the index of the segment that a defect names, else of the last that begins before it.

    What was passed over has a number too, which the next segment then gets as well.
    """
    number = defect.segment_no
    if not number:
        return -1
    if number <= len(segments):
        named = segments[number - 1]
        if named.offset <= defect.offset <= named.offset + named.length:
            return number - 1
    return bisect_right(starts, defect.offset) - 1


def _outside(found: list[_Found], between: list[Defect]) -> Iterator[tuple[Defect, _Spot]]:
    """Yield the defects outside messages, in the envelope's segment that they are in, if any."""
    envelopes = [(one.offset, at) for at, one in enumerate(found) if not one.messages]
    for defect in between:
        before = bisect_right(envelopes, (defect.offset, len(found))) - 1
        offset, at = envelopes[before] if before >= 0 else (0, -1)
        within = at >= 0 and defect.offset < offset + found[at].segments[0].length
        yield defect, (at, 0) if within else (-1, -1)


def _shown(found: list[_Found], told: Collection[_Spot], rows: int) -> dict[_Spot, int]:
    """Return the segments that are shown, each with the number of its row."""
    every = [(at, index) for at, one in enumerate(found) for index in range(len(one.segments))]
    chosen: list[_Spot] = []
    left = COMPONENTS
    for spot in sorted(every, key=lambda spot: spot not in told)[:rows]:
        left -= weight(found[spot[0]].segments[spot[1]])
        if left < 0:
            break
        chosen.append(spot)
    return {spot: row for row, spot in enumerate(sorted(chosen), 1)}


def _line_ends(content: bytes) -> list[int] | None:
    """Return where lines end, None when the content is no text."""
    if b"\0" in content[:HEAD]:
        return None
    return [match.start() for match in re.finditer(b"\n", content)]
