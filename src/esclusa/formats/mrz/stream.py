"""Files of machine readable zones: one after another, with or without empty lines between.

Each zone becomes a message with one traveller. What is no zone becomes a refused message; its
neighbours are read. A zone that lost a line ends where the next one begins.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from esclusa.errors import FormatError, LimitError
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.format import Format
from esclusa.formats.heading import Heading, Refuse
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.mrz.lines import LONGEST
from esclusa.formats.mrz.reader import attempt
from esclusa.formats.mrz.records import fields_of, traveller
from esclusa.formats.mrz.writer import write
from esclusa.formats.work import Work, metered
from esclusa.model import Defect, Message, Traveller

_CHUNK: Final = 64 * 1024
_DIGIT: Final = re.compile(rb"[0-9]")
_CARD: Final = re.compile(rb"\s*[ACI][A-Z<]", re.IGNORECASE)
_OPENING: Final = re.compile(
    rb"[ACIPV][A-Z<][A-Z<]{3}(?:[A-Z0-9<]{25}|[A-Z0-9<]{31}|[A-Z0-9<]{39})\r?\n"
    rb"[A-Z0-9<]{30,44}\r?(?:\n|$)",
    re.IGNORECASE,
)
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"


class _Group:
    """The lines of one zone while they come in."""

    __slots__ = ("lines", "offset")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.lines: list[bytes] = []

    def takes(self, line: bytes) -> bool:
        """Answer whether a line goes on with this zone."""
        if not self.lines:
            return True
        wanted = _wanted(self.lines[0])
        return len(self.lines) < wanted and not _opens(line, len(self.lines), wanted)


def read(
    stream: BinaryIO,
    *,
    file: str = "",
    limits: Limits = DEFAULT,
    reference: dt.date | None = None,
) -> Iterator[Message | Defect]:
    """Read a file of zones; see :class:`~esclusa.formats.format.Reader`.

    ``reference`` is the day that settles the centuries of dates (``dates``), today in UTC when not
    given.
    """
    day = reference or dt.datetime.now(dt.UTC).date()
    yield from metered(_messages(stream, file, limits, day), Work(file, limits))


def _messages(stream: BinaryIO, file: str, limits: Limits, day: dt.date) -> Iterator[Message]:
    for count, group in enumerate(_groups(stream), 1):
        if count > limits.messages:
            reason = f"file holds more than {limits.messages:,} zones"
            raise LimitError(reason, file=file, offset=group.offset)
        yield _message(group, day)


def _groups(stream: BinaryIO) -> Iterator[_Group]:
    """Lines that belong together; an empty line parts, and so does a line that opens a zone."""
    group, offset = _Group(0), 0
    while line := stream.readline(LONGEST + 1):
        end = offset + len(line) + _rest(stream, line)
        if not line.strip(_BLANK):
            if group.lines:
                yield group
            group = _Group(end)
        else:
            if not group.takes(line):
                yield group
                group = _Group(offset)
            group.lines.append(line)
        offset = end
    if group.lines:
        yield group


def _rest(stream: BinaryIO, line: bytes) -> int:
    """Pass over the rest of a line that is longer than any zone, and count it."""
    passed = 0
    while len(line) > LONGEST and not line.endswith(b"\n"):
        line = stream.readline(_CHUNK)
        passed += len(line)
        if len(line) < _CHUNK:
            break
    return passed


def _wanted(first: bytes) -> int:
    """How many lines a zone has that begins with this one."""
    length = len(first.strip(_BLANK))
    return 3 if length < 33 else 2 if length < 60 else 1


def _opens(line: bytes, place: int, wanted: int) -> bool:
    """Answer whether a line must be the first of the next zone.

    The first line of a passport or visa has no digit, its second has some. The second line of a
    card begins with a date, its third has no digit.
    """
    if wanted == 2:
        return not _DIGIT.search(line) and len(line.strip(_BLANK)) >= 33
    if place == 1:
        return _CARD.match(line) is not None
    return _CARD.match(line) is not None and _DIGIT.search(line) is not None


def _message(group: _Group, day: dt.date) -> Message:
    data = b"".join(group.lines)
    found = attempt(data, offset=group.offset)
    if isinstance(found, Defect):
        return Message(format="mrz", offset=group.offset, length=len(data), defects=(found,))
    return Message(
        format=f"mrz.{found.fields.kind.lower()}",
        offset=group.offset,
        length=len(data),
        statements=(traveller(found.fields, day),),
        defects=found.defects,
    )


def write_file(
    messages: Iterable[Message], heading: Heading, kind: str = "", *, refuse: Refuse | None = None
) -> Iterator[bytes]:
    """Write the zone of each traveller's first document; an empty line parts the zones.

    See :class:`~esclusa.formats.writers.Writing`. A message is written whole or not at all.
    """
    del heading, kind
    for message in messages:
        try:
            yield b"".join(_zone(person) for person in message.statements)
        except FormatError as error:
            refused = WritingError(error.reason, message=message.reference)
            if refuse is None:
                raise refused from None
            refuse(refused)


def _zone(person: object) -> bytes:
    if not isinstance(person, Traveller):
        raise FormatError(f"a zone carries a traveller, no {type(person).__name__}")
    return "\n".join((*write(fields_of(person)), "", "")).encode("ascii")


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the file opens with two lines of a zone."""
    del name
    return _OPENING.match(head.lstrip(_BLANK)) is not None


FORMAT: Final = Format(
    id="mrz",
    title_en="Machine readable zones of travel documents",
    title_es="Zonas de lectura mecánica de documentos de viaje",
    standard="ICAO Doc 9303 parts 3 to 7, 8th edition",
    sniff=sniff,
    read=read,
)
