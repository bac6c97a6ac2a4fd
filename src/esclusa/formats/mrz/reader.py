"""Read one machine readable zone: every field, every check digit with its verdict, every defect.

:func:`attempt` never raises and returns a fatal defect for what is no zone; :func:`read` is its
strict twin. Both need no reference date: dates stay YYMMDD (``dates`` completes them).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import Final

from esclusa.codes import country, icao9303
from esclusa.errors import FormatError
from esclusa.formats.mrz.dates import date_fault
from esclusa.formats.mrz.layout import (
    CODE,
    FILLER,
    ISSUER,
    LAYOUTS,
    Kind,
    Layout,
    Span,
    after,
)
from esclusa.formats.mrz.lines import Places, split
from esclusa.formats.mrz.zone import Check, Fields, Verdict, Zone, may_be_missing
from esclusa.model import Defect, Severity

_VALID: Final = Verdict.VALID
_DIGITS: Final = frozenset("0123456789")
_LABELS: Final = {
    "document_number": "document number", "birth_date": "date of birth",
    "expiry_date": "date of expiry", "personal_number": "personal number",
    "composite": "composite",
}  # fmt: skip


def read(source: str | bytes, *, file: str = "") -> Zone:
    """Read one zone, bytes in UTF-8; wrong check digits and doubtful values are in its defects.

    Raises :class:`~esclusa.errors.FormatError`, with line and position in its sentence and the byte
    as offset, when the text is no zone: number or length of lines, illegal character, unknown type.
    """
    found = attempt(source)
    if isinstance(found, Defect):
        raise FormatError(found.reason, file=file, offset=found.offset)
    return found


def attempt(source: str | bytes, *, offset: int = 0) -> Zone | Defect:
    """Read one zone, or return the fatal defect that says why it is none; never raises.

    ``offset`` is the byte of the file where the text begins.
    """
    parted = split(source, offset)
    if isinstance(parted, Defect):
        return parted
    lines, layout, places = parted
    cells = _CUTS[layout.kind]("".join(lines))
    number, number_check, optional = _number(layout, cells)
    fields = _fields(layout, cells, number, optional)
    checks = _checks(layout, cells, number_check)
    _judge(lines, cells, layout, fields, checks, places)
    return Zone(
        lines=lines,
        fields=fields,
        checks=checks,
        names_truncated=cells[2][-1] != FILLER,
        defects=tuple(places.found),
    )


Cells = tuple[str, ...]
"""Code, issuer, name, number and its digit, nationality, birth and its digit, sex, expiry and its
digit, optional data and its digit, second optional data, composite digit; then what that is
computed over. "" where a kind of zone has no such field."""


def _cut(layout: Layout) -> Callable[[str], Cells]:
    """Return what cuts a zone, its lines joined, into :data:`Cells`: one call for all of them."""
    number, birth, expiry, optional = layout.number, layout.birth, layout.expiry, layout.optional
    spans = (
        CODE, ISSUER, layout.name, number, after(number), layout.nationality, birth, after(birth),
        layout.sex, expiry, after(expiry), optional,
        after(optional) if layout.checked_optional else None, layout.optional_2,
        layout.composite_digit, *layout.composite,
    )  # fmt: skip
    return itemgetter(*(_slice(span, layout.width) for span in spans))


def _slice(span: Span | None, width: int) -> slice:
    if span is None:
        return slice(0, 0)
    return slice(span.line * width + span.start, span.line * width + span.end)


_CUTS: Final = {kind: _cut(layout) for kind, layout in LAYOUTS.items()}


def _fields(layout: Layout, cells: Cells, number: str, optional: str) -> Fields:
    code, issuer, name, _, _, nationality, birth, _, sex, expiry, _, _, digit, second, *_ = cells
    surname, _, given = name.rstrip(FILLER).partition("<<")
    return Fields(
        kind=layout.kind,
        document_code=code.rstrip(FILLER),
        issuer=issuer.rstrip(FILLER),
        surname=surname.replace(FILLER, " "),
        given_names=given.replace(FILLER, " "),
        document_number=number,
        nationality=nationality.rstrip(FILLER),
        birth_date=birth,
        sex="" if sex == FILLER else sex,
        expiry_date=expiry,
        optional=optional,
        optional_2=second.rstrip(FILLER),
        empty_check="" if optional else digit,
    )


def _number(layout: Layout, cells: Cells) -> tuple[str, Check, str]:
    """Document number, its check and what is left of the optional data.

    A number that fills its field, with a filler for its digit, goes on in the optional data up to
    the first filler; the digit comes last there (part 5 and 6 §4.2.2, note j).
    """
    field, digit, optional = cells[3], cells[4], cells[11].rstrip(FILLER)
    if digit == FILLER and layout.long_numbers and optional and field[-1] != FILLER:
        rest, _, left = optional.partition(FILLER)
        if rest:
            value, place = field + rest[:-1], layout.optional
            at = place.start + len(rest) - 1
            return value, _check("document_number", value, rest[-1], place.line, at), left
    span = layout.number
    check = _check("document_number", field, digit, span.line, span.end)
    return field.rstrip(FILLER), check, optional


def _checks(layout: Layout, cells: Cells, number: Check) -> tuple[Check, ...]:
    birth, expiry, born, until = layout.birth, layout.expiry, cells[6], cells[9]
    dates = (
        _checked("birth_date", born, cells[7], _date_digit(born), birth.line, birth.end),
        _checked("expiry_date", until, cells[10], _date_digit(until), expiry.line, expiry.end),
    )
    at = layout.composite_digit
    if at is None:
        return (number, *dates)
    composite = _check("composite", "".join(cells[15:]), cells[14], at.line, at.start)
    if not layout.checked_optional:
        return (number, *dates, composite)
    place = layout.optional
    personal = _check("personal_number", cells[11], cells[12], place.line, place.end)
    return (number, *dates, personal, composite)


_date_digit: Final = lru_cache(maxsize=65536)(icao9303.check_digit)
"""A hundred years have 36,525 days."""


def _check(field: str, value: str, given: str, line: int, at: int) -> Check:
    return _checked(field, value, given, icao9303.check_digit(value), line, at)


def _checked(field: str, value: str, given: str, computed: str, line: int, at: int) -> Check:
    if given == computed:
        return Check(field, value, given, computed, _VALID, line + 1, at + 1)
    verdict = Verdict.NOT_GIVEN if given == FILLER else Verdict.WRONG
    return Check(field, value, given, computed, verdict, line + 1, at + 1)


def _judge(
    lines: tuple[str, ...],
    cells: Cells,
    layout: Layout,
    fields: Fields,
    checks: tuple[Check, ...],
    places: Places,
) -> None:
    """Add a defect for everything that a zone may not say."""
    for check in checks:
        if check.verdict is not _VALID:
            _judge_check(check, layout, places)
    _judge_codes(fields, layout, places)
    _judge_dates(fields, layout, places)
    _judge_name(cells[2], layout, places)
    if fields.sex not in ("", "M", "F"):
        reason = f"sex is {fields.sex}, expected F, M or < for unspecified"
        _doubt(places, "sex", reason, layout.sex)
    if layout.kind is Kind.TD2 and _is_french_card(lines, checks):
        reason = (
            "reads as a French national identity card of before 2021, whose zone is not laid out "
            "after Doc 9303; only its first five characters mean what they say here"
        )
        places.found.append(places.defect("layout", Severity.ERROR, reason, 1, 0))


def _doubt(places: Places, code: str, reason: str, span: Span) -> None:
    line, start = span.line + 1, span.start + 1
    places.found.append(places.defect(code, Severity.WARNING, reason, line, start, span.width))


def _judge_check(check: Check, layout: Layout, places: Places) -> None:
    if check.verdict is Verdict.NOT_GIVEN and may_be_missing(check):
        return
    label = _LABELS[check.field]
    at = Span(check.line - 1, check.position - 1, check.position)
    if check.verdict is Verdict.NOT_GIVEN:
        reason = f"check digit of the {label} is not given, computed {check.computed}"
        _doubt(places, "check.missing", reason, at)
        return
    given = check.given if check.given in _DIGITS else f"the letter {check.given}"
    reason = f"check digit of the {label} is {given}, computed {check.computed}"
    if check.field == "document_number" and _counts_filler(check, layout.number.width):
        reason += "; right if the filler inside the long number is counted, as some cards do"
    _doubt(places, "check.wrong", reason, at)


def _counts_filler(check: Check, width: int) -> bool:
    """Whether a long number's digit is right with the filler behind its ninth place counted.

    Part 5 §4.2.4 leaves it out; cards made before it said so (Belgium) count it.
    """
    head, tail = check.value[:width], check.value[width:]
    return bool(tail) and icao9303.check_digit(f"{head}<{tail}") == check.given


@lru_cache(maxsize=1024)
def _known_state(code: str) -> bool:
    """Whether §5 lists the code; 26³ codes are possible, some 260 are listed."""
    return country.by_icao(code) is not None


def _judge_codes(fields: Fields, layout: Layout, places: Places) -> None:
    for name, code, span in (
        ("issuer", fields.issuer, ISSUER),
        ("nationality", fields.nationality, layout.nationality),
    ):
        if not _known_state(code):
            reason = f"{name} {code or '<<<'} is not a code of Doc 9303-3 §5"
            _doubt(places, name, reason, span)
    second = fields.document_code[1:]
    if second.isdigit() or (second == "V" and layout.long_numbers):
        reason = f"document code {fields.document_code} has {second} as its second letter"
        _doubt(places, "document_code", reason, CODE)


def _judge_dates(fields: Fields, layout: Layout, places: Places) -> None:
    fault = date_fault(fields.birth_date, unknown_allowed=True)
    if fault:
        _doubt(places, "birth_date", f"date of birth {fault}", layout.birth)
    fault = date_fault(fields.expiry_date, unknown_allowed=False)
    if fault:
        _doubt(places, "expiry_date", f"date of expiry {fault}", layout.expiry)


def _judge_name(field: str, layout: Layout, places: Places) -> None:
    name = field.rstrip(FILLER)
    parts = name.split("<<")
    if not parts[0]:
        _doubt(places, "name.primary", "name has no primary identifier", layout.name)
    elif len(parts) > 2 or name[0] == FILLER:
        reason = "name has more than two identifiers, or a filler out of its place"
        _doubt(places, "name.fillers", reason, layout.name)
    if name and not name.replace(FILLER, "A").isalpha():
        at = next(at for at, char in enumerate(name) if char in _DIGITS)
        start = layout.name.start + at
        reason = f"digit {name[at]} stands in the name (Doc 9303-3 §4.6 has letters alone)"
        _doubt(places, "name.digit", reason, Span(layout.name.line, start, start + 1))


def _is_french_card(lines: tuple[str, ...], checks: tuple[Check, ...]) -> bool:
    """Two lines of 36 whose second checks its first twelve characters and not what TD2 checks."""
    if not lines[0].startswith("IDFRA") or checks[-1].verdict is Verdict.VALID:
        return False
    return icao9303.check_digit(lines[1][:12]) == lines[1][12]
