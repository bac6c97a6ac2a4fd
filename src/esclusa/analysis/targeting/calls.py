"""Features of port calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import polars as pl

from esclusa.analysis.targeting.context import NO_PORT_CALL_CONTEXT, PortCallContext
from esclusa.analysis.targeting.frame import frame
from esclusa.analysis.targeting.normal import code, codes, day, hours_between, listed, normal
from esclusa.analysis.targeting.places import country
from esclusa.model import Conveyance, PortCall

_NAMES: Final = (
    "ship_name", "ship_imo", "ship_imo_bad", "ship_flag", "call_sign", "voyage_reference",
    "port_code", "port_country", "arrival", "departure", "last_port_codes",
    "last_port_countries", "next_port_code", "notice_items_missing", "notice_hours",
    "identity_conflict", "names_seen", "flags_seen", "mmsis_seen", "next_port_said",
    "skips_next_port_said", "crew_count", "crew_difference", "reports",
)  # fmt: skip


def port_call_table(
    bodies: Sequence[PortCall], contexts: Sequence[PortCallContext] | None = None
) -> pl.DataFrame:
    """Return one row of features per port call, in the same order.

    :raises ValueError: ``contexts`` has another length than ``bodies``.
    """
    known = contexts if contexts is not None else [NO_PORT_CALL_CONTEXT] * len(bodies)
    torn = _torn_identities(bodies)
    rows = [_values(b, x, torn) for b, x in zip(bodies, known, strict=True)]
    return frame("port_call", ((_NAMES, rows),))


def _values(body: PortCall, known: PortCallContext, torn: frozenset[str]) -> tuple[object, ...]:
    ship = body.voyage.conveyance
    imo = code(ship.imo)
    return (
        normal(ship.name),
        imo,
        None if imo is None or ship.imo_valid is None else not ship.imo_valid,
        code(ship.flag),
        code(ship.call_sign),
        code(body.voyage.reference),
        code(body.port.code),
        country(body.port),
        day(body.arrival),
        day(body.departure),
        codes(place.code for place in body.last_ports),
        [found for place in body.last_ports if (found := country(place))] or None,
        code(body.next_port.code),
        _missing(body, ship),
        hours_between(known.notice_received, body.arrival),
        True if imo in torn else known.identity_conflict,
        listed(known.names_seen),
        listed(known.flags_seen),
        listed(known.mmsis_seen),
        code(known.next_port_said),
        _skips(body, known),
        body.crew_count,
        None if None in (body.crew_count, known.crew_before) else _crew(body, known),
        listed(known.reports),
    )


def _skips(body: PortCall, known: PortCallContext) -> bool | None:
    """True when the ship calls here, and neither said so at the call before nor says now that it
    called at the port that it had announced."""
    said, here = code(known.next_port_said), code(body.port.code)
    if said is None or here is None:
        return None
    return here != said and said not in {code(place.code) for place in body.last_ports}


def _crew(body: PortCall, known: PortCallContext) -> int:
    assert body.crew_count is not None
    assert known.crew_before is not None
    return body.crew_count - known.crew_before


def _missing(body: PortCall, ship: Conveyance) -> int:
    """Count the items of a pre-arrival notice that are not stated (SOLAS XI-2/9.2 and FAL)."""
    places = (body.port, body.next_port)
    items = (ship.name, ship.imo or ship.call_sign, body.arrival, body.last_ports)
    return sum(not item for item in items) + sum(not (p.code or p.name) for p in places)


def _torn_identities(bodies: Sequence[PortCall]) -> frozenset[str]:
    """Return IMO numbers that this batch shows under two names."""
    names: dict[str, set[str]] = defaultdict(set)
    for body in bodies:
        ship = body.voyage.conveyance
        imo, name = code(ship.imo), normal(ship.name)
        if imo and name:
            names[imo].add(name)
    return frozenset(imo for imo, found in names.items() if len(found) > 1)
