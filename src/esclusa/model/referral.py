"""A referral: one service asks another to look into a box, and each says what it did about it."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class ReferralSubject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is referred: a bill (``carrier``, ``bill``), its ``boxes`` (ISO 6346), or both, with the
    ship, voyage and port that tell journeys apart. ``port`` is a UN/LOCODE."""

    carrier: str = ""
    bill: str = ""
    boxes: tuple[str, ...] = ()
    ship: str = ""
    imo: str = ""
    voyage: str = ""
    port: str = ""


class Recorded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a move had to record: the field's name and what was written in it."""

    name: str
    value: str = ""


class ReferralMove(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="referral_move",
):
    """One side's move on a referral. Each side writes its own moves and nobody else's.

    ``referral`` is the name that both sides know. ``agency`` made the move: it is ``requester`` or
    ``host``. ``number`` counts its own moves from 1 (0: a draft, which stays at home), ``seen`` how
    many of the other side's it knew. ``by`` is the person, or ``(node)``; ``at`` is ISO 8601 UTC.
    ``cut_off`` is the moment by which the host must decide, and ``subject`` what is referred; both
    are said with the request.
    """

    WHOLE: ClassVar[frozenset[str]] = frozenset(
        {"referral", "requester", "host", "agency", "number", "seen", "move", "by", "at", "cut_off"}
    )
    """What both sides need to see one history: an agreement lets all of it go, or nothing."""

    referral: str
    requester: str
    host: str
    agency: str
    number: int
    seen: int
    move: str
    by: str
    at: str
    cut_off: str = ""
    subject: ReferralSubject = ReferralSubject()
    recorded: tuple[Recorded, ...] = ()
