"""Reports on casework and a board of a small node; ``name`` stands for every text that a partner, a
rule's author or a record brings in. The figures are counted by the real functions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from esclusa.analysis.figures import counted, gathered
from esclusa.casework.report_definitions import definitions, meaning, meanings
from esclusa.casework.report_periods import period
from esclusa.errors import InputError, NotFound
from esclusa.node.reporting import keeping, telling, waiting
from esclusa.sharing import report_views as views
from esclusa.sharing.reader import Action, Reader

DIGEST = "3f" * 32
NOW = dt.datetime(2026, 11, 27, 10, tzinfo=dt.UTC)


class SmallCaseworkReports:
    """The services of :class:`esclusa.node.reporting.desk.CaseworkReportDesk`."""

    def __init__(self, name: str, record: str) -> None:
        self.name, self.record = name or "northreach", record

    def this_month(self, reader: Reader) -> str:
        reader.require(Action.REPORT_READ)
        return "2026-11"

    def _figures(self, few: bool) -> dict[Any, Any]:
        rows = [("sent_asked", self.name), ("sent_answered", self.name), ("sent_accepted", self.name),
                ("alerts_decided", "refer"), ("exams_made", "value"), ("exams_answered", "value"),
                ("exams_found", "value"), ("rules_answered", self.name), ("intake_files", "done")]  # fmt: skip
        times = 3 if few else 12
        told = [row for row in rows for _ in range(times)]
        return counted(
            gathered({
                "figure": [figure for figure, _part in told], "part": [part for _, part in told],
                "record": [f"r{n}" for n in range(len(told))], "kind": "record",
                "at": "2026-11-02T10:00:00Z", "minutes": [95.0 + n for n in range(len(told))],
            }),
            definitions(),
        )  # fmt: skip

    def report(
        self, reader: Reader, name: str, *, hide_small: bool = False
    ) -> views.CaseworkReport:
        reader.require(Action.REPORT_READ)
        asked = period(name)
        told = {what: self._figures(what == "before") for what, _one in asked.compared()}
        if hide_small:
            told = {what: telling.without_small(one) for what, one in told.items()}
        days = tuple(
            views.DayRow(day=f"2026-11-{n:02}", raised=n % 7, decided=n % 5) for n in range(1, 31)
        )
        return views.CaseworkReport(
            period=name, first=asked.since, last=asked.last.isoformat(), over=False,
            made="2026-11-27T10:00:00Z", agency=self.name,
            compared={what: one.name for what, one in asked.compared()},
            sections=telling.sections(told, asked),
            definitions=tuple(map(telling.meaning_view, meanings().values())), clearance=1,
            caveats=(self.name,), purpose="targeting", level=1, marking=f"OFFICIAL · {self.name}",
            hides_small=hide_small, days=() if hide_small or asked.is_year else days,
            kept=(self._row(3),),
        )  # fmt: skip

    def behind(self, reader: Reader, name: str, figure: str, **asked: Any) -> views.BehindView:
        reader.require(Action.REPORT_READ)
        period(name)
        one = meaning(figure)
        row = views.BehindRow(
            id=self.record, kind="record", at="2026-11-02T10:00:00Z", part="x", part_en=self.name,
            part_es=self.name, value=1, title=self.name, address=f"/records/{self.record}",
        )  # fmt: skip
        return views.BehindView(
            period=name, figure=figure, part=asked["part"], title_en=self.name, title_es=self.name,
            meaning=telling.meaning_view(one), number=250, offset=asked["offset"], rows=(row,),
        )  # fmt: skip

    def keep(self, reader: Reader, name: str) -> views.KeptView:
        reader.require(Action.REPORT_KEEP)
        return self.kept(reader, DIGEST)

    def kept_reports(self, reader: Reader, **asked: Any) -> tuple[views.KeptRow, ...]:
        reader.require(Action.REPORT_READ)
        return (self._row(None),)

    def kept(self, reader: Reader, digest: str) -> views.KeptView:
        reader.require(Action.REPORT_READ)
        if digest != DIGEST:
            raise NotFound("no such kept report")
        then, now = self._figures(few=True), self._figures(few=False)
        body = keeping.sealed("2026-10", at="2026-11-01T08:00:00Z", by=self.name,
                              figures=telling.frozen(then), clearance=self.name)  # fmt: skip
        return views.KeptView(
            row=self._row(keeping.changes(body, now)), intact=False, rests_on=self.name,
            marking=self.name, rows=tuple(keeping.compared(body, now)),
            definitions=tuple(map(telling.meaning_view, meanings().values())),
        )  # fmt: skip

    def _row(self, changed: int | None) -> views.KeptRow:
        return views.KeptRow(period="2026-10", digest=DIGEST, at="2026-11-01T08:00:00Z",
                             by=self.name, level=1, changed=changed)  # fmt: skip


class SmallBoard:
    """The services of :class:`esclusa.node.reporting.board.Board`."""

    def __init__(self, name: str, record: str) -> None:
        self.name, self.record = name or "bea", record

    def board(self, reader: Reader) -> views.BoardView:
        reader.require(Action.BOARD_READ)
        queues = tuple(
            views.QueueState(
                queue=queue, count=at, late=at // 2, oldest="2026-11-20T10:00:00Z" if at else "",
                ages=tuple(views.AgeCell(band=band, count=at, address=f"/board/{queue}?age={band}")
                           for band, _days in waiting.BANDS),
                address=waiting.ADDRESSES[queue], late_address=f"/board/{queue}?late=true",
            )
            for at, queue in enumerate(waiting.QUEUES)
        )  # fmt: skip
        due = tuple(
            views.DueRow(kind="rule", name="N1", title_en=self.name, title_es=self.name, why=why,
                         since="2026-12-01", address="/rules")
            for why in ("review_due", "stopped", "expired", "stale", "held")
        )  # fmt: skip
        return views.BoardView(
            made="2026-11-27T10:00:00Z", queues=queues,
            officers=(views.OfficerRow(name=self.name, claimed=2, oldest="2026-11-20T10:00:00Z",
                                       leads=1, decided=7, address="/board/alerts_claimed?who=b"),),
            days=tuple(views.DayRow(day=f"2026-11-{n:02}", raised=n, decided=2 * n)
                       for n in range(14, 28)),
            due=due, level=1, marking=f"OFFICIAL · {self.name}",
        )  # fmt: skip

    def waiting(self, reader: Reader, queue: str, **asked: Any) -> views.WaitingView:
        reader.require(Action.BOARD_READ)
        if queue not in waiting.QUEUES:
            raise InputError("there is no such queue")
        row = views.BehindRow(
            id=self.record, kind="alert", at="2026-11-20T10:00:00Z", part=self.name, part_en="",
            part_es="", value=1, title=self.name, address=f"/alerts/{self.record}",
        )  # fmt: skip
        return views.WaitingView(queue=queue, number=250, offset=asked["offset"], rows=(row,))
