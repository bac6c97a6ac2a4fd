"""The forms as JSON keyed by IMO data numbers.

A file holds one object for each call: alone, in an array, or one after another::

    {"IMO0140": "9999993", "IMO0142": "NORTHREACH PIONEER", "IMO0108": "PAONX",
     "FAL1": {"IMO0196": "…"},
     "FAL5": {"items": [{"IMO0098": "…", "IMO0100": "…"}, …]}}

Data numbers at the top hold for all forms. A form is an object under its key (``FAL1`` to ``FAL7``,
``MDH``, ``SECURITY``, ``WASTE``) with data numbers of its own and lists of rows; a bare array is
its own list. A value is a text, a number, true, false, or an array of them. A key that comes twice
is told. Values are texts when written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from esclusa.errors import LimitError
from esclusa.formats.fal.cleaning import clean
from esclusa.formats.fal.filing import Cell, Filing, Section
from esclusa.formats.fal.reading import message_of
from esclusa.formats.fal.tables import LINE, form, words_by_key
from esclusa.formats.fal.writing import filings
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.work import Work, metered
from esclusa.model import Defect, Message, Severity

ID: Final = "fal.json"

_NUMBER: Final = re.compile(r"IMO[0-9]{4}")
_BLANK: Final = re.compile(r"[\s,]*")
_NEXT: Final = re.compile(r"\n ?(?=\{)")
"""Where reading goes on behind damage: a line that opens an object, at most one blank before it."""

_KEYS: Final = "|".join(words_by_key())
_OPENING: Final = re.compile(rf'[\s\[]*\{{\s*"(?:IMO[0-9]{{4}}|{_KEYS})"\s*:'.encode())
_MARK: Final = b"\xef\xbb\xbf"


class _Pairs(list[tuple[str, Any]]):
    """The pairs of an object, keys that come twice among them."""


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_float=str, parse_int=str, parse_constant=str
)
"""Numbers stay the text they are: 0.10 is a quantity, not a float."""


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read a file of calls; see :class:`~esclusa.formats.format.Reader`. The file is held whole,
    so it may have ``limits.message_bytes``."""
    yield from metered(_messages(stream, file, limits), Work(file, limits))


