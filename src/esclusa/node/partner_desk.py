"""What people see and do about partners: each method takes the reader and leaves an audit line.

A record that a reader may not see is not counted, named or hinted at; a preview, a recall or a
question about it ends like one about a record that does not exist.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import Any

from esclusa.errors import AgreementError, ConfigError, ExchangeError, NotFound
from esclusa.ledger import audit, custody, exchange, records
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import Record
from esclusa.node import recalling
from esclusa.node.copies import FORMAT
from esclusa.node.credentials import PublicKeys
from esclusa.node.exchange import Exchange
from esclusa.node.exchange_ledger import HEARD
from esclusa.node.partner_sight import Sight
from esclusa.sharing import partner_views as views
from esclusa.sharing.agencies.register import Sealed, seal
from esclusa.sharing.agreement import Signed
from esclusa.sharing.exchange.rows import CopyKey
from esclusa.sharing.exchange.state import State
from esclusa.sharing.keys import AUTHORITY
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate
from esclusa.sharing.terms import Plan, reasons

_STEPS_SHOWN = 200


class PartnerDesk:
    """Partners, previews, recalls, trails and consent, for people."""

    def __init__(self, store: Store, labels: Labels, gate: Gate, exchange: Exchange) -> None:
        self._store = store
        self._labels = labels
        self._gate = gate
        self._exchange = exchange

    # --- partners -----------------------------------------------------------------------------

    def partners(self, reader: Reader) -> tuple[views.PartnerView, ...]:
        """Return every partner, without its agreements' texts."""
        reader.require(Action.PARTNER_READ)
        sight = self._sight(reader)
        found = tuple(sight.partner(item) for item in sight.partners)
        self._gate.note(reader, Action.PARTNER_READ, detail=f"partners={len(found)}")
        return found

    def partner(self, reader: Reader, agency: str) -> views.PartnerView:
        """Return a partner with its agreements, receipts and alarms; raises ``NotFound``."""
        reader.require(Action.PARTNER_READ)
        sight = self._sight(reader)
        known = next((item for item in sight.partners if item.agency == agency), None)
        self._gate.note(reader, Action.PARTNER_READ, subject=agency if known else "")
        if known is None:
            raise NotFound("no such partner")
        return sight.partner(known, whole=True)

    def add(self, reader: Reader, keys: PublicKeys, *, address: str = "") -> None:
        """Enter a partner with the public keys that it handed over, or change it."""
        reader.require(Action.PARTNER_WRITE)
        self._exchange.add_partner(keys.agency, keys.keys, address=address, by=reader.name)
        self._gate.note(reader, Action.PARTNER_WRITE, subject=keys.agency, detail="added")

    def adopt(self, reader: Reader, data: bytes, *, file: str = "") -> Signed:
        """Put an agreement in force that both sides have signed."""
        reader.require(Action.PARTNER_WRITE)
        signed = self._exchange.adopt(data, by=reader.name, file=file)
        partner = signed.agreement.other(self._exchange.agency)
        self._gate.note(reader, Action.PARTNER_WRITE, subject=partner, detail="agreement")
        return signed

    def rotate(self, reader: Reader, role: str) -> Sealed:
        """Take a fresh key in a role; return the statement for partners to accept."""
        reader.require(Action.PARTNER_WRITE)
        sealed = self._exchange.rotate(role, by=reader.name)
        self._gate.note(reader, Action.PARTNER_WRITE, detail=f"key rotated role={role}")
        return sealed

    def seal(self, reader: Reader, sealed: Sealed) -> Sealed:
        """Put our authority's seal under a statement."""
        reader.require(Action.PARTNER_WRITE)
        signer = self._exchange.credentials.signer(AUTHORITY)
        self._gate.note(reader, Action.PARTNER_WRITE, detail="statement sealed")
        return seal(sealed, signer, self._exchange.now())

    def accept(self, reader: Reader, sealed: Sealed) -> None:
        """Take in what agencies state under their seals; raises ``TrustError``."""
        reader.require(Action.PARTNER_WRITE)
        self._exchange.accept(sealed, by=reader.name)
        self._gate.note(reader, Action.PARTNER_WRITE, detail="statement accepted")

    def end(self, reader: Reader, partner: str) -> None:
        """End the agreement with a partner; raises ``ExchangeError`` when there is none."""
        reader.require(Action.PARTNER_WRITE)
        self._exchange.end(partner, by=reader.name)
        self._gate.note(reader, Action.PARTNER_WRITE, subject=partner, detail="ended")

    # --- records ------------------------------------------------------------------------------

    def preview(self, reader: Reader, record_id: str, partner: str) -> views.PreviewView:
        """Return what a partner gets of a record, field by field, as a release would decide now.

        :raises NotFound: when there is no such record for this reader, or no such partner.
        :raises AgreementError: when no agreement with the partner is in force.
        """
        reader.require(Action.RELEASE_PREVIEW)
        record = self._visible(reader, record_id)
        # What somebody typed is no partner's name until it is one: the log holds no such words.
        named = partner if partner in self._exchange.partners.known else ""
        self._gate.note(
            reader, Action.RELEASE_PREVIEW, subject=record_id if record else "", detail=named
        )
        if record is None:
            raise NotFound("no such record")
        known = self._sight(reader).consents() if record.provenance.format == FORMAT else None
        return _preview(record, partner, self._exchange.planned(record, partner, known))

    def recall(self, reader: Reader, record_id: str, reason: str) -> tuple[str, ...]:
        """Take a record of ours back from everyone who has it; return those who had it.

        :param reason: stands in the audit log, with how many holders.
        :raises NotFound: when there is no such record for this reader.
        :raises InputError: when the reason is missing or cannot be kept.
        :raises ExchangeError: when nobody has it.
        """
        reader.require(Action.RELEASE_RECALL)
        record = self._visible(reader, record_id)
        if record is None or record.originator != self._exchange.agency:
            raise NotFound("no such record of ours")
        why = recalling.require_reason(reason)
        # What partners have may be another statement, under a marking this reader may not see.
        known = self._sight(reader).may_know(("", record.originator, self._wire_name(record)))
        holders = self._exchange.withdraw([record_id], by=reader.name) if known else ()
        if not holders:
            raise ExchangeError("held", "no partner has that record from us")
        self._gate.note(reader, Action.RELEASE_RECALL, subject=record_id,
                        detail=f"holders={len(holders)} {why}")  # fmt: skip
        return holders

    def recall_plan(self, reader: Reader, source_id: str) -> views.RecallPlanView:
        """Return what taking back all records of one file would take back now, and from whom.

        :raises NotFound: when there is no such file for this reader.
        """
        reader.require(Action.RELEASE_RECALL)
        known, ids, here = self._of_file(reader, source_id)
        stands = recalling.standing(self._exchange.state(), ids)
        with self._gate.reading(reader) as (connection, visible):
            made = recalling.plan(
                connection, self._labels, visible, known, ids, stands, records_here=here
            )
        self._gate.note(reader, Action.RELEASE_PREVIEW, subject=source_id, detail="recall")
        return made

    def recall_source(
        self, reader: Reader, source_id: str, reason: str, *, version: str = ""
    ) -> views.RecalledView:
        """Take every record of ours that came with one file back from everyone who has it.

        :param reason: stands in the audit log, with how many records and holders.
        :param version: of the plan that the reader saw; "" to take back what is out now.
        :raises NotFound: when there is no such file for this reader.
        :raises InputError: when the reason is missing or cannot be kept.
        :raises StateError: when something else is out than the reader saw.
        :raises ExchangeError: when nobody has any of them.
        """
        reader.require(Action.RELEASE_RECALL)
        _known, ids, _here = self._of_file(reader, source_id)
        why = recalling.require_reason(reason)
        out = recalling.out_at(recalling.standing(self._exchange.state(), ids))
        recalling.require_same(ids, out, version)
        if not out:
            raise ExchangeError("held", "no partner has a record of that file from us")
        having = {holder for holders in out.values() for holder in holders}
        # Before it: a recall of many goes lot by lot, and a crash must not leave one without why.
        self._gate.note(reader, Action.RELEASE_RECALL, subject=source_id,
                        detail=f"records={len(out)} holders={len(having)} {why}")  # fmt: skip
        holders = self._exchange.withdraw(ids.values(), by=reader.name)
        return views.RecalledView(records=len(out), holders=holders)

    def _of_file(self, reader: Reader, source_id: str) -> tuple[Any, dict[str, str], int]:
        """Return a file's row, its records that were ever stated (their names at partners, with
        their ids here), and how many of ours it has; as far as the reader may know."""
        with self._gate.reading(reader) as (connection, visible):
            known = custody.find(connection, source_id, visible)
            names = records.of_source(connection, visible, source_id) if known else ()
        if known is None:
            raise NotFound("no such file in custody")
        # As in a recall of one: what partners have may be a statement this reader may not see.
        sight, us = self._sight(reader), self._exchange.agency
        named = recalling.names_of(self._exchange, set(names))
        ids = {name: id_ for name, id_ in named.items() if sight.may_know(("", us, name))}
        return known, ids, len(names)

    def trail(self, reader: Reader, record_id: str) -> views.TrailView:
        """Return where a record went and what became of it there.

        An auditor, who sees no content, may ask about any record; others about those they may see.
        Of a partner's record they are told what became of the copies that they may see: a copy that
        came through another supplier may be hidden, and so is whoever got it from there. Who is
        further on is told to the auditor and to the originator alone: a receipt does not say from
        which copy it follows.

        :raises NotFound: when there is no such record for this reader.
        """
        reader.require(Action.TRAIL_READ)
        state = self._exchange.state()
        since = ""
        if reader.role is Role.AUDITOR:
            record, originator = self._named(record_id, state)
        else:
            seen = self._visible(reader, record_id)
            originator = seen.originator if seen else ""
            record = self._wire_name(seen) if seen else ""
            since = self._seen_since(reader, record_id)
        self._gate.note(reader, Action.TRAIL_READ, subject=record_id if originator else "")
        if not originator:
            raise NotFound("no such record")
        # Partners may have another statement of it, under a marking this reader may not see.
        sight = self._sight(reader)
        known = sight.may_know(("", originator, record))
        return views.TrailView(
            record_id=record_id, record=record, originator=originator,
            holders=tuple(sight.holders(originator, record)) if known else (),
            steps=tuple(self._steps(sight, originator, record, since)) if known else (),
        )  # fmt: skip

    def _seen_since(self, reader: Reader, record_id: str) -> str:
        """Return from when on a reader may know of a record: what it did before, under a marking
        that this reader may not see, is not told."""
        with self._gate.reading(reader) as (connection, visible):
            return records.recorded_since(connection, visible, record_id)

    def _visible(self, reader: Reader, record_id: str) -> Record | None:
        with self._gate.reading(reader) as (connection, visible):
            return records.get(connection, self._labels, visible, record_id)

    def _wire_name(self, record: Record) -> str:
        if record.provenance.format == FORMAT:
            return record.id
        return self._own_name(record.id)

    def _own_name(self, record_id: str) -> str:
        """Return the name by which partners know a record, "" at a node that has no keys yet."""
        try:
            return self._exchange.name_of(record_id)
        except ConfigError:
            return ""

    def _named(self, record_id: str, state: State) -> tuple[str, str]:
        """Return wire name and originator of a record that the exchange knows."""
        name = self._own_name(record_id)
        if name in state.own:
            return name, state.me
        copy = next((key for key in state.copies if key[2] == record_id), None)
        return (record_id, copy[1]) if copy else ("", "")

    def _steps(
        self, sight: Sight, originator: str, record: str, since: str
    ) -> Iterator[views.TrailStep]:
        with self._store.read() as connection:
            rows = audit.about(connection, record, since=since)
            told = (row for row in rows if sight.tells(originator, record, row.action, row.detail))
            for row in islice(told, _STEPS_SHOWN):
                yield views.TrailStep(at=row.at, who=row.who, event=row.action, detail=row.detail)

    # --- consent ------------------------------------------------------------------------------

    def questions(self, reader: Reader) -> tuple[views.QuestionView, ...]:
        """Return questions for consent about records that this reader may see."""
        reader.require(Action.PARTNER_READ)
        sight = self._sight(reader)
        found = tuple(sight.questions())
        self._gate.note(reader, Action.PARTNER_READ, detail=f"questions={len(found)}")
        return found

    def ask(self, reader: Reader, record_id: str, to: str, *, use: str, why: str) -> None:
        """Ask the originator of a copy whether it may go to, or be built upon for, an agency."""
        reader.require(Action.CONSENT_ASK)
        key = self._copy_key(reader, record_id)
        self._exchange.ask_consent(key, to, use, why, by=reader.name)
        self._gate.note(reader, Action.CONSENT_ASK, subject=record_id, detail=f"to={to} use={use}")

    def pass_on(self, reader: Reader, record_id: str, to: str) -> None:
        """Pass a copy on to a third agency; raises ``ExchangeError`` without the right to.

        A consent that a colleague got for a copy that this reader may not see gives him none.
        """
        reader.require(Action.CONSENT_ASK)
        key = self._copy_key(reader, record_id)
        known = self._sight(reader).consents()
        self._exchange.pass_on(key, to, by=reader.name, known=known)
        self._gate.note(reader, Action.CONSENT_ASK, subject=record_id, detail=f"passed to={to}")

    def answer(
        self, reader: Reader, record: str, asker: str, to: str, use: str, *, granted: bool,
        until: dt.datetime | None = None,
    ) -> None:  # fmt: skip
        """Answer a question about a record of ours, named as partners know it.

        :raises NotFound: when there is no such question for this reader.
        """
        reader.require(Action.CONSENT_ANSWER)
        open_ones = [item for item in self._sight(reader).questions() if not item.ours]
        if (record, asker, to, use) not in {(q.record, q.asker, q.to, q.use) for q in open_ones}:
            raise NotFound("no such question")
        self._exchange.answer_consent(
            record, asker, to, use, granted=granted, until=until, by=reader.name
        )
        word = "granted" if granted else "refused"
        self._gate.note(reader, Action.CONSENT_ANSWER, subject=record, detail=f"{word} to={to}")

    def _copy_key(self, reader: Reader, record_id: str) -> CopyKey:
        record = self._visible(reader, record_id)
        if record is None or record.provenance.format != FORMAT:
            raise NotFound("no such copy of a partner's record")
        return record.provenance.message, record.originator, record.id

    def _sight(self, reader: Reader) -> Sight:
        with self._store.read() as connection:
            heard = dict(exchange.of_table(connection, HEARD))
        return Sight(self._exchange, self._labels, self._gate.visible(reader), reader, heard)


def _preview(record: Record, partner: str, made: Plan | None) -> views.PreviewView:
    if made is None:
        raise AgreementError(
            "the agreement with {partner} gives no record of this kind", partner=partner
        )
    known = reasons()
    return views.PreviewView(
        record_id=record.id,
        partner=partner,
        goes=made.released,
        reason=known[made.reason] if made.reason else None,
        purpose=made.purpose,
        fields=tuple(
            views.FieldView(
                path=item.path, outcome=item.outcome,
                value="" if item.value is None else str(item.value),
                rule="; ".join(str(rule) for rule in item.rules),
                reason=known[item.reason] if item.reason else None,
            )
            for item in made.fields
        ),
        marking=made.marking,
        onward=made.onward.rule if made.onward else "",
        keep_until=made.marking.retain_until.isoformat()
        if made.marking and made.marking.retain_until
        else "",
    )  # fmt: skip
