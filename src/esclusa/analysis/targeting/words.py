"""The words that sentences about a rule's text are put together from, in both languages.

What is wrong with a rule is an English sentence with named facts
(:class:`esclusa.errors.RuleError`). Some facts are words themselves: a type, a hint, why a field
may not be read. They come from ``words.csv``. Words of the language of rules and names of entries
are the same in both.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from esclusa.errors import Term

_PLACE: Final = re.compile(r" - at `\$(?P<place>[^`]+)`$")
_MISMATCH: Final = (
    (re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<found>[^`]+)`"),
     "se esperaba {wanted}, hay {found}"),
    (re.compile(r"Object missing required field `(?P<name>[^`]+)`"), "falta la entrada «{name}»"),
    (re.compile(r"Object contains unknown field `(?P<name>[^`]+)`"),
     "no existe la entrada «{name}»"),
    (re.compile(r"Invalid enum value (?P<name>.+)"), "{name} no es uno de los valores posibles"),
)  # fmt: skip
"""What the converter of values says (msgspec), and the same in Spanish."""
_OTHER: Final = "el valor no puede usarse"


@cache
def spanish_words() -> Mapping[str, str]:
    """Return the Spanish of each word in ``words.csv`` by its English."""
    with Path(__file__).with_name("words.csv").open(encoding="utf-8", newline="") as file:
        return {row["en"]: row["es"] for row in csv.DictReader(file)}


def term(text: str) -> Term:
    """Return a word of ``words.csv`` for the facts of an error; raises KeyError for no such one."""
    return Term(text, es=spanish_words()[text])


def one_of(words: Iterable[str]) -> Term:
    """Return words of ``words.csv`` in order, joined by *or*."""
    ordered = sorted(words)
    return Term(
        " or ".join(ordered), es=" o ".join(spanish_words()[word] for word in ordered)
    )  # fmt: skip


def not_toml(said: str) -> Term:
    """Return what the reader of TOML says; in Spanish no more than that it is none, where it is not
    one of the sentences it says most."""
    known = spanish_words()
    return Term(said, es=known.get(said, known["is no TOML"]))


def mismatch(said: str) -> Term:
    """Return what the converter says of a value that is not of its entry's type."""
    place = _PLACE.search(said)
    plain = said[: place.start()] if place else said
    at = f" (en {place['place'].lstrip('.')})" if place else ""
    for pattern, text in _MISMATCH:
        if found := pattern.fullmatch(plain):
            return Term(said, es=text.format(**_kinds(found.groupdict())) + at)
    return Term(said, es=_OTHER + at)


def _kinds(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the facts with kinds of values as words; names and values stay."""
    known = spanish_words()
    return {
        key: value if key == "name"
        else " o ".join(known.get(f"a {kind}", kind) for kind in value.split(" | "))
        for key, value in facts.items()
    }  # fmt: skip
