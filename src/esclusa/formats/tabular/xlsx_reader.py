"""XLSX workbooks (ISO/IEC 29500), one sheet of them, read through a mapping, given or guessed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import PurePath
from typing import BinaryIO, Final, cast

import msgspec

from esclusa.errors import FormatError
from esclusa.formats.format import TableFormat
from esclusa.formats.limits import DEFAULT, MIB, Limits
from esclusa.formats.tabular import assemble
from esclusa.formats.tabular.archive import ZIP, check_workbook, seekable
from esclusa.formats.tabular.assemble import Source, messages, unusable
from esclusa.formats.tabular.csv_reader import guessed
from esclusa.formats.tabular.guess import HEADER_ROWS, SAMPLE_ROWS, Proposal, guess_rows
from esclusa.formats.tabular.mapping import Mapping
from esclusa.formats.tabular.rows import Row
from esclusa.formats.tabular.sheet import open_sheet, sheet_rows
from esclusa.formats.work import Work
from esclusa.model import Defect, Message, Severity

ID: Final = "tabular.xlsx"

_IN_MEMORY: Final = 16 * MIB


def read(
    stream: BinaryIO,
    *,
    file: str = "",
    limits: Limits = DEFAULT,
    mapping: Mapping | None = None,
    target: str = "",
    list_id: str = "",
) -> Iterator[Message | Defect]:
    """Read one sheet: a consignment, list entry or traveller for each row or run of rows.

    Without a ``mapping`` one is guessed and a bare note says so; ``target`` narrows the guess.
    ``list_id`` names the list of list entries when the mapping does not. A workbook that is
    damaged, encrypted or dangerous is one bare fatal defect. A row has no place in the packed
    file: a message's offset is its row's number, a defect's is 0, both name sheet and row. Raises
    :class:`~esclusa.errors.LimitError` for a workbook that unpacks too far.
    """
    for fault in unusable(mapping) if mapping else ():
        yield fault
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as held:
        try:
            book = seekable(stream, cast(BinaryIO, held), file, limits)
            for note in check_workbook(book, file=file, limits=limits):
                yield _bare("xlsx.left_alone", Severity.NOTE, note)
            sheet = open_sheet(book, mapping.sheet if mapping else "", file=file)
        except FormatError as error:
            yield _bare("xlsx.refused", Severity.FATAL, error.reason)
            return
        decimal = mapping.decimal if mapping else "."
        rows = sheet_rows(sheet, decimal, file=file, limits=limits, percent=True)
        first: list[Row | Defect] = []
        if mapping is None:
            first = list(islice(rows, HEADER_ROWS + SAMPLE_ROWS))
            proposal = _proposal(first, file, target)
            yield guessed(proposal)
            mapping = proposal.mapping
        if mapping is not None:
            source = Source(
                format=ID,
                where=lambda row: f"{sheet.title} row {row.number}",
                work=Work(file, limits, sheet.inside),
                list_id=list_id or PurePath(file).stem or "own",
                by_number=True,
            )
            yield from messages(chain(first, rows), mapping, source, limits)


def propose(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT, target: str = ""
) -> Proposal:
    """Propose a mapping for the first sheet of a workbook: the one that :func:`read` uses when it
    has none.

    Raises :class:`~esclusa.errors.FormatError` or :class:`~esclusa.errors.LimitError` when the
    workbook may not be opened.
    """
    with _checked(stream, file, limits) as book:
        sheet = open_sheet(book, "", file=file)
        rows = sheet_rows(sheet, ".", file=file, limits=limits, percent=True)
        return _proposal(list(islice(rows, HEADER_ROWS + SAMPLE_ROWS)), file, target)


def fitting(
    stream: BinaryIO, mappings: Sequence[Mapping], *, file: str = "", limits: Limits = DEFAULT
) -> tuple[Mapping, ...]:
    """Return the mappings all of whose column headings stand in the row of headings of their sheet.

    Raises as :func:`propose` does.
    """
    with _checked(stream, file, limits) as book:

        def rows(mapping: Mapping) -> Iterable[Row | Defect]:
            try:
                sheet = open_sheet(book, mapping.sheet, file=file)
            except FormatError:
                return ()
            return sheet_rows(sheet, mapping.decimal, file=file, limits=limits)

        return assemble.fitting(mappings, lambda each: (each.sheet, each.decimal), rows)


@contextmanager
def _checked(stream: BinaryIO, file: str, limits: Limits) -> Iterator[BinaryIO]:
    """Hold a workbook that was found fit to be opened."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as held:
        book = seekable(stream, cast(BinaryIO, held), file, limits)
        check_workbook(book, file=file, limits=limits)
        yield book


def _proposal(first: list[Row | Defect], file: str, target: str = "") -> Proposal:
    """Guess from the first rows. The decimal mark is always a point: cells hold true numbers."""
    cells = [row.cells for row in first if isinstance(row, Row) and row.cells]
    found = guess_rows(cells, file=file, target=target)
    if found.mapping is None:
        return found
    mapping = msgspec.structs.replace(found.mapping, decimal=".")
    return msgspec.structs.replace(found, mapping=mapping)


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the bytes begin a zip archive that its name or first part calls a workbook."""
    if not head.startswith(ZIP):
        return False
    named = PurePath(name.lower()).suffix in (".xlsx", ".xlsm")
    return named or b"xl/" in head or head[30:49] == b"[Content_Types].xml"


def _bare(code: str, severity: Severity, reason: str) -> Defect:
    return Defect(code=code, severity=severity, reason=reason, offset=0)


FORMAT: Final = TableFormat(
    id=ID,
    title_en="Table as a workbook (XLSX)",
    title_es="Tabla como libro de cálculo (XLSX)",
    standard="ISO/IEC 29500-1 SpreadsheetML",
    sniff=sniff,
    read=read,
    propose=propose,
    fitting=fitting,
)
