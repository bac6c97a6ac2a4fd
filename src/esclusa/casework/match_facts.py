"""What makes two statements of a party, or two editions of a list entry, the same for a decision.

A party is compared in the normal form that screening compares: order of documents, letter case and
spelling of a country change nothing. Stored decisions keep the party as it was stated and are
compared anew each time, so a better normal form of a later version finds them again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from esclusa.analysis.screening import make_query
from esclusa.codes.text import compact
from esclusa.model import ListEntry, PartyFacts

Parts = dict[str, object]
"""Facts by part, in a form that can be compared and written as JSON."""

_DIGITS = 32

_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Made once: :func:`json.dumps` would make an encoder for each digest."""


def party_parts(party: PartyFacts) -> Parts:
    """Return a party's facts by part: name, type, birth_date, nationality, identifiers."""
    asked = make_query(
        party.name, party.type, party.birth_date, party.nationality, party.identifiers
    )
    return {
        "name": [list(asked.name.tokens), asked.name.form],
        "type": asked.kind,
        "birth_date": str(asked.birth or ""),
        "nationality": asked.nationality,
        "identifiers": [list(pair) for pair in asked.identifiers],
    }


def party_digest(party: PartyFacts) -> str:
    """Return the digest of a party's facts: 32 hexadecimal digits."""
    return digest(party_parts(party))


def entry_digests(entry: ListEntry) -> dict[str, str]:
    """Return a digest for each part of a list entry that a decision may rest on.

    Remarks, programmes, the day of listing and the edition are none; nor is the order of names.
    The words are taken as published: these digests are kept, and no later normal form may make
    an entry look changed.
    """
    names = (entry.name, *(alias.name for alias in entry.aliases))
    numbers = (f"{item.scheme}:{compact(item.value)}" for item in entry.identifiers)
    parts: dict[str, Iterable[object]] = {
        "type": (entry.type,),
        "names": map(plain, names),
        "birth_dates": entry.birth_dates,
        "birth_places": map(plain, entry.birth_places),
        "nationalities": map(plain, entry.nationalities),
        "identifiers": numbers,
        "addresses": map(plain, entry.addresses),
    }
    return {part: digest(sorted({str(value) for value in said})) for part, said in parts.items()}


def differing(left: Parts | dict[str, str], right: Parts | dict[str, str]) -> tuple[str, ...]:
    """Return the parts that are not equal, in the order of the second side."""
    return tuple(part for part, value in right.items() if left.get(part) != value)


def states_number(party: PartyFacts, number: str) -> bool:
    """Tell whether a party states a number among its documents, under whatever scheme."""
    wanted = compact(number)
    stated = {compact(text.rpartition(":")[2]) for text in (*party.identifiers, *party.redress)}
    return bool(wanted) and wanted in stated


def plain(text: str) -> str:
    """Return words as published, letter case and blanks apart."""
    return " ".join(text.casefold().split())


def digest(value: object) -> str:
    """Return the digest of what can be written as JSON: 32 hexadecimal digits."""
    return hashlib.sha256(_written(value).encode()).hexdigest()[:_DIGITS]
