"""355 as a table: one row for each bill that customs took or sent back, and one for the whole set.

The rules are those of :mod:`esclusa.formats.x12.customs_answer_355`: LX opens a bill, K1 behind it
tells its errors; K1 before the first LX and K3 are about the set.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl

from esclusa.formats.edifact.columns.sheet import last_of
from esclusa.formats.edifact.columns.spans import Spans, constant, gather, take
from esclusa.formats.x12 import customs_answer_355
from esclusa.formats.x12.columns import happenings, texts
from esclusa.formats.x12.columns.happenings import above, unit_of
from esclusa.formats.x12.columns.scan import Flags, Whole
from esclusa.formats.x12.columns.sheet import Picked, Sheet, tags_of
from esclusa.formats.x12.columns.table import Table
from esclusa.formats.x12.customs_events_353 import EVENTS
from esclusa.formats.x12.events import REMARK

_SUBJECTS: Final = ("M11", "M13", "M15")
_CODE: Final = 3
_BLANK: Final = 0x20
_MARKS: Final = np.zeros(256, bool)
_MARKS[list(b" :-")] = True
"""What stands between the code of an error and its text."""


class _Layout(NamedTuple):
    """``subjects`` are the rows that name a bill, movement or container, ``places`` the rows at
    which events stand: where each item opens, and the end of each set; ``whole`` tells which of
    them are about the set."""

    subjects: Picked
    places: Picked
    whole: Flags


def _layout(sheet: Sheet) -> _Layout:
    lx = sheet.tagged("LX")
    subjects = np.sort(np.concatenate([sheet.tagged(tag) for tag in _SUBJECTS]))
    # Without an LX before it the first of them in a set opens an item.
    opened = above(sheet, lx, subjects) < 0
    first = np.ones(len(subjects), bool)
    first[1:] = sheet.owner[subjects[1:]] != sheet.owner[subjects[:-1]]
    ends = sheet.ahead + sheet.sizes - 1
    places = np.concatenate([lx, subjects[opened & first], ends])
    order = np.argsort(places, kind="stable")
    return _Layout(subjects, places[order], order >= len(places) - len(ends))


def _refuse(sheet: Sheet) -> None:
    """Further: sets with an item that names more than one thing, or with remarks that begin or end
    with blanks."""
    layout = _layout(sheet)
    items = layout.places[~layout.whole]
    happenings.refuse(sheet, layout.places, anywhere=True)
    at = above(sheet, items, layout.subjects + 1)  # one may open an item itself
    sheet.suspect(layout.subjects[1:][at[1:] == at[:-1]])
    k1 = sheet.tagged("K1")
    for element in (1, 2):
        found, bare = sheet.element(k1, element), sheet.bare(k1, element)
        sheet.suspect(k1[(found.begin != bare.begin) | (found.end != bare.end)])


def _rows(sheet: Sheet) -> tuple[Picked, pl.Series, dict[str, pl.Series]]:
    layout = _layout(sheet)
    named = _named(sheet, layout)
    errors = _errors(sheet, layout)
    told = np.bincount(errors.owner[errors.opens], minlength=len(layout.places))
    event = np.flatnonzero(layout.whole | (told > 0) | named.there)
    number = np.full(len(layout.places), -1, np.intp)
    number[event] = np.arange(len(event))
    whole, owner = layout.whole[event], sheet.owner[layout.places[event]]
    k3, verdict = _verdicts(sheet)
    refused = told[event] > 0
    refused[whole] = _refused(sheet, verdict, told[event], owner)
    voyage = happenings.voyage(sheet, owner)
    prepared = sheet.stretch.interchange.prepared
    p4 = sheet.tagged("P4")
    place = texts.pick(sheet.bare(p4, 1), last_of(sheet.owner[p4], sheet.count)).at(owner)
    has = named.there[event]
    bill, carrier = named.bill.at(event), named.carrier.at(event)
    columns = {
        "event": gather(refused.astype(np.intp), ["accept", "refuse"]),
        "occurred": constant(prepared, len(event)),
        "place.code": sheet.column(place),
        "place.name": constant("", len(event)),
        "equipment.number": take(named.unit, event),
        "equipment.number_valid": take(named.valid, event),
        "carrier": sheet.column(texts.either(carrier, happenings.carrier(sheet, owner))),
        "bill": sheet.column(bill),
        "code": _codes(sheet, errors, number, len(event)),
        "reason": _reasons(sheet, errors, k3, number, np.flatnonzero(layout.whole), len(event)),
        "documents": happenings.documents(sheet, named.movement.at(event), has),
        **voyage,
    }
    return owner, constant("original", len(event)), columns


# -- what an item is about --------------------------------------------------------------------


class _Named(NamedTuple):
    """Of each place: whether it names anything, bill, carrier, in-bond movement, container."""

    there: Flags
    bill: Spans
    carrier: Spans
    movement: Spans
    unit: pl.Series
    valid: pl.Series


def _named(sheet: Sheet, layout: _Layout) -> _Named:
    """What M11, M13 and M15 name; each item has at most one of them."""
    count = len(layout.places)
    bill, carrier, movement = (np.zeros((2, count), np.int32) for _ in range(3))
    for tag, number, by in (("M11", 1, 12), ("M13", 4, 1)):
        picked = sheet.tagged(tag)
        at = _places(layout, picked)
        bill[:, at], carrier[:, at] = sheet.bare(picked, number), sheet.bare(picked, by)
    m15 = sheet.tagged("M15")
    at, found = _places(layout, m15), sheet.bare(m15, 2)
    code, words = sheet.words(sheet.bare(m15, 1))
    subject = np.array([*(EVENTS.get(each, ("", ""))[1] for each in words), ""])[code]
    said = found.end > found.begin
    carrier[:, at] = sheet.bare(m15, 5)
    for word, into in (("bill", bill), ("inbond", movement)):
        here = np.flatnonzero(said & (subject == word))
        into[:, at[here]] = found.at(here)
    boxed, letters, serial = unit_of(sheet, m15, found, said & (subject == "container"))
    back = np.full(count, -1, np.intp)
    back[at] = np.arange(len(m15))
    there = (back >= 0) & np.append(boxed, False)[back]
    unit = happenings.numbers(sheet, there, texts.pick(letters, back), texts.pick(serial, back))
    named = there | (bill[1] > bill[0]) | (movement[1] > movement[0])
    return _Named(named, Spans(*bill), Spans(*carrier), Spans(*movement), *unit.values())


def _places(layout: _Layout, picked: Picked) -> Whole:
    """The number of the item that each row belongs to, which stands in one."""
    items = np.flatnonzero(~layout.whole)
    at: Whole = items[np.searchsorted(layout.places[items], picked, side="right") - 1]
    return at


# -- errors -----------------------------------------------------------------------------------


class _Errors(NamedTuple):
    """K1 that say something. ``owner`` is the place each belongs to, ``opens`` tells which begin an
    error, ``code`` its code; ``one`` and ``two`` are its lines, and ``filled`` tells whether the
    first was filled to its end."""

    owner: Whole
    opens: Flags
    code: Spans
    one: Spans
    two: Spans
    filled: Flags


def _errors(sheet: Sheet, layout: _Layout) -> _Errors:
    """As :meth:`esclusa.formats.x12.customs_answer_355._Item.error` sorts them."""
    k1 = sheet.tagged("K1")
    one, two = sheet.element(k1, 1), sheet.element(k1, 2)
    keep = np.flatnonzero((one.end > one.begin) | (two.end > two.begin))
    k1, one, two = k1[keep], one.at(keep), two.at(keep)
    owner = _owners(sheet, layout, k1)
    both = (one.end > one.begin) & (two.end > two.begin)
    lone = texts.either(one, two)
    first, second = (
        texts.where(both, one, lone),
        texts.where(both, two, Spans(one.begin, one.begin)),
    )
    array = sheet.window.array
    filled = first.end - first.begin >= REMARK
    alone = ~both & _is_code(array, first)
    behind = both & ~filled & _is_code(array, second)
    begin, led = _behind_code(sheet, k1, first)
    led &= ~alone & ~behind
    opens = np.ones(len(k1), bool)
    opens[1:] = owner[1:] != owner[:-1]
    opens |= alone | behind | led
    nothing = np.zeros(len(k1), np.int32)
    code = texts.where(behind, second, Spans(first.begin, first.begin + _CODE))
    code = texts.where(alone | behind | led, code, Spans(nothing, nothing))
    begin = np.where(led, begin, first.begin)
    begin = np.where(alone, first.end, begin)
    second = texts.where(behind, Spans(nothing, nothing), second)
    return _Errors(owner, opens, code, Spans(begin, first.end), second, filled)


def _owners(sheet: Sheet, layout: _Layout, rows: Picked) -> Whole:
    """The place each row belongs to: that of the item above it, else that of its set."""
    items, ends = np.flatnonzero(~layout.whole), np.flatnonzero(layout.whole)
    at = above(sheet, layout.places[items], rows)
    if not len(items):
        return ends[sheet.owner[rows]]
    found: Whole = np.where(at >= 0, items[at], ends[sheet.owner[rows]])
    return found


def _is_code(array: Whole, found: Spans) -> Flags:
    """Where spans are three digits."""
    good: Flags = found.end - found.begin == _CODE
    return good & _digits(array, found)


def _digits(array: Whole, found: Spans) -> Flags:
    """Where the first three bytes are digits; shorter spans are not."""
    good = found.end - found.begin >= _CODE
    begin = np.where(good, found.begin, 0)
    for at in range(_CODE):
        good &= (array[begin + at] >= ord("0")) & (array[begin + at] <= ord("9"))
    return good


def _behind_code(sheet: Sheet, k1: Picked, found: Spans) -> tuple[Whole, Flags]:
    """Where the text behind a code and its mark begins, and where there is such a code; marks
    without a text behind them are left to the plain reader."""
    array = sheet.window.array
    led = _digits(array, found) & (found.end - found.begin > _CODE)
    begin = np.where(led, found.begin + _CODE, found.begin)
    led &= _MARKS[array[begin]]
    rows = np.flatnonzero(led)
    while len(rows):
        begin[rows] += 1
        rows = rows[(begin[rows] < found.end[rows]) & _MARKS[array[begin[rows]]]]
    sheet.suspect(k1[led & (begin == found.end)])
    return begin, led


def _codes(sheet: Sheet, errors: _Errors, number: Whole, count: int) -> pl.Series:
    """The codes of each event's errors, commas between them."""
    keep = np.flatnonzero(errors.code.end > errors.code.begin)
    event = number[errors.owner[keep]]
    order = np.argsort(event, kind="stable")
    keep, event = keep[order], event[order]
    follows = np.zeros(len(keep), bool)
    follows[1:] = event[1:] == event[:-1]
    mark = sheet.window.saying(follows.astype(np.intp), ["", ","])
    return _chained(sheet, mark, errors.code.at(keep), event, count)


