"""What an officer must know of a box before he records it: read under his own labels alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.ledger import records, versions
from esclusa.ledger.indexing import bill_reference, yard_reference
from esclusa.ledger.labels import Labels
from esclusa.model import Consignment, Examination, YardForm
from esclusa.node.referral_desk import ReferralDesk
from esclusa.sharing import yard_views as views
from esclusa.sharing.selection_views import SelectionView, SheetRow

KIND: Final = "yard_form"
JOURNEY: Final = dt.timedelta(days=14)
"""What was said of a box longer before the sheet's day than this belongs to an earlier journey."""

_EXAMINATION: Final = msgspec.json.Decoder(Examination)
_FORM: Final = msgspec.json.Decoder(YardForm)


class Bill(msgspec.Struct, frozen=True):
    """The bill of a box on a sheet, as its record says. ``gone``: withdrawn or erased."""

    carrier: str = ""
    bill: str = ""
    gone: bool = False


class Known:
    """What is known, under a reader's labels, of some boxes of a sheet."""

    def __init__(
        self, connection: sa.Connection, labels: Labels, visible: frozenset[int],
        referrals: ReferralDesk, sheet: SelectionView, rows: Sequence[SheetRow],
    ) -> None:  # fmt: skip
        self._sheet = sheet
        self._since = (dt.date.fromisoformat(sheet.day) - JOURNEY).isoformat()
        self.bills = {
            row.subject_id: _bill(connection, labels, visible, row.subject_id) for row in rows
        }
        self._void = referrals.void(connection, visible)
        self._exams = self._examined(connection, visible, rows)
        self._by = self._forms(connection, visible)

    def told(self, row: SheetRow, box: str) -> tuple[views.ToldView, ...]:
        """Return what an officer must know of a box, examinations first, oldest first."""
        return (*self._seen(row, box), *self._off(row), *self._voided(row, box), *self._gone(row))

    def _examined(
        self, connection: sa.Connection, visible: frozenset[int], rows: Sequence[SheetRow]
    ) -> list[tuple[str, str, Examination]]:
        """Return (record id, when it came in, examination) of what names one of these boxes or
        bills."""
        values = {f"equipment:{box}" for row in rows for box in row.boxes}
        values |= {bill_reference(bill.bill) for bill in self.bills.values() if bill.bill}
        held = versions.holding(connection, visible, {"examination"}, values)
        return [
            (held[seq].id, held[seq].recorded.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
             _EXAMINATION.decode(held[seq].body))
            for seq in sorted(held)
        ]  # fmt: skip

    def _forms(self, connection: sa.Connection, visible: frozenset[int]) -> dict[str, str]:
        """Return who recorded an examination of the yard, by the examination's number."""
        numbers = {exam.number for _, _, exam in self._exams if exam.number.startswith("YARD-")}
        values = {yard_reference(number) for number in numbers}
        found = versions.holding(connection, visible, {KIND}, values).values() if numbers else ()
        forms = (_FORM.decode(held.body) for held in found)
        return {form.examination: form.by for form in forms}

    def _seen(self, row: SheetRow, box: str) -> Iterator[views.ToldView]:
        bill = self.bills[row.subject_id]
        for name, recorded, exam in self._exams:
            day = (exam.completed or exam.started or exam.reported or recorded)[:10]
            of_bill = bool(bill.bill) and bill.bill in exam.bills
            of_bill = of_bill and exam.carrier in ("", bill.carrier)
            of_box = bool(box) and exam.equipment == box
            other_box = bool(box and exam.equipment) and exam.equipment != box
            if (of_bill and not other_box) or (of_box and not exam.bills and day >= self._since):
                yield views.ToldView(
                    code=f"examined:{name}", kind="examined", what=exam.result,
                    by=self._by.get(exam.number, exam.agency), at=exam.completed or recorded,
                )  # fmt: skip

    def _off(self, row: SheetRow) -> Iterator[views.ToldView]:
        if row.now:
            return
        for number, step in enumerate(self._sheet.steps):
            if step.move == "swap" and row.title and step.out == row.title:
                yield views.ToldView(
                    code=f"off:{row.subject_id}:{number}", kind="off_sheet", by=step.by,
                    at=step.at, what=step.reason,
                )  # fmt: skip
                return
        yield views.ToldView(code=f"off:{row.subject_id}", kind="off_sheet")

    def _voided(self, row: SheetRow, box: str) -> Iterator[views.ToldView]:
        bill = self.bills[row.subject_id]
        for kept in self._void:
            it = kept.referral
            last = it.steps[-1].move.at if it.steps else ""
            of_bill = bool(bill.bill) and (it.subject.carrier, it.subject.bill) == (
                bill.carrier, bill.bill,
            )  # fmt: skip
            of_box = bool(box) and box in it.subject.boxes and last[:10] >= self._since
            if kept.record == row.subject_id or of_bill or of_box:
                yield views.ToldView(code=f"void:{it.id}", kind="void", by=it.id, at=last)

    def _gone(self, row: SheetRow) -> Iterator[views.ToldView]:
        if self.bills[row.subject_id].gone:
            yield views.ToldView(code=f"withdrawn:{row.subject_id}", kind="withdrawn")


def _bill(connection: sa.Connection, labels: Labels, visible: frozenset[int], name: str) -> Bill:
    found = records.get(connection, labels, visible, name)
    if found is None or not isinstance(found.body, Consignment):
        return Bill(gone=True)
    return Bill(carrier=found.body.carrier, bill=found.body.bill, gone=found.withdrawn)
