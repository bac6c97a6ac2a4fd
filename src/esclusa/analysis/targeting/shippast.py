"""What earlier calls and declarations say of a ship: facts for rules, from bodies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from esclusa.analysis.targeting.normal import code, day, normal
from esclusa.model import Body, PortCall, ShipDeclaration

SEEN_DAYS: Final = 730
"""How far back names and flags of a ship are looked at: two years, as a sale takes one."""

CONFLICT_DAYS: Final = 30
"""Two names of one IMO number within a month are a conflict, not a sale."""

_STOWAWAYS: Final = "IMO0216"
_SECURITY: Final = "IMO0131"
"""Data elements of the IMO Compendium on Facilitation: stowaway found, security matters to report.
"""
_NOTHING: Final = frozenset({"NIL", "NONE", "NO", "N A", "NA", "NOTHING", "NINGUNO", "NADA"})
_YES: Final = frozenset({"Y", "YES", "TRUE", "1", "SI"})


class ShipPast(NamedTuple):
    """``names``, ``flags`` and ``mmsis`` of the last two years, this call included;
    ``conflict``: another name within a month; ``next_said``: the next port that the call before
    this one announced; ``crew_before``: how many crew that call stated."""

    names: tuple[str, ...]
    flags: tuple[str, ...]
    mmsis: tuple[str, ...]
    conflict: bool
    next_said: str
    crew_before: int | None


def ship_past(call: PortCall, others: Iterable[Body]) -> ShipPast | None:
    """Return what earlier calls of the same IMO number say; None without number or day."""
    on = day(call.arrival)
    imo = code(call.voyage.conveyance.imo)
    if on is None or imo is None:
        return None
    before = sorted(
        (
            (then, other)
            for other in others
            if isinstance(other, PortCall) and code(other.voyage.conveyance.imo) == imo
            and (then := day(other.arrival)) is not None and 0 <= (on - then).days <= SEEN_DAYS
        ),
        key=lambda each: each[0],
    )  # fmt: skip
    calls = [*(other for _then, other in before), call]
    last = _last(call, on, before)
    ships = [each.voyage.conveyance for each in calls]
    near = {
        normal(other.voyage.conveyance.name)
        for then, other in before
        if (on - then).days <= CONFLICT_DAYS
    }
    return ShipPast(
        names=_different(normal(ship.name) for ship in ships),
        flags=_different(code(ship.flag) for ship in ships),
        mmsis=_different(code(ship.mmsi) for ship in ships),
        conflict=bool(near - {None, normal(call.voyage.conveyance.name)})
        and bool(call.voyage.conveyance.name),
        next_said=(code(last.next_port.code) or "") if last is not None else "",
        crew_before=last.crew_count if last is not None else None,
    )


def _last(
    call: PortCall, on: dt.date, before: Sequence[tuple[dt.date, PortCall]]
) -> PortCall | None:
    """Return the newest earlier call at another port, at most thirty days ago."""
    found = [
        other
        for then, other in before
        if 0 < (on - then).days <= CONFLICT_DAYS and other.port.code != call.port.code
    ]
    return found[-1] if found else None


def reports(call: PortCall, others: Iterable[Body]) -> tuple[str, ...] | None:
    """Return what the ship declared about this call: ``STOWAWAYS``, and security matters in its
    own words, normalised. None when there is no declaration about it."""
    about = [
        other for other in others if isinstance(other, ShipDeclaration) and _same_call(call, other)
    ]
    return tuple(dict.fromkeys(_told(about))) if about else None


def _told(about: Iterable[ShipDeclaration]) -> Iterator[str]:
    for body in about:
        for value in body.values:
            said = normal(value.value)
            if value.code == _STOWAWAYS and said in _YES:
                yield "STOWAWAYS"
            elif value.code == _SECURITY and said and said not in _NOTHING:
                yield said


def _same_call(call: PortCall, other: ShipDeclaration) -> bool:
    ship, there = call.voyage.conveyance, other.voyage.conveyance
    if not ship.imo or code(ship.imo) != code(there.imo):
        return False
    if call.call_reference and other.call_reference:
        return call.call_reference == other.call_reference
    return call.port.code == other.port.code and call.arrival[:10] == other.arrival[:10]


def _different(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
