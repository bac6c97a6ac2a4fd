"""BAPLIE as a table: one row for each container on board.

The rules are those of :mod:`esclusa.formats.edifact.baplie`: a stowage location opens a place on
board, or EQD does where the message begins with it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns import boxes, compiled, groupings, spans, views
from esclusa.formats.edifact.columns.base import Table
from esclusa.formats.edifact.columns.batch import Coded, Columns, taken
from esclusa.formats.edifact.columns.header import (
    VOYAGE_FIELDS,
    Chosen,
    Places,
    chosen,
    place_columns,
    unnamed,
    voyage_columns,
    voyages,
)
from esclusa.formats.edifact.columns.run import tag_code
from esclusa.formats.edifact.columns.sheet import DEAF, TEXT, WORD, Picked, Sheet, first_of, last_of
from esclusa.formats.edifact.columns.views import Texts
from esclusa.formats.edifact.segment import Segment
from esclusa.model import TransportEquipment, Voyage


class _Layout:
    """The places on board of a sheet. ``first`` tells of each message whether EQD comes first;
    ``family`` numbers places whose containers stand bundled on one another."""

    def __init__(self, sheet: Sheet) -> None:
        self.places = Places(sheet)
        self.stowage = self.places.rows[self.places.field.are("stowage")]
        self.eqd = sheet.tagged("EQD")
        (self._compiled if sheet.run.fast else self._reckoned)(sheet)
        # Whoever stands on another is of its family.
        self.family = np.cumsum(~self.copied) - 1

    def _compiled(self, sheet: Sheet) -> None:
        stowage = np.zeros(len(sheet.rows), bool)
        stowage[self.stowage] = True
        self.equipment_first = np.zeros(sheet.count, bool)
        self.slot = np.empty(len(sheet.rows), np.intp)
        most = len(self.stowage) + len(self.eqd)
        begun, copied = np.empty(most, np.intp), np.empty(most, bool)
        count = compiled.compiled(groupings.slots)(
            sheet.tag, sheet.message, tag_code("EQD"), stowage,
            self.equipment_first, self.slot, begun, copied,
        )  # fmt: skip
        self.begun, self.copied = begun[:count].copy(), copied[:count].copy()

    def _reckoned(self, sheet: Sheet) -> None:
        order = np.sort(np.concatenate([self.stowage, self.eqd]))
        equipment = sheet.tag[order] == sheet.tag[self.eqd[0]] if len(self.eqd) else order < 0
        message = sheet.message[order]
        head = np.diff(message, prepend=-1) != 0
        same = ~head & (equipment == np.roll(equipment, 1))
        first = np.zeros(sheet.count, bool)
        first[message[head]] = equipment[head]
        self.equipment_first = first
        # EQD first: whatever stood twice in a row, or began, opens until the other does.
        turn = np.maximum.accumulate(np.where(head | same, np.arange(len(order)), 0))
        opener = equipment[turn] if len(order) else equipment
        opens = np.where(first[message], equipment == opener, ~equipment | same)
        flags = np.zeros(len(sheet.rows), bool)
        flags[order[opens]] = True
        self.slot, self.begun = sheet.groups(flags)
        self.copied = (equipment & ~first[message])[opens]


def _old(sheet: Sheet) -> npt.NDArray[np.bool_]:
    """Messages of directories before D.93A, whose release (UNH S009.0052) is a number."""
    heads = sheet.rows[sheet.ahead]
    code, example = spans.distinct(sheet.run, spans.composite(sheet.run, heads, 2))
    named = []
    for row in heads[example].tolist():
        kind = spans.segment(sheet.run, row).element(2)
        named.append(".".join(part for part in kind[1:3] if part)[:1].isdigit())
    return np.array(named, bool)[code]


def _refuse(sheet: Sheet) -> Picked:
    """Messages whose voyage number stands in RFF, or that begin with EQD and have an empty place,
    or whose statements could outgrow the limits."""
    layout = sheet.once(_Layout)
    header = layout.slot < 0
    named = unnamed(sheet, header, sheet.once(_voyages))
    empty = layout.stowage[~views.said(sheet.once(_stowed))]
    empty = sheet.message[empty][layout.equipment_first[sheet.message[empty]]]
    grown = sheet.overgrown(sheet.message[layout.begun], sheet.longest("TDT"))
    return np.concatenate([named, empty, grown])


def _voyages(sheet: Sheet) -> Chosen:
    """Two readings of TDT, as the directory has it."""
    old, header = _old(sheet), sheet.once(_Layout).slot < 0

    def read(segment: Segment) -> Voyage:
        return common.voyage(segment, DEAF, mode="sea")

    def before(segment: Segment) -> Voyage:
        return common.voyage(segment, DEAF, mode="sea", old=True)

    new = voyages(sheet, header, read)
    if not old.any():
        return new
    other = voyages(sheet, header, before)
    both = other.where(old).orelse(new.where(~old))
    both.rows = np.where(old, other.rows, new.rows)
    return both


def _stowed(sheet: Sheet) -> Texts:
    """What each stowage location says."""
    return sheet.column(sheet.once(_Layout).stowage, 2)


def _rows(sheet: Sheet) -> tuple[Picked, Columns]:
    layout = sheet.once(_Layout)
    slot, count = layout.slot, len(layout.begun)
    eqd = layout.eqd
    equipment = boxes.numbers(sheet, eqd)
    of_slot = last_of(slot[eqd], count)
    named = views.said(equipment["number"])
    kept = np.flatnonzero((of_slot >= 0) & np.append(named, False)[of_slot])
    at = of_slot[kept]
    owner = sheet.message[layout.begun[kept]]
    columns = taken(equipment, at)
    places = layout.places
    ports = places.firsts(slot[places.rows], count, layout.copied)
    rest = {
        **boxes.masses(sheet, slot, count),
        "temperature_c": boxes.temperatures(sheet, slot, count),
        "operator": _operators(sheet, slot, count),
        "stowage": _stowages(sheet, layout, count),
        "undg": boxes.dangers(sheet, slot, count),
        **boxes.seals(sheet, slot, count),
        **place_columns("load_port", ports.of("load", "original_load")),
        **place_columns("discharge_port", ports.of("discharge", "final_discharge")),
    }
    return owner, {
        **columns,
        **taken(rest, kept),
        **voyage_columns(sheet.once(_voyages).at(owner)),
    }


def _stowages(sheet: Sheet, layout: _Layout, count: int) -> Texts:
    """Where the slot is; bundled containers stand where the first of them does."""
    of_family = last_of(layout.family[layout.slot[layout.stowage]], count)
    return views.pick(sheet.once(_stowed), of_family[layout.family])


def _operators(sheet: Sheet, slot: Picked, count: int) -> Coded:
    """The first carrier's party, by its code or its name."""
    nad = sheet.tagged("NAD")
    nad = nad[sheet.meant(nad, lambda code: code in ("CA", "CF")) & (slot[nad] >= 0)]
    code, found = sheet.read(nad, lambda one: one.get(2).strip() or one.get(4).strip())
    return chosen(code, first_of(slot[nad], count), [*found, ""]).column(str)


BAPLIE: Final = Table(
    kind="BAPLIE",
    fields={**boxes.FIELDS, **VOYAGE_FIELDS},
    takes=lambda statement: isinstance(statement, TransportEquipment),
    refuse=_refuse,
    rows=_rows,
    asks={
        "EQD": ((2, 1, TEXT), (3, 1, TEXT), (3, 4, TEXT), (6, 1, WORD)),
        "LOC": ((1, 1, WORD), (2, 1, TEXT)),
        "MEA": ((1, 1, WORD), (2, 1, WORD), (3, 1, WORD), (3, 2, TEXT)),
        "NAD": ((1, 1, WORD),),
        "RFF": ((1, 1, WORD),),
        "SEL": ((1, 1, TEXT), (2, 1, WORD)),
    },
)  # fmt: skip
