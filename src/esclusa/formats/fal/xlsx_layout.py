"""The forms as a workbook: a sheet for each form, and one named Call for what holds for all.

A sheet begins with lines of one value: data number and name in the first column, the value in the
second (several values further right). Then come its tables: a line of headings, a line for each
row. A heading is a data number with or without the element's name, the name alone, or a caption of
the paper form (``headings.csv``). The headings tell which list of the form a table is.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, cast

from openpyxl.utils import get_column_letter

from esclusa.errors import FormatError
from esclusa.formats.fal.cleaning import clean
from esclusa.formats.fal.filing import Cell, Filing, Section
from esclusa.formats.fal.leftovers import once
from esclusa.formats.fal.reading import message_of
from esclusa.formats.fal.tables import LINE, Form, all_forms, form, headings, sheets
from esclusa.formats.fal.zip_head import sheet_names
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, MIB, Limits
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.tabular.archive import ZIP, check_workbook, seekable
from esclusa.formats.tabular.fields import plain
from esclusa.formats.tabular.rows import Row as SheetRow
from esclusa.formats.tabular.sheet import Sheet, open_sheet, sheet_rows
from esclusa.formats.work import Work, metered
from esclusa.model import Defect, Message, Severity

ID: Final = "fal.xlsx"

_IN_MEMORY: Final = 16 * MIB
_NUMBER: Final = re.compile(r"\s*(IMO[0-9]{4})(?:\b.*)?", re.DOTALL)
_FAL: Final = re.compile(r"fal ?[1-7]\b")
_NAMED: Final = 2
"""So many sheets must bear names of forms before a workbook without a sheet ``FAL n`` is one: a
single sheet called Passengers is anybody's table."""

_CAPTIONS: Final = 3
"""So many captions without data numbers make a line of headings; fewer may be a line of values."""


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read a workbook: one message with the forms of one call.

    A workbook that is damaged, encrypted or dangerous, or that has no sheet of a form, is one bare
    fatal defect. Raises :class:`~esclusa.errors.LimitError` when it unpacks too far. Formulas are
    never computed. What is wrong is placed by sheet and cell; bytes of a packed file say nothing.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as held:
        try:
            book = seekable(stream, cast(BinaryIO, held), file, limits)
            for note in check_workbook(book, file=file, limits=limits):
                yield _bare("xlsx.left_alone", Severity.NOTE, note)
            found = _sheets(book, file)
        except FormatError as error:
            yield _bare("xlsx.refused", Severity.FATAL, error.reason)
            return
        yield from metered(_messages(found, file, limits), Work(file, limits, found[0].inside))


def _messages(found: list[Sheet], file: str, limits: Limits) -> Iterator[Message]:
    notes = Notes("", 0, limits.defects_per_message)
    filing = Filing(length=found[0].inside)
    for sheet in found:
        word = form_of(sheet.title)
        at = Cell("", "", sheet.title)
        if not word:
            reason = f"sheet {snippet(sheet.title)} is none of the forms; it was left out"
            notes.add("fal.sheet.unknown", Severity.NOTE, reason, at, at.where)
            continue
        section = filing.sections.setdefault(word, Section())
        _Reader(sheet, word, section, notes).read(file, limits)
    called = filing.sections.pop("call", None)
    filing.call = called.cells if called else []
    yield message_of(filing, ID, notes, limits)


def form_of(title: str) -> str:
    """Return the word of the form that a sheet is named after, ``call`` for the call's, else ""."""
    name = plain(title)
    known = sheets().get(name)
    if known:
        return known
    numbered = _FAL.match(name)
    wanted = f"FAL{name[numbered.end() - 1]}" if numbered else ""
    every = all_forms().forms.items()
    return next((word for word, each in every if each.key == wanted), "")


def _sheets(book: BinaryIO, file: str) -> list[Sheet]:
    """Return every sheet; raises :class:`FormatError` when none bears the name of a form."""
    first = open_sheet(book, "", file=file)
    try:
        parts = [
            (str(sheet.name), str(relation.target))
            for sheet, relation in first.reader.parser.find_sheets()
            if relation.target in first.reader.valid_files
        ]
    except Exception as error:
        reason = f"sheets cannot be found ({type(error).__name__})"
        raise FormatError(reason, file=file) from None
    found = [Sheet(title, part, first.reader, first.inside) for title, part in parts]
    if not any(form_of(sheet.title) for sheet in found):
        raise FormatError("no sheet is named after a FAL form", file=file)
    return found


