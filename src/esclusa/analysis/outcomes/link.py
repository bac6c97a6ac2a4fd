"""Which consignments and boxes an examination speaks of.

1. A bill that an examination names is meant, whoever holds a record of it. Where it names no
   carrier, the number must belong to one carrier alone.
2. A box makes many journeys. An examination of it belongs to the journey of the bills it names,
   else to that of the voyage it names, else to the one nearest in time. Where two are equally near,
   or none is near enough, it belongs to none.
3. It speaks for a bill in the box when it names the bill, or names none and the box holds one bill
   on that journey. Of the other bills in the box it says nothing: they are linked, and their
   outcome is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from esclusa.analysis.outcomes.definitions import Definitions
from esclusa.analysis.outcomes.times import day, instant
from esclusa.model import Examination

_MASKED: Final = "…"
"""Begins a number of which a partner gave the end alone; equal ends are not one bill."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A record that can be examined: a ``consignment`` with its bill and boxes, or ``equipment``.
    ``departure`` and ``arrival`` are ISO 8601; ``ship`` and ``voyage`` tell journeys apart."""

    id: str
    kind: str
    boxes: tuple[str, ...] = ()
    carrier: str = ""
    bill: str = ""
    ship: str = ""
    voyage: str = ""
    departure: str = ""
    arrival: str = ""


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """An examination's number in its list, a subject's id and kind, and whether the one speaks for
    the other."""

    exam: int
    subject: str
    kind: str
    speaks: bool


def link(
    exams: Sequence[Examination], subjects: Iterable[Subject], rules: Definitions
) -> list[Linked]:
    """Return what each examination is linked to; one that fits nothing is left out."""
    known = _Known(subjects)
    return [
        Linked(exam=number, subject=subject.id, kind=subject.kind, speaks=speaks)
        for number, exam in enumerate(exams)
        for subject, speaks in known.meant(exam, rules)
    ]


class _Known:
    def __init__(self, subjects: Iterable[Subject]) -> None:
        self._bills: defaultdict[str, list[Subject]] = defaultdict(list)
        self._boxes: defaultdict[str, list[Subject]] = defaultdict(list)
        for subject in subjects:
            if subject.bill:
                self._bills[subject.bill.upper()].append(subject)
            for box in subject.boxes:
                self._boxes[box].append(subject)

    def meant(self, exam: Examination, rules: Definitions) -> Iterator[tuple[Subject, bool]]:
        named = {one.id: one for bill in exam.bills for one in self._named(exam.carrier, bill)}
        yield from ((one, True) for one in named.values())
        held = [one for one in self._boxes.get(exam.equipment, ()) if one.id not in named]
        if not exam.equipment or not held:
            return
        inside = self._journey(exam, list(named.values()), held, rules)
        alone = not exam.bills and len({_bill(one) for one in inside if one.bill}) == 1
        for one in inside:
            yield one, alone or not one.bill

    def _named(self, carrier: str, bill: str) -> list[Subject]:
        found = self._bills.get(bill.strip().upper(), [])
        wanted = carrier.strip().upper()
        if _MASKED in bill:
            return []
        if wanted:
            return [one for one in found if one.carrier.upper() == wanted]
        return found if len({one.carrier.upper() for one in found}) == 1 else []

    def _journey(
        self, exam: Examination, named: list[Subject], held: list[Subject], rules: Definitions
    ) -> list[Subject]:
        """Return those of the box's records that belong to the journey examined."""
        journeys: defaultdict[tuple[str, str], list[Subject]] = defaultdict(list)
        for one in held:
            journeys[_journey(one)].append(one)
        if named:
            own = {_journey(one) for one in named}
            return [one for key in journeys.keys() & own for one in journeys[key]]
        if exam.voyage.reference:
            return [one for one in held if _is_voyage(exam, one)]
        return _nearest(exam, list(journeys.values()), rules.days_apart)


def _bill(one: Subject) -> tuple[str, str]:
    return one.carrier.upper(), one.bill.upper()


def _journey(one: Subject) -> tuple[str, str]:
    if one.ship or one.voyage:
        return one.ship.upper(), one.voyage.upper()
    return "", one.arrival[:10] or one.departure[:10]


def _is_voyage(exam: Examination, one: Subject) -> bool:
    ship = exam.voyage.conveyance.name or exam.voyage.conveyance.imo
    same = one.voyage.upper() == exam.voyage.reference.strip().upper()
    return same and (not ship or one.ship.upper() == ship.upper())


def _nearest(exam: Examination, journeys: list[list[Subject]], most: int) -> list[Subject]:
    moment = instant(exam.started) or instant(exam.completed) or instant(exam.reported)
    far = [(_apart(group, moment.date()) if moment else None, group) for group in journeys]
    dated = [(days, group) for days, group in far if days is not None]
    if not dated:
        return journeys[0] if len(journeys) == 1 else []
    least = min(days for days, _group in dated)
    nearest = [group for days, group in dated if days == least]
    return nearest[0] if least <= most and len(nearest) == 1 else []


def _apart(group: list[Subject], when: dt.date) -> int | None:
    """Return the days between an examination and a journey, 0 while it lasts, None when nothing
    dates it."""
    days = [found for one in group for text in (one.departure, one.arrival) if (found := day(text))]
    if not days:
        return None
    return max((min(days) - when).days, (when - max(days)).days, 0)
