"""PAXLST as a table: one row for each traveller.

The rules are those of :mod:`esclusa.formats.edifact.paxlst`: NAD with a traveller's role opens a
person, any other closes one, and what stands outside of persons is about the legs.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from esclusa.formats import values
from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns import views
from esclusa.formats.edifact.columns.base import LIST, Table
from esclusa.formats.edifact.columns.batch import Coded, Columns, listed, taken
from esclusa.formats.edifact.columns.header import (
    Places,
    chosen,
    place_columns,
    said_moments,
)
from esclusa.formats.edifact.columns.readings import joined, moments
from esclusa.formats.edifact.columns.sheet import (
    DEAF,
    HERE,
    SPAN,
    TEXT,
    WORD,
    Picked,
    Sheet,
    Words,
    choose,
    first_of,
    last_of,
)
from esclusa.formats.edifact.columns.spans import Spans
from esclusa.formats.edifact.columns.spans import values as different
from esclusa.formats.edifact.columns.views import Texts
from esclusa.formats.edifact.paxlst import LAND_PLACE, RANK, flight
from esclusa.model import Traveller

_ROLES: Final = common.CODES["traveller"]
_KINDS: Final = common.CODES["document"]
_STARTS: Final = ("5", "125")
_ENDS: Final = ("87", "60", "8")

FIELDS: Final[dict[str, Any]] = {
    "surname": pl.String, "given_names": pl.String, "role": pl.String, "birth_date": pl.String,
    "gender": pl.String, "nationality": pl.String, "residence": pl.String,
    "birth_place": pl.String,
    "documents.number": LIST, "documents.type": LIST, "documents.issuer": LIST,
    "documents.expires": LIST, "journey.carrier": pl.String, "journey.number": pl.String,
    "journey.departure_place.code": pl.String, "journey.departure_place.name": pl.String,
    "journey.departure": pl.String, "journey.arrival_place.code": pl.String,
    "journey.arrival_place.name": pl.String, "journey.arrival": pl.String,
    "embarkation.code": pl.String, "embarkation.name": pl.String,
    "disembarkation.code": pl.String, "disembarkation.name": pl.String,
    "booking_reference": pl.String, "bags": pl.Int64,
}  # fmt: skip


class _Layout:
    """Persons and legs of a sheet: ``person`` is the traveller of each row, -1 for none; ``leg``
    the leg of each row outside of persons, -1 for none."""

    def __init__(self, sheet: Sheet) -> None:
        nad = sheet.tagged("NAD")
        role = sheet.mapped(nad, lambda code: _ROLES.get(code, ""), 1)
        flags = np.zeros(len(sheet.rows), bool)
        flags[nad] = True
        group, _ = sheet.groups(flags)
        known = ~role.are("")
        number = np.cumsum(known) - 1
        self.nad, self.role = nad[known], Words(role.code[known], role.words)
        self.count = len(self.nad)
        named = (group >= 0) & np.append(known, False)[group]
        self.person = np.where(named, np.append(number, -1)[group], -1)
        tdt = sheet.tagged("TDT")
        flags = np.zeros(len(sheet.rows), bool)
        flags[tdt[self.person[tdt] < 0]] = True
        leg, self.legs = sheet.groups(flags)
        self.leg = np.where(self.person < 0, leg, -1)
        doc = sheet.tagged("DOC")
        doc = doc[self.person[doc] >= 0]
        self.numbers = sheet.column(doc, 2)
        self.doc = doc
        # The document that stands open at each row: the last DOC of the person, if it has a number.
        last = sheet.latest(doc, self.person)
        numbered = views.said(self.numbers)
        if not numbered.all():
            last = np.where(np.append(numbered, False)[last], last, -1)
        self.document = last


def _refuse(sheet: Sheet) -> Picked:
    layout = sheet.once(_Layout)
    legs = np.bincount(sheet.message[layout.legs], minlength=sheet.count)
    inside = np.flatnonzero(layout.leg >= 0)
    spent = sheet.end[inside] - sheet.begin[inside]
    size = np.bincount(sheet.message[inside], spent, sheet.count).astype(np.int64)
    # Each leg stands twice in a statement, as the journey and among the legs.
    return sheet.overgrown(sheet.message[layout.nad], 400 * legs + 2 * size)


def _rows(sheet: Sheet) -> tuple[Picked, Columns]:
    layout = sheet.once(_Layout)
    owner = sheet.message[layout.nad]
    columns = {
        **_names(sheet, layout),
        "role": layout.role.column(),
        **_attributes(sheet, layout),
        **_places(sheet, layout),
        **_documents(sheet, layout),
        **_journeys(sheet, layout, owner),
    }
    return owner, columns


def _names(sheet: Sheet, layout: _Layout) -> Columns:
    given = joined(sheet, layout.nad, 4, 2, 4)
    return {"surname": sheet.column(layout.nad, 4), "given_names": given}


def _attributes(sheet: Sheet, layout: _Layout) -> Columns:
    att = _inside(sheet, layout, "ATT", ("2",))
    gender = sheet.first_said(att, (3, 1), (2, 1))
    nat = _inside(sheet, layout, "NAT", ("2", ""))
    rff = sheet.tagged("RFF")
    booked = sheet.meant(rff, lambda code: common.REFERENCE.get(code) == "booking")
    rff = rff[booked & (layout.person[rff] >= 0)]
    dtm = sheet.tagged("DTM")
    birth = sheet.meant(dtm, lambda code: common.MOMENT.get(code, "") == "birth")
    dtm = dtm[birth & (layout.person[dtm] >= 0)]
    loc = _inside(sheet, layout, "LOC", ("174",))
    loc = loc[layout.document[loc] < 0]
    home = first_of(layout.person[loc], layout.count)
    return {
        "gender": _last(layout, att, gender),
        "nationality": _last(layout, nat, sheet.column(nat, 2)),
        "booking_reference": _last(layout, rff, sheet.column(rff, 1, 2)),
        "birth_date": _last(layout, dtm, moments(sheet, dtm, past=True)),
        "residence": views.pick(sheet.column(loc, 2), home),
        "birth_place": _birth_place(sheet, layout),
        "bags": _bags(sheet, layout),
    }


def _birth_place(sheet: Sheet, layout: _Layout) -> Texts:
    """The first place of birth of each person: its name, then its code."""
    loc = _inside(sheet, layout, "LOC", ("180",))
    loc = loc[layout.document[loc] < 0]
    if not len(loc):
        return np.zeros(layout.count, np.complex128)
    code, name = sheet.column(loc, 2), sheet.column(loc, 2, 4)
    text = views.either(name, code)
    both = np.flatnonzero(views.said(name) & views.said(code))
    if len(both):
        at, read = sheet.read(
            loc[both], lambda one: f"{one.get(2, 4).strip()}, {one.get(2).strip()}"
        )
        text[both] = sheet.pool.words(read)[at]
    return views.pick(text, first_of(layout.person[loc], layout.count))


def _inside(sheet: Sheet, layout: _Layout, tag: str, codes: tuple[str, ...]) -> Picked:
    """Rows of persons with one of these qualifiers."""
    picked = sheet.tagged(tag)
    meant = sheet.meant(picked, lambda code: code in codes)
    found: Picked = picked[meant & (layout.person[picked] >= 0)]
    return found


def _last(layout: _Layout, picked: Picked, found: Texts) -> Texts:
    return views.pick(found, last_of(layout.person[picked], layout.count))


def _bags(sheet: Sheet, layout: _Layout) -> Coded:
    mea = _inside(sheet, layout, "MEA", ("CT",))
    text = sheet.component(mea, 3, 2)
    other = sheet.component(mea, 3)
    there = text.end > text.begin
    begin = np.where(there, text.begin, other.begin)
    counted = Spans(begin, np.where(there, text.end, other.end))
    found = different(sheet.run, counted)
    said = np.flatnonzero(counted.end > counted.begin)
    read = [values.whole(each.strip(), DEAF, HERE, "") for each in found.values]
    last = last_of(layout.person[mea[said]], layout.count)
    return Coded(choose(found.code[said], last, len(read)), [*read, None], pl.Int64)


def _places(sheet: Sheet, layout: _Layout) -> Columns:
    words = {"178": "embarkation", "179": "disembarkation"}
    places = Places(sheet, words.get)
    owner = np.where(layout.document[places.rows] < 0, layout.person[places.rows], -1)
    return {
        name: column
        for field in words.values()
        for name, column in place_columns(field, places.first(field, owner, layout.count)).items()
    }


def _documents(sheet: Sheet, layout: _Layout) -> Columns:
    """Documents with a number, the one that proves identity first."""
    count = len(layout.doc)
    kinds = sheet.mapped(layout.doc, _kind, 1)
    numbered = np.flatnonzero(views.said(layout.numbers))
    person = layout.person[layout.doc[numbered]]
    rank = np.array([*(RANK.get(kind, 3) for kind in kinds.words), 0])[kinds.code[numbered]]
    order = np.lexsort((np.arange(len(numbered)), rank, person))
    at = numbered[order]
    columns = {
        "documents.number": layout.numbers,
        "documents.type": sheet.pool.words(kinds.words)[kinds.code],
        "documents.issuer": _issuers(sheet, layout, count),
        "documents.expires": _expiries(sheet, layout, count),
    }
    return {**listed(person[order], taken(columns, at), layout.count)}


def _kind(code: str) -> str:
    word = code.strip()
    return _KINDS.get(word) or ("other" if word else "passport")


def _issuers(sheet: Sheet, layout: _Layout, count: int) -> Texts:
    """The first country of LOC+91 behind a document."""
    loc = _inside(sheet, layout, "LOC", ("91",))
    state = sheet.meant(loc, lambda text: text == LAND_PLACE, 2, 2)
    loc = loc[(layout.document[loc] >= 0) & ~state]
    text = sheet.column(loc, 2)
    said = np.flatnonzero(views.said(text))
    first = first_of(layout.document[loc[said]], count)
    return views.pick(text[said], first)


def _expiries(sheet: Sheet, layout: _Layout, count: int) -> Texts:
    dtm = sheet.tagged("DTM")
    ends = sheet.meant(dtm, lambda code: common.MOMENT.get(code, "") == "expires")
    dtm = dtm[ends & (layout.document[dtm] >= 0)]
    return views.pick(moments(sheet, dtm), last_of(layout.document[dtm], count))


# -- legs --------------------------------------------------------------------------------------


def _journeys(sheet: Sheet, layout: _Layout, owner: Picked) -> Columns:
    """The leg that crosses the border (it ends at LOC+87), else the first."""
    count = len(layout.legs)
    places = Places(sheet, lambda code: code if code in (*_STARTS, *_ENDS, "92") else None)
    leg = np.where(~places.field.are(""), layout.leg[places.rows], -1)
    starts = places.field.are(*_STARTS)
    ends = places.field.are(*_ENDS)
    via = np.flatnonzero(places.field.are("92") & (leg >= 0))
    opening = np.flatnonzero((starts | places.field.are("92")) & (leg >= 0))
    first = np.append(opening, -1)[first_of(leg[opening], count)]
    begins = via[first[leg[via]] == via]
    starts[begins] = True
    ends[np.setdiff1d(via, begins)] = True
    message = sheet.message[layout.legs]
    marked = np.zeros(count, bool)
    marked[leg[np.flatnonzero(places.field.are("87") & (leg >= 0))]] = True
    here = np.flatnonzero(marked)
    crossing = np.append(here, -1)[first_of(message[here], sheet.count)]
    chosen_leg = np.where(crossing >= 0, crossing, first_of(message, sheet.count))[owner]
    found: Columns = {
        f"journey.{name}": each for name, each in _flights(sheet, layout, chosen_leg).items()
    }
    for name, each in _moments(sheet, layout, count).items():
        found[f"journey.{name}"] = views.pick(each, chosen_leg)
    for name, mask in (("departure_place", starts), ("arrival_place", ends)):
        at = np.flatnonzero(mask & (leg >= 0))
        last = np.append(at, -1)[last_of(leg[at], count)]
        where = chosen(places.code, np.append(last, -1)[chosen_leg], places.found)
        found |= place_columns(f"journey.{name}", where)
    return found


def _flights(sheet: Sheet, layout: _Layout, leg: Picked) -> Columns:
    code, found = sheet.read(
        layout.legs,
        lambda one: flight(one.get(5).strip() or one.get(5, 4).strip(), one.get(2).strip()),
    )
    at = choose(code, leg, len(found))
    return {
        "carrier": Coded(at, [*(carrier for carrier, _ in found), ""]),
        "number": Coded(at, [*(number for _, number in found), ""]),
    }


def _moments(sheet: Sheet, layout: _Layout, count: int) -> dict[str, Texts]:
    dtm = sheet.tagged("DTM")
    dtm = dtm[layout.leg[dtm] >= 0]
    field = sheet.mapped(dtm, lambda code: common.MOMENT.get(code, ""), 1)
    found = {}
    for name in ("departure", "arrival"):
        picked = dtm[field.are(name)]
        found[name] = said_moments(sheet, picked, layout.leg[picked], count, last=True)[0]
    return found


PAXLST: Final = Table(
    kind="PAXLST",
    fields=FIELDS,
    takes=lambda statement: isinstance(statement, Traveller),
    refuse=_refuse,
    rows=_rows,
    asks={
        "ATT": ((1, 1, WORD), (2, 1, TEXT), (3, 1, TEXT)),
        "DOC": ((1, 1, WORD), (2, 1, TEXT)),
        "DTM": ((1, 1, WORD), (1, 2, TEXT), (1, 3, WORD)),
        "LOC": ((1, 1, WORD), (2, 1, TEXT), (2, 2, WORD), (2, 4, TEXT)),
        "MEA": ((1, 1, WORD), (3, 1, SPAN), (3, 2, SPAN)),
        "NAD": ((1, 1, WORD), (4, 1, TEXT), (4, 2, TEXT), (4, 3, SPAN), (4, 4, SPAN)),
        "NAT": ((1, 1, WORD), (2, 1, TEXT)),
        "RFF": ((1, 1, WORD), (1, 2, TEXT)),
    },
)  # fmt: skip
