"""What of a record goes to a partner: the release terms, applied to what the ledger holds.

The exchange names a record of ours by a keyed id, the same for every partner, so that nobody can
test a guess of its natural key and yet all who hold it mean the same record. The exchange keeps a
pointer to the record and not its content; each release reads the record anew, so what was erased or
marked otherwise meanwhile cannot go.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.ledger import records
from esclusa.ledger.labels import Labels
from esclusa.model import EVERYONE, Marking, Provenance, Record, decode_body, encode_body
from esclusa.sharing.agreement import InForce
from esclusa.sharing.exchange import onward
from esclusa.sharing.exchange.messages import Content, Onward
from esclusa.sharing.exchange.outbox import content_digest
from esclusa.sharing.exchange.rows import Consents, Copy, Cut, Own, Pact
from esclusa.sharing.keeping import same
from esclusa.sharing.terms import Consent, Plan, Walked, body_of, plan, redacted_id

_ANY: Final = "*"
SAID: Final = frozenset({"referral_move", "information_move", "joint_case_move"})
"""Kinds that a person writes in order to say them to the other side."""


LISTED: Final = "list_entry"
_LOT: Final = 100
"""Records that are read together."""
_MONTHS: Final = 60
"""Days of keeping from which on a list entry may go some days earlier."""


class Pointer(msgspec.Struct, frozen=True):
    """Where a record of ours lies: its id, the number of the version, and its label."""

    id: str
    seq: int
    label: int


def pointer_content(pointer: Pointer) -> Content:
    """Return what the exchange keeps in place of a record's content."""
    return Content("", msgspec.Raw(msgspec.json.encode(pointer)))


def pointer_of(own: Own) -> Pointer | None:
    """Return where a record lies, None when it was withdrawn."""
    if own.content is None:
        return None
    return msgspec.json.decode(own.content.body, type=Pointer)


def in_order(names: Iterable[str], pointers: Mapping[str, Pointer]) -> list[str]:
    """Return names of our records in the order in which these lie in the ledger."""
    return sorted(names, key=lambda name: (at.seq if (at := pointers.get(name)) else 0, name))


def is_published(record: Record) -> bool:
    """Tell whether a record is an entry of a list that everyone may know: partners load it from its
    publisher, and each hit would be told twice."""
    return record.kind == LISTED and EVERYONE in record.marking.releasable_to


def wire_name(record_id: str, originator: str, secret: bytes) -> str:
    """Return the name by which all partners know a record of ours."""
    named = Record(id=record_id, kind="", version=0, key="", body=None, originator=originator,
                   marking=Marking(), provenance=Provenance())  # fmt: skip
    return redacted_id(named, _ANY, secret)


