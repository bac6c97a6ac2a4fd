"""Read a stream of X12 interchanges into raw transaction sets, whatever state they are in.

The states are those of EDIFACT (``edifact.machine``); X12 differs in how it names its separators
(inside ISA), in having no release character, and in its tags of two or three characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO

from esclusa.formats.edifact.buffer import Source
from esclusa.formats.edifact.cleaning import BLANKS
from esclusa.formats.edifact.machine import START_SPAN, Machine
from esclusa.formats.edifact.segment import Interchange, RawMessage, Segment, Separators
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.work import Work
from esclusa.formats.x12.syntax_envelope import Envelopes, open_interchange
from esclusa.formats.x12.syntax_start import LOOKAHEAD, START, read_start
from esclusa.model import Defect, Severity


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


class Reader(Machine):
    """The X12 dialect."""

    start = START
    hint = re.compile("ISA|GS|ST")
    services = frozenset({"ST", "SE", "GS", "GE"})
    closers = ("SE", "GE", "IEA")
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
        match = _glued(self.marks).search(window)
        if not match:
            return 0
        before = window[: match.start()].rstrip(BLANKS)[-1:]
        return match.end() if before in ("", self.marks.terminator) else 0

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
