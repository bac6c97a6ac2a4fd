"""Opening files from strangers: gzip unpacked within bounds, zip archives refused.

Why not ``gzip.open``: it unpacks without a bound, and ten megabytes can hold ten gigabytes.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, Final, cast

from esclusa.errors import FormatError, InputError, LimitError, UnknownFormat
from esclusa.formats.limits import DEFAULT, MIB, Limits
from esclusa.formats.zips import open_zip

HEAD: Final = 4096
"""Bytes that decide which reader gets a file."""

_BUFFER: Final = 64 * 1024
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_GZIP_BITS: Final = 31
"""zlib's word for "gzip header and trailer, largest window"."""


class OpenedFile(io.BufferedReader):
    """A buffered stream of a file's unpacked bytes; closes the file with it."""


def open_file(path: Path | str, limits: Limits = DEFAULT) -> OpenedFile:
    """Open a file for reading; one that is packed with gzip is unpacked as it is read.

    Raises :class:`~esclusa.errors.InputError` when it cannot be opened,
    :class:`~esclusa.errors.UnknownFormat` for a zip archive that is no XLSX workbook, and
    :class:`~esclusa.errors.LimitError` when it is larger than ``limits.file_bytes``. Reading from
    it raises :class:`~esclusa.errors.LimitError` when gzip data unpacks too far and
    :class:`~esclusa.errors.FormatError` when they are damaged.
    """
    path = Path(path)
    try:
        raw = path.open("rb")
        size = path.stat().st_size
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", file=path.name) from None
    try:
        if size > limits.file_bytes:
            raise LimitError(f"file is larger than {limits.file_bytes:,} bytes", file=path.name)
        return _opened(raw, path, limits)
    except BaseException:
        raw.close()
        raise


def open_stream(stream: BinaryIO, name: str, limits: Limits = DEFAULT) -> OpenedFile:
    """Return the same for bytes that are already open (an upload); they are not closed with it."""
    buffered = OpenedFile(cast(io.RawIOBase, _Chunks(stream)), _BUFFER)
    if buffered.peek(2).startswith(_GZIP):
        return OpenedFile(Unpacked(cast(BinaryIO, buffered), name, limits), _BUFFER)
    return buffered


def _opened(raw: io.BufferedReader, path: Path, limits: Limits) -> OpenedFile:
    head = raw.peek(len(_ZIP))
    if head.startswith(_GZIP):
        return OpenedFile(Unpacked(cast(BinaryIO, raw), path.name, limits), _BUFFER)
    if head.startswith(_ZIP) and not _is_workbook(raw, path.name):
        reason = "is a zip archive but no XLSX workbook; unpack it first"
        raise UnknownFormat(reason, file=path.name)
    plain = raw.detach()
    plain.seek(0)
    return OpenedFile(plain, _BUFFER)


def _is_workbook(raw: io.BufferedReader, file: str) -> bool:
    try:
        with open_zip(cast(BinaryIO, raw), file) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return True  # damaged: the workbook reader says so in its own words


class _Chunks(io.RawIOBase):
    """Any object with ``read`` as a raw stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as the stream goes, however small its portions."""
        filled = 0
        while filled < len(buffer) and (data := self._stream.read(len(buffer) - filled)):
            buffer[filled : filled + len(data)] = data
            filled += len(data)
        return filled


class Unpacked(io.RawIOBase):
    """The bytes inside gzip data (RFC 1952), several members joined, within ``limits``."""

    def __init__(self, packed: BinaryIO, name: str, limits: Limits) -> None:
        self._packed, self._name, self._limits = packed, name, limits
        self._member = zlib.decompressobj(_GZIP_BITS)
        self._left = b""
        self._taken = self._given = 0

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        """Close the packed file as well."""
        self._packed.close()
        super().close()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as the data go; 0 at the end."""
        filled = 0
        while filled < len(buffer) and (self._left or filled == 0):
            if not self._left and not self._refill():
                break
            data = self._unpack(len(buffer) - filled)
            buffer[filled : filled + len(data)] = data
            filled += len(data)
            self._given += len(data)
            self._check()
        return filled

    def _refill(self) -> bool:
        """Take more packed bytes; False at a proper end."""
        self._left = self._packed.read(_BUFFER)
        self._taken += len(self._left)
        if self._left:
            return True
        if self._member.eof or not self._taken:
            return False
        raise FormatError("gzip data end early", file=self._name, offset=self._given)

    def _unpack(self, size: int) -> bytes:
        if self._member.eof:
            self._left = self._left.lstrip(b"\0")
            if not self._left:
                return b""
            self._member = zlib.decompressobj(_GZIP_BITS)
        try:
            data = self._member.decompress(self._left, size)
        except zlib.error:
            reason = "gzip data are damaged"
            raise FormatError(reason, file=self._name, offset=self._given) from None
        self._left = self._member.unused_data or self._member.unconsumed_tail
        return data

    def _check(self) -> None:
        """Refuse data that unpack to more than any real file would."""
        most = self._limits.archive_ratio * max(self._taken, 1)
        if self._given > self._limits.archive_bytes or self._given > max(most, MIB):
            raise LimitError(
                f"gzip data unpack to more than {self._limits.archive_bytes:,} bytes or "
                f"{self._limits.archive_ratio} times their size",
                file=self._name,
                offset=self._given,
            )
