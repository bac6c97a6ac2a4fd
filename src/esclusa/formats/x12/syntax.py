"""Read a stream of X12 interchanges into raw transaction sets, whatever state they are in.

The states are those of EDIFACT (``edifact.machine``); X12 differs in how it names its separators
(inside ISA), in having no release character, and in its tags of two or three characters. Without
releases a window of text needs no look at single segments: what is regular is taken in runs of
texts, by loops that never leave C (:mod:`esclusa.formats.x12.transaction`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from operator import itemgetter
from typing import BinaryIO, Final, cast

from esclusa.formats.edifact.buffer import Source
from esclusa.formats.edifact.cleaning import BEYOND, BLANKS
from esclusa.formats.edifact.machine import FIRST_SPAN, LAST_SPAN, START_SPAN, Machine
from esclusa.formats.edifact.segment import Interchange, RawMessage, Segment, Separators
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.work import Work
from esclusa.formats.x12.syntax_envelope import Envelopes, open_interchange
from esclusa.formats.x12.syntax_start import LOOKAHEAD, START, read_start
from esclusa.formats.x12.transaction import TransactionSet
from esclusa.model import Defect, Severity

_HEAD: Final = itemgetter(slice(4))
"""The characters by which a segment is known to be regular, see ``Machine.known``."""

WORTH: Final = 1024
"""Bytes of plain characters that are worth a window of their own."""

_TRAILERS: Final = ("SE", "GE", "IEA")


def read_messages(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT, work: Work | None = None
) -> Iterator[RawMessage | Defect]:
    """Read every transaction set of every interchange, in file order, forgivingly.

    :param stream: binary, read from its present position to its end.
    :param file: the name used in errors.
    :param work: counts what the file costs; one of its own when not given.
    :return: transaction sets with their own defects, and bare defects of envelopes. The result
        does not depend on how the stream delivers its bytes; memory is bounded by one set.
    :raises LimitError: the file is too large, holds too many transaction sets or costs too much
        work.
    """
    source = Source(stream, file=file, limit=limits.file_bytes)
    return Reader(source, Envelopes(file, limits, work)).run()


@lru_cache(maxsize=64)
def _glued(marks: Separators) -> re.Pattern[str]:
    """A trailer that the next service segment follows without a terminator."""
    element = re.escape(marks.element)
    number = f"{element}[0-9]{{1,6}}{element}[0-9]{{1,9}}"
    return re.compile(f"(SE{number}|GE{number}|IEA{number})(?=(?:ST|GS|ISA|GE|IEA){element})")


@lru_cache(maxsize=64)
def _lost_segment(marks: Separators) -> re.Pattern[str]:
    element, terminator = re.escape(marks.element), re.escape(marks.terminator)
    tag = "(?<![A-Za-z0-9])[A-Z][A-Z0-9]{1,2}"
    return re.compile(f"{tag}{element}[^\n{terminator}]{{0,60}}{terminator}")


@lru_cache(maxsize=64)
def _tag(marks: Separators) -> re.Pattern[str]:
    return re.compile(f"([A-Za-z][A-Za-z0-9]{{1,2}}) *(?:{re.escape(marks.element)}|\\Z)")


def _first_glued(window: str, marks: Separators) -> re.Match[str] | None:
    """Find the first; trailers are rare and found as plain text, ten times faster."""
    pattern, found = _glued(marks), len(window)
    for trailer in _TRAILERS:
        word = trailer + marks.element
        at = window.find(word)
        while at >= 0 and not (pattern.match(window, at) and _begins(window, at, marks)):
            at = window.find(word, at + 1)
        found = min(found, at) if at >= 0 else found
    return pattern.match(window, found)


def _begins(window: str, at: int, marks: Separators) -> bool:
    """Does a segment begin here, behind a terminator or where the window begins?"""
    blanks = BLANKS.replace(marks.terminator, "")
    while at and window[at - 1] in blanks:
        at -= 1
    return not at or window[at - 1] == marks.terminator


_PLAIN: Final = bytes(range(0x20, 0x7F))


def _odd(window: str, marks: Separators) -> bytes | None:
    """The control codes of a window, its separators left out; None where no window is plain.

    None is where a line break separates anything but segments: cleaning takes line breaks out.
    """
    inner = marks.component + marks.element + marks.repetition
    known = inner + marks.terminator
    if not window or not window.isascii() or not known.isascii() or "\r" in inner or "\n" in inner:
        return None
    return window.encode("ascii").translate(None, _PLAIN + known.encode("ascii"))


def _lead(window: str, terminator: str) -> str:
    """The line break behind the first segment, or before it where there is but one; "" for none."""
    first = window.find(terminator) + 1
    behind = window[first : first + 2] or window[:2]
    if terminator in "\r\n":
        return ""
    return behind if behind == "\r\n" else "\n" if behind[:1] == "\n" else ""


class Reader(Machine):
    """The X12 dialect."""

    start = START
    hint = re.compile("ISA|GS|ST")
    services = frozenset({"ST", "SE", "GS", "GE"})
    closers = _TRAILERS
    nothing = "no X12 interchange or transaction set found"
    assembly: Envelopes

    def __init__(self, source: Source, envelopes: Envelopes) -> None:
        super().__init__(source, envelopes)
        self.assembly = envelopes
        self.indented = False
        self.service = {
            "ISA": self.isa,
            "GS": envelopes.open_group,
            "ST": envelopes.open_message,
            "SE": envelopes.end_message,
            "GE": envelopes.end_group,
            "IEA": self.iea,
        }

    def settle(self) -> int:
        source, envelopes = self.source, self.assembly
        source.need(LOOKAHEAD + START_SPAN)
        start = read_start(source.text, source.at)
        for code, reason in start.faults:
            envelopes.find(code, Severity.WARNING, reason, source.offset)
        self.marks = start.marks
        bare = not source.text.startswith("ISA", source.at)
        envelopes.interchange = Interchange(offset=source.offset, bare=bare)
        if bare:
            reason = "a transaction set without interchange header, ISA expected before it"
            envelopes.find("isa.missing", Severity.WARNING, reason, source.offset)
        return source.at

    def opens(self, text: str) -> bool:
        return text.startswith("ISA")

    def member(self, head: str) -> bool:
        return head[:3] in ("ST" + self.marks.element, "GS" + self.marks.element)

    def find_glued(self, window: str) -> int:
        match = _first_glued(window, self.marks)
        return match.end() if match else 0

    def open(self) -> None:
        super().open()
        self.indented = False

    # -- windows of plain characters, which most files are made of --------------------------------

    def cut(self) -> bool:
        return (not self.indented and self.cut_plain()) or super().cut()

    def cut_plain(self) -> bool:
        """Cut a window of regular segments; False when it is none, and nothing was done then.

        Every segment but the last must be followed by the same line break, or none, and no other
        control code and no byte beyond ASCII may stand in the window.
        """
        source, mark = self.source, self.marks.terminator
        end = source.text.rfind(mark, source.at, source.at + self.span) + 1
        window = source.text[source.at : end]
        if not window.isascii():
            window = self.before_beyond(window)
        odd, lead = _odd(window, self.marks), _lead(window, mark)
        if odd is None:
            return False
        begins = len(lead) if window.startswith(lead) else 0
        texts = window[begins:-1].split(mark + lead)
        breaks = len(texts) if begins else len(texts) - 1
        if odd != lead.encode("ascii") * breaks:
            return False
        if window.count(mark) != len(texts) or not self.small(texts, len(window)):
            return False
        begin = source.offset
        self.moved = False
        taken = self.take_plain(texts, begin + begins, lead, begins)
        if not self.moved:
            source.move(taken)
            self.span = min(max(FIRST_SPAN, 4 * (taken - begin)), LAST_SPAN)
        self.assembly.hold(taken)
        return self.moved or taken > begin

    def before_beyond(self, window: str) -> str:
        """The segments before the first with a byte beyond ASCII; "" where they are few.

        Where such bytes are rare, that segment alone is then looked at, and not the whole window.
        """
        mark = self.marks.terminator
        first = BEYOND.search(window)
        assert first
        end = window.rfind(mark, 0, first.start()) + 1
        if end >= WORTH:
            return window[:end]
        behind = window.find(mark, first.start()) + 1
        if not BEYOND.search(window, behind, behind + WORTH):
            self.span = behind
        return ""

    def small(self, texts: list[str], size: int) -> bool:
        """Is no segment over the limit, line break and terminator included?"""
        limit = self.assembly.limits.segment_bytes
        return size <= limit or max(map(len, texts)) + 3 <= limit

    def take_plain(self, texts: list[str], offset: int, lead: str, led: int) -> int:
        """Take regular segments, as many at once as have a known head.

        :param offset: byte of the first tag, before which stand ``led`` characters of ``lead``,
            all of them or none; before the other tags all do.
        :return: the byte behind the last that was taken.
        """
        heads, at, step = map(_HEAD, texts), 0, len(lead) + 1
        glued = _glued(self.marks).match
        while True:
            message = self.assembly.message
            known = {} if message is None or self.assembly.overflow else self.known
            # Ends before the first head that is not known, which is taken from heads as well.
            tags = list(iter(map(known.get, heads).__next__, None))
            if tags:
                run = texts[at : at + len(tags)]
                cast(TransactionSet, message).take(run, tags, offset, step)
                at += len(run)
                offset += sum(map(len, run)) + len(run) * step
            if at == len(texts):
                return offset - len(lead)
            text = texts[at]
            if not self.service_plain(text, offset):
                begin = offset - (len(lead) if at else led)
                if text[:1] == " " or glued(text):
                    self.indented = self.indented or text[:1] == " "
                    return begin
                part = lead + text if begin < offset else text
                self.take_one(part, text, begin)
                if self.moved:
                    return begin
            at += 1
            offset += len(text) + step

    def service_plain(self, text: str, offset: int) -> bool:
        """Take a plain ST, or an SE that closes its set as it should; False when it is neither."""
        head, marks = text[:3], self.marks
        if head == "ST" + marks.element:
            self.assembly.open_message(Segment(text, "ST", offset, len(text) + 1, 1, marks))
            return True
        return head == "SE" + marks.element and self.assembly.close_plain(text, offset)

    def take_one(self, part: str, text: str, offset: int) -> None:
        """Take a piece that is not known to be a regular segment."""
        if text:
            self.special(part, offset)
        else:
            self.empty(offset + len(part))

    def tag(self) -> re.Pattern[str]:
        return _tag(self.marks)

    def lost_segment(self) -> re.Pattern[str]:
        return _lost_segment(self.marks)

    def isa(self, segment: Segment) -> None:
        envelopes = self.assembly
        if segment.offset != self.opened_at:
            envelopes.close_interchange(segment.offset)
        envelopes.interchange = open_interchange(segment)

    def iea(self, segment: Segment) -> None:
        self.assembly.end_interchange(segment)
        self.leave(segment)
