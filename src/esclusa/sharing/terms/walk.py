"""Go through a body and say of each filled field what becomes of it.

An element of a list (a party, a goods item) goes only if something of it goes and nothing that it
cannot be read without is withheld; then its indexes in what goes are counted anew, so that they do
not tell how many elements stayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from esclusa.sharing.agreement import fields
from esclusa.sharing.agreement.cells import Plain
from esclusa.sharing.agreement.fields import EVERY, Pattern, Shape
from esclusa.sharing.agreement.rules import KEEP, Action, Named, merged, usable
from esclusa.sharing.agreement.shape import Clause
from esclusa.sharing.terms.conditions import Offer
from esclusa.sharing.terms.shape import FieldPlan, RuleRef
from esclusa.sharing.terms.transforms import Value, country_of, transformed

_OUTCOMES: Final = {"keep": "goes", "mask": "masked", "generalise": "generalised"}


class Rule(msgspec.Struct, frozen=True):
    """A field rule with the clause it stands in."""

    named: Named
    ref: RuleRef


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What several rules together say: the action, why nothing goes ("" if it does), and which."""

    action: Action
    reason: str
    refs: tuple[RuleRef, ...]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """The rules of one field. ``verdict`` is None when conditions decide which of them hold."""

    rules: tuple[Rule, ...]
    verdict: Verdict | None


Table = dict[Plain, Entry]
"""Plain path of a field (or of a place) → the rules that name it."""


def verdict(rules: Iterable[Rule]) -> Verdict:
    """Return what rules that all hold say together."""
    some = tuple(rules)
    action, reason = merged([rule.named.action for rule in some])
    return Verdict(action, reason, tuple(rule.ref for rule in some))


_SILENT: Final = Entry((), verdict(()))


class Said(msgspec.Struct, frozen=True, cache_hash=True):
    """What rules say, in order and without whose they are: a walk depends on nothing else."""

    rules: tuple[tuple[Pattern, Action], ...]


class Rules(msgspec.Struct, frozen=True, eq=False):
    """The rules of several clauses: by the field they name, what they say, and whose they are.

    ``refs`` has one for each rule of ``said``, and each is the very object that a verdict tells.
    """

    by_field: Table
    said: Said
    refs: tuple[RuleRef, ...]


def rules_of(offers: Sequence[Offer]) -> Rules:
    """Return the rules of several clauses."""
    return _rules_of(
        tuple((item.digest, item.agreement.id, item.agreement.version, clause)
              for item, clause in offers)
    )  # fmt: skip


@lru_cache(maxsize=256)
def _rules_of(clauses: tuple[tuple[str, str, int, Clause], ...]) -> Rules:
    """Remembered, because every record of a batch asks again."""
    every = [
        Rule(named, RuleRef(agreement=name, version=version, clause=clause.id, path=named.path))
        for _digest, name, version, clause in clauses
        for named in usable(clause)
    ]
    found: dict[Plain, list[Rule]] = {}
    for rule in every:
        found.setdefault(fields.plain(rule.named.pattern), []).append(rule)
    said = Said(tuple((rule.named.pattern, rule.named.action) for rule in every))
    by_field = {path: _entry(rules) for path, rules in found.items()}
    return Rules(by_field, _one(said), tuple(rule.ref for rule in every))


@lru_cache(maxsize=256)
def _one(said: Said) -> Said:
    """Return the first of those that are equal: then most comparisons end at once."""
    return said


def _entry(rules: list[Rule]) -> Entry:
    conditional = any(step.key for rule in rules for step in rule.named.pattern)
    return Entry(tuple(rules), None if conditional else verdict(rules))


