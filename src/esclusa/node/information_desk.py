"""The request desk: for the service that asks and for the one that is asked.

What a person writes here is a record of this agency. It reaches the other side as the agreement
with it says; a question or an answer of which nothing would go is not made at all. Records that an
answer points to go each for itself, by the same agreement, or the answer is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.information import Request
from esclusa.casework.information_moves import Agreed
from esclusa.casework.information_words import DECISIONS, codes
from esclusa.errors import EsclusaError, InputError, NotFound
from esclusa.ledger import records
from esclusa.ledger.indexing import asked_reference, title_of
from esclusa.model import InformationMove, InformationSubject, Level, Marking
from esclusa.node import information_rows as held
from esclusa.node import information_telling as telling
from esclusa.node.exchange import Exchange
from esclusa.node.information_pointing import Pointing
from esclusa.node.information_rows import MISSING, Kept
from esclusa.node.information_subjects import About, about, can_be_asked
from esclusa.node.information_terms import agreed_with
from esclusa.node.information_writing import Writing
from esclusa.node.move_telling import code_views, text_of
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_rows import addressed, drafted
from esclusa.node.two_side_writing import stays
from esclusa.sharing import information_views as views
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate

_NAME: Final = 8
"""Bytes of a request's name: random, so that it tells neither how many there are nor what of."""
LEVELS: Final = (Level.OPEN, Level.OFFICIAL, Level.RESTRICTED, Level.CONFIDENTIAL, Level.SECRET)


