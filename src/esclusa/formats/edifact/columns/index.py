"""The structural index of a file: interchanges, messages, segments, and what is doubtful.

The rules are those of the plain reader (``edifact.syntax``), for what is regular. A message is
taken when UNH opens it, UNT follows with nothing of an envelope between, and every segment in it
is a tag and text without control codes, with release characters where they may stand. Anything
else is a :class:`Doubt`: the bytes from there to where the plain reader would be in a known state
again, which are then read by it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec.structs import replace

from esclusa.errors import LimitError
from esclusa.formats.edifact.charset import ESCAPED, decode
from esclusa.formats.edifact.columns import compiled
from esclusa.formats.edifact.columns.kernel import BACKENDS, BREAK, ODD, TERMINATOR, Found, find
from esclusa.formats.edifact.columns.messages import UNB, UNZ, Envelope, Region, settle, within
from esclusa.formats.edifact.columns.run import (
    NONE,
    PAD,
    Run,
    Shifts,
    Text,
    Whole,
    run_of,
    text_of,
)
from esclusa.formats.edifact.envelope import open_interchange
from esclusa.formats.edifact.segment import Segment, Separators
from esclusa.formats.edifact.service import LEVEL_A, START, START_SPAN, Start, read_start
from esclusa.formats.files import open_file
from esclusa.formats.limits import DEFAULT, Limits

AHEAD: Final = 4096
"""Bytes in which the next interchange must begin; telex headers are shorter."""

RUNS: Final = 16
"""Changes of service characters in a file before the plain reader takes the rest: each costs a
pass over what is left."""

LARGEST: Final = 2**31 - 2 * AHEAD
"""Positions are 32 bits wide."""


class Doubt(msgspec.Struct, frozen=True):
    """Bytes of the file that the plain reader must read, and why.

    ``prefix`` and ``suffix`` are what it must see before and behind them: the interchange's header,
    and something that closes a message as the next header would.
    """

    offset: int
    length: int
    reason: str
    prefix: bytes = b""
    suffix: bytes = b""


class Index(msgspec.Struct, frozen=True):
    """A file, its regular stretches and its doubtful ones. ``limits`` are for the plain reader."""

    data: bytes | memoryview
    runs: tuple[Run, ...]
    doubts: tuple[Doubt, ...]
    limits: Limits = DEFAULT

    def __len__(self) -> int:
        """How many regular messages there are."""
        return sum(len(run.message_first) for run in self.runs)


class _Anew(Exception):
    """The text must be made anew: without line breaks inside segments, or decoded up to some
    position."""

    def __init__(self, text: Text, decoded: int = 0) -> None:
        self.text = text
        self.decoded = decoded


def index(data: bytes | Path, *, backend: str = "", limits: Limits = DEFAULT) -> Index:
    """Index a whole file.

    :param data: the file's bytes; or its path, packed with gzip or not, which saves holding the
        bytes twice.
    :param backend: ``numba`` or ``numpy``; "" takes the fastest that is installed.
    :raises LimitError: the file is larger than the limits allow, or than two gigabytes.
    :raises InputError: it cannot be opened.
    :raises FormatError: it is packed, and damaged.
    :raises ValueError: an unknown backend, or one that is not installed.
    """
    backend = backend or next(iter(BACKENDS))
    if backend not in BACKENDS:
        raise ValueError(f"backend {backend!r} is not installed, expected one of {[*BACKENDS]}")
    largest = min(limits.file_bytes, LARGEST)
    if isinstance(data, Path):
        text = _text_at(data, largest, limits)
        whole: bytes | memoryview = text.data
    else:
        if len(data) > largest:
            raise _too_large(largest)
        text, whole = text_of(data), data
    decoded = 0
    while True:
        work = _Work(whole, text, backend, limits, decoded)
        try:
            work.scan()
        except _Anew as anew:
            # Line breaks are taken out once, characters decoded once for each run.
            text, decoded = anew.text, anew.decoded
        else:
            return Index(whole, tuple(work.runs), tuple(work.doubts), limits)


def _text_at(path: Path, largest: int, limits: Limits) -> Text:
    """The text of a file, read to where it stays; one that is packed is held twice for a while."""
    with open_file(path, limits) as stream:
        room = min(path.stat().st_size, largest) + 1
        padded = np.empty(room + PAD, np.uint8)
        size = 0
        while size < room and (count := stream.readinto(padded.data[size:room])):
            size += count
        more = stream.read(largest + 1 - size) if size == room else b""
    if size + len(more) > largest:
        raise _too_large(largest, path.name)
    if more:
        return text_of(padded.data[:size].tobytes() + more)
    padded[size : size + PAD] = 0
    return Text(padded.data[:size], padded[: size + PAD], NONE)


def _too_large(largest: int, file: str = "") -> LimitError:
    return LimitError(f"larger than the limit of {largest:,} bytes", file=file, offset=largest)


class _Work:
    """The scan of one file, run by run."""

    def __init__(
        self, data: bytes | memoryview, text: Text, backend: str, limits: Limits, decoded: int
    ) -> None:
        self.data = data
        self.text = text
        self.backend = backend
        self.limits = limits
        self.decoded = decoded
        self.runs: list[Run] = []
        self.doubts: list[Doubt] = []

    def scan(self) -> None:
        place: int | None = 0
        for _ in range(RUNS):
            began = self.start(place or 0)
            if began is None:
                return
            start, head = began
            if start.faults:
                # Which characters are in force may rest on the interchange before.
                self.tail(0, start.faults[0][1])
                return
            place = self.run(start, head)
            if place is None:
                return
        self.tail(place or 0, f"more than {RUNS} changes of service characters")

    def tail(self, offset: int, reason: str) -> None:
        """Hand the file from this byte on to the plain reader."""
        if offset == 0:
            self.runs.clear()
        self.doubts = [doubt for doubt in self.doubts if doubt.offset < offset]
        self.doubts.append(Doubt(offset, len(self.data) - offset, reason))

    def start(self, place: int) -> tuple[Start, int] | None:
        """The interchange that begins at or soon after this byte of the file: its service
        characters, and the byte of its first character. None when there is no other."""
        head = str(self.data[place : place + AHEAD], "latin-1")
        found = START.search(head, 0, AHEAD - START_SPAN)
        if found is None:
            if len(head) == AHEAD or not self.runs:
                self.tail(place, "no interchange begins here")
            return None
        begin = place + found.start()
        head = str(self.data[begin : begin + AHEAD], "latin-1")
        return _doubted(read_start(head, 0, None), head), begin

    def run(self, start: Start, head: int) -> int | None:
        """Index from this interchange on; the byte where other service characters begin."""
        since = self.text.shifts.forth(head + start.at)
        end = len(self.text.data)
        found = find(self.text.array, since, end, start.marks, self.backend)
        self.unwrap(found)
        odd = found.at[found.kind == ODD]
        run = run_of(self.text, start.marks, found, since, fast=self.backend == "numba")
        del found  # as large as what the run keeps of it
        envelopes, after = self.envelopes(run, start, head)
        if since >= self.decoded:
            self.recode(run, odd, envelopes, after)
        odd = odd[self.text.array[odd] < 0x80]
        settled = settle(run, envelopes, odd, self.limits)
        broken = settled.broken
        if broken is not None:
            settled = settle(run, envelopes[: broken[0]], odd, self.limits)
        self.take(run, settled.regions, envelopes)
        if broken is not None:
            self.tail(envelopes[broken[0]].offset, broken[1])
            return None
        return after

    def take(self, run: Run, regions: list[Region], envelopes: list[Envelope]) -> None:
        # A new one does not keep what the old one has reckoned for itself.
        run = replace(
            run,
            interchanges=[each.interchange for each in envelopes],
            headers=[(each.offset, each.body) for each in envelopes],
        )
        self.runs.append(run)
        self.doubts += [doubt_of(self.data, run, region) for region in regions]

    # -- the text made anew ---------------------------------------------------------------------

    def unwrap(self, found: Found) -> None:
        """Take out all line breaks when one stands inside a segment (telex, mail).

        :raises _Anew: with the new text.
        """
        torn = compiled.compiled(compiled.torn) if self.backend == "numba" else _torn
        if not torn(found.at, found.kind):
            return
        data, array = self.text.data, self.text.array[: len(self.text.data)]
        breaks = np.flatnonzero((array == 0x0A) | (array == 0x0D))
        starts = np.concatenate([[0], breaks - np.arange(len(breaks))])
        last = np.append(np.diff(starts) > 0, True)
        shifts = Shifts(starts[last], np.arange(len(breaks) + 1)[last])
        raise _Anew(text_of(bytes(data).translate(None, b"\r\n"), shifts))

    def recode(self, run: Run, odd: Whole, envelopes: list[Envelope], after: int | None) -> None:
        """Decode segments with characters beyond ASCII, as the plain reader does, one by one.

        :raises _Anew: with the new text, in UTF-8.
        """
        rows = np.unique(np.searchsorted(run.end, odd[self.text.array[odd] >= 0x80]))
        opened = np.array([each.row for each in envelopes])
        closed = np.array([each.last if each.last >= 0 else len(run) - 1 for each in envelopes])
        if not len(rows) or not envelopes:
            return
        rows, number = within(rows, opened, closed)
        data, done, length = self.text.data, 0, 0
        pieces: list[bytes | memoryview] = [b""]
        starts, moves = [0], [0]
        for row, at in zip(rows.tolist(), number.tolist(), strict=True):
            begin, end = int(run.begin[row]), int(run.end[row])
            codec = envelopes[at].interchange.codec
            new = decode(str(data[begin:end], "latin-1"), codec)[0].encode("utf-8")
            pieces += [data[done:begin], new]
            length += begin - done + len(new)
            done = end
            starts.append(length)
            moves.append(end - length)
        pieces.append(data[done:])
        shifts = _joined(self.text.shifts, Shifts(np.array(starts), np.array(moves)))
        until = len(data) if after is None else self.text.shifts.forth(after)
        raise _Anew(text_of(b"".join(pieces), shifts), until - done + length)

    # -- envelopes ------------------------------------------------------------------------------

    def envelopes(self, run: Run, start: Start, head: int) -> tuple[list[Envelope], int | None]:
        """The interchanges of this run, and the byte where one with other characters begins."""
        found: list[Envelope] = []
        closers = np.flatnonzero(run.tag == UNZ)
        while True:
            envelope = self.envelope(run, start, head)
            if envelope is None and not found:
                self.tail(head, "the header of an interchange cannot be read")
                return found, None
            if envelope is None or start.faults or (found and found[0].marks != envelope.marks):
                return found, head
            if found and found[0].advised != envelope.advised:
                return found, head
            run.marks = envelope.marks
            found.append(envelope)
            following = int(np.searchsorted(closers, envelope.row))
            if following == len(closers):
                return found, None
            envelope.last = int(closers[following])
            began = self.next(run.place(int(run.end[envelope.last])) + 1)
            if began is None:
                return found, None
            start, head = began

    def next(self, place: int) -> tuple[Start, int] | None:
        """As :meth:`start`, behind an interchange that has been read."""
        self.runs.append(_NO_RUN)
        began = self.start(place)
        self.runs.pop()
        return began

    def envelope(self, run: Run, start: Start, head: int) -> Envelope | None:
        """Read UNB; None when no row begins where it stands."""
        place = run.text.shifts.forth(head + start.at)
        row = int(np.searchsorted(run.begin, place))
        if row >= len(run) or run.begin[row] != place or run.tag[row] != UNB:
            return None
        text = str(run.text.data[place : run.end[row]], "utf-8", "replace")
        segment = Segment(text, "UNB", head + start.at, 0, 0, start.marks)
        interchange = open_interchange(segment)
        marks = start.marks
        if interchange.version == "4":
            repetition = marks.reserved or ("*" if marks is LEVEL_A else "")
            marks = replace(marks, repetition=repetition, reserved="")
        if interchange.codec == ESCAPED:
            return None
        body = run.place(int(run.end[row])) + 1
        return Envelope(row, head, body, interchange, start.marks, marks)


def _torn(at: Whole, kind: Whole) -> bool:
    """As :func:`compiled.torn`."""
    rows = np.flatnonzero(kind == BREAK)
    # A break at the very start has nothing before it: UNB stands there.
    before, close = kind[rows - 1], at[rows - 1] == at[rows] - 1
    return not (close & ((before == TERMINATOR) | (before == BREAK))).all()


_NO_RUN: Final = Run(text_of(b""), LEVEL_A, *(np.zeros(0, np.int32),) * 5)


def _doubted(start: Start, head: str) -> Start:
    """Add what the index does not read though the plain reader does."""
    if not head.startswith("UNB", start.at):
        return replace(start, faults=(("", "no interchange header, UNB expected"),))
    if start.marks.terminator in "\r\n":
        return replace(start, faults=(("", "segments end with their lines"),))
    return start


def _joined(old: Shifts, new: Shifts) -> Shifts:
    """Two shifts as one, the new one applied first."""
    edges = old.starts - new.moves[np.searchsorted(new.starts + new.moves, old.starts, "right") - 1]
    every = np.unique(np.concatenate([new.starts, edges[edges >= 0]]))
    inner = new.moves[np.searchsorted(new.starts, every, "right") - 1]
    outer = old.moves[np.searchsorted(old.starts, every + inner, "right") - 1]
    return Shifts(every, inner + outer)


def doubt_of(data: bytes | memoryview, run: Run, region: Region) -> Doubt:
    """Return the bytes of a doubtful region, and what the plain reader must see around them."""
    first, last = run.place(region.begin), run.place(region.end)
    if region.end >= len(run.text.data):
        last = len(data)
    opens, body = run.headers[region.envelope]
    suffix = b"" if last == len(data) else _closing(run.marks)
    return Doubt(first, last - first, region.reason, bytes(data[opens:body]), suffix)


def _closing(marks: Separators) -> bytes:
    """UNZ, which closes an open message as the next header does."""
    return f"UNZ{marks.element}0{marks.element}0{marks.terminator}".encode("latin-1")
