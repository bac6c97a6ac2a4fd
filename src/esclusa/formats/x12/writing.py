"""Write an X12 interchange from segments: ISA, GS, ST to SE, GE, IEA (ASC X12.5, X12.6).

Counts and control numbers of the trailers are always those of what was written; ISA has its fixed
width. Sets go out one by one, whole or not at all. What was read and must not change is the
business of ``rewriting``, not of this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, TypeVar

import msgspec

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.repertoire import Charset, named, one
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.x12.drafting import again, characters, fitting, segment
from esclusa.formats.x12.syntax_start import read_start

_T = TypeVar("_T")

WIDTHS: Final = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
"""Widths of ISA01 to ISA16."""

SERVICE: Final = frozenset({"ISA", "GS", "ST", "SE", "GE", "IEA"})
"""Segments of the envelopes, which no set may hold between ST and SE."""

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?", re.ASCII)
_REPEATS_SINCE: Final = "00402"
_CODECS: Final = ("ascii", "utf-8", "iso8859-1")


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What ISA says. ``sender`` and ``recipient`` take a code of element I05 before them.

    ``prepared`` is ISO 8601 local time to the minute. ``control`` has at most nine digits.
    ``version`` is I11 (``00401``); ``usage`` ``P`` production, ``T`` test. ``codec`` is ``ascii``,
    ``utf-8`` or ``iso8859-1``: X12 does not say in which bytes its extended characters go.
    """

    sender: str
    recipient: str
    prepared: str
    control: int = 1
    sender_qualifier: str = "ZZ"
    recipient_qualifier: str = "ZZ"
    version: str = "00401"
    acknowledge: bool = False
    usage: str = "P"
    codec: str = "ascii"


class NewSet(NamedTuple):
    """A transaction set to be written: its ST, and the segments up to and without SE."""

    head: Segment
    segments: Iterable[Segment]


class NewGroup(NamedTuple):
    """A functional group to be written: its GS and its sets."""

    head: Segment
    sets: Iterable[NewSet]


def group_head(
    functional: str,
    *,
    sender: str,
    recipient: str,
    prepared: str,
    control: int = 1,
    version: str = "004010",
) -> Segment:
    """Return GS; ``functional`` is the code of element 479 (``SO``: customs manifest).

    :raises WritingError: ``prepared`` is no moment, or a value cannot be written.
    """
    date, time = _moment(prepared, "GS", "4")
    return segment("GS", functional, sender, recipient, date, time, str(control), "X", version)


def set_head(kind: str, reference: str, convention: str = "") -> Segment:
    """Return ST; ``reference`` gets the four characters that ST02 has at least."""
    return segment("ST", kind, reference.zfill(4), convention)


def set_of(raw: RawMessage) -> NewSet:
    """Return a set that was read, to be written with its count put right."""
    body = raw.segments[1:]
    if body and body[-1].tag == "SE":
        body.pop()
    return NewSet(raw.segments[0], body)


def _moment(prepared: str, tag: str, element: str) -> tuple[str, str]:
    """CCYYMMDD and HHMM."""
    if not _MOMENT.fullmatch(prepared):
        reason = f"{prepared[:24]!r} is not a moment, expected the form 2026-04-13T10:15"
        raise WritingError(reason, segment=tag, element=element)
    return prepared[:10].replace("-", ""), prepared[11:16].replace(":", "")


def write_interchange(
    envelope: Envelope,
    groups: Iterable[NewGroup],
    *,
    marks: Separators | None = None,
    line_break: str = "",
    file: str = "",
    refuse: Callable[[WritingError], None] | None = None,
) -> Iterator[bytes]:
    """Write one interchange in pieces of whole sets; nothing comes before the first of them.

    :param marks: the separators; one set is then held at a time. None chooses separators that no
        value contains: everything is held until all has been seen.
    :param line_break: ``"\\n"`` or ``"\\r\\n"`` behind each segment, for people's eyes.
    :param file: the name used in errors.
    :param refuse: takes the error of a set that cannot be written; its neighbours are written.
        Without it the error is raised, and what was handed over so far lacks its trailers.
    :raises WritingError: an envelope cannot be written, a set cannot and ``refuse`` is not given,
        or no set is left to write. It names the set (ST02), the segment with its number (ST is 1)
        and the element.
    """
    if line_break not in ("", "\n", "\r\n"):
        raise WritingError("a line break is a line feed, after a carriage return or not", file=file)
    if marks is None:
        groups = _held(groups)
        repeats = envelope.version >= _REPEATS_SINCE
        drafts = (each for group in groups for each in _segments(group))
        marks = fitting(characters(drafts) | set(_words(envelope)), repeats=repeats)
    yield from _Writer(envelope, marks, line_break, file, refuse).run(groups)


def _held(groups: Iterable[NewGroup]) -> list[NewGroup]:
    return [
        NewGroup(head, [NewSet(each.head, list(each.segments)) for each in sets])
        for head, sets in groups
    ]


def _segments(group: NewGroup) -> Iterator[Segment]:
    yield group.head
    for each in group.sets:
        yield each.head
        yield from each.segments


def _words(envelope: Envelope) -> str:
    return envelope.sender + envelope.recipient


