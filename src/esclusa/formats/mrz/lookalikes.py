"""Look-alikes that may have been misread: told, never applied.

A reader of print takes O for 0, I for 1, S for 5. Where only digits or only letters may stand the
look-alike is plain. In numbers both may stand; there a suggestion is one change that makes the
check digit right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from esclusa.codes import icao9303
from esclusa.formats.mrz.layout import CODE, ISSUER, LAYOUTS, Layout, Span
from esclusa.formats.mrz.zone import Check, Verdict, Zone

DIGIT_FOR: Final = {
    "O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "G": "6", "B": "8",
}  # fmt: skip
LETTER_FOR: Final = {"0": "O", "1": "I", "2": "Z", "5": "S", "6": "G", "8": "B"}


class Suggestion(msgspec.Struct, frozen=True, gc=False):
    """One character that may have been misread. ``line`` and ``position`` count from 1.

    Suggestions for the same number are alternatives: each alone makes its check digit right.
    ``agrees``: the composite check digit is right with it and with all that are plain.
    """

    line: int
    position: int
    found: str
    proposed: str
    reason: str
    agrees: bool


def suggest(zone: Zone) -> tuple[Suggestion, ...]:
    """Return the characters that may have been misread, from the top left; () when none is."""
    layout = LAYOUTS[zone.fields.kind]
    plain = {
        at: char for span, table in _classes(zone, layout)
        for at, char in _swaps(zone.lines, span, table)
    }  # fmt: skip
    mended = _with(zone.lines, plain)
    agrees = _composite_right(mended, layout)
    sure = [
        Suggestion(line + 1, at + 1, zone.lines[line][at], char, _class_reason(char), agrees)
        for (line, at), char in plain.items()
    ]
    return tuple(sorted((*sure, *_numbers(zone, layout, mended)), key=_place))


def _place(found: Suggestion) -> tuple[int, int, str]:
    return found.line, found.position, found.proposed


def _class_reason(char: str) -> str:
    return "a digit stands here" if char.isdigit() else "a letter stands here"


def _classes(zone: Zone, layout: Layout) -> Iterator[tuple[Span, dict[str, str]]]:
    """Spans where digits alone or letters alone may stand, with their look-alikes."""
    for span in (layout.birth, layout.expiry):
        yield Span(span.line, span.start, span.end + 1), DIGIT_FOR
    for check in zone.checks:
        at = Span(check.line - 1, check.position - 1, check.position)
        if check.field not in ("birth_date", "expiry_date"):
            yield at, DIGIT_FOR
    for span in (CODE, ISSUER, layout.nationality, layout.sex, layout.name):
        yield span, LETTER_FOR


def _swaps(
    lines: tuple[str, ...], span: Span, table: dict[str, str]
) -> Iterator[tuple[tuple[int, int], str]]:
    for at in range(span.start, span.end):
        char = lines[span.line][at]
        if char in table:
            yield (span.line, at), table[char]


def _with(lines: tuple[str, ...], changes: dict[tuple[int, int], str]) -> tuple[str, ...]:
    rows = [list(line) for line in lines]
    for (line, at), char in changes.items():
        rows[line][at] = char
    return tuple("".join(row) for row in rows)


def _composite_right(lines: tuple[str, ...], layout: Layout) -> bool:
    if layout.composite_digit is None:
        return False
    value = "".join(span.of(lines) for span in layout.composite)
    return icao9303.check_digit(value) == layout.composite_digit.of(lines)


def _numbers(zone: Zone, layout: Layout, mended: tuple[str, ...]) -> Iterator[Suggestion]:
    """One change of a number that makes its check digit right."""
    for check in zone.checks:
        if check.field not in ("document_number", "personal_number"):
            continue
        digit = mended[check.line - 1][check.position - 1]
        if check.verdict is Verdict.WRONG and digit != check.computed:
            yield from _alternatives(check, digit, layout, mended)


def _alternatives(
    check: Check, digit: str, layout: Layout, mended: tuple[str, ...]
) -> Iterator[Suggestion]:
    for index, char in enumerate(check.value):
        for table in (DIGIT_FOR, LETTER_FOR):
            other = table.get(char, "")
            value = check.value[:index] + other + check.value[index + 1 :]
            if other and icao9303.check_digit(value) == digit:
                line, at = _position(check, index, layout)
                agrees = _composite_right(_with(mended, {(line, at): other}), layout)
                reason = f"makes the check digit of the {check.field.replace('_', ' ')} right"
                yield Suggestion(line + 1, at + 1, char, other, reason, agrees)


def _position(check: Check, index: int, layout: Layout) -> tuple[int, int]:
    """Line and place of a character; a long number goes on in the optional data."""
    span = layout.optional if check.field == "personal_number" else layout.number
    if index < span.width:
        return span.line, span.start + index
    return layout.optional.line, layout.optional.start + index - span.width
