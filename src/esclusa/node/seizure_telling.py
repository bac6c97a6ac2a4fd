"""Seizures as faces see them: events from the reports that stand, and each service's part."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis import seizures as counting
from esclusa.analysis.seizures import Event, Report
from esclusa.casework.seizures import categories, event_of, parts
from esclusa.ledger import records, versions
from esclusa.ledger.indexing import (
    SEIZURE_REFERENCE,
    bill_reference,
    seizure_reference,
    title_of,
)
from esclusa.ledger.labels import Labels
from esclusa.model import Examination, SeizedItem, Seizure, decode_body
from esclusa.node import referral_rows
from esclusa.node.shown_names import ShownNames
from esclusa.sharing import seizure_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.referral_views import WordView

_RECORDS_SHOWN: Final = 20


class Telling:
    """Reads the reports under a reader's labels and tells them."""

    def __init__(self, labels: Labels, us: str, shown: ShownNames) -> None:
        self._labels = labels
        self._us = us
        self._shown = shown

    def events(
        self, connection: sa.Connection, visible: Collection[int], value: str = SEIZURE_REFERENCE
    ) -> tuple[Event, ...]:
        """Return the events of the reports that stand under these labels: of a report under
        several labels, the one recorded last speaks."""
        newest: dict[tuple[str, int], versions.Held] = {}
        for held in versions.all_holding(connection, visible, value):
            newest[held.id, held.label_id] = held
        standing = self._standing(connection, newest.values())
        speaks: dict[str, versions.Held] = {}
        for held in sorted(standing, key=lambda one: one.seq):
            speaks[held.id] = held
        return counting.events(
            Report(id=held.id, originator=self._labels.get(held.label_id).originator, body=body)
            for held in speaks.values()
            if isinstance(body := decode_body(held.body), Seizure)
        )

    def _standing(
        self, connection: sa.Connection, found: Iterable[versions.Held]
    ) -> list[versions.Held]:
        """Return those that are the newest of their chains and not taken back: a correction may
        have given an older version's event another number."""
        kept = list(found)
        now = records.standing(connection, [held.seq for held in kept])
        return [held for held in kept if held.seq in now and not held.withdrawn]

    def row(
        self, connection: sa.Connection, visible: Collection[int], event: Event
    ) -> views.EventRow:
        """Return a seizure as a row of a list."""
        levels = [0]
        for report in event.reports:
            held = records.get(connection, self._labels, visible, report.id)
            levels += [int(held.marking.level)] if held else []
        places = [report.body.place.code for report in event.reports if report.body.place.code]
        return views.EventRow(
            event=event.event, day=event.day,
            categories=tuple(map(category_word, event.categories)),
            amounts=tuple(
                views.AmountView(category=category_word(code), unit=unit, amount=value)
                for (code, unit), value in event.amounts.items()
            ),
            services=tuple(dict.fromkeys(report.body.agency for report in event.reports)),
            place=places[0] if places else "", level=max(levels),
        )  # fmt: skip

    def view(
        self, connection: sa.Connection, visible: frozenset[int], reader: Reader, event: Event
    ) -> views.EventView:
        """Return a seizure with each service's report."""
        shown, who = [], self._shown.of_ours(self._us)
        for report in event.reports:
            held = records.get(connection, self._labels, visible, report.id)
            if held is None:
                continue
            label = self._labels.get(records.label_of(connection, held.seq))
            shown.append(views.ReportView(
                record=report.id, originator=report.originator, part=part_word(report.body.part),
                body=told(report.body, who(report.originator, report.body.by)),
                version=str(held.version), marking=held.marking,
                own=not label.supplier and report.originator == self._us,
            ))  # fmt: skip
        referral = next((r.body.referral for r in event.reports if r.body.referral), "")
        seen = referral and referral_rows.one(connection, self._labels, visible, self._us, referral)
        return views.EventView(
            row=self.row(connection, visible, event), reports=tuple(shown),
            examinations=self._examinations(connection, visible, event),
            referral=referral if seen else "", records=self._records(connection, visible, event),
            may_correct=reader.may(Action.SEIZURE_WRITE),
        )  # fmt: skip

    def _examinations(
        self, connection: sa.Connection, visible: Collection[int], event: Event
    ) -> tuple[str, ...]:
        """Return the records of openings that carry this event's number."""
        values = [seizure_reference(event.event)]
        found = versions.holding(connection, visible, ["examination"], values)
        return tuple(dict.fromkeys(held.id for held in found.values()))

    def _records(
        self, connection: sa.Connection, visible: Collection[int], event: Event
    ) -> tuple[tuple[str, str], ...]:
        values = {f"equipment:{r.body.equipment}" for r in event.reports if r.body.equipment}
        values |= {bill_reference(r.body.bill) for r in event.reports if r.body.bill}
        kinds = ("consignment", "equipment")
        found = versions.holding(connection, visible, kinds, values) if values else {}
        named = {held.id: title_of(decode_body(held.body)) for held in found.values()}
        return tuple(sorted(named.items(), key=lambda pair: (pair[1], pair[0])))[:_RECORDS_SHOWN]


def told(body: Seizure, by: str) -> Seizure:
    """Return a report as a reader is told it, with the person who wrote it."""
    return msgspec.structs.replace(body, by=by)


def category_word(code: str) -> WordView:
    """Return a category with its texts."""
    found = categories().get(code)
    return WordView(code=code, en=found.text_en if found else code,
                    es=found.text_es if found else code)  # fmt: skip


def part_word(code: str) -> WordView:
    """Return a part with its texts."""
    found = parts().get(code)
    return WordView(code=code, en=found.text_en if found else code,
                    es=found.text_es if found else code)  # fmt: skip


def of_examination(exam: Examination) -> Seizure:
    """Return what an examination says of a seizure, for a person to complete."""
    return Seizure(
        agency=exam.agency, number="", event=event_of(exam.event or f"{exam.agency}-{exam.number}"),
        seized=exam.completed[:10], part="found", place=exam.port, equipment=exam.equipment,
        carrier=exam.carrier, bill=exam.bills[0] if len(exam.bills) == 1 else "",
        examination=exam.number,
        items=tuple(
            SeizedItem(category=one.category, what=one.what, quantity=one.quantity, unit=one.unit)
            for one in exam.findings
        ),
    )  # fmt: skip
