"""Outcomes flow back: what a partner's record led to here is said to that partner.

A partner's record led to an examination when it was examined here itself, after an alert on it, or
when an alert on a record that was examined rests on that partner's copies and one of them names the
same bill, box, seal or paper. What is said is one record for each of the partner's, written by the
node itself, as strictly marked as the examination and the copy together, and released by the
agreement's clause for it, or not at all. Without such a clause nothing is written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import reduce
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.seizures import categories
from esclusa.errors import EsclusaError
from esclusa.ledger import queue, records, ties, versions
from esclusa.ledger.indexing import (
    EXAMINATION_REFERENCE,
    FEEDBACK_REFERENCE,
    SEIZURE_REFERENCE,
    feedback_reference,
    seizure_reference,
    title_of,
)
from esclusa.ledger.records import Draft
from esclusa.ledger.schema import reference
from esclusa.model import (
    Consignment,
    Examination,
    Feedback,
    Marking,
    Record,
    TransportEquipment,
    natural_key,
    record_id,
)
from esclusa.node import feedback_entries
from esclusa.node.examinations import outcomes_under
from esclusa.node.exchange import Exchange
from esclusa.node.information_terms import agreement_with
from esclusa.node.partner_entries import is_partners
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_desk import ReferralDesk
from esclusa.node.referral_rows import all_labels
from esclusa.sharing import warning_views as views
from esclusa.sharing.exchange.labels import ORCON
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.referral_views import WordView
from esclusa.sharing.release import PAGE_LIMIT, Gate

KIND: Final = "feedback"
_SUBJECTS: Final = frozenset({"consignment", "equipment"})
_TIES: Final = frozenset({"seal", "equipment", "bill", "paper"})
"""The ties by which a partner's copy and a record that was examined speak of the same thing."""
_EACH: Final = 24
_ENDED: Final = {"seizure": (True, True), "resolved_clear": (False, False)}
"""States of a referral after a look: whether something was found, and seized."""
_KEPT: Final = 1827
_FEEDBACK: Final = msgspec.json.Decoder(Feedback)


