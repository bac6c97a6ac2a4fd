"""The shape of an agreement: what two services sign, as frozen structs.

Everything that a partner may ever receive stands here in full. There is no default that releases:
a field that no rule names is withheld, a purpose that no clause names is none, and a field that the
vocabulary gains later is withheld until a new version of the agreement names it.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

FORMAT: Final = "esclusa-agreement/1"

Word = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,63}$")]
"""An id: lower-case letters, digits, ``_`` and ``-``, at most 64."""
Agency = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$")]
"""An agency's short name, as in the originator of a record."""
Line = Annotated[str, Meta(min_length=1, max_length=2000)]
Kind = Literal[
    "consignment",
    "equipment",
    "transport_event",
    "port_call",
    "ship_declaration",
    "examination",
    "traveller",
    "list_entry",
]
"""Kinds that can be searched. Alerts stay home: they quote other records, and records on lists."""
GivenKind = Literal[
    Kind,
    "referral_move",
    "information_move",
    "joint_case_move",
    "redress_grant",
    "seizure",
    "feedback",
]
"""Kinds that agreements give. What a referral, a request for information or a joint case says is
said to its other side; a redress number goes to those named with it; a seizure, and what a record
led to, to whoever may see them: none of them is searched."""
LevelWord = Literal["open", "official", "restricted", "confidential", "secret"]


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True,
            forbid_unknown_fields=True):  # fmt: skip
    """A part of an agreement: a key that we do not know may be a condition, so it is refused."""


class Texts(_Part, frozen=True, kw_only=True):
    """One text for people in both languages."""

    en: Line
    es: Line


class Party(_Part, frozen=True, kw_only=True):
    """One side. ``role`` and ``key`` name the Ed25519 role key that signs for it (its id)."""

    agency: Agency
    role: Word
    key: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


class Validity(_Part, frozen=True, kw_only=True, rename={"start": "from"}):
    """From the beginning of the first day to the end of the last one, in UTC."""

    start: dt.date
    until: dt.date


class Onward(_Part, frozen=True, kw_only=True):
    """What the receiver may do with a third agency.

    ``never``: pass on to nobody, a request for consent is refused by rule. ``consent``: ask first,
    each time (originator control, ORCON). ``within``: free among ``agencies`` (third-agency rule).
    """

    rule: Literal["never", "consent", "within"]
    agencies: tuple[Agency, ...] = ()


Path = Annotated[str, Meta(min_length=1, max_length=300)]
Paths = Annotated[tuple[Path, ...], Meta(min_length=1)]


class _Rule(_Part, frozen=True, kw_only=True, tag_field="do"):
    paths: Paths


class Keep(_Rule, frozen=True, kw_only=True, tag="keep"):
    """These fields go as they are."""


class Mask(_Rule, frozen=True, kw_only=True, tag="mask"):
    """Of these texts the last ``last`` characters go. At least as many more stay hidden; of a
    shorter text nothing is shown."""

    last: Annotated[int, Meta(ge=1, le=8)]


class Generalise(_Rule, frozen=True, kw_only=True, tag="generalise"):
    """A coarser value goes: a date ``to`` its ``year``, ``month`` or ``day``; a place to its
    ``country``; an HS code to its ``heading`` (four digits); a number to the ``step`` below it."""

    to: Literal["year", "month", "day", "country", "heading", "step"]
    step: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0


class Drop(_Rule, frozen=True, kw_only=True, tag="drop"):
    """These fields never go, whatever another rule or clause says."""


Rule = Keep | Mask | Generalise | Drop


class Clause(_Part, frozen=True, kw_only=True):
    """What one side gives the other of one kind of record, and how it must be handled.

    ``level`` is the highest that may go. ``caveats`` are those that may go; a record with any other
    stays. ``retention_days`` count from the release; the copy is hidden ``lease_hours`` after the
    giver last refreshed it.
    """

    id: Word
    giver: Agency
    kind: GivenKind
    purposes: Annotated[tuple[Word, ...], Meta(min_length=1)]
    level: LevelWord
    caveats: tuple[str, ...] = ()
    onward: Onward
    retention_days: Annotated[int, Meta(ge=1, le=36_525)]
    lease_hours: Annotated[int, Meta(ge=1, le=8784)]
    fields: Annotated[tuple[Rule, ...], Meta(min_length=1)]


