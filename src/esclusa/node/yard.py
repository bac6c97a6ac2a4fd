"""The yard: an officer takes a sheet of boxes along and records what he found, once each.

What he records stands under the label of the sheet: whoever may see the sheet sees it, and nobody
else learns that the box was opened. A form is known by its account and the id that the device made.
The same form again gets the same receipt; another content under that id is refused. So an answer
that was lost on the way costs nothing: the device asks again.

What changed since he left (somebody recorded the box, it came off the sheet, its referral is void,
its bill withdrawn) stops nobody from recording what he saw: he is told, and says he has read it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Sequence
from typing import BinaryIO, Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.yard import FormMistake, FormMistakes, cleaned, digest_of, examination
from esclusa.errors import NotFound, StateError
from esclusa.ledger import audit, records
from esclusa.ledger.records import Draft
from esclusa.model import Examination, YardForm, natural_key, record_id
from esclusa.node import alerts
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_desk import ReferralDesk
from esclusa.node.selecting import SelectionDesk
from esclusa.node.yard_known import KIND, Known
from esclusa.node.yard_photos import Photos, Taken, checked
from esclusa.sharing import yard_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate
from esclusa.sharing.selection_views import SelectionRow, SelectionView, SheetRow

_LANES: Final = frozenset({"mandatory", "value", "control_random", "control_lane"})
_BOX: Final = re.compile(r"[A-Z0-9]{4,17}")
_TRIES: Final = 100
_LONGEST_KEPT: Final = 1827


class Untold(StateError):
    """Something is known about the box that the officer was not told; nothing was recorded.

    ``told`` says what, to be handed back by code.
    """

    def __init__(self, told: tuple[views.ToldView, ...]) -> None:
        self.told = told
        super().__init__("; ".join(f"{one.kind} {one.by} {one.at}".strip() for one in told))


class YardDesk:
    """Sheets for the yard, and the forms that come back."""

    def __init__(
        self, gate: Gate, pipeline: Pipeline, selections: SelectionDesk, referrals: ReferralDesk
    ) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._labels = pipeline.labels
        self._agency = pipeline.settings.agency
        self._selections = selections
        self._referrals = referrals
        self.photos = Photos(gate, pipeline)
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    # --- reading -------------------------------------------------------------------------------

    def sheets(self, reader: Reader, *, limit: int = 50) -> tuple[SelectionRow, ...]:
        """Return the drawn sheets that a reader may see, the newest day first."""
        reader.require(Action.EXAMINATION_WRITE)
        found = self._selections.selections(reader, limit=limit)
        return tuple(row for row in found if row.state != "committed")

    def sheet(self, reader: Reader, name: str) -> views.YardSheet:
        """Return the boxes that a sheet proposes for opening, with what is known of each by now.

        :raises NotFound: when there is no such sheet, or nothing was drawn.
        """
        reader.require(Action.EXAMINATION_WRITE)
        found = self._drawn(reader, name)
        rows = [row for row in found.rows if row.now]
        with self._gate.reading(reader) as (connection, visible):
            known = Known(connection, self._labels, visible, self._referrals, found, rows)
            boxes = tuple(
                views.YardBox(
                    subject=row.subject_id, box=box, title=row.title, lane=row.lane,
                    importer=row.importer, told=known.told(row, box),
                )
                for row in rows for box in row.boxes or ("",)
            )  # fmt: skip
        return views.YardSheet(
            name=found.name, port=found.port, day=found.day, shift=found.shift, level=found.level,
            marking=found.marking, boxes=boxes,
        )  # fmt: skip

    def receipt(self, reader: Reader, form: str) -> views.ReceiptView:
        """Return the receipt of a form that the reader sent; raises ``NotFound``."""
        reader.require(Action.EXAMINATION_WRITE)
        with self._gate.reading(reader) as (connection, visible):
            kept = self._kept(connection, visible, reader, form)
        if kept is None:
            raise NotFound("no such form")
        return self._receipt(kept)

    # --- writing -------------------------------------------------------------------------------

    def record(
        self, reader: Reader, name: str, filled: views.Filled, *, told: Collection[str] = (),
        photos: Sequence[tuple[str, BinaryIO]] = (),
    ) -> views.ReceiptView:  # fmt: skip
        """Record what an officer found in a box, or return the receipt of the same form again.

        :param told: codes of what he read about the box (:class:`~views.ToldView`).
        :param photos: photographs that come with it, by name and bytes; they are part of it.
        :raises FormMistakes: naming each field that is missing or wrong.
        :raises Untold: when more is known about the box by now.
        :raises StateError: when this id came with another content before, or was erased since.
        :raises NotFound: when there is no such sheet.
        """
        reader.require(Action.EXAMINATION_WRITE)
        taken = checked(photos)
        if filled.photos and not photos:  # named, and not sent
            raise FormMistakes((FormMistake(field="photos", problem="photo"),))
        hashes = tuple(one.sha256 for one in taken.files)
        if filled.photos and set(filled.photos) != set(hashes):  # not what its sender had
            raise FormMistakes((FormMistake(field="photos", problem="other"),))
        filled = msgspec.structs.replace(cleaned(filled), photos=hashes)
        sheet = self._drawn(reader, name)
        digest = digest_of(filled, sheet.name)
        label = self._selections.label_of(reader, sheet.name)
        if again := self._again(reader, filled.id, digest):
            self._note(reader, again, "again")
            return again
        row = next((row for row in sheet.rows if row.subject_id == filled.subject), None)
        if row is None or not _names(row, filled.box):
            raise FormMistakes((FormMistake(field="box", problem="code"),))
        with self._gate.reading(reader) as (connection, visible):
            known = Known(connection, self._labels, visible, self._referrals, sheet, [row])
        bill = known.bills[row.subject_id]
        made = examination(
            filled, agency=self._agency, by=reader.name, now=self.now(), port=sheet.port,
            selection=sheet.name,
            lane=row.lane if row.lane in _LANES else "other",
            probability=row.chance if row.lane in _LANES and 0 < row.chance <= 1 else None,
            carrier=bill.carrier, bill=bill.bill,
        )  # fmt: skip
        kept = YardForm(
            form=filled.id, by=reader.name, at=records.now_text()[:19] + "Z", sheet=sheet.name,
            subject=row.subject_id, box=filled.box, digest=digest, examination=made.number,
            seal=filled.seal, officer=filled.officer, zone=filled.zone, told=tuple(sorted(told)),
            photos=len(hashes),
        )  # fmt: skip
        self.photos.keep(taken)
        return self._write(reader, sheet, row, made, kept, label, taken)

    def _write(
        self, reader: Reader, sheet: SelectionView, row: SheetRow, made: Examination,
        kept: YardForm, label: int, taken: Taken,
    ) -> views.ReceiptView:  # fmt: skip
        exam = record_id(self._agency, "examination", natural_key(made))
        drafts = [
            Draft(
                body=made, originator=self._agency, label_id=label, valid_time=made.completed,
                retain_until=self._until(),
            ),
            Draft(
                body=kept, originator=self._agency, label_id=label, valid_time=kept.at,
                derived_from=(exam,), retain_until=self._until(),
            ),
        ]  # fmt: skip
        self._pipeline.ready_around(drafts)
        visible = self._gate.visible(reader)
        for _ in range(_TRIES):
            try:
                with self._pipeline.store.write() as connection:
                    # Asked once more, alone among writers: the other sending of the same form, or
                    # another officer's, may have come between.
                    before = self._before(connection, reader, kept.form)
                    if before is not None:
                        return self._same(before, kept.digest)
                    known = Known(connection, self._labels, visible, self._referrals, sheet, [row])
                    new = [one for one in known.told(row, kept.box) if one.code not in kept.told]
                    if new:
                        raise Untold(tuple(new))
                    self._pipeline.store_drafts(connection, drafts)
                    self.photos.record(
                        connection, taken, examination=made.number, exam=exam, label=label,
                        by=reader.name, at=kept.at, until=self._until(),
                    )  # fmt: skip
                    audit.write_line(
                        connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                        action=Action.EXAMINATION_WRITE, subject=exam, detail=f"yard {sheet.name}",
                    )  # fmt: skip
                return self._receipt(kept)
            except alerts.MissingLabel:
                self._pipeline.analyst.refresh(label)
        raise StateError("the labels of this node change too fast; send the form again")

    # --- inside --------------------------------------------------------------------------------

    def _drawn(self, reader: Reader, name: str) -> SelectionView:
        found = self._selections.show(reader, name, trade=False)
        if found.state == "committed":
            raise NotFound("nothing was drawn on this sheet")
        return found

    def _again(self, reader: Reader, form: str, digest: str) -> views.ReceiptView | None:
        with self._pipeline.store.read() as connection:
            before = self._before(connection, reader, form)
        return self._same(before, digest) if before is not None else None

    def _before(self, connection: sa.Connection, reader: Reader, form: str) -> YardForm | None:
        """Return what this account sent under this id, under whatever label: its own forms are no
        secret to it.

        :raises StateError: when that has been erased.
        """
        every = frozenset(label.id for label in self._labels.all())
        return self._kept(connection, every, reader, form)

    def _kept(
        self, connection: sa.Connection, visible: Collection[int], reader: Reader, form: str
    ) -> YardForm | None:
        name = record_id(self._agency, KIND, f"{reader.name}/{form}")
        found = records.get(connection, self._labels, visible, name)
        if found is None:
            return None
        if not isinstance(found.body, YardForm):
            raise StateError("this form was recorded and has been erased since")
        return found.body

    def _same(self, before: YardForm, digest: str) -> views.ReceiptView:
        if before.digest != digest:
            raise StateError(
                "the form {form} was recorded at {at} with another content; fill in a new form",
                form=before.form,
                at=before.at,
            )
        return self._receipt(before)

    def _receipt(self, kept: YardForm) -> views.ReceiptView:
        exam = f"{self._agency}/{kept.examination}".upper()
        return views.ReceiptView(
            form=kept.form, record=record_id(self._agency, KIND, natural_key(kept)),
            examination=record_id(self._agency, "examination", exam), number=kept.examination,
            sheet=kept.sheet, subject=kept.subject, box=kept.box, by=kept.by, at=kept.at,
            photos=kept.photos,
        )  # fmt: skip

    def _note(self, reader: Reader, receipt: views.ReceiptView, detail: str) -> None:
        self._gate.note(
            reader, Action.EXAMINATION_WRITE, subject=receipt.examination, detail=f"yard {detail}"
        )

    def _until(self) -> str:
        days = self._pipeline.settings.retention_days.get("examination", _LONGEST_KEPT)
        return (self.now().date() + dt.timedelta(days=days)).isoformat()


def _names(row: SheetRow, box: str) -> bool:
    """Tell whether a box is one of a row's. Where the record is gone since, with its boxes, the
    number that the officer took along is believed."""
    if row.title:
        return box in (row.boxes or ("",))
    return bool(_BOX.fullmatch(box))
