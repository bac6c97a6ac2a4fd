"""Features that compare a consignment with its previous version."""

from __future__ import annotations

from typing import Final

from esclusa.analysis.targeting.context import ConsignmentContext
from esclusa.analysis.targeting.normal import code, codes, normal
from esclusa.model import Consignment, Place

CHANGE_NAMES: Final = (
    "amended", "consignee_changed", "consignee_before", "delivery_changed", "route_changed",
    "stuffing_changed",
)  # fmt: skip


def change_values(now: Consignment, known: ConsignmentContext) -> tuple[object, ...]:
    """Return the values of :data:`CHANGE_NAMES`.

    Without an earlier version every comparison is unknown. A node that knows when this version was
    filed and gives no earlier one states that there is none.
    """
    before = known.previous
    if before is None:
        return (False if known.received else None, None, None, None, None, None)
    return (
        True,
        _differ(_consignee(now), _consignee(before)),
        _consignee(before),
        _differ(_place(now.delivery_place), _place(before.delivery_place)),
        _differ(_route(now), _route(before)),
        _differ(normal(now.stuffing_place), normal(before.stuffing_place)),
    )


def _differ(now: str | None, before: str | None) -> bool | None:
    """Unknown when one side says nothing: a value added later is not a change."""
    return None if now is None or before is None else now != before


def _consignee(body: Consignment) -> str | None:
    return next((normal(p.name) for p in body.parties if p.role == "consignee"), None)


def _place(place: Place) -> str | None:
    return code(place.code) or normal(place.name)


def _route(body: Consignment) -> str | None:
    places = (body.load_port, *body.transhipment_ports, body.discharge_port)
    return ">".join(codes(place.code for place in places) or ()) or None
