"""Standard exceptions by which a waiver is asked for, with every text that they ever had.

``waiver_exceptions.csv`` has a row for each version of each exception. A changed text is a new row
with the next version and the day from which it is in force (UTC); one that is no longer given gets
a last day. No row is changed or taken out: a waiver is read by the text of the day on which it was
asked for. A step records the version, so that clocks and later data have no say in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

import msgspec

from esclusa.casework.forms import Code
from esclusa.casework.tables import table

LIST: Final = "exception"
FIELD: Final = "exception_code"
VERSION: Final = "exception_version"
"""Under this name a step records which version of its exception was in force."""


class WaiverException(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an exception, in force from the day ``since`` to the day ``until``, both
    included (``YYYY-MM-DD``; "" for no end). The next version ends the one before."""

    code: str
    version: int
    since: str
    until: str
    text_en: str
    text_es: str
    meaning_en: str
    meaning_es: str

    @property
    def key(self) -> str:
        """Return what names the version: ``relief_goods@1``."""
        return f"{self.code}@{self.version}"

    def coded(self) -> Code:
        """Return it as a code of a list."""
        return Code(
            list=LIST, code=self.code, text_en=self.text_en, text_es=self.text_es,
            meaning_en=self.meaning_en, meaning_es=self.meaning_es,
        )  # fmt: skip

    def whole(self, language: str) -> str:
        """Return text, version and meaning as one line."""
        if language == "es":
            return f"{self.text_es} ({self.version}): {self.meaning_es}"
        return f"{self.text_en} ({self.version}): {self.meaning_en}"


@cache
def every() -> tuple[WaiverException, ...]:
    """Return every version of every exception, in the order of the table."""
    return tuple(
        WaiverException(**row | {"version": int(row["version"])})  # type: ignore[arg-type]
        for row in table("waiver_exceptions.csv")
    )


def in_force(day: str, rows: Iterable[WaiverException] | None = None) -> dict[str, WaiverException]:
    """Return the exceptions in force on a day by code.

    :param day: ``YYYY-MM-DD`` or the beginning of a moment (ISO 8601 UTC); "" for the newest.
    :param rows: the table, None for the program's own.
    """
    on = day[:10] or "9999"
    found: dict[str, WaiverException] = {}
    for one in every() if rows is None else rows:
        begun = one.since <= on
        newer = one.code not in found or found[one.code].version < one.version
        if begun and newer:
            found[one.code] = one
    return {code: one for code, one in found.items() if not one.until or on <= one.until}


def of_step(code: str, version: str, at: str) -> WaiverException | None:
    """Return the exception that a step names: the version that it recorded, else the one that was
    in force at its moment; None for one of a newer partner.

    :param version: as the step recorded it, "" where it did not.
    """
    if version:
        return next((one for one in every() if one.key == f"{code}@{version}"), None)
    return in_force(at).get(code)
