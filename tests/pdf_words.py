"""The words of a PDF as reportlab writes it: streams in base 85, deflated, with the text in brackets
as Windows-1252."""

from __future__ import annotations

import base64
import re
import zlib

_SIGN = re.compile(rb"\\(?:(\d{3})|(.))", re.DOTALL)


def pages(data: bytes) -> list[str]:
    """Return the words of each page."""
    assert data.startswith(b"%PDF-")
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        plain = zlib.decompress(base64.a85decode(b"<~" + stream.strip(), adobe=True))
        words = re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", plain)
        found.append(" ".join(_SIGN.sub(_sign, word).decode("cp1252") for word in words))
    return found


def _sign(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 8)]) if found[1] else found[2]
