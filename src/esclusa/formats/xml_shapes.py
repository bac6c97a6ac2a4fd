"""Elements that look like ones before them, read without a parser.

A large manifest repeats a few shapes: the same tags in the same order, with other texts. A shape
that was seen becomes one regular expression: every tag as it stands, and what may stand in a text
without saying anything to a parser. Where it matches, the text is well-formed XML without an
attribute, comment, instruction, CDATA or entity other than the five of XML itself, and its nesting
is known; so the texts it finds are those that any parser finds. Where no shape matches, the caller
parses.

Shapes are kept for one file, are bounded in number and size, and hold tags alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Final

from lxml import etree

Texts = tuple[str | None, ...]

_NAME: Final = "[A-Za-z_][A-Za-z0-9_.-]*"
_SPACE: Final = "[ \t\n]*+"
_TEXT: Final = r"[^<>\x00-\x08\x0b-\x1f]++"
"""Text without mark-up and without what XML 1.0 forbids (§ 2.2, § 2.4), but for ``_FORBIDDEN``,
which would make the patterns four times as dear to compile."""

_FORBIDDEN: Final = ("\ufffe", "\uffff")

_NONE: Final = "((?!))?"
"""A group that never matches: the value of what is absent stands last."""

_OPENING: Final = re.compile(f"<({_NAME})>")
_CLOSING: Final = re.compile(f"</({_NAME})>")
_EMPTY: Final = re.compile(f"<({_NAME})(?:/>|></\\1>)")
_LEAF: Final = re.compile(f"<({_NAME})>{_TEXT}</\\1>")
_BLANKS: Final = re.compile(_SPACE)
_ENTITY: Final = re.compile("&(?:amp|lt|gt|quot|apos);")
_MEANT: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))

_MOST: Final = 16
"""Shapes kept for one tag; the one used longest ago makes room. Shapes of whole elements: no more
are made."""

_LEARNED: Final = 200
"""Shapes made for one file: each costs about a millisecond."""

_PATIENCE: Final = 8
"""How often in vain an element is held against the shape of a whole one, before it is left."""

_LONGEST: Final = 16_000
"""Characters of an element that a shape is made of."""

_DEEPEST: Final = 8
"""Nesting inside an element that a shape is made of."""


class Twig:
    """An element read by its shape. It answers as one of lxml does, as far as readers ask.

    Going through it gives the children that have children; texts are asked for with a ``Pick``.
    """

    __slots__ = ("plan", "tag", "values")

    def __init__(self, plan: Plan, values: Texts) -> None:
        self.plan = plan
        self.tag = plan.tag
        self.values = values

    def __iter__(self) -> Iterator[Twig]:
        for plan in self.plan.parts.values():
            yield Twig(plan, self.values)

    def find(self, tag: str) -> Twig | None:
        """Return the child of that tag, None when it has none with children."""
        plan = self.plan.parts.get(tag)
        return None if plan is None else Twig(plan, self.values)


class Stem:
    """An element whose children were all read at once; going through it gives those."""

    __slots__ = ("plan", "values")

    def __init__(self, plan: StemPlan, values: Texts) -> None:
        self.plan = plan
        self.values = values

    def __len__(self) -> int:
        return len(self.plan.parts)

    def __iter__(self) -> Iterator[Twig]:
        for plan, begin, end in self.plan.parts:
            yield Twig(plan, self.values[begin:end])


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
            if tag in picks
        ]
    if group is None:
        return []
    return [(tag, picks[tag].of(one)) for one in group if (tag := str(one.tag)) in picks]


class Plan:
    """Which value of a shape is the text of which child."""

    __slots__ = ("getters", "parts", "places", "tag")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.places: dict[str, int] = {}
        self.parts: dict[str, Plan] = {}
        self.getters: dict[Pick, Callable[[Texts], Texts]] = {}

    def place(self, path: str) -> int:
        """Return which value is the text of a child, or of a group's: -1, the last, for none."""
        plan, (*groups, tag) = self, path.split("/")
        for group in groups:
            plan = plan.parts.get(group, _NOWHERE)
        return plan.places.get(tag, -1)


_NOWHERE: Final = Plan("")


class StemPlan:
    """The plans of an element's children, each with its stretch of the values.

    ``drawn`` is for what a reader works out of the plan, once.
    """

    __slots__ = ("drawn", "parts")

    def __init__(self, parts: list[tuple[Plan, int, int]]) -> None:
        self.parts = parts
        self.drawn: object = None


class _Shape:
    """A shape and the one that came behind it the last time."""

    __slots__ = ("match", "next", "pattern", "plan", "size")

    def __init__(self, plan: Plan, pattern: str) -> None:
        made = re.compile(pattern)
        self.plan = plan
        self.pattern = pattern
        self.match = made.match
        self.size = made.groups
        self.next = self


class _Whole:
    """The shape of an element with all its children, and the one that came behind it."""

    __slots__ = ("match", "next", "plan")

    def __init__(self, pattern: str, parts: list[tuple[Plan, int, int]]) -> None:
        self.plan = StemPlan(parts)
        self.match = re.compile(pattern).fullmatch
        self.next = self