class InformationDesk:
    """Requests for information of one node, for people and for the node's own tick."""

    def __init__(self, gate: Gate, pipeline: Pipeline, exchange: Exchange) -> None:
        self._gate = gate
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._exchange = exchange
        self._us = pipeline.settings.agency
        self._memory = held.Memory(pipeline.labels, self._us)
        self._writing = Writing(pipeline, exchange, self._memory)
        self._pointing = Pointing(pipeline, exchange)

    # --- reading -------------------------------------------------------------------------------

    def requests(
        self, reader: Reader, *, side: str = "", state: str = "open", limit: int = 100
    ) -> views.RequestPage:
        """Return requests that the reader may see: what waits for us first, by what is due.

        :param side: ``requester``, ``answerer``, or "" for both.
        :param state: ``open``, ``all``, or one state of the table.
        """
        reader.require(Action.REQUEST_READ)
        with self._gate.reading(reader) as (connection, visible):
            every = self._every(connection, visible)
        chosen = [
            kept for kept in every
            if side in ("", kept.request.side(self._us))
            and telling.is_among(kept.request.state, state)
        ]  # fmt: skip
        chosen.sort(key=lambda kept: telling.urgency(kept.request, self._us))
        rows = tuple(map(self._row, chosen[:limit]))
        self._gate.note(reader, Action.REQUEST_READ, detail=f"rows={len(rows)}")
        return views.RequestPage(rows=rows, more=len(chosen) > limit)

    def show(self, reader: Reader, name: str) -> views.RequestView:
        """Return a request with its history and what the reader can do now; ``NotFound``."""
        reader.require(Action.REQUEST_READ)
        with self._gate.reading(reader) as (connection, visible):
            kept = held.one(connection, self._labels, visible, self._us, name)
            view = self._view(connection, visible, reader, kept) if kept else None
        detail = "" if view else "not found"
        self._gate.note(
            reader, Action.REQUEST_READ, subject=view.row.id if view else "", detail=detail
        )
        if view is None or kept is None:
            raise NotFound(MISSING)
        return msgspec.structs.replace(view, stays=self._writing.last_stays(kept))

    def start(self, reader: Reader, name: str = "") -> views.RequestStartView:
        """Return what a form for a new question needs.

        :param name: the id of the record or alert that is asked about; "" for none.
        :raises NotFound: when there is none that the reader may see.
        """
        reader.require(Action.REQUEST_MOVE)
        it: About | None = None
        known: tuple[views.RequestRow, ...] = ()
        if name:
            with self._gate.reading(reader) as (connection, visible):
                it = about(connection, self._labels, visible, name)
                known = self._about(connection, visible, it.record.id)
        partners = tuple(self._partner(agency, it) for agency in self._partners())
        listed = {code.word.code for partner in partners for code in partner.clocks}
        self._gate.note(
            reader, Action.REQUEST_READ, subject=it.record.id if it else "", detail="start"
        )
        return views.RequestStartView(
            record=views.AskedRecordView(id=it.record.id, title=it.title, alert=it.alert)
            if it else None,
            partners=partners, requests=known, levels=() if it else self._levels(reader),
            fields=telling.opening(_filled(reader, it), listed or codes("clock")),
        )  # fmt: skip

    def of_record(self, reader: Reader, name: str) -> views.RequestsOfRecordView:
        """Return the requests that were asked here about a record, and whether one can be, for the
        page of the record and of its alert."""
        if not reader.may(Action.REQUEST_READ):
            return views.RequestsOfRecordView(requests=(), can_be_asked=False)
        with self._gate.reading(reader) as (connection, visible):
            known = self._about(connection, visible, name)
            record = records.get(connection, self._labels, visible, name)
        fit = record is not None and not record.withdrawn and can_be_asked(record.body)
        may = fit and reader.may(Action.REQUEST_MOVE) and bool(self._partners())
        return views.RequestsOfRecordView(requests=known, can_be_asked=may)

    def rates(self, reader: Reader) -> tuple[views.InformationRatesView, ...]:
        """Return how the requests ended that the reader may see: those we asked, then those that
        we were asked."""
        reader.require(Action.REQUEST_READ)
        with self._gate.reading(reader) as (connection, visible):
            every = [kept.request for kept in self._every(connection, visible)]
        self._gate.note(reader, Action.REQUEST_READ, detail="rates")
        return tuple(
            telling.rates(side, [it for it in every if it.side(self._us) == side])
            for side in ("requester", "answerer")
        )

    # --- moving --------------------------------------------------------------------------------

    def ask(
        self, reader: Reader, partner: str, given: Mapping[str, str], *, record: str = "",
        level: Level = Level.OFFICIAL,
    ) -> views.RequestView:  # fmt: skip
        """Ask a partner, and return the request.

        :param record: the id of a record or alert that is asked about; "" for none.
        :param level: of a question about no record, and so of its answer.
        :raises InputError: when there is no such partner, it rests on a third agency's record, or
            the level is above what the reader may see.
        :raises AgreementError: when nothing of it would reach the partner; nothing is kept.
        :raises MoveMistakes: when a field is missing, wrong or not agreed; nothing is kept.
        """
        reader.require(Action.REQUEST_MOVE)
        it = None
        if record:
            with self._gate.reading(reader) as (connection, visible):
                it = about(connection, self._labels, visible, record)
        elif level > reader.clearance:
            reason = "a question stands under a level that you may see yourself"
            raise InputError(reason, field="level", problem="above")
        if partner not in self._partners():
            raise InputError(
                f"{partner[:40]!r} is no partner of this node", field="partner",
                problem="partner" if partner else "missing",
            )  # fmt: skip
        home = self._marking(it, partner, level)
        new = Request(id=secrets.token_hex(_NAME), requester=self._us, answerer=partner)
        visible = self._gate.visible(reader)
        named = self._pointing.name_for(it.record, partner, visible) if it else ""
        made = self._writing.trial(
            reader, new, self._writing.asked(reader, new, "ask", record=named), given,
            self._writing.agreed(new),
        )  # fmt: skip
        label = self._labels.intern(self._us, addressed(home, partner))
        kept_under = self._labels.intern(self._us, home)
        self._writing.require_going(made, label, partner)
        with self._store.write() as connection:
            rests_on = self._writing.rests_on(connection, it.record.id if it else "")
            if it is not None:
                self._writing.note(connection, made, it.record.id, kept_under, rests_on)
            self._writing.write(connection, reader, made, label, rests_on)
        self._publish()
        return self.show(reader, new.id)

    def move(
        self, reader: Reader, name: str, move: str, given: Mapping[str, str], *,
        version: str = "", record_ids: Sequence[str] = (),
    ) -> views.RequestView:  # fmt: skip
        """Make a move and return the request as it stands after it.

        :param given: what the move records, by field.
        :param version: of the request as the reader saw it; "" to make the move on any.
        :param record_ids: of our own records that an answer points to.
        :raises NotFound: when there is no such request, or none that the reader may know of.
        :raises StateError: when it is not allowed now, or somebody was faster.
        :raises MoveMistakes: when a field is missing, wrong or not agreed.
        :raises InputError: when a record is none of ours that the reader may see.
        :raises AgreementError: when an answer, or a record that it points to, would not go.
        """
        reader.require(Action.REQUEST_MOVE)
        with self._gate.reading(reader) as (connection, visible):
            kept = self._found(connection, visible, name)
        label, to = self._writing.label_for(kept), kept.request.other(self._us)
        marking = self._labels.get(label).marking
        names = self._pointing.names(reader, self._gate, record_ids, to, marking)
        asked = self._writing.asked(reader, kept.request, move, records=names)
        agreed = self._writing.agreed(kept.request)
        trial = self._writing.trial(reader, kept.request, asked, given, agreed, version=version)
        if move in DECISIONS:
            self._writing.require_going(trial, label, to)
        with self._store.write() as connection:
            kept = self._found(connection, visible, name)
            made = self._writing.trial(reader, kept.request, asked, given, agreed, version=version)
            rests_on = self._writing.rests_on(connection, kept.record)
            self._writing.write(connection, reader, made, label, rests_on)
        self._publish()
        return self.show(reader, name)

    def keep_up(self) -> None:
        """Say what follows from time: no answer."""
        if self._writing.keep_up():
            self._exchange.publish()

    def _publish(self) -> None:
        # The move is written, whatever becomes of this; the next tick tries again.
        with suppress(EsclusaError):
            self._exchange.publish()

    # --- inside --------------------------------------------------------------------------------

    def _partners(self) -> tuple[str, ...]:
        self._exchange.state()
        return tuple(sorted(self._exchange.partners.known))

    def _partner(self, agency: str, it: About | None) -> views.RequestPartnerView:
        agreed = agreed_with(self._exchange, agency) or Agreed()
        listed = [codes("clock")[clock] for clock in agreed.clocks if clock in codes("clock")]
        return views.RequestPartnerView(
            agency=agency, clocks=code_views(listed), stays=self._would_stay(agency, it)
        )

    def _would_stay(self, partner: str, it: About | None) -> views.WordView | None:
        """Return why a question would not reach a partner, None when it would."""
        try:
            marking = addressed(self._marking(it, partner, Level.OPEN), partner)
        except InputError:
            return telling.reason("no_consent")
        question = InformationMove(
            request="0", requester=self._us, answerer=partner, agency=self._us, number=1, seen=0,
            move="ask", by="-", at=text_of(self._exchange.now()),
            subject=it.subject if it else InformationSubject(),
        )  # fmt: skip
        why = stays(self._exchange, question, marking, partner)
        return telling.reason(why) if why else None

    def _marking(self, it: About | None, partner: str, level: Level) -> Marking:
        """Return the marking of a question at home; raises ``InputError``, see
        :func:`esclusa.node.referral_rows.drafted`."""
        if it is None:
            return Marking(level=level)
        return drafted(self._labels.get(it.label), self._us, partner)

    def _levels(self, reader: Reader) -> tuple[int, ...]:
        return tuple(int(level) for level in LEVELS if level <= reader.clearance)

    def _found(self, connection: sa.Connection, visible: Collection[int], name: str) -> Kept:
        kept = held.one(connection, self._labels, visible, self._us, name)
        if kept is None:
            raise NotFound(MISSING)
        return kept

    def _every(self, connection: sa.Connection, visible: frozenset[int]) -> list[Kept]:
        rows = self._memory.all(connection, visible)
        return [kept for kept in rows if kept.request.side(self._us)]

    def _about(
        self, connection: sa.Connection, visible: Collection[int], record: str
    ) -> tuple[views.RequestRow, ...]:
        """Return the requests that were asked here about a record."""
        value = asked_reference(record)
        names = held.named_by(connection, self._labels, visible, self._us, value)
        found = (held.one(connection, self._labels, visible, self._us, name) for name in names)
        return tuple(self._row(kept) for kept in found if kept is not None)

    def _row(self, kept: Kept) -> views.RequestRow:
        level = int(self._labels.get(kept.question_label).marking.level)
        return telling.row(kept, self._us, self._exchange.now(), level)

    def _view(
        self, connection: sa.Connection, visible: Collection[int], reader: Reader, kept: Kept
    ) -> views.RequestView:
        it = kept.request
        label = self._labels.get(kept.question_label)
        agreed = agreed_with(self._exchange, it.other(self._us))
        moves = telling.moves(
            it, self._us, agreed, supervisor=reader.role is Role.SUPERVISOR,
            at=text_of(self._exchange.now()),
        )  # fmt: skip

        def find(name: str) -> tuple[str, str]:
            found = self._pointing.found(connection, visible, name)
            return (found.id, title_of(found.body)) if found and found.body else ("", "")

        record = kept.record and records.get(connection, self._labels, visible, kept.record)
        theirs = it.requester != self._us and it.subject.record
        return views.RequestView(
            row=self._row(kept), version=it.version,
            steps=telling.steps(it, find, self._writing.shown.of_ours(self._us)),
            moves=moves if reader.may(Action.REQUEST_MOVE) else (),
            marking=label.marking, originator=label.originator, waiting=len(it.waiting),
            record=record.id if record else "", theirs=find(it.subject.record)[0] if theirs else "",
            unagreed=telling.unagreed(it, self._us, agreed),
        )  # fmt: skip


def _filled(reader: Reader, it: About | None) -> dict[str, str]:
    """Return what the form of a new question holds from the start."""
    found = {"purpose": reader.purpose}
    if it is not None:
        subject = it.subject
        found |= {
            "subject_kind": subject.kind, "subject_name": subject.name,
            "subject_number": subject.number, "subject_more": subject.more,
        }  # fmt: skip
    return found
