"""Two nodes that search each other, for the tests: terms, keys, randomness from a seed, a clock.

>>> world = World()                                             # doctest: +SKIP
>>> world.open(containers("CSQU3054383"))                       # doctest: +SKIP
>>> world.search(containers("CSQU3054383")).hits                # doctest: +SKIP
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from esclusa.codes import imo, iso6346
from esclusa.sharing.pointers import answering, asking, catalogue
from esclusa.sharing.pointers.answering import Owner
from esclusa.sharing.pointers.asking import Asker, Findings
from esclusa.sharing.pointers.group import Random
from esclusa.sharing.pointers.keys import Pointer, exact
from esclusa.sharing.pointers.messages import (
    Catalogue,
    Question,
    Reply,
    Scope,
    catalogue_limit,
    decode,
    encode,
)
from esclusa.sharing.pointers.terms import (
    DRAFT_LIMITS,
    KEYS,
    Limits,
    PointerClause,
    Search,
    Subject,
    Terms,
)

NOW = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)
DIGEST = "ab" * 32
SUBJECTS: tuple[Subject, ...] = ("person", "company", "vessel", "container")
WIDE = Limits(question=4096, day=10_000, epoch=10_000, year=100_000)


def seeded(seed: int) -> Random:
    """Return randomness that a test can repeat."""
    return random.Random(seed).randbytes


def clause(limits: dict[Subject, Limits] = DRAFT_LIMITS, **changes: Any) -> PointerClause:
    """Return a clause by which Marisol lets Northreach search everything."""
    searches = tuple(
        Search(subject=subject, keys=tuple(k for k, s in KEYS.items() if s == subject),
               limits=limits[subject])
        for subject in SUBJECTS
    )  # fmt: skip
    given: dict[str, Any] = {
        "id": "hits", "giver": "marisol", "records": ("equipment", "list_entry", "traveller"),
        "purposes": ("targeting", "sanctions"), "level": "restricted", "searches": searches,
    }  # fmt: skip
    return PointerClause(**{**given, **changes})


def terms(limits: Limits = WIDE, **changes: Any) -> Terms:
    """Return the clause in force for a year."""
    return Terms(agreement=DIGEST, begins=NOW - dt.timedelta(days=1),
                 ends=NOW + dt.timedelta(days=400),
                 clause=clause(dict.fromkeys(SUBJECTS, limits), **changes))  # fmt: skip


def scope(subject: Subject = "container", **changes: str) -> Scope:
    """Return what Northreach may search in Marisol's records for targeting."""
    made = Scope("marisol", "northreach", DIGEST, "targeting", subject)
    return msgspec.structs.replace(made, **changes)  # type: ignore[arg-type]


def container(number: int) -> Pointer:
    """Return the key of one of a million invented containers."""
    stem = f"MSLU{number:06}"
    found = exact("iso6346", stem + iso6346.check_digit(stem))
    assert found is not None
    return found


def containers(numbers: Iterable[int]) -> frozenset[Pointer]:
    """Return the keys of invented containers."""
    return frozenset(map(container, numbers))


def hull(number: int) -> Pointer:
    """Return the key of one of 900,000 well-formed IMO numbers."""
    stem = f"{100_000 + number:06}"
    found = exact("imo", stem + imo.check_digit(stem))
    assert found is not None
    return found


class World:
    """Marisol, who is asked, and Northreach, who asks; every message crosses as bytes."""

    def __init__(self, terms_: Terms | None = None, seed: int = 1) -> None:
        self.terms = terms_ or terms()
        self.now = NOW
        self.owner = Owner(me="marisol", asker="northreach")
        self.asker = Asker(me="northreach", owner="marisol")
        self.owner_random, self.asker_random = seeded(seed), seeded(seed + 1)
        self.rows: list[Any] = []
        self.set: Catalogue

    def open(self, pointers: Collection[Pointer], within: Scope | None = None) -> Catalogue:
        """Open an epoch and hand its set over."""
        self.owner, made, rows = answering.open_epoch(
            self.owner, within or scope(), self.terms, pointers, self.now, self.owner_random
        )
        limit = catalogue_limit(self.terms.clause.catalogue)
        self.set = decode(encode(made), Catalogue, "marisol", limit)
        taken = catalogue.accept(
            self.set, "marisol", "northreach", self.terms.clause.catalogue, self.now
        )
        self.rows += [*rows, taken]
        return self.set

    def ask(self, pointers: Collection[Pointer], size: int = 0) -> Question:
        """Make a question and hand it over."""
        self.asker, question, row = asking.ask(
            self.asker, self.set, self.terms, pointers, self.now, self.asker_random, size
        )
        self.rows.append(row)
        return decode(encode(question), Question, "northreach")

    def answer(self, question: Question) -> Reply:
        """Answer a question and hand the reply over."""
        self.owner, reply, row = answering.answer(
            self.owner, question, self.terms, self.now, self.owner_random
        )
        self.rows.append(row)
        return decode(encode(reply), Reply, "marisol")

    def settle(self, reply: Reply) -> Findings:
        """Take in a reply."""
        self.asker, found, row = asking.settle(self.asker, self.set, reply, self.now)
        self.rows.append(row)
        return found

    def search(self, pointers: Collection[Pointer]) -> Findings:
        """Ask, answer, settle."""
        return self.settle(self.answer(self.ask(pointers)))

    def restart(self) -> None:
        """Write both states down and read them again, as a node does."""
        self.owner = msgspec.json.decode(msgspec.json.encode(self.owner), type=Owner)
        self.asker = msgspec.json.decode(msgspec.json.encode(self.asker), type=Asker)


def found(findings: Findings) -> frozenset[Pointer]:
    """Return the keys that were hits."""
    return frozenset(hit.pointer for hit in findings.hits)
