"""The glossary: terms of customs, ports, the Canal and police, in English and Spanish.

One row of ``glossary.csv`` a term: the Spanish that pages use and other Spanish for it, a short
meaning in both languages in our own words, the standard or body that the term comes from where
there is one, and the words of the program's closed lists (``section:code``) that mean it.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

GROUPS: Final = (
    "documents", "parties", "equipment", "customs", "inspection", "canal", "lists", "sharing",
    "targeting", "requests",
)  # fmt: skip
_FIELDS: Final = ("group", "en", "es", "also_es", "meaning_en", "meaning_es", "source", "codes")


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A term. ``name`` stands in addresses; ``also`` is other Spanish for the same; ``codes`` are
    words of closed lists, as ``section:code``."""

    name: str
    group: str
    en: str
    es: str
    also: tuple[str, ...]
    meaning_en: str
    meaning_es: str
    source: str
    codes: tuple[str, ...]


@cache
def terms() -> tuple[Term, ...]:
    """Return every term, in the order of the groups and of their file."""
    text = files("esclusa.codes").joinpath("glossary.csv").read_text("utf-8")
    return tuple(_term(row) for row in csv.DictReader(text.splitlines()))


def _term(row: dict[str, str]) -> Term:
    said = {name: row[name].strip() for name in _FIELDS}
    return Term(
        name=name_of(said["en"]), group=said["group"], en=said["en"], es=said["es"],
        also=tuple(part.strip() for part in said["also_es"].split(",") if part.strip()),
        meaning_en=said["meaning_en"], meaning_es=said["meaning_es"], source=said["source"],
        codes=tuple(said["codes"].split()),
    )  # fmt: skip


def name_of(text: str) -> str:
    """Return a term's name for addresses: ``Colón Free Zone`` gives ``colon-free-zone``."""
    return "-".join(_words(text))


@cache
def by_name() -> Mapping[str, Term]:
    """Return each term by its name."""
    return {term.name: term for term in terms()}


@cache
def by_code() -> Mapping[str, Term]:
    """Return the term that a word of a closed list means, by ``section:code``."""
    return {code: term for term in terms() for code in term.codes}


def find(text: str) -> tuple[Term, ...]:
    """Return the terms that hold every word of a text, in either language, case and accents aside:
    those whose term says it before those whose meaning does.

    A word is found by its beginning, so ``seal`` finds ``seals``.
    """
    asked = _words(text)
    if not asked:
        return ()
    ranked = [(rank, term) for term in terms() if (rank := _rank(term, asked)) is not None]
    return tuple(term for _, term in sorted(ranked, key=lambda found: found[0]))


def _rank(term: Term, asked: list[str]) -> int | None:
    names = (term.en, term.es, *term.also)
    if any(_words(name) == asked for name in names):
        return 0
    if _holds([word for name in names for word in _words(name)], asked):
        return 1
    meanings = [
        word for said in (*names, term.meaning_en, term.meaning_es) for word in _words(said)
    ]
    return 2 if _holds(meanings, asked) else None


def _holds(words: list[str], asked: list[str]) -> bool:
    return all(any(word.startswith(one) for word in words) for one in asked)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
