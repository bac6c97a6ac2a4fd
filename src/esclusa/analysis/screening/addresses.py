"""Addresses: which listed address an address may be, and whether two name one place.

The addresses of all entries make an index of their own, with the engine that compares names: each
word that agrees is a part of the score, another number or country speaks against. An address that
only says a town (``Istanbul, Turkey``) tells nothing and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from esclusa.analysis.screening import words
from esclusa.analysis.screening.index import Index
from esclusa.analysis.screening.normalise import normalise
from esclusa.analysis.screening.sound import fold
from esclusa.codes import country
from esclusa.model import Alias, ListEntry

ADDRESS: Final = "address"
"""The kind of a query that asks for an address, and the type of entries made of addresses."""

_TELLING: Final = 3
"""Words an address has at least, streets and numbers alike, countries left out."""
_AGREE: Final = 0.8
"""Share of the shorter address's words that the longer one has, for the two to be one place."""
_KEPT: Final = 16_384
_PARTS: Final = re.compile("[,;]")
_SHORTEST_TOWN: Final = 3


def address_index(index: Index) -> Index:
    """Return an index of the addresses of ``index``: an entry for each of its entries that has any.

    The entries keep list and own id; editions and weights are those of ``index``.
    """
    return Index.build(filter(None, map(_of, index.entries)), index.editions, index.weights)


def _of(entry: ListEntry) -> ListEntry | None:
    told = [text for text in dict.fromkeys(entry.addresses) if is_address(text)]
    if not told:
        return None
    others = tuple(Alias(name=text) for text in told[1:])
    return ListEntry(
        list_id=entry.list_id, uid=entry.uid, type=ADDRESS, name=told[0], aliases=others
    )


def is_address(text: str) -> bool:
    """Answer whether a text says more than a town: three words or more, one of them a number or a
    kind of street, countries left out."""
    found = address_words(text)
    if len(found) < _TELLING:
        return False
    streets = _streets()
    return any(word in streets or any(sign.isdigit() for sign in word) for word in found)


@lru_cache(maxsize=_KEPT)
def address_words(text: str) -> tuple[str, ...]:
    """Return the words of an address in one spelling each, without the parts that are countries."""
    told = ", ".join(part for part in _PARTS.split(text) if not country.find(part.strip()))
    return normalise(told, ADDRESS).tokens


def same_place(left: str, right: str) -> bool:
    """Answer whether two addresses name one place.

    Four of five words of the shorter one stand in the other, and if both have numbers, they share
    one and none stands against another.
    """
    if not (is_address(left) and is_address(right)):
        return False
    ours, theirs = (dict.fromkeys(map(fold, address_words(text))) for text in (left, right))
    numbers = [{word for word in side if any(map(str.isdigit, word))} for side in (ours, theirs)]
    if all(numbers) and (
        not numbers[0] & numbers[1] or all((numbers[0] - numbers[1], numbers[1] - numbers[0]))
    ):
        return False
    shorter, longer = sorted((ours, theirs), key=len)
    return sum(word in longer for word in shorter) >= _AGREE * len(shorter)


def towns(place: str) -> frozenset[str]:
    """Return the sounds of the words of a birth place, countries and kinds of places left out."""
    parts = (part.strip() for part in _PARTS.split(place.replace("(", ",").replace(")", ",")))
    told = (normalise(part, ADDRESS).tokens for part in parts if part and not country.find(part))
    kinds = words.word_set("place_kinds")
    return frozenset(_heard(word for part in told for word in part if word not in kinds))


def _heard(found: Iterable[str]) -> Iterable[str]:
    return (fold(word) for word in found if len(word) >= _SHORTEST_TOWN)


@cache
def _streets() -> frozenset[str]:
    return words.word_set("street_kinds")
