"""The yard of a small node; ``name`` stands for every text that a person or a sender wrote."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from small_selection import SmallSelections

from esclusa.errors import NotFound
from esclusa.model import EvidenceFile, Marking
from esclusa.node.case_telling import word
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

    @property
    def photos(self) -> SmallPhotos:
        return SmallPhotos(self.name)


class SmallPhotos:
    """The services of :class:`esclusa.node.yard_photos.Photos`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def count(self, reader: Reader, examination: str) -> int:
        return 2 if reader.may(Action.CASE_EVIDENCE) else 0

    def show(self, reader: Reader, examination: str) -> views.PhotosView:
        reader.require(Action.CASE_EVIDENCE)
        at, by = "2026-11-27T09:00:00Z", self.name or "ana"
        custody = tuple(
            views.PhotoStepView(move=word("move", move), by=by, at=at, why=self.name)
            for move in ("take_in", "read")
        )
        return views.PhotosView(
            examination=examination, number="YARD-1", title=self.name or "YARD-1",
            marking=Marking(), originator="marisol",
            photos=tuple(
                views.PhotoView(sha256=sign * 64, file=self.name or "seal.jpg", size=81_234,
                                result=word("check", state), custody=custody)
                for sign, state in (("0", "intact"), ("1", "erased"))
            ),
        )  # fmt: skip

    def read(self, reader: Reader, examination: str, photo: str, *, why: str = "",
             ) -> tuple[EvidenceFile, BinaryIO]:  # fmt: skip
        reader.require(Action.CASE_EVIDENCE)
        data = b"<script>alert(1)</script>"
        return EvidenceFile(name="señal.html", sha256=photo, size=len(data)), io.BytesIO(data)
