"""Features of a route: codes and countries of its places."""

from __future__ import annotations

from esclusa.analysis.targeting.normal import code, codes, normal
from esclusa.model import Consignment, Place

_COUNTRY_SIGNS = 2


def country(place: Place) -> str | None:
    """Return the ISO 3166-1 alpha-2 country of a UN/LOCODE or country code, None for others.

    A code under another scheme is not trusted: ``MIAMI`` as a sender's own word is not in ``MI``.
    """
    if place.scheme not in ("unlocode", "country"):
        return None
    found = code(place.code)
    return found[:_COUNTRY_SIGNS] if found and len(found) >= _COUNTRY_SIGNS else None


def route_values(body: Consignment) -> tuple[object, ...]:
    """Return the route group of a consignment (see ``_ROUTE_NAMES`` in :mod:`.consignments`)."""
    load, discharge, delivery = body.load_port, body.discharge_port, body.delivery_place
    via = body.transhipment_ports
    stuffing = normal(body.stuffing_place)
    return (
        code(body.place_of_receipt.code),
        code(load.code),
        country(load),
        codes(place.code for place in via),
        [found for place in via if (found := country(place))] or None,
        code(discharge.code),
        country(discharge),
        code(delivery.code),
        country(delivery),
        codes(p.code for p in (body.place_of_receipt, load, *via, discharge, delivery)),
        _unnamed(load) or _unnamed(discharge),
        stuffing,
        stuffing is None and not any(party.role == "stuffer" for party in body.parties),
    )


def _unnamed(place: Place) -> bool:
    return not (place.code or place.name)
