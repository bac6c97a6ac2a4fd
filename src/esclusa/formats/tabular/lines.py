"""Lines of a file as bytes, each with its place, whatever their length.

Why not ``stream.readline``: a line of ten gigabytes must not be held, and in UTF-16 a line feed is
two bytes that may also stand across two characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from esclusa.errors import LimitError
from esclusa.formats.limits import DEFAULT, Limits

_CHUNK: Final = 256 * 1024


class Line(msgspec.Struct, frozen=True):
    """A line with its end; ``raw`` is None when it is longer than ``limits.row_bytes``."""

    offset: int
    length: int
    raw: bytes | None


def read_lines(
    stream: BinaryIO,
    *,
    newline: bytes = b"\n",
    mark: int = 0,
    file: str = "",
    limits: Limits = DEFAULT,
) -> Iterator[Line]:
    """Yield each line from the stream's position on, the first ``mark`` bytes left out.

    ``newline`` is the line end as bytes; two bytes mean that characters have two. Raises
    :class:`~esclusa.errors.LimitError` past ``limits.file_bytes``.
    """
    step = len(newline)
    if mark:
        stream.read(mark)
    buffer = b""
    start, dropped = mark, 0
    for chunk in _chunks(stream, file, limits):
        buffer += chunk
        position = 0
        while (at := _find(buffer, newline, position, step)) >= 0:
            end = at + step
            length = dropped + end - position
            yield Line(start, length, None if dropped else buffer[position:end])
            start, position, dropped = start + length, end, 0
        buffer = buffer[position:]
        if len(buffer) > limits.row_bytes:
            whole = len(buffer) - len(buffer) % step
            dropped, buffer = dropped + whole, buffer[whole:]
    if buffer or dropped:
        yield Line(start, dropped + len(buffer), None if dropped else buffer)


def _chunks(stream: BinaryIO, file: str, limits: Limits) -> Iterator[bytes]:
    fed = 0
    while chunk := stream.read(_CHUNK):
        fed += len(chunk)
        if fed > limits.file_bytes:
            raise LimitError(f"file is larger than {limits.file_bytes:,} bytes", file=file)
        yield chunk


def _find(buffer: bytes, newline: bytes, position: int, step: int) -> int:
    """Return where the next line end starts, on a whole code unit, -1 when there is none."""
    at = buffer.find(newline, position)
    while at >= 0 and (at - position) % step:
        at = buffer.find(newline, at + 1)
    return at