class _Reader:
    """Reads one sheet into a section."""

    def __init__(self, sheet: Sheet, word: str, section: Section, notes: Notes) -> None:
        self._sheet, self._word, self._section, self._notes = sheet, word, section, notes
        self._form: Form | None = None if word == "call" else form(word)
        self._columns: list[str] = []
        self._rows: list[list[Cell]] = []

    def read(self, file: str, limits: Limits) -> None:
        """Read all rows; a bad row or cell costs only itself."""
        for row in sheet_rows(self._sheet, ".", file=file, limits=limits):
            if isinstance(row, Defect):
                self._flaw(row, self._sheet.title)
                continue
            for defect in row.defects:
                self._flaw(defect, f"{self._sheet.title}!{row.number}")
            if row.cells:
                self._row(row)

    def _flaw(self, defect: Defect, where: str) -> None:
        """Note what is wrong with a row; a lost row does not cost the workbook."""
        severity = Severity.ERROR if defect.severity is Severity.FATAL else defect.severity
        at = Cell("", "", where)
        self._notes.add(defect.code, severity, defect.reason, at, where)

    def _row(self, row: SheetRow) -> None:
        numbers = [self._number(text) for text in row.cells]
        if self._form and self._form.lists and _is_heading(row.cells, numbers):
            self._open(row, numbers)
        elif self._columns:
            self._rows.append(self._cells(row, self._columns))
        else:
            self._line(row, numbers)

    def _number(self, text: str) -> str:
        """Return the data number that a heading stands for, "" when it is none."""
        if found := _NUMBER.match(text):
            return found[1]
        name = plain(text)
        known = headings()
        return known.get((self._word, name)) or known.get(("", name), "")

    def _open(self, row: SheetRow, numbers: Sequence[str]) -> None:
        """Begin a table; headings that nobody knows are told, their cells left out."""
        assert self._form is not None
        for place, (text, number) in enumerate(zip(row.cells, numbers, strict=True), 1):
            if text and not number:
                where = self._where(row, place)
                reason = f"heading {snippet(text)} is not known; its column was left out"
                at = Cell("", "", where)
                self._notes.add("fal.heading.unknown", Severity.WARNING, reason, at, where)
        self._columns = list(numbers)
        self._rows = self._section.lists.setdefault(_list_of(self._form, numbers), [])

    def _cells(self, row: SheetRow, columns: Sequence[str]) -> list[Cell]:
        found = []
        for place, text in enumerate(row.cells, 1):
            tag = columns[place - 1] if place <= len(columns) else ""
            if tag and (cell := self._cell(row, place, tag, text)):
                found.append(cell)
            elif text and place > len(columns):
                at = Cell(f"column {place}", "", self._where(row, place))
                reason = "a cell right of all headings was left out"
                once("fal.heading.missing", Severity.WARNING, reason, at, self._word, self._notes)
        return found

    def _line(self, row: SheetRow, numbers: Sequence[str]) -> None:
        """Read a line of one number and its values; other lines are titles and the like."""
        first = next(place for place, text in enumerate(row.cells) if text)
        tag = numbers[first]
        values = [(place, text) for place, text in enumerate(row.cells, 1) if place > first + 1]
        if not tag or tag == LINE:
            if any(text for _, text in values):
                where = self._where(row, first + 1)
                reason = f"{snippet(row.cells[first])} is no data number; the line was left out"
                at = Cell("", "", where)
                self._notes.add("fal.key.unknown", Severity.WARNING, reason, at, where)
            return
        for place, text in values:
            if cell := self._cell(row, place, tag, text):
                self._section.cells.append(cell)

    def _cell(self, row: SheetRow, place: int, tag: str, text: str) -> Cell | None:
        cell = Cell(tag, text, self._where(row, place))
        kept = clean(cell, self._notes)
        return cell._replace(text=kept) if kept else None

    def _where(self, row: SheetRow, place: int) -> str:
        return f"{self._sheet.title}!{get_column_letter(place)}{row.number}"


def _is_heading(cells: Sequence[str], numbers: Sequence[str]) -> bool:
    """Answer whether a row holds headings: two data numbers or three captions, most of its cells.

    A line of one number whose value happens to be a caption is none.
    """
    filled = [text for text in cells if text]
    known = [number for text, number in zip(cells, numbers, strict=True) if text and number]
    numbered = sum(_NUMBER.match(text) is not None for text in filled)
    if numbered >= 2:
        return numbered == len(filled) or len(known) * 2 > len(filled)
    return len(known) >= _CAPTIONS and len(known) * 2 > len(filled)


def _list_of(known: Form, numbers: Sequence[str]) -> str:
    """Return the list that owns most of the headings, the form's own when none does."""

    def owned(name: str) -> int:
        return sum(number in known.lists[name].own for number in numbers)

    return max(known.lists, key=owned)


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the head names sheets as the forms are: one as ``FAL 5``, or two by title."""
    del name
    if not head.startswith(ZIP):
        return False
    names = [plain(title) for title in sheet_names(head)]
    if any(_FAL.match(each) for each in names):
        return True
    return sum(sheets().get(each, "call") != "call" for each in names) >= _NAMED


def _bare(code: str, severity: Severity, reason: str) -> Defect:
    return Defect(code=code, severity=severity, reason=reason, offset=0)


FORMAT: Final = Format(
    id=ID,
    title_en="Ship's pre-arrival forms (FAL workbook)",
    title_es="Formularios previos a la llegada del buque (libro FAL)",
    standard="FAL Convention, IMO Compendium (FAL.5/Circ.), IHR 2005 annex 8, SOLAS XI-2/9",
    sniff=sniff,
    read=read,
)
