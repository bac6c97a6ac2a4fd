"""What a node knows of agencies: keys, pacts and edges, each signed by whom it concerns.

1. The first key of an agency, in the role ``authority``, is entered by a person who has compared it
   with the agency. Everything else about the agency is signed with that key, or with one that it
   enrolled for the same role.
2. A key is valid from its enrolment at the earliest: nobody makes a key for the past.
3. An edge bears the seals of both agencies, the one that hands over and the one that takes on, and
   takes effect no earlier than they were set.
4. A revocation takes along what the revoked authority sealed from that moment on.

A statement that breaks a rule changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import msgspec
import rfc8785

from esclusa.errors import TrustError
from esclusa.sharing.agencies.posts import Pact, Post, Succession, check_edge, custodian, holders
from esclusa.sharing.keys import AUTHORITY, Hex32, Key, KeyRing, Revocation, Signer, Word

MAX_STATEMENT: Final = 1 << 20
"""Longest statement in bytes; one that hands on a thousand agreements has 200 kB."""

_DOMAIN: Final = "esclusa-statement/1"


class Enrolment(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="enrolment"
):
    """The agency has this key from now on."""

    key: Key


class Withdrawal(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="withdrawal"
):
    """The agency revokes one of its keys."""

    revocation: Revocation


Statement = Enrolment | Withdrawal | Succession


class Seal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signature of an agency's authority. ``at`` is aware, UTC, in whole seconds."""

    agency: Word
    key: Hex32
    at: dt.datetime
    value: bytes


