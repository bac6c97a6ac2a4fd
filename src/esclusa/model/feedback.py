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
    About a list entry one is written for each possible match: ``match`` is a name to count it by,
    ``decided`` what a person here said of it (``the_same``, ``not_the_same``, "" nothing yet), and
    ``result`` is "" while nobody has looked. Natural key: agency, receiver, record, match.
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
    match: str = ""
    decided: str = ""
