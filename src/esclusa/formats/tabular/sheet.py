"""Rows of a worksheet as text, through the parsers of openpyxl, one row at a time.

A formula is kept as the text it is, never computed: what it shows in the sender's program is not
what it says. Text keeps its leading zeros; a date becomes ISO 8601; a number is written with the
mapping's decimal mark so that it is read back as the number it was.

Why not the library's own read-only sheet: it pads missing rows and columns (a row number of four
billion costs four billion rows), opens every sheet, translates shared formulas anew for each cell,
and stops at the first cell it cannot read. Here a bad cell costs itself.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any, BinaryIO, Final
from xml.etree.ElementTree import Element, iterparse

import msgspec
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.datetime import from_excel
from openpyxl.worksheet._reader import DATA_TAG, FORMULA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from esclusa.errors import FormatError, LimitError
from esclusa.formats.limits import MIB, Limits
from esclusa.formats.tabular.rows import Row
from esclusa.model import Defect, Severity

# What the library's stubs do not describe, or only in part.
_TEXT: Final[Any] = Text

_TABLE: Final = f"{{{SHEET_MAIN_NS}}}sst"
_STRING: Final = f"{{{SHEET_MAIN_NS}}}si"
_LITERAL: Final = re.compile(r'"[^"]*"|\\.')
"""What a number format shows as it stands: a percent sign there multiplies nothing."""


class Sheet(msgspec.Struct, frozen=True):
    """A sheet ready to be read. ``inside`` is the size of all that the workbook holds, in bytes."""

    title: str
    part: str
    reader: Any
    inside: int


def open_sheet(stream: BinaryIO, name: str, *, file: str) -> Sheet:
    """Return the sheet asked for, the first when ``name`` is "".

    The archive must have been checked. Raises :class:`~esclusa.errors.FormatError` when the
    workbook cannot be opened or has no such sheet.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader, parts = _opened(stream)
    except Exception as error:
        raise FormatError(
            f"workbook cannot be opened ({type(error).__name__})", file=file
        ) from None
    if not parts or (name and name not in parts):
        raise FormatError(f"workbook has no sheet {name[:40]!r}", file=file)
    title = name or next(iter(parts))
    inside = sum(member.file_size for member in reader.archive.infolist())
    return Sheet(title, parts[title], reader, inside)


