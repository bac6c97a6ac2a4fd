"""Every message family that Esclusa reads, and how a file finds its reader.

Readers are imported when they are first needed: an XLSX library costs a quarter of a second that a
port call message should not pay. A new family is one module with a ``FORMAT`` and one line here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from esclusa.errors import FormatError, UnknownFormat
from esclusa.formats.files import HEAD, OpenedFile, open_file
from esclusa.formats.format import Format, TableFormat
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.model import Defect, Message, Severity

if TYPE_CHECKING:
    from esclusa.formats.tabular.guess import Proposal
    from esclusa.formats.tabular.mapping import Mapping

_MODULES: Final = {
    "edifact": "esclusa.formats.edifact.reader",
    "x12": "esclusa.formats.x12.reader",
    "un_security_council": "esclusa.formats.lists.un_security_council",
    "opensanctions_ftm": "esclusa.formats.lists.opensanctions_ftm",
    "ofac_sdn_xml": "esclusa.formats.lists.ofac_sdn_xml",
    "ofac_advanced": "esclusa.formats.lists.ofac_advanced",
    "eu_fsf": "esclusa.formats.lists.eu_fsf",
    "eu_fsf_csv": "esclusa.formats.lists.eu_fsf_csv",
    "uk_sanctions": "esclusa.formats.lists.uk_sanctions",
    "uk_sanctions_csv": "esclusa.formats.lists.uk_sanctions_csv",
    "uk_conlist": "esclusa.formats.lists.uk_conlist",
    "us_csl": "esclusa.formats.lists.us_csl",
    "interpol_notices": "esclusa.formats.lists.interpol_notices",
    "lost_documents": "esclusa.formats.lists.lost_documents",
    "ofac_sdn": "esclusa.formats.lists.ofac_sdn",
    "mrz": "esclusa.formats.mrz.stream",
    "asycuda": "esclusa.formats.asycuda.reader",
    "wco": "esclusa.formats.wco",
    "pnrgov_xml": "esclusa.formats.pnrgov_xml",
    "isf": "esclusa.formats.isf",
    "fal.json": "esclusa.formats.fal.json_layout",
    "fal.xlsx": "esclusa.formats.fal.xlsx_layout",
    "tabular.xlsx": "esclusa.formats.tabular.xlsx_reader",
    "tabular.csv": "esclusa.formats.tabular.csv_reader",
}
"""Id → module, the pickiest first: the first format whose ``sniff`` agrees gets the file, and
almost any text can be taken for a table."""

_TABLES: Final = frozenset(
    ("eu_fsf_csv", "uk_sanctions_csv", "uk_conlist", "us_csl", "lost_documents")
)
"""Formats that are tables with fixed headings: a mapping can read them too."""

_TEXT_TABLE: Final = "tabular.csv"
_PLAIN: Final = "plain text without columns"

_KINDS: Final = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"\x1f\x8b", "gzip data"),
    (b"\xd0\xcf\x11\xe0", "an older Office document or one with a password"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"<?xml", "XML of a kind not known here"),
    (b"{", "JSON of a kind not known here"),
    (b"[", "JSON of a kind not known here"),
    (b"<", "XML or HTML of a kind not known here"),
)


def ids() -> tuple[str, ...]:
    """Return the ids of all formats, in the order in which they are tried."""
    return tuple(_MODULES)


@cache
def by_id(format_id: str) -> Format:
    """Return the format of an id; ``edifact.cuscar`` is found under ``edifact``.

    Raises :class:`~esclusa.errors.UnknownFormat` when there is none.
    """
    family = format_id if format_id in _MODULES else format_id.partition(".")[0]
    if family not in _MODULES:
        known = ", ".join(_MODULES)
        raise UnknownFormat(f"no format is called {format_id[:40]!r}; known are {known}")
    found = import_module(_MODULES[family]).FORMAT
    if not isinstance(found, Format):
        raise TypeError(f"{_MODULES[family]}.FORMAT is not a Format")
    return found


def all_formats() -> tuple[Format, ...]:
    """Return every format; imports all readers."""
    return tuple(map(by_id, _MODULES))


def detect(head: bytes, name: str) -> Format:
    """Return the format of a file from its first 4,096 bytes (unpacked) and its name.

    Raises :class:`~esclusa.errors.UnknownFormat`, whose sentence says what the bytes look like.
    """
    bare = name.removesuffix(".gz")
    for format_id in _MODULES:
        found = by_id(format_id)
        if found.sniff(head[:HEAD], bare):
            return found
    raise UnknownFormat(f"no reader recognises it; it looks like {looks_like(head)}", file=name)


def table_of(head: bytes, name: str) -> TableFormat | None:
    """Return the format that a mapping named by a person is read with, None when the bytes are no
    table.

    Text without columns is one: it may have a single column, or a separator that only the mapping
    knows.
    """
    try:
        found = detect(head, name)
    except UnknownFormat:
        if looks_like(head) != _PLAIN:
            return None
        found = by_id(_TEXT_TABLE)
    return _as_table(found)


def _as_table(found: Format) -> TableFormat | None:
    """Return the format that a mapping reads such a file with, None when it is no table."""
    table = by_id(_TEXT_TABLE) if found.id in _TABLES else found
    return table if isinstance(table, TableFormat) else None


def propose(stream: OpenedFile, name: str, *, target: str = "") -> Proposal:
    """Propose a mapping for what :func:`~esclusa.formats.files.open_file` returned.

    ``target`` narrows the guess. Raises :class:`~esclusa.errors.FormatError` when it is no table,
    and :class:`~esclusa.errors.LimitError`.
    """
    return _table(stream, name).propose(stream, file=name, target=target)


def fitting(stream: OpenedFile, name: str, mappings: Sequence[Mapping]) -> tuple[Mapping, ...]:
    """Return those mappings all of whose column headings stand in the table.

    Raises :class:`~esclusa.errors.UnknownFormat`, :class:`~esclusa.errors.FormatError` for a
    damaged workbook, and :class:`~esclusa.errors.LimitError`.
    """
    found = _as_table(detect(stream.peek(HEAD)[:HEAD], name))
    return found.fitting(stream, mappings, file=name) if found else ()


def _table(stream: OpenedFile, name: str) -> TableFormat:
    head = stream.peek(HEAD)[:HEAD]
    if found := table_of(head, name):
        return found
    raise FormatError(f"a mapping reads tables; this is {_called(head, name)}", file=name)


def _called(head: bytes, name: str) -> str:
    """Return what a file that is no table is, for people."""
    try:
        return detect(head, name).title_en
    except UnknownFormat:
        return looks_like(head)


def looks_like(head: bytes) -> str:
    """Return what bytes seem to be, for people: ``a PDF document``."""
    if not head.strip():
        return "an empty file"
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for start, words in _KINDS:
        if bare.startswith(start):
            return words
    return "binary data" if b"\0" in head or _mostly_odd(head) else _PLAIN


def _mostly_odd(head: bytes) -> bool:
    odd = sum(byte < 32 and byte not in b"\t\r\n\f\x1a" for byte in head)
    return odd * 20 > len(head)


def read_file(
    path: Path | str,
    *,
    format_id: str = "",
    limits: Limits = DEFAULT,
    mapping: Mapping | None = None,
) -> Iterator[Message | Defect]:
    """Open a file, packed with gzip or not, and read it with the reader that recognises it.

    ``mapping`` explains the columns of a table. Offsets count in the unpacked bytes. Packed data
    that ends early gives a bare fatal defect after the messages before it. Raises
    :class:`~esclusa.errors.UnknownFormat`, :class:`~esclusa.errors.LimitError`,
    :class:`~esclusa.errors.FormatError` for a mapping to what is no table, or
    :class:`~esclusa.errors.InputError` when the file cannot be opened.
    """
    name = Path(path).name
    with open_file(path, limits) as stream:
        yield from read_stream(stream, name, format_id=format_id, limits=limits, mapping=mapping)


def read_stream(
    stream: OpenedFile,
    name: str,
    *,
    format_id: str = "",
    limits: Limits = DEFAULT,
    mapping: Mapping | None = None,
) -> Iterator[Message | Defect]:
    """Read what :func:`~esclusa.formats.files.open_file` returned; as :func:`read_file`."""
    if mapping is None:
        found = by_id(format_id) if format_id else detect(stream.peek(HEAD)[:HEAD], name)
        items = found.read(stream, file=name, limits=limits)
    else:
        items = _table(stream, name).read(stream, file=name, limits=limits, mapping=mapping)
    try:
        yield from items
    except FormatError as error:
        yield Defect(
            code="file.damaged",
            severity=Severity.FATAL,
            reason=error.reason,
            offset=max(error.offset, 0),
        )
