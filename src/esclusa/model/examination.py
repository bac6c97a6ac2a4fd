"""What came of looking into a box or a consignment, as the service that looked reports it."""

from __future__ import annotations

import msgspec

from esclusa.model.common import Place
from esclusa.model.movement import Voyage


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing found. ``category`` is a class of the customs enforcement network (``drugs``,
    ``revenue`` …), ``what`` the service's words, ``quantity`` counts in ``unit``, a code of UN/ECE
    Recommendation 20 or the service's word."""

    category: str
    what: str = ""
    quantity: float | None = None
    unit: str = ""


class Examination(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="examination",
):
    """One examination that was made, or that was asked for and not made.

    ``agency`` is the examining service and ``number`` its own number; together the natural key.
    The subject is ``equipment`` (ISO 6346 number), or ``carrier`` and the ``bills`` examined, or
    both; ``voyage`` tells journeys of one box apart. ``started``, ``completed`` and ``reported``
    are ISO 8601 UTC, days alone where the service writes no time of day. ``result``:
    ``nothing_found``, ``found``, ``inconclusive`` or ``not_performed``; ``cause`` is a code that
    says why it was not performed. ``methods``, ``cause``, ``lane`` and the findings' categories
    are codes of ``codes/examination.toml``. ``lane`` is by what the subject was chosen,
    ``probability`` the chance it had when it was, above 0 and at most 1, ``selection`` the
    reference of that choice. ``event`` is the number that services share when they report one
    opening each. ``new_seal`` was put on afterwards.
    """

    agency: str
    number: str
    result: str = ""
    equipment: str = ""
    carrier: str = ""
    bills: tuple[str, ...] = ()
    voyage: Voyage = Voyage()
    port: Place = Place()
    started: str = ""
    completed: str = ""
    reported: str = ""
    methods: tuple[str, ...] = ()
    cause: str = ""
    findings: tuple[Finding, ...] = ()
    lane: str = ""
    probability: float | None = None
    selection: str = ""
    event: str = ""
    new_seal: str = ""
    remarks: str = ""
