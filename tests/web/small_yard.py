"""The yard of a small node; ``name`` stands for every text that a person or a sender wrote."""

from __future__ import annotations

from typing import Any

from small_selection import SmallSelections

from esclusa.errors import NotFound
from esclusa.node.yard import Untold
from esclusa.sharing import yard_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.selection_views import SelectionRow

SHEET = "/yard/PABLB.2026-11-27.A"


class SmallYard:
    """The services of :class:`esclusa.node.yard.YardDesk`."""

    def __init__(self, name: str, record: str) -> None:
        self.name, self.record_id = name, record

    def sheets(self, reader: Reader, *, limit: int = 50) -> tuple[SelectionRow, ...]:
        reader.require(Action.EXAMINATION_WRITE)
        return SmallSelections(self.name, self.record_id).selections(reader)

    def sheet(self, reader: Reader, name: str) -> views.YardSheet:
        reader.require(Action.EXAMINATION_WRITE)
        if name == "nothing":
            raise NotFound("no such sheet")
        return views.YardSheet(
            name="PABLB/2026-11-27/A", port="PABLB", day="2026-11-27", shift="A", level=1,
            marking="OFFICIAL · marisol",
            boxes=(
                views.YardBox(
                    subject=self.record_id, box=self.name or "NRXU4430056",
                    title=self.name or "NRTH 0001", lane="value", importer=self.name,
                    told=self.told(),
                ),
                views.YardBox(subject="bulk", box="", title="NRTH 0002", lane="none"),
            ),
        )  # fmt: skip

    def told(self) -> tuple[views.ToldView, ...]:
        at = "2026-11-27T09:00:00Z"
        return tuple(
            views.ToldView(code=kind, kind=kind, by=self.name or "ben", at=at, what=self.name)
            for kind in ("examined", "off_sheet", "void", "withdrawn")
        )

    def record(self, reader: Reader, name: str, filled: views.Filled, **more: Any) -> None:
        reader.require(Action.EXAMINATION_WRITE)
        raise Untold(self.told())

    def receipt(self, reader: Reader, form: str) -> views.ReceiptView:
        reader.require(Action.EXAMINATION_WRITE)
        return views.ReceiptView(
            form=form, record=self.record_id, examination=self.record_id, number="YARD-1",
            sheet="PABLB/2026-11-27/A", subject=self.record_id, box=self.name or "NRXU4430056",
            by=self.name or "ana", at="2026-11-27T09:00:00Z",
        )  # fmt: skip
