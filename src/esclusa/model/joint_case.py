"""A joint case: what one service tells another of a case of its own, and what comes back."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from esclusa.model.case import EvidenceFile
from esclusa.model.referral import Recorded


class JointItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A thing of a case that both services hold: its ``kind`` (``record``, ``referral`` or
    ``request``) and the ``name`` by which both know it."""

    kind: str = ""
    name: str = ""


class JointCaseMove(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="joint_case_move",
):
    """One side's move on a joint case. Each side writes its own moves only.

    ``joint`` is the name that both sides know, ``owner`` shared the case, ``guest`` is the partner.
    ``agency`` made the move: it is one of both. ``number`` counts its own moves from 1, ``seen`` is
    the highest number of the other side's that it knew. ``step`` names the move, ``of`` the move
    that it is about: a task, a file, a note, an item; ``-`` for something that was not shared.
    ``by`` is the person, ``at`` when the step was made at home, ISO 8601 UTC. ``file`` is a file of
    evidence as it was taken in; its bytes stay at home.
    """

    WHOLE: ClassVar[frozenset[str]] = frozenset(
        {"joint", "owner", "guest", "agency", "number", "seen", "step", "of", "move", "by", "at"}
    )
    """What both sides need to see one history: an agreement lets all of it go, or nothing."""

    joint: str
    owner: str
    guest: str
    agency: str
    number: int
    seen: int
    step: str
    move: str
    by: str
    at: str
    of: str = ""
    item: JointItem = JointItem()
    recorded: tuple[Recorded, ...] = ()
    file: EvidenceFile | None = None