def _reasons(
    sheet: Sheet, errors: _Errors, verdict: tuple[Picked, Spans], number: Whole, wholes: Whole,
    count: int,
) -> pl.Series:  # fmt: skip
    """The texts of each event's errors, and behind those of a set what K3 says."""
    owner = np.repeat(errors.owner, 2)
    text = np.repeat(np.cumsum(errors.opens), 2)
    lines = texts.woven(errors.one, errors.two)
    ended = np.ones(len(owner), bool)
    ended[::2] = ~errors.filled
    ended[1::2] = lines.end[1::2] - lines.begin[1::2] < REMARK
    sets, said = verdict
    owner = np.concatenate([owner, wholes[sets]])
    text = np.concatenate([text, np.full(len(sets), -1)])
    ended = np.concatenate([ended, np.ones(len(sets), bool)])
    lines = texts.chained(lines, said)
    keep = np.flatnonzero(lines.end > lines.begin)
    keep = keep[np.argsort(number[owner[keep]], kind="stable")]
    event, text, ended = number[owner[keep]], text[keep], ended[keep]
    # Before a line: nothing, a blank where the line above ended by itself, a mark before a text.
    ahead = np.zeros(len(keep), np.intp)
    ahead[1:] = np.where(text[1:] == text[:-1], ended[:-1], 2) * (event[1:] == event[:-1])
    mark = sheet.window.saying(ahead, ["", " ", customs_answer_355.SEPARATOR])
    return _chained(sheet, mark, lines.at(keep), event, count)


