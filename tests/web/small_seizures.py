"""Seizures in a small node: one event that two services report, one alone; ``name`` stands for
every text that a person or a partner wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from esclusa.analysis import seizures as counting
from esclusa.casework.forms import FieldMistake, MoveMistakes
from esclusa.casework.seizures import categories, parts
from esclusa.errors import NotFound, StateError
from esclusa.model import Level, Marking, Place, SeizedItem, Seizure
from esclusa.sharing import seizure_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.referral_views import WordView

JOINED, ALONE = "customs-C-10", "police-77"
REPORT = "00000000-0000-5000-8000-0000000000e1"
_NOW = "2026-11-19"


class SmallSeizures:
    """The services of :class:`esclusa.node.seizure_desk.SeizureDesk`."""

    def __init__(self, name: str, record: str) -> None:
        self.name, self.record = name, record

    def _body(self, agency: str, event: str, part: str) -> Seizure:
        text = self.name or "packages"
        return Seizure(
            agency=agency, number=self.name or "C-10", event=event, seized=_NOW, part=part,
            items=(SeizedItem(category="drugs", what=text, quantity=112.5, unit="KGM"),
                   SeizedItem(category="security", what=text)),
            place=Place(code="PAONX", scheme="unlocode"), equipment=self.name or "CSQU3054383",
            carrier="NRCH", bill=self.name or "NRTH0001", concealment=self.name or "in the floor",
            by=self.name or "ana", at=f"{_NOW}T10:00:00Z", why=self.name or "weighed again",
        )  # fmt: skip

    def _event(self, event: str) -> counting.Event:
        if event not in (JOINED, ALONE):
            raise NotFound("no such seizure")
        sides = [("customs", "found"), ("police", "helped")][: 2 if event == JOINED else 1]
        reports = [
            counting.Report(id=REPORT if agency == "customs" else self.record,
                            originator="marisol", body=self._body(agency, event, part))
            for agency, part in sides
        ]  # fmt: skip
        return counting.events(reports)[0]

    def _row(self, event: str) -> views.EventRow:
        found = self._event(event)
        return views.EventRow(
            event=event, day=found.day, categories=tuple(map(_category, found.categories)),
            amounts=tuple(views.AmountView(category=_category(code), unit=unit, amount=value)
                          for (code, unit), value in found.amounts.items()),
            services=tuple(report.body.agency for report in found.reports), place="PAONX", level=1,
        )  # fmt: skip

    def seizures(self, reader: Reader, **asked: Any) -> views.EventPage:
        reader.require(Action.SEIZURE_READ)
        return views.EventPage(rows=(self._row(JOINED), self._row(ALONE)), more=bool(self.name),
                               maybe_one=((JOINED, ALONE),))  # fmt: skip

    def show(self, reader: Reader, event: str) -> views.EventView:
        reader.require(Action.SEIZURE_READ)
        found = self._event(event)
        return views.EventView(
            row=self._row(event),
            reports=tuple(
                views.ReportView(
                    record=report.id, originator="marisol", part=_part(report.body.part),
                    body=report.body, own=report.id == REPORT, version="1",
                    marking=Marking(level=Level.OFFICIAL),
                )
                for report in found.reports
            ),
            examinations=(self.record,), referral="00000000000000a1",
            records=((self.record, self.name or "CSQU3054383"),),
            may_correct=reader.may(Action.SEIZURE_WRITE),
        )  # fmt: skip

    def start(self, reader: Reader, about: str = "") -> views.StartView:
        reader.require(Action.SEIZURE_WRITE)
        if about == "nothing":
            raise NotFound("no such examination")
        return views.StartView(
            body=msgspec.structs.replace(self._body("customs", "", "found"), number=""),
            categories=tuple(
                views.CategoryView(word=_category(code), meaning_en=one.meaning_en,
                                   meaning_es=one.meaning_es, source=one.source)
                for code, one in categories().items()
            ),
            parts=tuple(map(_part, parts())), partners=("northreach",),
        )  # fmt: skip

    def counts(self, reader: Reader, **asked: Any) -> views.CountsView:
        reader.require(Action.SEIZURE_READ)
        rows = counting.counts([self._event(JOINED), self._event(ALONE)], by="month")
        return views.CountsView(
            definition=counting.DEFINITION, by="month", since="", until="",
            rows=tuple(
                views.CountView(
                    period=row.period, category=_category(row.category), events=row.events,
                    reports=row.reports,
                    amounts=tuple(
                        views.AmountView(category=_category(row.category), unit=unit, amount=value)
                        for unit, value in row.amounts.items()
                    ),
                )
                for row in rows
            ),
        )  # fmt: skip

    def report(self, reader: Reader, said: Seizure, *, partners: Sequence[str] = (),
               about: str = "") -> views.EventView:  # fmt: skip
        reader.require(Action.SEIZURE_WRITE)
        _require(said)
        return self.show(reader, JOINED)

    def correct(self, reader: Reader, record: str, said: Seizure, *, version: str = "",
                ) -> views.EventView:  # fmt: skip
        reader.require(Action.SEIZURE_WRITE)
        if version and version != "1":
            raise StateError("somebody was faster")
        _require(said)
        return self.show(reader, JOINED)

    def withdraw(self, reader: Reader, record: str, why: str, *, version: str = "") -> None:
        reader.require(Action.SEIZURE_WRITE)


def _require(said: Seizure) -> None:
    if not said.seized:
        raise MoveMistakes((FieldMistake(field="seized", problem="missing"),
                            FieldMistake(field="category", problem="missing")))  # fmt: skip


def _category(code: str) -> WordView:
    one = categories().get(code)
    return WordView(code=code, en=one.text_en if one else "", es=one.text_es if one else "")


def _part(code: str) -> WordView:
    return WordView(code=code, en=parts()[code].text_en, es=parts()[code].text_es)