class Sealed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A statement and the seals it bears."""

    statement: Statement
    seals: tuple[Seal, ...] = ()


def seal(sealed: Sealed, signer: Signer, at: dt.datetime) -> Sealed:
    """Return the statement with one more seal.

    :raises TrustError: when the signer is not an agency's authority.
    """
    if signer.role != AUTHORITY:
        raise TrustError(f"a key in the role {signer.role} does not seal statements")
    at = at.astimezone(dt.UTC).replace(microsecond=0)
    value = signer.sign(_message(sealed.statement, at))
    made = Seal(agency=signer.agency, key=signer.key_id, at=at, value=value)
    return Sealed(statement=sealed.statement, seals=(*sealed.seals, made))


def write_sealed(sealed: Sealed) -> bytes:
    """Return a statement with its seals as one line of JSON."""
    return msgspec.json.encode(sealed)


def read_sealed(data: bytes) -> Sealed:
    """Read a statement; its seals are not checked here.

    :raises TrustError: when it is not one. Unknown fields and words are refused.
    """
    if len(data) > MAX_STATEMENT:
        raise TrustError(f"not a sealed statement: longer than {MAX_STATEMENT} bytes")
    try:
        return msgspec.json.decode(data, type=Sealed)
    except UnicodeDecodeError:
        raise TrustError("not a sealed statement: not UTF-8") from None
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError) as error:
        raise TrustError(f"not a sealed statement: {error}") from None


class Register:
    """What this node knows. Unchangeable: accepting a statement returns another register."""

    def __init__(
        self,
        ring: KeyRing,
        pacts: Iterable[Pact] = (),
        accepted: Iterable[Sealed] = (),
        *,
        pinned: KeyRing | None = None,
    ) -> None:
        self.ring = ring
        self.pacts = frozenset(pacts)
        self.accepted = tuple(accepted)
        self._pinned = pinned or ring

    @property
    def edges(self) -> tuple[Succession, ...]:
        """Return the edges in the order they were accepted."""
        statements = (sealed.statement for sealed in self.accepted)
        return tuple(item for item in statements if isinstance(item, Succession))

    def pin(self, key: Key) -> Register:
        """Enter the first key of an agency: a person vouches for it.

        :raises TrustError: when it is malformed, in another role, or the agency has one already.
        """
        if key.role != AUTHORITY:
            raise TrustError(f"a person enters the key of the authority, not of {key.role}")
        if any(known.agency == key.agency for known in self._pinned.keys):
            raise TrustError(f"{key.agency} has a key already and enrols others itself")
        pinned = self._pinned.with_key(key)
        return Register(self.ring.with_key(key), self.pacts, self.accepted, pinned=pinned)

    def with_pact(self, pact: Pact) -> Register:
        """Enter an agreement that both posts have signed; checking that is not done here."""
        return Register(self.ring, {*self.pacts, pact}, self.accepted, pinned=self._pinned)

    def accept(self, sealed: Sealed, now: dt.datetime) -> Register:
        """Return the register with a statement taken in; the same one again changes nothing.

        :raises TrustError: when a rule is broken; nothing is changed then.
        """
        if sealed in self.accepted:
            return self
        for item in sealed.seals:
            if item.at > now + self.ring.skew:
                raise TrustError(f"{item.agency} sealed in the future: one of the clocks is wrong")
            if self.ring.revoked_by(self.ring.find(item.agency, AUTHORITY, item.key), now):
                raise TrustError(f"the key with which {item.agency} sealed is revoked")
        taken = self._take(sealed)
        return taken._replayed() if isinstance(sealed.statement, Withdrawal) else taken

    def holders(self, pact: Pact, at: dt.datetime) -> frozenset[Post]:
        """Return the posts that may act under an agreement at a moment: nobody if it is unknown."""
        return holders(self.edges, pact, at) if pact in self.pacts else frozenset()

    def custodian(self, agency: str, at: dt.datetime) -> str:
        """Return the agency that keeps the records of an agency at a moment."""
        return custodian(self.edges, agency, at)

    def _take(self, sealed: Sealed) -> Register:
        """Check a statement as of its seals and return the register with it."""
        statement, ring = sealed.statement, self.ring
        match statement:
            case Enrolment(key=key):
                sealed_at = self._sealed_by(sealed, {key.agency})
                if key.valid_from < sealed_at - ring.skew:
                    raise TrustError(f"the key {key.id} of {key.agency} is for the past")
                ring = ring.with_key(key)
            case Withdrawal(revocation=revocation):
                self._sealed_by(sealed, {revocation.agency})
                ring.find(revocation.agency, revocation.role, revocation.key)
                ring = ring.with_revocation(revocation)
            case Succession() as edge:
                sealed_at = self._sealed_by(sealed, {edge.old.agency, edge.new.agency})
                if edge.since < sealed_at - ring.skew:
                    raise TrustError(f"the succession of {edge.old} is for the past")
                check_edge(self.edges, edge, self.pacts)
        return Register(ring, self.pacts, (*self.accepted, sealed), pinned=self._pinned)

    def _sealed_by(self, sealed: Sealed, agencies: set[str]) -> dt.datetime:
        """Check that each agency sealed, and return when the last one did."""
        times = {}
        for item in sealed.seals:
            message = _message(sealed.statement, item.at)
            self.ring.verify(item.agency, AUTHORITY, item.key, message, item.value, item.at)
            times[item.agency] = item.at
        if missing := agencies - times.keys():
            raise TrustError(f"the statement lacks the seal of {min(missing)}")
        return max(times[agency] for agency in agencies)

    def _replayed(self) -> Register:
        """Return the register built anew, without what no longer holds after a revocation."""
        revocations = self.ring.revocations
        ring = KeyRing(
            self._pinned.keys, revocations, skew=self.ring.skew, carried=self.ring.carried
        )
        register = Register(ring, self.pacts, pinned=self._pinned)
        for sealed in self.accepted:
            register = register._retaken(sealed)
        return register

    def _retaken(self, sealed: Sealed) -> Register:
        if isinstance(sealed.statement, Withdrawal):
            accepted = (*self.accepted, sealed)
            return Register(self.ring, self.pacts, accepted, pinned=self._pinned)
        try:
            return self._take(sealed)
        except TrustError:
            return self


def _message(statement: Statement, at: dt.datetime) -> bytes:
    """Return the bytes that are sealed: RFC 8785, so that no other writing of it is needed."""
    canonical = rfc8785.dumps(msgspec.to_builtins(statement))
    return b"\n".join((_DOMAIN.encode(), at.astimezone(dt.UTC).isoformat().encode(), canonical))