class FeedbackDesk:
    """What is said back to partners, and what partners said back to us."""

    def __init__(
        self, gate: Gate, pipeline: Pipeline, exchange: Exchange, referrals: ReferralDesk
    ) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._exchange = exchange
        self._referrals = referrals
        self._us = pipeline.settings.agency
        self._seen: tuple[Any, ...] | None = None

    # --- what our warnings led to ----------------------------------------------------------------

    def warnings(self, reader: Reader, *, limit: int = 100) -> views.WarningPage:
        """Return what our records and referrals led to at partners, the newest first; of records
        that the reader may see."""
        reader.require(Action.WARNING_READ)
        limit = max(1, min(limit, PAGE_LIMIT))
        with self._gate.reading(reader) as (connection, visible):
            rows = [*self._told(connection, visible, FEEDBACK_REFERENCE)]
        rows += self._asked(reader)
        rows.sort(key=lambda row: (row.at, row.record), reverse=True)
        self._gate.note(reader, Action.WARNING_READ, detail=f"rows={len(rows[:limit])}")
        return views.WarningPage(
            rows=tuple(rows[:limit]), more=len(rows) > limit,
            examined=len({row.event for row in rows if row.examined}),
            found=len({row.event for row in rows if row.found}),
            seized=len({row.event for row in rows if row.seized}),
            the_same=sum(row.decided == feedback_entries.SAME for row in rows),
            not_the_same=sum(row.decided == feedback_entries.NOT_THE_SAME for row in rows),
        )  # fmt: skip

    def of_record(self, reader: Reader, name: str) -> tuple[views.WarningRow, ...]:
        """Return what a record of ours led to at partners, for the record's page."""
        if not reader.may(Action.WARNING_READ) or not self._exchange_is_there():
            return ()
        value = feedback_reference(self._exchange.name_of(name))
        with self._gate.reading(reader) as (connection, visible):
            return tuple(self._told(connection, visible, value))

    def _told(
        self, connection: sa.Connection, visible: Collection[int], value: str
    ) -> Iterator[views.WarningRow]:
        self._exchange.state()
        newest: dict[tuple[str, int], versions.Held] = {}
        for held in versions.all_holding(connection, visible, value):
            newest[held.id, held.label_id] = held
        standing = records.standing(connection, [held.seq for held in newest.values()])
        for held in newest.values():
            label = self._labels.get(held.label_id)
            body = _FEEDBACK.decode(held.body)
            place = self._exchange.pointers.get(body.about)
            # Said by whom it says, to us, about a record of ours that the reader may see.
            said = label.supplier == label.originator == body.agency and body.to == self._us
            if held.seq not in standing or not said or place is None:
                continue
            record = records.get(connection, self._labels, visible, place.id)
            if record is None or record.body is None:
                continue
            yield views.WarningRow(
                kind=record.kind, record=record.id, title=title_of(record.body),
                partner=body.agency, found=body.result == "found", seized=body.seized,
                categories=tuple(map(_category, body.categories)), at=body.at,
                event=body.event or held.id, examined=bool(body.result), decided=body.decided,
            )  # fmt: skip

    def _asked(self, reader: Reader) -> Iterator[views.WarningRow]:
        page = self._referrals.referrals(reader, side="requester", state="all", limit=PAGE_LIMIT)
        for row in page.rows:
            if row.state.code in _ENDED:
                found, seized = _ENDED[row.state.code]
                yield views.WarningRow(
                    kind="referral", record=row.id, partner=row.host, found=found, seized=seized,
                    title=f"{row.subject.carrier} {row.subject.bill}".strip(), categories=(),
                    at=row.last, event=row.id,
                )  # fmt: skip

    # --- what partners' records led to here ------------------------------------------------------

    def keep_up(self) -> None:
        """Say back what partners' records led to, as far as an agreement has a clause for it."""
        partners = self._partners()
        if not partners:
            return
        with self._store.read() as connection:
            now = (*_places(connection), *self._of_entries(connection))
        if now == self._seen:
            return
        every = all_labels(self._labels)
        with self._store.read() as connection:
            wanted = {
                natural_key(body): (body, under)
                for body, under in self._wanted(connection, every, partners)
            }
            standing = self._standing(connection, every)
        made = {key: self._draft(body, under) for key, (body, under) in wanted.items()}
        drafts = [
            Draft(body=body, originator=self._us, label_id=label, withdrawn=True,
                  valid_time=body.at, retain_until=self._until())
            for key, (body, label) in standing.items()
            if key not in made or made[key].label_id != label
        ]  # fmt: skip
        drafts += made.values()
        with self._store.write() as connection:
            records.append(connection, drafts)
        self._seen = now
        if drafts:
            with suppress(EsclusaError):
                self._exchange.publish()

    def _exchange_is_there(self) -> bool:
        try:
            self._exchange.state()
            return bool(self._exchange.partners.known)
        except EsclusaError:
            return False

    def _partners(self) -> frozenset[str]:
        """Return the partners with whom an agreement in force gives feedback."""
        if not self._exchange_is_there():
            return frozenset()
        return frozenset(
            partner
            for partner in self._exchange.partners.known
            if (agreement := agreement_with(self._exchange, partner)) is not None
            and any((c.giver, c.kind) == (self._us, KIND) for c in agreement.clauses)
        )

    def _wanted(
        self, connection: sa.Connection, every: frozenset[int], partners: frozenset[str]
    ) -> Iterator[tuple[Feedback, feedback_entries.Under]]:
        """Yield what is to be said, with the labels of the examination and the copy."""
        looked: list[feedback_entries.Looked] = []
        for row in outcomes_under(connection, self._labels, every).iter_rows(named=True):
            if row["found"] is None:
                continue
            exam = records.get(connection, self._labels, every, row["examination"])
            if exam is None or not isinstance(exam.body, Examination):
                continue
            under = records.label_of(connection, exam.seq)
            if self._labels.get(under).supplier or exam.originator != self._us:
                continue  # a partner's own outcome; it knows
            for copy, label in self._led_to(connection, every, row["subject"], exam, partners):
                yield self._said(connection, every, exam.body, copy), (under, label)
            seized = self._seized(connection, every, exam.body)
            looked.append(feedback_entries.Looked(row["subject"], exam, under, seized))
        yield from feedback_entries.said(
            connection, self._labels, self._pipeline.analyst.algebra, us=self._us,
            partners=partners, name_of=self._exchange.name_of, looked=looked,
        )  # fmt: skip

    def _of_entries(self, connection: sa.Connection) -> tuple[Any, ...]:
        labels = [label.id for label in self._labels.all() if is_partners(label)]
        return feedback_entries.signature(connection, labels)

    def _led_to(
        self, connection: sa.Connection, every: frozenset[int], subject: str, exam: Record,
        partners: frozenset[str],
    ) -> Iterator[tuple[Record, int]]:  # fmt: skip
        """Yield the partners' copies that were among the reasons to look at a record."""
        alert = record_id(self._us, "alert", subject)
        # What was an alert only after the outcome was known did not lead to it.
        if exam.recorded_time is None:
            return
        known = f"{exam.recorded_time:%Y-%m-%dT%H:%M:%S.%f}Z"
        rows = [row for row in queue.known(connection, [alert]).values() if row.created <= known]
        if not rows:
            return
        names = {subject}
        own = [
            self._labels.get(label).supplier
            for _record, label, _until in records.live(connection, self._labels, [subject])
        ]
        resting = {
            supplier for row in rows
            for supplier, _originator in self._labels.get(row.label_id).paths
        } & partners - set(own)  # fmt: skip
        if resting:
            values = [
                tie for tie in ties.ties_of(connection, [subject])
                if tie.partition(":")[0] in _TIES
            ]  # fmt: skip
            names |= ties.holders(connection, every, sorted(values), each=_EACH, kinds=_SUBJECTS)
        for name in sorted(names):
            for record, label, _until in records.live(connection, self._labels, [name]):
                held = self._labels.get(label)
                theirs = held.supplier == held.originator and held.supplier in partners
                before = record.recorded_time and record.recorded_time <= exam.recorded_time
                if theirs and before and record.kind in _SUBJECTS:
                    yield record, label

    def _said(
        self, connection: sa.Connection, every: frozenset[int], exam: Examination, copy: Record
    ) -> Feedback:
        carrier = bill = box = ""
        if isinstance(copy.body, Consignment):
            carrier, bill = copy.body.carrier, copy.body.bill
        elif isinstance(copy.body, TransportEquipment):
            box = copy.body.number
        return Feedback(
            agency=self._us, to=copy.originator, about=copy.id, about_kind=copy.kind,
            result=exam.result, at=exam.completed or exam.reported, event=exam.event,
            seized=self._seized(connection, every, exam),
            categories=tuple(sorted({one.category for one in exam.findings})),
            carrier=carrier, bill=bill, equipment=box,
        )  # fmt: skip

    def _seized(self, connection: sa.Connection, every: frozenset[int], exam: Examination) -> bool:
        """Tell whether we reported a seizure of what an examination opened."""
        return bool(exam.event) and any(
            held.kind == "seizure" and not self._labels.get(held.label_id).supplier
            for held in versions.holding(
                connection, every, ["seizure"], [seizure_reference(exam.event)]
            ).values()
        )

    def _draft(self, body: Feedback, under: feedback_entries.Under) -> Draft:
        """Return what is said, as strict as all that it rests on, for the copy's originator."""
        markings = [self._labels.get(number).marking.including(self._us) for number in under]
        joined = reduce(Marking.join, markings)
        marking = msgspec.structs.replace(
            joined,
            releasable_to=frozenset({body.to}),
            caveats=joined.caveats - {ORCON},
            retain_until=None,
        )
        return Draft(
            body=body, originator=self._us, label_id=self._labels.intern(self._us, marking),
            valid_time=body.at, retain_until=self._until(),
        )  # fmt: skip

    def _standing(
        self, connection: sa.Connection, every: frozenset[int]
    ) -> dict[str, tuple[Feedback, int]]:
        """Return what we say now, by natural key, with its label."""
        found = versions.holding(connection, every, [KIND], [FEEDBACK_REFERENCE])
        ours = [
            (_FEEDBACK.decode(held.body), held.label_id) for held in found.values()
            if not self._labels.get(held.label_id).supplier
        ]  # fmt: skip
        return {natural_key(body): (body, label) for body, label in ours}

    def _until(self) -> str:
        days = self._pipeline.settings.retention_days.get(KIND, _KEPT)
        return (self._exchange.now().date() + dt.timedelta(days=days)).isoformat()


def _places(connection: sa.Connection) -> tuple[int, int]:
    """Return the last place of an examination or report, and how many there are: erasing takes from
    the second."""
    values = (EXAMINATION_REFERENCE, SEIZURE_REFERENCE)
    query = sa.select(
        sa.func.coalesce(sa.func.max(reference.c.seq), 0), sa.func.count()
    ).where(reference.c.value.in_(values))  # fmt: skip
    row: Any = connection.execute(query).one()
    return row[0], row[1]


def _category(code: str) -> WordView:
    found = categories().get(code)
    return WordView(code=code, en=found.text_en if found else code,
                    es=found.text_es if found else code)  # fmt: skip
