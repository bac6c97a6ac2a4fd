"""What people are shown of searches in partners' records: plain values, released to one reader."""

from __future__ import annotations

import msgspec


class EnteredView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the values that a person typed: ids of the searches, how many keys they ask
    about, and a sentence for each value that cannot be searched."""

    searches: tuple[str, ...]
    keys: int
    faults: tuple[str, ...]


class FoundView(msgspec.Struct, frozen=True, kw_only=True):
    """One value that was searched. ``outcome``: ``waiting``, ``asked``, ``hit``, ``no_hit``,
    ``refused`` (then ``rule`` says why); of an approximate search ``possible_hit``, with its
    ``points`` and ``why`` (``day:1``: a word of ``near.POINTS`` and how often it counts), or
    ``unclear`` when the second question had no room for it. ``id`` names a hit, to tell the owner
    of it until ``until``; ``step``, ``said``, ``reason`` and ``records`` are what came of that.
    Times are ISO 8601 UTC."""

    id: str
    at: str
    by: str
    partner: str
    purpose: str
    key: str
    value: str
    outcome: str
    rule: str = ""
    until: str = ""
    step: str = ""
    said: str = ""
    reason: str = ""
    records: tuple[str, ...] = ()
    points: float | None = None
    why: tuple[str, ...] = ()


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's request about a hit in our records. ``records`` are those behind it that this
    reader may see; ``held`` the names of those that the partner has from us already."""

    asker: str
    id: str
    purpose: str
    key: str
    value: str
    at: str
    due: str
    records: tuple[str, ...]
    held: tuple[str, ...]


class LogView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log of searches, ours and partners'. No key stands in it."""

    at: str
    event: str
    partner: str
    owner: str
    purpose: str
    subject: str
    number: int
    elements: int
    asked: int
    hits: int
    outcome: str
    message: str
