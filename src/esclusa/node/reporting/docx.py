"""A report as DOCX (ISO/IEC 29500), to be worked on: real headings, header rows that repeat, the
language of the text, a title, and for each table a text that says what it shows.

python-docx writes it. The marking stands at the top and bottom of each page.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from esclusa.node.report_tables import Table

_LANGUAGES: Final = {"en": "en-GB", "es": "es-419"}
_STYLE: Final = "Light Grid Accent 1"
_TEXT_MM: Final = 267
"""Width of the text: a sheet of A4 across, with 15 mm at each side."""
_WIDE: Final = {"title": 3.0, "name": 2.0, "counts": 4.0, "not": 3.0, "now": 1.6}


def docx(
    title: str, lines: Sequence[str], tables: Sequence[tuple[Table, str]], *, marking: str,
    language: str, made: dt.datetime,
) -> bytes:  # fmt: skip
    """Return a document.

    :param tables: each with the text that says what it shows to whoever cannot see it.
    :param marking: what stands at the top and bottom of each page.
    :param made: aware; the date that the file says it was made.
    """
    paper: Any = Document()
    _dress(paper, title, marking, language, made)
    paper.add_heading(title, level=0)
    for line in lines:
        paper.add_paragraph(line)
    for table, shown in tables:
        paper.add_heading(table.title, level=1)
        if table.note:
            paper.add_paragraph(table.note)
        _fill(paper, table, shown)
    out = io.BytesIO()
    paper.save(out)
    return _dated(out, made)


def _dated(packed: io.BytesIO, made: dt.datetime) -> bytes:
    """Return a package whose parts are all of one day, so that the same report is the same file."""
    out = io.BytesIO()
    day = (made.year, made.month, made.day, 0, 0, 0)
    with ZipFile(packed) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(ZipInfo(name, day), old.read(name), ZIP_DEFLATED)
    return out.getvalue()


def _dress(paper: Any, title: str, marking: str, language: str, made: dt.datetime) -> None:
    """Set what holds for the whole document: what it says of itself, its page, its language."""
    said = paper.core_properties
    said.title, said.author, said.comments = title, "Esclusa", ""
    said.language = _LANGUAGES[language]
    said.created = said.modified = made.astimezone(dt.UTC).replace(tzinfo=None)
    section = paper.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(15)
    for place in (section.header, section.footer):
        place.paragraphs[0].text = marking
    normal = paper.styles["Normal"]
    normal.font.size = Pt(9)
    spoken = OxmlElement("w:lang")
    for name in ("w:val", "w:eastAsia", "w:bidi"):
        spoken.set(qn(name), _LANGUAGES[language])
    properties = normal.element.get_or_add_rPr()
    properties.append(spoken)


def _fill(paper: Any, table: Table, shown: str) -> None:
    drawn = paper.add_table(rows=1, cols=len(table.columns), style=_STYLE)
    _describe(drawn, table.title, shown)
    weights = [_WIDE.get(column, 1.0) for column in table.columns]
    widths = [Mm(_TEXT_MM * weight / sum(weights)) for weight in weights]
    for column, width in zip(drawn.columns, widths, strict=True):
        column.width = width
    _write(drawn.rows[0], table.heads, widths)
    head = OxmlElement("w:tblHeader")
    head.set(qn("w:val"), "true")
    drawn.rows[0]._tr.get_or_add_trPr().append(head)
    for row in table.rows:
        _write(drawn.add_row(), [str(value) for value in row], widths)


def _describe(drawn: Any, title: str, shown: str) -> None:
    """Give a table the title and the alternative text that readers of the screen speak
    (ISO/IEC 29500-1, 17.4.62 and 17.4.63)."""
    properties = drawn._tbl.tblPr
    for name, text in (("w:tblCaption", title), ("w:tblDescription", shown)):
        element = OxmlElement(name)
        element.set(qn("w:val"), text)
        properties.append(element)


def _write(row: Any, values: Sequence[str], widths: Sequence[Any]) -> None:
    # Cells by row: asking a table for one cell walks all of its rows. Each has its own width, which
    # goes before its column's.
    for cell, value, width in zip(row.cells, values, widths, strict=True):
        cell.width = width
        cell.paragraphs[0].text = value
