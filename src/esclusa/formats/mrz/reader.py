"""Read one machine readable zone: every field, every check digit with its verdict, every defect.

:func:`attempt` never raises and returns a fatal defect for what is no zone; :func:`read` is its
strict twin. Both need no reference date: dates stay YYMMDD (``dates`` completes them).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from esclusa.codes import country, icao9303
from esclusa.errors import FormatError
from esclusa.formats.mrz.dates import date_fault
from esclusa.formats.mrz.layout import CODE, FILLER, ISSUER, Kind, Layout, Span
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
    number, number_check, optional = _number(lines, layout)
    fields = _fields(lines, layout, number, optional)
    checks = _checks(lines, layout, number_check)
    _judge(lines, layout, fields, checks, places)
    return Zone(
        lines=lines,
        fields=fields,
        checks=checks,
        names_truncated=layout.name.of(lines)[-1] != FILLER,
        defects=tuple(places.found),
    )


def _fields(lines: tuple[str, ...], layout: Layout, number: str, optional: str) -> Fields:
    surname, _, given = layout.name.of(lines).rstrip(FILLER).partition("<<")
    sex = layout.sex.of(lines)
    return Fields(
        kind=layout.kind,
        document_code=lines[0][:2].rstrip(FILLER),
        issuer=lines[0][2:5].rstrip(FILLER),
        surname=surname.replace(FILLER, " "),
        given_names=given.replace(FILLER, " "),
        document_number=number,
        nationality=layout.nationality.of(lines).rstrip(FILLER),
        birth_date=layout.birth.of(lines),
        sex="" if sex == FILLER else sex,
        expiry_date=layout.expiry.of(lines),
        optional=optional,
        optional_2="" if layout.optional_2 is None else layout.optional_2.of(lines).rstrip(FILLER),
        empty_check=lines[1][42] if layout.checked_optional and not optional else "",
    )


def _number(lines: tuple[str, ...], layout: Layout) -> tuple[str, Check, str]:
    """Document number, its check and what is left of the optional data.

    A number that fills its field, with a filler for its digit, goes on in the optional data up to
    the first filler; the digit comes last there (part 5 and 6 §4.2.2, note j).
    """
    span, optional = layout.number, layout.optional.of(lines).rstrip(FILLER)
    field, digit = span.of(lines), lines[span.line][span.end]
    rest = optional.partition(FILLER)[0] if layout.long_numbers and digit == FILLER else ""
    if rest and field[-1] != FILLER:
        value, digit = field + rest[:-1], rest[-1]
        line, at = layout.optional.line, layout.optional.start + len(rest) - 1
        check = _check("document_number", value, digit, line, at)
        return value, check, optional[len(rest) + 1 :]
    check = _check("document_number", field, digit, span.line, span.end)
    return field.rstrip(FILLER), check, optional


def _checks(lines: tuple[str, ...], layout: Layout, number: Check) -> tuple[Check, ...]:
    checks = [number]
    for name, span in (("birth_date", layout.birth), ("expiry_date", layout.expiry)):
        value, given = span.of(lines), lines[span.line][span.end]
        checks.append(_checked(name, value, given, _date_digit(value), span.line, span.end))
    if layout.checked_optional:
        span = layout.optional
        given = lines[span.line][span.end]
        checks.append(_check("personal_number", span.of(lines), given, span.line, span.end))
    if layout.composite_digit is not None:
        value = "".join([span.of(lines) for span in layout.composite])
        at = layout.composite_digit
        checks.append(_check("composite", value, at.of(lines), at.line, at.start))
    return tuple(checks)


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
    layout: Layout,
    fields: Fields,
    checks: tuple[Check, ...],
    places: Places,
) -> None:
    """Add a defect for everything that a zone may not say."""
    for check in checks:
        if check.verdict is not _VALID:
            _judge_check(check, lines, layout, places)
    _judge_codes(fields, layout, places)
    _judge_dates(fields, layout, places)
    _judge_name(lines, layout, places)
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


def _judge_check(check: Check, lines: tuple[str, ...], layout: Layout, places: Places) -> None:
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


def _judge_name(lines: tuple[str, ...], layout: Layout, places: Places) -> None:
    name = layout.name.of(lines).rstrip(FILLER)
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
