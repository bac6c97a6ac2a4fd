"""One pattern for elements of a tag that differ in what they have inside.

Each element that was read shows tags in an order. As long as one order holds for all, they become
one mould: what some lack is optional, what stands several times running repeats. The pattern of a
mould matches what any of them may look like, and nothing that is not well-formed: every tag stands
in it as it is, and between tags nothing but blanks and plain text.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final, NamedTuple

from esclusa.formats.xml_twigs import Plan, StemPlan, Stretch

SPACE: Final = "[ \t\n]*+"
TEXT: Final = r"[^<>\x00-\x08\x0b-\x1f]++"
"""Text without mark-up and without what XML 1.0 forbids (§ 2.2, § 2.4), but for U+FFFE and U+FFFF,
which would make the patterns four times as dear to compile."""

_WIDEST: Final = 200
"""Tags that one mould may have."""


class Slot(NamedTuple):
    """A child: with text, empty, or with children (``inner``); where ``many``, several running."""

    tag: str
    inner: Slots | None = None
    text: bool = False
    empty: bool = False
    optional: bool = False
    many: bool = False


Slots = tuple[Slot, ...]


def slots_of(plan: Plan) -> Slots:
    """Return what an element read by this plan has inside."""
    return tuple([_slot(plan, tag) for tag in plan.order])


def _slot(plan: Plan, tag: str) -> Slot:
    if tag in plan.parts:
        return Slot(tag, slots_of(plan.parts[tag]))
    return Slot(tag, text=tag in plan.places, empty=tag not in plan.places)


def slots_of_all(plans: tuple[Plan, ...]) -> Slots | None:
    """Return what an element with these children has inside, None where it is of no use: a child
    without children, or two of one tag apart from each other."""
    found: list[Slot] = []
    for tag, group in groupby(plans, key=lambda plan: plan.tag):
        alike = list(group)
        inner: Slots | None = slots_of(alike[0])
        for each in dict.fromkeys(alike[1:]):  # a thousand like ones tell no more than one
            inner = merged(inner, slots_of(each)) if inner else None
        if not inner or any(tag == slot.tag for slot in found):
            return None
        found.append(Slot(tag, inner, many=len(alike) > 1))
    return tuple(found)


def merged(one: Slots, other: Slots) -> Slots | None:
    """Return what holds for both, None where they have children in different orders or kinds."""
    found, at = list(one), 0
    for slot in other:
        place = next((at for at, each in enumerate(found) if each.tag == slot.tag), -1)
        if place < 0:
            found.insert(at, slot._replace(optional=True))
        elif place < at or (both := _both(found[place], slot)) is None:
            return None
        else:
            found[place], at = both, place
        at += 1
    said = {slot.tag for slot in other}
    made = tuple([each if each.tag in said else each._replace(optional=True) for each in found])
    return made if _width(made) <= _WIDEST else None


def _both(one: Slot, other: Slot) -> Slot | None:
    inner = one.inner or other.inner
    if one.inner is not None and other.inner is not None:
        inner = merged(one.inner, other.inner)
        if inner is None:
            return None
    text = one.text or other.text
    if inner is not None and text:
        return None
    return Slot(
        one.tag, inner, text, one.empty or other.empty, one.optional or other.optional,
        one.many or other.many,
    )  # fmt: skip


def _width(slots: Slots) -> int:
    return sum(1 + _width(slot.inner or ()) for slot in slots)


def pattern_of(tag: str, slots: Slots) -> tuple[re.Pattern[str], StemPlan]:
    """Return what matches the elements of a mould, and where their texts stand in a match."""
    writer, parts = _Writer(), []
    for slot in slots:
        plan, begin = Plan(slot.tag), writer.count
        if slot.many:
            inner = _Writer()
            body = inner.element(slot._replace(optional=False), plan)
            bare = writer.some(f"((?:{_Writer(bare=True).element(slot, Plan(slot.tag))})++)", slot)
            writer.pieces.append(bare)
            writer.count += 1
            parts.append(Stretch(plan, begin, begin + 1, re.compile(body + "()")))
        else:
            writer.base = begin
            writer.pieces.append(writer.some(writer.element(slot, plan), slot))
            parts.append(Stretch(plan, begin, writer.count))
    name = re.escape(tag)
    text = f"<{name}>{SPACE}{''.join(writer.pieces)}</{name}>"
    return re.compile(text), StemPlan(parts)


class _Writer:
    """Writes the pattern of a mould. ``bare`` leaves out the groups that catch texts; values are
    counted from ``base``."""

    def __init__(self, *, bare: bool = False) -> None:
        self.bare = bare
        self.base = self.count = 0
        self.pieces: list[str] = []

    def some(self, pattern: str, slot: Slot) -> str:
        """What may be missing; once it was there, it is not tried without it."""
        return f"(?>{pattern}|)" if slot.optional else pattern

    def caught(self, pattern: str) -> str:
        if self.bare:
            return pattern
        self.count += 1
        return f"({pattern})"

    def element(self, slot: Slot, plan: Plan) -> str:
        """Write a child with children; ``plan`` is filled with the places of its texts."""
        tag, mark = re.escape(slot.tag), ""
        if slot.optional or slot.empty:
            plan.there = self.count - self.base
            mark = self.caught("")
        inner = "".join([self._child(each, plan) for each in slot.inner or ()])
        whole = f"<{tag}>{SPACE}{mark}{inner}</{tag}>"
        if slot.empty:
            whole = f"(?>{whole}|<{tag}/>)"
        return whole + SPACE

    def _child(self, slot: Slot, plan: Plan) -> str:
        if slot.inner is not None:
            inner = plan.parts[slot.tag] = Plan(slot.tag)
            return self.some(self.element(slot, inner), slot)
        tag, ways = re.escape(slot.tag), []
        if slot.text:
            plan.places[slot.tag] = self.count - self.base
            ways.append(f"<{tag}>{self.caught(TEXT)}</{tag}>")
        if slot.empty:
            ways += [f"<{tag}/>", f"<{tag}></{tag}>"]
        told = ways[0] if len(ways) == 1 else f"(?>{'|'.join(ways)})"
        return self.some(told + SPACE, slot)
