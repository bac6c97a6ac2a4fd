"""Countries and territories: ISO 3166-1, with names in English and Spanish.

``XK`` (Kosovo) is added: user-assigned, not ISO, but in daily use in trade and travel documents.
Names are found whatever their order, accents or articles: ``Korea, Democratic People's Republic
of`` and ``República Popular Democrática de Corea`` are both ``KP``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

import msgspec

from esclusa.codes import packed
from esclusa.codes.table import Table
from esclusa.codes.text import compact, quoted

LABEL_EN: Final = "Country"
LABEL_ES: Final = "País"
STANDARD: Final = "ISO 3166-1"

_FILLERS: Final = frozenset({"the", "of", "and", "de", "del", "la", "las", "los", "el", "y"})
_LONGEST: Final = 200
"""The longest name listed has 58 characters; what is far longer is not a country's name."""

_UNJOINED: Final = re.compile(r"['’‘`´.]")
_WORD: Final = re.compile(r"[^\W_]+")


class Country(msgspec.Struct, frozen=True, gc=False):
    """A country or territory. ``numeric`` is three digits ("" for ``XK``).

    ``name_en`` and ``name_es`` are the everyday names, ``iso_name`` the English name of ISO 3166.
    """

    alpha2: str
    alpha3: str
    numeric: str
    name_en: str
    name_es: str
    iso_name: str


class IcaoCode(msgspec.Struct, frozen=True, gc=False):
    """A code for issuer or nationality in travel documents (ICAO Doc 9303-3 §5).

    ``kind``: ``state``, ``nationality`` (a class of nationals of ``alpha2``), ``organisation``,
    ``person`` (no nationality: ``XXA`` stateless, ``XXB`` and ``XXC`` refugee, ``XXX``
    unspecified), ``specimen`` or ``withdrawn``. ``alpha2`` is "" when no country stands behind it.
    """

    code: str
    kind: str
    alpha2: str
    name_en: str
    name_es: str


def normalise(text: str) -> str:
    """Return a code in upper case without blanks."""
    return compact(text)


def by_alpha2(code: str) -> Country | None:
    """Return the country for two letters, or None."""
    return _ALPHA2.get(code)


def by_alpha3(code: str) -> Country | None:
    """Return the country for the three letters of ISO 3166-1, or None; see also ``by_icao``."""
    return by_alpha2(_indexes()[0].get(code) or _indexes()[0].get(normalise(code), ""))


def by_numeric(code: str) -> Country | None:
    """Return the country for three digits (``591``), or None."""
    return by_alpha2(_indexes()[1].get(code.strip(), ""))


def by_icao(code: str) -> IcaoCode | None:
    """Return the meaning of a travel document's code, fillers allowed: ``D<<`` → Germany."""
    return _by_icao().get(code) or _by_icao().get(normalise(code).rstrip("<"))


def by_name(name: str) -> Country | None:
    """Return the country that a name in English or Spanish stands for, or None.

    Whole names only, no guessing: ``Guinea`` is never ``Guinea-Bissau``.
    """
    return by_alpha2(_by_name(name[:_LONGEST]))


def find(text: str) -> Country | None:
    """Return the country for whatever a sender put: alpha-2, alpha-3, ICAO code or name."""
    code = normalise(text)
    found = by_alpha2(code) if len(code) == 2 else by_alpha3(code) if len(code) == 3 else None
    return found or by_name(text)


def name(code: str, lang: str = "en") -> str:
    """Return the everyday name for alpha-2 or alpha-3 in ``en`` or ``es``, "" when unknown."""
    found = by_alpha2(code) or by_alpha3(code)
    if found is None:
        return ""
    return found.name_es if lang == "es" else found.name_en


def known(code: str) -> bool:
    """Answer whether two or three letters are a country."""
    return by_alpha2(code) is not None or by_alpha3(code) is not None


def is_valid(text: str) -> bool:
    """Same as :func:`known`: the codes have no check digit."""
    return known(text)


def fault(text: str) -> str:
    """Return what is wrong with a country code as one sentence, "" when nothing is."""
    return "" if known(text) else f"country code {quoted(text)} is not in {STANDARD}"


def all_countries() -> list[Country]:
    """Return every country, by alpha-2."""
    return _ALPHA2.all()


def edition() -> str:
    """Return the edition of the list."""
    return packed.edition("country")


def names() -> list[tuple[str, str]]:
    """Return every (alpha-2, name) that :func:`by_name` knows, spelled out."""
    listed = [(c.alpha2, n) for c in _ALPHA2.all() for n in (c.name_en, c.name_es, c.iso_name)]
    lines = packed.read("country_name") + packed.read("country_variant")
    return listed + [(row[0], row[2]) for row in (line.split("\t") for line in lines)]


def _key(text: str) -> str:
    """Same key for the same words in any order, without accents, case, articles and points."""
    plain = _without_accents(_UNJOINED.sub("", text.replace("&", " and "))).casefold()
    words = {"saint" if word == "st" else word for word in _WORD.findall(plain)}
    return " ".join(sorted(words - _FILLERS))


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text)
    return "".join(char for char in apart if not unicodedata.combining(char))


@lru_cache(maxsize=4096)
def _by_name(text: str) -> str:
    return _names().get(_key(text), "")


@cache
def _names() -> dict[str, str]:
    found = {_key(text): alpha2 for alpha2, text in names()}
    found.pop("", None)
    return found


@cache
def _by_icao() -> dict[str, IcaoCode]:
    states = (
        IcaoCode(state.alpha3, "state", state.alpha2, state.name_en, state.name_es)
        for state in _ALPHA2.all()
    )
    listed = (IcaoCode(*line.split("\t")) for line in packed.read("icao_9303"))
    return {entry.code: entry for entry in (*states, *listed)}


@cache
def _indexes() -> tuple[dict[str, str], dict[str, str]]:
    countries = _ALPHA2.all()
    alpha3 = {country.alpha3: country.alpha2 for country in countries}
    return alpha3, {country.numeric: country.alpha2 for country in countries if country.numeric}


_ALPHA2: Final = Table("country", lambda row: Country(*row), normalise)