class Releasing:
    """The release rule of one transition: a connection, the agreements in force, the moment.

    The connection has one snapshot, so what it reads of a record holds for all partners.
    """

    def __init__(
        self, connection: sa.Connection, labels: Labels, *, us: str, secret: bytes,
        inside: Mapping[str, InForce], consents: Consents, now: dt.datetime,
        ahead: Sequence[Pointer] = (),
    ) -> None:  # fmt: skip
        self._connection = connection
        self._labels = labels
        self._us = us
        self._secret = secret
        self._inside = inside
        self._consents = consents
        self._now = now
        self._read = _Reading(connection, labels, ahead)
        self._walked = Walked()

    def release(self, item: Own | Copy, partner: str, pact: Pact) -> Cut | None:
        """Return what of an item goes to a partner under an agreement, None when nothing does."""
        record, agreement = self.record_of(item, partner), self._inside.get(pact.digest)
        if record is None or agreement is None:
            return None
        made = self.planned(record, partner, agreement)
        return self._cut(record, made, agreement) if made is not None and made.released else None

    def planned(self, record: Record, partner: str, agreement: InForce) -> Plan | None:
        """Return the plan of a release; None when the agreement gives no record of this kind.

        An agreement may give one kind for several purposes in several clauses. A copy lives under
        one of them: the first purpose, in the order of the text, for which anything goes. An entry
        of a published list is given to nobody.
        """
        if is_published(record):
            return None
        if record.kind in SAID and record.originator == self._us:
            # This is what a person chose to say to its other side, under a marking of its own, as
            # strict as what it rests on but for that one reader. The tie is for erasure.
            record = msgspec.structs.replace(record, derived_from=())
        last: Plan | None = None
        for purpose in _purposes(agreement, record.kind, self._us):
            made = plan(record, [agreement], partner, purpose, self._now,
                        consents=tuple(self._granted()), walked=self._walked)  # fmt: skip
            if made.released:
                return made
            last = last or made
        return last

    def record_of(self, item: Own | Copy, partner: str) -> Record | None:
        """Return the record that an item stands for; None when it was erased or withdrawn."""
        if isinstance(item, Copy):
            return self._record_of_copy(item, partner)
        place = pointer_of(item)
        record = self._read.at(place) if place is not None else None
        return record if record is not None and record.body is not None else None

    def _record_of_copy(self, copy: Copy, partner: str) -> Record | None:
        if copy.content is None:
            return None
        marking = copy.marking
        if onward.is_free(copy, partner):
            marking = marking.including(partner)  # the agreement's list of agencies says so
        return Record(
            id=copy.record, kind=copy.kind, version=copy.version, key="",
            body=decode_body(bytes(copy.content.body)), originator=copy.originator,
            marking=marking, provenance=Provenance(), recorded_time=self._came(copy),
        )  # fmt: skip

    def _came(self, copy: Copy) -> dt.datetime:
        """Return when what a copy says was recorded here; now, when it comes in this very move."""
        assert copy.content is not None
        path = (copy.supplier, copy.originator)
        every = self._labels.all()
        labels = [item.id for item in every if (item.supplier, item.originator) == path]
        found = records.get(self._connection, self._labels, labels, copy.record)
        if found is None or found.body is None or found.recorded_time is None:
            return self._now
        same = encode_body(found.body) == bytes(copy.content.body)
        return found.recorded_time if same else self._now

    def _granted(self) -> Iterable[Consent]:
        for (originator, record, asker, to, use), row in self._consents.items():
            answer = row.answer
            if asker == self._us and answer is not None and onward.stands(answer, self._now):
                yield Consent(originator=originator, record_id=record, to=to, use=use,  # type: ignore[arg-type]
                              until=answer.until)  # fmt: skip

    def _cut(self, record: Record, made: Plan, agreement: InForce) -> Cut:
        assert made.marking is not None  # the plan releases something
        assert made.onward is not None
        body = self._walked.bytes_of(made, lambda plan: encode_body(body_of(plan)))
        content = Content(self._salt(record, made.partner, body), msgspec.Raw(body))
        return Cut(
            content=content,
            digest=content_digest(content),
            fields=same(tuple(item.at for item in made.fields if item.outcome != "withheld")),
            marking=same(kept_until(made, record, agreement)),
            onward=same(Onward(made.onward.rule, made.onward.agencies)),
        )

    def _salt(self, record: Record, partner: str, body: bytes) -> str:
        """The same content to the same partner has the same salt, so that a repeat is no news."""
        said = b"\n".join((b"content", partner.encode(), record.id.encode(), body))
        return hmac.digest(self._secret, said, hashlib.sha256).hex()[:32]


class _Reading:
    """Records by their places, each read once; those that will be asked for are read together.

    :param ahead: the places in the order in which they will be asked for.
    """

    def __init__(
        self, connection: sa.Connection, labels: Labels, ahead: Sequence[Pointer]
    ) -> None:  # fmt: skip
        self._connection = connection
        self._labels = labels
        self._ahead: dict[int, list[int]] = {}
        for place in ahead:
            self._ahead.setdefault(place.label, []).append(place.seq)
        self._found: dict[int, dict[int, Record | None]] = {}
        """By label: the records of the last lot."""

    def at(self, place: Pointer) -> Record | None:
        """Return the record at a place, None when there is none under that label."""
        known = self._found.get(place.label, {})
        if place.seq not in known:
            some = self._lot(place)
            found = records.get_by_seq(self._connection, self._labels, {place.label}, some)
            known = self._found[place.label] = {seq: found.get(seq) for seq in some}
        return known[place.seq]

    def _lot(self, place: Pointer) -> list[int]:
        """Return the place and those that come after it."""
        ahead = self._ahead.get(place.label, [])
        try:
            at = ahead.index(place.seq)
        except ValueError:
            return [place.seq]
        some, self._ahead[place.label] = ahead[at : at + _LOT], ahead[at + _LOT :]
        return some


def _purposes(agreement: InForce, kind: str, giver: str) -> tuple[str, ...]:
    clauses = agreement.agreement.clauses
    return tuple(
        dict.fromkeys(
            purpose
            for clause in clauses
            if (clause.giver, clause.kind) == (giver, kind)
            for purpose in clause.purposes
        )
    )


def kept_until(made: Plan, record: Record, agreement: InForce) -> Marking:
    """Return the copy's marking with the day until which it may be kept.

    The days of keeping count from when the version was recorded: a release that is repeated does
    not prolong them, and is no other release. A list entry's last day is the first of its month, so
    that all entries of a month are one list at the receiver.
    """
    assert made.marking is not None
    named = {ref.clause for ref in made.clauses}
    days = min(c.retention_days for c in agreement.agreement.clauses if c.id in named)
    begun = record.recorded_time or made.made
    last = begun.astimezone(dt.UTC).date() + dt.timedelta(days=days)
    if record.kind == LISTED and days >= _MONTHS:
        last = last.replace(day=1)
    known = record.marking.retain_until
    until = last if known is None else min(last, known)
    return msgspec.structs.replace(made.marking, retain_until=until)
