"""A record, or an alert with its record, and what the desks hold about it: one look, one reading.

A page that asks each desk by itself takes a snapshot and writes its audit lines once for each; here
they are one snapshot and one durable write (:meth:`~esclusa.sharing.release.Gate.together`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.errors import NotFound
from esclusa.model import AlertMove
from esclusa.node.case_desk import CaseDesk
from esclusa.node.feedback import FeedbackDesk
from esclusa.node.information_desk import InformationDesk
from esclusa.node.referral_desk import ReferralDesk
from esclusa.node.score_desk import ScoreDesk
from esclusa.node.yard import YardDesk
from esclusa.sharing.case_views import OfItemView
from esclusa.sharing.information_views import RequestsOfRecordView
from esclusa.sharing.reader import Reader
from esclusa.sharing.referral_views import OfRecordView
from esclusa.sharing.release import Gate
from esclusa.sharing.score_views import AssessmentView
from esclusa.sharing.views import AlertView, QueueFilter, RecordView
from esclusa.sharing.warning_views import WarningRow

REFERRED: Final = frozenset({"consignment", "equipment"})
"""Kinds that a referral can be about."""
WARNING: Final = frozenset({"consignment", "equipment", "list_entry"})
"""Kinds that lead to something at a partner."""


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """The desks that hold something about a record."""

    scores: ScoreDesk
    referrals: ReferralDesk
    requests: InformationDesk
    cases: CaseDesk
    warnings: FeedbackDesk
    yard: YardDesk


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A record and what the reader may know of it at the desks.

    ``score``, ``referrals`` and ``requests`` are None where a record of its kind has none;
    ``photos`` counts the photographs that came with an examination.
    """

    record: RecordView
    score: AssessmentView | None
    referrals: OfRecordView | None
    requests: RequestsOfRecordView | None
    cases: OfItemView
    warned: tuple[WarningRow, ...] = ()
    photos: int = 0


class AlertSheet(msgspec.Struct, frozen=True, kw_only=True):
    """An alert, the sheet of its record, and its place in the list it was opened from.

    ``before`` and ``after`` are the alerts beside it, "" at the ends; ``last`` is the step that the
    reader has just made on the alert before, None when there is nothing to offer again.
    """

    alert: AlertView
    sheet: Sheet
    before: str
    after: str
    last: AlertMove | None


class RecordDesk:
    """Records and alerts of one node, with all that is beside them."""

    def __init__(self, gate: Gate, desks: Beside) -> None:
        self._gate = gate
        self._desks = desks

    def record(self, reader: Reader, name: str, *, version: int | None = None) -> Sheet:
        """Return a record, its newest version or the one asked for, and what is beside it.

        :raises NotFound: for what there is not, or what the reader may not see.
        """
        with self._gate.together(reader):
            record = self._gate.record(reader, name, version=version)
            desks, may_warn = self._desks, record.kind in WARNING and not record.erased
            pictured = record.kind == "examination"
            return self._sheet(
                reader, record, ("record", record.id),
                warned=desks.warnings.of_record(reader, record.id) if may_warn else (),
                photos=desks.yard.photos.count(reader, record.id) if pictured else 0,
            )  # fmt: skip

    def alert(
        self, reader: Reader, name: str, around: QueueFilter, *, moved: str = ""
    ) -> AlertSheet:
        """Return an alert and its record, beside what is known of them.

        :param around: the list it was opened from.
        :param moved: the alert the reader comes from, "" for none.
        :raises NotFound: for an alert that there is not, or that the reader may not see.
        """
        with self._gate.together(reader):
            alert = self._gate.alert(reader, name)
            record = self._gate.record(reader, alert.alert.subject_id)
            before, after = self._gate.neighbours(reader, alert.alert_id, around)
            return AlertSheet(
                alert=alert, before=before, after=after, last=self._last_step(reader, moved),
                sheet=self._sheet(reader, record, ("alert", alert.alert_id)),
            )  # fmt: skip

    def _last_step(self, reader: Reader, moved: str) -> AlertMove | None:
        if not moved:
            return None
        try:
            steps = self._gate.alert(reader, moved).moves
        except NotFound:
            return None
        last = steps[-1] if steps else None
        return last if last and last.by == reader.name and last.move != "undo" else None

    def _sheet(
        self, reader: Reader, record: RecordView, item: tuple[str, str], *,
        warned: tuple[WarningRow, ...] = (), photos: int = 0,
    ) -> Sheet:  # fmt: skip
        desks, name = self._desks, record.id
        scored = record.kind == "consignment"
        referred = record.kind in REFERRED and not record.erased
        return Sheet(
            record=record,
            score=desks.scores.beside(reader, name) if scored else None,
            referrals=desks.referrals.of_record(reader, name) if referred else None,
            requests=None if record.erased else desks.requests.of_record(reader, name),
            cases=desks.cases.of_item(reader, *item),
            warned=warned,
            photos=photos,
        )
