"""A request for information: one service asks another, and each says what it did about it."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from esclusa.model.referral import Recorded


class InformationSubject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a question is about. ``kind``: ``person``, ``company``, ``vessel``, ``container``,
    ``document`` or ``record``. ``more`` tells it apart from others of that name. ``record`` is the
    name by which both services know a record that one has given to the other, "" where none is.
    """

    kind: str = ""
    name: str = ""
    number: str = ""
    more: str = ""
    record: str = ""


class InformationMove(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="information_move",
):
    """One side's move on a request for information. Each side writes its own moves only.

    ``request`` is the name that both sides know. ``agency`` made the move: it is ``requester`` or
    ``answerer``. ``number`` counts its own moves from 1 (0: what the request is about here, which
    stays at home), ``seen`` how many of the other side's it knew. ``by`` is the person, or
    ``(node)``; ``at`` is ISO 8601 UTC. ``clock`` is said with the question: an id of the
    agreement's clocks. ``due`` is said with an extension: the new due moment, ISO 8601 UTC.
    ``records`` are names, as the partner knows them, of records that an answer points to: they go
    by the agreement, each for itself.
    """

    WHOLE: ClassVar[frozenset[str]] = frozenset(
        {"request", "requester", "answerer", "agency", "number", "seen", "move", "by", "at",
         "clock", "due"}
    )  # fmt: skip
    """What both sides need to see one history: an agreement lets all of it go, or nothing."""

    request: str
    requester: str
    answerer: str
    agency: str
    number: int
    seen: int
    move: str
    by: str
    at: str
    clock: str = ""
    due: str = ""
    subject: InformationSubject = InformationSubject()
    recorded: tuple[Recorded, ...] = ()
    records: tuple[str, ...] = ()
