"""Characters of an interchange: what UNB declares, and what senders really send.

ISO 9735-1 annex A ties the syntax identifier (UNB S001.0001) to a character set. Senders often
put Windows-1252 or UTF-8 under UNOA, UNOB or UNOC. No byte is ever dropped: bytes that contradict
the declaration are read as UTF-8 if they are valid UTF-8, else as Windows-1252, and the caller is
told which, so the bytes can be restored.
"""

from __future__ import annotations

import re
from functools import lru_cache

CODECS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOL": "iso8859-15",
    "UNOW": "utf-8",
    "UNOX": "iso2022_jp_2",
    "UNOY": "utf-8",
}
"""Syntax identifier to Python codec; any other identifier (IATA, KECA) is taken as ASCII."""

ESCAPED = "iso2022_jp_2"
"""The codec of UNOX: escape sequences switch sets, and its bytes may look like separators."""


CONTROLS = re.compile(rb"[\x80-\x9f]")
"""The second set of control codes (ISO 6429), which no sender means."""


def codec(identifier: str) -> str:
    """Python codec for a syntax identifier such as ``UNOC``."""
    return CODECS.get(identifier.upper(), "ascii")


def decode(raw: str, declared: str) -> tuple[str, str]:
    """Decode bytes held as Latin-1 text.

    :param raw: one character per byte.
    :param declared: Python codec from :func:`codec`.
    :return: the text, and "" or the name of the character set used instead of the declared one.
    """
    if raw.isascii() and declared != ESCAPED:
        return raw, ""
    data = raw.encode("latin-1")
    if _credible(data, declared):
        try:
            return data.decode(declared), ""
        except UnicodeDecodeError:
            pass
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return raw.translate(_windows_1252()), "Windows-1252"


def _credible(data: bytes, declared: str) -> bool:
    """Latin sets leave 0x80 to 0x9F to control codes: such bytes betray another set.

    Valid UTF-8 under UNOC is taken for UTF-8 too: as Latin-1 it would read like "Ã¼".
    """
    if not declared.startswith("iso8859"):
        return True
    if CONTROLS.search(data):
        return False
    return declared != "iso8859-1" or not _is_utf8(data)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(maxsize=1)
def _windows_1252() -> dict[int, int]:
    """Byte to code point; the five unused bytes keep their own number, so nothing is lost."""
    table = {}
    for byte in range(0x80, 0xA0):
        try:
            table[byte] = ord(bytes([byte]).decode("cp1252"))
        except UnicodeDecodeError:
            table[byte] = byte
    return table
