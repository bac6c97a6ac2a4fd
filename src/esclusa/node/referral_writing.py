"""Moves on referrals written: under which label, whether they would go, and by whom.

Each move is one record of this agency, appended with its audit line and with the examination that
it ends, in one transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.referral_moves import DRAFTING, next_move
from esclusa.casework.referral_words import SYSTEM, rows
from esclusa.casework.referrals import Referral
from esclusa.errors import AgreementError, InputError, NotFound, StateError
from esclusa.ledger import audit, records
from esclusa.ledger.indexing import RECORD_REFERRED
from esclusa.ledger.records import Draft
from esclusa.ledger.standing import withdrawn
from esclusa.model import (
    Marking,
    Provenance,
    Record,
    Recorded,
    ReferralMove,
    ReferralSubject,
    natural_key,
    record_id,
)
from esclusa.node import referral_rows as held
from esclusa.node.exchange import Exchange
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_outcomes import examination
from esclusa.node.referral_rows import KIND, MISSING, Kept
from esclusa.node.referral_subjects import About
from esclusa.node.referral_telling import reason, text_of
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.referral_views import WordView

_LONGEST_KEPT: Final = 1827
"""Days that a move is kept where settings say nothing: those of cargo."""
_LATE: Final = dt.timedelta(days=30)
"""A node that was away for longer does not say afterwards that nobody answered."""


class Writing:
    """Writes the moves of one node's people and of the node itself."""

    def __init__(self, pipeline: Pipeline, exchange: Exchange, memory: held.Memory) -> None:
        self._memory = memory
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._settings = pipeline.settings
        self._exchange = exchange
        self._us = pipeline.settings.agency

    # --- labels: made before the transaction that writes under them ------------------------------

    def draft_label(self, about: About, host: str) -> int:
        """Return the label of a draft; raises ``InputError``, see :func:`referral_rows.drafted`."""
        marking = held.drafted(self._labels.get(about.rests_on), self._us, host)
        return self._labels.intern(self._us, marking)

    def sending_label(self, label: int, to: str) -> int:
        """Return the label of what is said to the other side about something under a label."""
        marking = held.addressed(self._labels.get(label).marking, to)
        return self._labels.intern(self._us, marking)

    def label_for(self, kept: Kept, move: str) -> int:
        """Return the label of our next move; all of ours on one referral have one."""
        it, draft = kept.referral, kept.draft_label
        if move in DRAFTING and draft is not None:
            return draft
        known = kept.label_of(self._us)
        if known is not None:
            return known
        if it.requester == self._us and draft is not None:
            return self.sending_label(draft, it.host)
        asked = kept.request_label
        if asked is None:
            raise NotFound(MISSING)
        return self.sending_label(asked, it.requester)

    # --- what would go ---------------------------------------------------------------------------

    def stays(self, move: ReferralMove, marking: Marking, to: str) -> WordView | None:
        """Return why a move under a marking would not reach a partner, None when it would."""
        key = natural_key(move)
        record = Record(
            id=record_id(self._us, KIND, key), kind=KIND, version=1, key=key, body=move,
            originator=self._us, marking=marking, provenance=Provenance(),
        )  # fmt: skip
        try:
            plan = self._exchange.planned(record, to)
        except NotFound:
            return reason("no_partner")
        except AgreementError:
            return reason("no_agreement")
        if plan is None:
            return reason("kind_not_agreed")
        return reason(plan.reason) if plan.reason else None

    def would_stay(self, about: About, host: str) -> WordView | None:
        """Return why a request about something would not reach a host, None when it would."""
        try:
            marking = held.drafted(self._labels.get(about.rests_on), self._us, host)
        except InputError:
            return reason("no_consent")
        move = ReferralMove(
            referral="0", requester=self._us, host=host, agency=self._us, number=1, seen=0,
            move="request", by="-", at=text_of(self._exchange.now()), subject=about.subject,
        )  # fmt: skip
        return self.stays(move, held.addressed(marking, host), host)

    def last_stays(self, kept: Kept) -> WordView | None:
        """Return why our last move does not reach the other side, None when it does."""
        it, label = kept.referral, kept.label_of(self._us)
        ours = [step.move for step in it.steps if step.move.agency == self._us]
        if not ours or label is None:
            return None
        to = it.host if it.requester == self._us else it.requester
        return self.stays(ours[-1], self._labels.get(label).marking, to)

    def require_going(self, move: ReferralMove, label: int) -> None:
        """Raise ``AgreementError`` when nothing of a request would reach the host."""
        why = self.stays(move, self._labels.get(label).marking, move.host)
        if why is not None:
            raise AgreementError(f"nothing would reach {move.host}: {why.en}")

    # --- moves -----------------------------------------------------------------------------------

    def asked(
        self, reader: Reader | None, it: Referral, move: str,
        *, subject: ReferralSubject | None = None,
    ) -> ReferralMove:  # fmt: skip
        """Return a move as a person, or the node where there is none, asks for it now."""
        says = move in DRAFTING or move == "request"
        return ReferralMove(
            referral=it.id, requester=it.requester, host=it.host, agency=self._us, number=0,
            seen=0, move=move, by=reader.name if reader else SYSTEM,
            at=text_of(self._exchange.now()),
            subject=(subject or it.subject) if says else ReferralSubject(),
        )  # fmt: skip

    def append(
        self, connection: sa.Connection, reader: Reader | None, kept: Kept, move: str,
        given: Mapping[str, str], label: int, *, version: str = "",
    ) -> None:  # fmt: skip
        """Make a move on a referral and write it; raises as
        :func:`~esclusa.casework.referral_moves.next_move`."""
        it = kept.referral
        supervisor = reader is not None and reader.role is Role.SUPERVISOR
        made = next_move(
            it, self.asked(reader, it, move), given, version=version, supervisor=supervisor
        )
        if move in DRAFTING:
            made = about_record(made, kept.record)
        self.write(connection, reader, made, label, self._own(connection, kept.record))
        found = examination(it, made)
        if found is not None:
            draft = Draft(
                body=found, originator=self._us, label_id=label, valid_time=found.completed,
                retain_until=self._until("examination"),
            )  # fmt: skip
            records.append(connection, [draft])

    def write(
        self, connection: sa.Connection, reader: Reader | None, move: ReferralMove, label: int,
        rests_on: tuple[str, ...],
    ) -> None:  # fmt: skip
        """Append a move with its audit line.

        :raises StateError: when another process has made a move of this number meanwhile.
        """
        name = record_id(self._us, KIND, natural_key(move))
        every = held.all_labels(self._labels)
        if move.number and records.get(connection, self._labels, every, name):
            raise StateError("somebody was faster: the referral has changed since you opened it")
        draft = Draft(
            body=move, originator=self._us, label_id=label, valid_time=move.at,
            derived_from=rests_on, retain_until=self._until(KIND),
        )  # fmt: skip
        records.append(connection, [draft])
        audit.write_line(
            connection, who=reader.name if reader else SYSTEM,
            role=reader.role if reader else "node",
            purpose=reader.purpose if reader else "referral",
            action=Action.REFERRAL_MOVE, subject=move.referral, detail=move.move,
        )  # fmt: skip

    def _own(self, connection: sa.Connection, name: str) -> tuple[str, ...]:
        """Return the record that a referral rests on, if it is ours: it is erased with that. What
        goes back to who gave us a record does not end with our copy of it."""
        found = records.live(connection, self._labels, {name} if name else set())
        ours = any(not self._labels.get(label).supplier for _record, label, _until in found)
        return (name,) if ours else ()

    def _until(self, kind: str) -> str:
        days = self._settings.retention_days.get(kind, _LONGEST_KEPT)
        return (self._exchange.now().date() + dt.timedelta(days=days)).isoformat()

    # --- what follows of itself -------------------------------------------------------------

    def keep_up(self) -> int:
        """Say what follows from time and from deleted bills: no answer, void. Return how often."""
        every = held.all_labels(self._labels)
        with self._store.read() as connection:
            asked = [
                kept for kept in self._memory.all(connection, every)
                if kept.referral.requester == self._us
            ]  # fmt: skip
            named = {kept.record for kept in asked if ("void", kept.referral.state) in rows()}
            ours = [label.id for label in self._labels.all() if not label.supplier]
            gone = withdrawn(connection, ours, named - {""})
        due = [(kept, found) for kept in asked if (found := self._follows(kept, gone))]
        for kept, (move, given) in due:
            label = self.label_for(kept, move)
            # Another process of this node may have said it meanwhile; then there is nothing to say.
            with suppress(StateError), self._store.write() as connection:
                self.append(connection, None, kept, move, given, label)
        return len(due)

    def _follows(self, kept: Kept, gone: Collection[str]) -> tuple[str, dict[str, str]] | None:
        """Return the move that time or a deleted bill makes, None when neither does.

        :param gone: records that whoever stated them has withdrawn.
        """
        it, now = kept.referral, self._exchange.now().replace(microsecond=0)
        if it.waiting or not it.steps:
            return None  # something is missing; what it says may be the answer
        if kept.record in gone and ("void", it.state) in rows():
            said = "the carrier has withdrawn the bill or the box from its message"
            return "void", {"void_code": "bill_deleted", "void_text": said}
        if it.state == "requested" and it.due is not None and it.due < now < it.due + _LATE:
            return "expire", {}
        return None


def about_record(move: ReferralMove, name: str) -> ReferralMove:
    """Return a draft's step with the id of the record that it is about, which stays at home."""
    if not name:
        return move
    kept = Recorded(name=RECORD_REFERRED, value=name)
    return msgspec.structs.replace(move, recorded=(*move.recorded, kept))
