"""Opening zip archives from strangers: a directory that is too large is not read.

``zipfile`` makes an object for each entry of the directory before anybody can ask how many there
are; a hundred megabytes of entries would take a gigabyte.
"""

from __future__ import annotations

import zipfile
from typing import BinaryIO, Final, cast

from esclusa.errors import LimitError
from esclusa.formats.limits import MIB

_DIRECTORY: Final = 2 * MIB
"""Bytes of a directory; ten thousand parts take 1.2 MB."""


def open_zip(stream: BinaryIO, file: str) -> zipfile.ZipFile:
    """Open an archive whose directory is not larger than any workbook's.

    Raises :class:`~esclusa.errors.LimitError` when it is, and what ``zipfile`` raises for damage.
    """
    guard = _Guard(stream, file)
    archive = zipfile.ZipFile(cast(BinaryIO, guard))
    guard.opened = True
    return archive


class _Guard:
    """A seekable stream that hands out no more than a directory at a time until it is opened."""

    def __init__(self, stream: BinaryIO, file: str) -> None:
        self._stream, self._file = stream, file
        self.opened = False
        self.seek, self.tell = stream.seek, stream.tell
        self.seekable, self.close = stream.seekable, stream.close

    def read(self, size: int = -1) -> bytes:
        """Read as the stream does."""
        if self.opened or 0 <= size <= _DIRECTORY:
            return self._stream.read(size)
        data = self._stream.read(_DIRECTORY + 1)
        if len(data) > _DIRECTORY:
            reason = f"the directory of the archive is larger than {_DIRECTORY:,} bytes"
            raise LimitError(reason, file=self._file)
        return data
