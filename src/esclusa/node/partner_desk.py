"""What people see and do about partners: each method takes the reader and leaves an audit line.

A record that a reader may not see is not counted, named or hinted at; a preview, a recall or a
question about it ends like one about a record that does not exist.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any

from esclusa.errors import AgreementError, ConfigError, ExchangeError, NotFound
from esclusa.ledger import audit, custody, exchange, records
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import Record
from esclusa.node.copies import FORMAT
from esclusa.node.credentials import PublicKeys
from esclusa.node.exchange import Exchange
from esclusa.node.exchange_ledger import HEARD
from esclusa.node.partners import Partner
from esclusa.sharing import partner_views as views
from esclusa.sharing.agencies.register import Sealed, seal
from esclusa.sharing.agreement import Signed, Standing, describe
from esclusa.sharing.exchange.messages import (
    AgreementChange,
    Correct,
    Narrow,
    Put,
    Recall,
    Receipt,
)
from esclusa.sharing.exchange.outbox import NEW, UNREAD
from esclusa.sharing.exchange.rows import Copy, CopyKey, Grade, Grant
from esclusa.sharing.exchange.state import State
from esclusa.sharing.keys import AUTHORITY
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate
from esclusa.sharing.terms import Plan, reasons

_RECEIPTS_SHOWN = 50
_ALARMS_SHOWN = 50
_STEPS_SHOWN = 200
_OPEN_ALARMS = frozenset({"not_ready", "stranger", "clock", "agreement"})
"""Rules whose alarms say nothing of any record, nor of how much was said about records."""
_BARE = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""Roles that see identifiers and counts of everything, and no content."""


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
        return _preview(record, partner, self._exchange.planned(record, partner))

    def recall(self, reader: Reader, record_id: str) -> tuple[str, ...]:
        """Take a record of ours back from everyone who has it; return those who had it.

        :raises NotFound: when there is no such record for this reader.
        :raises ExchangeError: when nobody has it.
        """
        reader.require(Action.RELEASE_RECALL)
        record = self._visible(reader, record_id)
        if record is None or record.originator != self._exchange.agency:
            raise NotFound("no such record of ours")
        # What partners have may be another statement, under a marking this reader may not see.
        known = self._sight(reader).may_know(("", record.originator, self._wire_name(record)))
        holders = self._exchange.withdraw([record_id], by=reader.name) if known else ()
        if not holders:
            raise ExchangeError("held", "no partner has that record from us")
        self._gate.note(reader, Action.RELEASE_RECALL, subject=record_id,
                        detail=f"holders={len(holders)}")  # fmt: skip
        return holders

    def recall_source(self, reader: Reader, source_id: str) -> views.RecalledView:
        """Take every record of ours that came with one file back from everyone who has it.

        :raises NotFound: when there is no such file for this reader.
        :raises ExchangeError: when nobody has any of them.
        """
        reader.require(Action.RELEASE_RECALL)
        with self._gate.reading(reader) as (connection, visible):
            known = custody.find(connection, source_id, visible)
            names = records.of_source(connection, visible, source_id) if known else ()
        if known is None:
            raise NotFound("no such file in custody")
        # As in a recall of one: what partners have may be a statement this reader may not see.
        sight, us = self._sight(reader), self._exchange.agency
        given = {
            name: record_id for name, record_id in self._exchange.given(names).items()
            if sight.may_know(("", us, name))
        }  # fmt: skip
        out = sum(sight.is_out(us, name) for name in given)
        if not out:
            raise ExchangeError("held", "no partner has a record of that file from us")
        holders = self._exchange.withdraw(given.values(), by=reader.name)
        self._gate.note(reader, Action.RELEASE_RECALL, subject=source_id,
                        detail=f"records={out} holders={len(holders)}")  # fmt: skip
        return views.RecalledView(records=out, holders=holders)

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
        self, sight: _Sight, originator: str, record: str, since: str
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
        """Pass a copy on to a third agency; raises ``ExchangeError`` without the right to."""
        reader.require(Action.CONSENT_ASK)
        self._exchange.pass_on(self._copy_key(reader, record_id), to, by=reader.name)
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

    def _sight(self, reader: Reader) -> _Sight:
        with self._store.read() as connection:
            heard = dict(exchange.of_table(connection, HEARD))
        return _Sight(self._exchange, self._labels, self._gate.visible(reader), reader, heard)


