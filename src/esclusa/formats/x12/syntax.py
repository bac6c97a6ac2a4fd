"""Read a stream of X12 interchanges into raw transaction sets, whatever state they are in.

The states are those of EDIFACT (``edifact.machine``); X12 differs in how it names its separators
(inside ISA), in having no release character, and in its tags of two or three characters. Without
releases a window of text needs no look at single segments: what is regular is made in runs, by
loops that never leave C.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, count, repeat
from operator import itemgetter, sub
from typing import BinaryIO, Final

from esclusa.formats.edifact.buffer import Source
from esclusa.formats.edifact.cleaning import BLANKS, irregular
from esclusa.formats.edifact.machine import START_SPAN, Machine
from esclusa.formats.edifact.segment import Interchange, RawMessage, Segment, Separators
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.work import Work
from esclusa.formats.x12.syntax_envelope import Envelopes, open_interchange
from esclusa.formats.x12.syntax_start import LOOKAHEAD, START, read_start
from esclusa.model import Defect, Severity

_HEAD: Final = itemgetter(slice(4))
"""The characters by which a segment is known to be regular, see ``Machine.known``."""

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


def _regular(text: str, marks: Separators) -> bool:
    """Answer as ``cleaning.irregular``, without its look at each character of a plain text."""
    plain = text.isascii() and not text.encode("ascii").translate(None, _PLAIN)
    return plain or not irregular(marks).search(text)


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

    def take(self, parts: list[str], window: str, offset: int) -> int:
        """As the machine does, in runs of known regular segments where the whole window allows."""
        texts = [part.lstrip(BLANKS) for part in parts] if self.led(window) else parts
        sizes = [len(part) + 1 for part in parts]
        small = max(sizes, default=0) <= self.assembly.limits.segment_bytes
        if not small or not _regular("".join(texts), self.marks):
            return self.take_odd(parts, offset)
        ends = list(accumulate(sizes, initial=offset))
        if texts is parts:
            return self.take_runs(parts, texts, ends, ends, sizes)
        lengths = [len(text) + 1 for text in texts]
        return self.take_runs(parts, texts, ends, list(map(sub, ends[1:], lengths)), lengths)

    def led(self, window: str) -> bool:
        """Do blanks or line breaks stand before a segment?"""
        terminator = self.marks.terminator
        return window[:1] in BLANKS or any(terminator + blank in window for blank in BLANKS)

    def take_runs(
        self,
        parts: list[str],
        texts: list[str],
        ends: list[int],
        begins: list[int],
        lengths: list[int],
    ) -> int:
        """Turn pieces into segments, as many at once as have a known head.

        :param texts: the pieces without what leads them; ``begins`` and ``lengths`` are theirs.
        :param ends: where the pieces begin, and where the last one ends.
        """
        heads, at = map(_HEAD, texts), 0
        while at < len(parts):
            marks, known, segments = self.opened()
            # Ends before the first head that is not known, which is taken from heads as well.
            tags = list(iter(map(known.get, heads).__next__, None))
            to = at + len(tags)
            run, numbers = slice(at, to), count(len(segments) + 1)
            columns = (texts[run], tags, begins[run], lengths[run], numbers, repeat(marks))
            segments.extend(map(Segment, *columns))
            if to < len(parts):
                self.take_one(parts[to], texts[to], ends[to])
                if self.moved:
                    return ends[to]
            at = to + 1
        return ends[-1]

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
