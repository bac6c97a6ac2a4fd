"""Features of consignments under a reader's labels, as of each one's moment or as of now.

Consignments, what other records say of their boxes, and outcomes are read under the labels that the
reader may see, and from nothing else. So every count, rate and median is that of a node that holds
no other record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec
import polars as pl
import sqlalchemy as sa

from esclusa.analysis.profiles import Settings, profile
from esclusa.analysis.profiles.from_records import (
    Stated,
    Weighed,
    rows_of,
    with_masses,
    with_text_fit,
)
from esclusa.analysis.targeting.normal import moment
from esclusa.errors import InputError
from esclusa.ledger import versions
from esclusa.ledger.labels import Labels
from esclusa.model import Consignment, TransportEquipment, TransportEvent
from esclusa.node.examinations import outcomes_under
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

CLOCKS: Final = ("recorded", "stated")
_SETTINGS: Final = Settings()


Moments = dt.datetime | Mapping[str, dt.datetime] | None


def features_for(
    gate: Gate, labels: Labels, reader: Reader, *, names: Collection[str] | None = None,
    as_of: Moments = None, clock: str = "recorded",
) -> pl.DataFrame:  # fmt: skip
    """Return the features of consignments for a reader, from records and outcomes he may see.

    :param names, as_of, clock: as :func:`consignment_features`.
    :raises Forbidden: when the reader may not read records.
    """
    reader.require(Action.RECORD_READ)
    with gate.reading(reader) as (connection, visible):
        known = outcomes_under(connection, labels, visible, kinds=("consignment",))
        found = consignment_features(
            connection, visible, known, names=names, as_of=as_of, clock=clock
        )
    gate.note(reader, Action.RECORD_READ, detail=f"features={found.height}")
    return found


def consignment_features(
    connection: sa.Connection, visible: Collection[int], outcomes: pl.DataFrame | None = None, *,
    names: Collection[str] | None = None, as_of: Moments = None, clock: str = "recorded",
    settings: Settings = _SETTINGS,
) -> pl.DataFrame:  # fmt: skip
    """Return ``record``, ``at`` and the features of each consignment, ordered by record id.

    :param visible: labels of the records that may be looked at; ``outcomes`` under the same.
    :param outcomes: columns ``subject``, ``examined``, ``found``, ``known``; others are left.
    :param names: ids of the consignments to return, None for all.
    :param as_of: an aware moment: each consignment that was in force just before it, profiled as of
        it. A moment for each record id: the same, each at its own (such as when it was selected);
        others are not returned. None: each consignment that is in force, profiled as of its last
        version's own moment.
    :param clock: what a version's moment is. ``recorded``: when this node recorded it. ``stated``:
        the arrival it states, UTC where no zone is written, else when it was recorded; for history
        that was loaded in one go. Then masses of other records are not looked at: they state no
        such moment.
    :raises InputError: for a moment without a zone, a clock that there is not, and outcomes that
        lack a column.
    """
    rows = consignment_rows(connection, visible, clock=clock)
    asked = with_text_fit(_asked(rows, names, as_of))
    if clock == "recorded":
        asked = with_masses(asked, _weighed(connection, visible))
    found = profile(rows, outcomes, asked=asked.sort("id"), settings=settings)
    return found.rename({"id": "record"})


def consignment_rows(
    connection: sa.Connection, visible: Collection[int], *, clock: str = "recorded"
) -> pl.DataFrame:
    """Return a row for each version of each consignment under these labels; where several have one
    moment, the one recorded last. A record under several labels is one consignment, and what was
    recorded last speaks for it.

    :raises InputError: for a clock that there is not.
    """
    if clock not in CLOCKS:
        raise InputError(f"clock is {clock!r}: expected one of {', '.join(CLOCKS)}")
    held = versions.all_of_kind(connection, visible, "consignment")
    rows = rows_of(
        Stated(one.id, _moment(one, clock), _CONSIGNMENT.decode(one.body), one.withdrawn)
        for one in held
    )
    return rows.unique(["id", "at"], keep="last", maintain_order=True)


def _asked(rows: pl.DataFrame, names: Collection[str] | None, as_of: Moments) -> pl.DataFrame:
    """Return the version of each consignment that was in force, with the moment to ask about."""
    if as_of is None:
        wanted = rows.with_columns(asked=pl.col("at"))
    else:
        each = as_of if isinstance(as_of, Mapping) else dict.fromkeys(rows["id"].unique(), as_of)
        if any(moment.tzinfo is None for moment in each.values()):
            raise InputError("as_of has no time zone")
        told = {"id": list(each), "asked": [one.astimezone(dt.UTC) for one in each.values()]}
        moments = pl.DataFrame(told, schema={"id": pl.String(), "asked": rows["at"].dtype})
        wanted = rows.join(moments, on="id", how="inner").filter(pl.col("at") < pl.col("asked"))
    if names is not None:
        wanted = wanted.filter(pl.col("id").is_in(sorted(names)))
    last = wanted.sort("at").unique("id", keep="last", maintain_order=True)
    return last.filter(~pl.col("withdrawn")).with_columns(at="asked").drop("asked")


_CONSIGNMENT: Final = msgspec.json.Decoder(Consignment)
_EQUIPMENT: Final = msgspec.json.Decoder(TransportEquipment)
_EVENT: Final = msgspec.json.Decoder(TransportEvent)


def _moment(held: versions.Held, clock: str) -> dt.datetime:
    text = held.valid_time if clock == "stated" else ""
    found = moment(text) or moment(f"{text}T00:00")
    if found is None or not 1980 <= found.year < 2300:
        return held.recorded
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found


def _weighed(connection: sa.Connection, visible: Collection[int]) -> Iterator[Weighed]:
    """Yield what records of boxes and events say of masses. A gross mass with a place on board is
    that of a stow plan."""
    for kind in ("equipment", "transport_event"):
        for held in versions.all_of_kind(connection, visible, kind):
            yield from weighed_in(held)


def weighed_in(held: versions.Held) -> Iterator[Weighed]:
    """Yield what one record of a box or an event says of masses; nothing for other kinds."""
    if held.withdrawn:
        return
    if held.kind == "equipment":
        yield from _masses(_EQUIPMENT.decode(held.body), held.recorded)
    elif held.kind == "transport_event":
        unit = _EVENT.decode(held.body).equipment
        if unit is not None:
            yield from _masses(unit, held.recorded)


def _masses(unit: TransportEquipment, at: dt.datetime) -> Iterator[Weighed]:
    stow = unit.gross_mass_kg if unit.stowage else None
    if unit.verified_mass_kg or stow or unit.tare_kg:
        yield Weighed(unit.number, at, unit.verified_mass_kg, stow, unit.tare_kg)
