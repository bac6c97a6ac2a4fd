"""One look at each XML part of a workbook, with a parser that keeps nothing.

The workbook library holds every part in memory but the rows of a sheet, expands entities, and pads
what is missing. So each part is run past expat first: a document type declaration, deep nesting or
more elements than any program writes end it before the library sees a byte.

Shared strings and styles stand in parts of fixed names; the one rule that makes a look by name
enough is that the table of contents must call them by these names.
"""

from __future__ import annotations

from typing import IO, Final
from xml.parsers import expat

from esclusa.errors import FormatError, LimitError
from esclusa.formats.limits import Limits

STRINGS: Final = "xl/sharedstrings.xml"
SHEETS: Final = "xl/worksheets/"
CONTENTS: Final = "[content_types].xml"

_HELD: Final = ("xl/workbook.xml", "xl/styles.xml", CONTENTS, "docprops/")
"""Parts whose elements become objects of the library, a kilobyte each."""

_UNHELD: Final = 20
"""Times more elements that other parts may have: drawings, pivot tables, which nobody opens."""

_CELLS: Final = 16_384
"""Cells of a row (Excel specifications and limits), which are held until the row ends."""

_NAMES: Final = {
    ".sharedstrings+xml": f"/{STRINGS}",
    ".main+xml": "/xl/workbook.xml",
}
"""End of a content type, and the only name its part may have here."""

_CHUNK: Final = 64 * 1024


class Survey:
    """Looks at one part. ``name`` is the part's, in lower case."""

    def __init__(self, name: str, file: str, limits: Limits) -> None:
        self._name, self._file, self._limits = name, file, limits
        self._most = limits.elements
        if not (name.startswith(_HELD) or name.endswith(".rels")):
            self._most *= _UNHELD
        self._depth = self._count = self._items = self._strings = 0
        self._item = {STRINGS: "si"}.get(name, "row" if name.startswith(SHEETS) else "")
        self._inside = 0
        self._parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype

    def look(self, stream: IO[bytes]) -> None:
        """Read the part to its end.

        Raises :class:`~esclusa.errors.FormatError` for a document type declaration and for what is
        not XML, and :class:`~esclusa.errors.LimitError` past a limit.
        """
        try:
            while chunk := stream.read(_CHUNK):
                self._parser.Parse(chunk, False)
            self._parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, ValueError):
            raise self._not_xml() from None

    def _not_xml(self) -> FormatError:
        reason = "a part of the workbook declares a document type or is not XML"
        return FormatError(reason, file=self._file)

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        raise self._not_xml()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        """Count elements; those of one row or string by themselves."""
        self._depth += 1
        if self._depth > self._limits.xml_depth:
            raise self._too_many(self._limits.xml_depth, "levels of elements")
        if self._inside:
            self._items += 1
            if self._items > _CELLS * 8:
                raise self._too_many(_CELLS * 8, f"elements in one {self._item}")
            return
        if self._item and name.rpartition(":")[2] == self._item:
            self._inside, self._items = self._depth, 0
            self._strings += 1
            if self._item == "si" and self._strings > self._limits.strings:
                raise self._too_many(self._limits.strings, "shared strings")
            return
        self._count += 1
        if self._count > self._most:
            raise self._too_many(self._most, "elements")
        if self._name == CONTENTS:
            self._check_name(attributes)

    def _end(self, name: str) -> None:
        if self._depth == self._inside:
            self._inside = 0
        self._depth -= 1

    def _check_name(self, attributes: dict[str, str]) -> None:
        kind = attributes.get("ContentType", "").lower()
        part = attributes.get("PartName", "").lower()
        for end, only in _NAMES.items():
            if kind.endswith(end) and part not in ("", only):
                raise FormatError(
                    f"workbook calls its part {only} by another name", file=self._file
                )

    def _too_many(self, most: int, what: str) -> LimitError:
        reason = f"part {self._name[:60]!r} of the workbook has more than {most:,} {what}"
        return LimitError(reason, file=self._file)
