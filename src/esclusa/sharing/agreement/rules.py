"""Field rules, written out: one pattern and one action each, and what several together mean.

What several rules say about one field:

1. no rule names it: it is withheld;
2. any ``drop`` names it: it is withheld;
3. ``keep`` and one coarser action: the coarser one holds;
4. two different coarser actions: it is withheld, because neither is plainly meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import msgspec

from esclusa.sharing.agreement import fields
from esclusa.sharing.agreement.fields import Pattern, Shape
from esclusa.sharing.agreement.shape import Clause, Drop, Generalise, Keep, Mask, Rule


class Action(msgspec.Struct, frozen=True):
    """What is done with a field: ``do`` as in the agreement, ``to`` and ``amount`` its details
    (characters shown of a masked text, step of a number)."""

    do: str
    to: str = ""
    amount: int = 0


DROP: Final = Action("drop")
KEEP: Final = Action("keep")


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A field rule for one path. ``place`` is where the path stands in the clause's text."""

    pattern: Pattern
    shape: Shape
    action: Action
    place: tuple[str | int, ...]

    @property
    def path(self) -> str:
        """The path as written, braces written out."""
        return fields.text_of(self.pattern)


def action_of(rule: Rule) -> Action:
    """Return what a rule does."""
    match rule:
        case Mask():
            return Action("mask", "", rule.last)
        case Generalise():
            return Action("generalise", rule.to, rule.step)
        case Drop():
            return DROP
        case Keep():
            return KEEP


def named(clause: Clause) -> Iterator[Named | tuple[tuple[str | int, ...], str]]:
    """Yield every path of a clause as a rule, or its place in the clause and what is wrong."""
    left = fields.MOST_PATHS
    for number, rule in enumerate(clause.fields):
        for index, path in enumerate(rule.paths):
            place = ("fields", number, "paths", index)
            for text in fields.written_out(path):
                left -= 1
                if left < 0:
                    yield place, f"more than {fields.MOST_PATHS} paths in one clause"
                    return
                try:
                    pattern, shape = fields.find(clause.kind, text)
                except ValueError as error:
                    yield place, str(error)
                else:
                    yield Named(pattern=pattern, shape=shape, action=action_of(rule), place=place)


def usable(clause: Clause) -> tuple[Named, ...]:
    """Return a checked clause's rules; raises ``ValueError`` when a path names nothing."""
    found: list[Named] = []
    for item in named(clause):
        if not isinstance(item, Named):
            raise ValueError(item[1])
        found.append(item)
    return tuple(found)


def merged(actions: Collection[Action]) -> tuple[Action, str]:
    """Return what several rules together do with a field, and why nothing goes ("" if it does)."""
    if not actions:
        return DROP, "no_rule"
    if DROP in actions:
        return DROP, "dropped"
    coarser = {action for action in actions if action != KEEP}
    if len(coarser) > 1:
        return DROP, "conflict"
    return (coarser.pop() if coarser else KEEP), ""
