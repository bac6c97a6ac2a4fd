"""A seizure, as one of the services that had a part in it reports it."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from esclusa.model.common import Place


class SeizedItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Goods seized. ``category`` is a class of the customs enforcement network
    (``casework/seizure_categories.csv``), ``what`` the service's words, ``quantity`` counts in
    ``unit``, a code of UN/ECE Recommendation 20 (``KGM``, ``H87`` pieces, ``LTR``)."""

    WHOLE: ClassVar[frozenset[str]] = frozenset({"category"})

    category: str
    what: str = ""
    quantity: float | None = None
    unit: str = ""


class Seizure(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="seizure"
):
    """One service's report of a seizure; a correction is a new version.

    ``agency`` reports under its own ``number``; together the natural key. ``event`` is the number
    that all services share that had a part in this seizure: one event counts once, however many
    report it. ``part`` is this service's (``casework/seizure_parts.csv``). ``seized`` is a day or a
    moment (ISO 8601 UTC), ``place`` where. The goods were in ``equipment`` (ISO 6346), under
    ``carrier`` and ``bill``, or with a traveller, of whom nothing is said here. ``concealment`` are
    the service's words. ``examination`` is the examining service's number for the opening, and
    ``referral`` the referral that led to it. ``by`` and ``at`` say who wrote this version and when,
    ``why`` the reason of a correction.
    """

    WHOLE: ClassVar[frozenset[str]] = frozenset({"part", "event"})

    agency: str
    number: str
    event: str
    seized: str
    part: str
    items: tuple[SeizedItem, ...] = ()
    place: Place = Place()
    equipment: str = ""
    carrier: str = ""
    bill: str = ""
    concealment: str = ""
    examination: str = ""
    referral: str = ""
    by: str = ""
    at: str = ""
    why: str = ""
