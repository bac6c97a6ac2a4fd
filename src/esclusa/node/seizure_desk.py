"""Seizures: reports of the services, one event one count, corrections, and sums over a period.

A report is a record of this agency, under a marking; partners get it as the agreement says. What a
referral ends with is reported by the node itself, with the referral's name as the event that both
sides share, so whoever else reports that seizure joins it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis import seizures as counting
from esclusa.analysis.seizures import DEFINITION, PERIODS
from esclusa.casework.seizures import categories, checked, event_of, parts
from esclusa.errors import EsclusaError, InputError, NotFound, StateError
from esclusa.ledger import audit, records
from esclusa.ledger.indexing import (
    seizure_reference,
)
from esclusa.ledger.records import Draft
from esclusa.model import (
    Examination,
    Record,
    Seizure,
    natural_key,
    record_id,
)
from esclusa.node import referral_rows
from esclusa.node.exchange import Exchange
from esclusa.node.pipeline import Pipeline
from esclusa.node.seizure_telling import Telling, category_word, of_examination, part_word
from esclusa.node.shown_names import ShownNames
from esclusa.sharing import seizure_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import PAGE_LIMIT, Gate

KIND: Final = "seizure"
MISSING: Final = "no such seizure"
_KEPT: Final = 1827
"""Days that a report is kept where settings say nothing: those of cargo."""
_RECORDS_SHOWN: Final = 20


class SeizureDesk:
    """Reports of seizures, for people."""

    def __init__(self, gate: Gate, pipeline: Pipeline, exchange: Exchange) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._settings = pipeline.settings
        self._exchange = exchange
        self._us = pipeline.settings.agency
        self._shown = ShownNames(pipeline.store, pipeline.settings.shown_to_partners)
        self._telling = Telling(pipeline.labels, self._us, self._shown)

    # --- reading -------------------------------------------------------------------------------

    def seizures(
        self, reader: Reader, *, category: str = "", since: str = "", until: str = "",
        limit: int = 100,
    ) -> views.EventPage:  # fmt: skip
        """Return seizures, the newest first.

        :param category: a code of the categories, "" for all.
        :param since: first day (``YYYY-MM-DD``), ``until`` the last; "" for all.
        :raises InputError: for a category or day that is none.
        """
        reader.require(Action.SEIZURE_READ)
        _require_category(category)
        _require_days(since, until)
        limit = max(1, min(limit, PAGE_LIMIT))
        with self._gate.reading(reader) as (connection, visible):
            found = self._telling.events(connection, visible)
            rows = [
                self._telling.row(connection, visible, event) for event in reversed(found)
                if category in ("", *event.categories)
                and since <= event.day <= (until or "9999")
            ]  # fmt: skip
        self._gate.note(reader, Action.SEIZURE_READ, detail=f"rows={len(rows[:limit])}")
        return views.EventPage(
            rows=tuple(rows[:limit]), more=len(rows) > limit,
            maybe_one=counting.maybe_one(found),
        )  # fmt: skip

    def show(self, reader: Reader, event: str) -> views.EventView:
        """Return a seizure by the number of its event, with each service's part; ``NotFound``."""
        reader.require(Action.SEIZURE_READ)
        with self._gate.reading(reader) as (connection, visible):
            found = self._telling.events(connection, visible, seizure_reference(event))
            named = next((one for one in found if one.event == event), None)
            view = self._telling.view(connection, visible, reader, named) if named else None
        # The event's number is a person's text: the log names a report's record.
        self._gate.note(reader, Action.SEIZURE_READ,
                        subject=view.reports[0].record if view else "",
                        detail="" if view else "not found")  # fmt: skip
        if view is None:
            raise NotFound(MISSING)
        return view

    def start(self, reader: Reader, about: str = "") -> views.StartView:
        """Return what the form of a new report needs.

        :param about: the record of an examination that found something; "" for none.
        :raises NotFound: when there is no such record that the reader may see.
        """
        reader.require(Action.SEIZURE_WRITE)
        body = Seizure(agency=self._us, number="", event="", seized="", part="found")
        if about:
            with self._gate.reading(reader) as (connection, visible):
                found = records.get(connection, self._labels, visible, about)
            if found is None or not isinstance(found.body, Examination):
                raise NotFound("no such examination")
            body = of_examination(found.body)
        self._gate.note(reader, Action.SEIZURE_READ, subject=about, detail="start")
        return views.StartView(
            body=body, partners=self._partners(),
            categories=tuple(
                views.CategoryView(
                    word=category_word(code), meaning_en=one.meaning_en, meaning_es=one.meaning_es,
                    source=one.source,
                )
                for code, one in categories().items()
            ),
            parts=tuple(map(part_word, parts())),
        )  # fmt: skip

    def counts(
        self, reader: Reader, *, by: str = "month", since: str = "", until: str = ""
    ) -> views.CountsView:
        """Return seizures by period and category, by definition ``seizures/1``.

        :param by: ``month``, ``quarter`` or ``year``.
        :raises InputError: for a period or day that is none.
        """
        reader.require(Action.SEIZURE_READ)
        if by not in PERIODS:
            raise InputError(
                f"{by[:20]!r} is none of {', '.join(PERIODS)}", field="by", problem="code",
                expected=", ".join(PERIODS),
            )  # fmt: skip
        _require_days(since, until)
        with self._gate.reading(reader) as (connection, visible):
            found = self._telling.events(connection, visible)
        rows = counting.counts(found, by=by, since=since, until=until or "9999")
        self._gate.note(reader, Action.SEIZURE_READ, detail="counts")
        return views.CountsView(
            definition=DEFINITION, by=by, since=since, until=until,
            rows=tuple(
                views.CountView(
                    period=row.period, category=category_word(row.category), events=row.events,
                    reports=row.reports,
                    amounts=tuple(
                        views.AmountView(
                            category=category_word(row.category), unit=unit, amount=value
                        )
                        for unit, value in row.amounts.items()
                    ),
                )
                for row in rows
            ),
        )  # fmt: skip

    # --- writing -------------------------------------------------------------------------------

    def report(
        self, reader: Reader, said: Seizure, *, partners: Sequence[str] = (), about: str = ""
    ) -> views.EventView:
        """Report a seizure.

        :param said: the report; an empty ``event`` makes one of its own.
        :param partners: who gets it, as agreements say.
        :param about: the record of the examination that it rests on: the report is as strict.
        :raises MoveMistakes: when a field is missing or wrong.
        :raises StateError: when this service has a report of this number already.
        :raises NotFound: when there is no such examination; ``InputError`` for no partner.
        """
        reader.require(Action.SEIZURE_WRITE)
        if unknown := sorted(set(partners) - set(self._partners())):
            reason = f"{unknown[0][:40]!r} is no partner of this node"
            raise InputError(reason, field="partners", problem="partner")
        label = self._labels.intern(self._us, self._settings.marking_for(partners))
        if about:
            with self._gate.reading(reader) as (connection, visible):
                found = records.get(connection, self._labels, visible, about)
                if found is None or not isinstance(found.body, Examination):
                    raise NotFound("no such examination")
                under = records.label_of(connection, found.seq)
            label = self._joined(label, under, partners)
        event = said.event.strip() or event_of(f"{said.agency}-{said.number}")
        made = self._made(reader, msgspec.structs.replace(said, event=event, why=""))
        with self._store.write() as connection:
            name = record_id(self._us, KIND, natural_key(made))
            every = referral_rows.all_labels(self._labels)
            if records.get(connection, self._labels, every, name) is not None:
                raise StateError("this service has a report of this number already; correct that")
            self._append(connection, reader, made, label, "report")
        self._publish()
        return self.show(reader, made.event)

    def correct(
        self, reader: Reader, record: str, said: Seizure, *, version: str = ""
    ) -> views.EventView:
        """Correct a report of this node; what it said stays as an earlier version.

        :param record: the report's record; service and number stay.
        :param version: of the report as the reader saw it; "" to correct any.
        :raises NotFound: when there is no such report of ours that the reader may see.
        :raises StateError: when somebody was faster.
        :raises MoveMistakes: when a field is missing or wrong; a correction says why.
        """
        reader.require(Action.SEIZURE_WRITE)
        visible = self._gate.visible(reader)
        with self._store.write() as connection:
            held, label = self._own(connection, visible, record, version)
            body = held.body
            assert isinstance(body, Seizure)
            kept = msgspec.structs.replace(said, agency=body.agency, number=body.number,
                                           referral=body.referral)  # fmt: skip
            made = self._made(reader, kept, correction=True)
            self._append(connection, reader, made, label, "correct")
        self._publish()
        return self.show(reader, made.event)

    def withdraw(self, reader: Reader, record: str, why: str, *, version: str = "") -> None:
        """Take a report back: it counts no more, here and at partners.

        :raises NotFound, StateError, MoveMistakes: as :meth:`correct`.
        """
        reader.require(Action.SEIZURE_WRITE)
        visible = self._gate.visible(reader)
        with self._store.write() as connection:
            held, label = self._own(connection, visible, record, version)
            body = held.body
            assert isinstance(body, Seizure)
            made = self._made(reader, msgspec.structs.replace(body, why=why), correction=True)
            self._append(connection, reader, made, label, "withdraw", withdrawn=True)
        self._publish()

    # --- inside --------------------------------------------------------------------------------

    def _made(self, reader: Reader, said: Seizure, *, correction: bool = False) -> Seizure:
        now = self._exchange.now()
        by = msgspec.structs.replace(
            said,
            by=self._shown.of(reader.name),
            at=now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        return checked(by, now=now, correction=correction)

    def _append(
        self, connection: sa.Connection, reader: Reader, made: Seizure, label: int, what: str, *,
        withdrawn: bool = False,
    ) -> None:  # fmt: skip
        records.append(connection, [Draft(
            body=made, originator=self._us, label_id=label, valid_time=made.seized,
            withdrawn=withdrawn, retain_until=self._until(),
        )])  # fmt: skip
        audit.write_line(
            connection, who=reader.name, role=reader.role, purpose=reader.purpose,
            action=Action.SEIZURE_WRITE, subject=record_id(self._us, KIND, natural_key(made)),
            detail=what,
        )  # fmt: skip

    def _until(self) -> str:
        days = self._settings.retention_days.get(KIND, _KEPT)
        return (self._exchange.now().date() + dt.timedelta(days=days)).isoformat()

    def _joined(self, label: int, under: int, partners: Sequence[str]) -> int:
        """Return the label of a report that rests on an examination: as strict as that, and for
        those partners who may see both."""
        marking = self._labels.get(under).marking
        if self._labels.get(under).supplier:
            raise InputError("this is a partner's examination; report what your own service did")
        known = self._labels.get(label).marking
        if not partners:  # who got the examination gets the report
            known = msgspec.structs.replace(known, releasable_to=marking.releasable_to)
        made = known.including(self._us).join(marking.including(self._us))
        bare = msgspec.structs.replace(made, releasable_to=made.releasable_to - {self._us})
        return self._labels.intern(self._us, bare)

    def _own(
        self, connection: sa.Connection, visible: Collection[int], name: str, version: str
    ) -> tuple[Record, int]:
        held = records.get(connection, self._labels, visible, name)
        if held is None or not isinstance(held.body, Seizure) or held.withdrawn:
            raise NotFound(MISSING)
        label = records.label_of(connection, held.seq)
        if self._labels.get(label).supplier or held.originator != self._us:
            raise StateError("only the service that reported it can correct this")
        if version and version != str(held.version):
            raise StateError("somebody was faster: the report has changed since you opened it")
        return held, label

    def _partners(self) -> tuple[str, ...]:
        self._exchange.state()
        return tuple(sorted(self._exchange.partners.known))

    def _publish(self) -> None:
        # The report is written, whatever becomes of this; the next tick tries again.
        with suppress(EsclusaError):
            self._exchange.publish()


def _require_category(code: str) -> None:
    if code and code not in categories():
        raise InputError(
            f"{code[:20]!r} is no category of seizures", field="category", problem="code"
        )


def _require_days(since: str, until: str) -> None:
    for field, text in (("since", since), ("until", until)):
        try:
            if text:
                dt.date.fromisoformat(text)
        except ValueError:
            raise InputError(
                f"{text[:20]!r} is no day of the form YYYY-MM-DD", field=field, problem="day"
            ) from None
