"""One event, one count: what several services report of one seizure, and sums over a period.

Public audits found one seizure counted by each agency that had a part in it (GAO-06-200,
GAO-02-13). Here services share the number of the event, and these rules make the count; they are
definition ``seizures/1``:

1. Reports with one event number are one event. It counts once in all, and once in each category
   that one of its reports names.
2. Its day is the earliest that a report gives.
3. What it weighs or measures, by category and unit, is the largest sum that one service reports:
   never the sum of what several report of the same goods.
4. Each service's part is shown, and counts for nothing more.
5. Two events in which the same box or bill was seized from for the same category within three days,
   by different services, may be one: they are shown as such, and counted as two until a person
   gives them one number.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

import msgspec

from esclusa.model import Seizure

DEFINITION: Final = "seizures/1"
"""A change of the rules above is a new number."""
NEAR: Final = dt.timedelta(days=3)
PERIODS: Final = ("month", "quarter", "year")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A report that stands: its record, who stated it to this node, and what it says."""

    id: str
    originator: str
    body: Seizure


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One seizure. ``day`` is ``YYYY-MM-DD``; ``amounts`` are by (category, unit)."""

    event: str
    day: str
    reports: tuple[Report, ...]
    categories: tuple[str, ...]
    amounts: Mapping[tuple[str, str], float]


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """A category in a period: ``events``, the sum of ``amounts`` by unit, and ``reports``, which
    are more where several services report one event. ``category`` is "" for all."""

    period: str
    category: str
    events: int
    reports: int
    amounts: Mapping[str, float] = {}


def events(reports: Iterable[Report]) -> tuple[Event, ...]:
    """Return the events of these reports, by day and number."""
    found: dict[str, list[Report]] = defaultdict(list)
    for report in reports:
        found[report.body.event].append(report)
    made = (_event(name, each) for name, each in found.items())
    return tuple(sorted(made, key=lambda event: (event.day, event.event)))


def _event(name: str, reports: list[Report]) -> Event:
    reports.sort(key=lambda report: (report.body.seized, report.body.agency, report.id))
    largest: dict[tuple[str, str], float] = {}
    for service in {report.body.agency for report in reports}:
        sums: dict[tuple[str, str], float] = defaultdict(float)
        for report in reports:
            if report.body.agency == service:
                for item in report.body.items:
                    if item.quantity is not None:
                        sums[item.category, item.unit] += item.quantity
        for key, value in sums.items():
            largest[key] = max(largest.get(key, 0.0), value)
    return Event(
        event=name, day=min(report.body.seized[:10] for report in reports),
        reports=tuple(reports),
        categories=tuple(sorted({i.category for r in reports for i in r.body.items})),
        amounts=dict(sorted(largest.items())),
    )  # fmt: skip


def period_of(day: str, by: str) -> str:
    """Return the period of a day: ``2026-11``, ``2026-Q4`` or ``2026``."""
    if by == "year":
        return day[:4]
    return day[:7] if by == "month" else f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"


def counts(
    found: Iterable[Event], *, by: str, since: str = "", until: str = "9999"
) -> tuple[Count, ...]:
    """Return the counts by period and category, all categories of a period first.

    :param by: ``month``, ``quarter`` or ``year``.
    :param since: first day that counts (``YYYY-MM-DD``); ``until`` the last.
    """
    cells: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in found:
        if since <= event.day <= until:
            period = period_of(event.day, by)
            for category in ("", *event.categories):
                cells[period, category].append(event)
    return tuple(
        Count(
            period=period, category=category, events=len(each),
            reports=sum(_says(report, category) for event in each for report in event.reports),
            amounts=_sums(each, category) if category else {},
        )
        for (period, category), each in sorted(cells.items())
    )  # fmt: skip


def _says(report: Report, category: str) -> bool:
    return not category or any(item.category == category for item in report.body.items)


def _sums(each: Sequence[Event], category: str) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for event in each:
        for (named, unit), value in event.amounts.items():
            if named == category:
                sums[unit] += value
    return dict(sorted(sums.items()))


def maybe_one(found: Sequence[Event]) -> tuple[tuple[str, str], ...]:
    """Return pairs of event numbers that may be one seizure, each in the order of the numbers."""
    places: dict[str, list[Event]] = defaultdict(list)
    for event in found:
        for place in {place for report in event.reports for place in _places(report.body)}:
            places[place].append(event)
    pairs = {
        (min(a.event, b.event), max(a.event, b.event))
        for each in places.values() for a, b in combinations(each, 2)
        if a.event != b.event and _alike(a, b)
    }  # fmt: skip
    return tuple(sorted(pairs))


def _places(body: Seizure) -> Iterator[str]:
    if body.equipment:
        yield f"box {body.equipment}"
    if body.bill:
        yield f"bill {body.bill}"


def _alike(a: Event, b: Event) -> bool:
    near = abs(dt.date.fromisoformat(a.day) - dt.date.fromisoformat(b.day)) <= NEAR
    services = [{report.body.agency for report in event.reports} for event in (a, b)]
    return near and bool(set(a.categories) & set(b.categories)) and services[0] != services[1]
