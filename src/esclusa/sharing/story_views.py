"""What a person reads of an entity: what is stated of it and by whom, and what happened."""

from __future__ import annotations

import msgspec


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """A record that states a fact: its title, its file's name, its originator and level."""

    record_id: str
    title: str
    source: str
    originator: str
    level: int
    recorded: str


class FactView(msgspec.Struct, frozen=True, kw_only=True):
    """A value that records state. ``records`` counts them, some are given in ``sources``, the
    latest first; ``level`` is the least restricted that states it. ``first`` and ``last`` are when
    the earliest and the latest of them were recorded (ISO 8601 UTC). ``differs`` says that another
    value of the same part contradicts it."""

    part: str
    value: str
    records: int
    level: int
    first: str
    last: str
    sources: tuple[SourceView, ...]
    differs: bool = False


class FactsView(msgspec.Struct, frozen=True, kw_only=True):
    """All that is stated of an entity, part by part. ``looked`` of ``members`` mentions were looked
    at, the newest, when there are more than that."""

    entity: str
    facts: tuple[FactView, ...]
    members: int
    looked: int


class EntryWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word of an entry: a code of a ``section`` of the vocabulary, or plain ``text``, in Spanish
    ``es`` where that differs."""

    text: str
    section: str = ""
    es: str = ""


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. ``at`` is when (ISO 8601; without a zone it is local to the port),
    or when it was recorded, where nothing was stated: then ``stated`` is False. ``page`` and
    ``name`` say where it is told in full: ``records``, ``alerts``, ``matches`` or ``referrals``.
    ``undone`` says that it was taken back, or does not count."""

    id: str
    kind: str
    at: str
    title: str
    words: tuple[EntryWord, ...]
    page: str
    name: str
    originator: str
    level: int
    recorded: str
    by: str = ""
    stated: bool = True
    undone: bool = False


class TimelineFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to see of a timeline: kinds (all when empty), from which day to which
    (``YYYY-MM-DD``, both included), and what comes after ``cursor``, which the page before gave."""

    kinds: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    cursor: str = ""
    limit: int = 50


class TimelineView(msgspec.Struct, frozen=True, kw_only=True):
    """What happened with an entity, newest first. ``kinds`` are those there are, with their number;
    ``cut`` tells that only the newest records were looked at."""

    entity: str
    title: str
    rows: tuple[EntryView, ...]
    count: int
    kinds: tuple[tuple[str, int], ...]
    next_cursor: str = ""
    cut: bool = False
