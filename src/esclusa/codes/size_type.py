"""Container size and type codes (ISO 6346:1995 annexes D and E): ``45R1``.

First character length, second width and height, then two for the type. The codes of 1984 (four
digits, ``4532``) are still sent; they are read for length alone. Type groups added by the edition
of 2022 are not in the table and are reported as not assigned.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import msgspec

from esclusa.codes import packed
from esclusa.codes.text import compact, quoted

LABEL_EN: Final = "Container size and type"
LABEL_ES: Final = "Tamaño y tipo de contenedor"
STANDARD: Final = "ISO 6346:1995"

_FORM: Final = re.compile(r"[1-9A-Z][0-9A-Z][A-Z][0-9A-Z]")
_FORM_1984: Final = re.compile(r"[1-9][0-9]{3}")
_NOT_ASSIGNED: Final = ("", "")


class SizeType(msgspec.Struct, frozen=True, gc=False):
    """A size and type taken apart. ``length_mm`` is None when the length character is not assigned.

    ``size_en``/``size_es`` describe width and height, ``type_en``/``type_es`` the group of types
    (``thermal``); "" where the code does not say or its edition of 1984 is not read.
    """

    code: str
    length_mm: int | None
    size_en: str
    size_es: str
    group: str
    type_en: str
    type_es: str


def normalise(text: str) -> str:
    """Return upper case without blanks and separators."""
    return compact(text)


def get(text: str) -> SizeType | None:
    """Return a code taken apart, None when it does not have the form of either edition."""
    code = compact(text)
    length, group = _lengths().get(code[:1]), code[2:3]
    if _FORM.fullmatch(code):
        size_en, size_es = _part("height").get(code[1], _NOT_ASSIGNED)
        type_en, type_es = _part("type").get(group, _NOT_ASSIGNED)
        return SizeType(code, length, size_en, size_es, group, type_en, type_es)
    return SizeType(code, length, "", "", "", "", "") if _FORM_1984.fullmatch(code) else None


def is_valid(text: str) -> bool:
    """Answer whether every part of the code is assigned; never raises."""
    return not fault(text)


def fault(text: str) -> str:
    """Return what is wrong with a code as one sentence, "" when nothing is."""
    found = get(text)
    if found is None:
        return f"size and type {quoted(text)} does not have the form of 45R1 or 4532 ({STANDARD})"
    if found.length_mm is None:
        return f"size and type {found.code}: {found.code[0]} is not an assigned length ({STANDARD})"
    if found.group and not (found.size_en and found.type_en):
        return f"size and type {found.code}: height or type is not assigned ({STANDARD})"
    return ""


@cache
def _lengths() -> dict[str, int]:
    """Millimetres for the first character."""
    return {char: int(length) for char, (length, _) in _part("length").items()}


@cache
def _part(part: str) -> dict[str, tuple[str, str]]:
    rows = (line.split("\t") for line in packed.read("size_type"))
    return {row[1]: (row[2], row[3]) for row in rows if row[0] == part}
