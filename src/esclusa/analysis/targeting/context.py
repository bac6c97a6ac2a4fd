"""What a record alone cannot say: the facts that a node knows from its history and its lists.

The node looks these up and hands them in, one per row. None always means "not looked up" or "not
known" and makes a rule that needs it unknown. An empty tuple means "looked up, none found".
"""

from __future__ import annotations

import msgspec

from esclusa.model import Consignment


class ConsignmentContext(msgspec.Struct, frozen=True, kw_only=True):
    """Facts around one consignment.

    ``previous`` is the version before this one. ``received`` is the ISO 8601 moment at which this
    version was filed. ``*_days_known`` count days since the party's name was first seen (0 is
    today). ``same_party_day_count`` counts consignments of one shipper to one consignee arriving
    the same day, this one included. ``seals_elsewhere`` are seals of these boxes seen on another
    box in the last 90 days; ``seals_differing`` are seals here that another record of the same box
    and voyage contradicts; ``containers_elsewhere`` are boxes of this consignment reported in
    another place at the same time; ``documents_elsewhere`` are its certificate or permit numbers
    already used by another shipper. ``peer_value_per_kg`` is the median of the same HS heading and
    lane in the same currency. ``importer_filing`` is True when the filing should hold the
    importer's elements (stuffing place and packer).

    What :mod:`.past` tells: ``boxes_refused`` (a port refused or sent the box back),
    ``box_findings`` (what inspections and examinations wrote about the boxes), ``box_mass_change``
    (two masses of one box on this journey), ``taken_by_other`` (boxes that another haulier took
    than the one named at release), ``papers_differ`` (what another record of the same bill says
    otherwise), ``shipper_changes`` and ``consignee_changes`` (what is new against their earlier
    consignments). ``consignee_recent`` counts the consignee's records of the last 30 days, up to
    100; ``consignee_days_silent`` is the days between the last one before these and the first day
    of the 30, None when there is none before. ``stuffing_finds`` counts examinations of the last
    180 days that found something in what was stuffed at this place.
    """

    previous: Consignment | None = None
    received: str = ""
    shipper_days_known: int | None = None
    consignee_days_known: int | None = None
    notify_days_known: int | None = None
    same_party_day_count: int | None = None
    seals_elsewhere: tuple[str, ...] | None = None
    seals_differing: tuple[str, ...] | None = None
    containers_elsewhere: tuple[str, ...] | None = None
    documents_elsewhere: tuple[str, ...] | None = None
    peer_value_per_kg: float | None = None
    importer_filing: bool | None = None
    boxes_refused: tuple[str, ...] | None = None
    box_findings: tuple[str, ...] | None = None
    box_mass_change: float | None = None
    taken_by_other: tuple[str, ...] | None = None
    papers_differ: tuple[str, ...] | None = None
    shipper_changes: tuple[str, ...] | None = None
    consignee_changes: tuple[str, ...] | None = None
    consignee_recent: int | None = None
    consignee_days_silent: int | None = None
    stuffing_finds: int | None = None


class EquipmentContext(msgspec.Struct, frozen=True, kw_only=True):
    """Facts around one unit of equipment; the words mean what they mean for a consignment."""

    seals_elsewhere: tuple[str, ...] | None = None
    seals_differing: tuple[str, ...] | None = None
    containers_elsewhere: tuple[str, ...] | None = None
    boxes_refused: tuple[str, ...] | None = None
    box_findings: tuple[str, ...] | None = None
    box_mass_change: float | None = None
    taken_by_other: tuple[str, ...] | None = None


class PortCallContext(msgspec.Struct, frozen=True, kw_only=True):
    """Facts around one port call.

    ``notice_received`` is the ISO 8601 moment of the pre-arrival notice, in the same zone habit as
    the arrival. ``identity_conflict`` is True when this IMO number was seen with another ship's
    name or call sign. ``names_seen``, ``flags_seen`` and ``mmsis_seen`` are those of the last two
    years, this call's included; ``next_port_said`` is the next port that the ship's call before
    this one announced, ``crew_before`` the crew it stated (None when unknown); ``reports`` are
    stowaways and security matters that the ship declared for this call.
    """

    notice_received: str = ""
    identity_conflict: bool | None = None
    names_seen: tuple[str, ...] | None = None
    flags_seen: tuple[str, ...] | None = None
    mmsis_seen: tuple[str, ...] | None = None
    next_port_said: str = ""
    crew_before: int | None = None
    reports: tuple[str, ...] | None = None


class TravellerContext(msgspec.Struct, frozen=True, kw_only=True):
    """Facts around one traveller, from document lists and from screening.

    ``document_listed``: the document stands on a list of lost or stolen documents. ``watch_*``:
    what agrees with the closest watchlist entry: document, name, full birth date, one more
    identifier. ``document_other_identity``: the same document was shown before with another name
    or birth date.
    """

    document_listed: bool | None = None
    watch_document: bool | None = None
    watch_name: bool | None = None
    watch_birth_date: bool | None = None
    watch_other: bool | None = None
    document_other_identity: bool | None = None


NO_CONSIGNMENT_CONTEXT = ConsignmentContext()
NO_EQUIPMENT_CONTEXT = EquipmentContext()
NO_PORT_CALL_CONTEXT = PortCallContext()
NO_TRAVELLER_CONTEXT = TravellerContext()
