"""What warnings of a small node led to: a record's find, a record's nothing, a referral's seizure;
``name`` stands for every text that a person or a partner wrote."""

from __future__ import annotations

from typing import Any

from esclusa.sharing import warning_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.referral_views import WordView


class SmallWarnings:
    """The services of :class:`esclusa.node.feedback.FeedbackDesk`."""

    def __init__(self, name: str, record: str) -> None:
        self.name, self.record = name, record

    def _row(self, kind: str, record: str, *, found: bool, seized: bool) -> views.WarningRow:
        drugs = WordView(code="drugs", en=self.name or "Drugs", es=self.name or "Drogas")
        return views.WarningRow(
            kind=kind, record=record, title=self.name or "NRCH NRTH0001", found=found,
            partner="northreach", seized=seized, categories=(drugs,) if found else (),
            at="2026-11-19T09:00:00Z", event=record,
        )  # fmt: skip

    def warnings(self, reader: Reader, **asked: Any) -> views.WarningPage:
        reader.require(Action.WARNING_READ)
        rows = (
            self._row("consignment", self.record, found=True, seized=False),
            self._row("equipment", self.record, found=False, seized=False),
            self._row("referral", "00000000000000b2", found=True, seized=True),
        )
        return views.WarningPage(rows=rows, more=bool(self.name), examined=3, found=2, seized=1)

    def of_record(self, reader: Reader, name: str) -> tuple[views.WarningRow, ...]:
        may = reader.may(Action.WARNING_READ) and name == self.record
        return (self._row("consignment", name, found=True, seized=False),) if may else ()
