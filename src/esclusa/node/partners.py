"""Partners as this node knows them: their addresses, their keys, and the agreements with them.

All of it was entered by a person. A partner's keys are pinned when it is added: compare them over
the telephone. What a key signed counts as :mod:`esclusa.sharing.keys` says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from esclusa.errors import AgreementError, InputError, Term
from esclusa.ledger import exchange
from esclusa.sharing.agencies import posts as agencies
from esclusa.sharing.agencies.register import Register, Sealed
from esclusa.sharing.agreement import (
    Agreement,
    InForce,
    Signed,
    Standing,
    digest,
    in_force,
    read_signed,
    standings,
    write_signed,
)
from esclusa.sharing.exchange.rows import Pact
from esclusa.sharing.keys import EXCHANGE, Key, KeyRing, Revocation

PARTNER = "partner"
KEY = "key"
REVOCATION = "revocation"
AGREEMENT = "agreement"
STATEMENT = "statement"
_FRESH = dt.timedelta(seconds=5)

TABLES = (PARTNER, KEY, REVOCATION, AGREEMENT, STATEMENT)


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's node. ``address`` is ``host:port`` of its line, "" when all goes by hand."""

    agency: str
    address: str = ""
    added: dt.datetime
    added_by: str


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed statement of agencies, and when it was taken in here."""

    at: dt.datetime
    sealed: Sealed


class Partners:
    """The tables above, kept in step with the ledger by whoever holds them."""

    def __init__(self, agency: str) -> None:
        self._agency = agency
        self.known: dict[str, Partner] = {}
        self.keys: dict[str, Key] = {}
        self.revocations: dict[str, Revocation] = {}
        self.texts: dict[str, Signed] = {}
        self.statements: dict[str, Accepted] = {}
        self._register: Register | None = None
        self._ring: KeyRing | None = None
        self._inside: tuple[KeyRing, dt.datetime, dict[str, InForce]] | None = None

    def take(self, table: str, key: str, row: bytes | None) -> None:
        """Take in a row that the ledger holds, or that it no longer holds."""
        tables = {
            PARTNER: (self.known, Partner),
            KEY: (self.keys, Key),
            REVOCATION: (self.revocations, Revocation),
            STATEMENT: (self.statements, Accepted),
        }
        self._ring = self._inside = self._register = None
        if table == AGREEMENT:
            _set(self.texts, key, read_signed(row) if row is not None else None)
        else:
            rows, kind = tables[table]
            _set(rows, key, msgspec.json.decode(row, type=kind) if row is not None else None)  # type: ignore[arg-type]

    def ring(self, own: Sequence[Key]) -> KeyRing:
        """Return every key that counts here, the node's own and enrolled ones included."""
        if self._ring is None:
            self._ring = self.register(own).ring
        return self._ring

    def register(self, own: Sequence[Key]) -> Register:
        """Return what is known of agencies through time: the keys that people entered, and what
        agencies stated under them since, in the order in which it was taken in."""
        if self._register is None:
            ring = KeyRing((), self.revocations.values())
            for key in (*own, *self.keys.values()):
                ring = ring.with_key(key)
            pacts = [posts_of(text.agreement) for text in self.texts.values()]
            register = Register(ring, pacts)
            for _number, item in sorted(self.statements.items()):
                register = register.accept(item.sealed, item.at)
            self._register = register
        return self._register

    def standing(self, ring: KeyRing, now: dt.datetime) -> dict[str, Standing]:
        """Return how each known text stands, by digest."""
        texts = list(self.texts.values())
        found = standings(texts, ring.verify, now)
        return {digest(text.agreement): state for text, state in zip(texts, found, strict=True)}

    def in_force(self, ring: KeyRing, now: dt.datetime) -> dict[str, InForce]:
        """Return the agreements that may release now, by digest.

        Signatures are not checked again within seconds. What ends in between ends on time: whoever
        releases looks at ``ends`` once more.
        """
        known = self._inside
        if known is None or known[0] is not ring or not known[1] <= now < known[1] + _FRESH:
            found = in_force(list(self.texts.values()), ring.verify, now)
            self._inside = known = (ring, now, {item.digest: item for item in found})
        return known[2]


def _set(rows: dict[str, Any], key: str, row: Any) -> None:
    if row is None:
        rows.pop(key, None)
    else:
        rows[key] = row


def partner_rows(partner: Partner, keys: Sequence[Key]) -> exchange.Rows:
    """Return what is kept of a partner and its keys."""
    rows = {(PARTNER, partner.agency): msgspec.json.encode(partner)}
    rows |= {(KEY, key.id): msgspec.json.encode(key) for key in keys}
    return rows


def agreement_rows(signed: Signed) -> exchange.Rows:
    """Return what is kept of an agreement."""
    return {(AGREEMENT, digest(signed.agreement)): write_signed(signed)}


def revocation_rows(revocation: Revocation) -> exchange.Rows:
    """Return what is kept of a revocation."""
    return {(REVOCATION, revocation.key): msgspec.json.encode(revocation)}


def read_kept(connection: sa.Connection, agency: str) -> Partners:
    """Return the partners as the ledger holds them."""
    found = Partners(agency)
    for table in TABLES:
        for key, row in exchange.of_table(connection, table):
            found.take(table, key, row)
    return found


def pact_of(item: InForce, us: str) -> Pact:
    """Return what the exchange needs of an agreement. The shortest lease of its clauses counts.

    :raises AgreementError: when we are none of its parties.
    """
    agreement = item.agreement
    if us not in {party.agency for party in agreement.parties}:
        raise AgreementError("{agency!r} is none of the parties", agency=us)
    return Pact(
        digest=item.digest,
        begins=item.begins,
        ends=item.ends,
        lease=dt.timedelta(hours=min(clause.lease_hours for clause in agreement.clauses)),
        grace=dt.timedelta(hours=agreement.exchange.grace_hours),
        skew=dt.timedelta(minutes=agreement.exchange.skew_minutes),
        refusals=frozenset(agreement.requests.refusals),
    )


def require_in_force(
    signed: Signed, states: Mapping[str, Standing], inside: Mapping[str, InForce]
) -> InForce:
    """Return an agreement as it is in force.

    :raises AgreementError: saying how it stands instead.
    """
    found = inside.get(digest(signed.agreement))
    if found is None:
        state = states.get(digest(signed.agreement), Standing.UNSIGNED)
        raise AgreementError(
            "not in force: it stands as {state!r}", state=Term(state.value, group="standing")
        )
    return found


def statement_rows(known: Partners, sealed: Sealed, now: dt.datetime) -> exchange.Rows:
    """Return what is kept of a statement: it takes the next number."""
    row = msgspec.json.encode(Accepted(at=now, sealed=sealed))
    return {(STATEMENT, f"{len(known.statements):06d}"): row}


def posts_of(agreement: Agreement) -> agencies.Pact:
    """Return an agreement by its id and the posts that signed it, in the order of their names."""
    first, second = sorted(agencies.Post(party.agency, EXCHANGE) for party in agreement.parties)
    return agencies.Pact(agreement.id, first, second)


def check_name(agency: str, us: str) -> None:
    """Raise ``InputError`` unless the word may name a partner of ours."""
    if agency == us or not agency.isidentifier():
        raise InputError(f"{agency[:40]!r} cannot be a partner: one word, and not ourselves")
