"""What one reader may know of the exchange with partners at one moment.

Of a partner's record there may be several copies, each through another supplier and under a marking
of its own. What was given, asked, answered and receipted belongs to the copy that it was about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from esclusa.ledger.labels import Labels
from esclusa.node.exchange import Exchange
from esclusa.node.partners import Partner
from esclusa.sharing import partner_views as views
from esclusa.sharing.agreement import Standing, describe
from esclusa.sharing.exchange.messages import (
    AgreementChange,
    Correct,
    Narrow,
    Put,
    Recall,
    Receipt,
)
from esclusa.sharing.exchange.outbox import NEW, UNREAD
from esclusa.sharing.exchange.rows import Consent, ConsentKey, Copy, CopyKey, Grade, Grant
from esclusa.sharing.reader import Reader, Role

_RECEIPTS_SHOWN = 50
_ALARMS_SHOWN = 50
_OPEN_ALARMS = frozenset({"not_ready", "stranger", "clock", "agreement"})
"""Rules whose alarms say nothing of any record, nor of how much was said about records."""
_BARE = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""Roles that see identifiers and counts of everything, and no content."""


class Sight:
    """The exchange as one reader may see it at one moment.

    :param visible: labels of the records that he may see.
    :param heard: when each partner was last heard of, as the ledger keeps it.
    """

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
            if not self._knows_question(key, row):
                continue
            answer = row.answer if self._knows_answer(key, row) else None
            word = "asked" if answer is None else "granted" if answer.granted else "refused"
            yield views.QuestionView(
                originator=originator, record=record, asker=asker, to=to, use=use, state=word,
                record_id=self._own_id(record) if originator == self.state.me else record,
                ours=asker == self.state.me,
                until=answer.until.isoformat() if answer and answer.until else "",
            )  # fmt: skip

    def consents(self) -> dict[ConsentKey, Consent]:
        """Return the answers that the reader may know of: on others he can rest nothing."""
        return {
            key: row for key, row in self.state.consents.items()
            if row.answer is not None and self._knows_answer(key, row)
        }  # fmt: skip

    def _knows_question(self, key: ConsentKey, row: Consent) -> bool:
        return self._knows(key[0], key[1]) and bool(self._asked_about(key, row))

    def _knows_answer(self, key: ConsentKey, row: Consent) -> bool:
        return self._knows(key[0], key[1]) and any(self._asked_about(key, row))

    def _asked_about(self, key: ConsentKey, row: Consent) -> list[bool]:
        """Return, for each copy that the reader may see and that was asked about, whether an answer
        came back from its supplier: a colleague may ask about a copy that is hidden.

        What was asked before the exchange kept the ways of a question counts for whoever may see
        every copy of the record.
        """
        originator, record = key[:2]
        if self._sees_every_way(originator):
            return [True]
        if row.ways:
            return [heard for name, heard in row.ways if self._sees_label(name, key)]
        every = (
            name for name in self._suppliers if (name, originator, record) in self.state.copies
        )
        return [True] if all(self._sees_label(name, key) for name in every) else []

    def _sees_label(self, supplier: str, key: ConsentKey) -> bool:
        """Tell whether a supplier's copy of a record is, or was when it went, one to see."""
        copy = self.state.copies.get((supplier, *key[:2]))
        return copy is not None and (supplier, copy.originator, copy.marking) in self._copies

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
