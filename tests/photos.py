"""Small pictures for tests, made by hand: structure as cameras write it, one grey block inside."""

from __future__ import annotations

import struct
import zlib


def _segment(code: int, body: bytes) -> bytes:
    return bytes((0xFF, code)) + struct.pack(">H", len(body) + 2) + body


def jpeg(width: int = 640, height: int = 480, *, note: bytes = b"taken at the gate") -> bytes:
    """Return a JPEG with an EXIF part that states a position, a comment, and two restarts."""
    exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\0\0\0\0"
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return b"".join((
        b"\xff\xd8", _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"), _segment(0xE1, exif),
        _segment(0xFE, note), _segment(0xDB, bytes(65)), _segment(0xC0, frame),
        _segment(0xC4, b"\0" + bytes(16)), _segment(0xDA, b"\x01\x01\0\0\x3f\0"),
        b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd1\x78", b"\xff\xff\xd9",
    ))  # fmt: skip


def png(width: int = 3, height: int = 2) -> bytes:
    """Return a grey PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(
            ">I", zlib.crc32(kind + body)
        )  # fmt: skip

    rows = b"".join(b"\0" + bytes(width) for _ in range(height))
    return b"".join((
        b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""),
    ))  # fmt: skip
