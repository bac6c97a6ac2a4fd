"""Pointer clauses in words: what may be searched, and what changes between two versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from esclusa.sharing.agreement.shape import Agreement, PointerClause, Search
from esclusa.sharing.agreement.words import Sentence, said, wording

Searched = dict[tuple[str, str, str], frozenset[str]]
"""(giver, kind of record, kind of key) → the purposes for which it may be searched."""
_HANDLED: Final = ("level", "caveats", "limits", "hours", "catalogue")


def describe(agreement: Agreement) -> Iterator[Sentence]:
    """Yield what the pointer clauses of a checked agreement say."""
    for clause in agreement.pointers:
        yield said(
            "hits.clause", clause=clause.id, giver=clause.giver,
            receiver=agreement.other(clause.giver), kinds=wording("kind", *clause.records),
            purposes=wording("purpose", *clause.purposes),
        )  # fmt: skip
        for search in clause.searches:
            yield said(
                "hits.search", subject=wording("subject", search.subject),
                keys=wording("key", *search.keys), limits=_condition(clause, search, "limits"),
            )  # fmt: skip
        first = clause.searches[0]
        shared = ("level", "caveats", "hours", "catalogue")
        yield said("hits.rest", **{name: _condition(clause, first, name) for name in shared})


def searched(agreement: Agreement) -> Searched:
    """Return for what purposes which key finds which kind of record."""
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for clause in agreement.pointers:
        for search in clause.searches:
            for kind in clause.records:
                for key in search.keys:
                    found[clause.giver, kind, key].update(clause.purposes)
    return {place: frozenset(purposes) for place, purposes in found.items()}


def differences(
    old: Agreement, new: Agreement
) -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    """Yield (``newly`` or ``no_longer``, giver, kind, key, purposes)."""
    before, after = searched(old), searched(new)
    for place in sorted({*before, *after}):
        was, now = before.get(place, frozenset()), after.get(place, frozenset())
        for what, purposes in (("newly", now - was), ("no_longer", was - now)):
            if purposes:
                yield what, *place, tuple(sorted(purposes))


def sentence(what: str, giver: str, kind: str, key: str, purposes: tuple[str, ...]) -> Sentence:
    """Return one of the differences in words."""
    return said(
        f"hits.{what}", giver=giver, kind=wording("kind", kind), by=wording("key", key),
        purposes=wording("purpose", *purposes),
    )  # fmt: skip


def handling(old: Agreement, new: Agreement) -> Iterator[tuple[str, Sentence]]:
    """Yield (giver, sentence) for each condition of a search that changes."""
    before, after = _handled(old), _handled(new)
    for place in sorted(before.keys() & after.keys()):
        giver, purpose, subject, name = place
        if before[place] != after[place]:
            yield giver, said(
                f"hits.{name}", giver=giver, subject=wording("subject", subject),
                purpose=wording("purpose", purpose), was=before[place], now=after[place],
            )  # fmt: skip


def _handled(agreement: Agreement) -> dict[tuple[str, str, str, str], Sentence]:
    return {
        (clause.giver, purpose, search.subject, name): _condition(clause, search, name)
        for clause in agreement.pointers
        for purpose in clause.purposes
        for search in clause.searches
        for name in _HANDLED
    }


def _condition(clause: PointerClause, search: Search, name: str) -> Sentence:
    limits = search.limits
    if name == "limits":
        return said(
            "hits.limit", question=f"{limits.question:,}", day=f"{limits.day:,}",
            epoch=f"{limits.epoch:,}", year=f"{limits.year:,}",
        )  # fmt: skip
    if name == "hours":
        return said("hits.time", epoch=str(clause.epoch_hours), grace=str(clause.grace_hours))
    if name == "catalogue":
        return Sentence.same(f"{clause.catalogue:,}")
    if name == "level":
        return wording("level", clause.level)
    return Sentence.same(", ".join(clause.caveats)) if clause.caveats else said("none")
