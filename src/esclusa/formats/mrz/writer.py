"""Write the lines of a zone from its fields: all in their places, every check digit computed."""

from __future__ import annotations

import re
from typing import Final

from esclusa.codes import icao9303
from esclusa.errors import FormatError
from esclusa.formats.mrz.dates import date_fault
from esclusa.formats.mrz.layout import CODE, FILLER, ISSUER, LAYOUTS, Layout, Span, after
from esclusa.formats.mrz.names import name_field
from esclusa.formats.mrz.zone import Fields

_NAME: Final = re.compile(r"(?:[A-Z]+(?: [A-Z]+)*)?")
_STATE: Final = re.compile(r"[A-Z]{1,3}")
_CODE: Final = re.compile(r"[A-Z]{1,2}")
_TEXT: Final = re.compile(r"(?:[A-Z0-9<]*[A-Z0-9])?")
_CHARACTERS: Final = 200
"""Far more than any field holds; longer text is refused before it is looked at."""


def write(fields: Fields) -> tuple[str, ...]:
    """Return the lines of the zone, without line ends.

    A name too long for its field is cut (``names``); reading the zone back says so. Everything else
    must fit. Raises :class:`~esclusa.errors.FormatError`, naming the field, when it does not or
    holds a character that the zone cannot.
    """
    layout = LAYOUTS[fields.kind]
    _refuse(fields, layout)
    rows = [[FILLER] * layout.width for _ in range(layout.count)]
    number, digit, optional = _number(fields, layout)
    texts = (
        (CODE, fields.document_code), (ISSUER, fields.issuer), (layout.number, number),
        (after(layout.number), digit), (layout.nationality, fields.nationality),
        (layout.birth, fields.birth_date), (layout.sex, fields.sex),
        (layout.expiry, fields.expiry_date), (layout.optional, optional),
    )  # fmt: skip
    for span, text in texts:
        _put(rows, span, text)
    _put(rows, layout.name, name_field(fields.surname, fields.given_names, layout.name.width))
    if layout.optional_2 is not None:
        _put(rows, layout.optional_2, fields.optional_2)
    _sign(rows, layout, fields)
    return tuple("".join(row) for row in rows)


def _put(rows: list[list[str]], span: Span, text: str) -> None:
    rows[span.line][span.start : span.end] = text.ljust(span.width, FILLER)


def _sign(rows: list[list[str]], layout: Layout, fields: Fields) -> None:
    for span in (layout.birth, layout.expiry):
        _put(rows, after(span), icao9303.check_digit(_text(rows, span)))
    if layout.checked_optional:
        digit = icao9303.check_digit(_text(rows, layout.optional))
        empty = not fields.optional
        _put(rows, after(layout.optional), fields.empty_check or FILLER if empty else digit)
    if layout.composite_digit is not None:
        value = "".join(_text(rows, span) for span in layout.composite)
        _put(rows, layout.composite_digit, icao9303.check_digit(value))


def _text(rows: list[list[str]], span: Span) -> str:
    return "".join(rows[span.line][span.start : span.end])


def _number(fields: Fields, layout: Layout) -> tuple[str, str, str]:
    """What stands in the number's field, behind it, and in the optional data."""
    number, room = fields.document_number, layout.number.width
    if len(number) <= room:
        digit = icao9303.check_digit(number.ljust(room, FILLER))
        return number, digit, fields.optional
    digit = icao9303.check_digit(number)
    optional = f"{number[room:]}{digit}<{fields.optional}".rstrip(FILLER)
    return number[:room], FILLER, optional


def _refuse(fields: Fields, layout: Layout) -> None:
    """Raise for the first field that cannot be written as it is."""
    for name, pattern in _PATTERNS:
        value = getattr(fields, name)
        if len(value) > _CHARACTERS or not pattern.fullmatch(value):
            raise _error(name, f"{_shown(value)} is not {_EXPECTED[pattern]}")
    if fields.document_code[0] not in layout.first_letters:
        letters = " or ".join(layout.first_letters)
        raise _error("document_code", f"{layout.kind} begins with {letters}")
    for name in ("birth_date", "expiry_date"):
        fault = date_fault(getattr(fields, name), unknown_allowed=True)
        if fault:
            raise _error(name, fault)
    if fields.sex not in ("", "M", "F"):
        raise _error("sex", f"{_shown(fields.sex)} is not M, F or empty for unspecified")
    _refuse_optional(fields, layout)


def _refuse_optional(fields: Fields, layout: Layout) -> None:
    number, room = fields.document_number, layout.number.width
    tail = number[room:]
    if tail and not layout.long_numbers:
        raise _error("document_number", f"has {len(number)} characters, {layout.kind} has {room}")
    if tail and (FILLER in tail or number[room - 1] == FILLER):
        raise _error("document_number", f"has a filler at or behind its place {room}")
    most = room + layout.optional.width - 2
    if tail and len(number) > most:
        raise _error("document_number", f"has {len(number)} characters, at most {most} fit")
    optional = _number(fields, layout)[2]
    if len(optional) > layout.optional.width:
        taken = f"{len(optional)} characters"
        raise _error("optional", f"takes {taken}, {layout.kind} has {layout.optional.width}")
    second = 0 if layout.optional_2 is None else layout.optional_2.width
    if len(fields.optional_2) > second:
        raise _error("optional_2", f"has {len(fields.optional_2)} characters, expected {second}")
    allowed = ("", "<", "0") if layout.checked_optional and not fields.optional else ("",)
    if fields.empty_check not in allowed:
        raise _error("empty_check", "stands only for an empty personal number, as < or 0")


def _error(field: str, reason: str) -> FormatError:
    return FormatError(f"{field.replace('_', ' ')} {reason}")


def _shown(value: str) -> str:
    return repr(value if len(value) <= 24 else value[:23] + "…")


_PATTERNS: Final = (
    ("document_code", _CODE), ("issuer", _STATE), ("nationality", _STATE), ("surname", _NAME),
    ("given_names", _NAME), ("document_number", _TEXT), ("optional", _TEXT), ("optional_2", _TEXT),
)  # fmt: skip

_EXPECTED: Final = {
    _CODE: "one or two letters",
    _STATE: "a code of one to three letters",
    _NAME: "letters A to Z, parts separated by one space",
    _TEXT: "letters A to Z, digits and inner fillers",
}