class _Writer:
    """What one interchange needs while it is written."""

    def __init__(
        self,
        envelope: Envelope,
        marks: Separators,
        line_break: str,
        file: str,
        refuse: Callable[[WritingError], None] | None,
    ) -> None:
        if envelope.codec not in _CODECS:
            raise WritingError(f"{envelope.codec[:20]!r} is none of {', '.join(_CODECS)}")
        self.marks = marks
        self.end = marks.terminator + (line_break if marks.terminator != "\n" else "")
        self.file = file
        self.refuse = refuse
        self.charset: Charset = named(envelope.codec, marks)
        self.control = f"{envelope.control:09d}"
        self.prefix = self.head(envelope)
        self.groups = 0

    def head(self, envelope: Envelope) -> bytes:
        """ISA, each element at its width, checked by the reader's own eyes."""
        date, time = self.told(lambda: _moment(envelope.prepared, "ISA", "9"))
        marks = self.marks
        words = ("00", "", "00", "", envelope.sender_qualifier, envelope.sender,
                 envelope.recipient_qualifier, envelope.recipient, date[2:], time,
                 marks.repetition or "U", envelope.version, self.control,
                 "1" if envelope.acknowledge else "0", envelope.usage, "")  # fmt: skip
        for place, (word, width) in enumerate(zip(words, WIDTHS, strict=True), 1):
            self.fits(word, width, place)
        padded = [word.ljust(width) for word, width in zip(words[:-1], WIDTHS, strict=False)]
        text = marks.element.join(["ISA", *padded, marks.component])
        read = read_start(text + marks.terminator + "GS" + marks.element, 0)
        if read.faults or read.marks != marks:
            raise WritingError("no reader can tell these separators", file=self.file, segment="ISA")
        return (text + self.end).encode("ascii")

    def fits(self, word: str, width: int, place: int) -> None:
        """ISA has ASCII at a fixed width, and no separator inside."""
        separators = self.marks.element + self.marks.terminator + self.marks.component
        reason = ""
        if len(word) > width:
            reason = f"a value of {len(word)} characters stands where {width} fit"
        elif not word.isascii() or any(mark in word for mark in separators):
            reason = "a value holds a separator or a character that ISA has not"
        if reason:
            raise WritingError(reason, file=self.file, segment="ISA", element=str(place))

    def told(self, make: Callable[[], _T]) -> _T:
        """Name the file in the error of an envelope."""
        try:
            return make()
        except WritingError as error:
            raise WritingError(
                error.what, file=self.file, segment=error.segment, element=error.element
            ) from None

    def run(self, groups: Iterable[NewGroup]) -> Iterator[bytes]:
        for group in groups:
            yield from self.group(group)
        if not self.groups:
            raise WritingError("no set to write, expected one at least", file=self.file)
        yield self.service(segment("IEA", str(self.groups), self.control))

    def group(self, group: NewGroup) -> Iterator[bytes]:
        """GS to GE; left out when no set of it can be written."""
        head = group.head
        if head.tag != "GS" or not head.get(6):
            reason = "GS with a control number is expected at the head of a group"
            raise WritingError(reason, file=self.file, segment=head.tag[:3], element="6")
        before, count = self.prefix, 0
        self.prefix += self.service(head)
        for each in group.sets:
            data = self.set(each)
            if data:
                yield self.prefix + data
                self.prefix, count = b"", count + 1
        if not count:
            self.prefix = before
            return
        self.groups += 1
        yield self.service(segment("GE", str(count), head.get(6)))

    def set(self, item: NewSet) -> bytes:
        """ST to SE, b"" when it cannot be written."""
        reference = item.head.get(2)
        try:
            if item.head.tag != "ST" or not item.head.get(1) or not reference:
                reason = "ST with a code and a control number is expected at the head of a set"
                raise WritingError(reason, segment=item.head.tag[:3], number=1)
            pieces = [self.line(item.head, 1)]
            for number, each in enumerate(item.segments, 2):
                if each.tag in SERVICE:
                    reason = "a service segment cannot stand inside a set"
                    raise WritingError(reason, segment=each.tag, number=number)
                pieces.append(self.line(each, number))
        except WritingError as error:
            placed = WritingError(
                error.what, file=self.file, message=reference, segment=error.segment,
                number=error.number, element=error.element,
            )  # fmt: skip
            if self.refuse is None:
                raise placed from None
            self.refuse(placed)
            return b""
        pieces.append(self.line(segment("SE", str(len(pieces) + 1), reference), 0))
        return b"".join(pieces)

    def service(self, found: Segment) -> bytes:
        return self.told(lambda: self.line(found, 0))

    def line(self, found: Segment, number: int) -> bytes:
        """One segment as bytes; an error has its number and its element."""
        try:
            text = again(found, self.marks).text
        except WritingError as error:
            raise WritingError(
                error.what, segment=found.tag, number=number, element=error.element
            ) from None
        data = one(text, self.charset)
        if isinstance(data, int):
            element = text[:data].count(self.marks.element)
            reason = f"{text[data]!r} (U+{ord(text[data]):04X}) does not fit {self.charset.codec}"
            raise WritingError(reason, segment=found.tag, number=number, element=str(element))
        return data + self.end.encode("ascii")
