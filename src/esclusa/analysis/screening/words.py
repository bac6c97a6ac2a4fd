"""The word lists that normalising needs, read once from the files beside it.

Particles, titles, legal forms and prefixes are data: a new legal form is a line in
``data/legal_forms.csv``, not a branch here.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from esclusa.codes import country

Meaning = Callable[[str], str]
"""What a word says: a number, a country; "" when it says none."""

_SHORTEST_PLACE: Final = 4
_SHORTEST_CODE: Final = 2
_SHORT_PLACES: Final = frozenset({"UK", "USA", "UAE"})

_DATA: Final = files(__package__) / "data"


def toml(name: str) -> dict[str, Any]:
    """Return a TOML file of this room's data folder."""
    return tomllib.loads((_DATA / name).read_text(encoding="utf-8"))


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of this room's data folder."""
    return list(csv.DictReader((_DATA / name).read_text(encoding="utf-8").splitlines()))


@cache
def word_set(name: str) -> frozenset[str]:
    """Return one list of ``words.toml``: ``particles``, ``honorifics``, ``vessel_prefixes`` …"""
    return frozenset(toml("words.toml")[name])


@cache
def joined_prefixes() -> tuple[tuple[str, str], ...]:
    """Return (spelling, canonical) of leading words that also occur joined, longest first."""
    pairs = [
        (spelling, group["to"])
        for group in toml("words.toml")["joined"]
        for spelling in group["from"]
    ]
    return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair[0])))


@cache
def legal_forms() -> dict[str, str]:
    """Return legal form, letters joined (``SDERL``), → canonical form ("" when it says nothing)."""
    return {row["form"]: row["canonical"] for row in rows("legal_forms.csv")}


@cache
def word_variants() -> dict[str, str]:
    """Return abbreviation or translation of a trade word → the word it stands for."""
    return {row["variant"]: row["word"] for row in rows("word_variants.csv")}


@cache
def address_words() -> dict[str, str]:
    """Return word of an address → its one spelling, "" for one that says nothing (``NO``)."""
    return {row["variant"]: row["word"] for row in rows("address_words.csv")}


@cache
def given_names() -> dict[str, frozenset[str]]:
    """Return name → the names of the same class (``JUAN`` → ``JOHN``, ``IVAN`` …), itself left out.

    A name may stand in several classes (``TED``). Surnames that are also written in one word with
    their particle (``DELACRUZ``) stand here with the word that is left without it (``CRUZ``),
    Korean and Chinese syllables with their spellings in other romanisations (``LEE``, ``YI``), and
    East Slavic given names and patronymics with their Russian, Ukrainian and Belarusian forms.
    """
    tables = ("given_names.csv", "syllable_names.csv", "slavic_names.csv")
    classes = [row["names"].split() for table in tables for row in rows(table)]
    classes += [list(row.values()) for row in rows("joined_surnames.csv")]
    related: dict[str, set[str]] = {}
    for members in classes:
        for name in members:
            related.setdefault(name, set()).update(members)
    return {name: frozenset(others - {name}) for name, others in related.items()}


@cache
def numerals() -> dict[str, str]:
    """Return word → number (``II`` → ``2``). They sound alike (II, III) and are never alike."""
    return {word: said for word, said in word_variants().items() if said.isdigit()}


@lru_cache(maxsize=65_536)
def number(token: str) -> str:
    """Return the number that a word of a firm's or ship's name says: ``II`` → ``2``, else ""."""
    said = numerals().get(token, token)
    return said if any(letter.isdigit() for letter in said) else ""


@lru_cache(maxsize=65_536)
def place(token: str) -> str:
    """Return the country (alpha-2) that a word of a firm's name says, else ""."""
    if len(token) < _SHORTEST_PLACE and token not in _SHORT_PLACES:
        return ""
    found = country.find(token)
    return found.alpha2 if found else ""


@lru_cache(maxsize=65_536)
def country_code(text: str) -> str:
    """Return alpha-3 of a country's name or code, "" for none and for codes that are also one of a
    state of the United States (``CO``)."""
    if len(text) < _SHORTEST_CODE or text in word_set("state_codes"):
        return ""
    found = country.find(text)
    return found.alpha3 if found else ""


def shown(token: str) -> str:
    """Return a token as people read it, without the mark of a word written without vowels."""
    return token.lstrip("~")
