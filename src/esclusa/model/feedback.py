"""What a partner's record led to here, said back to the partner."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Feedback(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="feedback"
):
    """A service's word to a partner: your record was a reason to look, and this came of it.

    ``agency`` says it ``to`` the record's originator; ``about`` is the name by which both know the
    record, of the kind ``about_kind``. ``result`` is that of the examination (``found``,
    ``nothing_found``), ``seized`` whether a seizure was reported, ``categories`` what was found.
    ``event`` is the number that services share for the opening, ``at`` when it was completed
    (ISO 8601 UTC). ``carrier``, ``bill`` and ``equipment`` are those of the partner's record.
    Natural key: agency, receiver, record.
    """

    WHOLE: ClassVar[frozenset[str]] = frozenset({"seized"})

    agency: str
    to: str
    about: str
    about_kind: str
    result: str
    at: str
    event: str = ""
    seized: bool = False
    categories: tuple[str, ...] = ()
    carrier: str = ""
    bill: str = ""
    equipment: str = ""
