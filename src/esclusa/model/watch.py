"""List entries, reasons and alerts."""

from __future__ import annotations

import msgspec

from esclusa.model.common import Identifier
from esclusa.model.match import ReasonMatch


class Alias(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another name. A ``weak`` alias (OFAC's term) may only support a match, never make one."""

    name: str
    weak: bool = False


class Relation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who owns or runs an entry, or what the entry owns or runs, as the list states it.

    ``role`` is one of the ``CAPACITIES`` of :mod:`esclusa.model.ownership`, that of the owner.
    ``name`` names the other side; ``uid`` is set where it is an entry of the same list. ``owns``
    tells that the entry is the owner. Share and dates are as in an ownership; ``former`` says that
    it has ended.
    """

    role: str
    name: str
    uid: str = ""
    owns: bool = False
    former: bool = False
    share_percent: float | None = None
    held_from: str = ""
    held_until: str = ""


class ListEntry(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="list_entry",
):
    """One entry of a watchlist.

    ``type``: ``person``, ``organisation``, ``vessel``, ``aircraft``, ``document`` or ``other``.
    Birth dates are ISO 8601, possibly partial (``1971``, ``1971-05``) or a range ``1960/1965``.
    Nationalities and countries are ISO 3166-1 alpha-2 where known, else the list's own words.
    ``relations`` say who owns or runs what, where the list has a field for it; the words stand in
    the remarks as well. Natural key: list + entry's own id (``uid``).
    """

    list_id: str
    uid: str
    type: str
    name: str
    aliases: tuple[Alias, ...] = ()
    birth_dates: tuple[str, ...] = ()
    birth_places: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    addresses: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    listed_on: str = ""
    remarks: str = ""
    relations: tuple[Relation, ...] = ()


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A field that a reason rests on: where it stands in the record, and its value as text.

    ``path`` is dotted with indexes from 0: ``goods.0.description``, ``parties.1.name``.
    """

    path: str
    value: str


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One named part of a score. The score is the sum of ``points`` of its reasons.

    ``source``: ``rule`` or ``list``. ``code``: the rule's id (``C05``) or ``list_id:uid``.
    ``version``: the rule's version or the list's edition. ``text_en`` and ``text_es`` are one
    sentence each, for officers. ``detail`` and ``detail_es`` explain a list match token by token.
    ``record_id`` is the record beside the subject that the reason rests on (the list entry).
    ``match`` names the possible match, for people who decide on it.
    """

    source: str
    code: str
    version: str
    points: float
    text_en: str
    text_es: str
    evidence: tuple[Evidence, ...] = ()
    detail: tuple[str, ...] = ()
    detail_es: tuple[str, ...] = ()
    record_id: str = ""
    match: ReasonMatch | None = None


class Alert(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="alert"
):
    """Why a record deserves a look. Natural key: the subject's record id.

    ``score`` is the sum of its reasons' points. An alert orders the queue; it decides nothing. The
    absence of an alert says nothing about its subject.
    """

    subject_id: str
    subject_kind: str
    score: float
    title: str
    reasons: tuple[Reason, ...] = ()


class AlertMove(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="alert_move",
):
    """A person's step on an alert: claim, verdict, snooze, undo. Natural key: alert + number.

    ``move`` and ``state`` come from ``casework/alert_states.csv``; ``verdict`` is a code from the
    closed list there; ``reason`` is the person's own words; ``at`` is ISO 8601 UTC. ``until`` is
    when a snoozed alert comes back (ISO 8601 UTC); ``bulk`` names the step on many alerts at once
    that this one is part of.
    """

    alert_id: str
    number: int
    move: str
    state: str
    by: str
    at: str
    verdict: str = ""
    reason: str = ""
    claimed_by: str = ""
    until: str = ""
    bulk: str = ""
