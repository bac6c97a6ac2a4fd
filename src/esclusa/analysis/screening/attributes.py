"""What else than the name speaks for or against: birth date, country, identifiers.

Sex is not used: lists and manifests fill it by habit. A country alone never makes a hit, and what
is missing on one side gives no points, only a note that it cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from esclusa.analysis.screening.dates import compare, parse_span
from esclusa.analysis.screening.hit import Part
from esclusa.analysis.screening.identifiers import identifier_key
from esclusa.analysis.screening.query import Query, country_code
from esclusa.codes import imo
from esclusa.model import ListEntry

_BIRTH_CODES: Final = {
    "day": "birth_date",
    "swapped": "birth_swapped",
    "month": "birth_month",
    "year": "birth_year",
    "range": "birth_range",
    "near": "birth_near",
    "partial_contradiction": "birth_contradiction_partial",
    "contradiction": "birth_contradiction",
}


def attribute_parts(query: Query, entry: ListEntry, points: dict[str, float]) -> list[Part]:
    """Return the parts that the query's and the entry's attributes give."""
    parts: list[Part] = []
    if entry.type == "person" and query.kind in ("person", "any"):
        parts.extend(_birth(query, entry, points))
    parts.extend(_country(query, entry, points))
    if entry.type == "vessel":
        parts.extend(_other_hull(query, entry, points))
    return parts


def identifier_parts(
    query: Query, places: Iterable[tuple[str, str, str]], points: dict[str, float]
) -> list[Part]:
    """Return parts for equal identifiers; ``places`` are (value, query's scheme, list's scheme).

    The first number under its own scheme counts fully; any other equal number is told, not counted.
    """
    ordered = sorted(places, key=lambda place: (place[1] != place[2], place))
    return [_identifier(place, points, counts=at == 0) for at, place in enumerate(ordered)]


def most(query: Query, points: dict[str, float]) -> float:
    """Return the most points that attributes may add to a name's for this query."""
    country = points["country"] if query.nationality else 0.0
    birth = max(points[code] for code in _BIRTH_CODES.values()) if query.birth else 0.0
    return country + birth


def _birth(query: Query, entry: ListEntry, points: dict[str, float]) -> list[Part]:
    listed = ", ".join(entry.birth_dates)
    spans = [span for span in map(parse_span, entry.birth_dates) if span]
    if query.birth is None:
        return [Part("no_birth_date_asked", 0.0, (("listed", listed),))] if spans else [_NEITHER]
    asked = str(query.birth)
    if not spans:
        return [Part("no_birth_date_listed", 0.0, (("asked", asked),))]
    code = _BIRTH_CODES[compare(query.birth, spans)]
    return [Part(code, points[code], (("asked", asked), ("listed", listed)))]


_NEITHER: Final = Part("no_birth_date", 0.0)


def _country(query: Query, entry: ListEntry, points: dict[str, float]) -> list[Part]:
    listed = [country_code(text) for text in entry.nationalities]
    if not query.nationality or not listed:
        return []
    code = "country" if query.nationality in listed else "country_other"
    values = (("asked", query.nationality), ("listed", ", ".join(listed)))
    return [Part(code, points[code], values)]


def _other_hull(query: Query, entry: ListEntry, points: dict[str, float]) -> list[Part]:
    asked = _imo_numbers(query.identifiers)
    listed = _imo_numbers(identifier_key(i.scheme, i.value) for i in entry.identifiers)
    if not asked or not listed:
        return [Part("no_imo", 0.0)]
    if asked & listed:
        return []
    values = (("asked", ", ".join(sorted(asked))), ("listed", ", ".join(sorted(listed))))
    return [Part("imo_other", points["imo_other"], values)]


def _imo_numbers(identifiers: Iterable[tuple[str, str]]) -> set[str]:
    """A number with a wrong check digit is a typing error: it contradicts nothing."""
    return {value for scheme, value in identifiers if scheme == "imo" and imo.is_valid(value)}


def _identifier(place: tuple[str, str, str], points: dict[str, float], *, counts: bool) -> Part:
    value, asked, listed = place
    code = "identifier" if asked == listed else "identifier_other_scheme"
    values = (("scheme", asked), ("value", value), ("listed", listed))
    return Part(code, points[code] if counts else 0.0, values)
