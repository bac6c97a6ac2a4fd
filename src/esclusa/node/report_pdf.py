"""The report and the sheet as PDF, with real text that can be searched, copied and read aloud.

reportlab draws it. The marking stands on every page, at the top and at the bottom, because pages
come apart. The fonts are those that every reader of PDF has; a letter that they lack is written in
the nearest plain ones.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final
from xml.sax.saxutils import escape

from anyascii import anyascii
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from esclusa.node import report_tables as told
from esclusa.sharing.selection_views import ReportView, SelectionView

_BASE: Final = ParagraphStyle("base", fontName="Helvetica", fontSize=8, leading=10)
_HEAD: Final = ParagraphStyle("head", parent=_BASE, fontName="Helvetica-Bold")
_TITLE: Final = ParagraphStyle("title", parent=_HEAD, fontSize=15, leading=19)
_SECTION: Final = ParagraphStyle("section", parent=_HEAD, fontSize=11, leading=14, spaceBefore=8)
_EDGE: Final = 15 * mm
_GRID: Final = TableStyle([
    ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.grey),
    ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 2), ("RIGHTPADDING", (0, 0), (-1, -1), 2),
    ("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
])  # fmt: skip
_MOST_ROWS: Final = 2_000
"""Rows of one table; a report that is longer is for a spreadsheet."""


def report_pdf(view: ReportView, language: str) -> bytes:
    """Return a report as PDF."""
    say = _sayer(language)
    lines = [
        f"{say('period')}: {view.since} – {view.until}",
        f"{say('marking')}: {told.marking_of(view, language)}",
        f"{say('made')}: {view.made}. {say('sheets')}: {view.sheets}. "
        f"{say('candidates')}: {view.candidates}. {told.definitions_of(view, language)}.",
    ]
    tables = told.report_tables(view, language)
    return document(say("report"), lines, tables, told.marking_of(view, language), language, say)


def sheet_pdf(view: SelectionView, language: str) -> bytes:
    """Return what a sheet proposes as PDF, to be taken to the yard."""
    say = _sayer(language)
    order = say("ordered_model", view.by_model) if view.by_model else say("ordered_points")
    lines = [
        f"{say('port')}: {view.port}. {view.day}. {say('shift')}: {view.shift or '–'}. "
        f"{say('capacity')}: {view.capacity}.",
        f"{say('marking')}: {view.marking}", say("proposal"), order,
        f"{say('policy', view.policy_version)}. {say('commitment')}: {view.commitment}",
    ]  # fmt: skip
    if view.over:
        lines.append(say("over", view.over))
    tables = (told.sheet_table(view, language),)
    return document(say("sheet"), lines, tables, view.marking, language, say)


def _sayer(language: str) -> Callable[..., str]:
    return lambda key, *values: told.word("titles", key, language, *values)


def document(
    title: str, lines: list[str], tables: tuple[told.Table, ...], marking: str, language: str,
    say: Callable[..., str],
) -> bytes:  # fmt: skip
    """Return a document of lines and tables as PDF.

    :param marking: what stands at the top and bottom of each page.
    :param say: gives the words for ``page`` with its number.
    """
    out = io.BytesIO()
    page = landscape(A4)
    drawing = SimpleDocTemplate(
        out, pagesize=page, leftMargin=_EDGE, rightMargin=_EDGE, topMargin=_EDGE + 5 * mm,
        bottomMargin=_EDGE + 5 * mm, title=title, lang=language, author="", creator="Esclusa",
        producer="Esclusa", invariant=1,
    )  # fmt: skip
    story: list[Any] = [Paragraph(_text(title), _TITLE)]
    story += [Paragraph(_text(line), _BASE) for line in lines]
    for table in tables:
        story.append(Paragraph(_text(table.title), _SECTION))
        if table.note:
            story += [Paragraph(_text(table.note), _BASE), Spacer(1, 3)]
        story.append(_table(table, page[0] - 2 * _EDGE, language))

    def frame(canvas: Any, drawn: Any) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica-Bold", 8)
        for height in (page[1] - _EDGE, _EDGE - 3 * mm):
            canvas.drawString(_EDGE, height, plain_letters(marking))
            canvas.drawRightString(page[0] - _EDGE, height, plain_letters(say("page", drawn.page)))
        canvas.restoreState()

    drawing.build(story, onFirstPage=frame, onLaterPages=frame)
    return out.getvalue()


def _table(table: told.Table, width: float, language: str) -> Table:
    cells = [[Paragraph(_text(head), _HEAD) for head in table.heads]]
    for row in table.rows[:_MOST_ROWS]:
        pairs = zip(table.columns, row, strict=True)
        cells.append([Paragraph(_text(told.written(c, v, language)), _BASE) for c, v in pairs])
    weights = [_WIDE.get(column, 1.0) for column in table.columns]
    widths = [width * weight / sum(weights) for weight in weights]
    return Table(cells, colWidths=widths, repeatRows=1, style=_GRID)


_WIDE: Final = {
    "title": 4.0, "what": 3.5, "name": 2.2, "subject": 2.2, "importer": 2.6, "boxes": 2.2,
    "trade_lane": 1.6, "reasons": 1.6, "opened": 2.2, "kind": 1.8, "lane": 1.6, "result": 2.5,
    "with": 2.0, "without": 2.0, "value": 2.0, "alarm": 0.8, "now": 1.7, "before": 1.7, "year": 1.7,
    "counts": 5.0, "not": 4.0,
}  # fmt: skip
"""How wide columns are against one of numbers."""


def _text(text: str) -> str:
    """Return text as reportlab's paragraphs read it: what looks like markup is text."""
    return escape(plain_letters(text))


def plain_letters(text: str) -> str:
    """Write letters that the font lacks as plain ones (Windows-1252 is what it has)."""
    text = text.replace("→", "->")
    return "".join(c if _has(c) else anyascii(c) or "?" for c in text)


def _has(sign: str) -> bool:
    try:
        sign.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return sign.isprintable() or sign == " "
