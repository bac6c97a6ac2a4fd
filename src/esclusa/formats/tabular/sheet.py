"""Rows of a worksheet as text, through openpyxl in its read-only mode.

A formula is kept as the text it is, never computed: what it shows in the sender's program is not
what it says. Text keeps its leading zeros; a date becomes ISO 8601; a number is written with the
mapping's decimal mark so that it is read back as the number it was.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from openpyxl import load_workbook

from esclusa.errors import FormatError, LimitError
from esclusa.formats.limits import Limits
from esclusa.formats.tabular.rows import Row
from esclusa.model import Defect, Severity

_BROKEN_ROWS: Final = 200
"""Rows with too many columns after which a sheet is given up."""


def open_sheet(stream: BinaryIO, name: str, *, file: str) -> tuple[str, Any]:
    """Return the title and the sheet asked for, the first when ``name`` is "".

    The archive must have been checked. Raises :class:`~esclusa.errors.FormatError` when the
    workbook cannot be opened or has no such sheet.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        sheets = {sheet.title: sheet for sheet in book.worksheets}
    except Exception as error:
        raise FormatError(
            f"workbook cannot be opened ({type(error).__name__})", file=file
        ) from None
    if not sheets or (name and name not in sheets):
        raise FormatError(f"workbook has no sheet {name[:40]!r}", file=file)
    title = name or next(iter(sheets))
    sheet = sheets[title]
    sheet.reset_dimensions()
    return title, sheet


def sheet_rows(sheet: Any, decimal: str, *, file: str, limits: Limits) -> Iterator[Row | Defect]:
    """Yield the rows that hold something; ``number`` is the row's number in the sheet.

    Offsets are 0: a workbook is packed, its rows have no place in the file. Raises
    :class:`~esclusa.errors.LimitError` past ``limits.rows``.
    """
    number = broken = 0
    rows = sheet.iter_rows(values_only=True)
    while True:
        try:
            cells = next(rows, None)
        except Exception as error:
            yield _given_up(f"row {number + 1} cannot be read ({type(error).__name__})")
            return
        if cells is None:
            return
        number += 1
        if number > limits.rows:
            raise LimitError(f"sheet has more than {limits.rows:,} rows", file=file)
        if len(cells) > limits.columns and any(cell is not None for cell in cells):
            broken += 1
            yield _too_wide(number, len(cells), limits)
            if broken > _BROKEN_ROWS:
                yield _given_up(f"more than {_BROKEN_ROWS} rows are too wide")
                return
        elif any(cell is not None for cell in cells):
            yield _row(number, cells, decimal)


def cell_text(value: object, decimal: str) -> str:
    """Return a cell's value as text; numbers with the decimal mark asked for."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
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


def _row(number: int, cells: tuple[object, ...], decimal: str) -> Row:
    texts = [cell_text(cell, decimal) for cell in cells]
    formulas = sum(text.startswith("=") for text in texts)
    while texts and not texts[-1]:
        texts.pop()
    found = [_formula(number, formulas)] if formulas else []
    return Row(number=number, offset=0, length=0, cells=tuple(texts), defects=tuple(found))


def _formula(number: int, count: int) -> Defect:
    reason = f"row {number} has {count} formulas; they were taken as text, send values instead"
    return _defect("xlsx.formula", Severity.WARNING, reason)


def _too_wide(number: int, width: int, limits: Limits) -> Row:
    reason = f"row {number} has {width:,} columns, at most {limits.columns:,} expected"
    defect = _defect("xlsx.row", Severity.FATAL, reason)
    return Row(number=number, offset=0, length=0, defects=(defect,))


def _given_up(reason: str) -> Defect:
    return _defect("xlsx.given_up", Severity.FATAL, f"{reason}; the rest is not read")


def _defect(code: str, severity: Severity, reason: str) -> Defect:
    return Defect(code=code, severity=severity, reason=reason, offset=0)
