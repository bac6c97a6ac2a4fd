"""May this zip archive be opened as a workbook?

An XLSX file is a zip of XML parts. Before the workbook library sees a byte, the directory of the
archive is read and each XML part is run past a parser that keeps nothing (``survey``).
"""

from __future__ import annotations

import zipfile
import zlib
from typing import BinaryIO, Final

from esclusa.errors import FormatError, LimitError
from esclusa.formats.limits import MIB, Limits
from esclusa.formats.tabular.survey import STRINGS, Survey
from esclusa.formats.zips import open_zip

MEMBERS: Final = 10_000
"""Parts of one workbook. A thousand sheets with drawings make about 4,000."""

_SMALL: Final = 1 * MIB
"""Below this a part cannot hurt however well it packs; blank style tables pack 1 to 300."""

_STRINGS: Final = 256 * MIB
"""Shared strings are held in memory, in one to four times their size."""

_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError)

_PACKING: Final = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
"""What ISO/IEC 29500-2 annex C allows a part to be packed with."""

_WORKBOOK: Final = "xl/workbook.xml"

_MACROS: Final = "vbaproject.bin"

_XML: Final = (".xml", ".rels", ".vml")

_HEAD: Final = 64

_TOLD: Final = 160
"""Characters of what ``zipfile`` says that are told: it quotes names out of the file, which may
have 65,535."""

ZIP: Final = b"PK\x03\x04"
"""Begins a zip archive."""

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Begins both a workbook with a password and the older XLS."""


def seekable(stream: BinaryIO, held: BinaryIO, file: str, limits: Limits) -> BinaryIO:
    """Copy a workbook to ``held``, where the zip directory at its end can be read first.

    Raises :class:`~esclusa.errors.FormatError` when it is empty or no zip archive, and
    :class:`~esclusa.errors.LimitError` when it is too large.
    """
    size = 0
    while chunk := stream.read(MIB):
        size += len(chunk)
        if size > min(limits.file_bytes, limits.archive_bytes):
            raise LimitError(f"workbook is larger than {size:,} bytes", file=file)
        held.write(chunk)
        if size == len(chunk) and not chunk.startswith(ZIP):
            raise FormatError(_what(chunk), file=file)
    if not size:
        raise FormatError("file is empty", file=file)
    held.seek(0)
    return held


def _what(head: bytes) -> str:
    if head.startswith(_OLE):
        return "is an XLS workbook or one with a password; save it as XLSX without password"
    return "is not an XLSX workbook"


def check_workbook(stream: BinaryIO, *, file: str, limits: Limits) -> list[str]:
    """Return notes on what in the archive will be left alone (macros, links to other files).

    ``stream`` must be seekable. Raises :class:`~esclusa.errors.FormatError` when it is no workbook
    or has an encrypted or oddly named part or a document type declaration, and
    :class:`~esclusa.errors.LimitError` when it would unpack too far.
    """
    try:
        with open_zip(stream, file) as archive:
            members = archive.infolist()
            _check_directory(members, file, limits)
            _check_parts(archive, members, file, limits)
    except (*_DAMAGE, ValueError) as error:
        said = str(error)
        said = said if len(said) <= _TOLD else f"{said[:_TOLD]}…"
        raise FormatError(f"damaged zip archive: {said}", file=file) from None
    return list(_notes(members))


def _check_directory(members: list[zipfile.ZipInfo], file: str, limits: Limits) -> None:
    names = [member.filename for member in members]
    if len(members) > MEMBERS:
        raise LimitError(f"archive has {len(members):,} parts, at most {MEMBERS:,}", file=file)
    if _WORKBOOK not in names:
        raise FormatError("is a zip archive but no XLSX workbook; unpack it first", file=file)
    if len(set(map(str.lower, names))) != len(names):
        raise FormatError("two parts of the workbook have one name", file=file)
    if any(_odd(name) for name in names):
        raise FormatError("a part of the workbook has a name outside the archive", file=file)
    if any(member.flag_bits & 1 for member in members):
        raise FormatError("workbook is encrypted; save it without a password", file=file)
    if any(member.compress_type not in _PACKING for member in members):
        raise FormatError("a part of the workbook is packed in an unusual way", file=file)
    _check_sizes(members, file, limits)


def _check_sizes(members: list[zipfile.ZipInfo], file: str, limits: Limits) -> None:
    total = sum(member.file_size for member in members)
    if total > limits.archive_bytes:
        raise LimitError(
            f"workbook unpacks to {total:,} bytes, at most {limits.archive_bytes:,}", file=file
        )
    for member in members:
        if member.filename.lower() == STRINGS and member.file_size > _STRINGS:
            raise LimitError(f"shared strings have more than {_STRINGS:,} bytes", file=file)
        if member.file_size > max(_SMALL, limits.archive_ratio * member.compress_size):
            raise LimitError(
                f"a part unpacks to more than {limits.archive_ratio} times its size", file=file
            )


def _odd(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.split("/") or "\\" in name or ":" in name


def _check_parts(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], file: str, limits: Limits
) -> None:
    for member in members:
        name = member.filename.lower()
        with archive.open(member) as part:
            if name.endswith(_XML) or _looks_like_xml(_head(archive, member)):
                Survey(name, file, limits).look(part)


def _head(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as part:
        return part.read(_HEAD)


def _looks_like_xml(head: bytes) -> bool:
    """A sheet may hide in a part of any name."""
    return head[:_HEAD].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<")


def _notes(members: list[zipfile.ZipInfo]) -> list[str]:
    names = [member.filename.lower() for member in members]
    notes = []
    if any(name.endswith(_MACROS) for name in names):
        notes.append("the workbook has macros; they were left alone")
    if any(name.startswith("xl/externallinks/") for name in names):
        notes.append("the workbook refers to other files; they were not opened")
    return notes
