"""The desk of reports and the board of one node, put together."""

from __future__ import annotations

from esclusa.node.exchange import Exchange
from esclusa.node.pipeline import Pipeline
from esclusa.node.reporting.board import Board, Desks
from esclusa.node.reporting.desk import CaseworkReportDesk
from esclusa.node.reporting.gathering import Sources
from esclusa.node.reporting.in_use import InUse
from esclusa.node.selection_report import ReportDesk
from esclusa.sharing.release import Gate


def reporting(
    gate: Gate, pipeline: Pipeline, exchange: Exchange, selections: ReportDesk, desks: Desks
) -> tuple[CaseworkReportDesk, Board]:
    """Return both; they share what is known of labels in use."""
    in_use = InUse(pipeline.store)
    sources = Sources(
        store=pipeline.store, labels=pipeline.labels, agency=pipeline.settings.agency,
        exchange=exchange, referrals=desks.referrals, selections=selections, in_use=in_use,
    )  # fmt: skip
    return CaseworkReportDesk(gate, pipeline, sources), Board(gate, pipeline, desks, in_use)
