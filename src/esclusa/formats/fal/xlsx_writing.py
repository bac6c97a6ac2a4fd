"""Statements as a FAL workbook.

Every cell is text: a bill ``007`` keeps its zeros and a name that begins with ``=`` is no formula.
The list of sheets is put first in the archive and left unpacked, so that the head of the file
tells what it is. Equal statements give equal bytes: the clock of the machine is left out.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.fal.cleaning import fit
from esclusa.formats.fal.filing import Cell, Filing, Section
from esclusa.formats.fal.tables import LINE, List, all_forms, elements, form
from esclusa.formats.fal.writing import filings
from esclusa.model import Message

_FIRST: Final = "xl/workbook.xml"
_CORE: Final = "docProps/core.xml"
_CLOCK: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_NO_CLOCK: Final = b"2000-01-01T00:00:00Z"
_NO_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that a zip archive can name."""


def write(message: Message) -> bytes:
    """Return a message's statements as a workbook.

    :raises WritingError: the statements are of several calls, or of none; a text does not fit a
        cell; and as :func:`~esclusa.formats.fal.writing.filings`.
    """
    found = filings(message)
    if len(found) != 1:
        reason = f"a workbook holds the forms of one call, these statements are of {len(found)}"
        raise WritingError(reason, message=message.reference)
    return _packed(_book(found[0], message.reference))


def _book(filing: Filing, reference: str) -> bytes:
    pages: dict[str, list[list[str]]] = {all_forms().call.sheet: [*_lines(filing.call)]}
    for word, section in filing.sections.items():
        pages[form(word).sheet] = [*_lines(section.cells), *_tables(word, section)]
    if not all(fit(text) for rows in pages.values() for row in rows for text in row):
        reason = "a text is too long for a cell, or has a character that a workbook cannot hold"
        raise WritingError(reason, message=reference)
    book = Workbook(write_only=True)
    for title, rows in pages.items():
        _fill(book.create_sheet(title), rows)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Any, rows: Sequence[Sequence[str]]) -> None:
    for row in rows:
        sheet.append([_text_cell(sheet, text) if text else None for text in row])


def _text_cell(sheet: Any, text: str) -> Any:
    """Return a cell that holds a text, whatever it looks like."""
    cell: Any = WriteOnlyCell(sheet, value=None)
    cell._value, cell.data_type = text, "s"
    return cell


def _heading(tag: str) -> str:
    known = elements().get(tag)
    return "Line" if tag == LINE else f"{tag} {known.name}" if known else tag


def _lines(cells: Sequence[Cell]) -> Iterator[list[str]]:
    return ([_heading(cell.tag), cell.text] for cell in cells)


def _tables(word: str, section: Section) -> Iterator[list[str]]:
    """Yield each list of a form: an empty line, the headings, its rows."""
    for name, rows in section.lists.items():
        columns = _columns(form(word).lists[name], rows)
        yield []
        yield [_heading(tag) for tag in columns]
        yield from (_placed(row, columns) for row in rows)


def _columns(listed: List, rows: Sequence[Sequence[Cell]]) -> list[str]:
    """Return the form's columns, and the further numbers in use; a number that a row has several
    times gets as many columns."""
    most: dict[str, int] = dict.fromkeys(listed.columns, 1)
    for row in rows:
        tags = [cell.tag for cell in row]
        for tag in tags:
            most[tag] = max(most.get(tag, 1), tags.count(tag))
    return [tag for tag, count in most.items() for _ in range(count)]


def _placed(row: Sequence[Cell], columns: Sequence[str]) -> list[str]:
    texts: dict[str, list[str]] = {}
    for cell in row:
        texts.setdefault(cell.tag, []).append(cell.text)
    return [texts[tag].pop(0) if texts.get(tag) else "" for tag in columns]


def _packed(book: bytes) -> bytes:
    """Return the archive with the list of sheets first, and without moments of this machine."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist(), key=lambda name: name != _FIRST):
            data = old.read(name)
            if name == _CORE:
                data = _CLOCK.sub(_NO_CLOCK, data)
            part = zipfile.ZipInfo(name, date_time=_NO_DATE)
            packing = zipfile.ZIP_STORED if name == _FIRST else zipfile.ZIP_DEFLATED
            new.writestr(part, data, compress_type=packing)
    return out.getvalue()
