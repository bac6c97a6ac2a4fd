"""Sign agreements, and tell which of them are in force. No clock, no files, no keys of its own.

An agreement releases something only when all of these hold:

1. both parties have signed, each with the role and the key that the text names for it;
2. both signatures hold over the digest of the canonical form, at the time each was given, and
   neither is from the future;
3. its first day has begun and its last day has not ended (UTC);
4. no higher version of the same agreement is in force or has been; one that was replaced stays
   replaced, even when the new one has run out;
5. no other text with the same id and version bears both signatures, and its ``replaces`` is the
   digest of the version before, where that is known. If not, nothing under this id is in force.

"The same agreement" means the same id between the same two agencies. A text with a missing or
wrong signature changes nothing: nobody ends an agreement with junk. A signature that arrives is
checked as received first (:meth:`esclusa.sharing.keys.KeyRing.verify_received`): here its time is
believed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from esclusa.errors import AgreementError, TrustError
from esclusa.sharing.agreement.canonical import digest
from esclusa.sharing.agreement.checking import problems
from esclusa.sharing.agreement.shape import Agreement, Party, Signature, Signed

Verify = Callable[[str, str, str, bytes, bytes, dt.datetime], object]
"""(agency, role, key id, message, signature, time of signing) → something true when the signature
holds; else something false, or ``TrustError``. A key ring's ``verify`` is one."""

Sign = Callable[[bytes], bytes]
"""The bytes to sign → the Ed25519 signature."""

Name = tuple[str, str, str]
"""An agreement through its versions: its id and both agencies."""

_DOMAIN: Final = "esclusa-agreement-signature/1"


class Standing(StrEnum):
    """Why an agreement is in force, or is not."""

    IN_FORCE = "in_force"
    UNSIGNED = "unsigned"
    HALF_SIGNED = "half_signed"
    WRONG_SIGNATURE = "wrong_signature"
    FAULTY = "faulty"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CONFLICT = "conflict"


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement that may release, from ``begins`` up to and without ``ends`` (UTC).

    ``rehearsal`` marks a draft taken as if it were signed, to see what it would do: a plan made
    with it can be looked at and never carried out.
    """

    agreement: Agreement
    digest: str
    begins: dt.datetime
    ends: dt.datetime
    rehearsal: bool = False


def message(agreement_digest: str, party: Party, at: dt.datetime) -> bytes:
    """Return the bytes that a party signs."""
    moment = at.astimezone(dt.UTC).isoformat()
    parts = (_DOMAIN, agreement_digest, party.agency, party.role, party.key, moment)
    return "\n".join(parts).encode()


def sign(signed: Signed, agency: str, key: str, at: dt.datetime, signer: Sign) -> Signed:
    """Return the agreement with one party's signature added, or its old one replaced.

    :raises AgreementError: when the agency is no party, the key is not the one that the text
        names, or the text has a fault.
    """
    found = problems(signed.agreement)
    if found:
        raise AgreementError(f"not signed: {found[0].reason}")
    party = next((p for p in signed.agreement.parties if p.agency == agency), None)
    if party is None:
        raise AgreementError(f"{agency!r} is none of the parties")
    if party.key != key:
        raise AgreementError(f"the text names the key {party.key!r} for {agency}, not {key!r}")
    at = at.astimezone(dt.UTC).replace(microsecond=0)
    value = signer(message(digest(signed.agreement), party, at))
    made = Signature(agency=agency, role=party.role, key=key, at=at, value=value)
    others = tuple(s for s in signed.signatures if s.agency != agency)
    ordered = sorted((*others, made), key=lambda signature: signature.agency)
    return Signed(agreement=signed.agreement, signatures=tuple(ordered))


def signatures_hold(signed: Signed, verify: Verify, now: dt.datetime) -> Standing:
    """Return ``IN_FORCE`` when both parties' signatures hold, else what is missing."""
    if problems(signed.agreement):
        return Standing.FAULTY
    sums = digest(signed.agreement)
    held = {party.agency for party in signed.agreement.parties
            if any(_holds(sums, party, s, verify, now) for s in signed.signatures)}  # fmt: skip
    if len(held) == 2:
        return Standing.IN_FORCE
    if len(signed.signatures) > len(held):
        return Standing.WRONG_SIGNATURE
    return Standing.HALF_SIGNED if held else Standing.UNSIGNED


