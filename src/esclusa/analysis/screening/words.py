"""The word lists that normalising needs, read once from the files beside it.

Particles, titles, legal forms and prefixes are data: a new legal form is a line in
``data/legal_forms.csv``, not a branch here.
"""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

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
def given_names() -> dict[str, frozenset[str]]:
    """Return name → the names of the same class (``JUAN`` → ``JOHN``, ``IVAN`` …), itself left out.

    A name may stand in several classes (``TED``).
    """
    classes = [row["names"].split() for row in rows("given_names.csv")]
    related: dict[str, set[str]] = {}
    for members in classes:
        for name in members:
            related.setdefault(name, set()).update(members)
    return {name: frozenset(others - {name}) for name, others in related.items()}
