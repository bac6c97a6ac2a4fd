"""What a typed reader hands to its file reader, and how it notes trouble on the way.

A typed reader turns one message of segments into statements. It never stops at a bad value: it
leaves a note and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final, NamedTuple, Protocol, TypeVar

from esclusa.formats.bounded import unlisted
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.limits import MIB, Limits
from esclusa.formats.work import DEFECT, EMPTY, Work
from esclusa.model import Defect, Function, Message, Severity, Statement, encode_body


class Place(Protocol):
    """Anything with a place in the file: a segment."""

    @property
    def tag(self) -> str: ...
    @property
    def offset(self) -> int: ...
    @property
    def length(self) -> int: ...
    @property
    def number(self) -> int: ...


class Reading(NamedTuple):
    """Statements of a message that share one function. Most messages give one reading."""

    function: Function
    statements: tuple[Statement, ...]


_STATEMENTS: Final = attrgetter("statements")


class Notes:
    """Collects the defects of one message.

    :param reference: the message's own reference, repeated in each defect.
    :param limit: how many are kept; the rest are counted and named in one closing note, because a
        sender who gets every check digit wrong must not fill the disk nor lose the manifest.
    """

    __slots__ = ("found", "limit", "offset", "once", "reference", "unlisted")

    def __init__(self, reference: str, offset: int, limit: int) -> None:
        self.reference = reference
        self.offset = offset
        self.limit = limit
        self.found: list[Defect] = []
        self.unlisted = 0
        self.once: set[str] = set()

    def add(
        self, code: str, severity: Severity, reason: str, at: Place | None, element: str = ""
    ) -> None:
        """Note one defect at a segment (None: at the message itself)."""
        if len(self.found) >= self.limit:
            self.unlisted += 1
            return
        where = (at.offset, at.length, at.tag, at.number) if at else (self.offset, 0, "", 0)
        self.found.append(
            Defect(
                code=code,
                severity=severity,
                reason=reason,
                offset=where[0],
                length=where[1],
                message=self.reference,
                segment=where[2],
                segment_no=where[3],
                element=element,
            )
        )

    def fatal(self, code: str, reason: str) -> None:
        """Note that the message cannot be used, whatever the limit."""
        self.limit = max(self.limit, len(self.found) + 1)
        self.add(code, Severity.FATAL, reason, None)

    def first(self, code: str, severity: Severity, reason: str, at: Place) -> None:
        """Note a defect only the first time its code and segment tag meet."""
        key = f"{code} {at.tag}"
        if key not in self.once:
            self.once.add(key)
            self.add(code, severity, reason, at)

    def closed(self) -> tuple[Defect, ...]:
        """Return all defects, with a closing note when some were not listed."""
        if self.unlisted:
            closing = Defect(
                code="message.defects.unlisted",
                severity=Severity.NOTE,
                reason=unlisted(self.unlisted, self.limit),
                offset=self.offset,
                message=self.reference,
            )
            return (*self.found, closing)
        return tuple(self.found)


def snippet(text: str) -> str:
    """Return the offending token, short enough for a defect's sentence."""
    return repr(text if len(text) <= 24 else text[:23] + "…")


class Walked(Protocol):
    """A message while it is read."""

    notes: Notes


Found = TypeVar("Found", bound=Walked)


def walk(
    found: Found,
    raw: RawMessage,
    handlers: Mapping[str, Callable[[Found, Segment], None]],
    unread: Collection[str],
    message: str,
    code: str,
) -> None:
    """Give each segment of a message to the handler of its tag.

    ``unread`` are tags that have a place and say nothing here. Any other is noted, see
    :func:`passed_over`.
    """
    for segment in raw.segments:
        if handler := handlers.get(segment.tag):
            handler(found, segment)
        elif segment.tag not in unread:
            passed_over(found.notes, segment, message, code)


