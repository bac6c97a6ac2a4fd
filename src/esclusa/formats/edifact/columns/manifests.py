"""CUSCAR as a table: one row for each bill.

The rules are those of :mod:`esclusa.formats.edifact.manifest_segments`: CNI opens a bill, and so
does a further bill number once the open bill has goods; GID opens goods in it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns import compiled, goods, groupings, views
from esclusa.formats.edifact.columns.base import LIST, Table
from esclusa.formats.edifact.columns.batch import Columns, Listed, listed, taken
from esclusa.formats.edifact.columns.boxes import once
from esclusa.formats.edifact.columns.header import (
    NOTHING,
    VOYAGE_FIELDS,
    Chosen,
    Places,
    chosen,
    place_columns,
    said_moments,
    voyage_columns,
)
from esclusa.formats.edifact.columns.readings import joined, numbered_units, units, usual_units
from esclusa.formats.edifact.columns.run import tag_code
from esclusa.formats.edifact.columns.sheet import (
    DEAF,
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
from esclusa.formats.edifact.columns.spans import Spans, stripped
from esclusa.formats.edifact.columns.views import Texts
from esclusa.model import Consignment, Party

_DATES: Final = ("issued", "departure", "arrival")
_ROUTE: Final = ("place_of_receipt", "load_port", "discharge_port", "delivery_place")


class Layout:
    """Bills of a sheet: ``bill`` is that of each row, -1 in the header; ``begun`` are the rows that
    open them; ``item`` is the goods item of each row, -1 for none; ``leg`` tells whether a TDT
    of its bill stands before it, ``party`` whether it is in the group of one of its parties.
    ``box`` is the last EQD of the message at each row, -1 before the first; ``weight`` the bytes
    from each EQD to the next, or to where a bill opens. ``references`` are RFF rows and ``word``
    what each is for."""

    def __init__(self, sheet: Sheet) -> None:
        self.references = sheet.tagged("RFF")
        self.word = sheet.mapped(self.references, lambda code: common.REFERENCE.get(code, ""), 1)
        self.cni, self.eqd = sheet.tagged("CNI"), sheet.tagged("EQD")
        numbers = self.references[self.word.are("bill", "house")]
        (self._compiled if sheet.run.fast else self._reckoned)(sheet, numbers)
        self.count = len(self.begun)
        gid = sheet.tagged("GID")
        self.gid = gid[self.bill[gid] >= 0]

    def _compiled(self, sheet: Sheet, numbers: Picked) -> None:
        marks = np.zeros(len(sheet.rows), np.uint8)
        for number, tag in enumerate(("CNI", "GID", "TDT", "EQD", "NAD")):
            marks[sheet.tagged(tag)] = number + 1
        marks[numbers] = 6
        self.bill, self.item, self.box = np.empty((3, len(marks)), np.intp)
        self.leg, self.party = np.empty((2, len(marks)), bool)
        begun = np.empty(len(self.cni) + len(numbers), np.intp)
        self.weight = np.zeros(len(self.eqd), np.int64)
        count = compiled.compiled(groupings.bills)(
            marks, sheet.message, sheet.begin, sheet.end,
            self.bill, self.item, self.box, self.leg, self.party, begun, self.weight,
        )  # fmt: skip
        self.begun = begun[:count].copy()

    def _reckoned(self, sheet: Sheet, numbers: Picked) -> None:
        gid, count = sheet.tagged("GID"), len(sheet.rows)
        order = np.concatenate([self.cni, numbers, gid])
        kind = np.repeat([0, 1, 2], [len(self.cni), len(numbers), len(gid)])
        rank = np.argsort(order)
        order, kind = order[rank], kind[rank]
        head = np.diff(sheet.message[order], prepend=-1) != 0
        opens = (kind == 0) | ((kind == 1) & (head | (np.roll(kind, 1) == 2)))
        flags = np.zeros(count, bool)
        flags[order[opens]] = True
        self.bill, self.begun = sheet.groups(flags)
        self.item = sheet.latest(gid[self.bill[gid] >= 0], self.bill)
        self.leg = sheet.latest(sheet.tagged("TDT"), self.bill) >= 0
        event = np.full(count, -1, np.intp)
        for picked in (sheet.tagged("TDT"), self.eqd, gid, self.begun):
            event[picked] = 2 * picked
        nad = sheet.tagged("NAD")
        nad = nad[self.bill[nad] >= 0]
        event[nad] = 2 * nad + 1
        self.party = np.maximum.accumulate(event) % 2 == 1
        boxes = np.zeros(count, bool)
        boxes[self.eqd] = True
        self.box, _ = sheet.groups(boxes)
        part, begun = sheet.groups(flags | boxes)
        size = (sheet.end - sheet.begin).astype(np.int64)
        inside = np.flatnonzero(part >= 0)
        weight = np.bincount(part[inside], weights=size[inside], minlength=len(begun))
        self.weight = weight[boxes[begun]].astype(np.int64)

    def references_to(self, word: str) -> Picked:
        return self.references[self.word.are(word)]


def _roles(sheet: Sheet, nad: Picked) -> Words:
    return sheet.mapped(nad, lambda code: common.ROLE.get(code, "other"), 1)


def _refuse(sheet: Sheet) -> Picked:
    """Messages whose carrier may be named by a tax number, whose header names several carriers or
    a voyage of which nothing is told beside others; and those too large."""
    layout = sheet.once(Layout)
    nad = sheet.tagged("NAD")
    role, bill = _roles(sheet, nad), layout.bill[nad]
    carrying = sheet.message[nad[role.are("carrier") & (bill >= 0)]]
    taxed = layout.references[layout.word.are("tax", "registration")]
    taxed = np.intersect1d(carrying, sheet.message[taxed[layout.bill[taxed] >= 0]])
    heads = nad[role.are("carrier") & (bill < 0)]
    code, names = sheet.read(heads, _named)
    nameless = sheet.message[heads[np.array([not name for name in names] + [True])[code]]]
    several = np.flatnonzero(np.bincount(sheet.message[heads], minlength=sheet.count) > 1)
    tdt = sheet.tagged("TDT")
    tdt = tdt[layout.bill[tdt] < 0]
    code, found = sheet.read(tdt, lambda one: common.voyage(one, DEAF))
    empty = sheet.message[tdt[np.array([each == NOTHING for each in found] + [False])[code]]]
    many = np.flatnonzero(np.bincount(sheet.message[tdt], minlength=sheet.count) > 1)
    parts = [taxed, nameless, several, np.intersect1d(empty, many), _grown(sheet, layout)]
    return np.concatenate(parts)


def _grown(sheet: Sheet, layout: Layout) -> Picked:
    """A container is written again in each bill that names it."""
    eqd, most = layout.eqd, np.zeros(sheet.count)
    code = numbered_units(sheet, sheet.component(eqd, 2))
    key = sheet.message[eqd] * (len(eqd) + 1) + code
    _, first, same = np.unique(key, return_index=True, return_inverse=True)
    np.maximum.at(most, sheet.message[eqd][first], np.bincount(same, weights=layout.weight))
    named = np.concatenate([layout.references_to("equipment"), sheet.tagged("SGP"), eqd])
    times = np.bincount(sheet.message[named], minlength=sheet.count)
    return sheet.overgrown(
        sheet.message[layout.begun], sheet.longest("TDT"), times * (1000 + 12 * most)
    )


def _named(one: Any) -> str:
    found: str = one.get(2).strip() or one.get(4).strip()
    return found


def _rows(sheet: Sheet) -> tuple[Picked, Columns]:
    layout = sheet.once(Layout)
    owner = sheet.message[layout.begun]
    bill, master = _numbers(sheet, layout)
    voyage = _voyages(sheet, layout).at(owner)
    columns = {
        "bill": bill,
        "master_bill": master,
        "carrier": _carriers(sheet, layout, voyage, owner),
        **_dates(sheet, layout, owner),
        **_route(sheet, layout, owner),
        **_parties(sheet, layout),
        "equipment.number": _equipment(sheet, layout),
        **goods.columns(sheet, layout.gid, layout.item, layout.bill, layout.count),
        **voyage_columns(voyage),
    }
    named = np.flatnonzero(views.said(bill))
    return owner[named], taken(columns, named)


def _numbers(sheet: Sheet, layout: Layout) -> tuple[Texts, Texts]:
    """Bill and master bill; see :meth:`esclusa.formats.edifact.manifest.Bill.numbers`."""
    text = {}
    for word, first in (("bill", True), ("house", False), ("master", False)):
        rff = layout.references_to(word)
        rff = rff[layout.bill[rff] >= 0]
        if not len(rff):
            text[word] = np.zeros(layout.count, np.complex128)
            continue
        column = sheet.column(rff, 1, 2)
        if first:
            said = np.flatnonzero(views.said(column))
            rff, column = rff[said], column[said]
        at = (first_of if first else last_of)(layout.bill[rff], layout.count)
        text[word] = views.pick(column, at)
    # A bill that its number opened stands under what the CNI before it lists.
    last = np.searchsorted(layout.cni, layout.begun, side="right") - 1
    under = np.append(sheet.message[layout.cni], -1)[last] == sheet.message[layout.begun]
    said_there = views.pick(sheet.column(layout.cni, 2), np.where(under, last, -1))
    plain = views.either(text["bill"], said_there)
    above = views.either(text["master"], plain)
    house = views.said(text["house"])
    over = np.where(views.same(sheet.pool, above, text["house"]), views.NOTHING, above)
    return np.where(house, text["house"], plain), np.where(house, over, text["master"])


def _voyages(sheet: Sheet, layout: Layout) -> Chosen:
    """The header's main carriage, else the first of which something is told."""
    tdt = sheet.tagged("TDT")
    tdt = tdt[layout.bill[tdt] < 0]
    code, found = sheet.read(tdt, lambda one: common.voyage(one, DEAF))
    main = np.flatnonzero(sheet.meant(tdt, lambda word: word == "20"))
    said = np.flatnonzero(np.array([each != NOTHING for each in found] + [False])[code])
    last = choose(main, last_of(sheet.message[tdt[main]], sheet.count), -1)
    first = choose(said, first_of(sheet.message[tdt[said]], sheet.count), -1)
    return chosen(code, np.where(last >= 0, last, first), [*found, NOTHING])