def _messages(stream: BinaryIO, file: str, limits: Limits) -> Iterator[Message | Defect]:
    data = stream.read(limits.message_bytes + 1)
    if len(data) > limits.message_bytes:
        raise LimitError(f"file is larger than {limits.message_bytes:,} bytes", file=file)
    try:
        text = data.removeprefix(_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        yield _bare("file is not text in UTF-8", error.start)
        return
    before = len(data) - len(data.removeprefix(_MARK))
    yield from _objects(text, before, file, limits)


def _objects(text: str, offset: int, file: str, limits: Limits) -> Iterator[Message | Defect]:
    """Yield a message for each object; ``offset`` is the byte where the text starts."""
    at, index = 0, 0
    listed = text.lstrip().startswith("[")
    place = _end_of_blank(text, text.index("[") + 1 if listed else 0)
    while place < len(text) and not (listed and text[place] == "]"):
        offset += len(text[at:place].encode())
        at = place
        pointer = f"/{index}" if listed else ""
        found, place, reason = _decoded(text, at)
        length = len(text[at:place].encode())
        if reason or not isinstance(found, _Pairs):
            yield _refused(reason or "no JSON object", offset, length)
        else:
            notes = Notes("", offset, limits.defects_per_message)
            filing = _filing(found, pointer, notes)
            filing.offset, filing.length = offset, length
            yield message_of(filing, ID, notes, limits)
        index += 1
        if index > limits.messages:
            raise LimitError(f"more than {limits.messages:,} objects", file=file, offset=offset)
        place = _end_of_blank(text, place)
    if not index:
        yield _bare("file holds no JSON object", 0)
    elif listed and place >= len(text):
        yield _bare("the array is not closed; the file may have been cut", offset + length)


def _end_of_blank(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _decoded(text: str, at: int) -> tuple[Any, int, str]:
    """Return the value at a place, where it ends, and what is wrong; then it ends where the next
    object may begin."""
    try:
        found, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", "nested too deeply")
        line = getattr(error, "lineno", 0)
        where = _NEXT.search(text, max(getattr(error, "pos", at), at + 1))
        end = where.end() if where else len(text)
        return None, end, f"not JSON: {reason}" + (f", line {line}" if line else "")
    return found, end, ""


def _refused(reason: str, offset: int, length: int) -> Message:
    defect = Defect(
        code="fal.json", severity=Severity.FATAL, reason=reason, offset=offset, length=length
    )
    return Message(format=ID, offset=offset, length=length, defects=(defect,))


def _bare(reason: str, offset: int) -> Defect:
    return Defect(code="fal.json", severity=Severity.FATAL, reason=reason, offset=offset)


class _Maker:
    """Turns the parsed values of one object into cells, and notes what is none."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def filing(self, pairs: _Pairs, pointer: str) -> Filing:
        filing = Filing()
        for key, value in pairs:
            where = f"{pointer}/{_escaped(key)}"
            word = words_by_key().get(key)
            if word:
                self._section(word, value, where, filing.sections.setdefault(word, Section()))
            elif _NUMBER.fullmatch(key):
                filing.call += self._cells(key, value, where)
            else:
                self._unknown(key, where)
        return filing

    def _section(self, word: str, value: Any, where: str, section: Section) -> None:
        if isinstance(value, _Pairs):
            for key, inner in value:
                place = f"{where}/{_escaped(key)}"
                if key in form(word).lists:
                    self._rows(inner, place, section.lists.setdefault(key, []))
                elif _NUMBER.fullmatch(key):
                    section.cells += self._cells(key, inner, place)
                else:
                    self._unknown(key, place)
        elif isinstance(value, list):
            self._rows(value, where, section.lists.setdefault(form(word).main, []))
        elif value is not None:
            self._wrong("an object or an array of rows was expected", where)

    def _rows(self, value: Any, where: str, rows: list[list[Cell]]) -> None:
        if not isinstance(value, list) or isinstance(value, _Pairs):
            self._wrong("an array of rows was expected", where)
            return
        for number, row in enumerate(value):
            place = f"{where}/{number}"
            if isinstance(row, _Pairs):
                rows.append(self._row(row, place))
            else:
                self._wrong("a row must be an object; it was left out", place)

    def _row(self, pairs: _Pairs, where: str) -> list[Cell]:
        cells: list[Cell] = []
        for key, value in pairs:
            place = f"{where}/{_escaped(key)}"
            if key == LINE or _NUMBER.fullmatch(key):
                cells += self._cells(key, value, place)
            else:
                self._unknown(key, place)
        return cells

    def _cells(self, tag: str, value: Any, where: str) -> list[Cell]:
        if isinstance(value, list) and not isinstance(value, _Pairs):
            return [
                cell
                for number, each in enumerate(value)
                for cell in self._cell(tag, each, f"{where}/{number}")
            ]
        return self._cell(tag, value, where)

    def _cell(self, tag: str, value: Any, where: str) -> list[Cell]:
        if value is None:
            return []
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if not isinstance(value, str):
            self._wrong("a text, a number, true or false was expected", where, tag)
            return []
        cell = Cell(tag, value, where, self.notes.offset)
        text = clean(cell, self.notes)
        return [cell._replace(text=text)] if text else []

    def _unknown(self, key: str, where: str) -> None:
        reason = f"key {snippet(key)} is neither a data number nor known here; left out"
        self._note("fal.key.unknown", Severity.WARNING, reason, where[:200], "")

    def _wrong(self, reason: str, where: str, tag: str = "") -> None:
        self._note("fal.value", Severity.ERROR, reason, where, tag)

    def _note(self, code: str, severity: Severity, reason: str, where: str, tag: str) -> None:
        at = Cell(tag, "", where, self.notes.offset)
        self.notes.add(code, severity, reason, at, where)


def _filing(pairs: _Pairs, pointer: str, notes: Notes) -> Filing:
    return _Maker(notes).filing(pairs, pointer)


def _escaped(key: str) -> str:
    """Return a key as part of a JSON pointer (RFC 6901 §3)."""
    return clean_key(key).replace("~", "~0").replace("/", "~1")


def clean_key(key: str) -> str:
    """Return a key that any text can hold: it goes into a defect."""
    return key[:64].encode("utf-8", "replace").decode().replace("\0", "")


# -- written --------------------------------------------------------------------------------


def write(message: Message) -> bytes:
    """Return a message's statements as JSON: an object, or an array of them for several calls.

    Equal statements give equal bytes. Raises
    :class:`~esclusa.formats.edifact.drafting.WritingError` for what no form carries.
    """
    objects = [_object(filing) for filing in filings(message)]
    said = objects[0] if len(objects) == 1 else objects
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def _object(filing: Filing) -> dict[str, Any]:
    found: dict[str, Any] = _keyed(filing.call)
    for word, section in filing.sections.items():
        lists = {name: [_keyed(row) for row in rows] for name, rows in section.lists.items()}
        found[form(word).key] = {**_keyed(section.cells), **lists}
    return found


def _keyed(cells: list[Cell]) -> dict[str, Any]:
    """Return number → text, or texts where a number has several."""
    found: dict[str, list[str]] = {}
    for cell in cells:
        found.setdefault(cell.tag, []).append(cell.text)
    return {tag: texts[0] if len(texts) == 1 else texts for tag, texts in found.items()}


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the first key of the first object is a data number or the key of a form."""
    del name
    return _OPENING.match(head.removeprefix(_MARK)) is not None


FORMAT: Final = Format(
    id=ID,
    title_en="Ship's pre-arrival forms (JSON by IMO data numbers)",
    title_es="Formularios previos a la llegada del buque (JSON por números de dato OMI)",
    standard="FAL Convention, IMO Compendium (FAL.5/Circ.), IHR 2005 annex 8, SOLAS XI-2/9",
    sniff=sniff,
    read=read,
)
