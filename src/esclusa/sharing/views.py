"""What the release gate hands out: plain values, already released to one reader.

Faces (web, API, command line) render these and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from esclusa.model import Alert, AlertMove, Defect, Marking, Provenance, Reason
from esclusa.sharing.rule_views import RateView


class QueueFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person wants to see of the queue. Empty text means no restriction.

    ``state``: ``open`` (new or claimed, and not asleep), ``new``, ``claimed``, ``snoozed``,
    ``closed``, ``withdrawn`` or ``all``. ``sort``:
    ``score`` (highest first), ``recent`` (latest first) or ``arrival`` (earliest first; unknown
    last). ``cursor`` is opaque, taken from the page before.
    """

    state: str = "open"
    kind: str = ""
    port: str = ""
    mine: bool = False
    minimum_score: float = 0.0
    sort: str = "score"
    cursor: str = ""
    limit: int = 50


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the work queue. Times are ISO 8601; ``created`` is UTC. ``until`` is when a
    snoozed alert comes back; ``seen`` stands for what this line says, for a step on many alerts.
    """

    alert_id: str
    subject_id: str
    subject_kind: str
    title: str
    score: float
    reasons: tuple[Reason, ...]
    state: str
    claimed_by: str
    verdict: str
    port: str
    arrival: str
    created: str
    level: int
    until: str = ""
    seen: str = ""


class QueuePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the queue. ``count`` is exact up to 1,000; ``more_than_count`` says it is not."""

    rows: tuple[QueueRow, ...]
    next_cursor: str
    count: int
    more_than_count: bool


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a record: dotted path with indexes from 0, and its value as text."""

    path: str
    value: str


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a record. ``recorded`` is ISO 8601 UTC. ``changes`` are the paths that differ
    from the version before."""

    version: int
    recorded: str
    withdrawn: bool
    erased: bool
    source: str
    changes: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Another record that this one has to do with. ``relation``: ``derived_from``, ``alert``,
    ``subject``, ``list_entry``, or ``same_`` and the reference shared (``same_equipment``,
    ``same_seal``, ``same_voyage``, ``same_document``, ``same_journey``)."""

    record_id: str
    kind: str
    title: str
    relation: str


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with its present state and every move that people made on it. ``until`` is when a
    snoozed alert comes back (ISO 8601 UTC); ``seen`` stands for what the alert says now: handed
    back with a step, it lets the node tell whether somebody was faster.
    """

    alert_id: str
    alert: Alert
    state: str
    claimed_by: str
    verdict: str
    moves: tuple[AlertMove, ...]
    until: str = ""
    seen: str = ""


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """What stands against a step on one of many alerts. ``why``: ``moved`` (somebody was faster:
    ``by``, ``at``, ``move``), ``facts`` (changed ``at``), ``state`` (``said`` tells) or ``missing``
    (no such alert, or none that the reader may know of).

    ``code`` is the stable code of what is said, ``facts`` what its sentence names, ``lists`` of
    which closed list each of them is a word."""

    alert_id: str
    why: str
    title: str = ""
    by: str = ""
    at: str = ""
    move: str = ""
    said: str = ""
    code: str = ""
    facts: Mapping[str, str] = {}
    lists: Mapping[str, str] = {}


class BulkView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one step on many alerts. It is made on all of them or on none.

    ``bulk`` names the step, "" when it was refused; ``done`` are its alerts. When it was refused,
    ``against`` says why and ``rest`` are the alerts that nothing stands against.
    """

    bulk: str = ""
    done: tuple[str, ...] = ()
    against: tuple[Against, ...] = ()
    rest: tuple[str, ...] = ()


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """A filter of the queue that a person keeps: its name and its address's query string."""

    name: str
    query: str


class RecordView(msgspec.Struct, frozen=True, kw_only=True):
    """A record as one reader may see it. ``source_name`` is the file's name in custody."""

    id: str
    kind: str
    version: int
    key: str
    title: str
    originator: str
    marking: Marking
    provenance: Provenance
    source_name: str
    recorded: str
    valid_time: str
    withdrawn: bool
    erased: bool
    facts: tuple[Fact, ...]
    body: dict[str, Any]
    versions: tuple[VersionRow, ...]
    links: tuple[Link, ...]
    alert: AlertView | None


class SearchRow(msgspec.Struct, frozen=True, kw_only=True):
    """One search result."""

    record_id: str
    kind: str
    title: str
    originator: str
    level: int
    recorded: str


class SearchPage(msgspec.Struct, frozen=True, kw_only=True):
    """Search results, newest first: a rank would depend on records the reader may not see.

    ``more`` tells that the limit cut the list.
    """

    query: str
    rows: tuple[SearchRow, ...]
    more: bool


class QuarantineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message that could not be used. ``state``: ``held``, ``resolved`` (a retry read it)."""

    id: str
    source_id: str
    source_name: str
    offset: int
    length: int
    message: str
    reason: str
    state: str
    retries: int


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """A file in custody. ``id`` is derived from its bytes and marking. ``state``:
    ``received``, ``done``, ``refused``. ``counts``: ``messages``, ``statements``,
    ``new``, ``changed``, ``unchanged``, ``withdrawn``, ``late`` (kept, not in force),
    ``quarantined``, ``alerts``, ``defects``.
    ``mapping`` and ``mapping_digest`` name the kept mapping it is read with, "" for none."""

    id: str
    name: str
    size: int
    format: str
    state: str
    received: str
    received_by: str
    counts: dict[str, int]
    reason: str = ""
    mapping: str = ""
    mapping_digest: str = ""
    defects: tuple[Defect, ...] = ()
    quarantine: tuple[QuarantineRow, ...] = ()

    def known_before(self, began: dt.datetime) -> bool:
        """Tell whether the file had been received before a moment (aware)."""
        return dt.datetime.fromisoformat(self.received) < began


class MappingVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One text that a kept mapping had. ``digest`` is its SHA-256; ``added`` is ISO 8601 UTC."""

    version: int
    digest: str
    added: str
    added_by: str


class MappingView(msgspec.Struct, frozen=True, kw_only=True):
    """A kept mapping: what the columns of one sender's tables mean.

    ``target`` is the kind of record that a row makes, "" when this version of Esclusa cannot read
    the text. ``text`` is left out of lists, ``versions`` (the newest first) too.
    """

    id: str
    title: str
    target: str
    columns: int
    version: int
    digest: str
    added: str
    added_by: str
    text: str = ""
    versions: tuple[MappingVersion, ...] = ()


class ProposalView(msgspec.Struct, frozen=True, kw_only=True):
    """The mapping that was guessed for a file in custody, as TOML ``text`` to correct and keep."""

    source_id: str
    source_name: str
    text: str


class ListView(msgspec.Struct, frozen=True, kw_only=True):
    """A watchlist in force. ``edition`` is the day it was loaded and the beginning of its file's
    SHA-256; ``prepared`` the day that the file states, "" if none; ``source`` where it came from,
    as the person who loaded it said. ``key`` tells lists of one id apart by their markings;
    ``held`` says that another edition waits for a person."""

    id: str
    title: str
    format: str
    edition: str
    entries: int
    loaded: str
    loaded_by: str
    number: int = 0
    source: str = ""
    prepared: str = ""
    key: str = ""
    level: int = 0
    releasable_to: tuple[str, ...] = ()
    held: bool = False


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as an officer reads it. ``state`` of one of the pack: ``active``, ``not_yet``,
    ``expired``; of one of the node's own: see ``casework/rule_states.csv``, and ``stopped`` when it
    cannot run. ``name`` is how to ask for one of the node's own, "" for the pack's; ``open_state``
    is the state of its version that is being written, "" when there is none. ``rate`` is what it
    did over the records that were asked for, or in its rehearsal; None when nobody asked."""

    id: str
    version: str
    indicator: str
    subject: str
    title_en: str
    title_es: str
    points: float
    when: str
    owner: str
    purpose: str
    legal_basis: str
    valid_from: str
    valid_to: str
    state: str
    note_en: str = ""
    note_es: str = ""
    name: str = ""
    level: int = 0
    open_version: str = ""
    open_state: str = ""
    rate: RateView | None = None
    alone: RateView | None = None


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit log. ``at`` is ISO 8601 UTC. Identifiers and counts, no content."""

    seq: int
    at: str
    who: str
    role: str
    purpose: str
    action: str
    subject: str
    detail: str


class UserView(msgspec.Struct, frozen=True, kw_only=True):
    """A user account, without its secrets."""

    name: str
    role: str
    clearance: int
    caveats: tuple[str, ...]
    active: bool
    created: str
    last_sign_in: str = ""
    """ISO 8601 UTC, "" for never."""
    sessions: int = 0
    """Sessions that are open now."""
    password: bool = True
    """Whether a password opens it."""
    linked: int = 0
    """People of an identity provider who are tied to it."""
    seen: str = ""
    """A sign of what it is now; a change names it, and is refused when it is another by then."""
    must_change: bool = False
    """Its person has to choose another password at the next sign-in."""
    number: str = ""
    """The service number that partners are shown in place of the name, "" for none."""


class SignInWays(msgspec.Struct, frozen=True, kw_only=True):
    """How people sign in here: ``provider`` is the name of the identity provider ("" for none),
    ``leave`` where they sign out of it ("" for nowhere known), ``password`` whether anybody may
    sign in with a password of this node, ``everybody`` whether all accounts may."""

    provider: str = ""
    leave: str = ""
    password: bool = True
    everybody: bool = True


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A person of an identity provider: ``subject`` of ``issuer``. ``account`` is the one that the
    person opens, "" while an administrator has not said. ``called`` is what the provider calls the
    person and proves nothing. Times are ISO 8601 UTC."""

    code: str
    issuer: str
    subject: str
    account: str
    called: str
    seen: str
    approver: str
    since: str


class ScreenHit(msgspec.Struct, frozen=True, kw_only=True):
    """A possible match of a name typed by a person, with its reasons."""

    record_id: str
    list_id: str
    uid: str
    entry_name: str
    matched_name: str
    score: float
    detail: tuple[str, ...]
    detail_es: tuple[str, ...] = ()
