"""What faces see of redress: cases, numbers, what a number stands for, and how often it helped.

Texts in both languages come with the values; ``at`` is ISO 8601 UTC, days are ``YYYY-MM-DD``.
"""

from __future__ import annotations

import msgspec

from esclusa.model import Marking, RedressPerson
from esclusa.sharing.referral_views import RecordedView, WordView


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """A list entry that a person is not. ``name`` is the entry's, "" where it is not in force here
    or the reader may not see it; ``changed``: it says something else by now."""

    list_id: str
    uid: str
    name: str = ""
    record: str = ""
    changed: bool = False


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step in a case's history; ``after`` is where the case stood then."""

    move: WordView
    by: str
    at: str
    after: WordView
    recorded: tuple[RecordedView, ...]
    until: str = ""
    partners: tuple[str, ...] = ()


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a form. ``type``: ``long``, ``day`` or ``code``."""

    word: WordView
    type: str
    codes: tuple[WordView, ...] = ()
    value: str = ""


class MoveView(msgspec.Struct, frozen=True, kw_only=True):
    """A step that the reader can make now, with what it records. ``person``: who is vouched for may
    be corrected with it; ``partners``: partners are chosen with it."""

    move: WordView
    fields: tuple[FieldView, ...]
    person: bool = False
    partners: bool = False


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case in the desk's list. ``open``: somebody has something to decide."""

    case: str
    state: WordView
    name: str
    number: str
    until: str
    last: str
    open: bool
    level: int


class CasePage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the desk, open ones first, then the newest; ``more``: not all are here."""

    rows: tuple[CaseRow, ...]
    more: bool


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its history and the steps that the reader can make now.

    ``version`` is to be handed back with a step. ``partners`` are those told of the number;
    ``stays`` says for which of them it does not go, and why. ``uses`` are the records that state
    the number, with what it did there; ``can_share`` are the partners that may be chosen.
    """

    row: CaseRow
    version: str
    person: RedressPerson
    entries: tuple[EntryView, ...]
    granted: str
    steps: tuple[StepView, ...]
    moves: tuple[MoveView, ...]
    marking: Marking
    originator: str
    partners: tuple[str, ...] = ()
    stays: tuple[tuple[str, WordView], ...] = ()
    can_share: tuple[str, ...] = ()
    uses: tuple[UseView, ...] = ()
    last_day: str = ""


class UseView(msgspec.Struct, frozen=True, kw_only=True):
    """A record that states a number: the record, its title, and what the number did there:
    ``quiet``, or ``""`` where it did not keep the match quiet."""

    record: str
    title: str
    did: str
    text_en: str
    text_es: str


class NumberView(msgspec.Struct, frozen=True, kw_only=True):
    """What a number stands for, as this node knows it. ``state``: ``granted``, ``expired`` or
    ``ended``; ``case`` is ours, "" for a partner's."""

    number: str
    agency: str
    state: str
    at: str
    until: str
    person: RedressPerson
    entries: tuple[EntryView, ...]
    record: str
    case: str = ""
    uses: tuple[UseView, ...] = ()


class StartView(msgspec.Struct, frozen=True, kw_only=True):
    """What a form for a new application needs: who is named in the match, and the entry."""

    match: str
    person: RedressPerson
    entries: tuple[EntryView, ...]
    fields: tuple[FieldView, ...]
    marking: Marking
    originator: str


class ListCount(msgspec.Struct, frozen=True, kw_only=True):
    """Misidentifications by one list: different matches that a person cleared, and contacts that
    stayed quiet by a redress number."""

    list_id: str
    cleared: int
    quiet: int


class CountsView(msgspec.Struct, frozen=True, kw_only=True):
    """How often people were taken for somebody else, of what the reader may see.

    ``cleared``: matches decided to be another party's, by the day of the decision. ``quiet``:
    records that a redress number kept quiet. ``unfit``: records that state a number which did not
    count there. ``numbers`` are those granted and in force, ``partners_numbers`` those of partners.
    """

    definition: str
    since: str
    until: str
    cleared: int
    quiet: int
    unfit: int
    numbers: int
    partners_numbers: int
    lists: tuple[ListCount, ...]
