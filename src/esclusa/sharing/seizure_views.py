"""What faces see of seizures: events with each service's part, and counts by period and category.

Texts in both languages come with the values; ``at`` is ISO 8601 UTC, days are ``YYYY-MM-DD``.
"""

from __future__ import annotations

import msgspec

from esclusa.model import Marking, Seizure
from esclusa.sharing.referral_views import WordView


class AmountView(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a category was seized, in a unit."""

    category: WordView
    unit: str
    amount: float


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """One service's report. ``own``: stated at this node, so it can be corrected here; ``version``
    is to be handed back with a correction."""

    record: str
    originator: str
    part: WordView
    body: Seizure
    own: bool
    version: str
    marking: Marking


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """A seizure in a list; ``services`` are those whose reports the reader may see."""

    event: str
    day: str
    categories: tuple[WordView, ...]
    amounts: tuple[AmountView, ...]
    services: tuple[str, ...]
    place: str
    level: int


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """Seizures, the newest first; ``more``: not all are here. ``maybe_one`` are pairs of events
    that may be one seizure."""

    rows: tuple[EventRow, ...]
    more: bool
    maybe_one: tuple[tuple[str, str], ...] = ()


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """A seizure with each service's report. ``examinations`` are records of openings with this
    event number, ``referral`` the referral that led to it, ``records`` the bills and boxes that it
    speaks of, all as far as the reader may see them."""

    row: EventRow
    reports: tuple[ReportView, ...]
    examinations: tuple[str, ...] = ()
    referral: str = ""
    records: tuple[tuple[str, str], ...] = ()
    may_correct: bool = False


class CategoryView(msgspec.Struct, frozen=True, kw_only=True):
    """A category that can be chosen, what it means and where it comes from."""

    word: WordView
    meaning_en: str
    meaning_es: str
    source: str


class StartView(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a report needs; ``body`` is what stands already."""

    body: Seizure
    categories: tuple[CategoryView, ...]
    parts: tuple[WordView, ...]
    partners: tuple[str, ...]


class CountView(msgspec.Struct, frozen=True, kw_only=True):
    """A category in a period: seizures, sums by unit, and how many reports say so. The category ""
    is all of them."""

    period: str
    category: WordView
    events: int
    reports: int
    amounts: tuple[AmountView, ...]


class CountsView(msgspec.Struct, frozen=True, kw_only=True):
    """Seizures by period and category, of what the reader may see, by a definition with its
    number."""

    definition: str
    by: str
    since: str
    until: str
    rows: tuple[CountView, ...]
