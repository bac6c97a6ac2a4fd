"""Check what an agreement says; every problem is named with its place in the text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from esclusa.errors import MarkingError
from esclusa.model import Marking
from esclusa.sharing.agreement import fields, searches
from esclusa.sharing.agreement.fields import EVERY, Pattern, Shape, Step
from esclusa.sharing.agreement.lists import clocks, refusals
from esclusa.sharing.agreement.rules import Named, named
from esclusa.sharing.agreement.searches import Problem
from esclusa.sharing.agreement.shape import Agreement, Clause
from esclusa.sharing.reader import PURPOSES

_CONDITIONS: Final = 50
"""Roles and schemes are about forty words; comparing versions takes each with each."""

_FITS: Final = {
    "year": "a date", "month": "a date", "day": "a date", "country": "a place",
    "heading": "an HS code", "step": "a number",
}  # fmt: skip


@lru_cache(maxsize=64)
def problems(agreement: Agreement) -> tuple[Problem, ...]:
    """Return all that is wrong with an agreement whose shape is right, in the order of its text.

    Remembered: an agreement never changes, and is asked about whenever it is looked at.
    """
    found = [*_head(agreement), *_requests(agreement)]
    for number, clause in enumerate(agreement.clauses):
        found += [Problem(("clauses", number, *item.place), item.reason)
                  for item in _clause(agreement, clause)]  # fmt: skip
    return (*found, *searches.problems(agreement))


def _head(agreement: Agreement) -> Iterator[Problem]:
    if agreement.parties[0].agency == agreement.parties[1].agency:
        yield Problem(("parties", 1, "agency"), "both parties are the same agency")
    if agreement.valid.start > agreement.valid.until:
        yield Problem(("valid", "until"), "the last day is before the first")
    if (agreement.version > 1) != bool(agreement.replaces):
        yield Problem(
            ("replaces",) if agreement.replaces else ("version",),
            "`replaces` names the digest of the version before, from version 2 on",
        )
    yield from _twice("clauses", [clause.id for clause in agreement.clauses], "id")


def _requests(agreement: Agreement) -> Iterator[Problem]:
    asked = agreement.requests
    for name, words, known in (
        ("clocks", asked.clocks, clocks()), ("refusals", asked.refusals, refusals())
    ):  # fmt: skip
        yield from (
            Problem(("requests", name, number), f"{word[:40]!r} is not one of {', '.join(known)}")
            for number, word in enumerate(words)
            if word not in known
        )
        yield from (
            Problem(("requests", *problem.place), problem.reason) for problem in _twice(name, words)
        )


def _twice(name: str, words: Sequence[str], *rest: str) -> Iterator[Problem]:
    for number, word in enumerate(words):
        if word in words[:number]:
            yield Problem((name, number, *rest), f"{word[:40]!r} stands twice")


def _clause(agreement: Agreement, clause: Clause) -> Iterator[Problem]:
    parties = [party.agency for party in agreement.parties]
    if clause.giver not in parties:
        yield Problem(("giver",), f"{clause.giver!r} is none of the parties")
    for number, word in enumerate(clause.purposes):
        if word not in PURPOSES:
            yield Problem(("purposes", number), f"{word!r} is not one of {', '.join(PURPOSES)}")
    yield from _twice("purposes", clause.purposes)
    yield from _twice("caveats", clause.caveats)
    try:
        Marking(caveats=frozenset(clause.caveats))
    except MarkingError as error:
        yield Problem(("caveats",), str(error))
    yield from _onward(clause, parties)
    found = list(named(clause))
    rules = [item for item in found if isinstance(item, Named)]
    yield from (Problem(*item) for item in found if not isinstance(item, Named))
    yield from (item for rule in rules for item in _action(rule))
    if len({(s.key, s.wanted) for rule in rules for s in rule.pattern if s.key}) > _CONDITIONS:
        yield Problem(("fields",), f"more than {_CONDITIONS} different conditions in one clause")
        return
    yield from _ambiguous(rules)
    if len(rules) == len(found):
        yield from _incomplete(clause, rules)


def _onward(clause: Clause, parties: Sequence[str]) -> Iterator[Problem]:
    onward = clause.onward
    if (onward.rule == "within") != bool(onward.agencies):
        yield Problem(("onward",), "`agencies` goes with the rule `within`, and with no other")
    for number, agency in enumerate(onward.agencies):
        if agency in parties:
            yield Problem(("onward", "agencies", number), f"{agency!r} is a party itself")


def _action(rule: Named) -> Iterator[Problem]:
    action, shape = rule.action, rule.shape
    place = rule.place[:2]
    name = rule.pattern[-1].name if rule.pattern[-1].name != EVERY else rule.pattern[-2].name
    fits = {
        "year": name in fields.DATES, "month": name in fields.DATES, "day": name in fields.DATES,
        "country": shape.place, "heading": name in fields.HEADINGS,
        "step": shape.type == "number",
    }  # fmt: skip
    if action.do == "generalise":
        if not fits[action.to]:
            yield Problem(rule.place, f"{rule.path!r} is not {_FITS[action.to]}")
        if (action.to == "step") != (action.amount > 0):
            yield Problem(place, "`step` of 1 or more goes with `to: step`, and with no other")
    elif not shape.type:
        names = ",".join(shape.fields) or EVERY
        yield Problem(rule.place, f"{rule.path!r} is no single value; name what of it: {names}")
    elif action.do == "mask" and shape.type != "text":
        yield Problem(rule.place, f"{rule.path!r} is no text, and only text can be masked")


def _ambiguous(rules: Sequence[Named]) -> Iterator[Problem]:
    """Two rules that both let a field go, each in its own way, say nothing plainly."""
    by_field: dict[tuple[str, ...], list[Named]] = defaultdict(list)
    for rule in rules:
        for below, _shape in fields.leaves(rule.shape):
            others = by_field[*fields.plain(rule.pattern), *below]
            for other in others:
                if _clash(rule, other):
                    yield Problem(rule.place, f"{rule.path!r} is named twice: see {other.path!r}")
                    break
            others.append(rule)


def _clash(rule: Named, other: Named) -> bool:
    if not fields.overlap(rule.pattern, other.pattern):
        return False
    both = (rule.action.do, other.action.do)
    return "drop" not in both or both == ("drop", "drop")


def _incomplete(clause: Clause, rules: Sequence[Named]) -> Iterator[Problem]:
    given = [rule for rule in rules if rule.action.do != "drop"]
    if not given:
        yield Problem(("fields",), "no rule lets anything go")
    told: set[str] = set()
    for rule in given:
        for pattern, masked in _needed(clause.kind, rule.pattern):
            text = fields.text_of(pattern)
            if text not in told and not _goes(pattern, masked, rules):
                told.add(text)
                how = "kept or masked" if masked else "kept"
                yield Problem(rule.place, f"{text!r} must be {how} where {rule.path!r} goes")


def _needed(kind: str, pattern: Pattern) -> Iterator[tuple[Pattern, bool]]:
    """Yield the fields that must go with a pattern, and whether masked will do."""
    shape: Shape = fields.shape_of(kind)
    for length, step in enumerate(pattern):
        for names, masked in ((shape.must_keep, False), (shape.must_name, True)):
            yield from (((*pattern[:length], Step(name)), masked) for name in sorted(names))
        below = shape.item if step.name == EVERY else shape.fields.get(step.name)
        if below is None:
            return
        shape = below


def _goes(pattern: Pattern, masked: bool, rules: Iterable[Named]) -> bool:
    ways = ("keep", "mask") if masked else ("keep",)
    same = [rule for rule in rules if len(rule.pattern) == len(pattern)]
    dropped = any(r.action.do == "drop" and fields.overlap(r.pattern, pattern) for r in same)
    return not dropped and any(
        rule.action.do in ways and fields.covers(rule.pattern, pattern) for rule in same
    )
