"""The calls and declarations of a ship around a batch of port calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.targeting import shippast
from esclusa.analysis.targeting.context import PortCallContext
from esclusa.ledger import ties
from esclusa.ledger.indexing import ship_reference
from esclusa.model import Body, PortCall

_LOOKED: Final = 24
"""Other records of a ship that are looked at: calls and declarations of about a year."""


def port_call_contexts(
    connection: sa.Connection, visible: frozenset[int],
    calls: Sequence[tuple[str, PortCall, str]], known: Mapping[int, Body],
) -> list[PortCallContext]:  # fmt: skip
    """Return what the ledger knows around each port call: when its notice came in, and what earlier
    calls of the ship and its declarations say.

    :param calls: record id, call, and the ISO 8601 UTC moment at which it was recorded.
    :param known: bodies at hand by sequence number.
    """
    values = sorted({ref for _name, call, _at in calls if (ref := ship_reference(call.voyage))})
    held = ties.sightings(
        connection, visible, values, each=_LOOKED, known=known,
        kinds=("port_call", "ship_declaration"),
    )  # fmt: skip
    return [
        _context(
            call,
            recorded,
            [body for other, body in held.get(ship_reference(call.voyage), ()) if other != name],
        )
        for name, call, recorded in calls
    ]


def _context(call: PortCall, recorded: str, others: Sequence[Body]) -> PortCallContext:
    found = shippast.ship_past(call, others)
    context = PortCallContext(notice_received=recorded, reports=shippast.reports(call, others))
    if found is None:
        return context
    return msgspec.structs.replace(
        context,
        names_seen=found.names,
        flags_seen=found.flags,
        mmsis_seen=found.mmsis,
        next_port_said=found.next_said,
        crew_before=found.crew_before,
        identity_conflict=found.conflict,
    )
