"""Moves on referrals written: under which label, whether they would go, and by whom.

Each move is one record of this agency, appended with its audit line and with the examination that
it ends, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.referral_moves import DRAFTING, next_move
from esclusa.casework.referral_words import SYSTEM, rows
from esclusa.casework.referrals import Referral
from esclusa.errors import InputError, NotFound, StateError
from esclusa.ledger import audit, records
from esclusa.ledger.indexing import RECORD_REFERRED
from esclusa.ledger.records import Draft
from esclusa.ledger.standing import withdrawn
from esclusa.model import (
    Consignment,
    Marking,
    Recorded,
    ReferralMove,
    ReferralSubject,
    kind_of,
    natural_key,
    record_id,
)
from esclusa.node import referral_rows as held
from esclusa.node.exchange import Exchange
from esclusa.node.move_telling import nothing_goes, text_of
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_outcomes import examination, seizure
from esclusa.node.referral_rows import KIND, MISSING, Kept
from esclusa.node.referral_subjects import About
from esclusa.node.referral_telling import reason
from esclusa.node.shown_names import ShownNames
from esclusa.node.two_side_writing import LATE, kept_until, own, stays
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.referral_views import WordView

_UNDECIDED: Final = frozenset({"requested", "need_info"})
"""States in which silence would count against the host."""


class Writing:
    """Writes the moves of one node's people and of the node itself."""

    def __init__(self, pipeline: Pipeline, exchange: Exchange, memory: held.Memory) -> None:
        self._memory = memory
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._settings = pipeline.settings
        self._exchange = exchange
        self._us = pipeline.settings.agency
        self.shown = ShownNames(pipeline.store, pipeline.settings.shown_to_partners)
        self._algebra = pipeline.analyst.algebra

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
        why = stays(self._exchange, move, marking, to)
        return reason(why) if why else None

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
            raise nothing_goes(move.host, why)

    # --- moves -----------------------------------------------------------------------------------

    def asked(
        self, reader: Reader | None, it: Referral, move: str,
        *, subject: ReferralSubject | None = None,
    ) -> ReferralMove:  # fmt: skip
        """Return a move as a person, or the node where there is none, asks for it now."""
        says = move in DRAFTING or move == "request"
        return ReferralMove(
            referral=it.id, requester=it.requester, host=it.host, agency=self._us, number=0,
            seen=0, move=move, by=self.shown.of(reader.name) if reader else SYSTEM,
            at=text_of(self._exchange.now()),
            subject=(subject or it.subject) if says else ReferralSubject(),
        )  # fmt: skip

    def same(self, it: Referral, name: str, by: str) -> str:
        """Return as whom an account's move counts: as the one who asked for the waiver, where that
        was the same account under another name or number, else as ``by``."""
        asked = it.waiver.by if it.waiver and it.waiver.agency == self._us else ""
        return asked if asked and self.shown.person(asked) == name else by

    def append(
        self, connection: sa.Connection, reader: Reader | None, kept: Kept, move: str,
        given: Mapping[str, str], label: int, *, version: str = "",
    ) -> None:  # fmt: skip
        """Make a move on a referral and write it; raises as
        :func:`~esclusa.casework.referral_moves.next_move`."""
        it = kept.referral
        supervisor = reader is not None and reader.role is Role.SUPERVISOR
        asked = self.asked(reader, it, move)
        if reader is not None:  # under whatever name or number a waiver was asked for
            asked = msgspec.structs.replace(asked, by=self.same(it, reader.name, asked.by))
        made = next_move(
            it, asked, self.shown.fields(given), version=version, supervisor=supervisor
        )
        if move in DRAFTING:
            made = about_record(made, kept.record)
        self.write(connection, reader, made, label, own(connection, self._labels, kept.record))
        outcomes = (examination(it, made), seizure(it, made))
        drafts = [
            Draft(
                body=found, originator=self._us, label_id=label, valid_time=made.at,
                retain_until=self._until(kind_of(found)),
            )
            for found in outcomes if found is not None
        ]  # fmt: skip
        if drafts:
            records.append(connection, drafts)

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

    def _until(self, kind: str) -> str:
        return kept_until(self._settings, kind, self._exchange.now())

    # --- what follows of itself -------------------------------------------------------------

    def keep_up(self) -> int:
        """Say what follows from time and from deleted bills: no answer, void. Return how often."""
        every = held.all_labels(self._labels)
        with self._store.read() as connection:
            known = self._memory.all(connection, every)
        bills = self._bills(known)
        gone: set[tuple[str, str]] = set()
        with self._store.read() as connection:
            for labels, names in bills.items():
                deleted = withdrawn(connection, labels, set(names.values()))
                gone |= {key for key, name in names.items() if name in deleted}
        due = [(kept, found) for kept in known if (found := self._follows(kept, gone))]
        for kept, (move, given) in due:
            label = self.label_for(kept, move)
            # Another process of this node may have said it meanwhile; then there is nothing to say.
            with suppress(StateError), self._store.write() as connection:
                self.append(connection, None, kept, move, given, label)
        return len(due)

    def _bills(self, known: Collection[Kept]) -> dict[tuple[int, ...], dict[tuple[str, str], str]]:
        """Return the records whose deletion makes referrals void: by the labels under which they
        count, the record's id by requesting side and name of the referral.

        A host's own bill counts while nothing is decided, for what it has begun its people end; and
        under labels that every reader of the referral, the requesting side's as well, may know of.
        """
        ours = tuple(label.id for label in self._labels.all() if not label.supplier)
        below: dict[int, tuple[int, ...]] = {}
        found: dict[tuple[int, ...], dict[tuple[str, str], str]] = {}
        for kept in known:
            it, name, labels = kept.referral, "", ours
            if it.requester == self._us and ("void", it.state) in rows():
                name = kept.record
            elif it.host == self._us and it.state in _UNDECIDED and not it.waiting:
                name, said = bill_asked_about(it, self._us), self.label_for(kept, "void")
                if said not in below:
                    below[said] = tuple(one for one in ours if self._algebra.below(one, said))
                labels = below[said]
            if name:
                found.setdefault(labels, {})[it.requester, it.id] = name
        return found

    def _follows(
        self, kept: Kept, gone: Collection[tuple[str, str]]
    ) -> tuple[str, dict[str, str]] | None:
        """Return the move that time or a deleted bill makes, None when neither does.

        :param gone: requesting side and name of each whose bill or box was withdrawn.
        """
        it, now = kept.referral, self._exchange.now().replace(microsecond=0)
        if it.waiting or not it.steps:
            return None  # something is missing; what it says may be the answer
        if (it.requester, it.id) in gone:
            said = "the carrier has withdrawn the bill or the box from its message"
            return "void", {"void_code": "bill_deleted", "void_text": said}
        silent = it.state == "requested" and it.requester == self._us
        if silent and it.due is not None and it.due < now < it.due + LATE:
            return "expire", {}
        return None


def bill_asked_about(it: Referral, host: str) -> str:
    """Return the id of the host's own record of the bill that a referral is about, "" for a box."""
    if not it.subject.bill:
        return ""
    bill = Consignment(carrier=it.subject.carrier, bill=it.subject.bill)
    return record_id(host, kind_of(bill), natural_key(bill))


def about_record(move: ReferralMove, name: str) -> ReferralMove:
    """Return a draft's step with the id of the record that it is about, which stays at home."""
    if not name:
        return move
    kept = Recorded(name=RECORD_REFERRED, value=name)
    return msgspec.structs.replace(move, recorded=(*move.recorded, kept))
