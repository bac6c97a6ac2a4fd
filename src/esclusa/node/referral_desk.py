"""The referral desk: for the side that asks and for the host, each with its own moves.

What a person writes here is a record of this agency. It reaches the other side as the agreement
with it says, field by field; where nothing would reach it, the desk says so, and a request is not
made at all: nobody answers for silence about something that was never said.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.referral_moves import filled, next_move
from esclusa.casework.referral_words import rows
from esclusa.casework.referrals import Referral, merge
from esclusa.errors import EsclusaError, InputError, NotFound
from esclusa.ledger import queue, records
from esclusa.ledger.indexing import referred_reference, title_of
from esclusa.model import record_id
from esclusa.node import referral_rows as held
from esclusa.node import referral_telling as telling
from esclusa.node.exchange import Exchange
from esclusa.node.move_telling import text_of
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_boxes import told
from esclusa.node.referral_rows import MISSING, Kept
from esclusa.node.referral_subjects import about, can_be_referred
from esclusa.node.referral_writing import Writing, about_record
from esclusa.sharing import referral_views as views
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate

_NAME: Final = 8
"""Bytes of a referral's name: random, so that it tells neither how many there are nor what of."""


class ReferralDesk:
    """Referrals of one node, for people and for the node's own tick."""

    def __init__(self, gate: Gate, pipeline: Pipeline, exchange: Exchange) -> None:
        self._gate = gate
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._exchange = exchange
        self._us = pipeline.settings.agency
        self._memory = held.Memory(pipeline.labels, self._us)
        self._writing = Writing(pipeline, exchange, self._memory)

    # --- reading -------------------------------------------------------------------------------

    def referrals(
        self, reader: Reader, *, side: str = "", state: str = "open", limit: int = 100
    ) -> views.ReferralPage:
        """Return referrals that the reader may see: what waits for us first, by what is due.

        :param side: ``requester``, ``host``, or "" for both.
        :param state: ``open``, ``all``, or one state of the table.
        """
        reader.require(Action.REFERRAL_READ)
        with self._gate.reading(reader) as (connection, visible):
            every = self._every(connection, visible)
        chosen = [
            kept for kept in every
            if side in ("", kept.referral.side(self._us))
            and telling.is_among(kept.referral.state, state)
        ]  # fmt: skip
        chosen.sort(key=lambda kept: telling.urgency(kept.referral, self._us))
        rows = tuple(map(self._row, chosen[:limit]))
        self._gate.note(reader, Action.REFERRAL_READ, detail=f"rows={len(rows)}")
        return views.ReferralPage(rows=rows, more=len(chosen) > limit)

    def show(self, reader: Reader, name: str) -> views.ReferralView:
        """Return a referral with its history and what the reader can do now; ``NotFound``."""
        reader.require(Action.REFERRAL_READ)
        with self._gate.reading(reader) as (connection, visible):
            kept = self._find(connection, visible, name)
            view = self._view(connection, visible, reader, kept) if kept else None
        detail = "" if view else "not found"
        self._gate.note(
            reader, Action.REFERRAL_READ, subject=view.row.id if view else "", detail=detail
        )
        if view is None or kept is None:
            raise NotFound(MISSING)
        return msgspec.structs.replace(view, stays=self._writing.last_stays(kept))

    def start(self, reader: Reader, name: str) -> views.StartView:
        """Return what a form for a new referral needs.

        :param name: an alert's id, or that of a consignment or a unit of equipment.
        :raises NotFound: when there is none that the reader may see.
        :raises InputError: when it is neither.
        """
        reader.require(Action.REFERRAL_MOVE)
        with self._gate.reading(reader) as (connection, visible):
            it = about(connection, self._labels, visible, name)
            known = self._about(connection, visible, it.record.id)
        hosts = tuple(
            views.HostView(agency=host, stays=self._writing.would_stay(it, host))
            for host in self._hosts()
        )
        self._gate.note(reader, Action.REFERRAL_READ, subject=it.record.id, detail="start")
        assert it.record.body is not None  # an erased record is not found
        return views.StartView(
            record=it.record.id, alert=it.alert, title=title_of(it.record.body),
            subject=it.subject, hosts=hosts, fields=telling.opening(), referrals=known,
        )  # fmt: skip

    def of_record(self, reader: Reader, name: str) -> views.OfRecordView:
        """Return the referrals that were opened here about a record, and whether one can be, for
        the page of the record and of its alert."""
        if not reader.may(Action.REFERRAL_READ):
            return views.OfRecordView(referrals=(), can_be_referred=False)
        with self._gate.reading(reader) as (connection, visible):
            known = self._about(connection, visible, name)
            record = records.get(connection, self._labels, visible, name)
        fit = record is not None and not record.withdrawn and can_be_referred(record.body)
        may = fit and reader.may(Action.REFERRAL_MOVE) and bool(self._hosts())
        return views.OfRecordView(referrals=known, can_be_referred=may)

    def rates(
        self, reader: Reader, *, since: str = "", until: str = ""
    ) -> tuple[views.RatesView, ...]:
        """Return how the referrals ended that the reader may see: those we asked for, then those
        we were asked.

        :param since: the first day on which they were asked for, and ``until`` the last (ISO 8601);
            "" for no bound.
        :raises InputError: for what is no day, and a span that ends before it begins.
        """
        reader.require(Action.REFERRAL_READ)
        with self._gate.reading(reader) as (connection, visible):
            every = self._every(connection, visible)
        self._gate.note(reader, Action.REFERRAL_READ, detail="rates")
        return tuple(
            telling.rates(side, [row.referral for row in every
                                 if row.referral.side(self._us) == side],
                          since=since, until=until)
            for side in ("requester", "host")
        )  # fmt: skip

    def every(self, connection: sa.Connection, visible: frozenset[int]) -> tuple[Kept, ...]:
        """Return the referrals under these labels, for what the node tells its people."""
        return tuple(self._every(connection, visible))

    def void(self, connection: sa.Connection, visible: frozenset[int]) -> tuple[Kept, ...]:
        """Return the void referrals under these labels, for who is about to open a box."""
        every = self._every(connection, visible)
        return tuple(kept for kept in every if kept.referral.state == "void")

    # --- moving --------------------------------------------------------------------------------

    def open(
        self, reader: Reader, name: str, host: str, given: Mapping[str, str], *, box: str = "",
        send: bool = False,
    ) -> views.ReferralView:  # fmt: skip
        """Draft a referral, and send it when asked to.

        :param name: an alert's id, or that of a consignment or a unit of equipment.
        :param box: the one of its boxes that is meant; "" for all.
        :raises InputError: when there is no such partner, or it rests on a third agency's record.
        :raises AgreementError: when it should be sent and nothing of it would go; nothing is kept.
        :raises MoveMistakes: when a field is missing or wrong; nothing is kept.
        """
        reader.require(Action.REFERRAL_MOVE)
        with self._gate.reading(reader) as (connection, visible):
            it = about(connection, self._labels, visible, name, box=box)
        if host not in self._hosts():
            raise InputError(
                f"{host[:40]!r} is no partner of this node", field="host",
                problem="partner" if host else "missing",
            )  # fmt: skip
        label = self._writing.draft_label(it, host)
        new = Referral(id=secrets.token_hex(_NAME), requester=self._us, host=host)
        asked = self._writing.asked(reader, new, "open", subject=it.subject)
        given = self._writing.shown.fields(given)
        if send:  # a draft may lack what a request must have: all of it is said at once
            filled(rows()["request", "draft"], given, asked.at)
        first = about_record(next_move(new, asked, given, supervisor=False), it.record.id)
        moves = [(first, label)]
        if send:
            drafted = merge([first])
            asked = self._writing.asked(reader, drafted, "request", subject=it.subject)
            request = next_move(drafted, asked, given, supervisor=False)
            moves.append((request, self._writing.sending_label(label, host)))
            self._writing.require_going(*moves[-1])
        rests_on = () if self._labels.get(it.label).supplier else (it.record.id,)
        with self._store.write() as connection:
            for move, number in moves:
                self._writing.write(connection, reader, move, number, rests_on)
        self._publish()
        return self.show(reader, new.id)

    def move(
        self, reader: Reader, name: str, move: str, given: Mapping[str, str], *, version: str = ""
    ) -> views.ReferralView:
        """Make a move and return the referral as it stands after it.

        :param given: what the move records, by field.
        :param version: of the referral as the reader saw it; "" to make the move on any.
        :raises NotFound: when there is no such referral, or none that the reader may know of.
        :raises StateError: when it is not allowed now, or somebody was faster.
        :raises MoveMistakes: when a field is missing or wrong.
        :raises AgreementError: when a request would not reach the host.
        """
        reader.require(Action.REFERRAL_MOVE)
        visible = self._gate.visible(reader)
        with self._store.read() as connection:
            kept = self._found(connection, visible, name)
        label = self._writing.label_for(kept, move)
        if move == "request":
            asked = self._writing.asked(reader, kept.referral, move)
            trial = next_move(kept.referral, asked, given, supervisor=False, version=version)
            self._writing.require_going(trial, label)
        with self._store.write() as connection:
            kept = self._found(connection, visible, name)
            self._writing.append(connection, reader, kept, move, given, label, version=version)
        self._publish()
        return self.show(reader, name)

    def keep_up(self) -> None:
        """Say what follows from time and from deleted bills: no answer, void."""
        if self._writing.keep_up():
            self._exchange.publish()

    def _publish(self) -> None:
        # The move is written, whatever becomes of this; the next tick tries again.
        with suppress(EsclusaError):
            self._exchange.publish()

    # --- inside --------------------------------------------------------------------------------

    def _hosts(self) -> tuple[str, ...]:
        self._exchange.state()
        return tuple(sorted(self._exchange.partners.known))

    def _find(self, connection: sa.Connection, visible: Collection[int], name: str) -> Kept | None:
        found = held.one(connection, self._labels, visible, self._us, name)
        return found if found is not None and found.referral.side(self._us) else None

    def _found(self, connection: sa.Connection, visible: Collection[int], name: str) -> Kept:
        kept = self._find(connection, visible, name)
        if kept is None:
            raise NotFound(MISSING)
        return kept

    def _every(self, connection: sa.Connection, visible: frozenset[int]) -> list[Kept]:
        rows = self._memory.all(connection, visible)
        return [kept for kept in rows if kept.referral.side(self._us)]

    def _about(
        self, connection: sa.Connection, visible: frozenset[int], record: str
    ) -> tuple[views.ReferralRow, ...]:
        """Return the referrals that were opened here about a record: the draft alone holds its id,
        the rest is found by the name."""
        drafts = held.kept(
            connection, self._labels, visible, self._us, value=referred_reference(record)
        )
        found = (self._find(connection, visible, draft.referral.id) for draft in drafts)
        return tuple(self._row(kept) for kept in found if kept is not None)

    def _row(self, kept: Kept) -> views.ReferralRow:
        return telling.row(kept, self._us, self._exchange.now(), self._level(kept))

    def _level(self, kept: Kept) -> int:
        return max(int(self._labels.get(number).marking.level) for number in kept.labels.values())

    def _view(
        self, connection: sa.Connection, visible: Collection[int], reader: Reader, kept: Kept
    ) -> views.ReferralView:
        it, now = kept.referral, self._exchange.now()
        shown = kept.request_label or kept.draft_label
        assert shown is not None  # without a request and a draft nothing is kept
        label = self._labels.get(shown)
        who = self._writing.shown.of_ours(self._us)
        moves = telling.moves(
            it, self._us, self._writing.same(it, reader.name, reader.name), at=text_of(now),
            supervisor=reader.role is Role.SUPERVISOR,
        )  # fmt: skip
        record = kept.record and records.get(connection, self._labels, visible, kept.record)
        alert = record_id(self._us, "alert", record.id) if record else ""
        exam = record_id(it.host, "examination", f"{it.host}/{it.id}".upper())
        seen = records.get(connection, self._labels, visible, exam)
        return views.ReferralView(
            row=self._row(kept), version=it.version,
            steps=telling.steps(it, who), drafts=telling.drafts(it, who),
            moves=moves if reader.may(Action.REFERRAL_MOVE) else (),
            marking=label.marking, originator=label.originator,
            waiver_by=who(it.waiver.agency, it.waiver.by) if it.waiver else "",
            waiting=len(it.waiting),
            record=record.id if record else "",
            alert=alert if alert and queue.find(connection, visible, alert) else "",
            examination=exam if seen is not None else "",
            news=told(connection, self._labels, visible, it),
        )  # fmt: skip
