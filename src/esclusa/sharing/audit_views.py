"""The audit log as an auditor reads it: lines, who looked at what, and plain counts to judge."""

from __future__ import annotations

import msgspec


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines are asked for; "" asks for all. ``since`` and ``until`` are days (``YYYY-MM-DD``,
    UTC), both included. ``before`` is the number of the last line of the page before."""

    who: str = ""
    action: str = ""
    subject: str = ""
    purpose: str = ""
    since: str = ""
    until: str = ""
    before: int = 0
    limit: int = 100


class LookedView(msgspec.Struct, frozen=True, kw_only=True):
    """Who did something with one subject: how often, first and last (ISO 8601 UTC)."""

    who: str
    role: str
    purpose: str
    lines: int
    first: str
    last: str


class PersonUse(msgspec.Struct, frozen=True, kw_only=True):
    """What one name did in a period: lines of the log, records and alerts opened, searches and
    screenings, lines outside the hours asked for, looks at the own name, refused sign-ins."""

    who: str
    lines: int
    records: int
    searches: int
    outside: int
    own: int
    refused: int


class PairUse(msgspec.Struct, frozen=True, kw_only=True):
    """How often one person opened one record or alert, first and last (ISO 8601 UTC)."""

    who: str
    subject: str
    looks: int
    first: str
    last: str


class SubjectUse(msgspec.Struct, frozen=True, kw_only=True):
    """How many people opened one record or alert, and how often together."""

    subject: str
    people: int
    looks: int


class UseView(msgspec.Struct, frozen=True, kw_only=True):
    """The use of a node in a period. ``opens`` and ``shuts`` are the hours asked for, in ``zone``;
    days of the weekend count as outside when ``weekend`` is set.
    """

    since: str
    until: str
    opens: int
    shuts: int
    weekend: bool
    zone: str
    least: int
    lines: int
    people: tuple[PersonUse, ...]
    pairs: tuple[PairUse, ...]
    subjects: tuple[SubjectUse, ...]
