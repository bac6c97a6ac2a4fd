"""Pointer clauses of an agreement: the kinds of key, and what is wrong with a clause.

A clause lets the other party ask "do you hold this?" and hear hit or no hit
(:mod:`esclusa.sharing.pointers`). Here is only what the two sides sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from esclusa.errors import MarkingError
from esclusa.model import Marking
from esclusa.sharing.agreement.shape import Agreement, PointerClause, Search, Subject
from esclusa.sharing.agreement.text import Place
from esclusa.sharing.reader import PURPOSES

KEYS: Final[dict[str, Subject]] = {
    "passport": "person", "national_id": "person", "name_birth": "person", "name_year": "person",
    "name_near": "person", "name_near_facts": "person",
    "registration": "company", "tax": "company", "duns": "company", "company_name": "company",
    "imo": "vessel", "mmsi": "vessel", "vessel_name": "vessel",
    "iso6346": "container",
}  # fmt: skip
"""Each kind of key, and what it finds. ``name_year``, ``company_name`` and ``vessel_name`` are
approximate (:mod:`esclusa.sharing.pointers.names`), ``name_near`` and ``name_near_facts`` are the
two stages of one search (:mod:`esclusa.sharing.pointers.near`), all others exact."""
_STAGES: Final = ("name_near", "name_near_facts")


class Problem(msgspec.Struct, frozen=True):
    """Something wrong: where in the agreement, and what was expected."""

    place: Place
    reason: str


def problems(agreement: Agreement) -> Iterator[Problem]:
    """Yield all that is wrong with the pointer clauses of an agreement."""
    taken = [clause.id for clause in agreement.clauses]
    given: set[tuple[str, str, str]] = set()
    for number, clause in enumerate(agreement.pointers):
        if clause.id in taken:
            yield Problem(("pointers", number, "id"), f"{clause.id!r} stands twice")
        taken.append(clause.id)
        for item in faults(clause, agreement):
            yield Problem(("pointers", number, *item.place), item.reason)
        searched = {(clause.giver, word, item.subject)
                    for word in clause.purposes for item in clause.searches}  # fmt: skip
        for _giver, purpose, subject in sorted(searched & given):
            reason = f"another clause lets a {subject} be searched for {purpose} already"
            yield Problem(("pointers", number, "searches"), reason)
        given |= searched


def faults(clause: PointerClause, agreement: Agreement) -> Iterator[Problem]:
    """Yield all that is wrong with one pointer clause; places are those within it."""
    parties = [party.agency for party in agreement.parties]
    if clause.giver not in parties:
        yield Problem(("giver",), f"{clause.giver!r} is none of the parties")
    for number, word in enumerate(clause.purposes):
        if word not in PURPOSES:
            yield Problem(("purposes", number), f"{word!r} is not one of {', '.join(PURPOSES)}")
    for name in ("records", "purposes", "caveats"):
        yield from _twice(name, getattr(clause, name))
    try:
        Marking(caveats=frozenset(clause.caveats))
    except MarkingError as error:
        yield Problem(("caveats",), str(error))
    yield from _twice("searches", tuple(item.subject for item in clause.searches), "subject")
    for number, search in enumerate(clause.searches):
        for item in _search(search):
            yield Problem(("searches", number, *item.place), item.reason)


def _search(search: Search) -> Iterator[Problem]:
    for number, key in enumerate(search.keys):
        if KEYS.get(key) != search.subject:
            known = ", ".join(word for word, subject in KEYS.items() if subject == search.subject)
            yield Problem(("keys", number), f"{key[:40]!r} is not one of {known}")
    yield from _twice("keys", search.keys)
    if len(set(_STAGES) & set(search.keys)) == 1:
        yield Problem(("keys",), f"{' and '.join(_STAGES)} go together or not at all")
    limits = search.limits
    if not limits.question <= min(limits.day, limits.epoch) <= limits.year:
        reason = "question, then day and epoch, then year must not become smaller"
        yield Problem(("limits",), reason)


def _twice(name: str, words: tuple[str, ...], *rest: str) -> Iterator[Problem]:
    for number, word in enumerate(words):
        if word in words[:number]:
            yield Problem((name, number, *rest), f"{word[:40]!r} stands twice")
