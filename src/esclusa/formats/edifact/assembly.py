"""Messages put together from segments, with the envelopes they stand in.

EDIFACT and X12 nest alike: an interchange holds groups, a group holds messages, and each level
closes with a trailer that repeats a reference and counts what it holds. A message is handed over
when its trailer comes, or when something comes that cannot stand inside a message; its neighbours
never pay for it. A wrong count or reference is a flag, never a stop: of 99 published EDIFACT
messages 47 carry a wrong count.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from re import Pattern
from typing import ClassVar

from esclusa.errors import LimitError
from esclusa.formats.edifact.cleaning import Fault
from esclusa.formats.edifact.findings import Hidden
from esclusa.formats.edifact.segment import Group, Interchange, RawMessage, Segment
from esclusa.formats.limits import Limits
from esclusa.formats.work import DEFECT, Work
from esclusa.model import Defect, Severity

SNIPPET = 35
"""Characters of a doubtful value that a defect repeats; no service element is longer."""


class Assembly(ABC):
    """What is open; ``ready`` collects messages and bare defects in file order."""

    prefix: ClassVar[str]
    """First word of defect codes."""
    heads: ClassVar[tuple[str, str, str]]
    """Header tags of message, group, interchange."""
    trailers: ClassVar[tuple[str, str, str]]
    """Trailer tags of message, group, interchange: element 1 counts, element 2 refers."""
    tolerated: ClassVar[Pattern[str]]
    """Tags that may stand between an interchange's header and its first message."""

    def __init__(self, file: str, limits: Limits, work: Work | None = None) -> None:
        self.file = file
        self.limits = limits
        self.work = work or Work(file, limits)
        self.ready: list[RawMessage | Defect] = []
        self.interchange = Interchange(offset=0, bare=True)
        self.group: Group | None = None
        self.message: RawMessage | None = None
        self.overflow = False
        self.junk = 0
        self.outside = False
        self.recoded = False
        self.count = 0
        self.bare = 0
        self.hidden = Hidden()

    @abstractmethod
    def raw_message(self, head: Segment) -> RawMessage:
        """What the message's header and the open envelopes say."""

    @abstractmethod
    def raw_group(self, head: Segment) -> Group:
        """What the group's header says."""

    def same(self, repeated: str, reference: str) -> bool:
        """Does a trailer's reference repeat its header's?"""
        return repeated == reference

    # -- defects ----------------------------------------------------------------------------

    def find(
        self,
        code: str,
        severity: Severity,
        reason: str,
        offset: int,
        segment: str = "",
        length: int = 0,
        *,
        number: int = -1,
        element: str = "",
    ) -> None:
        """Record a defect in the open message, or bare if none is open; count it as work.

        Both are bounded in number, bare ones from one message to the next.

        :raises LimitError: the file has cost more work than its size allows.
        """
        self.work.spend(DEFECT, offset)
        message = self.message
        if self.overflow and message:
            return
        count = len(message.defects) if message else self.bare
        if count >= self.limits.defects_per_message:
            self.hidden.add(code, severity, offset)
            return
        defect = Defect(
            code=f"{self.prefix}.{code}",
            severity=severity,
            reason=reason,
            offset=offset,
            length=length,
            message=message.reference if message else "",
            segment=segment,
            segment_no=number if number >= 0 else message.held() + 1 if message else 0,
            element=element,
        )
        self.keep(defect)

    def keep(self, defect: Defect) -> None:
        """Put a defect with the open message, or hand it over bare."""
        if self.message is None:
            self.bare += 1
            self.ready.append(defect)
        else:
            self.message.defects.append(defect)

    def tell_hidden(self) -> None:
        """Close the defects of a message or of the stretch before it: how many are not named."""
        if self.hidden.count:
            hidden, self.hidden = self.hidden, Hidden()
            reference = self.message.reference if self.message else None
            limit = self.limits.defects_per_message
            self.keep(hidden.closing(self.prefix, limit, reference))

    def report(self, faults: tuple[Fault, ...], offset: int, segment: str) -> None:
        """Record what cleaning found in a piece; a wrong character set once per message."""
        for fault in faults:
            if fault.code == "charset":
                if self.recoded:
                    continue
                self.recoded = True
            self.find(fault.code, fault.severity, fault.reason, offset + fault.at, segment)

    # -- segments ---------------------------------------------------------------------------

    def add(self, segment: Segment) -> None:
        """Take a segment that is not part of an envelope."""
        if self.message is not None:
            if not self.overflow:
                self.message.keep(segment)
            return
        if self.outside or self.tolerated.fullmatch(segment.tag):
            return
        self.outside = True
        reason = f"segment {segment.tag} outside any message, not used"
        self.find("outside", Severity.ERROR, reason, segment.offset, segment.tag, segment.length)

    def open_group(self, head: Segment) -> None:
        self.close_group(head.offset)
        self.interchange.groups += 1
        self.group = self.raw_group(head)

    def open_message(self, head: Segment) -> None:
        """Open a message.

        :raises LimitError: the file holds more messages than the limits allow.
        """
        self.close_message(head.offset)
        self.tell_hidden()
        self.count_message(head.offset)
        head.number = 1
        self.message = self.raw_message(head)
        self.overflow = self.recoded = self.outside = False
        self.junk = self.bare = 0
        if not self.message.type:
            reason = f"{head.tag} names no message type"
            code = f"{head.tag.lower()}.type"
            self.find(code, Severity.ERROR, reason, head.offset, head.tag, head.length)

    def count_message(self, offset: int) -> None:
        self.count += 1
        if self.count > self.limits.messages:
            reason = f"more than the limit of {self.limits.messages} messages"
            raise LimitError(reason, file=self.file, offset=offset)
        self.interchange.messages += 1
        if self.group:
            self.group.messages += 1

    def end_message(self, tail: Segment) -> None:
        """Take a message's trailer; its count includes header and trailer."""
        message = self.message
        if message is None:
            self.stray(tail)
            return
        self.add(tail)
        end = tail.offset + tail.length
        self.hold(end)
        found = message.held()
        self.check(tail, "segments", {found, found + self.junk}, message.reference)
        self.hand_over(end)

    def end_group(self, tail: Segment) -> None:
        tail.number = 0
        self.close_message(tail.offset)
        group, self.group = self.group, None
        if group is None:
            self.stray(tail)
        else:
            group.claimed = tail.get(1)
            self.check(tail, "messages", {group.messages}, group.reference)

    def end_interchange(self, tail: Segment) -> None:
        """Take an interchange's trailer, which counts groups, or messages if there are none."""
        tail.number = 0
        self.close_group(tail.offset)
        last, self.interchange = self.interchange, Interchange(offset=tail.offset, bare=True)
        if not last.bare:
            what = "groups" if last.groups else "messages"
            self.check(tail, what, {last.groups or last.messages}, last.reference)

    def stray(self, tail: Segment) -> None:
        reason = f"{tail.tag} closes nothing that is open"
        code = f"{tail.tag.lower()}.outside"
        self.find(code, Severity.WARNING, reason, tail.offset, tail.tag, tail.length)

    def check(self, tail: Segment, what: str, found: set[int], reference: str) -> None:
        """Compare a trailer with what it closes."""
        if _number(tail.get(1)) not in found:
            reason = f"{tail.tag} counts {_show(tail.get(1))} {what}, found {min(found)}"
            self.doubt("count", reason, tail, "1")
        if not self.same(tail.get(2), reference):
            reason = f"{tail.tag} refers to {_show(tail.get(2))}, expected {_show(reference)}"
            self.doubt("reference", reason, tail, "2")

    def doubt(self, what: str, reason: str, tail: Segment, element: str) -> None:
        code = f"{tail.tag.lower()}.{what}"
        where = (tail.offset, tail.tag, tail.length)
        self.find(code, Severity.WARNING, reason, *where, number=tail.number, element=element)

    # -- closing ----------------------------------------------------------------------------

    def close_message(self, offset: int) -> None:
        """End a message without trailer because something else begins at ``offset``."""
        self.hold(offset)
        if self.message is None or (not self.overflow and self.split_trailer(self.message)):
            return
        trailer = self.trailers[0]
        reason = f"the message ends without {trailer}"
        self.find(f"{trailer.lower()}.missing", Severity.ERROR, reason, offset)
        self.hand_over(offset)

    def split_trailer(self, message: RawMessage) -> bool:
        """Recover a trailer whose predecessor lost its terminator; True if there was one."""
        last = message.segments[-1]
        tag, element = self.trailers[0], re.escape(last.marks.element)
        end = rf"({tag}{element}[0-9]{{1,6}}{element}{re.escape(message.reference)})\Z"
        found = re.search(end, last.text)
        if not found or not found.start() or not last.text.isascii():
            return False
        size = len(found[1]) + 1
        place = last.offset + last.length - size
        last.text, last.length = last.text[: found.start()], last.length - size
        reason = f"no terminator before {tag}"
        self.find("terminator.missing", Severity.WARNING, reason, place, tag)
        self.end_message(Segment(found[1], tag, place, size, last.number + 1, last.marks))
        return True

    def close_group(self, offset: int) -> None:
        self.close_message(offset)
        if self.group is not None:
            self.group = None
            self.missing(1, "group", offset)

    def close_interchange(self, offset: int) -> None:
        """End an interchange without trailer because something else begins at ``offset``."""
        self.close_group(offset)
        bare = self.interchange.bare
        self.interchange = Interchange(offset=offset, bare=True)
        if not bare:
            self.missing(2, "interchange", offset)

    def missing(self, level: int, what: str, offset: int) -> None:
        trailer = self.trailers[level]
        reason = f"the {what} ends without {trailer}"
        self.find(f"{trailer.lower()}.missing", Severity.WARNING, reason, offset)

    def truncate(self, offset: int) -> None:
        """End a message that the end of the file cut off: what is missing cannot be known."""
        if self.message is not None:
            reason = f"the file ends inside the message, {self.trailers[0]} expected"
            self.find("truncated", Severity.FATAL, reason, offset)
            self.hand_over(offset)

    def hold(self, offset: int) -> None:
        """Give up a message that has grown past the limits, before memory does."""
        message = self.message
        if message is None or self.overflow:
            return
        size, limits = offset - message.offset, self.limits
        if size <= limits.message_bytes and message.held() <= limits.segments:
            return
        self.overflow = True
        self.hidden = Hidden()
        del message.segments[1:]
        message.defects[:] = [
            Defect(
                code=f"{self.prefix}.message.size",
                severity=Severity.FATAL,
                reason=f"more than {limits.message_bytes:,} bytes or {limits.segments:,} segments",
                offset=message.offset,
                message=message.reference,
                segment=self.heads[0],
                segment_no=1,
            )
        ]

    def hand_over(self, end: int) -> None:
        message = self.message
        if message is not None:
            self.hold(end)
            self.tell_hidden()
            message.length = end - message.offset
            self.ready.append(message)
            self.message = None
            self.recoded = False


def _number(text: str) -> int:
    """A control count, -1 if it is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1


def _show(value: str) -> str:
    return repr(value[:SNIPPET])
