"""What a plan states and what a release hands over."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from esclusa.model import EVERYONE, Marking
from esclusa.sharing.agreement.shape import Onward
from esclusa.sharing.terms.transforms import Value


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """An originator's recorded yes: we may use its record towards ``to`` for these purposes.

    ``use``: ``pass`` it on as it is, or ``derive`` another record that goes there. ``purposes``
    ``{"*"}`` is any. ``until`` (UTC, not included) None means without end. ``evidence`` names the
    answer that was kept, by its digest.
    """

    originator: str
    record_id: str
    to: str
    use: Literal["pass", "derive"] = "pass"
    purposes: frozenset[str] = frozenset({EVERYONE})
    until: dt.datetime | None = None
    evidence: str = ""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A record that another one was derived from, as far as passing it on must know it."""

    id: str
    originator: str
    marking: Marking
    derived_from: tuple[str, ...] = ()


class RuleRef(msgspec.Struct, frozen=True, kw_only=True):
    """The rule that decided: agreement, version and clause, and the path as the rule writes it."""

    agreement: str
    version: int
    clause: str
    path: str = ""

    def __str__(self) -> str:
        path = f": {self.path}" if self.path else ""
        return f"{self.agreement} {self.version}, {self.clause}{path}"


class FieldPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one filled field.

    ``path`` is where it stands in the record. ``outcome``: ``goes``, ``masked``, ``generalised``
    or ``withheld``. ``at`` is where it stands in what goes (elements of which nothing goes are
    left out, so indexes may be lower), and ``value`` what goes; "" and None when withheld.
    ``rules`` are those that say so; ``reason`` is a code of ``reasons.csv`` when withheld.
    """

    path: str
    outcome: str
    rules: tuple[RuleRef, ...]
    at: str = ""
    value: Value | None = None
    reason: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a release of one record to one partner would hand over, and why. For our own eyes: it
    names the record and its withheld fields.

    ``reason`` is "" when the record goes, else the code of ``reasons.csv`` for why it stays.
    ``marking``, ``onward`` and ``lease_until`` (UTC) bind the copy. ``clauses`` of the agreement
    with the digest ``agreement`` carry the release. ``body_digest`` ties the plan to the version it
    was made for. ``rehearsal``: made with a draft.
    """

    record_id: str
    version: int
    kind: str
    originator: str
    partner: str
    purpose: str
    made: dt.datetime
    reason: str
    clauses: tuple[RuleRef, ...] = ()
    agreement: str = ""
    fields: tuple[FieldPlan, ...] = ()
    marking: Marking | None = None
    onward: Onward | None = None
    lease_until: dt.datetime | None = None
    withdrawn: bool = False
    rehearsal: bool = False
    body_digest: str = ""

    @property
    def released(self) -> bool:
        """Whether something goes."""
        return not self.reason


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """A redacted version, ready for the partner: every part of it may be known there.

    ``record_id`` is the redacted record's own (the original's would let a partner guess withheld
    parts of its natural key); it stays the same through versions. Its version number is counted by
    the outbox, because a gap in the original's would tell of hidden changes. ``body`` is JSON.
    ``commitment`` ties it to the original version (64 hexadecimal digits, whatever is withheld).
    ``agreement`` is the digest of the one that carries the release.
    """

    record_id: str
    kind: str
    originator: str
    body: bytes
    marking: Marking
    onward: Onward
    lease_until: dt.datetime
    withdrawn: bool
    commitment: str
    agreement: str
