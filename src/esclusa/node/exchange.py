"""The exchange of this node with its partners: what its people and its jobs do.

The rules are those of :mod:`esclusa.sharing.exchange`; here they meet the node's records, keys and
log. What storage owes (erasures) is done after the move that asks for it and then reported.

Nothing here talks to a network or a file: :mod:`esclusa.node.line` and bundles carry the bytes.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final

import msgspec

from esclusa.errors import (
    AgreementError,
    EsclusaError,
    ExchangeError,
    LedgerError,
    NotFound,
    TrustError,
    WireError,
)
from esclusa.ledger import emptying, records
from esclusa.model import Record
from esclusa.node import credentials
from esclusa.node.alerts import MissingLabel
from esclusa.node.arriving import check_bodies, sender_of
from esclusa.node.collecting import uncollected
from esclusa.node.exchange_ledger import APART, CURSOR, HEARD, Move
from esclusa.node.partners import (
    Partner,
    Partners,
    agreement_rows,
    check_name,
    pact_of,
    partner_rows,
    posts_of,
    require_in_force,
    revocation_rows,
    statement_rows,
)
from esclusa.node.recall_orders import RecallOrders
from esclusa.node.releasing import Pointer, is_published, pointer_content
from esclusa.sharing.agencies.register import Enrolment, Sealed, seal
from esclusa.sharing.agreement import InForce, Signed, digest, read_signed
from esclusa.sharing.bundle import seal as seal_bundle
from esclusa.sharing.bundle import unseal
from esclusa.sharing.carriage import consent_bytes, packed, unpack
from esclusa.sharing.exchange import core, moves, pacts
from esclusa.sharing.exchange.messages import (
    ASKING,
    AgreementChange,
    ConsentAnswer,
    ConsentAsk,
    Correct,
    Narrow,
    Put,
)
from esclusa.sharing.exchange.outbox import NEW
from esclusa.sharing.exchange.rows import Consents, CopyKey, Owed
from esclusa.sharing.exchange.state import Effects, Rules, State
from esclusa.sharing.keys import AUTHORITY, BUNDLE, EXCHANGE, Key, Revocation
from esclusa.sharing.terms import Plan

_LOG: Final = logging.getLogger("esclusa")
_PUBLISHED: Final = "published"
_AT_ONCE: Final = 500
"""Records stated in one transaction."""
_HEAVY: Final = 1_000
"""Messages with content in one batch."""
_SMALL: Final = 25_000
"""Messages in one batch, most without content: some 6 megabytes, however much is recalled."""
_CARRIERS: Final = frozenset({Put, Correct, Narrow})
_LET_GO: Final = 10_000
"""Copies erased in one transaction: it holds the lock about a second."""
_PATIENCE_S: Final = 60
"""How long to wait for another process that erases a lot, as long as a writer waits for another."""
_LOOK_S: Final = 0.05
"""How often to look whether the other is done."""
_HANGS: Final = (
    "another process of this node has not come to the end of an erasure within a minute: look for"
    " it and end it if it hangs; nothing is lost by that, what it began is done again"
)


class Exchange(RecallOrders):
    """One node's dealings with its partners. Safe to share between threads."""

    # --- partners and agreements --------------------------------------------------------------

    def add_partner(self, agency: str, keys: Sequence[Key], *, address: str, by: str) -> Partner:
        """Enter a partner with its public keys, or change its address and add keys.

        :raises InputError: when the name cannot be a partner's.
        :raises TrustError: when a key is malformed, of another agency, or known otherwise.
        """
        check_name(agency, self.agency)
        if any(key.agency != agency for key in keys):
            raise TrustError(f"a key is not one of {agency}'s")
        ring = self.ring()
        for key in keys:
            ring = ring.with_key(key)
        partner = Partner(agency=agency, address=address, added=self.now(), added_by=by)
        self._move([], also=partner_rows(partner, keys), who=by)
        return partner

    def revoke(self, revocation: Revocation, *, by: str) -> None:
        """Count a partner's key for nothing from a moment on; raises ``TrustError``."""
        self.ring().find(revocation.agency, revocation.role, revocation.key)
        self._move([], also=revocation_rows(revocation), who=by)

    def adopt(self, data: bytes, *, by: str, file: str = "") -> Signed:
        """Put an agreement in force that both sides have signed, and tell the partner.

        :raises AgreementError: when it is malformed, not signed by both, not in force now, or
            another agreement with the partner is.
        :raises NotFound: when the other party is no partner here.
        """
        signed = read_signed(data, file=file)
        with self.alone():
            ring = self.ring()
            known = Partners(self.agency)
            for key, text in self.partners.texts.items():
                known.texts[key] = text
            known.texts[digest(signed.agreement)] = signed
            now = self.now()
            inside = known.in_force(ring, now)
            item = require_in_force(signed, known.standing(ring, now), inside)
            pact = pact_of(item, self.agency)
            partner = signed.agreement.other(self.agency)
            if partner not in self.partners.known:
                raise NotFound(f"{partner} is no partner here; add it first")
            self._one_text(partner, signed)
            rows = {**agreement_rows(signed), (CURSOR, _PUBLISHED): b"0"}
            # Two steps: the release rule must know the text before anything goes under it.
            self._move([], also=rows, who=by)
            adopting = _then(moves.adopt, partner=partner, pact=pact)
            self._move([adopting], who=by, ahead=self._stated())
        return signed

    def accept(self, sealed: Sealed, *, by: str) -> None:
        """Take in what agencies state under their authorities' seals: keys enrolled or withdrawn,
        and who succeeds whom.

        :raises TrustError: when a rule of :mod:`esclusa.sharing.agencies.register` is broken.
        """
        with self.alone():
            now, register = self.now(), self.register()
            if register.accept(sealed, now) is not register:
                self._move([], also=statement_rows(self.partners, sealed, now), who=by)

    def rotate(self, role: str, *, by: str) -> Sealed:
        """Take a fresh key in a role from now on; return the statement for partners to accept.

        The old key stays valid for what it signed: withdraw it where it was lost.
        """
        now = self.now()
        signer = credentials.add_key(self._folder, self.agency, role, now)
        bare = Sealed(statement=Enrolment(key=signer.key(now)))
        sealed = seal(bare, self.credentials.signer(AUTHORITY), now)
        credentials.use_key(self._folder, role, signer.key_id)
        self._credentials = None
        self.accept(sealed, by=by)
        return sealed

    def _end_lapsed(self) -> None:
        """End agreements that a side no longer holds: it ended, and no edge handed them on."""
        register, now = self.register(), self.now()
        if not register.edges:
            return
        for partner, pact in list(self._state.pacts.items()):
            text = self.partners.texts.get(pact.digest)
            if pact.ended or text is None:
                continue
            posts = posts_of(text.agreement)
            if register.holders(posts, now) != {posts.first, posts.second}:
                self._move([_then(moves.end, partner=partner)])

    def end(self, partner: str, *, by: str) -> None:
        """End the agreement with a partner: all is taken back and let go."""
        self._move([_then(moves.end, partner=partner)], who=by)

    def _one_text(self, partner: str, signed: Signed) -> None:
        """Between two services one text is in force: another one would take back, unsaid, all that
        went under the first.

        :raises AgreementError: when another agreement than this one's earlier version holds.
        """
        pact = self._state.pacts.get(partner)
        before = self.partners.texts.get(pact.digest) if pact is not None else None
        if pact is None or before is None or not pacts.holds(pact, self.now()):
            return
        text, now = before.agreement, signed.agreement
        if text.id != now.id:
            raise AgreementError(
                "with {partner} the agreement {id}, version {version}, is in force, and between "
                "two services one text holds at a time: write {new} as its version {next}, or end "
                "{id} first",
                partner=partner, id=text.id, version=text.version, new=now.id,
                next=text.version + 1,
            )  # fmt: skip

    # --- records ------------------------------------------------------------------------------

    def publish(self, *, who: str = "exchange") -> int:
        """State every new record whose kind an agreement gives; return how many.

        What of a record goes to whom is decided for each by agreement and marking. Most go nowhere.
        """
        if not credentials.exist(self._folder):
            return 0
        stated = 0
        while True:
            with self.alone():
                last, made, ahead = self._waiting()
                if last == self._published:
                    return stated
                self._move(made, also={(CURSOR, _PUBLISHED): msgspec.json.encode(last)}, who=who,
                           ahead=ahead)  # fmt: skip
                stated += len(made)

    def _waiting(self) -> tuple[int, list[Move], list[Pointer]]:
        """Return the place up to which records were looked at, the moves that state them, and the
        places of what these may release."""
        kinds = _given(self.in_force().values(), self.agency)
        ours = [
            label for label in self._labels.all()
            if not label.supplier and label.originator == self.agency
        ]  # fmt: skip
        labels = {label.id for label in ours if label.marking.releasable_to}
        # A record that was for partners and is said again for nobody must reach them as well.
        closed = {label.id for label in ours} - labels
        with self._store.read() as connection:
            last, found = records.after(
                connection, self._labels, self._published, kinds, labels, limit=_AT_ONCE,
                also=closed,
            )  # fmt: skip
        newest = {record.id: (record, label) for record, label in found}
        stated = [
            (move, Pointer(record.id, record.seq, label)) for record, label in newest.values()
            if (move := self._stating(record, label)) is not None
        ]  # fmt: skip
        return last, [move for move, _ in stated], [place for _, place in stated]

    def _stating(self, record: Record, label: int) -> Move | None:
        name = self.name_of(record.id)
        known = self._state.own.get(name)
        if record.withdrawn or record.body is None:
            if known is None or known.content is None:
                return None
            return _next(moves.withdraw, name)
        place, stated = Pointer(record.id, record.seq, label), self.pointers.get(name)
        if known is None and (not record.marking.releasable_to or is_published(record)):
            return None
        if known is not None and stated is not None and stated.seq >= place.seq:
            return None  # stated as it is; or a person has recalled it since, and it stays so
        return _next(
            moves.state_record, name, kind=record.kind, marking=record.marking,
            content=pointer_content(place),
        )  # fmt: skip

    def planned(self, record: Record, partner: str, known: Consents | None = None) -> Plan | None:
        """Return what a release of a record to a partner would hand over now: the release itself
        asks the same. None when the agreement gives no record of this kind.

        :param known: the answers to questions for consent that whoever asks may know of; without
            it all count.
        :raises NotFound: when there is no such partner.
        :raises AgreementError: when no agreement with it is in force.
        """
        state, now = self.state(), self.now()
        if partner not in self.partners.known:
            raise NotFound("no such partner")
        pact = state.pacts.get(partner)
        agreement = self.in_force().get(pact.digest) if pacts.holds(pact, now) and pact else None
        if agreement is None:
            raise AgreementError("no agreement with {partner} is in force", partner=partner)
        with self._store.read() as connection:
            releasing = self._releasing(connection, self.ring(), now, known)
            copy = state.copies.get((record.provenance.message, record.originator, record.id))
            passed = releasing.record_of(copy, partner) if copy is not None else None
            return releasing.planned(passed or record, partner, agreement)

    def holds(self, record: str) -> bool:
        """Tell whether a record here is a copy of a partner's."""
        return any(
            key[2] == record and copy.content is not None
            for key, copy in self.state().copies.items()
        )

    def pass_on(self, copy: CopyKey, to: str, *, by: str, known: Consents | None = None) -> None:
        """Pass a copy on to a third agency; raises ``ExchangeError`` without the right to.

        :param known: as for :meth:`planned`.
        """
        self._move([_then(moves.pass_on, copy=copy, to=to, known=known)], who=by)

    def ask_consent(self, copy: CopyKey, to: str, use: str, why: str, *, by: str) -> None:
        """Ask the originator of a copy for a use of it."""
        question = ConsentAsk(copy[1], copy[2], self.agency, to, use, why)  # type: ignore[arg-type]
        self._move([_then(moves.ask_consent, copy=copy, question=question)], who=by)

    def answer_consent(
        self, record: str, asker: str, to: str, use: str, *, granted: bool,
        until: dt.datetime | None = None, by: str,
    ) -> ConsentAnswer:  # fmt: skip
        """Answer a question about a record of ours; the answer is signed and can be shown.

        :raises ExchangeError: when nobody has asked that.
        """
        row = self.state().consents.get((self.agency, record, asker, to, use))
        number = row.answer.number + 1 if row is not None and row.answer is not None else 1
        signer = self.credentials.signer(EXCHANGE)
        bare = ConsentAnswer(self.agency, record, asker, to, use, number, granted, until)  # type: ignore[arg-type]
        given = msgspec.structs.replace(
            bare, key=signer.key_id, signature=signer.sign(consent_bytes(bare)).hex()
        )
        self._move([_then(moves.answer_consent, given=given)], who=by)
        return given

    # --- batches ------------------------------------------------------------------------------

    def batch(self, partner: str, *, limit: int = 0) -> bytes:
        """Return the signed bytes of the next batch to a partner, and enter it in the log.

        :param limit: how many messages at most; 0 for as many as one transaction of the partner
            bears: a thousand records, but very many more of what is small, such as recalls.
        :raises NotFound: when there is no such partner.
        """
        with self._lock:  # a move writes one table after the other; a batch is of one moment
            state = self.state()
            if partner not in self.partners.known:
                raise NotFound(f"{partner} is no partner here")
            bears = limit or _bearable(state, partner)
            made = core.batch_for(state, partner, self.now(), limit=bears)
        said = packed(made, self.credentials.signer(EXCHANGE))
        if made.messages:
            self.log.note("out", partner, said.header, said.leaves)
        return said.data

    def has_news(self, partner: str) -> bool:
        """Tell whether a partner has not acknowledged all that was said to it."""
        box = self.state().outboxes.get(partner) or NEW
        return box.cursor < box.last

    @uncollected()
    def receive(self, data: bytes, *, file: str = "") -> Received:
        """Take in the bytes of a batch. What is refused changes nothing but the list of alarms.

        :raises WireError: when the bytes are not what their sender signed.
        :raises ExchangeError: when the batch as a whole is refused.
        """
        try:
            verified, lines = unpack(
                data, receiver=self.agency, ring=self.ring(), now=self.now(), file=file
            )
            check_bodies(verified.batch.messages, file)
        except WireError as error:
            said = ExchangeError("signature", str(error), sender_of(data))
            self._move([lambda state, _rules, _now: core.refusal(state, said)])
            raise
        batch = verified.batch
        at = self.now()
        heard = {
            (HEARD, batch.sender): msgspec.json.encode(at),
            (APART, batch.sender): msgspec.json.encode((batch.made - at).total_seconds()),
        }
        header = data.split(b"\n", 1)[0]
        logged = self.log.taken(batch.sender, batch.first, header, lines.leaves)
        also: dict[tuple[str, str], bytes | None] = {}

        def taken(state: State, rules: Rules, now: dt.datetime) -> Effects:
            made = core.receive(state, rules, verified, now)
            also.clear()
            also.update(heard)
            if made.refused is None and "inboxes" in made.store:
                also.update(logged)
            return made

        # Where an agreement begins, the partner is brought to what it may have of everything.
        anew = AgreementChange in set(map(type, batch.messages))
        (effects,) = self._move([taken], also=also, ahead=self._stated() if anew else ())
        if effects.refused is not None:
            raise effects.refused
        self.log.catch_up()
        self.settle(wait=False)  # what another process is at comes before its tick ends, or in ours
        with suppress(EsclusaError):
            for follow in self.taken:
                follow()
        if not ASKING.isdisjoint(map(type, batch.messages)):
            # The batch is taken in, whatever becomes of this; the next tick tries again.
            with suppress(EsclusaError):
                for keep_up in self.upkeep:
                    keep_up()
        return Received(
            sender=batch.sender, messages=len(batch.messages),
            fresh=batch.sender in effects.store.get("inboxes", {}), alarms=len(effects.alarms),
        )  # fmt: skip

    def bundle(self, partner: str) -> bytes:
        """Return the next batch to a partner, sealed for carrying by hand."""
        keys = self.ring().current(partner, BUNDLE, self.now())
        return seal_bundle(self.batch(partner, limit=1_000_000), [key.public for key in keys])

    def receive_bundle(self, data: bytes, *, file: str = "") -> Received:
        """Open a bundle and take in its batch; raises ``WireError`` and as :meth:`receive`."""
        try:
            batch = unseal(data, [self.credentials.bundle], file=file)
        except WireError as error:
            said = ExchangeError("signature", str(error))
            self._move([lambda state, _rules, _now: core.refusal(state, said)])
            raise
        return self.receive(batch, file=file)

    def accept_volume(self, partner: str, number: int, *, by: str, reason: str) -> None:
        """Witness a new volume of a partner's log from now on.

        :raises NotFound: when there is no such partner.
        :raises InputError: when a volume as new counts already, or no reason is given.
        """
        self.state()
        if partner not in self.partners.known:
            raise NotFound(f"{partner} is no partner here")
        self.log.accept(partner, number, by=by, reason=reason, now=self.now())

    def warn(self, rule: str, partner: str, text: str) -> None:
        """Raise an alarm about what a partner sent beside its batches."""
        said = ExchangeError(rule, text, partner)
        self._move([lambda state, _rules, _now: core.refusal(state, said)])

    # --- time ---------------------------------------------------------------------------------

    def tick(self) -> None:
        """Let time pass: state what is new, renew leases, hide and erase what ran out."""
        if not credentials.exist(self._folder):
            return
        self.log.catch_up()
        self.go_on()
        self._end_lapsed()
        self.publish()
        self._move([core.tick])
        self.settle()
        for keep_up in self.upkeep:
            keep_up()

    def settle(self, *, wait: bool = True) -> int:
        """Erase what is owed, report it, and leave no trace of it in the database's files.

        One thread of one process at a time: between an erasure and its report another one would
        erase again, find nothing, and report that, before what is kept beside the ledger has let go
        of it. Whoever waits for another process holds up no thread of this one.

        :param wait: false leaves what another process is at to that process.
        :returns: how many copies this process settled.
        :raises LedgerError: when another process does not come to the end of a lot in time.
        """
        done, least, until = 0, None, 0.0
        while True:
            with self._settling:
                lots, left = self._settle()
            done += lots
            if not left or not wait:
                return done
            if least is None or left < least:  # the other one comes along
                least, until = left, time.monotonic() + _PATIENCE_S
            elif time.monotonic() >= until:
                _LOG.error(_HANGS)  # where it is a job, nobody reads the error itself
                raise LedgerError(_HANGS)
            time.sleep(_LOOK_S)

    def _settle(self) -> tuple[int, int]:
        """Settle until all is done or another process is at it; return how many copies were, and
        how many are left to that process."""
        done, labels, leaving = 0, set[int](), None
        while left := len(self.state().owed):
            with self._store.sole() as ours:
                owed = self._next_owed() if ours else {}
                if owed:
                    leaving = self._leaving() if leaving is None else leaving
                    self._to_scrub = True
                    self._erase(owed, leaving, labels)
            if not ours:
                break
            done += len(owed)
        with self._lock:  # what is taken back from here on is the next one's to settle
            took, self._took_back = self._took_back, False
        try:
            if self._to_scrub:
                self._store.scrub()
                self._to_scrub = False
            elif took:
                # A statement that was not read yet lost its content to the recall behind it.
                self._store.settle()
        except BaseException:
            self._took_back = True
            raise
        return done, left

    def _leaving(self) -> set[str]:
        """Return the records that go whole, now or next."""
        with self._lock:  # another thread may take in a batch at any time
            known = self.state().copies
            return {
                key[2] for key in self.state().owed
                if (row := known.get(key)) is None or row.content is None
            }  # fmt: skip

    def _next_owed(self) -> dict[CopyKey, Owed]:
        with self._lock:
            return dict(islice(self.state().owed.items(), _LET_GO))

    def _erase(
        self, owed: Mapping[CopyKey, Owed], leaving: Collection[str], labels: set[int]
    ) -> None:
        """Erase some of what is owed.

        :param leaving: the records that go whole, now or next.
        :param labels: labels for which analysis is ready; what is missing is added.
        """
        with self.alone(), uncollected():
            # The erasure commits before its report: a crash in between erases again, finds
            # nothing more, and reports then. Content never outlives its receipt.
            places, around, seen = None, None, 0
            while places is None:
                # A marking that is met for the first time is made before the next try.
                try:
                    with suppress(MissingLabel), self._store.write() as connection:
                        # Read here, where no other process can store a newer version that stays.
                        known = self.state().copies
                        copies = {key: known.get(key) for key in owed}
                        last = records.last(connection)
                        if around is None or last != seen:  # what was looked at holds no more
                            around, seen = self._copies.around(connection, copies, leaving), last
                        if around.labels <= labels:
                            places = self._copies.erase(connection, copies, around)
                except emptying.AlreadyEmpty:
                    around = None  # another process erased in between: look once more
                if places is None:
                    fresh = around.labels - labels if around is not None else set()
                    self._copies.ready(fresh)  # writes, so not inside the transaction
                    labels |= fresh
        # What is kept beside the ledger has let go of it, too.
        reports = {key: (debt, places[key]) for key, debt in owed.items()}
        self._move([_then(moves.erased_all, reports=reports)])


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch. ``fresh``: it said something new."""

    sender: str
    messages: int
    fresh: bool
    alarms: int


def _then(move: Callable[..., Effects], **named: Any) -> Move:
    return lambda state, rules, now: move(state, rules, now, **named)


def _next(move: Callable[..., Effects], record: str, **named: Any) -> Move:
    """Return a move that takes the next version of a record, counted when it is made: another
    process may have taken one since."""

    def made(state: State, rules: Rules, now: dt.datetime) -> Effects:
        known = state.own.get(record)
        version = known.version + 1 if known else 1
        return move(state, rules, now, record=record, version=version, **named)

    return made


def _bearable(state: State, partner: str) -> int:
    """Return how many of the next messages to a partner go in one batch. All recalls of a manifest
    together, if they can: then nothing that goes as well is judged anew in between."""
    box, heavy = state.outboxes.get(partner) or NEW, 0
    last, entries = min(box.last, box.cursor + _SMALL), state.entries
    for number in range(box.cursor + 1, last + 1):
        message = entries[partner, number].message
        if type(message) in _CARRIERS and message.content is not None:  # type: ignore[union-attr]
            heavy += 1
            if heavy > _HEAVY:
                return number - box.cursor - 1
    return _SMALL


def _given(agreements: Iterable[InForce], us: str) -> frozenset[str]:
    return frozenset(
        clause.kind
        for item in agreements
        for clause in item.agreement.clauses
        if clause.giver == us
    )