Subject = Literal["person", "company", "vessel", "container"]
"""Kinds of things that partners search in each other's records. Each has a key of its own, so the
kind that a question names is the kind that is searched."""
Elements = Annotated[int, Meta(ge=1, le=10_000_000)]


class Limits(_Part, frozen=True, kw_only=True):
    """How many elements one partner may ask about one kind of thing, padding included: in one
    question, in any 24 hours, in one epoch, in any 365 days."""

    question: Elements
    day: Elements
    epoch: Elements
    year: Elements


class Search(_Part, frozen=True, kw_only=True):
    """One kind of thing that may be searched, by which keys, how often."""

    subject: Subject
    keys: Annotated[tuple[str, ...], Meta(min_length=1)]
    limits: Limits


class PointerClause(_Part, frozen=True, kw_only=True):
    """``giver`` lets the other party search its ``records``: it says hit or no hit, no more.

    Every ``epoch_hours`` there is a new key and a new set. For ``grace_hours`` after its end a hit
    may still be followed up; then the key is destroyed. ``catalogue`` is the most entries that a
    set may have, padding included: a larger one could hold guesses in place of records.
    """

    id: Word
    giver: Agency
    records: Annotated[tuple[Kind, ...], Meta(min_length=1)]
    purposes: Annotated[tuple[Word, ...], Meta(min_length=1)]
    level: LevelWord
    caveats: tuple[str, ...] = ()
    searches: Annotated[tuple[Search, ...], Meta(min_length=1)]
    epoch_hours: Annotated[int, Meta(ge=1, le=744)] = 24
    grace_hours: Annotated[int, Meta(ge=0, le=744)] = 72
    catalogue: Annotated[int, Meta(ge=1024, le=1 << 24)] = 1 << 20

    def search(self, subject: Subject) -> Search | None:
        """Return what was agreed for one kind of thing, None when nothing was."""
        return next((item for item in self.searches if item.subject == subject), None)


class Requests(_Part, frozen=True, kw_only=True):
    """How questions are answered: ids of clocks, and the grounds on which an answer may be refused
    (both closed lists, see ``clocks`` and ``refusals``)."""

    clocks: Annotated[tuple[str, ...], Meta(min_length=1)]
    refusals: Annotated[tuple[str, ...], Meta(min_length=1)]


class Exchange(_Part, frozen=True, kw_only=True):
    """How copies are kept in step: a hidden copy is erased ``grace_hours`` later; the clocks of the
    two sides may differ by ``skew_minutes``."""

    grace_hours: Annotated[int, Meta(ge=0, le=8784)]
    skew_minutes: Annotated[int, Meta(ge=0, le=2880)]


class Agreement(_Part, frozen=True, kw_only=True):
    """An agreement of two services. ``replaces`` is the digest of the version before; ``pointers``
    are what one side may search in the other's records."""

    format: Literal["esclusa-agreement/1"]
    id: Word
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    replaces: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""
    title: Texts
    legal_basis: Texts
    parties: tuple[Party, Party]
    valid: Validity
    clauses: Annotated[tuple[Clause, ...], Meta(min_length=1)]
    requests: Requests
    exchange: Exchange
    pointers: tuple[PointerClause, ...] = ()

    def other(self, agency: str) -> str:
        """Return the agency on the other side; raises ``StopIteration`` for a stranger."""
        return next(party.agency for party in self.parties if party.agency != agency)


class Signature(_Part, frozen=True, kw_only=True):
    """One side's signature over the digest of the canonical form. ``value`` is Ed25519, base64."""

    agency: Agency
    role: Word
    key: str
    at: dt.datetime
    value: bytes


class Signed(_Part, frozen=True, kw_only=True):
    """An agreement with the signatures that it has so far."""

    agreement: Agreement
    signatures: tuple[Signature, ...] = ()


def schema() -> dict[str, object]:
    """Return the JSON Schema (2020-12) of an agreement's text, for editors and other programs."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Esclusa agreement, format 1",
        **msgspec.json.schema(Agreement),
    }
