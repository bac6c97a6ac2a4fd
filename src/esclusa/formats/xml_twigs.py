"""Elements read by their shape (:mod:`esclusa.formats.xml_shapes`), as readers see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Final, NamedTuple

import msgspec
from lxml import etree

Texts = tuple[str | None, ...]

_MEANT: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


class Twig(msgspec.Struct, eq=False, gc=False):
    """An element read by its shape. It answers as one of lxml does, as far as readers ask.

    Going through it gives the children that have children; texts are asked for with a ``Pick``.
    """

    plan: Plan
    values: Texts

    @property
    def tag(self) -> str:
        return self.plan.tag

    def __iter__(self) -> Iterator[Twig]:
        for plan in self.plan.parts.values():
            if plan.is_in(self.values):
                yield Twig(plan, self.values)

    def find(self, tag: str) -> Twig | None:
        """Return the child of that tag, None when it has none with children."""
        plan = self.plan.parts.get(tag)
        return None if plan is None or not plan.is_in(self.values) else Twig(plan, self.values)


class Stem(msgspec.Struct, eq=False, gc=False):
    """An element whose children were all read at once; going through it gives those.

    The last of its values, and of those of each child, is None: that of what is absent.
    ``entities`` tells that texts of children which stand several times may have some.
    """

    plan: StemPlan
    values: Texts
    entities: bool = False

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Twig]:
        for stretch in self.plan.parts:
            if stretch.each is not None:
                for found in stretch.each.finditer(self.values[stretch.begin] or ""):
                    values = (*found.groups()[:-1], None)
                    yield Twig(stretch.plan, meant(values) if self.entities else values)
            else:
                values = (*self.values[stretch.begin : stretch.end], None)
                if stretch.plan.is_in(values):
                    yield Twig(stretch.plan, values)

    def repeated(self, stretch: Stretch) -> list[Texts]:
        """Return the values of each child of a stretch whose child may stand several times, "" for
        those that are absent and for the last."""
        text = self.values[stretch.begin]
        if not text or stretch.each is None:
            return []
        found: list[Texts] = stretch.each.findall(text)
        if stretch.each.groups == 1:  # then it gives texts, no tuples
            return [("",)] * len(found)
        return [meant(values) for values in found] if self.entities else found


class Pick:
    """Tags whose texts are wanted at once, two or more.

    Of an element read by its shape also those of its groups: ``Group/Tag``.
    """

    __slots__ = ("_none", "_tags", "tags")

    def __init__(self, *tags: str) -> None:
        self.tags = self._tags = tags
        self._none: Texts = (None,) * len(tags)

    def of(self, group: etree._Element | Twig | None) -> Texts:
        """Return the texts of a group's children; of those that stand twice the last."""
        if isinstance(group, Twig):
            return self.getter(group.plan)(group.values)
        if group is None:
            return self._none
        found = {leaf.tag: leaf.text for leaf in group}
        return tuple([found.get(tag) for tag in self._tags])

    def words(self, group: etree._Element | Twig | None) -> list[str]:
        """Return them without blanks at their ends, runs of white space made one, "" for None."""
        return [
            text if text and text.isalnum() else " ".join(text.split()) if text else ""
            for text in self.of(group)
        ]

    def getter(self, plan: Plan) -> Callable[[Texts], Texts]:
        """Return what takes the wanted texts out of a shape's values, whose last is None."""
        made = plan.getters.get(self)
        if made is None:
            made = itemgetter(*[plan.place(tag) for tag in self._tags])
            plan.getters[self] = made
        return made


def picked(group: etree._Element | Twig | None, picks: dict[str, Pick]) -> list[tuple[str, Texts]]:
    """Return tag and texts of those children that ``picks`` names, in document order."""
    if isinstance(group, Twig):
        values = group.values
        return [
            (tag, picks[tag].getter(plan)(values))
            for tag, plan in group.plan.parts.items()
            if tag in picks and plan.is_in(values)
        ]
    if group is None:
        return []
    return [(tag, picks[tag].of(one)) for one in group if (tag := str(one.tag)) in picks]


class Plan:
    """Which value of a shape is the text of which child.

    ``order`` are the children's tags; ``there`` is the value that tells whether the element is
    there at all, -1 where it always is.
    """

    __slots__ = ("getters", "order", "parts", "places", "tag", "there")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.there = -1
        self.order: list[str] = []
        self.places: dict[str, int] = {}
        self.parts: dict[str, Plan] = {}
        self.getters: dict[Pick, Callable[[Texts], Texts]] = {}

    def place(self, path: str) -> int:
        """Return which value is the text of a child, or of a group's: -1, the last, for none."""
        plan, (*groups, tag) = self, path.split("/")
        for group in groups:
            plan = plan.parts.get(group, _NOWHERE)
        return plan.places.get(tag, -1)

    def is_in(self, values: Texts) -> bool:
        """Answer whether the element is there, given the values of its shape."""
        return self.there < 0 or values[self.there] is not None


_NOWHERE: Final = Plan("")


class Stretch(NamedTuple):
    """The values of a child, from ``begin`` to ``end``. One that may stand several times has one
    value, its text; ``each`` finds the values of each of them in it, and "" as the last."""

    plan: Plan
    begin: int
    end: int
    each: re.Pattern[str] | None = None


class StemPlan:
    """The plans of an element's children, each with its stretch of the values.

    ``drawn`` is for what a reader works out of the plan, once.
    """

    __slots__ = ("drawn", "parts", "raw")

    def __init__(self, parts: list[Stretch]) -> None:
        self.parts = parts
        self.raw = frozenset(each.begin for each in parts if each.each is not None)
        self.drawn: object = None


def meant(values: Texts, raw: frozenset[int] = frozenset()) -> Texts:
    """Put characters for the entities of XML itself, but in ``raw`` values."""
    return tuple(
        [
            _resolved(text) if text and "&" in text and at not in raw else text
            for at, text in enumerate(values)
        ]
    )


def _resolved(text: str) -> str:
    """``&amp;`` last."""
    for entity, character in _MEANT:
        text = text.replace(entity, character)
    return text
