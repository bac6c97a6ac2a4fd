"""Whether bytes are a photograph: JPEG (ISO/IEC 10918-1) or PNG (ISO/IEC 15948), by content.

A name and a declared type are what a sender says. This looks at the structure from end to end and
draws nothing: markers and their lengths of a JPEG up to its end, chunks and their checksums of a
PNG. What a camera writes behind a JPEG's end (a second picture, a trailer) is its own; behind the
last chunk of a PNG nothing may stand.
"""

from __future__ import annotations

import zlib
from typing import Final

import msgspec

from esclusa.errors import FormatError

JPEG: Final = "jpeg"
PNG: Final = "png"
_START: Final = b"\xff\xd8"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length (B.1.1.3)."""
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start of a frame: it tells the size (B.2.2)."""
_SCAN: Final = 0xDA
_END: Final = 0xD9
_CHUNKS: Final = 100_000
"""More chunks than any camera or screenshot writes."""


class Photograph(msgspec.Struct, frozen=True, kw_only=True):
    """What bytes are: ``jpeg`` or ``png``, and how many pixels wide and high."""

    kind: str
    width: int
    height: int


def photograph(data: bytes, *, file: str = "") -> Photograph:
    """Return what the bytes of a photograph are.

    :param file: its name, for errors.
    :raises FormatError: with the byte at which it stops to be a JPEG or PNG.
    """
    if data.startswith(_START):
        width, height = _jpeg(data, file)
        kind = JPEG
    elif data.startswith(_PNG):
        width, height = _png(data, file)
        kind = PNG
    else:
        raise _wrong("no photograph: it begins as neither JPEG nor PNG", 0, file)
    if not width or not height:
        raise _wrong("a photograph without a width or height", 0, file)
    return Photograph(kind=kind, width=width, height=height)


def _jpeg(data: bytes, file: str) -> tuple[int, int]:
    """Return width and height, after every marker up to the end of the image."""
    place, size, scanned = 2, (0, 0), False
    while True:
        if data[place : place + 1] != b"\xff":
            raise _wrong("a JPEG without a marker where one must be", place, file)
        while data[place + 1 : place + 2] == b"\xff":  # fill bytes
            place += 1
        code = data[place + 1] if place + 1 < len(data) else -1
        place += 2
        if code == _END:
            if not scanned:
                raise _wrong("a JPEG without an image", place, file)
            return size
        if code in _ALONE:
            continue
        length = int.from_bytes(data[place : place + 2], "big")
        if code <= 0 or length < 2 or place + length > len(data):
            raise _wrong("a JPEG that is cut off or damaged", min(place, len(data)), file)
        if code in _FRAMES:
            if length < 8:
                raise _wrong("a JPEG whose frame is too short", place, file)
            high = int.from_bytes(data[place + 3 : place + 5], "big")
            wide = int.from_bytes(data[place + 5 : place + 7], "big")
            size = (wide, high)
        place += length
        if code == _SCAN:
            scanned, place = True, _after_scan(data, place, file)


def _after_scan(data: bytes, place: int, file: str) -> int:
    """Return where the marker behind compressed data stands: 0xFF that is not followed by 0, as
    within the data, nor by a restart (B.1.1.5)."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise _wrong("a JPEG that is cut off: it has no end", len(data), file)
        code = data[place + 1]
        if code == 0xFF:
            place += 1
        elif code == 0 or 0xD0 <= code <= 0xD7:
            place += 2
        else:
            return place


def _png(data: bytes, file: str) -> tuple[int, int]:
    """Return width and height, after every chunk and its checksum."""
    place, size, drawn = len(_PNG), (0, 0), False
    for number in range(_CHUNKS):
        length = int.from_bytes(data[place : place + 4], "big")
        end = place + 12 + length
        if place + 12 > len(data) or end > len(data):
            raise _wrong("a PNG that is cut off", min(place, len(data)), file)
        kind = data[place + 4 : place + 8]
        said = int.from_bytes(data[end - 4 : end], "big")
        if zlib.crc32(data[place + 4 : end - 4]) != said:
            raise _wrong("a PNG whose checksum does not hold", place, file)
        if (number == 0) != (kind == b"IHDR") or (kind == b"IHDR" and length != 13):
            raise _wrong("a PNG whose header is missing or repeated", place, file)
        if kind == b"IHDR":
            wide = int.from_bytes(data[place + 8 : place + 12], "big")
            size = (wide, int.from_bytes(data[place + 12 : place + 16], "big"))
        drawn = drawn or kind == b"IDAT"
        place = end
        if kind == b"IEND":
            break
    else:
        raise _wrong("a PNG with more parts than a photograph has", place, file)
    if not drawn:
        raise _wrong("a PNG without an image", place, file)
    if place != len(data):
        raise _wrong("a PNG with something behind its end", place, file)
    return size


def _wrong(reason: str, place: int, file: str) -> FormatError:
    return FormatError(reason, file=file, offset=place)
