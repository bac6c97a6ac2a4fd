"""What an agreement does with each field, cell by cell: the ground of the comparison in words.

Comparing the texts of two versions would call ``parties[role=shipper].name`` new beside
``parties.*.name``, though nothing more goes. So a field is cut into cells, one for each condition
that either version writes and one for all others, and both versions are asked what they do with
each cell. The rules are merged exactly as a release merges them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Final

import msgspec

from esclusa.sharing.agreement import fields
from esclusa.sharing.agreement.fields import EVERY, Pattern
from esclusa.sharing.agreement.rules import KEEP, Action, Named, merged, usable
from esclusa.sharing.agreement.shape import Agreement, Clause

Plain = tuple[str, ...]
Chosen = tuple[tuple[str, str], ...]
"""For one list: each key that conditions use, and a value of it; ``OTHERS`` is any other."""

OTHERS: Final = "\0"


class Cell(msgspec.Struct, frozen=True):
    """A field under one choice of elements; ``chosen`` has an entry for each ``*`` in the path."""

    path: Plain
    chosen: tuple[Chosen, ...]

    def text(self, mentioned: Mapping[tuple[int, str], frozenset[str]]) -> str:
        """Return the cell as a path; ``role≠shipper`` stands for all others."""
        words: list[str] = []
        at = 0
        for name in self.path:
            if name != EVERY:
                words.append(name)
                continue
            said = [_said(key, value, mentioned[at, key]) for key, value in self.chosen[at]]
            at += 1
            if said:
                words[-1] += f"[{', '.join(said)}]"
            else:
                words.append(name)
        return ".".join(words)


def _said(key: str, value: str, mentioned: frozenset[str]) -> str:
    return f"{key}≠{','.join(sorted(mentioned))}" if value == OTHERS else f"{key}={value}"


Outcome = Action | None
Table = dict[tuple[str, str, str], tuple[Named, ...]]
"""(giver, kind, purpose) → the rules that hold there."""


def table(agreement: Agreement) -> Table:
    """Return an agreement's rules by giver, kind and purpose."""
    found: Table = {}
    for clause in agreement.clauses:
        for key in keys(clause):
            found[key] = (*found.get(key, ()), *usable(clause))
    return found


def keys(clause: Clause) -> Iterator[tuple[str, str, str]]:
    """Yield where a clause holds."""
    yield from ((clause.giver, clause.kind, purpose) for purpose in clause.purposes)


def outcome(rules: Iterable[Named], cell: Cell) -> Outcome:
    """Return what is done with a cell; None when nothing of it goes."""
    hit = [rule for rule in rules if _matches(rule.pattern, cell)]
    exact = [rule.action for rule in hit if len(rule.pattern) == len(cell.path)]
    around = [rule.action for rule in hit if len(rule.pattern) < len(cell.path)]
    if around:
        # A place made coarse: its code and the scheme of it go, its name does not.
        coarse = merged([*around, *(action for action in exact if action != KEEP)])[0]
        return None if coarse.do == "drop" or cell.path[-1] == "name" else coarse
    action, why = merged(exact)
    return None if why else action


def _matches(pattern: Pattern, cell: Cell) -> bool:
    if fields.plain(pattern) != cell.path[: len(pattern)]:
        return False
    lists = iter(cell.chosen)
    return all(
        not step.key or (step.key, step.wanted) in chosen
        for step in pattern
        if step.name == EVERY
        for chosen in (next(lists),)
    )


def mentioned(rules: Iterable[Named], path: Plain) -> dict[tuple[int, str], frozenset[str]]:
    """Return the values that conditions on a field name: (which list, key) → values."""
    found: dict[tuple[int, str], frozenset[str]] = {}
    for rule in rules:
        if fields.plain(rule.pattern) != path[: len(rule.pattern)]:
            continue
        for at, step in enumerate(s for s in rule.pattern if s.name == EVERY):
            if step.key:
                found[at, step.key] = found.get((at, step.key), frozenset()) | {step.wanted}
    return found


def cells(path: Plain, named: Mapping[tuple[int, str], frozenset[str]]) -> Iterator[Cell]:
    """Yield the cells of a field under the conditions that ``mentioned`` found."""
    choices = []
    for at in range(path.count(EVERY)):
        by_key = [
            [(key, value) for value in (*sorted(values), OTHERS)]
            for (number, key), values in sorted(named.items())
            if number == at
        ]
        choices.append([tuple(chosen) for chosen in product(*by_key)])
    yield from (Cell(path, tuple(chosen)) for chosen in product(*choices))


def paths(rules: Iterable[Named]) -> list[Plain]:
    """Return every single field that rules name, in the order of their first naming."""
    found = {
        (*fields.plain(rule.pattern), *below): None
        for rule in rules
        for below, _shape in fields.leaves(rule.shape)
    }
    return list(found)
