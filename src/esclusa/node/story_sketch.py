"""Entries of a timeline as far as they have to be known to count and order them.

A page of a timeline shows a few entries and tells how many there are. So of most records no more is
read than when it happened and what leads to others: that costs a fraction of the whole body. What
is shown is made from whole records, by :mod:`esclusa.node.story_entries`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from esclusa.ledger.versions import Held
from esclusa.model import Record
from esclusa.node.body_parts import Box, Voyage
from esclusa.sharing.story_views import EntryView


class Sketch(NamedTuple):
    """An entry that is not made yet: its id, its kind, its moment so that texts sort as moments do,
    the number of the version that it is made from (0: none is needed), and what makes it."""

    id: str
    kind: str
    moment: str
    seq: int
    make: Callable[[Record | None], EntryView]


def made(entry: EntryView) -> Sketch:
    """Return the sketch of an entry that is there already."""
    return Sketch(entry.id, entry.kind, moment_key(entry), 0, lambda _record: entry)


def moment_key(entry: EntryView) -> str:
    """Return the moment of an entry so that texts sort as moments do; one without a zone, which is
    local to a port, is taken as it stands."""
    return moment_of(entry.at) or moment_of(entry.recorded)


def moment_at(at: str, recorded: dt.datetime) -> str:
    """Return :func:`moment_key` of an entry at a moment, "" for none, about a record."""
    return moment_of(at) or moment_of(recorded.isoformat())


def moment_of(text: str) -> str:
    """Return a moment so that texts sort as moments do, "" for what is none."""
    try:
        read = dt.datetime.fromisoformat(text)
        placed = read.astimezone(dt.UTC) if read.tzinfo else read
    except (ValueError, OverflowError):
        return ""
    return placed.replace(tzinfo=None).isoformat(timespec="microseconds")


# --- as much of a body as that needs --------------------------------------------------------------


class Cargo(msgspec.Struct, frozen=True):
    """As much of a consignment as is needed to place it and to find what was examined of it."""

    bill: str = ""
    issued: str = ""
    departure: str = ""
    arrival: str = ""
    voyage: Voyage = Voyage()
    equipment: tuple[Box, ...] = ()


class _Call(msgspec.Struct, frozen=True):
    departure: str = ""
    arrival: str = ""


class _Event(msgspec.Struct, frozen=True):
    occurred: str = ""


class _Traveller(msgspec.Struct, frozen=True):
    journey: _Call = _Call()


class _Entry(msgspec.Struct, frozen=True):
    listed_on: str = ""


class _Ownership(msgspec.Struct, frozen=True):
    held_from: str = ""
    held_until: str = ""


class _Evidence(msgspec.Struct, frozen=True):
    path: str = ""


class _Match(msgspec.Struct, frozen=True):
    id: str = ""
    decision: str = ""


class _Reason(msgspec.Struct, frozen=True):
    evidence: tuple[_Evidence, ...] = ()
    match: _Match | None = None


class Alarm(msgspec.Struct, frozen=True):
    """As much of an alert as tells which matches it speaks of, and where these stand."""

    reasons: tuple[_Reason, ...] = ()


_TYPES: Final[Mapping[str, type[msgspec.Struct]]] = {
    "consignment": Cargo, "transport_event": _Event, "port_call": _Call,
    "ship_declaration": _Call, "traveller": _Traveller, "list_entry": _Entry,
    "ownership": _Ownership, "alert": Alarm,
}  # fmt: skip
_DECODE: Final = {kind: msgspec.json.Decoder(one).decode for kind, one in _TYPES.items()}


def part_of(held: Held) -> Any:
    """Return as much of a version's body as a timeline needs to count it; None where it needs
    nothing of it."""
    decode = _DECODE.get(held.kind)
    return decode(held.body) if decode else None


def happened(kind: str, body: Any, valid_time: str) -> str:
    """Return when it happened that a record tells of, "" where that is not said.

    :param body: the body, or what :func:`part_of` gives of it.
    :param valid_time: the time that the record is about.
    """
    match kind:
        case "consignment":
            return str(body.arrival or body.departure or body.issued)
        case "transport_event":
            return str(body.occurred)
        case "port_call" | "ship_declaration":
            return str(body.arrival or body.departure)
        case "traveller":
            return str(body.journey.arrival or body.journey.departure)
        case "list_entry":
            return str(body.listed_on)
        case "ownership":
            return str(body.held_from or body.held_until)
        case _:
            return valid_time