def _holds(sums: str, party: Party, signature: Signature, verify: Verify, now: dt.datetime) -> bool:
    if (signature.agency, signature.role, signature.key) != (party.agency, party.role, party.key):
        return False
    if signature.at.tzinfo is None or signature.at > now:
        return False
    said = message(sums, party, signature.at)
    try:
        return bool(
            verify(party.agency, party.role, party.key, said, signature.value, signature.at)
        )
    except TrustError:
        return False


def standings(known: Sequence[Signed], verify: Verify, now: dt.datetime) -> tuple[Standing, ...]:
    """Return how each of the known texts stands at ``now`` (aware); in the same order.

    :param known: every version of every agreement that the node has been given, in any order.
    """
    first = [signatures_hold(signed, verify, now) for signed in known]
    held = [s for s, standing in zip(known, first, strict=True) if standing is Standing.IN_FORCE]
    broken = {name_of(s.agreement) for s in held if _conflicts(s, held)}
    return tuple(
        _at(signed.agreement, held, broken, now) if standing is Standing.IN_FORCE else standing
        for signed, standing in zip(known, first, strict=True)
    )


def _conflicts(signed: Signed, held: Iterable[Signed]) -> bool:
    mine = signed.agreement
    for other in (s.agreement for s in held if name_of(s.agreement) == name_of(mine)):
        if other.version == mine.version and digest(other) != digest(mine):
            return True
        if other.version == mine.version - 1 and digest(other) != mine.replaces:
            return True
    return False


def _at(
    agreement: Agreement, held: Sequence[Signed], broken: set[Name], now: dt.datetime
) -> Standing:
    name = name_of(agreement)
    if name in broken:
        return Standing.CONFLICT
    begins, ends = interval(agreement)
    later = (other for s in held if name_of(other := s.agreement) == name
             and other.version > agreement.version)  # fmt: skip
    if any(interval(other)[0] <= now for other in later):
        return Standing.SUPERSEDED
    if now < begins:
        return Standing.NOT_YET
    return Standing.IN_FORCE if now < ends else Standing.EXPIRED


def name_of(agreement: Agreement) -> Name:
    """Return what all versions of an agreement share."""
    first, second = sorted(party.agency for party in agreement.parties)
    return agreement.id, first, second


def interval(agreement: Agreement) -> tuple[dt.datetime, dt.datetime]:
    """Return when an agreement begins and when it has ended (the second moment is outside)."""
    start, until = agreement.valid.start, agreement.valid.until
    midnight = dt.time(tzinfo=dt.UTC)
    end = dt.datetime.combine(until, midnight) + dt.timedelta(days=1) \
        if until < dt.date.max else dt.datetime.max.replace(tzinfo=dt.UTC)  # fmt: skip
    return dt.datetime.combine(start, midnight), end


def in_force(known: Sequence[Signed], verify: Verify, now: dt.datetime) -> tuple[InForce, ...]:
    """Return the agreements that may release at ``now``, by id; all others release nothing."""
    found = {
        name_of(signed.agreement): _bound(signed.agreement)
        for signed, standing in zip(known, standings(known, verify, now), strict=True)
        if standing is Standing.IN_FORCE
    }
    return tuple(found[name] for name in sorted(found))


def rehearsed(draft: Agreement) -> InForce:
    """Return a draft as if both had signed it and it held at all times, for looking only.

    :raises AgreementError: when the draft has a fault.
    """
    found = problems(draft)
    if found:
        raise AgreementError(found[0].reason)
    always = (dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC))
    return msgspec.structs.replace(_bound(draft), begins=always[0], ends=always[1], rehearsal=True)


def _bound(agreement: Agreement) -> InForce:
    begins, ends = interval(agreement)
    return InForce(agreement=agreement, digest=digest(agreement), begins=begins, ends=ends)
