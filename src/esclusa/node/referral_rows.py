"""Moves on referrals in the ledger: read, told apart by referral, and the label that new ones get.

A move counts as its agency's only where that agency stated the record. All moves of one side on one
referral stand under one label, so whoever may see one of them may see all.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.referrals import DRAFTS, Referral, merge
from esclusa.errors import InputError
from esclusa.ledger import versions
from esclusa.ledger.indexing import RECORD_REFERRED, REFERRAL_REFERENCE, referral_reference
from esclusa.ledger.labels import Label, Labels
from esclusa.ledger.schema import reference
from esclusa.model import Marking, ReferralMove
from esclusa.sharing.exchange.labels import ORCON

KIND: Final = "referral_move"
MISSING: Final = "no such referral"
_MOVE: Final = msgspec.json.Decoder(ReferralMove)


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


Key = tuple[str, str, str]
"""Name, requesting side and host: whoever uses another's name has a referral of its own."""


def kept(
    connection: sa.Connection, labels: Labels, visible: Collection[int], us: str,
    *, value: str = REFERRAL_REFERENCE,
) -> list[Kept]:  # fmt: skip
    """Return the referrals whose moves hold a reference under these labels, oldest first.

    :param us: the node's agency; drafts are its own.
    """
    found: dict[Key, _Moves] = {}
    _gather(found, connection, labels, visible, us, value=value)
    return [made for moves in found.values() if (made := moves.kept()) is not None]


def _gather(
    found: dict[Key, _Moves], connection: sa.Connection, labels: Labels, visible: Collection[int],
    us: str, *, value: str, after: int = 0,
) -> set[Key]:  # fmt: skip
    """Add the moves stored after a sequence number; return the referrals that have new ones."""
    touched: set[Key] = set()
    for held in versions.all_holding(connection, visible, value, after=after):
        if held.kind != KIND:
            continue
        move = _MOVE.decode(held.body)
        if _is_its_own(move, labels.get(held.label_id), us):
            key = (move.referral, move.requester, move.host)
            found.setdefault(key, _Moves()).take(move, held.label_id, withdrawn=held.withdrawn)
            touched.add(key)
    return touched


class Memory:
    """All referrals under some labels, merged once; what comes is added, and what is erased makes
    it begin anew. Safe to share between threads."""

    def __init__(self, labels: Labels, us: str) -> None:
        self._labels = labels
        self._us = us
        self._known: dict[frozenset[int], _Remembered] = {}
        self._lock = threading.Lock()

    def all(self, connection: sa.Connection, visible: frozenset[int]) -> tuple[Kept, ...]:
        """Return the referrals under these labels, oldest first."""
        with self._lock:
            known = self._known.get(visible) or _Remembered()
            last, count, fresh = _counts(connection, known.last)
            if last < known.last:  # a snapshot older than what is remembered
                return tuple(kept(connection, self._labels, visible, self._us))
            if count != known.count + fresh:
                known = _Remembered()
            if last != known.last:
                touched = _gather(known.moves, connection, self._labels, visible, self._us,
                                  value=REFERRAL_REFERENCE, after=known.last)  # fmt: skip
                known.rows |= {key: known.moves[key].kept() for key in touched}
                known.last, known.count = last, count
            if visible not in self._known and len(self._known) >= _CLASSES:
                self._known = {}
            self._known[visible] = known
            rows = map(known.rows.__getitem__, known.moves)
            return tuple(row for row in rows if row is not None)


class _Remembered:
    """Moves and referrals up to a sequence number, and how many references there were then."""

    def __init__(self) -> None:
        self.last = 0
        self.count = 0
        self.moves: dict[Key, _Moves] = {}
        self.rows: dict[Key, Kept | None] = {}


_CLASSES: Final = 32
"""Sets of labels whose referrals are remembered; a service has a few dozen classes of readers."""


def _counts(connection: sa.Connection, last: int) -> tuple[int, int, int]:
    """Return the last sequence number of a move, how many there are, and how many after ``last``:
    erasing takes from the second what nothing adds to the third."""
    place = reference.c.seq
    query = sa.select(
        sa.func.coalesce(sa.func.max(place), 0), sa.func.count(),
        sa.func.count().filter(place > last),
    ).where(reference.c.value == REFERRAL_REFERENCE)  # fmt: skip
    row = connection.execute(query).one()
    return row[0], row[1], row[2]


def one(
    connection: sa.Connection, labels: Labels, visible: Collection[int], us: str, name: str
) -> Kept | None:
    """Return the referral of this name under these labels, None when there is none."""
    rows = kept(connection, labels, visible, us, value=referral_reference(name))
    named = [row for row in rows if row.referral.id == name]
    return next((row for row in named if row.referral.side(us)), named[0] if named else None)


def _is_its_own(move: ReferralMove, label: Label, us: str) -> bool:
    """Tell whether a record says what its originator may say: its own moves, and drafts at home."""
    sides = {move.requester, move.host}
    if label.originator != move.agency or move.agency not in sides or len(sides) != 2:
        return False
    return move.number > DRAFTS or (
        move.number == DRAFTS and move.agency == us == move.requester and not label.supplier
    )


class _Moves:
    """Moves on one referral, gathered in the order in which they were stored."""

    def __init__(self) -> None:
        self._drafts: list[ReferralMove] = []
        self._said: dict[tuple[str, int], ReferralMove] = {}
        self._labels: dict[tuple[str, int], int] = {}

    def take(self, move: ReferralMove, label: int, *, withdrawn: bool) -> None:
        key = (move.agency, move.number)
        if withdrawn:
            self._said.pop(key, None)
            return
        self._labels[key] = label
        if move.number == DRAFTS:
            self._drafts.append(move)
        else:
            self._said[key] = move

    def kept(self) -> Kept | None:
        """Return the referral; None where neither draft nor request is here to be seen."""
        moves = [*self._drafts, *self._said.values()]
        if not moves:
            return None
        now = merge(moves)
        if not self._drafts and (now.requester, 1) not in self._said:
            return None
        about = [item.value for draft in self._drafts[-1:] for item in draft.recorded
                 if item.name == RECORD_REFERRED]  # fmt: skip
        return Kept(referral=now, labels=dict(self._labels), record=next(iter(about), ""))


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
