"""The lines of a link chart as a table, and the table as CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
from typing import Final

import msgspec

from esclusa.node.chart_drawing import heading, kind_of, named, notes, said, word
from esclusa.node.report_tables import plain
from esclusa.sharing.chart_views import ChartLineView, ChartNodeView, ChartView

COLUMNS: Final = (
    "from", "from_id", "kind", "role", "to", "records", "sources", "first", "last",
)  # fmt: skip


class ChartRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a chart, with both its ends."""

    number: int
    entity: ChartNodeView
    thing: ChartNodeView
    line: ChartLineView


def chart_rows(view: ChartView) -> tuple[ChartRow, ...]:
    """Return every line of a chart, in the order in which it is drawn."""
    return tuple(
        ChartRow(
            number=number, entity=view.nodes[line.entity], thing=view.nodes[line.thing], line=line
        )
        for number, line in enumerate(view.lines)
    )


def chart_csv(view: ChartView, language: str) -> str:
    """Return a chart's lines as CSV, behind lines that say what it is, its marking, when it was
    made and what it leaves out."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([word("say", "chart", language), plain(heading(view, language))])
    marking = said(view.marking, view.originators)
    rows.writerow([word("say", "marking", language), plain(marking)])
    rows.writerow([word("say", "made", language), view.made])
    rows.writerows([note] for note in notes(view, language))
    rows.writerow([word("columns", name, language) for name in COLUMNS])
    rows.writerows([plain(cell) for cell in _cells(row, language)] for row in chart_rows(view))
    return out.getvalue()


def _cells(row: ChartRow, language: str) -> tuple[str | int, ...]:
    line = row.line
    return (
        row.entity.title, row.entity.name, kind_of(row.thing, language),
        ", ".join(word("role", one, language) for one in line.roles),
        named(row.thing, language), line.records, "; ".join(one.title for one in line.stated),
        line.first[:19], line.last[:19],
    )  # fmt: skip