def _chained(sheet: Sheet, mark: Spans, found: Spans, event: Whole, count: int) -> pl.Series:
    """Of each event its marks and texts, one behind the other."""
    cuts = np.zeros(count + 1, np.int64)
    np.cumsum(2 * np.bincount(event, minlength=count), out=cuts[1:])
    window = sheet.window
    return texts.packed(window.array, texts.woven(mark, found), cuts, fast=window.fast)


def _verdicts(sheet: Sheet) -> tuple[tuple[Picked, Spans], pl.Series]:
    """What K3 says, with the set of each text; and the words of each set behind each other."""
    k3 = sheet.tagged("K3")
    found = texts.woven(*(sheet.bare(k3, element) for element in (1, 2, 3)))
    keep = np.flatnonzero(found.end > found.begin)
    sets, found = sheet.owner[np.repeat(k3, 3)[keep]], found.at(keep)
    blank = sheet.window.say(" ", len(keep))
    return (sets, found), _chained(sheet, blank, found, sets, sheet.count)


def _refused(sheet: Sheet, verdict: pl.Series, told: Whole, owner: Picked) -> Flags:
    """The verdict on each set: what K3 says, else whether there was any error."""
    said = verdict.str.to_uppercase()
    rejected = said.str.contains("REJECT", literal=True).to_numpy()
    accepted = said.str.contains("ACCEPT", literal=True).to_numpy()
    wrong = np.bincount(owner, weights=told, minlength=sheet.count) > 0
    refused: Flags = rejected | (~accepted & wrong)
    return refused


ANSWER_355: Final = Table(
    kind="355",
    fields=happenings.FIELDS,
    tags=tags_of(customs_answer_355.TAGS),
    refuse=_refuse,
    rows=_rows,
)