class Walk:
    """One walk through one body.

    :param rules: what the clauses say.
    """

    def __init__(self, rules: Table) -> None:
        self._rules = rules

    def body(self, kind: str, body: dict[str, Any]) -> tuple[FieldPlan, ...]:
        """Return what becomes of each filled field, in the order of the vocabulary."""
        return tuple(self._group(fields.shape_of(kind), body, (), (), "", ""))

    def _group(
        self, shape: Shape, value: dict[str, Any], path: Plain, within: tuple[dict[str, Any], ...],
        here: str, at: str,
    ) -> list[FieldPlan]:  # fmt: skip
        if shape.place and path in self._rules and (coarse := self._matching(path, within)):
            return list(self._place(shape, value, path, within, here, at, coarse))
        found: list[FieldPlan] = []
        for name, inner in value.items():
            below = shape.fields.get(name)
            if below is not None:
                found += self._any(below, inner, (*path, name), within,
                                   _dotted(here, name), _dotted(at, name))  # fmt: skip
        if needed := shape.must_keep | shape.must_name:
            lacking = {_dotted(here, name) for name in needed}
            if any(item.outcome == "withheld" and item.path in lacking for item in found):
                return [_stays(item) for item in found]
        return found

    def _any(
        self, shape: Shape, value: Any, path: Plain, within: tuple[dict[str, Any], ...],
        here: str, at: str,
    ) -> list[FieldPlan]:  # fmt: skip
        if shape.item is not None:
            return self._list(shape.item, value, (*path, EVERY), within, here, at)
        if not shape.type:
            return self._group(shape, value, path, within, here, at)
        if value is None:
            return []
        return [_planned(here, at, self._verdict(path, within), value)]

    def _list(
        self, shape: Shape, values: Sequence[Any], path: Plain,
        within: tuple[dict[str, Any], ...], here: str, at: str,
    ) -> list[FieldPlan]:  # fmt: skip
        found: list[FieldPlan] = []
        number = 0
        for index, value in enumerate(values):
            inside = (*within, _chosen_by(shape, value))
            part = self._any(shape, value, path, inside, f"{here}.{index}", f"{at}.{number}")
            number += any(item.outcome != "withheld" for item in part)
            found += part
        return found

    def _place(
        self, shape: Shape, value: dict[str, Any], path: Plain,
        within: tuple[dict[str, Any], ...], here: str, at: str, coarse: tuple[Rule, ...],
    ) -> Iterator[FieldPlan]:  # fmt: skip
        """A place made coarse: its country goes as its code; its name never does."""
        for name in shape.fields:
            if name not in value:
                continue
            below = self._matching((*path, name), within)
            rules = (*coarse, *(rule for rule in below if rule.named.action != KEEP))
            yield _coarse_part(_dotted(here, name), _dotted(at, name), verdict(rules), name, value)

    def _verdict(self, path: Plain, within: tuple[dict[str, Any], ...]) -> Verdict:
        entry = self._rules.get(path, _SILENT)
        return entry.verdict or verdict(self._matching(path, within))

    def _matching(self, path: Plain, within: tuple[dict[str, Any], ...]) -> tuple[Rule, ...]:
        rules = self._rules.get(path, _SILENT).rules
        return tuple(rule for rule in rules if _fits(rule.named, within))


def _fits(named: Named, within: tuple[dict[str, Any], ...]) -> bool:
    lists = iter(within)
    for step in named.pattern:
        if step.name == EVERY:
            chosen = next(lists)
            if step.key and chosen.get(step.key) != step.wanted:
                return False
    return True


def _chosen_by(shape: Shape, value: Any) -> dict[str, Any]:
    """The element's fields with their defaults, for conditions to choose by."""
    return {**shape.defaults, **value} if shape.fields else {}


def _planned(here: str, at: str, said: Verdict, value: Value) -> FieldPlan:
    if said.reason:
        return FieldPlan(path=here, outcome="withheld", rules=said.refs, reason=said.reason)
    goes = transformed(said.action, value)
    if goes is None:
        return FieldPlan(path=here, outcome="withheld", rules=said.refs, reason="not_coarser")
    return FieldPlan(
        path=here, outcome=_OUTCOMES[said.action.do], rules=said.refs, at=at, value=goes
    )


def _coarse_part(here: str, at: str, said: Verdict, name: str, place: dict[str, Any]) -> FieldPlan:
    country = country_of(place)
    goes = {"code": country, "scheme": "country"}.get(name) if country else None
    if said.reason or goes is None:
        why = said.reason or "not_coarser"
        return FieldPlan(path=here, outcome="withheld", rules=said.refs, reason=why)
    return FieldPlan(path=here, outcome="generalised", rules=said.refs, at=at, value=goes)


def _stays(item: FieldPlan) -> FieldPlan:
    if item.outcome == "withheld":
        return item
    return FieldPlan(path=item.path, outcome="withheld", rules=item.rules, reason="incomplete")


def _dotted(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