def told_apart(
    notes: Notes, number: str, seen: set[str], at: Place, code: str, nameless: str
) -> bool:
    """Answer whether a bill has a number; without one it cannot be told from others.

    Notes that (``nameless`` says what lacks it), and a number that was ``seen`` before.
    """
    if not number:
        reason = f"{nameless}; it cannot be told from others"
        notes.add(f"{code}.bill.missing", Severity.ERROR, reason, at)
        return False
    if number in seen:
        reason = "this bill number stands twice in the message; the later one will stand"
        notes.add(f"{code}.bill.repeated", Severity.WARNING, reason, at)
    seen.add(number)
    return True


def passed_over(notes: Notes, segment: Place, message: str, code: str) -> None:
    """Note a segment that the ``message`` has no place for, once for each tag."""
    reason = f"segment {snippet(segment.tag)} has no place in {message}; it was passed over"
    notes.first(f"{code}.segment.unknown", Severity.NOTE, reason, segment)


def messages_of(
    raw: RawMessage,
    family: str,
    reader: Callable[[RawMessage, Notes], list[Reading]] | None,
    limits: Limits,
    work: Work,
    most: Callable[[RawMessage, Sequence[Reading]], int] | None = None,
) -> Iterator[Message]:
    """Turn one raw message into messages, one for each function its statements share.

    A message that cannot be used gets a fatal defect and makes no statement: its syntax is broken,
    it does not say its type, or its errors left nothing to state. Without a typed reader a message
    makes no statement either, and is whole. ``family`` is ``edifact`` or ``x12``. ``most`` says how
    many bytes the statements can take, where that is cheaper to know than to count.

    Raises :class:`~esclusa.errors.LimitError`, the message handed over, when the file has cost more
    ``work`` than its size allows.
    """
    notes = Notes(raw.reference, raw.offset, limits.defects_per_message)
    readings = _readings(raw, family, reader, notes)
    allowed = MIB + limits.growth * raw.length
    doubtful = most is None or most(raw, readings) > allowed
    if doubtful and _overgrown(readings, allowed):
        reason = f"its statements take more than {limits.growth} times its bytes, one value in all"
        notes.fatal(f"{family}.message.growth", reason)
        readings = []
    defects = (*raw.defects, *notes.closed())
    for reading in readings or [Reading(Function.ORIGINAL, ())]:
        yield Message(
            format=f"{family}.{raw.type.lower()}" if raw.type else family,
            offset=raw.offset,
            length=raw.length,
            reference=raw.reference,
            function=reading.function,
            directory=raw.directory,
            sender=raw.interchange_sender,
            recipient=raw.interchange_recipient,
            prepared=raw.prepared,
            statements=reading.statements,
            defects=defects,
        )
        defects = ()
    units = DEFECT * (len(notes.found) + notes.unlisted) + (0 if _stated(readings) else EMPTY)
    work.spend(units, raw.offset + raw.length)


def _overgrown(readings: list[Reading], allowed: int) -> bool:
    return overgrown((each for reading in readings for each in reading.statements), allowed)


def _stated(readings: list[Reading]) -> bool:
    return any(map(_STATEMENTS, readings))


def overgrown(statements: Iterable[Statement], allowed: int) -> bool:
    """Answer whether the statements take more bytes: a long ship's name in every bill does it."""
    for statement in statements:
        allowed -= len(encode_body(statement))
        if allowed < 0:
            return True
    return False


def _readings(
    raw: RawMessage,
    family: str,
    reader: Callable[[RawMessage, Notes], list[Reading]] | None,
    notes: Notes,
) -> list[Reading]:
    if raw.defects and any(defect.severity is Severity.FATAL for defect in raw.defects):
        return []
    if not raw.type:
        reason = "message does not say its type; nobody can know what it states"
        notes.add(f"{family}.message.type", Severity.FATAL, reason, None)
        return []
    if reader is None:
        reason = f"no typed reader for {snippet(raw.type)}; segments were read, no statements made"
        notes.add(f"{family}.message.no_reader", Severity.NOTE, reason, None)
        return []
    readings = reader(raw, notes)
    if not _stated(readings) and _errors(raw, notes):
        notes.fatal(f"{family}.message.unusable", "errors left nothing that the message states")
    return readings


def _errors(raw: RawMessage, notes: Notes) -> bool:
    return any(defect.severity is Severity.ERROR for defect in (*raw.defects, *notes.found))