class Shapes:
    """The shapes of one file, for elements of one tag that repeat."""

    def __init__(self, tag: str) -> None:
        self._start = f"<{re.escape(tag)}>{_SPACE}"
        self._opening = re.compile(self._start)
        self._closing = f"</{tag}>"
        self._first = _Shape(Plan(""), r"(?!)")
        self._known: dict[str, list[_Shape]] = {}
        self._wholes: dict[tuple[_Shape, ...], _Whole] = {}
        self._used: tuple[_Shape, ...] = ()
        self._last = _Whole(r"(?!)", [])
        self._luck = 0
        self.learned = 0

    def read(self, text: str) -> list[Twig] | Stem | None:
        """Return the children of the element that ``text`` is, None where no shape tells them."""
        entities = "&" in text
        if entities and len(_ENTITY.findall(text)) != text.count("&"):
            return None
        if _FORBIDDEN[0] in text or _FORBIDDEN[1] in text:
            return None
        if "\r" in text:  # XML 1.0 § 2.11: a line ends in one character
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        whole = self._last.next
        if self._luck >= -_PATIENCE:
            found = whole.match(text)
            if found is not None:
                self._last, self._luck = whole, _PATIENCE
                values = found.groups()
                return Stem(whole.plan, _meant(values) if entities else values)
            self._luck -= 1
        return self._by_parts(text, entities)

    def _by_parts(self, text: str, entities: bool) -> list[Twig] | None:
        opened = self._opening.match(text)
        if opened is None or not text.endswith(self._closing):
            return None
        parts: list[Twig] = []
        used: list[_Shape] = []
        last, at, end = self._first, opened.end(), len(text) - len(self._closing)
        while at < end:
            shape = last.next
            found = shape.match(text, at)
            if found is None:
                other = self._other(text, at)
                if other is None:
                    return None
                shape, found = other
                last.next = shape
            values = found.groups()
            parts.append(Twig(shape.plan, _meant(values) if entities else values))
            used.append(shape)
            last, at = shape, found.end()
        if at != end:
            return None
        self._note(tuple(used), len(text))
        return parts

    def _note(self, used: tuple[_Shape, ...], length: int) -> None:
        """Remember which shapes an element had. Twice running they become one shape: where elements
        differ, that would seldom be used and cost much."""
        whole = self._wholes.get(used)
        if whole is None:
            again, self._used = used == self._used, used
            if not again or len(self._wholes) >= _MOST or length > _LONGEST or not used:
                return
            whole = self._wholes[used] = self._joined(used)
        self._luck = min(self._luck + (whole is self._last.next), _PATIENCE)
        self._last.next = whole
        self._last = whole

    def _joined(self, used: tuple[_Shape, ...]) -> _Whole:
        parts, at = [], 0
        for shape in used:
            parts.append((shape.plan, at, at + shape.size))
            at += shape.size
        inner = "".join([shape.pattern for shape in used])
        return _Whole(f"{self._start}{inner}{re.escape(self._closing)}", parts)

    def _other(self, text: str, at: int) -> tuple[_Shape, re.Match[str]] | None:
        """Return a shape that is known, or learn one; and what it finds."""
        opening = _OPENING.match(text, at)
        if opening is None:
            return None
        known = self._known.setdefault(opening[1], [])
        for place, shape in enumerate(known):
            if (found := shape.match(text, at)) is not None:
                known.insert(0, known.pop(place))
                return shape, found
        if self.learned >= _LEARNED:
            return None
        self.learned += 1
        made = _Drawing(text, at).shape()
        if made is None or (found := made.match(text, at)) is None:
            return None
        known.insert(0, made)
        del known[_MOST:]
        return made, found


def _meant(values: Texts) -> Texts:
    """Put characters for the entities of XML itself, ``&amp;`` last."""
    return tuple([_resolved(text) if text and "&" in text else text for text in values])


def _resolved(text: str) -> str:
    for entity, meant in _MEANT:
        text = text.replace(entity, meant)
    return text


class _Drawing:
    """Draws the shape of the element that starts at ``at``."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._begin = self._at = at
        self._pieces: list[str] = []
        self._open: list[tuple[Plan, set[str]]] = []
        self._count = 0

    def shape(self) -> _Shape | None:
        """Return it; None where something else than elements and their texts stands in it.

        An element with children has no text of its own and no two children of one name.
        """
        while self._at - self._begin < _LONGEST and len(self._open) <= _DEEPEST:
            if self._open:
                self._literal(_BLANKS.match(self._text, self._at))
            if found := self._literal(_CLOSING.match(self._text, self._at)):
                plan, names = self._open.pop()
                if found[1] != plan.tag or not names:
                    return None
            elif (belongs := self._element()) is None:
                return None
            else:
                plan = belongs
            if not self._open:
                return _Shape(plan, "".join(self._pieces) + _SPACE + _NONE)
        return None

    def _element(self) -> Plan | None:
        """Take a start tag, or an element without children; return the plan it belongs to."""
        text, at = self._text, self._at
        empty, leaf = _EMPTY.match(text, at), _LEAF.match(text, at)
        found = empty or leaf or _OPENING.match(text, at)
        if found is None:
            return None
        name, inner = found[1], Plan(found[1])
        outer, names = self._open[-1] if self._open else (inner, set[str]())
        if name in names:
            return None
        names.add(name)
        if leaf:
            if outer is not inner:
                outer.places[name] = self._count
            self._count += 1
            tag = re.escape(name)
            self._pieces.append(f"<{tag}>({_TEXT})</{tag}>")
            self._at = leaf.end()
            return outer
        self._literal(found)
        if not empty:
            self._open.append((inner, set()))
            if outer is not inner:
                outer.parts[name] = inner
        return outer

    def _literal(self, found: re.Match[str] | None) -> re.Match[str] | None:
        """Take what stands there as it stands."""
        if found:
            self._pieces.append(re.escape(found[0]))
            self._at = found.end()
        return found
