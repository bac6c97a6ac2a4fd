"""What agreements mean for this node: which keys signed, and what a draft would have released."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from esclusa.errors import AgreementError, FormatError
from esclusa.model import EVERYONE, Record
from esclusa.sharing.agreement import Agreement, InForce, Signed, Standing, rehearsed, standings
from esclusa.sharing.keys import Key, KeyRing, Revocation
from esclusa.sharing.reader import Reader
from esclusa.sharing.release import Gate
from esclusa.sharing.terms import Consent, Plan, plan

_EXAMPLES: Final = 3
"""Record ids named for each kind and purpose; the operator looks at them with ``esclusa show``."""
_INDEX: Final = str.isdigit


class RingFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key ring as a JSON file: public keys of agencies, and those revoked. With ``agency`` the
    keys are all of that one, as ``esclusa partner keys`` prints them."""

    keys: tuple[Key, ...]
    revocations: tuple[Revocation, ...] = ()
    agency: str = ""


class FieldCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a field was filled in the records that go, and what becomes of it. ``path`` has
    ``*`` for indexes."""

    path: str
    goes: int = 0
    masked: int = 0
    generalised: int = 0
    withheld: int = 0


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft would have released of one kind for one purpose. No content: counts, reasons by
    code, and ids of a few records that would have gone."""

    kind: str
    purpose: str
    seen: int
    released: int
    reasons: dict[str, int]
    fields: tuple[FieldCount, ...]
    examples: tuple[str, ...]


def read_rings(files: Iterable[tuple[str, bytes]]) -> KeyRing:
    """Read key rings as one, each a name and its bytes; raises as :func:`read_ring`."""
    rings = [read_ring(data, file=name) for name, data in files]
    joined = KeyRing((), tuple(gone for ring in rings for gone in ring.revocations))
    for key in (key for ring in rings for key in ring.keys):
        joined = joined.with_key(key)
    return joined


def read_ring(data: bytes, *, file: str = "") -> KeyRing:
    """Read a key ring, or the keys of one agency; raises ``FormatError`` when it is neither."""
    try:
        found = msgspec.json.decode(data, type=RingFile)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise FormatError(f"not a key ring: {error}", file=file) from None
    if found.agency and any(key.agency != found.agency for key in found.keys):
        raise FormatError("holds keys of another agency", file=file)
    ring = KeyRing((), found.revocations)
    for key in found.keys:
        ring = ring.with_key(key)
    return ring


def standing_of(signed: Signed, ring: KeyRing, now: dt.datetime) -> Standing:
    """Return how one agreement stands by itself, without its other versions."""
    return standings([signed], ring.verify, now)[0]


def simulate(
    gate: Gate, reader: Reader, draft: Agreement, since: dt.datetime, until: dt.datetime,
    *, purposes: Sequence[str] = (), as_if_named: bool = False,
) -> Iterator[Rehearsal]:  # fmt: skip
    """Yield what a draft would have released of the records in force, kind by kind.

    :param since: aware; records count that were recorded from then up to and without ``until``.
    :param purposes: only these; all that the draft names when empty.
    :param as_if_named: take every record of ours as if its marking named the partner.
    :raises AgreementError: when the reader's agency is no party, or the draft has a fault.
    """
    if reader.agency not in {party.agency for party in draft.parties}:
        raise AgreementError("{agency!r} is none of the parties", agency=reader.agency)
    taken = rehearsed(draft)
    given = [clause for clause in draft.clauses if clause.giver == reader.agency]
    for kind in dict.fromkeys(clause.kind for clause in given):
        named = dict.fromkeys(p for c in given if c.kind == kind for p in c.purposes)
        counts = {p: _Count(p) for p in named if not purposes or p in purposes}
        for record in gate.recorded(reader, kind, since, until):
            for count in counts.values():
                count.add(_planned(record, taken, reader.agency, count.purpose, as_if_named))
        yield from (count.result(kind) for count in counts.values())


def _planned(record: Record, taken: InForce, us: str, purpose: str, as_if_named: bool) -> Plan:
    partner = taken.agreement.other(us)
    ours = Consent(originator=us, record_id=record.id, to=partner, purposes=frozenset({EVERYONE}))
    moment = record.recorded_time
    assert moment is not None  # the ledger's records have one
    return plan(record, [taken], partner, purpose, moment, consents=(ours,) if as_if_named else ())


class _Count:
    """Adds up the plans of one kind and purpose."""

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        self._seen = self._released = 0
        self._reasons: Counter[str] = Counter()
        self._fields: dict[str, Counter[str]] = {}
        self._examples: list[str] = []

    def add(self, made: Plan) -> None:
        """Count one plan."""
        self._seen += 1
        if not made.released:
            self._reasons[made.reason] += 1
            return
        self._released += 1
        if len(self._examples) < _EXAMPLES:
            self._examples.append(made.record_id)
        for item in made.fields:
            self._fields.setdefault(_starred(item.path), Counter())[item.outcome] += 1

    def result(self, kind: str) -> Rehearsal:
        """Return the sums."""
        return Rehearsal(
            kind=kind, purpose=self.purpose, seen=self._seen, released=self._released,
            reasons=dict(self._reasons.most_common()),
            fields=tuple(FieldCount(path=path, **count) for path, count in self._fields.items()),
            examples=tuple(self._examples),
        )  # fmt: skip


def _starred(path: str) -> str:
    return ".".join("*" if _INDEX(step) else step for step in path.split("."))
