"""What the Union's list means in XML and in CSV alike: kinds, dates of birth, papers, places."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from esclusa.formats.lists.dates import dated, list_date
from esclusa.formats.lists.draft import Draft, Where, joined
from esclusa.formats.lists.places import country_words

_TYPES: Final = {
    "person": "person",
    "p": "person",
    "enterprise": "organisation",
    "e": "organisation",
}

_UNKNOWN: Final = frozenset(("", "00", "unknown"))
"""How the list writes a country that nobody knows."""

_SCHEMES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), scheme)
    for pattern, scheme in (
        (r"\bIMO\b", "imo"),
        (r"passport|travel document", "passport"),
        (r"swift|\bbic\b", "swift"),
        (r"tax|fiscal", "tax"),
        (r"regist|regnumber|trade licen", "registration"),
        (r"^id\b|national|identi(?:ty|fication) card|\bssn\b|birth cert", "national_id"),
    )
)  # fmt: skip
"""The list's code of a paper with its description and remark → scheme, the first that fits."""


class Birth(NamedTuple):
    """A date of birth as the list gives it, in parts. ``calendar``: ``GREGORIAN`` or another."""

    date: str
    year: str
    month: str
    day: str
    first: str
    last: str
    circa: bool
    calendar: str

    def words(self) -> str:
        """Return what is known, for people."""
        since, until = self.first and f"from {self.first}", self.last and f"to {self.last}"
        text = joined((self.date or "-".join(filter(None, (self.year, self.month, self.day))),
                       since, until))  # fmt: skip
        return f"{text} ({self.calendar.title()} calendar)" if text and _foreign(self) else text


def _foreign(birth: Birth) -> bool:
    return birth.calendar.upper() not in ("", "GREGORIAN")


def type_of(*words: str) -> str:
    """Return the type of an entry by the list's code or letter, ``other`` when unknown."""
    return next((_TYPES[word.lower()] for word in words if word.lower() in _TYPES), "other")


def birth(draft: Draft, given: Birth, at: Where) -> None:
    """Give a draft its date of birth: exact, in part, about, or between two years.

    A date in another calendar, or open at one side, stays in the remarks.
    """
    date = "" if _foreign(given) else _date(given)
    draft.born(date, given.words(), at)


def _date(given: Birth) -> str:
    if given.first or given.last:
        text = f"{given.first} to {given.last}" if given.first and given.last else ""
    else:
        text = list_date(given.date) or dated(given.year, given.month, given.day)
    return list_date(f"circa {text}" if given.circa and text else text)


def country(code: str, words: str) -> str:
    """Return a country as the list gives it, the code where it has one, "" when unknown."""
    known = (text for text in (code, words) if text.lower() not in _UNKNOWN)
    return next(known, "")


def place_words(parts: Iterable[str], code: str, words: str) -> str:
    """Return a place in words, its country last."""
    name = words if words.lower() not in _UNKNOWN else country(code, "")
    return joined((*parts, name), ", ")


def paper(
    draft: Draft, number: str, words: Iterable[str], land: str, flags: tuple[str, ...], at: Where
) -> None:
    """Give a draft a numbered paper, its kind found by the list's ``words`` for it.

    ``flags`` say that it is expired, false, lost or revoked: it is kept, and the remarks say so.
    """
    told = joined(words)
    scheme = next((scheme for pattern, scheme in _SCHEMES if pattern.search(told)), "other")
    if scheme == "imo" and draft.kind == "organisation":
        scheme = "imo_company"
    draft.identify(scheme, number, country_words(land), at)
    if number and flags:
        draft.remark("Paper", f"{number} {', '.join(map(_plain, flags))}")


def _plain(flag: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", flag).lower()