def _opened(stream: BinaryIO) -> tuple[Any, dict[str, str]]:
    """Return the library's reader with strings and styles read, and the part of each sheet."""
    reader: Any = ExcelReader(stream, read_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_workbook()
    apply_stylesheet(reader.archive, reader.wb)
    found = reader.package.find(SHARED_STRINGS)
    if found is not None:
        with reader.archive.open(found.PartName[1:]) as source:
            reader.shared_strings = [
                _TEXT.from_tree(each).content.replace("x005F_", "")
                for each in _children(source, _TABLE)
                if each.tag == _STRING
            ]
    parts = {
        sheet.name: relation.target
        for sheet, relation in reader.parser.find_sheets()
        if "chartsheet" not in relation.Type and relation.target in reader.valid_files
    }
    return reader, parts


def _children(source: IO[bytes], parent: str) -> Iterator[Element]:
    """Yield each child of the element named ``parent``; nothing that was passed is held."""
    above: list[Element] = []
    inside = 0
    for event, element in iterparse(source, events=("start", "end")):
        if event == "start":
            above.append(element)
            inside = inside or (len(above) if element.tag == parent else 0)
            continue
        above.pop()
        if len(above) < inside or not above:
            return
        if len(above) == inside:
            yield element
        if len(above) <= max(inside, 1):
            above[-1].clear()


class Percent(float):
    """A number that the workbook shows as a percentage: 0.625 stands there as 62.5 %."""


def _percentages(book: Any) -> frozenset[int]:
    """Return the numbers of the cell styles that show a percentage."""
    codes = dict(enumerate(book._number_formats, BUILTIN_FORMATS_MAX_SIZE)) | BUILTIN_FORMATS
    percent = {number for number, code in codes.items() if "%" in _LITERAL.sub("", code or "")}
    styles = enumerate(book._cell_styles)
    return frozenset(number for number, style in styles if style.numFmtId in percent)


class _Parser(WorkSheetParser):
    """The library's cells, but a bad one is None and named, and a formula stays as it stands."""

    def __init__(self, source: IO[bytes], reader: Any, percent: bool) -> None:
        # Without date formats: the library would warn of each bad date, and remember the warning.
        super().__init__(source, reader.shared_strings, epoch=reader.wb.epoch)
        self.days = reader.wb._date_formats
        self.spans = reader.wb._timedelta_formats
        self.percentages = _percentages(reader.wb) if percent else frozenset()
        self.bad: list[str] = []

    def parse_cell(self, element: Element) -> dict[str, Any]:
        """Return the cell's ``column`` and ``value``."""
        try:
            cell: dict[str, Any] = super().parse_cell(element)
            style = cell["style_id"]
            if cell["data_type"] == "n" and style in self.days and cell["value"] is not None:
                spans = style in self.spans
                cell["value"] = from_excel(cell["value"], self.epoch, timedelta=spans)
            elif cell["data_type"] == "n" and style in self.percentages and cell["value"]:
                cell["value"] = Percent(cell["value"])
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
            self.bad.append(str(element.get("r", "?"))[:12])
            return {"column": self.col_counter, "value": None}
        return cell

    def parse_formula(self, element: Element) -> str:
        """Return the formula's text."""
        formula = element.find(FORMULA_TAG)
        return "=" + ((formula.text if formula is not None else "") or "")


def sheet_rows(
    sheet: Sheet, decimal: str, *, file: str, limits: Limits, percent: bool = False
) -> Iterator[Row | Defect]:
    """Yield the rows that hold something; ``number`` is the row's number in the sheet. With
    ``percent`` a number that the workbook shows as a percentage is written so, ``62.5 %``.

    Offsets are 0: a workbook is packed, its rows have no place in the file. Raises
    :class:`~esclusa.errors.LimitError` past ``limits.rows``, and when the cells hold far more text
    than the workbook does: one long shared string in each.
    """
    most = MIB + limits.growth * sheet.inside
    count = 0
    with sheet.reader.archive.open(sheet.part) as source:
        parser = _Parser(source, sheet.reader, percent)
        rows = _children(source, DATA_TAG)
        while True:
            try:
                element = next(rows, None)
            except Exception as error:
                reason = f"the sheet cannot be read behind row {parser.row_counter}"
                yield _given_up(f"{reason} ({type(error).__name__})")
                return
            if element is None:
                return
            if element.tag != ROW_TAG:
                continue
            count += 1
            if count > limits.rows:
                raise LimitError(f"sheet has more than {limits.rows:,} rows", file=file)
            row = _read(parser, element, decimal, limits)
            most -= sum(map(len, row.cells))
            if most < 0:
                reason = f"{sheet.title} row {row.number}: cells hold more than {limits.growth} "
                raise LimitError(f"{reason}times what the workbook does", file=file)
            if row.cells or row.defects:
                yield row


def _read(parser: Any, element: Element, decimal: str, limits: Limits) -> Row:
    before = parser.row_counter
    parser.bad.clear()
    try:
        number, cells = parser.parse_row(element)
    except (ValueError, OverflowError):
        parser.row_counter = before + 1
        return _refused(before + 1, f"row behind row {before} has no usable number")
    if not 0 < number <= limits.sheet_rows:
        parser.row_counter = before
        return _refused(before + 1, f"row number {number:,} is above {limits.sheet_rows:,}")
    found = [(cell["column"], cell["value"]) for cell in cells if cell["value"] is not None]
    width = max((column for column, _ in found), default=0)
    if width > limits.columns:
        reason = f"row {number} has {width:,} columns, at most {limits.columns:,} expected"
        return _refused(number, reason)
    return _row(number, found, width, decimal, _doubts(parser, number, before), limits)


def _row(
    number: int,
    found: list[tuple[int, object]],
    width: int,
    decimal: str,
    doubts: list[Defect],
    limits: Limits,
) -> Row:
    texts = [""] * width
    for column, value in found:
        text = cell_text(value, decimal)
        if len(text) > limits.cell_characters:
            reason = f"row {number} has a cell of more than {limits.cell_characters:,} characters"
            doubts.append(_defect("xlsx.cell", Severity.ERROR, f"{reason}; it was left out"))
        elif column > 0:
            texts[column - 1] = text
    formulas = sum(text.startswith("=") for text in texts)
    if formulas:
        reason = f"row {number} has {formulas} formulas; they were taken as text, send values"
        doubts.append(_defect("xlsx.formula", Severity.WARNING, f"{reason} instead"))
    while texts and not texts[-1]:
        texts.pop()
    if not texts:
        lost = [defect for defect in doubts if defect.severity is Severity.ERROR]
        return _refused(number, lost[0].reason) if lost else Row(number=number, offset=0, length=0)
    return Row(number=number, offset=0, length=0, cells=tuple(texts), defects=tuple(doubts))


def _doubts(parser: _Parser, number: int, before: int) -> list[Defect]:
    found = []
    if parser.bad:
        reason = f"row {number} has {len(parser.bad)} cells that cannot be read, {parser.bad[0]}"
        found.append(_defect("xlsx.cell", Severity.ERROR, f"{reason} the first; left out"))
    if number <= before:
        reason = f"row {number} stands behind row {before}; both are read"
        found.append(_defect("xlsx.row.order", Severity.WARNING, reason))
    return found


def cell_text(value: object, decimal: str) -> str:
    """Return a cell's value as text; numbers with the decimal mark asked for."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Percent) and math.isfinite(value):
        # In decimal figures, since 0.07 times 100 is not 7.
        return f"{Decimal(repr(float(value))).scaleb(2).normalize():f} %".replace(".", decimal)
    if isinstance(value, float):
        plain = f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
        return plain.replace(".", decimal)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else _moment(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _moment(value: dt.datetime) -> str:
    return value.isoformat("T", "seconds" if value.second else "minutes")


def _refused(number: int, reason: str) -> Row:
    defect = _defect("xlsx.row", Severity.FATAL, reason)
    return Row(number=number, offset=0, length=0, defects=(defect,))


def _given_up(reason: str) -> Defect:
    return _defect("xlsx.given_up", Severity.FATAL, f"{reason}; the rest is not read")


def _defect(code: str, severity: Severity, reason: str) -> Defect:
    return Defect(code=code, severity=severity, reason=reason, offset=0)
