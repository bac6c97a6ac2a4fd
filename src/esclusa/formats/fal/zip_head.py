"""The names of a workbook's sheets, as far as the first bytes of its archive tell.

A zip archive has its directory at its end, which sniffing does not see. But each part begins with
a header of its own (APPNOTE 4.3.7), and Excel writes the list of sheets third, our own writer
first. Where it stands later, nothing is known.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Final

_HEADER: Final = struct.Struct("<4s5H3I2H")
_LOCAL: Final = b"PK\x03\x04"
_WORKBOOK: Final = b"xl/workbook.xml"
_STORED: Final = 0
_DEFLATED: Final = 8
_MOST: Final = 64 * 1024
"""Bytes that the part may unpack to; a thousand sheets are named in about as many."""

_SHEET: Final = re.compile(rb"<(?:\w+:)?sheet\s[^>]*?name=\"([^\"]{1,200})\"")


def sheet_names(head: bytes) -> list[str]:
    """Return the names of sheets, none when the head does not tell; never raises."""
    part = _part(head)
    return [name.decode("utf-8", "replace") for name in _SHEET.findall(part)]


def _part(head: bytes) -> bytes:
    """Return what the head holds of the list of sheets, unpacked."""
    place = 0
    while head.startswith(_LOCAL, place) and len(head) >= place + _HEADER.size:
        fields = _HEADER.unpack_from(head, place)
        method, size, name_size, extra_size = fields[3], fields[7], fields[9], fields[10]
        begin = place + _HEADER.size + name_size + extra_size
        if head[place + _HEADER.size :][:name_size] == _WORKBOOK:
            body = head[begin:]
            return body if method == _STORED else _inflated(body, method)
        after = begin + size
        place = after if size else head.find(_LOCAL, begin)
        if place < 0:
            return b""
    return b""


def _inflated(body: bytes, method: int) -> bytes:
    if method != _DEFLATED:
        return b""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, _MOST)
    except zlib.error:
        return b""
