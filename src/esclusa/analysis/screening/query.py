"""What is asked: one party, traveller or ship, brought into comparable form."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import msgspec

from esclusa.analysis.screening.by_words import by_words
from esclusa.analysis.screening.chinese import comparable
from esclusa.analysis.screening.dates import Span, parse_span
from esclusa.analysis.screening.identifiers import parse_identifier
from esclusa.analysis.screening.normalise import Name
from esclusa.codes import country

KINDS = frozenset({"person", "organisation", "vessel", "address"})
_PLACE_CHARS = 400
"""Longest place or address looked at, as for names."""


class Query(msgspec.Struct, frozen=True, gc=False):
    """A normalised question. Two queries that are equal have the same hits.

    ``kind`` is ``person``, ``organisation``, ``vessel``, ``address`` (``name`` is then an address)
    or ``any``. ``nationality`` is ISO 3166-1 alpha-2, or the sender's word in upper case.
    ``identifiers`` are (scheme, value), sorted. ``birth_place`` and ``address`` are as written.
    """

    name: Name
    kind: str = "any"
    birth: Span | None = None
    nationality: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()
    birth_place: str = ""
    address: str = ""


def make_query(
    name: str | None,
    kind: str | None = "any",
    birth_date: str | None = "",
    nationality: str | None = "",
    identifiers: Iterable[str] | None = (),
    birth_place: str | None = "",
    address: str | None = "",
) -> Query:
    """Return the query for one row of a table; nothing raises, what cannot be read is left out.

    :param birth_date: ISO 8601, possibly partial (``1971``, ``1971-05``).
    :param nationality: alpha-2, alpha-3, ICAO 9303 code or a country's name.
    :param identifiers: each ``scheme:value``.
    :param birth_place: town and country, or either alone.
    :param address: where the party lives or has its seat.
    """
    kind = kind if kind in KINDS else "any"
    keys = {parse_identifier(text) for text in identifiers if text} if identifiers else ()
    return Query(
        by_words(name or "", kind) or comparable(name or "", kind),
        kind,
        parse_span(birth_date) if birth_date else None,
        country_code(nationality or ""),
        tuple(sorted(key for key in keys if key[1])) if keys else (),
        (birth_place or "")[:_PLACE_CHARS].strip(),
        (address or "")[:_PLACE_CHARS].strip(),
    )


class Making:
    """Makes queries and remembers the last ones, by what they were made of."""

    def __init__(self, kept: int) -> None:
        self._kept: Final = kept
        self._known: Final[OrderedDict[tuple[Any, ...], Query]] = OrderedDict()

    def made(self, *said: Any) -> Query:
        """Return what :func:`make_query` does; the arguments are its own and can be hashed."""
        found = self._known.get(said)
        if found is None:
            return self.keep(said, make_query(*said))
        self._known.move_to_end(said)
        return found

    def keep(self, said: tuple[Any, ...], query: Query) -> Query:
        """Remember a query by the arguments it was made of, and return it."""
        self._known[said] = query
        if len(self._known) > self._kept:
            self._known.popitem(last=False)
        return query


@lru_cache(maxsize=4096)
def country_code(text: str) -> str:
    """Return alpha-2 for a code or name of a country, else the text in upper case."""
    icao = country.by_icao(text) if len(text) <= 3 else None
    if icao is not None and icao.alpha2:
        return icao.alpha2
    found = country.find(text)
    return found.alpha2 if found else text.strip().upper()
