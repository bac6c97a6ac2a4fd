"""A stream as text whose every character is one byte, so that an index is a byte position.

EDIFACT and X12 cut a file at single bytes, whatever the character set. Latin-1 maps each byte to
one character, which lets the fast string methods of Python do the cutting; the real character set
is applied later, segment by segment (``charset``).
"""

from __future__ import annotations

from typing import BinaryIO

from esclusa.errors import LimitError

BLOCK = 128 * 1024
"""Bytes fetched at a time: past 64 KiB the speed no longer changes, and memory stays small."""

CONTEXT = 128
"""Characters kept before the position, so that a look behind gives the same answer in any block."""


class Source:
    """The unread part of a stream: ``text[at:]`` begins at byte ``start + at`` of the file."""

    __slots__ = ("_file", "_limit", "_stream", "at", "ended", "start", "text")

    def __init__(self, stream: BinaryIO, *, file: str, limit: int) -> None:
        self._stream = stream
        self._file = file
        self._limit = limit
        self.text = ""
        self.start = 0
        self.at = 0
        self.ended = False

    @property
    def offset(self) -> int:
        """Byte position in the file of the next unread character."""
        return self.start + self.at

    def move(self, offset: int) -> None:
        """Continue at this byte of the file; it must still be in the buffer."""
        self.at = offset - self.start

    def more(self) -> bool:
        """Fetch one more block, forgetting what was read; False when the stream has ended.

        :raises LimitError: the file is larger than the limits allow.
        """
        block = b"" if self.ended else self._stream.read(BLOCK)
        if not block:
            self.ended = True
            return False
        forget = max(0, self.at - CONTEXT)
        self.text = self.text[forget:] + block.decode("latin-1")
        self.start += forget
        self.at -= forget
        if self.start + len(self.text) > self._limit:
            reason = f"the file is larger than the limit of {self._limit} bytes"
            raise LimitError(reason, file=self._file, offset=self._limit)
        return True

    def need(self, count: int) -> None:
        """Fetch until ``count`` characters lie ahead or the stream ends."""
        while len(self.text) - self.at < count and self.more():
            pass
