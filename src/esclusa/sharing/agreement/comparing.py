"""Two versions compared in words: what is newly released, what no longer, what changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from esclusa.sharing.agreement import cells, hits
from esclusa.sharing.agreement.cells import Outcome, Table
from esclusa.sharing.agreement.rules import KEEP, Named
from esclusa.sharing.agreement.shape import Agreement, Clause
from esclusa.sharing.agreement.words import Sentence, said, wording

NEWLY: Final = "newly"
NO_LONGER: Final = "no_longer"
CHANGED: Final = "changed"
HANDLING: Final = "handling"


Sides = dict[str, tuple[tuple[Named, ...], tuple[Named, ...]]]
"""Purpose → the rules of the old version and of the new one."""
Pair = tuple[Outcome, Outcome]
"""What the old and the new version do with a cell."""
Fares = tuple[tuple[Pair, tuple[str, ...]], ...]
"""What both do, and for which purposes."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. ``what``: ``newly`` released, ``no_longer`` released, ``changed`` (goes in
    another form), or ``handling`` (anything around the fields). ``path`` is "" for the last, and
    the kind of key after ``hit:`` for what may newly, or no longer, be searched."""

    what: str
    giver: str
    kind: str
    path: str
    purposes: tuple[str, ...]
    text: Sentence


def compare(old: Agreement, new: Agreement) -> tuple[Change, ...]:
    """Return every difference between two checked versions, fields first."""
    before, after = cells.table(old), cells.table(new)
    places = sorted({(giver, kind) for giver, kind, _purpose in (*before, *after)})
    found: list[Change] = []
    for giver, kind in places:
        found += _fields(giver, kind, before, after)
    return (*found, *_hits(old, new), *_clauses(old, new), *_around(old, new))


def _hits(old: Agreement, new: Agreement) -> Iterator[Change]:
    for what, giver, kind, key, purposes in hits.differences(old, new):
        text = hits.sentence(what, giver, kind, key, purposes)
        yield Change(what=what, giver=giver, kind=kind, path=f"hit:{key}", purposes=purposes,
                     text=text)  # fmt: skip
    for giver, text in hits.handling(old, new):
        yield Change(what=HANDLING, giver=giver, kind="", path="", purposes=(), text=text)


def _fields(giver: str, kind: str, before: Table, after: Table) -> Iterator[Change]:
    purposes = sorted({p for g, k, p in (*before, *after) if (g, k) == (giver, kind)})
    sides = {
        purpose: (before.get((giver, kind, purpose), ()), after.get((giver, kind, purpose), ()))
        for purpose in purposes
    }
    rules = [rule for both in sides.values() for side in both for rule in side]
    for path in cells.paths(rules):
        for text, found in _by_text(path, rules, sides).items():
            for (was, now), for_ in found:
                if was != now:
                    yield _change(giver, kind, text, for_, was, now)


def _by_text(path: cells.Plain, rules: Sequence[Named], sides: Sides) -> dict[str, Fares]:
    """Return, for each cell of a field, what both versions do with it and for which purposes; one
    entry for the whole field when all its cells fare alike."""
    named = cells.mentioned(rules, path)
    found = {cell.text(named): _fares(cell, sides) for cell in cells.cells(path, named)}
    if len(set(found.values())) == 1:
        return {".".join(path): next(iter(found.values()))}
    return found


def _fares(cell: cells.Cell, sides: Sides) -> Fares:
    found: dict[Pair, tuple[str, ...]] = {}
    for purpose, (before, after) in sides.items():
        pair = cells.outcome(before, cell), cells.outcome(after, cell)
        found[pair] = (*found.get(pair, ()), purpose)
    return tuple(found.items())


def _change(
    giver: str, kind: str, path: str, purposes: tuple[str, ...], was: Outcome, now: Outcome
) -> Change:
    what = NEWLY if was is None else NO_LONGER if now is None else CHANGED
    text = said(
        what, giver=giver, kind=wording("kind", kind), path=path,
        purposes=wording("purpose", *purposes), was=wording_of(was), now=wording_of(now),
    )  # fmt: skip
    return Change(what=what, giver=giver, kind=kind, path=path, purposes=purposes, text=text)


def wording_of(outcome: Outcome) -> Sentence:
    """Return how a field goes, in words."""
    action = outcome or KEEP
    return said(f"action.{action.to or action.do}", amount=str(action.amount))


def _clauses(old: Agreement, new: Agreement) -> Iterator[Change]:
    before = {clause.id: clause for clause in old.clauses}
    for clause in new.clauses:
        was = before.get(clause.id)
        if was is not None:
            for name in ("level", "caveats", "onward", "retention_days", "lease_hours"):
                if getattr(was, name) != getattr(clause, name):
                    yield _handling(clause, name, was)


def _handling(clause: Clause, name: str, was: Clause) -> Change:
    text = said(f"handling.{name}", clause=clause.id, was=condition(was, name),
                now=condition(clause, name))  # fmt: skip
    return Change(what=HANDLING, giver=clause.giver, kind=clause.kind, path="", purposes=(),
                  text=text)  # fmt: skip


def condition(clause: Clause, name: str) -> Sentence:
    """Return one of a clause's conditions in words."""
    if name == "onward":
        agencies = ", ".join(clause.onward.agencies)
        return said(f"onward.{clause.onward.rule}", agencies=agencies)
    if name == "level":
        return wording("level", clause.level)
    if name == "caveats":
        return Sentence.same(", ".join(clause.caveats)) if clause.caveats else said("none")
    return Sentence.same(str(getattr(clause, name)))


def _around(old: Agreement, new: Agreement) -> Iterator[Change]:
    values: Sequence[tuple[str, object, object]] = (
        ("parties", _parties(old), _parties(new)),
        ("from", str(old.valid.start), str(new.valid.start)),
        ("until", str(old.valid.until), str(new.valid.until)),
        ("clocks", ", ".join(sorted(old.requests.clocks)), ", ".join(sorted(new.requests.clocks))),
        ("refusals", ", ".join(sorted(old.requests.refusals)),
         ", ".join(sorted(new.requests.refusals))),
        ("grace_hours", old.exchange.grace_hours, new.exchange.grace_hours),
        ("skew_minutes", old.exchange.skew_minutes, new.exchange.skew_minutes),
        ("title", old.title, new.title),
        ("legal_basis", old.legal_basis, new.legal_basis),
    )  # fmt: skip
    for name, was, now in values:
        if was != now:
            text = said(f"around.{name}", was=Sentence.of(was), now=Sentence.of(now))
            yield Change(what=HANDLING, giver="", kind="", path="", purposes=(), text=text)


def _parties(agreement: Agreement) -> str:
    return "; ".join(f"{p.agency} {p.role} {p.key}" for p in agreement.parties)
