"""Where each field stands in the five machine readable zones (ICAO Doc 9303, 8th edition).

TD1 (part 5 §4.2.2), TD2 (part 6 §4.2.2), TD3 (part 4 §4.2.2), MRV-A (part 7 §4.2.2) and MRV-B (part
7, the same section for its format). A span counts lines and characters from 0; what a person reads
counts both from 1.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

FILLER: Final = "<"


class Kind(StrEnum):
    """The form of a zone; the word is the one of Doc 9303."""

    TD1 = "TD1"
    TD2 = "TD2"
    TD3 = "TD3"
    MRV_A = "MRV-A"
    MRV_B = "MRV-B"


class Span(msgspec.Struct, frozen=True, gc=False):
    """Characters ``start`` to ``end`` (not included) of a line, counted from 0."""

    line: int
    start: int
    end: int

    def of(self, lines: tuple[str, ...]) -> str:
        """Return the characters of the span."""
        return lines[self.line][self.start : self.end]

    @property
    def width(self) -> int:
        """Number of characters."""
        return self.end - self.start


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of one kind of zone.

    The check digit of the document number and of both dates stands right behind its field.
    ``checked_optional`` says that one stands behind the optional data too (passports: the personal
    number). ``composite`` lists what the last check digit is computed over; visas have none.
    ``starts``: where each line begins in a text whose lines end in line feeds.
    ``long_numbers``: a document number may go on in the optional data.
    """

    kind: Kind
    first_letters: str
    count: int
    width: int
    name: Span
    number: Span
    nationality: Span
    birth: Span
    sex: Span
    expiry: Span
    optional: Span
    optional_2: Span | None = None
    checked_optional: bool = False
    long_numbers: bool = False
    composite: tuple[Span, ...] = ()
    composite_digit: Span | None = None
    starts: tuple[int, ...]


CODE: Final = Span(0, 0, 2)
ISSUER: Final = Span(0, 2, 5)

TD1: Final = Layout(
    kind=Kind.TD1, starts=(0, 31, 62), first_letters="ACI", count=3, width=30,
    number=Span(0, 5, 14), optional=Span(0, 15, 30),
    birth=Span(1, 0, 6), sex=Span(1, 7, 8), expiry=Span(1, 8, 14), nationality=Span(1, 15, 18),
    optional_2=Span(1, 18, 29), name=Span(2, 0, 30), long_numbers=True,
    composite=(Span(0, 5, 30), Span(1, 0, 7), Span(1, 8, 15), Span(1, 18, 29)),
    composite_digit=Span(1, 29, 30),
)  # fmt: skip

TD2: Final = Layout(
    kind=Kind.TD2, starts=(0, 37), first_letters="ACI", count=2, width=36, name=Span(0, 5, 36),
    number=Span(1, 0, 9), nationality=Span(1, 10, 13), birth=Span(1, 13, 19), sex=Span(1, 20, 21),
    expiry=Span(1, 21, 27), optional=Span(1, 28, 35), long_numbers=True,
    composite=(Span(1, 0, 10), Span(1, 13, 20), Span(1, 21, 35)),
    composite_digit=Span(1, 35, 36),
)  # fmt: skip

TD3: Final = Layout(
    kind=Kind.TD3, starts=(0, 45), first_letters="P", count=2, width=44, name=Span(0, 5, 44),
    number=Span(1, 0, 9), nationality=Span(1, 10, 13), birth=Span(1, 13, 19), sex=Span(1, 20, 21),
    expiry=Span(1, 21, 27), optional=Span(1, 28, 42), checked_optional=True,
    composite=(Span(1, 0, 10), Span(1, 13, 20), Span(1, 21, 43)),
    composite_digit=Span(1, 43, 44),
)  # fmt: skip

MRV_A: Final = Layout(
    kind=Kind.MRV_A, starts=(0, 45), first_letters="V", count=2, width=44, name=Span(0, 5, 44),
    number=Span(1, 0, 9), nationality=Span(1, 10, 13), birth=Span(1, 13, 19), sex=Span(1, 20, 21),
    expiry=Span(1, 21, 27), optional=Span(1, 28, 44),
)  # fmt: skip

MRV_B: Final = Layout(
    kind=Kind.MRV_B, starts=(0, 37), first_letters="V", count=2, width=36, name=Span(0, 5, 36),
    number=Span(1, 0, 9), nationality=Span(1, 10, 13), birth=Span(1, 13, 19), sex=Span(1, 20, 21),
    expiry=Span(1, 21, 27), optional=Span(1, 28, 36),
)  # fmt: skip

LAYOUTS: Final = {layout.kind: layout for layout in (TD1, TD2, TD3, MRV_A, MRV_B)}

BY_SHAPE: Final = {
    (layout.count, layout.width, letter): layout
    for layout in LAYOUTS.values()
    for letter in layout.first_letters
}
"""Number of lines, their width and the first letter → layout. The first letter alone tells a visa
from a passport or a card of the same size."""

WIDTHS: Final = {3: (30,), 2: (36, 44)}
"""Number of lines → the widths that they may have."""


def after(span: Span) -> Span:
    """Return the place of the check digit behind a field."""
    return Span(span.line, span.end, span.end + 1)