def _boxed(sheet: Sheet) -> npt.NDArray[np.bool_]:
    """Which EQD have a number; the last is for rows before the first. (What stands behind one is
    read in headers alone, where no bill closes it.)"""
    number = sheet.component(sheet.once(Layout).eqd, 2)
    named = usual_units(sheet, number)
    rest = np.flatnonzero(~named)
    if len(rest):
        named[rest] = views.said(units(sheet, number.at(rest)))
    return np.append(named, False)


def _heading(sheet: Sheet, layout: Layout, picked: Picked) -> npt.NDArray[np.bool_]:
    """Which rows stand in a header, and not behind an EQD with a number."""
    found: npt.NDArray[np.bool_] = layout.bill[picked] < 0
    here = np.flatnonzero(found)
    found[here] = ~sheet.once(_boxed)[layout.box[picked[here]]]
    return found


def _carriers(sheet: Sheet, layout: Layout, voyage: Chosen, owner: Picked) -> Texts:
    """The bill's own carrier, else the voyage's, else who reports."""
    nad = sheet.tagged("NAD")
    role, bill = _roles(sheet, nad), layout.bill[nad]
    own = nad[role.are("carrier") & (bill >= 0)]
    code, found = sheet.read(own, lambda one: _coded(common.party(one, "carrier")))
    first = chosen(code, first_of(layout.bill[own], layout.count), [*found, ""])
    head = _heading(sheet, layout, nad)
    named = nad[role.are("carrier") & head]
    code, names = sheet.read(named, _named)
    carrier = chosen(code, last_of(sheet.message[named], sheet.count), [*names, ""])
    reporting = nad[role.are("reporting") & head]
    code, names = sheet.read(reporting, _named)
    said = np.flatnonzero(np.array([bool(name) for name in names] + [False])[code])
    who = chosen(code[said], first_of(sheet.message[reporting[said]], sheet.count), [*names, ""])
    pool = sheet.pool
    instead = views.either(
        voyage.column(lambda each: each.carrier).texts(pool),
        carrier.orelse(who).at(owner).column(str).texts(pool),
    )
    return np.where(first.there, first.column(str).texts(pool), instead)


