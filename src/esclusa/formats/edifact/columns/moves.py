"""COARRI as a table: one row for each container that was loaded or discharged.

The rules are those of :mod:`esclusa.formats.edifact.containers`: each EQD opens a container. The
events of damage that a report may hold beside its moves make no rows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns import boxes, views
from esclusa.formats.edifact.columns.base import Table
from esclusa.formats.edifact.columns.batch import Coded, Columns, taken
from esclusa.formats.edifact.columns.header import (
    VOYAGE_FIELDS,
    Chosen,
    Places,
    place_columns,
    said_moments,
    unnamed,
    voyage_columns,
    voyages,
)
from esclusa.formats.edifact.columns.sheet import (
    DEAF,
    TEXT,
    WORD,
    Picked,
    Sheet,
    choose,
    first_of,
    last_of,
)
from esclusa.formats.edifact.columns.views import Texts
from esclusa.formats.edifact.containers import HERE, KINDS, MAIN
from esclusa.model import TransportEvent

_EVENTS: Final = common.CODES["container_document"]
_MOMENTS: Final = common.CODES["event_moment"]
_DOCUMENTS: Final = 30
_STAGE: Final = KINDS["COARRI"].stage


class _Layout:
    """Containers of a sheet: ``box`` is that of each row, -1 in the header; ``onward`` tells of
    each row whether a TDT of its container stands before it."""

    def __init__(self, sheet: Sheet) -> None:
        self.eqd = sheet.tagged("EQD")
        flags = np.zeros(len(sheet.rows), bool)
        flags[self.eqd] = True
        self.box, self.begun = sheet.groups(flags)
        self.onward = sheet.latest(sheet.tagged("TDT"), self.box) >= 0


def _refuse(sheet: Sheet) -> Picked:
    """Messages with several BGM, or one among the containers; with a main carriage of a container's
    own; with more references than are kept; with a voyage number in RFF alone; or too large."""
    layout = sheet.once(_Layout)
    bgm = sheet.tagged("BGM")
    several = np.flatnonzero(np.bincount(sheet.message[bgm], minlength=sheet.count) > 1)
    inside = sheet.message[bgm[layout.box[bgm] >= 0]]
    tdt = sheet.tagged("TDT")
    main = sheet.meant(tdt, lambda code: code.strip() == MAIN)
    own = sheet.message[tdt[(layout.box[tdt] >= 0) & main]]
    rff = sheet.tagged("RFF")
    box = layout.box[rff]
    many = np.bincount(box[box >= 0], minlength=1) > _DOCUMENTS
    many_at = sheet.message[layout.begun[np.flatnonzero(many)]] if many.any() else own[:0]
    strange = sheet.message[rff[sheet.meant(rff, lambda code: ":" in code)]]
    header = layout.box < 0
    named = unnamed(sheet, header, sheet.once(_voyages))
    shared = sheet.longest("TDT") + np.bincount(
        sheet.message[rff[box < 0]], minlength=sheet.count
    ) * sheet.longest("RFF") + sheet.longest("NAD")  # fmt: skip
    grown = sheet.overgrown(sheet.message[layout.begun], 2 * shared)
    return np.concatenate([several, inside, own, many_at, strange, named, grown])


def _voyages(sheet: Sheet) -> Chosen:
    """The first main carriage of each header."""
    tdt, header = sheet.tagged("TDT"), sheet.once(_Layout).box < 0
    picked = tdt[sheet.meant(tdt, lambda code: code.strip() in (MAIN, ""))]
    return voyages(sheet, header, lambda one: common.voyage(one, DEAF, mode="sea"), picked)


def _rows(sheet: Sheet) -> tuple[Picked, Columns]:
    layout = sheet.once(_Layout)
    box, count = layout.box, len(layout.begun)
    owner = sheet.message[layout.begun]
    equipment = boxes.numbers(sheet, layout.eqd)
    event, code = _events(sheet)
    places = _Places(sheet, layout)
    columns = {
        "event": event.at(owner),
        "code": code.at(owner),
        "stage": Coded(np.zeros(count, np.uint32), [_STAGE]),
        "occurred": _occurred(sheet, layout, count),
        "bill": _bills(sheet, layout, count, owner),
        **_parties(sheet, layout, count, owner),
        **place_columns("place", places.place(event, owner)),
        **voyage_columns(sheet.once(_voyages).at(owner)),
    }
    loaded, discharged = (_are(event, word)[owner] for word in ("load", "discharge"))
    unit = {
        **equipment,
        **boxes.masses(sheet, box, count),
        "temperature_c": boxes.temperatures(sheet, box, count),
        "undg": boxes.dangers(sheet, box, count),
        **boxes.seals(sheet, box, count),
        "stowage": _stowages(sheet, layout, places, count),
        **place_columns("load_port", places.port("load", "original_load", loaded, owner)),
        **place_columns(
            "discharge_port", places.port("discharge", "final_discharge", discharged, owner)
        ),
    }
    columns |= {f"equipment.{name}": column for name, column in unit.items()}
    named = np.flatnonzero(views.said(equipment["number"]))
    return owner[named], taken(columns, named)


def _are(event: Coded, word: str) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = np.array([each == word for each in event.words])[event.code]
    return found


def _events(sheet: Sheet) -> tuple[Coded, Coded]:
    """What happens to the containers of each message, and the code of BGM if that does not tell."""
    bgm = sheet.tagged("BGM")
    code, words = sheet.coded(bgm, str.strip, 1)
    at = choose(code, last_of(sheet.message[bgm], sheet.count), len(words))
    known = [_EVENTS.get(word, "") for word in words]
    event = Coded(at, [*(word or "other" for word in known), "other"])
    pairs = zip(words, known, strict=True)
    return event, Coded(at, [*("" if event else word for word, event in pairs), ""])


class _Places:
    """Where the containers come from and go to, and where they are moved."""

    def __init__(self, sheet: Sheet, layout: _Layout) -> None:
        self.loc = Places(sheet, lambda code: "here" if code in HERE else common.PLACE.get(code))
        rows = self.loc.rows
        box = np.where(layout.onward[rows], -1, layout.box[rows])
        head = np.where(layout.box[rows] < 0, sheet.message[rows], -1)
        self.of_box = self.loc.firsts(box, len(layout.begun))
        self.of_head = self.loc.firsts(head, sheet.count)

    def port(self, field: str, instead: str, mask: npt.NDArray[np.bool_], owner: Picked) -> Chosen:
        """The container's own port, else the header's when the move is there."""
        own = self.of_box.of(field, instead)
        return own.orelse(self.of_head.of(field).at(owner).where(mask))

    def place(self, event: Coded, owner: Picked) -> Chosen:
        found = self.of_box.of("here").orelse(self.of_head.of("here").at(owner))
        for field in ("load", "discharge"):
            mask = _are(event, field)
            found = found.orelse(self.of_head.of(field).where(mask).at(owner))
        return found


def _occurred(sheet: Sheet, layout: _Layout, count: int) -> Texts:
    dtm = sheet.tagged("DTM")
    meant = sheet.meant(dtm, lambda code: code in _MOMENTS)
    dtm = dtm[meant & (layout.box[dtm] >= 0) & ~layout.onward[dtm]]
    return said_moments(sheet, dtm, layout.box[dtm], count)[0]


def _bills(sheet: Sheet, layout: _Layout, count: int, owner: Picked) -> Texts:
    """The first bill of lading of the container, else of the header."""
    rff = sheet.tagged("RFF")
    rff = rff[sheet.meant(rff, lambda code: code.strip() == "BM")]
    text = sheet.column(rff, 1, 2)
    said = np.flatnonzero(views.said(text))
    rff, text = rff[said], text[said]
    return views.pick(text, _own_or_header(sheet, layout, rff, owner, count))


def _own_or_header(
    sheet: Sheet, layout: _Layout, picked: Picked, owner: Picked, count: int
) -> Picked:
    """The first of these rows in each container, else in its message's header; -1 for none."""
    box = layout.box[picked]
    inside, outside = np.flatnonzero(box >= 0), np.flatnonzero(box < 0)
    own = choose(inside, first_of(box[inside], count), -1)
    head = choose(outside, first_of(sheet.message[picked[outside]], sheet.count), -1)
    found: Picked = np.where(own >= 0, own, head[owner])
    return found


