"""What a person asks of the lists, checked before anything is compared.

A table of many parties is compared as it is, and what cannot be read of a row is left out. A person
who mistypes a date of birth would take "no possible match" for an answer about that date: so what a
person types is refused when it cannot be read.
"""

from __future__ import annotations

from typing import Final

from esclusa.analysis.screening.dates import parse_span
from esclusa.codes import country
from esclusa.errors import InputError

TYPES: Final = ("any", "person", "organisation", "vessel", "address")
"""What a name can be of; an address is compared with addresses."""


def check_asked(*, name: str, type: str, birth_date: str, nationality: str) -> None:
    """Refuse a question to the lists that would be answered as if it were another.

    :param birth_date: ISO 8601, possibly partial (``1971``, ``1971-05``), or a span of years.
    :param nationality: alpha-2, alpha-3, ICAO 9303 code or a country's name.
    :raises InputError: naming the field.
    """
    if not name.strip():
        raise InputError("name is empty, expected a name or an address", field="name",
                         problem="missing")  # fmt: skip
    if type not in TYPES:
        reason = f"type is {type[:40]!r}, expected one of {', '.join(TYPES)}"
        raise InputError(reason, field="type", problem="code")
    if birth_date.strip() and parse_span(birth_date) is None:
        raise InputError(
            f"birth_date is {birth_date[:40]!r}, expected a date like 1971-05-12, 1971-05 or 1971",
            field="birth_date", problem="day", expected="1971-05, 1971",
        )  # fmt: skip
    if nationality.strip() and not _is_country(nationality.strip()):
        raise InputError(
            f"nationality is {nationality[:40]!r}, expected a country such as PA or PAN",
            field="nationality", problem="code", expected="PA, PAN",
        )  # fmt: skip


def _is_country(text: str) -> bool:
    by_code = country.by_icao(text) if len(text) <= 3 else None
    return by_code is not None or country.find(text) is not None