def _coded(party: Party) -> str:
    return party.identifiers[0].value if party.identifiers else party.name


def _dates(sheet: Sheet, layout: Layout, owner: Picked) -> Columns:
    """Dates of the bill, else of the header; in a party's group the date of issue alone counts."""
    dtm = sheet.tagged("DTM")
    field = sheet.mapped(dtm, lambda code: common.MOMENT.get(code, ""), 1)
    found = {}
    for name in _DATES:
        here = dtm[field.are(name)]
        head = here[layout.bill[here] < 0]
        inside = here[layout.bill[here] >= 0]
        if name != "issued":
            inside = inside[~layout.party[inside]]
        own, there = said_moments(sheet, inside, layout.bill[inside], layout.count)
        of_all, _ = said_moments(sheet, head, sheet.message[head], sheet.count)
        found[name] = np.where(there, own, of_all[owner])
    return found


def _route(sheet: Sheet, layout: Layout, owner: Picked) -> Columns:
    """See :func:`esclusa.formats.edifact.manifest._route`."""
    places = Places(sheet)
    rows = places.rows
    inside = np.where(layout.leg[rows], -1, layout.bill[rows])
    outside = np.where(_heading(sheet, layout, rows), sheet.message[rows], -1)
    here, header = places.firsts(inside, layout.count), places.firsts(outside, sheet.count)
    first = here.of("original_load")
    load = here.of("load", "original_load").orelse(header.of("load").at(owner))
    discharge = here.of("discharge", "final_discharge", "arrival")
    discharge = discharge.orelse(header.of("discharge", "arrival").at(owner))
    # Equal places may stand twice among the values, so they are compared, not their numbers.
    known: dict[Any, int] = {}
    number = np.array([known.setdefault(each, len(known)) for each in places.found])
    receipt = here.of("receipt").orelse(first.where(number[first.code] != number[load.code]))
    found = (receipt, load, discharge, here.of("delivery"))
    return {
        name: column
        for field, each in zip(_ROUTE, found, strict=True)
        for name, column in place_columns(field, each).items()
    }


