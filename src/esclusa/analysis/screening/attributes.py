"""What else than the name speaks for or against: birth date, country and place, identifiers.

Sex is not used: lists and manifests fill it by habit. A country alone never makes a hit, and what
is missing on one side gives no points, only a note that it cannot be told. A number with a wrong
check digit is told, never dropped: it may be a typing error on either side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from esclusa.analysis.screening.addresses import same_place, towns
from esclusa.analysis.screening.dates import compare, parse_span
from esclusa.analysis.screening.hit import Part
from esclusa.analysis.screening.identifiers import identifier_key
from esclusa.analysis.screening.query import Query, country_code
from esclusa.analysis.screening.stated import Asks, nation_bit
from esclusa.codes import country, imo, schemes
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


_PERSONS: Final = ("person", "any")
"""Kinds of queries that are compared with a person's birth."""

_ONE_KIND: Final = {
    scheme: group
    for group, members in {
        "tax": ("tax", "ruc", "nit", "rfc", "tin", "vat", "cuit", "cnpj", "inn", "ein", "nif"),
        "container": ("iso6346", "container", "bic"),
        "mmsi": ("mmsi",),
        "call_sign": ("call_sign", "callsign"),
        "national_id": ("national_id", "cedula", "dni", "idcard"),
    }.items()
    for scheme in members
}
"""Names under which lists and senders file one kind of number."""

_PASSING: Final = {"mmsi": "identifier_mmsi", "call_sign": "identifier_call_sign"}
"""Numbers that change hands with the flag: they speak for a ship, they do not prove it."""

_UNSAID: Final = frozenset({"document", "number", "id"})
"""Schemes of a query that say no more than that it is a number."""
_CHECKED: Final = {"imo": "imo", "iso6346": "iso6346", "container": "iso6346", "mmsi": "mmsi"}
_FORMER: Final = re.compile(
    r"(?:f\.?k\.?a\.?|formerly|ex[- ]name)[:\s]+'?([^';,.()]+)", re.IGNORECASE
)


def attribute_parts(query: Query, entry: ListEntry, points: dict[str, float]) -> list[Part]:
    """Return the parts that the query's and the entry's attributes give."""
    parts: list[Part] = []
    if entry.type == "person" and query.kind in _PERSONS:
        parts.extend(_birth(query, entry, points))
        parts.extend(_birth_place(query, entry, points))
    parts.extend(_country(query, entry, points))
    parts.extend(_address(query, entry, points))
    if entry.type == "vessel":
        parts.extend(_other_hull(query, entry, points))
    parts.extend(_wrong_digits(query))
    return parts


def former_name(entry: ListEntry, matched: str) -> list[Part]:
    """Return a part without points when the list says that the matched name is a former one."""
    if not entry.remarks or matched == entry.name:
        return []
    said = {name.strip().upper() for name in _FORMER.findall(entry.remarks)}
    if matched.strip().upper() not in said:
        return []
    return [Part("former_name", 0.0, (("listed", matched), ("now", entry.name)))]


def identifier_parts(
    query: Query, places: Iterable[tuple[str, str, str]], points: dict[str, float]
) -> list[Part]:
    """Return parts for equal identifiers; ``places`` are (value, query's scheme, list's scheme).

    The first number under its own scheme counts fully; any other equal number is told, not counted.
    """
    ordered = sorted(places, key=lambda place: (_rank(place, points), place))
    return [_identifier(place, points, counts=at == 0) for at, place in enumerate(ordered)]


def most(query: Query, points: dict[str, float]) -> float:
    """Return the most points that attributes may add to a name's for this query."""
    country = points["country"] if query.nationality else 0.0
    birth = max(points[code] for code in _BIRTH_CODES.values()) if query.birth else 0.0
    place = max(points["birth_place"], points["birth_country"]) if query.birth_place else 0.0
    address = points["address"] if query.address else 0.0
    return country + birth + place + address


def asks(query: Query, points: dict[str, float]) -> Asks:
    """Return what a query asks beside its name, for bounds that know what an entry states."""
    birth, place, address = _highest(points)
    person = query.kind in _PERSONS
    return Asks(
        nation_bit(query.nationality),
        birth if query.birth and person else 0.0,
        place if query.birth_place and person else 0.0,
        address if query.address else 0.0,
    )


