"""Moves on referrals in the ledger: read, told apart by referral, and the label that new ones get.

A move counts as its agency's only where that agency stated the record. All moves of one side on one
referral stand under one label, so whoever may see one of them may see all.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.referrals import DRAFTS, Referral, merge
from esclusa.errors import InputError
from esclusa.ledger.indexing import RECORD_REFERRED, REFERRAL_REFERENCE, referral_reference
from esclusa.ledger.labels import Label, Labels
from esclusa.model import Marking, ReferralMove
from esclusa.node import two_side_rows
from esclusa.node.two_side_rows import Kind, Moves
from esclusa.sharing.exchange.labels import ORCON

KIND: Final = "referral_move"
MISSING: Final = "no such referral"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A referral as the ledger holds it under some labels.

    ``labels`` are those of its moves by (agency, number); ``record`` is what the draft is about, ""
    at the other side.
    """

    referral: Referral
    labels: dict[tuple[str, int], int]
    record: str = ""

    def label_of(self, agency: str) -> int | None:
        """Return the label of an agency's moves, the newest one, None when it has made none."""
        numbers = [number for who, number in self.labels if who == agency and number > DRAFTS]
        return self.labels[agency, max(numbers)] if numbers else None

    @property
    def draft_label(self) -> int | None:
        """Return the label of the draft."""
        return self.labels.get((self.referral.requester, DRAFTS))

    @property
    def request_label(self) -> int | None:
        """Return the label of the request; whoever may not see that sees nothing of the rest."""
        return self.labels.get((self.referral.requester, 1))


def _kept(moves: Moves[ReferralMove]) -> Kept | None:
    """Return the referral; None where neither draft nor request is here to be seen."""
    every = [*moves.home, *moves.said.values()]
    if not every:
        return None
    now = merge(every)
    if not moves.home and (now.requester, 1) not in moves.said:
        return None
    about = [item.value for draft in moves.home[-1:] for item in draft.recorded
             if item.name == RECORD_REFERRED]  # fmt: skip
    return Kept(referral=now, labels=dict(moves.labels), record=next(iter(about), ""))


_REFERRALS: Final = Kind(
    KIND, REFERRAL_REFERENCE, ReferralMove,
    key=lambda move: (move.referral, move.requester, move.host),
    sides=lambda move: (move.requester, move.host), kept=_kept,
)  # fmt: skip


def kept(
    connection: sa.Connection, labels: Labels, visible: Collection[int], us: str,
    *, value: str = REFERRAL_REFERENCE,
) -> list[Kept]:  # fmt: skip
    """Return the referrals whose moves hold a reference under these labels, oldest first.

    :param us: the node's agency; drafts are its own.
    """
    return two_side_rows.kept(_REFERRALS, connection, labels, visible, us, value=value)


class Memory(two_side_rows.Memory[ReferralMove, Kept]):
    """All referrals under some labels."""

    def __init__(self, labels: Labels, us: str) -> None:
        super().__init__(_REFERRALS, labels, us)


def one(
    connection: sa.Connection, labels: Labels, visible: Collection[int], us: str, name: str
) -> Kept | None:
    """Return the referral of this name under these labels, None when there is none."""
    rows = kept(connection, labels, visible, us, value=referral_reference(name))
    named = [row for row in rows if row.referral.id == name]
    return next((row for row in named if row.referral.side(us)), named[0] if named else None)


def drafted(label: Label, us: str, host: str) -> Marking:
    """Return the marking of a draft about something under a label; it stays at home.

    :raises InputError: when that is, or rests on, a record of an agency that is neither side: what
        others said is passed on with their consent, not in a referral.
    """
    others = {label.originator, *(originator for _, originator in label.paths)} - {us, host}
    through = {supplier for supplier, _ in label.paths} - {host}
    if others or through:
        raise InputError("this rests on a record of another agency; only that one may pass it on")
    marking = label.marking
    return Marking(
        level=marking.level, caveats=marking.caveats - {ORCON}, purposes=marking.purposes,
        source_grade=marking.source_grade, information_grade=marking.information_grade,
    )  # fmt: skip


def addressed(marking: Marking, to: str) -> Marking:
    """Return the marking of what is said to the other side: that one is named, and nobody else.

    What the host says is its own word; the requesting side's control of passing on (ORCON) binds
    the request, and the last day is the copy's.
    """
    return msgspec.structs.replace(
        marking, releasable_to=frozenset({to}), caveats=marking.caveats - {ORCON},
        retain_until=None,
    )  # fmt: skip


def all_labels(labels: Labels) -> frozenset[int]:
    """Return every label: for what the node does of itself, not for people."""
    return frozenset(label.id for label in labels.all())
