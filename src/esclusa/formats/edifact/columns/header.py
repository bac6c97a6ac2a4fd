"""What stands once in a message: voyage, places and moments of its header."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns import compiled, groupings, views
from esclusa.formats.edifact.columns.batch import Coded, Columns
from esclusa.formats.edifact.columns.readings import moments
from esclusa.formats.edifact.columns.sheet import Picked, Sheet, choose, first_of
from esclusa.formats.edifact.columns.views import Texts
from esclusa.formats.edifact.segment import Segment
from esclusa.model import Place, Voyage

NOWHERE: Final = Place()
NOTHING: Final = Voyage()

VOYAGE: Final = (
    "reference", "carrier", "conveyance.mode", "conveyance.name", "conveyance.imo",
    "conveyance.imo_valid", "conveyance.call_sign", "conveyance.registration",
)  # fmt: skip
"""Fields of a voyage that tables show."""

VOYAGE_FIELDS: Final[dict[str, Any]] = {
    f"voyage.{path}": pl.Boolean if path.endswith("valid") else pl.String for path in VOYAGE
}


class Chosen:
    """One of several values for each of many owners: ``values[code[n]]``; ``there`` tells whether
    anything was said."""

    def __init__(self, code: Picked, values: list[Any], there: npt.NDArray[np.bool_]) -> None:
        self.code = code
        self.values = values
        self.there = there
        self.rows = np.full(len(code), -1, np.intp)
        """Where it was said, when the maker tells; -1 where nothing was."""

    def at(self, owners: Picked) -> Chosen:
        return Chosen(self.code[owners], self.values, self.there[owners])

    def orelse(self, other: Chosen) -> Chosen:
        """This, where it was said, else the other."""
        if self.values is other.values:
            code = np.where(self.there, self.code, other.code)
            return Chosen(code, self.values, self.there | other.there)
        code = np.where(self.there, self.code, other.code + len(self.values))
        return Chosen(code, [*self.values, *other.values], self.there | other.there)

    def where(self, mask: npt.NDArray[np.bool_]) -> Chosen:
        """The same, but as if nothing had been said where ``mask`` is false."""
        code = np.where(mask, self.code, len(self.values) - 1)
        return Chosen(code, self.values, self.there & mask)

    def column(self, read: Callable[[Any], Any], dtype: Any = pl.String) -> Coded:
        return Coded(self.code, [read(each) for each in self.values], dtype)


def chosen(code: Picked, at: Picked, values: list[Any]) -> Chosen:
    """The value at place ``at`` of each owner; where that is -1 the last of ``values``, which
    stands for none."""
    return Chosen(choose(code, at, len(values) - 1), values, at >= 0)


def voyages(
    sheet: Sheet, header: npt.NDArray[np.bool_], read: Callable[[Segment], Voyage],
    picked: Picked | None = None,
) -> Chosen:  # fmt: skip
    """The first TDT of each header that says something."""
    tdt = sheet.tagged("TDT") if picked is None else picked
    tdt = tdt[header[tdt]]
    code, found = sheet.read(tdt, read)
    said = np.array([each != NOTHING for each in found] + [False])[code]
    at = first_of(sheet.message[tdt[said]], sheet.count)
    voyage = chosen(code[said], at, [*found, NOTHING])
    voyage.rows = choose(tdt[said], at, -1)
    return voyage


def unnamed(sheet: Sheet, header: npt.NDArray[np.bool_], voyage: Chosen) -> Picked:
    """Messages whose header gives a voyage number in RFF+VON that TDT does not give before it."""
    rff = sheet.tagged("RFF")
    rff = rff[header[rff] & sheet.meant(rff, lambda code: code.strip() == "VON")]
    message = sheet.message[rff]
    named = np.array([each.reference != "" for each in voyage.values], bool)[voyage.code]
    return message[~named[message] | (voyage.rows[message] > rff)]


def voyage_columns(found: Chosen) -> Columns:
    """Columns of a voyage."""
    return {
        name: found.column(attrgetter(name.removeprefix("voyage.")), dtype)
        for name, dtype in VOYAGE_FIELDS.items()
    }


def _read(sheet: Sheet) -> tuple[Picked, list[Place]]:
    """The place of each LOC; places on board, which all differ, are none."""
    rows = sheet.tagged("LOC")
    ashore = sheet.meant(rows, lambda code: common.PLACE.get(code) != "stowage")
    at, found = sheet.read(rows[ashore], common.place)
    code = np.full(len(rows), len(found), np.intp)
    code[ashore] = at
    return code, [*found, NOWHERE]


ALONE: Final = np.zeros(0, np.bool_)


def firsts_of(field: Any, group: Any, copied: Any, found: Any) -> None:
    """As :func:`groupings.firsts`."""
    for what, row in enumerate(found):
        at = np.flatnonzero((field == what) & (group >= 0))
        first = first_of(group[at], len(row))
        row[:] = np.where(first >= 0, np.append(at, -1)[first], -1)
    for where in np.flatnonzero(copied).tolist():
        before = found[:, where - 1]
        found[:, where] = np.where(before >= 0, before, found[:, where])


class Firsts:
    """The first place of each field in each of ``count`` groups."""

    def __init__(self, places: Places, at: dict[str, Picked], count: int) -> None:
        self.places = places
        self.at = at
        self.count = count

    def of(self, *fields: str) -> Chosen:
        """The first of these fields that a group has."""
        found = np.full(self.count, -1, np.intp)
        for field in reversed(fields):
            if field in self.at:
                found = np.where(self.at[field] >= 0, self.at[field], found)
        return chosen(self.places.code, found, self.places.found)


class Places:
    """LOC of a sheet: what each is for, where it is."""

    def __init__(
        self, sheet: Sheet, meaning: Callable[[str], str | None] = common.PLACE.get
    ) -> None:
        self.rows = sheet.tagged("LOC")
        self.field = sheet.mapped(self.rows, lambda code: meaning(code) or "", 1)
        self.code, self.found = sheet.once(_read)
        self.fast = sheet.run.fast

    def firsts(self, owner: Picked, count: int, copied: npt.NDArray[np.bool_] = ALONE) -> Firsts:
        """The first place of every field in each group; ``owner`` is the group of each LOC, -1 for
        none.

        :param copied: groups that begin with what the group before them says.
        """
        named = [word for word in dict.fromkeys(self.field.words) if word]
        number = {word: at for at, word in enumerate(named)}
        field = np.array([*(number.get(word, -1) for word in self.field.words), -1], np.int8)
        found = np.empty((len(named), count), np.intp)
        walk = compiled.compiled(groupings.firsts) if self.fast else firsts_of
        walk(field[self.field.code], owner, copied, found)
        return Firsts(self, dict(zip(named, found, strict=True)), count)

    def first(
        self, field: str, owner: Picked, count: int, mask: npt.NDArray[np.bool_] | None = None
    ) -> Chosen:
        """The first place of a field in each group; ``owner`` is the group of each LOC, -1 for
        none."""
        here = self.field.are(field) & (owner >= 0)
        if mask is not None:
            here &= mask
        at = np.flatnonzero(here)
        return chosen(self.code[at], first_of(owner[at], count), self.found)


def place_columns(name: str, found: Chosen) -> Columns:
    """Code and name of a place."""
    return {f"{name}.{part}": found.column(attrgetter(part)) for part in ("code", "name")}


def said_moments(
    sheet: Sheet, picked: Picked, owner: Picked, count: int, *, last: bool = False
) -> tuple[Texts, npt.NDArray[np.bool_]]:
    """The first (or last) date of each owner that can be read, and whether there is one."""
    if not len(picked):
        return np.zeros(count, np.complex128), np.zeros(count, bool)
    read = moments(sheet, picked)
    good = np.flatnonzero(views.said(read) & (owner >= 0))
    if last:
        good = good[::-1]
    first = first_of(owner[good], count)
    return views.pick(read[good], first), first >= 0
