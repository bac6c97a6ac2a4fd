"""How a delimited text file is written: its encoding, its separator, its line ends.

Senders do not say. Excel in a Spanish-speaking office writes cp1252 with semicolons, the same
program elsewhere UTF-16 with tabs. The answer is taken from the first bytes and can always be
overruled by a mapping.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from typing import Final

import msgspec

SEPARATORS: Final = ",;\t|"

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_SAMPLE_ROWS: Final = 40
"""Enough rows to tell a separator from a comma inside an address, few enough to be quick."""


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """``encoding`` is a Python codec name, ``mark`` the length of the byte order mark."""

    encoding: str = "utf-8"
    separator: str = ","
    newline: str = "\n"
    mark: int = 0


def sniff(head: bytes, *, encoding: str = "", separator: str = "") -> Dialect:
    """Return the dialect of a file from its first bytes; what the caller knows is not guessed.

    Never raises; an empty head gives UTF-8 with commas.
    """
    mark = next((len(mark) for mark, _ in _MARKS if head.startswith(mark)), 0)
    encoding = codec_name(encoding) if encoding else guess_encoding(head)
    text = head[mark:].decode(encoding, errors="replace").replace("\0", "")
    newline = "\r" if "\r" in text and "\n" not in text else "\n"
    return Dialect(
        encoding=encoding,
        separator=separator or guess_separator(text),
        newline=newline,
        mark=mark,
    )


def codec_name(encoding: str) -> str:
    """Return the codec without a byte order mark: ``UTF-8-SIG`` → ``utf-8``.

    Raises ``LookupError`` when Python does not know the encoding.
    """
    name = codecs.lookup(encoding).name
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(name, name)


def guess_encoding(head: bytes) -> str:
    """Return ``utf-8``, ``utf-16-le``, ``utf-16-be`` or ``cp1252`` for the first bytes."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head[1:2] == b"\0" and head[3:4] == b"\0":
        return "utf-16-le"
    if head[0:1] == b"\0" and head[2:3] == b"\0":
        return "utf-16-be"
    return "utf-8" if is_utf8(head) else "cp1252"


def is_utf8(head: bytes) -> bool:
    """Answer whether the bytes are UTF-8, a last character that was cut in two forgiven."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def guess_separator(text: str) -> str:
    """Return the separator that cuts most rows into the same number of cells, more than one."""
    return max(SEPARATORS, key=lambda separator: _regularity(text, separator))


def _regularity(text: str, separator: str) -> tuple[float, int]:
    lines = text.splitlines()[:_SAMPLE_ROWS]
    widths = Counter(_widths(lines[:-1] if len(lines) > 2 else lines, separator))
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    return (count / widths.total() if width > 1 else 0.0), width


def _widths(lines: list[str], separator: str) -> list[int]:
    try:
        return [len(row) for row in csv.reader(lines, delimiter=separator) if row]
    except csv.Error:
        return []
