"""Moves on requests for information written: under which label, and what follows from time.

Each move is one record of this agency, appended with its audit line in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import sqlalchemy as sa

from esclusa.casework.information import Request
from esclusa.casework.information_moves import Agreed, about, next_move
from esclusa.casework.information_words import SYSTEM
from esclusa.errors import StateError
from esclusa.ledger import audit, records
from esclusa.ledger.indexing import RECORD_REFERRED
from esclusa.ledger.records import Draft
from esclusa.model import InformationMove, InformationSubject, natural_key, record_id
from esclusa.node import information_rows as held
from esclusa.node.exchange import Exchange
from esclusa.node.information_rows import KIND, Kept
from esclusa.node.information_telling import reason
from esclusa.node.information_terms import agreed_with
from esclusa.node.move_telling import nothing_goes, text_of
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_rows import addressed, all_labels
from esclusa.node.shown_names import ShownNames
from esclusa.node.two_side_writing import LATE, kept_until, own, stays
from esclusa.sharing.information_views import WordView
from esclusa.sharing.reader import Action, Reader, Role


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

    # --- labels: made before the transaction that writes under them ------------------------------

    def label_for(self, kept: Kept) -> int:
        """Return the label of our next move; all of ours on one request have one."""
        known = kept.label_of(self._us)
        if known is not None:
            return known
        marking = self._labels.get(kept.question_label).marking
        return self._labels.intern(self._us, addressed(marking, kept.request.other(self._us)))

    # --- what would go ---------------------------------------------------------------------------

    def stays(self, move: InformationMove, label: int, to: str) -> WordView | None:
        """Return why a move would not reach a partner, None when it would."""
        why = stays(self._exchange, move, self._labels.get(label).marking, to)
        return reason(why) if why else None

    def last_stays(self, kept: Kept) -> WordView | None:
        """Return why our last move does not reach the other side, None when it does."""
        it, label = kept.request, kept.label_of(self._us)
        ours = [step.move for step in it.steps if step.move.agency == self._us]
        return self.stays(ours[-1], label, it.other(self._us)) if ours and label else None

    def require_going(self, move: InformationMove, label: int, to: str) -> None:
        """Raise ``AgreementError`` when nothing of a move would reach a partner."""
        why = self.stays(move, label, to)
        if why is not None:
            raise nothing_goes(to, why)

    # --- moves -----------------------------------------------------------------------------------

    def asked(
        self, reader: Reader | None, it: Request, move: str,
        *, record: str = "", records: tuple[str, ...] = (),
    ) -> InformationMove:  # fmt: skip
        """Return a move as a person, or the node where there is none, asks for it now.

        :param record: the name by which both sides know the record that is asked about.
        :param records: such names of the records that an answer points to.
        """
        return InformationMove(
            request=it.id, requester=it.requester, answerer=it.answerer, agency=self._us,
            number=0, seen=0, move=move, by=self.shown.of(reader.name) if reader else SYSTEM,
            at=text_of(self._exchange.now()), subject=InformationSubject(record=record),
            records=records,
        )  # fmt: skip

    def agreed(self, it: Request) -> Agreed | None:
        """Return what the agreement with the other side says about requests now."""
        return agreed_with(self._exchange, it.other(self._us))

    def trial(
        self, reader: Reader, it: Request, move: InformationMove, given: Mapping[str, str],
        agreed: Agreed | None, *, version: str = "",
    ) -> InformationMove:  # fmt: skip
        """Return the move that would be made; raises as
        :func:`~esclusa.casework.information_moves.next_move`.

        :param agreed: see :meth:`agreed`; asked for before a transaction that writes, because the
            exchange has a lock of its own.
        """
        supervisor = reader.role is Role.SUPERVISOR
        given = self.shown.fields(given)
        return next_move(it, move, given, agreed, supervisor=supervisor, version=version)

    def write(
        self, connection: sa.Connection, reader: Reader | None, move: InformationMove, label: int,
        rests_on: tuple[str, ...],
    ) -> None:  # fmt: skip
        """Append a move with its audit line.

        :raises StateError: when another process has made a move of this number meanwhile.
        """
        name = record_id(self._us, KIND, natural_key(move))
        if records.get(connection, self._labels, all_labels(self._labels), name):
            raise StateError("somebody was faster: the request has changed since you opened it")
        records.append(connection, [self._draft(move, label, rests_on)])
        audit.write_line(
            connection, who=reader.name if reader else SYSTEM,
            role=reader.role if reader else "node",
            purpose=reader.purpose if reader else "request",
            action=Action.REQUEST_MOVE, subject=move.request, detail=move.move,
        )  # fmt: skip

    def note(
        self, connection: sa.Connection, question: InformationMove, record: str, label: int,
        rests_on: tuple[str, ...],
    ) -> None:  # fmt: skip
        """Keep what a question is about here, at home: the record's own id is nobody else's."""
        note = about(question, record, RECORD_REFERRED)
        records.append(connection, [self._draft(note, label, rests_on)])

    def _draft(self, move: InformationMove, label: int, rests_on: tuple[str, ...]) -> Draft:
        return Draft(
            body=move, originator=self._us, label_id=label, valid_time=move.at,
            derived_from=rests_on,
            retain_until=kept_until(self._settings, KIND, self._exchange.now()),
        )  # fmt: skip

    def rests_on(self, connection: sa.Connection, record: str) -> tuple[str, ...]:
        """Return the record that a request rests on, if it is ours: it is erased with that."""
        return own(connection, self._labels, record)

    # --- what follows of itself ------------------------------------------------------------------

    def keep_up(self) -> int:
        """Say that nobody answered, where the time is over. Return how often."""
        with self._store.read() as connection:
            every = self._memory.all(connection, all_labels(self._labels))
        due = [kept for kept in every if self._is_silent(kept.request)]
        for kept in due:
            label = self.label_for(kept)
            asked = self.asked(None, kept.request, "expire")
            made = next_move(kept.request, asked, {}, None, supervisor=False)
            # Another process of this node may have said it meanwhile; then there is nothing to say.
            with suppress(StateError), self._store.write() as connection:
                self.write(connection, None, made, label, self.rests_on(connection, kept.record))
        return len(due)

    def _is_silent(self, it: Request) -> bool:
        now = self._exchange.now().replace(microsecond=0)
        if it.requester != self._us or it.waiting or it.due is None:
            return False  # something is missing; what it says may be the answer
        return it.state in _RUNNING and it.due < now < it.due + LATE


_RUNNING: Final = frozenset({"asked", "acknowledged", "escalated"})
"""States in which the clock runs; while more is needed it rests."""