def _parties(sheet: Sheet, layout: Layout) -> Columns:
    """Role, name and country of each party of a bill."""
    nad = sheet.tagged("NAD")
    nad = nad[layout.bill[nad] >= 0]
    role = _roles(sheet, nad)
    name = joined(sheet, nad, 4, 1, 5, instead=[(3, number) for number in range(1, 6)])
    long = sheet.component(nad, 3, 6)
    rest = np.flatnonzero(~views.said(name) & (long.end > long.begin))
    if len(rest):
        at, read = sheet.read(nad[rest], lambda one: common.party(one, "").name)
        name[rest] = sheet.pool.words(read)[at]
    found = {
        "parties.role": sheet.pool.words(role.words)[role.code],
        "parties.name": name,
        "parties.country": sheet.column(nad, 9),
    }
    return {**listed(layout.bill[nad], found, layout.count)}


def _equipment(sheet: Sheet, layout: Layout) -> Listed:
    """Containers of a bill: EQD inside it, RFF and SGP, each once and as they come."""
    eqd = sheet.tagged("EQD")
    eqd = eqd[layout.bill[eqd] >= 0]
    rff = layout.references_to("equipment")
    rff = rff[layout.bill[rff] >= 0]
    sgp = sheet.tagged("SGP")
    sgp = sgp[layout.item[sgp] >= 0]
    run = sheet.run
    parts = [
        sheet.component(eqd, 2),
        stripped(run, sheet.component(rff, 1, 2)),
        stripped(run, sheet.component(sgp, 1)),
    ]
    picked = np.concatenate([eqd, rff, sgp])
    order = np.argsort(picked)
    text = Spans(*(np.concatenate(each)[order] for each in zip(*parts, strict=True)))
    number = units(sheet, text)
    # What EQD holds must leave a number, what refers to a container must hold something.
    empty = ~views.said(number) & (sheet.tag[picked[order]] == tag_code("EQD"))
    keep = np.flatnonzero((text.end > text.begin) & ~empty)
    return once(sheet, layout.bill[picked[order][keep]], number[keep], layout.count)


CUSCAR: Final = Table(
    kind="CUSCAR",
    fields={
        "carrier": pl.String, "bill": pl.String, "master_bill": pl.String,
        **{f"{name}.{part}": pl.String for name in _ROUTE for part in ("code", "name")},
        **dict.fromkeys(_DATES, pl.String),
        "parties.role": LIST, "parties.name": LIST, "parties.country": LIST,
        "equipment.number": LIST, **goods.FIELDS, **VOYAGE_FIELDS,
    },
    takes=lambda statement: isinstance(statement, Consignment),
    refuse=_refuse,
    rows=_rows,
    asks={
        "CNI": ((2, 1, TEXT),),
        "CST": ((2, 1, WORD),),
        "DTM": ((1, 1, WORD), (1, 2, TEXT), (1, 3, WORD)),
        "EQD": ((2, 1, SPAN),),
        "FTX": ((1, 1, WORD), (3, 1, SPAN), (4, 1, TEXT), (4, 2, SPAN), (4, 6, SPAN)),
        "GID": ((2, 1, TEXT), (2, 2, TEXT), (2, 5, TEXT)),
        "LOC": ((1, 1, WORD),),
        "MEA": ((1, 1, WORD), (2, 1, WORD), (3, 1, WORD), (3, 2, TEXT)),
        "NAD": (
            (1, 1, WORD), *((3, at, SPAN) for at in range(1, 7)),
            (4, 1, TEXT), (4, 2, SPAN), (9, 1, TEXT),
        ),
        "RFF": ((1, 1, WORD), (1, 2, TEXT)),
        "SGP": ((1, 1, SPAN),),
    },
)  # fmt: skip