class _Sight:
    """The exchange as one reader may see it at one moment."""

    def __init__(
        self, exchange: Exchange, labels: Labels, visible: Collection[int], reader: Reader,
        heard: dict[str, bytes],
    ) -> None:  # fmt: skip
        self.state = exchange.state()
        self.partners: Sequence[Partner] = sorted(
            exchange.partners.known.values(), key=lambda item: item.agency
        )
        self._exchange = exchange
        self._reader = reader
        self._heard = heard
        self._visible = visible
        self._suppliers = {*self.state.pacts, *(item.agency for item in self.partners)}
        self._copies = {
            (label.supplier, label.originator, label.marking)
            for label in labels.all()
            if label.id in visible
        }

    def partner(self, item: Partner, *, whole: bool = False) -> views.PartnerView:
        agency, state = item.agency, self.state
        pact = state.pacts.get(agency)
        box = state.outboxes.get(agency) or NEW
        known = {key: grant for key, grant in state.grants.items() if key[0] == agency
                 and self._may_know_grant(key)}  # fmt: skip
        grants, given = known.values(), {key[1] for key in known}
        held = [copy for key, copy in state.copies.items() if key[0] == agency
                and self._shows(copy)]  # fmt: skip
        return views.PartnerView(
            agency=agency,
            address=item.address,
            state="none" if pact is None else "ended" if pact.ended else "in_force",
            up_to_date=not any(
                self._tells_of(agency, number) for number in range(box.cursor + 1, box.last + 1)
            ),
            heard=self._heard[agency].decode().strip('"') if agency in self._heard else "",
            readable_until=self._until(state.leases, agency, {copy.originator for copy in held}),
            lent_until=self._until(state.lent, agency, given),
            given=sum(grant.state is Grade.OUT for grant in grants),
            recalled=sum(grant.state in (Grade.RECALLED, Grade.GONE) for grant in grants),
            held=len(held),
            agreements=tuple(self._agreements(agency, whole=whole)),
            receipts=tuple(self._receipts(agency))[-_RECEIPTS_SHOWN:] if whole else (),
            alarms=tuple(self._alarms(agency)) if whole else (),
            numbers=self._numbers(agency),
        )

    def questions(self) -> Iterator[views.QuestionView]:
        for key, row in sorted(self.state.consents.items()):
            originator, record, asker, to, use = key
            if not self._knows(originator, record):
                continue
            answer = row.answer
            word = "asked" if answer is None else "granted" if answer.granted else "refused"
            yield views.QuestionView(
                originator=originator, record=record, asker=asker, to=to, use=use, state=word,
                record_id=self._own_id(record) if originator == self.state.me else record,
                ours=asker == self.state.me,
                until=answer.until.isoformat() if answer and answer.until else "",
            )  # fmt: skip

    def _knows(self, originator: str, record: str) -> bool:
        if originator == self.state.me:
            return self.may_know(("", originator, record))
        return bool(self._ways(originator, record))

    def _ways(self, originator: str, record: str) -> set[str]:
        """Return the suppliers whose copy of a partner's record the reader may see."""
        known = ((name, self.state.copies.get((name, originator, record)))
                 for name in self._suppliers)  # fmt: skip
        return {name for name, copy in known if copy is not None and self._shows(copy)}

    def holders(self, originator: str, record: str) -> Iterator[views.HolderView]:
        """Yield who got a record, and what became of it there, as far as the reader may know."""
        trail = {
            receipt.holder: receipt
            for receipt in self.state.trail.values()
            if (receipt.originator, receipt.record) == (originator, record)
        }
        for key, grant in sorted(self.state.grants.items()):
            if key[1:] == (originator, record) and self._may_know_grant(key):
                yield _holder(key[0], grant, trail.pop(key[0], None), self._own_id(record))
        if not self._sees_every_way(originator):
            return
        for holder, receipt in sorted(trail.items()):
            said = "passed" if receipt.reason == "passed" else "gone"
            yield views.HolderView(
                holder=holder, through="", version=receipt.version, state=said, agreement="",
                receipt=_receipt(receipt, self._own_id(record)),
            )  # fmt: skip

    def tells(self, originator: str, record: str, event: str, detail: str) -> bool:
        """Tell whether a line of the exchange about a record follows from what the reader may know:
        of a partner's record, from a copy that he may see."""
        if self._sees_every_way(originator):
            return True
        partner = detail.partition(" ")[0].removeprefix("partner=")
        if event.startswith("exchange:copy:"):
            return partner in self._ways(originator, record)
        return self._may_know_grant((partner, originator, record))

    def _sees_every_way(self, originator: str) -> bool:
        return self._reader.role in _BARE or originator == self.state.me

    def _may_know_grant(self, key: CopyKey) -> bool:
        """Tell whether the reader may know that a record was given to a partner: a partner's record
        was passed on from the copy of one supplier, which may be hidden when another's is not."""
        if self._sees_every_way(key[1]):
            return self.may_know(key)
        grant = self.state.grants.get(key)
        return grant is not None and grant.via in self._ways(key[1], key[2])

    def may_know(self, key: CopyKey) -> bool:
        """Tell whether the reader may know of a record that a grant is about."""
        if self._reader.role in _BARE:
            return True
        _partner, originator, record = key
        if originator != self.state.me:
            return self._knows(originator, record)
        place = self._exchange.pointers.get(record)
        return place is not None and place.label in self._visible

    def is_out(self, originator: str, record: str) -> bool:
        """Tell whether any partner has a record from us now."""
        grants = (self.state.grants.get((name, originator, record)) for name in self.state.pacts)
        return any(grant is not None and grant.state is Grade.OUT for grant in grants)

    def _shows(self, copy: Copy) -> bool:
        if copy.content is None:
            return False
        if self._reader.role in _BARE:
            return True
        return (copy.supplier, copy.originator, copy.marking) in self._copies

    def _own_id(self, record: str) -> str:
        place = self._exchange.pointers.get(record)
        return place.id if place else ""

    def _tells_of(self, agency: str, number: int) -> bool:
        """Tell whether the reader may know of a message that a partner has not taken in."""
        entry = self.state.entries.get((agency, number))
        if entry is None or self._reader.role in _BARE:
            return True
        record = getattr(entry.message, "record", "")
        if not record:
            # Leases, requests and checkpoints follow from records that may be hidden.
            return isinstance(entry.message, AgreementChange)
        originator = getattr(entry.message, "originator", "")
        if originator == self.state.me:
            return self.may_know((agency, originator, record))
        if isinstance(entry.message, Put | Correct | Narrow | Recall):
            return self._may_know_grant((agency, originator, record))
        holder = getattr(entry.message, "holder", self.state.me)
        mine = holder == self.state.me or self._may_know_grant((holder, originator, record))
        return mine and agency in self._ways(originator, record)

    def _until(self, leases: dict[Any, Any], agency: str, originators: Collection[str]) -> str:
        """Return the first end of a lease over records of these originators, "" without one."""
        clock = self.state.clock.get("")
        ends = [lease.ends for (partner, originator), lease in leases.items()
                if partner == agency and originator in originators]  # fmt: skip
        if clock is None or not ends:
            return ""
        until: dt.datetime = clock.wall + (min(ends) - clock.run)
        return until.isoformat(timespec="seconds")

    def _agreements(self, agency: str, *, whole: bool) -> Iterator[views.AgreementView]:
        known, now = self._exchange.partners, self._exchange.now()
        states = known.standing(self._exchange.ring(), now)
        for digest, signed in sorted(known.texts.items()):
            text = signed.agreement
            if agency not in {party.agency for party in text.parties}:
                continue
            says, standing = tuple(describe(text)), states[digest].value
            if standing == Standing.IN_FORCE and not self._holds(agency, digest):
                standing = "ended"
            yield views.AgreementView(
                id=text.id, version=text.version, digest=digest,
                title=says[0], standing=standing,
                begins=text.valid.start.isoformat(), ends=text.valid.until.isoformat(),
                says=says if whole else (),
            )  # fmt: skip

    def _holds(self, agency: str, digest: str) -> bool:
        """Tell whether the exchange works under this text: one that was ended does not hold, though
        signatures and days would let it."""
        pact = self.state.pacts.get(agency)
        return pact is not None and not pact.ended and pact.digest == digest

    def _receipts(self, agency: str) -> Iterator[views.ReceiptView]:
        for receipt in self.state.trail.values():
            key = (agency, receipt.originator, receipt.record)
            if receipt.holder == agency and self._may_know_grant(key):
                yield _receipt(receipt, self._own_id(receipt.record))

    def _alarms(self, agency: str) -> list[views.AlarmView]:
        """Most alarms follow from records: whoever sees no content sees every rule and no text;
        others see those that follow from none."""
        bare = self._reader.role in _BARE
        told = [item for _key, item in sorted(self._exchange.alarms.items())
                if item.partner == agency and (bare or item.rule in _OPEN_ALARMS)]  # fmt: skip
        return [
            views.AlarmView(
                at=item.at.isoformat(timespec="seconds"), rule=item.rule, partner=item.partner,
                text="" if bare else item.text,
            )
            for item in told[-_ALARMS_SHOWN:]
        ]  # fmt: skip

    def _numbers(self, agency: str) -> views.Numbers | None:
        if self._reader.role not in _BARE:
            return None
        box = self.state.outboxes.get(agency) or NEW
        inbox = self.state.inboxes.get(agency) or UNREAD
        head = self._exchange.log.head()
        return views.Numbers(
            sent=box.last, acknowledged=box.cursor, taken_in=inbox.number,
            log_size=head.size if head else 0,
            cosigned_size=self._exchange.log.cosigned_size(agency),
        )  # fmt: skip


def _preview(record: Record, partner: str, made: Plan | None) -> views.PreviewView:
    if made is None:
        raise AgreementError(f"the agreement with {partner} gives no record of this kind")
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


def _holder(holder: str, grant: Grant, receipt: Receipt | None, record_id: str) -> views.HolderView:
    return views.HolderView(
        holder=holder, through=grant.via, version=grant.version, state=grant.state.value,
        agreement=grant.agreement,
        receipt=_receipt(receipt, record_id) if receipt is not None else None,
    )  # fmt: skip


def _receipt(receipt: Receipt, record_id: str) -> views.ReceiptView:
    return views.ReceiptView(
        record=receipt.record, record_id=record_id, holder=receipt.holder,
        version=receipt.version, reason=receipt.reason, rule=receipt.rule,
        erased=dict(receipt.erased),
    )  # fmt: skip