def _parties(sheet: Sheet, layout: _Layout, count: int, owner: Picked) -> Columns:
    """The operator (CF), for which an empty name of the container counts, and the carrier (CA)."""
    nad = sheet.tagged("NAD")
    code = sheet.mapped(nad, str.strip, 1)
    found = {}
    for qualifier, name in (("CF", "equipment.operator"), ("CA", "carrier")):
        picked = nad[code.are(qualifier)]
        number, read = sheet.read(picked, lambda one: one.get(2).strip() or one.get(4).strip())
        said = np.array([*(text != "" for text in read), False])[number]
        if qualifier == "CF":
            said |= layout.box[picked] >= 0
        keep = np.flatnonzero(said)
        at = _own_or_header(sheet, layout, picked[keep], owner, count)
        found[name] = Coded(choose(number[keep], at, len(read)), [*read, ""])
    return found


def _stowages(sheet: Sheet, layout: _Layout, places: _Places, count: int) -> Texts:
    loc = places.loc.rows[places.loc.field.are("stowage")]
    loc = loc[layout.box[loc] >= 0]
    return views.pick(sheet.column(loc, 2), first_of(layout.box[loc], count))


COARRI: Final = Table(
    kind="COARRI",
    fields={
        "event": pl.String, "stage": pl.String, "occurred": pl.String, "place.code": pl.String,
        "place.name": pl.String, "carrier": pl.String, "bill": pl.String, "code": pl.String,
        **{f"equipment.{name}": dtype for name, dtype in boxes.FIELDS.items()}, **VOYAGE_FIELDS,
    },
    takes=lambda statement: isinstance(statement, TransportEvent) and statement.event != "damage",
    refuse=_refuse,
    rows=_rows,
    asks={
        "DTM": ((1, 1, WORD), (1, 2, TEXT), (1, 3, WORD)),
        "EQD": ((2, 1, TEXT), (3, 1, TEXT), (3, 4, TEXT), (6, 1, WORD)),
        "LOC": ((1, 1, WORD), (2, 1, TEXT)),
        "MEA": ((1, 1, WORD), (2, 1, WORD), (3, 1, WORD), (3, 2, TEXT)),
        "NAD": ((1, 1, WORD),),
        "RFF": ((1, 1, WORD), (1, 2, TEXT)),
        "SEL": ((1, 1, TEXT), (2, 1, WORD)),
        "TDT": ((1, 1, WORD),),
    },
)  # fmt: skip
