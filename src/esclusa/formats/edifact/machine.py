"""The states a syntax reader can be in, the same for EDIFACT and X12.

A reader *seeks* the start of an interchange and passes over anything else (telex headers, mail
footers); it *cuts* segments; or it *skips* an unusable piece up to the next terminator or the next
interchange, whichever comes first. What a start and a service segment look like is the dialect's
affair (``edifact.syntax``, ``x12.syntax``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from re import Pattern
from typing import ClassVar

from esclusa.errors import LimitError
from esclusa.formats.edifact.assembly import Assembly
from esclusa.formats.edifact.buffer import BLOCK, CONTEXT, Source
from esclusa.formats.edifact.cleaning import BLANKS, clean, cut, irregular, releases_well
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators, ends_released
from esclusa.formats.work import START
from esclusa.model import Defect, Severity

FIRST_SPAN = 256
"""Characters cut after a new start; the span grows fourfold as long as the reading is regular.

Small interchanges and rubbish then cost no repeated cutting of whole blocks."""

LAST_SPAN = 2 * BLOCK

SEARCHES = 16
"""Interchanges looked for inside endless pieces, per stretch of the segment limit."""

START_SPAN = 128
"""No start of an interchange is longer; the last so many characters of a block wait."""

LOST_SPAN = 66
"""Longest match of :meth:`Machine.lost_segment`."""


class Machine(ABC):
    """The three states over one source; a dialect fills in the abstract methods."""

    start: ClassVar[Pattern[str]]
    """Finds an interchange, or a message that lost its envelope, within START_SPAN characters."""
    hint: ClassVar[Pattern[str]]
    """Finds a word in an unusable piece that makes a search for ``start`` worthwhile."""
    services: ClassVar[frozenset[str]]
    """First two characters of service segments other than the interchange header."""
    closers: ClassVar[tuple[str, ...]]
    """Tags that end something; the first of them ends a message."""
    nothing: ClassVar[str]
    """The sentence for a file without any interchange."""

    def __init__(self, source: Source, assembly: Assembly) -> None:
        self.source = source
        self.assembly = assembly
        self.step: Callable[[], bool] = self.seek
        self.marks = Separators()
        self.codec = "ascii"
        self.known: dict[str, str] = {}
        self.opened_at = -1
        self.moved = False
        self.span = FIRST_SPAN
        self.skip_begin = 0
        self.skip_from = 0
        self.skip_silent = False
        self.skip_past = 0
        self.searched = -1
        self.searches = 0
        self.passed = -1
        self.seen = False
        self.service: dict[str, Callable[[Segment], None]] = {}

    def run(self) -> Iterator[RawMessage | Defect]:
        """Read to the end of the stream, handing over in file order.

        :raises LimitError: after everything before it was handed over.
        """
        refusal: LimitError | None = None
        running = True
        while running:
            try:
                running = self.step()
            except LimitError as error:
                refusal, running = error, False
            ready, self.assembly.ready = self.assembly.ready, []
            yield from ready
        if refusal:
            raise refusal

    # -- the dialect ------------------------------------------------------------------------

    @abstractmethod
    def settle(self) -> int:
        """Begin what starts at the source's position; index of its first segment.

        Sets ``marks``, and tells the assembly of anything doubtful.
        """

    @abstractmethod
    def opens(self, text: str) -> bool:
        """Does this piece begin an interchange, which must not happen inside another?"""

    @abstractmethod
    def member(self, head: str) -> bool:
        """Is this the head of a message or group, which may stand inside an interchange?"""

    @abstractmethod
    def find_glued(self, window: str) -> int:
        """Index of a segment that no terminator separates from its neighbour, 0 if none."""

    @abstractmethod
    def tag(self) -> Pattern[str]:
        """Matches a tag, as group 1, at the start of a segment."""

    @abstractmethod
    def lost_segment(self) -> Pattern[str]:
        """Finds text outside any interchange that is plainly a segment."""

    # -- seek -------------------------------------------------------------------------------

    def seek(self) -> bool:
        """Look for the start of an interchange; False at the end of the stream."""
        source = self.source
        final = self.final()
        match = self.start.search(source.text, source.at)
        if match and match.start() < final:
            self.pass_over(match.start())
            source.at = match.start()
            self.open()
            return True
        self.pass_over(max(source.at, final))
        source.at = max(source.at, final)
        return self.fetch()

    def final(self) -> int:
        """Index before which a match of START can no longer change when more bytes arrive."""
        length = len(self.source.text)
        return length if self.source.ended else max(0, length - START_SPAN)

    def fetch(self) -> bool:
        if self.source.ended:
            self.finish()
            return False
        self.source.more()
        return True

    def finish(self) -> None:
        self.assembly.close_interchange(self.source.offset)
        if not self.seen:
            self.assembly.find("none", Severity.FATAL, self.nothing, 0)
        self.assembly.tell_hidden()

    def open(self) -> None:
        """Begin an interchange, or messages without one, at the source's position."""
        self.assembly.work.spend(START, self.source.offset)
        self.known, self.codec = {}, "ascii"
        index = self.settle()
        self.source.at = index
        self.opened_at = self.source.offset
        self.seen = True
        self.span = FIRST_SPAN
        self.step = self.cut

    def leave(self, segment: Segment) -> None:
        """Go on seeking behind the trailer of an interchange."""
        self.passed = segment.offset + segment.length
        self.cut_again(self.passed)
        self.step = self.seek

    def cut_again(self, offset: int) -> None:
        """Forget the rest of the window, which was cut by rules that no longer hold."""
        self.source.move(offset)
        self.moved = True

    def pass_over(self, until: int) -> None:
        """Say once if what lies between two interchanges looks like lost segments."""
        source = self.source
        if self.passed < 0:
            return
        begin = max(0, self.passed - source.start, source.at - LOST_SPAN)
        lost = self.lost_segment().search(source.text, begin, until)
        if lost:
            self.passed = -1
            reason = "segments outside any interchange, not used"
            self.assembly.find("outside", Severity.ERROR, reason, source.start + lost.start())

    # -- cut --------------------------------------------------------------------------------

    def cut(self) -> bool:
        """Cut one window of text into segments; False at the end of the stream."""
        source = self.source
        window = source.text[source.at : source.at + self.span]
        whole = len(window) < self.span
        glued = self.find_glued(window)
        window = window[:glued] if glued else window
        parts = cut(window, self.marks, self.codec)
        tail = parts.pop()
        if parts or glued:
            self.advance(parts, window, tail if glued else "")
        elif len(tail) > self.assembly.limits.segment_bytes + START_SPAN:
            self.oversize(source.offset)
        elif not whole:
            self.span *= 4
        elif source.ended:
            self.end(tail)
        else:
            source.more()
        return True

    def advance(self, parts: list[str], window: str, unterminated: str) -> None:
        """Take the pieces of a window, and move the source behind what was taken."""
        self.moved = False
        begin = self.source.offset
        end = self.take(parts, window, begin)
        if unterminated and not self.moved:
            if len(unterminated) < self.assembly.limits.segment_bytes:
                reason = "a segment without terminator, the next one follows at once"
                self.assembly.find("terminator.missing", Severity.WARNING, reason, end)
            self.special(unterminated, end, 0)
            end += len(unterminated)
        if not self.moved:
            self.source.move(end)
            self.span = min(max(FIRST_SPAN, 4 * (end - begin)), LAST_SPAN)
        self.assembly.hold(end)

    def take(self, parts: list[str], window: str, offset: int) -> int:
        """Turn pieces into segments of the open message; the offset behind the last one."""
        if window.isascii() and window.isprintable() and releases_well(window, self.marks):
            return self.take_regular(parts, offset)
        return self.take_odd(parts, offset)

    def take_regular(self, parts: list[str], offset: int) -> int:
        """The loop that runs for every regular segment, known by its first four characters."""
        limit = self.assembly.limits.segment_bytes
        marks, known, segments = self.opened()
        for part in parts:
            size = len(part) + 1
            tag = known.get(part[:4])
            if tag is not None and size <= limit:
                number = len(segments) + 1
                segments.append(Segment(part, tag, offset, size, number, marks))
            else:
                if not part:
                    self.empty(offset)
                elif size <= limit and part[:2] in self.services and not self.opens(part):
                    self.place(part, offset, size)
                else:
                    self.special(part, offset)
                if self.moved:
                    return offset
                marks, known, segments = self.opened()
            offset += size
        return offset

    def take_odd(self, parts: list[str], offset: int) -> int:
        """The same for a window with line breaks, releases or characters beyond ASCII."""
        limit = self.assembly.limits.segment_bytes
        odd = irregular(self.marks).search
        marks, known, segments = self.opened()
        release = marks.release or "\n"
        for part in parts:
            size = len(part) + 1
            text = part.lstrip(BLANKS)
            tag = known.get(text[:4])
            if (
                tag is not None
                and size <= limit
                and (
                    (text.isascii() and text.isprintable() and release not in text) or not odd(text)
                )
            ):
                lead = size - 1 - len(text)
                number = len(segments) + 1
                segments.append(Segment(text, tag, offset + lead, size - lead, number, marks))
            elif not text and size <= limit:
                self.empty(offset + size - 1)
            else:
                self.special(part, offset)
                if self.moved:
                    return offset
                marks, known, segments = self.opened()
            offset += size
        return offset

    def opened(self) -> tuple[Separators, dict[str, str], list[Segment]]:
        """What the loops need: service characters, tags known to be regular, the open list."""
        message = self.assembly.message
        if message is None or self.assembly.overflow:
            return self.marks, {}, []
        return self.marks, self.known, message.segments

    # -- what is out of the ordinary ----------------------------------------------------------

    def special(self, part: str, offset: int, terminator: int = 1) -> None:
        """Take a piece that is not a known plain segment."""
        if len(part) >= self.assembly.limits.segment_bytes:
            self.oversize(offset)
            return
        piece = clean(part, self.marks, self.codec)
        at = offset + piece.lead
        text = piece.text
        if not text:
            self.assembly.report(piece.faults, offset, "")
            self.empty(at)
        elif self.opens(text) and at != self.opened_at:
            self.skip_to(at, at, silent=False)
        else:
            self.assembly.report(piece.faults, offset, text[:3])
            self.place(text, at, len(part) - piece.lead + terminator)

    def empty(self, offset: int) -> None:
        if self.marks.terminator not in "\r\n":
            reason = "an empty segment (two terminators)"
            self.assembly.find("segment.empty", Severity.WARNING, reason, offset)

    def place(self, text: str, offset: int, length: int) -> None:
        """Hand a cleaned piece to the envelope or the message it belongs to."""
        head = self.tag().match(text)
        if not head:
            self.unusable(text, offset, length)
            return
        tag = head[1].upper()
        if tag != head[1]:
            reason = f"tag {head[1]!r} in lower case, read as {tag}"
            self.assembly.find("segment.case", Severity.WARNING, reason, offset, tag, length)
        if text[len(tag) : len(tag) + 1] == " ":
            reason = "blanks between tag and first separator, passed over"
            self.assembly.find("segment.blank", Severity.NOTE, reason, offset, tag, length)
        segment = Segment(text, tag, offset, length, self.number(), self.marks)
        if tag in self.service:
            self.service[tag](segment)
        else:
            if text.startswith(tag) and " " not in head[0]:
                self.known[text[:4]] = tag
            self.assembly.add(segment)

    def number(self) -> int:
        message = self.assembly.message
        return message.held() + 1 if message else 0

    def unusable(self, text: str, offset: int, length: int) -> None:
        reason = f"{text[:8]!r} is not a segment, passed over"
        self.assembly.find("segment.junk", Severity.ERROR, reason, offset, "", length)
        self.assembly.junk += 1
        if self.hint.search(text):
            self.skip_to(offset, offset, silent=True)

    def oversize(self, offset: int) -> None:
        """Pass over an endless segment, looking inside for an interchange."""
        limit = self.assembly.limits.segment_bytes
        reason = f"a segment longer than the limit of {limit} bytes, passed over"
        self.assembly.find("segment.size", Severity.ERROR, reason, offset)
        self.assembly.junk += 1
        floor = offset + (1 if self.worthwhile(offset) else limit)
        # What cutting took for text is no terminator here either, or each byte is cut anew.
        self.skip_to(offset, floor, silent=True, past=offset + limit)

    def worthwhile(self, offset: int) -> bool:
        """May an endless piece be searched for an interchange? Each search costs its length."""
        if self.searched < 0 or offset - self.searched >= self.assembly.limits.segment_bytes:
            self.searched, self.searches = offset, 0
        self.searches += 1
        return self.searches <= SEARCHES

    def end(self, tail: str) -> None:
        """The stream ends in a piece without terminator."""
        source = self.source
        at = source.offset
        fresh = self.opens(tail) and at != self.opened_at
        found = fresh or self.start.search(source.text, source.at + 1)
        if found and self.worthwhile(at):
            self.skip_to(at, at if fresh else at + 1, silent=False)
            return
        piece = clean(tail.rstrip(BLANKS + "\x00\x1a"), self.marks, self.codec)
        if self.closes(piece.text):
            self.unterminated(piece.text[:3], at)
            self.place(piece.text, at + piece.lead, len(tail) - piece.lead)
        self.assembly.truncate(at)
        source.move(at + len(tail))
        self.step = self.seek

    def unterminated(self, tag: str, offset: int) -> None:
        """Report a last segment without terminator; the end of a file also ends a line."""
        if self.marks.terminator not in "\r\n":
            reason = "the last segment has no terminator"
            self.assembly.find("terminator.missing", Severity.WARNING, reason, offset, tag)

    def closes(self, text: str) -> bool:
        """Is this last piece, which has no terminator, a whole trailer?"""
        head = self.tag().match(text)
        if not head or head[1] not in self.closers:
            return False
        message = self.assembly.message
        reference = Segment(text, "", 0, 0, 0, self.marks).get(2)
        return head[1] != self.closers[0] or (
            message is not None and reference == message.reference
        )

    # -- skip -------------------------------------------------------------------------------

    def skip_to(self, offset: int, floor: int, *, silent: bool, past: int = 0) -> None:
        """Pass over the piece at ``offset``, looking for an interchange from ``floor`` on.

        :param silent: the defect is already recorded.
        :param past: the piece's terminator does not stand before this byte.
        """
        self.source.move(offset)
        self.moved = True
        self.skip_begin = offset
        self.skip_from = floor + 1 if floor == self.opened_at else floor
        self.skip_silent = silent
        self.skip_past = past
        self.span = FIRST_SPAN
        self.step = self.skip

    def skip(self) -> bool:
        """Go to the next terminator or start of an interchange, whichever comes first."""
        source = self.source
        final = self.final()
        stop = self.next_terminator(final)
        until = final if stop < 0 else stop
        begin = self.next_start(until)
        if begin >= 0:
            self.restart(begin)
        elif stop >= 0:
            self.resume(stop + 1)
        elif source.ended:
            self.resume(len(source.text))
        else:
            source.at = max(source.at, final)
            source.more()
        return True

    def next_start(self, until: int) -> int:
        """Index of the first start of an interchange before ``until``, -1 if none."""
        source = self.source
        since = max(source.at, self.skip_from - source.start)
        found = self.start.search(source.text, since, until + START_SPAN)
        return found.start() if found and found.start() < until else -1

    def next_terminator(self, until: int) -> int:
        """Index of the first terminator before ``until`` that is not released, -1 if none."""
        text, marks = self.source.text, self.marks
        at = max(self.source.at, self.skip_past - self.source.start)
        found = text.find(marks.terminator, at, until)
        while found >= 0 and marks.release:
            if not ends_released(text[max(0, found - CONTEXT) : found], marks.release):
                break
            found = text.find(marks.terminator, found + 1, until)
        return found

    def resume(self, index: int) -> None:
        """Cut on behind the unusable piece."""
        if not self.skip_silent:
            reason = "a service segment out of place, passed over"
            self.assembly.find("segment.junk", Severity.ERROR, reason, self.skip_begin)
        self.source.at = index
        self.step = self.cut

    def restart(self, index: int) -> None:
        """An interchange (or its next message) begins inside the unusable piece."""
        source = self.source
        inside = self.member(source.text[index : index + 4])
        if not inside:
            self.assembly.close_interchange(source.start + index)
        source.at = index
        self.step = self.cut if inside else self.seek
