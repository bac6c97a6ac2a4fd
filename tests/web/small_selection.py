"""A selection and a report of a small node; ``name`` stands for every text that a person wrote."""

from __future__ import annotations

from typing import Any

from esclusa.errors import NotFound
from esclusa.sharing import selection_views as views
from esclusa.sharing.reader import Action, Reader

SELECTION = "PABLB.2026-11-27.A"


class SmallSelections:
    """The services of :class:`esclusa.node.selecting.SelectionDesk`."""

    def __init__(self, name: str, record: str) -> None:
        self.name, self.record = name, record

    def selections(self, reader: Reader, **asked: Any) -> tuple[views.SelectionRow, ...]:
        reader.require(Action.SELECTION_READ)
        row = views.SelectionRow(
            record_id=self.record, name="PABLB/2026-11-27/A", port="PABLB", day="2026-11-27",
            shift="A", state="revealed", capacity=10, candidates=2, proposed=1, over=1, level=1,
        )  # fmt: skip
        return (row,)

    def show(self, reader: Reader, name: str, *, trade: bool = True) -> views.SelectionView:
        reader.require(Action.SELECTION_READ)
        if name == "nothing":
            raise NotFound("no such selection")
        state = {"committed": "committed", "drawn": "drawn"}.get(name, "revealed")
        rows = tuple(
            views.SheetRow(
                subject_id=self.record,
                title=self.name or f"NRTH 000{at}",
                lane=lane,
                now=now,
                score=0.31,
                value=1200.0,
                chance=chance,
                reasons=("list",) if now else (),
                boxes=(self.name or "MARU1234567",),
                importer=self.name or "FIRMA UNO SA",
                trade_lane="CNSHA > PABLB",
            )
            for at, (lane, now, chance) in enumerate(
                (("mandatory", True, 1.0), ("none", False, 0.04))
            )
        )
        trade_ = tuple(
            views.TradePoint(
                formula=formula,
                value_weight=weight,
                finds=finds,
                value=value,
                efficient=kept,
                chosen=kept and not weight,
            )
            for formula, weight, finds, value, kept in (
                ("chance", 0.0, 3.0, 900.0, True),
                ("chance_value", 0.5, 2.0, 1500.0, True),
                ("chance_log_value", 0.5, 2.0, 1400.0, False),
            )
        )
        steps = tuple(
            views.SelectionStepView(
                move=move, by=self.name or "sol", at="2026-11-27T05:00:00Z",
                reason=self.name if move == "swap" else "", out=self.name, taken=self.name,
                seed="ab" * 32 if move == "reveal" else "",
            )
            for move in ("commit", "draw", "swap", "reveal")
        )  # fmt: skip
        return views.SelectionView(
            record_id=self.record, name="PABLB/2026-11-27/A", port="PABLB", day="2026-11-27",
            shift="A", state=state, capacity=10, commitment="cd" * 32, until="2026-11-27",
            by_model=self.name, policy_version=self.name or "1", policy_digest="", over=1,
            candidates_digest="", rows=() if state == "committed" else rows, steps=steps,
            trade=trade_ if trade and state != "committed" else (), level=1,
            marking="OFFICIAL · marisol", may_write=reader.may(Action.SELECTION_WRITE),
        )  # fmt: skip

    def proof(self, reader: Reader, name: str) -> views.ProofView:
        reader.require(Action.SELECTION_READ)
        return views.ProofView(
            port="PABLB", day="2026-11-27", shift="A", capacity=10, commitment="cd" * 32,
            seed="ab" * 32, policy="{}", candidates="[]", sheet="{}",
        )  # fmt: skip

    def verify(self, reader: Reader, name: str) -> views.VerifiedView:
        reader.require(Action.SELECTION_READ)
        faults = (self.name or "the seed is another",) if name == "drawn" else ()
        return views.VerifiedView(port="PABLB", day="2026-11-27", shift="A", faults=faults)


class SmallReports:
    """The services of :class:`esclusa.node.selection_report.ReportDesk`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def report(self, reader: Reader, **asked: str) -> views.ReportView:
        reader.require(Action.REPORT_READ)
        known = _rate("mandatory")
        unknown = views.RateRow(
            name="control_lane", chosen=1, examined=0, found=0, share=None, low=None, high=None
        )
        missed = views.EstimateRow(name="missed", value=0.02, low=0.01, high=0.04)
        return views.ReportView(
            since="2026-09-07", until="2026-11-27", made="2026-11-27", definitions=1,
            outcome_definitions=1, sheets=1, candidates=60,
            weeks=(views.WeekRow(week="2026-11-23", candidates=60, cause=known, control=unknown,
                                 missed=missed),),
            lanes=(known, unknown), others=_rate("others"),
            rules=(_rate(self.name or "C06", self.name or "Mass"),), pool=50, control_examined=5,
            control_found=1, control_unanswered=1, control_unseen=2, missed=missed,
            missed_total=views.EstimateRow(name="missed_total", value=1.0, low=0.5, high=2.0),
            table=tuple(views.EstimateRow(name=name, value=0.25, low=0.1, high=0.4) for name in _TABLE),
            groups=(views.GroupRow(
                kind="carrier", name=self.name or "NRTH", came=30, chosen=9, examined=8, found=0,
                selection=0.3, others_selection=None, hits=0.0, low=0.0, high=0.3,
                others_hits=0.5, chance=0.01, alarm=True,
            ),),
            left_out=((self.name or "not_performed", 1),), level=1, marking="OFFICIAL · marisol",
        )  # fmt: skip


_TABLE = (
    "chosen_with", "chosen_without", "others_with", "others_without", "caught", "slipped",
    "troubled", "right",
)  # fmt: skip


def _rate(name: str, title: str = "") -> views.RateRow:
    return views.RateRow(
        name=name, chosen=4, examined=4, found=1, share=0.25, low=0.05, high=0.7, title_en=title,
        title_es=title,
    )  # fmt: skip
