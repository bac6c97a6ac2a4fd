"""What a machine readable zone says: its fields, its check digits and what is wrong with it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from esclusa.formats.mrz.layout import Kind
from esclusa.model import Defect


class Verdict(StrEnum):
    """What a check digit says. ``not_given``: a filler stands in its place."""

    VALID = "valid"
    WRONG = "wrong"
    NOT_GIVEN = "not_given"


class Check(msgspec.Struct, frozen=True, gc=False):
    """One check digit (Doc 9303-3 §4.9).

    ``field``: ``document_number``, ``birth_date``, ``expiry_date``, ``personal_number`` (passports)
    or ``composite``. ``value`` is what the digit is computed over, fillers included. ``line`` and
    ``position`` are those of the digit, from 1.
    """

    field: str
    value: str
    given: str
    computed: str
    verdict: Verdict
    line: int
    position: int


class Fields(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a zone holds, without its check digits; :func:`~esclusa.formats.mrz.write` writes it.

    Names are in letters A to Z, their parts separated by one space. Codes have no fillers: ``D``.
    Dates are YYMMDD as they stand, an unknown part is ``<<``. ``sex`` is ``M``, ``F`` or "" for
    unspecified. ``document_number`` and optional data keep their inner fillers and lose those at
    the end; a long number is whole. ``optional`` is the personal number in a passport;
    ``optional_2`` the second field of a card (TD1). ``empty_check``: what stands as the check digit
    of a passport's empty personal number, ``<`` or ``0`` (part 4 §4.2.2); "" for other kinds and
    when there is a personal number.
    """

    kind: Kind
    document_code: str
    issuer: str
    surname: str
    given_names: str = ""
    document_number: str
    nationality: str
    birth_date: str
    sex: str = ""
    expiry_date: str
    optional: str = ""
    optional_2: str = ""
    empty_check: str = ""


class Zone(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A zone as read.

    ``lines`` are in upper case and of full width, otherwise as they stood: nothing is ever
    corrected. ``names_truncated``: the name fills its field to the last letter, so it must be taken
    for cut (part 4 §4.2.3). ``defects`` name line (``segment_no``), position (``element``) and
    byte.
    """

    lines: tuple[str, ...]
    fields: Fields
    checks: tuple[Check, ...]
    names_truncated: bool = False
    defects: tuple[Defect, ...] = ()

    @property
    def valid(self) -> bool:
        """True when no check digit is wrong and none is missing that must stand."""
        return all(
            check.verdict is Verdict.VALID
            or (check.verdict is Verdict.NOT_GIVEN and may_be_missing(check))
            for check in self.checks
        )

    def check(self, field: str) -> Check | None:
        """Return the check digit of a field, None when this kind of zone has none for it."""
        return next((check for check in self.checks if check.field == field), None)


def may_be_missing(check: Check) -> bool:
    """Answer whether the digit may be a filler: a passport's personal number that is empty."""
    return check.field == "personal_number" and not check.value.strip("<")
