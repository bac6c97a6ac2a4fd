"""Which rows are whole, regular messages, and which stretches the plain reader must read."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.formats.edifact.columns.run import Run, Whole, tag_code
from esclusa.formats.edifact.segment import Interchange, Separators
from esclusa.formats.limits import Limits

UNB: Final = tag_code("UNB")
UNH: Final = tag_code("UNH")
UNT: Final = tag_code("UNT")
UNZ: Final = tag_code("UNZ")
SERVICE: Final = np.array([UNB, UNH, UNT, UNZ, tag_code("UNG"), tag_code("UNE")], np.uint32)
UNA: Final = tag_code("UNA")

_UN: Final = tag_code("UN")
_HINT: Final = re.compile(rb"UN", re.IGNORECASE)
"""An unusable piece that may hide a service segment: the plain reader looks inside it."""

_LEVELS: Final = np.frombuffer(b"BGHETZ", np.uint8)
"""Third letters of the tags of envelopes."""

Rows = npt.NDArray[np.intp]


class Envelope(msgspec.Struct):
    """An interchange of a run: its rows, the byte where it begins (UNA or UNB) and the byte behind
    UNB. ``advised`` are the characters that UNA and the first segments show, ``marks`` those in
    force once UNB has told the syntax version."""

    row: int
    offset: int
    body: int
    interchange: Interchange
    advised: Separators
    marks: Separators
    last: int = -1


class Region(NamedTuple):
    """Text from ``begin`` to ``end`` inside interchange ``envelope`` that is doubtful."""

    begin: int
    end: int
    envelope: int
    reason: str


class Settled(NamedTuple):
    """``regions`` to be read plainly; ``broken`` is the first interchange from which on nothing is
    sure, and why."""

    regions: list[Region]
    broken: tuple[int, str] | None


def settle(run: Run, envelopes: list[Envelope], odd: Whole, limits: Limits) -> Settled:
    """Find the regular messages of these interchanges and keep them in ``run``.

    :param odd: positions of control codes.
    """
    if not envelopes:
        return Settled([], None)
    opened = np.array([each.row for each in envelopes])
    closed = np.array([each.last if each.last >= 0 else len(run) - 1 for each in envelopes])
    broken = _broken(run, opened, closed, limits)
    if broken is not None:
        return Settled([], broken)
    faulty = np.unique(np.concatenate([run.untagged, *_irregular(run, odd)]))
    return Settled(_messages(run, opened, closed, faulty, limits), None)


def within(rows: Rows, opened: Rows, closed: Rows) -> tuple[Rows, Rows]:
    """Those rows that stand in an interchange, and the number of it."""
    number = np.searchsorted(opened, rows, side="right") - 1
    inside = (number >= 0) & (rows <= closed[number])
    return rows[inside], number[inside]


def _irregular(run: Run, odd: Whole) -> tuple[Rows, Rows, Rows]:
    """Rows with control codes, with a release before plain text, with repeated elements."""
    array, marks = run.text.array, run.marks
    allowed = np.zeros(256, bool)
    # UNA may name any decimal mark: a released blank would be taken off a value's end before it is
    # known to be one that stays or not, and beyond ASCII one character is several bytes.
    allowed[[ord(mark) for mark in marks.releasable() if "!" <= mark <= "~"]] = True
    wrong = run.releases[~allowed[array[run.releases + 1]]]
    repeated = np.zeros(0, np.intp)
    if marks.repetition:
        repeated = np.flatnonzero(array == ord(marks.repetition))
    rows = [np.searchsorted(run.end, each) for each in (odd, wrong, repeated)]
    return rows[0], rows[1], rows[2]


def _broken(run: Run, opened: Rows, closed: Rows, limits: Limits) -> tuple[int, str] | None:
    """The first interchange whose segments cannot be told apart for sure."""
    found: list[tuple[int, str]] = []
    large = np.flatnonzero(run.end - run.begin >= limits.segment_bytes - 256)
    for rows, reason in (
        (large, "a segment about as long as the limit"),
        (_hidden(run), "a piece that is no segment and may hide one"),
        (_glued(run), "a service segment may stand inside another"),
        (_nested(run, opened), "an interchange begins inside another"),
    ):
        _, number = within(rows, opened, closed)
        if len(number):
            found.append((int(number[0]), reason))
    if closed[-1] == len(run) - 1 and _tail_opens(run):
        found.append((len(opened) - 1, "the file ends in a piece that may hide an interchange"))
    return min(found, default=None)


def _tail_opens(run: Run) -> bool:
    end = int(run.end[-1]) + 1 if len(run) else 0
    rest = bytes(run.text.data[end:]).strip(b" \t\r\n\x00\x1a")
    return run.tag[-1] != UNZ and _HINT.search(rest) is not None


def _hidden(run: Run) -> Rows:
    data, begin, end = run.text.data, run.begin, run.end
    return np.array(
        [
            row
            for row in run.untagged.tolist()
            if _HINT.search(data, int(begin[row]), int(end[row]))
        ],
        np.intp,
    )


def _glued(run: Run) -> Rows:
    """Rows with the tag of an envelope before a separator of elements, but not at their start."""
    places = run.suspects
    rows: Rows = np.searchsorted(run.end, places)
    inside = (rows < len(run)) & np.isin(run.text.array[places - 1], _LEVELS)
    rows, places = rows[inside], places[inside]
    found: Rows = rows[places - 3 != run.begin[rows]]
    return found


def _nested(run: Run, opened: Rows) -> Rows:
    rows = np.flatnonzero((run.tag == UNB) | (run.tag == UNA))
    return rows[~np.isin(rows, opened)]


def _messages(run: Run, opened: Rows, closed: Rows, faulty: Rows, limits: Limits) -> list[Region]:
    tag = run.tag
    # All service tags begin alike: few rows are left to compare with each.
    service = np.flatnonzero((tag & np.uint32(0xFFFF)) == _UN)
    service = service[np.isin(tag[service], SERVICE)]
    service, number = within(service, opened, closed)
    kind = np.append(tag[service], np.uint32(0))
    heads = np.flatnonzero(kind == UNH)
    begin = service[heads]
    whole = kind[heads + 1] == UNT
    end = np.where(whole, np.append(service, 0)[heads + 1], begin)
    whole &= np.searchsorted(faulty, begin) == np.searchsorted(faulty, end, side="right")
    whole &= end - begin < limits.segments
    whole &= run.end[end] - run.begin[begin] < limits.message_bytes
    run.message_first, run.message_last = begin[whole], end[whole]
    run.envelope = number[heads][whole]
    return _regions(run, service, kind, heads[~whole], number, closed)


def _regions(
    run: Run, service: Rows, kind: Whole, heads: Rows, number: Rows, closed: Rows
) -> list[Region]:
    """From each doubtful UNH to the next service segment that is no trailer of a message."""
    stops = np.append(np.flatnonzero(kind[:-1] != UNT), len(service))
    nexts = stops[np.searchsorted(stops, heads, side="right")]
    found: list[Region] = []
    for head, stop in zip(heads.tolist(), nexts.tolist(), strict=True):
        begin = int(run.begin[service[head]])
        envelope = int(number[head])
        end = len(run.text.data)
        if stop < len(service):
            end = int(run.begin[service[stop]])
        if stop < len(service) and number[stop] != envelope:
            end = int(run.end[closed[envelope]]) + 1
        if found and found[-1].end == begin and found[-1].envelope == envelope:
            begin = found.pop().begin
        found.append(Region(begin, end, envelope, "a message that is not regular"))
    return found