def asks_of(queries: Sequence[Query], points: dict[str, float]) -> Asks:
    """Return what :func:`asks` does, for many queries as columns."""
    person = np.array([query.kind in _PERSONS for query in queries], np.bool_)
    asked = (
        person & np.array([query.birth is not None for query in queries], np.bool_),
        person & np.array([query.birth_place != "" for query in queries], np.bool_),
        np.array([query.address != "" for query in queries], np.bool_),
    )
    nations = np.array([nation_bit(query.nationality) for query in queries], np.uint64)
    highest = zip(asked, _highest(points), strict=True)
    return Asks(nations, *(there * np.float32(most) for there, most in highest))


def _highest(points: dict[str, float]) -> tuple[float, float, float]:
    """Return the most points of a birth date, a place of birth and an address."""
    birth = max(points[code] for code in _BIRTH_CODES.values())
    place = max(points["birth_place"], points["birth_country"], points["birth_country_other"])
    return max(birth, 0.0), max(place, 0.0), max(points["address"], 0.0)


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


def _birth_place(query: Query, entry: ListEntry, points: dict[str, float]) -> list[Part]:
    """The towns agree, or at least the countries, or the countries are others: each told once.

    Another town in the same country says nothing: lists name the village, papers the city.
    """
    if not query.birth_place or not entry.birth_places:
        return []
    values = (("asked", query.birth_place), ("listed", "; ".join(entry.birth_places)))
    ours = towns(query.birth_place)
    if any(ours & towns(place) for place in entry.birth_places):
        return [Part("birth_place", points["birth_place"], values)]
    asked = countries_in(query.birth_place)
    listed = frozenset[str]().union(*map(countries_in, entry.birth_places))
    if not asked or not listed:
        return []
    code = "birth_country" if asked & listed else "birth_country_other"
    return [Part(code, points[code], values)]


def _address(query: Query, entry: ListEntry, points: dict[str, float]) -> list[Part]:
    """Another address speaks against nobody: people and firms have several."""
    if not query.address:
        return []
    found = next((one for one in entry.addresses if same_place(query.address, one)), "")
    values = (("asked", query.address), ("listed", found))
    return [Part("address", points["address"], values)] if found else []


def _country(query: Query, entry: ListEntry, points: dict[str, float]) -> list[Part]:
    listed = [country_code(text) for text in entry.nationalities]
    if not query.nationality:
        return []
    if query.nationality in listed:
        values = (("asked", query.nationality), ("listed", ", ".join(listed)))
        return [Part("country", points["country"], values)]
    for place in (*entry.birth_places, *entry.addresses):
        if query.nationality in countries_in(place):
            values = (("asked", query.nationality), ("listed", place))
            return [Part("country_place", points["country_place"], values)]
    if not listed:
        return []
    values = (("asked", query.nationality), ("listed", ", ".join(listed)))
    return [Part("country_other", points["country_other"], values)]


@lru_cache(maxsize=16_384)
def countries_in(place: str) -> frozenset[str]:
    """Return the countries (alpha-2) that the parts of an address or birth place name.

    ``Tijuana, Baja California, Mexico`` → MX. Only whole parts between commas count, and codes only
    as the last part: ``CO`` may be Colorado.
    """
    parts = [part.strip() for part in re.split(r"[,;]", place) if part.strip()]
    found = [country.find(part) for part in parts if len(part) > _SHORTEST_COUNTRY]
    if parts and len(parts[-1]) <= _SHORTEST_COUNTRY:
        found.append(country.find(parts[-1]))
    return frozenset(one.alpha2 for one in found if one is not None)


_SHORTEST_COUNTRY: Final = 3


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


def _wrong_digits(query: Query) -> list[Part]:
    return [
        Part("check_digit", 0.0, (("scheme", scheme), ("value", value)))
        for scheme, value in query.identifiers
        if scheme in _CHECKED and schemes.check(_CHECKED[scheme], value) is False
    ]


def _rank(place: tuple[str, str, str], points: dict[str, float]) -> float:
    return -points[_identifier_code(*place[1:])]


def _identifier_code(asked: str, listed: str) -> str:
    if asked in _UNSAID:
        return "identifier_any_scheme"
    kind = _ONE_KIND.get(asked, asked)
    if kind != _ONE_KIND.get(listed, listed):
        return "identifier_other_scheme"
    return _PASSING.get(kind, "identifier")


def _identifier(place: tuple[str, str, str], points: dict[str, float], *, counts: bool) -> Part:
    value, asked, listed = place
    code = _identifier_code(asked, listed)
    values = (("scheme", asked), ("value", value), ("listed", listed))
    return Part(code, points[code] if counts else 0.0, values)
